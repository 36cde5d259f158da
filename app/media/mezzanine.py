"""The browser-playable copy of a recording: encoded in segments, each on its own, and joined (see ``package``).

A frame is shown from the tick of the constant clock that is nearest to its time, until the next one's; the first is
also shown before its time. So rounding in the source's clock moves nothing, and no frame is off by more than half a
tick. Called in limited child processes only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from app.media.conversion import Conversion, Filter
from app.media.demux import demuxer_of, opened
from app.media.encode import ChunkEncoder, Content, VideoProfile
from app.media.examined import Bounds
from app.media.ffmpeg import BITEXACT, run_ffmpeg
from app.media.paint import Painter, deinterlaced
from app.media.refusals import Corrupt
from app.media.time import SAMPLE_RATE, FrameRange

#: Part of the fingerprint of every segment: to be raised when a byte can change.
MEZZANINE_VERSION = "1"
#: How far before the segment decoding starts, in turn, until a frame is found that has begun by then; then the start.
_STEPS_BACK_S = (0, 2, 10, 60)
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
    with (
        opened(source, max_pixels=_EVERY_PIXEL) as media,
        Painter(conversion, out.parent) as painter,
        ChunkEncoder(out, profile) as encoder,
    ):
        stream = media.streams[conversion.picture_index]
        assert isinstance(stream, VideoStream)
        stream.codec_context.thread_count = 1
        placed = _placed(media, stream, conversion, frames.start)
        for done, picture in enumerate(_held(placed, frames, painter)):
            encoder.write_picture(picture)
            if done % _TOLD_EVERY == 0:
                progress(done / len(frames))


def convert_sound(source: Path, conversion: Conversion, out: Path) -> None:
    """Write the sound as AAC (M4A), 48 kHz, mono or stereo, from time zero on.

    Gaps become silence, so that it stays with the picture; what sounds before time zero is cut off.
    """
    resample = f"aresample={SAMPLE_RATE}:async=1000:min_hard_comp=0.05:first_pts=0"
    origin = f"{conversion.origin.numerator}/{conversion.origin.denominator}"
    chain_ = f"asetpts=PTS-{origin}/TB,{resample},aformat=channel_layouts=mono|stereo"
    picked = ("-map", f"0:{conversion.sound_index}", "-af", chain_)
    given = ("-copyts", "-threads", "1", "-f", demuxer_of(source), "-i", str(source))
    run_ffmpeg((*given, *picked, *BITEXACT, *_AAC, str(out)), timeout_s=_LONGEST_S)


def rewrap(source: Path, conversion: Conversion, out: Path) -> None:
    """Write the picture as it is, and the sound as it is or as AAC, into the conversion's container; index in front."""
    given = ("-fflags", "+genpts", "-f", demuxer_of(source), "-i", str(source))
    picture = ("-map", f"0:{conversion.picture_index}", "-c:v", "copy")
    heard = () if conversion.sound_index is None else ("-map", f"0:{conversion.sound_index}")
    resample = f"aresample={SAMPLE_RATE}:async=1000:min_hard_comp=0.05,aformat=channel_layouts=mono|stereo"
    sound = ("-c:a", "copy") if conversion.sound == "copy" else (*_AAC, "-af", resample)
    front = ("-movflags", "+faststart") if conversion.container == "mp4" else ("-cues_to_front", "1")
    written = (*picture, *heard, *(sound if heard else ()), *BITEXACT, *front, "-f", conversion.container, str(out))
    run_ffmpeg((*given, *written), timeout_s=_LONGEST_S)


def _placed(media: InputContainer, stream: VideoStream, conversion: Conversion, first: int) -> Iterator[Placed]:
    """Frames with the ticks at which they begin, from the last one that has begun by tick ``first``."""
    woven = Filter.DEINTERLACE in conversion.filters
    target = conversion.origin + first / conversion.frame_rate - (_RUN_UP_S if woven else 0)
    for back in (*_STEPS_BACK_S, None):
        frames = _decoded_from(media, stream, None if back is None else target - back)
        placed = _at_ticks(deinterlaced(frames) if woven else frames, conversion)
        start = next(placed, None)
        if start is not None and (start[0] <= first or back is None):
            return chain([start], placed)
    raise Corrupt("The file is damaged: no picture in it can be decoded. Export it as MP4 and upload that.")


def _at_ticks(frames: Iterable[av.VideoFrame], conversion: Conversion) -> Iterator[Placed]:
    for frame in frames:
        if frame.pts is not None and frame.time_base is not None:
            place = (frame.pts * frame.time_base - conversion.origin) * conversion.frame_rate
            yield (2 * place.numerator + place.denominator) // (2 * place.denominator), frame


def _decoded_from(media: InputContainer, stream: VideoStream, time: Fraction | None) -> Iterator[av.VideoFrame]:
    """Decoded frames from the key frame before ``time`` on; what is damaged is left out."""
    tick = stream.time_base or Fraction(1, 1000)
    start = stream.start_time or 0
    media.seek(start if time is None else max(start, int(time / tick)), stream=stream)
    for packet in media.demux(stream):
        try:
            yield from packet.decode()
        except FFmpegError:  # this packet only: the picture before it stays
            continue


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
