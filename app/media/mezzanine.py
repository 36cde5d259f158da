"""The browser-playable copy of a recording: encoded in segments, each on its own, and joined (see ``package``).

A frame is shown from the tick of the constant clock that is nearest to its time, until the next one's; the first is
also shown before its time. Ticks are counted from the first frame where the source's rate is constant too: so rounding
in its clock moves nothing, and no frame is off by more than half a tick. Called in limited child processes only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
from av.error import FFmpegError
from av.video.stream import VideoStream

from app.media.conversion import Conversion, Filter
from app.media.demux import demuxer_of, opened, packets_of
from app.media.encode import ChunkEncoder, Content, VideoProfile
from app.media.errors import ToolFailed
from app.media.examined import Bounds
from app.media.ffmpeg import BITEXACT, run_ffmpeg
from app.media.paint import Painter, deinterlaced
from app.media.refusals import Corrupt
from app.media.time import SAMPLE_RATE, FrameRange

#: Part of the fingerprint of every segment: to be raised when a byte can change.
MEZZANINE_VERSION = "4"
#: A key frame is looked for at the segment's beginning, the distance of key frames before it, twice that and this
#: before it, and then from the beginning on, until a frame is found that has begun by then.
_FAR_BACK_S = 10
#: A deinterlacer looks at the frames before.
_RUN_UP_S = Fraction(1, 2)
_TOLD_EVERY = 10
_LONGEST_S = 6 * 3600
_AAC = ("-c:a", "aac", "-aac_coder", "fast", "-b:a", "160k", "-ar", str(SAMPLE_RATE))
_EVERY_PIXEL = Bounds().max_pixels

Placed = tuple[int, av.VideoFrame]


def convert_segment(
    source: Path, conversion: Conversion, frames: FrameRange, out: Path, progress: Callable[[float], None]
) -> None:
    """Write ``frames`` of the conversion to ``out``, video only. The same bytes, whatever else is converted when.

    Raises ``Corrupt`` when nothing can be decoded.
    """
    profile = VideoProfile(
        width=conversion.width, height=conversion.height, fps=conversion.frame_rate, content=Content.CAMERA
    )
    with Painter(conversion, out.parent) as painter, ChunkEncoder(out, profile) as encoder:
        for done, picture in enumerate(_held(_placed(source, conversion, frames.start), frames, painter)):
            encoder.write_picture(picture)
            if done % _TOLD_EVERY == 0:
                progress(done / len(frames))


def convert_sound(source: Path, conversion: Conversion, out: Path) -> None:
    """Write the sound as AAC (M4A), 48 kHz, mono or stereo, from time zero on.

    Gaps become silence, so that it stays with the picture; what sounds before time zero is cut off, and what is
    damaged is left out. Raises ``Corrupt`` when nothing can be decoded.
    """
    resample = f"aresample={SAMPLE_RATE}:async=1000:min_hard_comp=0.05:first_pts=0"
    origin = f"{conversion.origin.numerator}/{conversion.origin.denominator}"
    chain_ = f"asetpts=PTS-{origin}/TB,{resample},aformat=channel_layouts=mono|stereo"
    picked = ("-map", f"0:{conversion.sound_index}", "-af", chain_)
    given = ("-copyts", "-threads", "1", "-f", demuxer_of(source), "-i", str(source))
    _run((*given, *picked, *BITEXACT, *_AAC, str(out)))


def rewrap(source: Path, conversion: Conversion, out: Path) -> None:
    """Write the picture as it is, and the sound as it is or as AAC, into the conversion's container; index in front."""
    given = ("-fflags", "+genpts", "-f", demuxer_of(source), "-i", str(source))
    picture = ("-map", f"0:{conversion.picture_index}", "-c:v", "copy")
    heard = () if conversion.sound_index is None else ("-map", f"0:{conversion.sound_index}")
    resample = f"aresample={SAMPLE_RATE}:async=1000:min_hard_comp=0.05,aformat=channel_layouts=mono|stereo"
    sound = ("-c:a", "copy") if conversion.sound == "copy" else (*_AAC, "-af", resample)
    front = ("-movflags", "+faststart") if conversion.container == "mp4" else ("-cues_to_front", "1")
    written = (*picture, *heard, *(sound if heard else ()), *BITEXACT, *front, "-f", conversion.container, str(out))
    _run((*given, *written))


def _run(arguments: tuple[str, ...]) -> None:
    """ffmpeg on a stranger's file: what it cannot do, it cannot do in a second try either. Raises ``Corrupt``."""
    try:
        run_ffmpeg(("-max_error_rate", "1", "-abort_on", "empty_output", *arguments), timeout_s=_LONGEST_S)
    except ToolFailed as error:
        raise Corrupt(
            "The file is damaged: its sound cannot be decoded, or its packets cannot be copied. Export it as MP4 with "
            "H.264 and AAC and upload that."
        ) from error


def _placed(source: Path, conversion: Conversion, first: int) -> Iterator[Placed]:
    """Frames with the ticks at which they begin, from one that has begun by tick ``first``, or from the beginning."""
    woven = Filter.DEINTERLACE in conversion.filters
    first -= round(_RUN_UP_S * conversion.frame_rate) if woven else 0
    target, every = conversion.origin + first / conversion.frame_rate, conversion.key_frame_every
    times = [time for back in (0, every, 2 * every + _FAR_BACK_S) if (time := target - back) > conversion.origin]
    for time in (*times, None):
        frames = _decoded_from(source, conversion.picture_index, time)
        placed = _at_ticks(deinterlaced(frames) if woven else frames, conversion)
        start = next(placed, None)
        if start is not None and (start[0] <= first or time is None):
            return chain([start], placed)
    raise Corrupt("The file is damaged: no picture in it can be decoded. Export it as MP4 and upload that.")


def _at_ticks(frames: Iterable[av.VideoFrame], conversion: Conversion) -> Iterator[Placed]:
    for frame in frames:
        if frame.pts is not None and frame.time_base is not None:
            yield conversion.tick_of(frame.pts * frame.time_base), frame


def _decoded_from(source: Path, index: int, time: Fraction | None) -> Iterator[av.VideoFrame]:
    """Decoded frames from a key frame at about ``time`` on, or from the beginning; what is damaged is left out."""
    with opened(source, max_pixels=_EVERY_PIXEL) as media:
        stream = media.streams[index]
        assert isinstance(stream, VideoStream)
        stream.codec_context.thread_count = 1
        if time is not None:
            with suppress(FFmpegError):  # it stays at the beginning
                media.seek(int(time / (stream.time_base or 1)), stream=stream)
        started = time is None
        for packet in packets_of(media, stream):
            # A container without an index, as a transport stream is, is entered anywhere.
            started = started or packet.is_keyframe
            with suppress(FFmpegError):  # this packet only: the picture before it stays
                yield from packet.decode() if started else ()


def _held(placed: Iterable[Placed], frames: FrameRange, painter: Painter) -> Iterator[av.VideoFrame]:
    """One finished picture for each of ``frames``; only what is shown is painted."""
    coming = iter(placed)
    current, following = next(coming), next(coming, None)
    painted: av.VideoFrame | None = None
    for tick in range(frames.start, frames.stop):
        while following is not None and following[0] <= tick:
            current, following, painted = following, next(coming, None), None
        painted = painted or painter.paint(current[1])
        yield painted
