"""From chunks and one continuous sound track to a file that is ready to play: joined, indexed and checked."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av

from app.media.chapters import Chapter, to_metadata
from app.media.errors import NotPlayable
from app.media.ffmpeg import BITEXACT, BITEXACT_WITH_CHAPTERS, run_ffmpeg
from app.media.time import SAMPLE_RATE, SOUND_PACKET

#: The fast coder takes 0.4 of the time of the default one, and at this rate is as near to the original.
_AAC = ("-c:a", "aac", "-aac_coder", "fast", "-b:a", "128k", "-ar", "48000", "-ac", "2")
_PREVIEW_S = "3"


def encode_sound(source: Path, target: Path) -> None:
    """AAC-LC, 48 kHz, stereo from a mono WAV; the same bytes every time."""
    run_ffmpeg(("-threads", "1", "-i", str(source), *BITEXACT, *_AAC, str(target)), timeout_s=600)


def encode_part(source: Path, target: Path) -> None:
    """The same without a container (ADTS), as a part of a track. The first packet only prepares the second: a part of
    whole packets has one more of them than it has samples for.
    """
    run_ffmpeg(("-threads", "1", "-i", str(source), *BITEXACT, *_AAC, "-f", "adts", str(target)), timeout_s=600)


def join_sound(parts: Sequence[Path], samples: int, target: Path) -> None:
    """Put parts behind each other, ``samples`` long as a whole. All but the last are of whole packets, and silent where
    they meet; what prepares a part is left out there.
    """
    with av.open(str(target), "w", format="mp4", container_options={"fflags": "+bitexact"}) as out:
        track, place = None, -SOUND_PACKET
        for number, part in enumerate(parts):
            with av.open(str(part), format="aac") as source:
                stream = source.streams.audio[0]
                track = track or out.add_stream_from_template(stream)  # pyright: ignore[reportUnknownMemberType]
                for index, packet in enumerate(source.demux(stream)):
                    if not packet.size or (number and not index) or place >= samples:
                        continue
                    packet.stream, packet.time_base = track, Fraction(1, SAMPLE_RATE)
                    packet.pts = packet.dts = place
                    packet.duration = min(SOUND_PACKET, samples - place)
                    out.mux(packet)  # pyright: ignore[reportUnknownMemberType]
                    place += SOUND_PACKET


def join(chunks: Sequence[Path], sound: Path | None, target: Path, chapters: Sequence[Chapter] = ()) -> None:
    """Put chunks behind each other and the sound beside them, without encoding anything again; index at the front.

    Raises ``NotPlayable`` when the chunks were not encoded alike: players would read all of them by the first.
    """
    _check_alike(chunks)
    listing, told = target.with_suffix(".txt"), target.with_suffix(".meta")
    listing.write_text("ffconcat version 1.0\n" + "".join(f"file '{_quoted(chunk)}'\n" for chunk in chunks))
    told.write_text(to_metadata(chapters), encoding="utf-8")
    named = ("-f", "ffmetadata", "-i", str(told), "-map_chapters", "1" if sound is None else "2") if chapters else ()
    inputs = ("-f", "concat", "-safe", "0", "-i", str(listing))
    if sound is not None:
        inputs += ("-i", str(sound))
    picked = ("-map", "0:v:0", "-map", "1:a:0") if sound is not None else ("-map", "0:v:0")
    clock = ("-c", "copy", "-video_track_timescale", str(_timescale(chunks[0])))
    same = BITEXACT_WITH_CHAPTERS if chapters else BITEXACT
    run_ffmpeg((*inputs, *named, *picked, *clock, *same, "-movflags", "+faststart", str(target)), timeout_s=600)
    listing.unlink()
    told.unlink()


def _check_alike(chunks: Sequence[Path]) -> None:
    first = _parameters(chunks[0])
    for chunk in dict.fromkeys(chunks):
        if _parameters(chunk) != first:
            raise NotPlayable(f"{chunk.name} was encoded with other parameters than {chunks[0].name}.")


def _parameters(chunk: Path) -> bytes | None:
    with av.open(str(chunk)) as container:
        return container.streams.video[0].codec_context.extradata


def verify(video: Path, *, frames: int, fps: Fraction, size: tuple[int, int], silent: bool = False) -> None:
    """Count every frame of the index and check clock, size and sound. Raises ``NotPlayable`` with what differs."""
    with av.open(str(video)) as container:
        if not container.streams.video or not (silent or container.streams.audio):
            raise NotPlayable("The finished file lacks its picture or its sound.")
        stream = container.streams.video[0]
        found = sum(1 for packet in container.demux(stream) if packet.size)
        shape = (stream.codec_context.width, stream.codec_context.height)
        if (found, shape, stream.average_rate) != (frames, size, fps):
            raise NotPlayable(
                f"The finished file has {found} frames of {shape[0]}x{shape[1]} at {stream.average_rate}, "
                f"not {frames} of {size[0]}x{size[1]} at {fps}."
            )


def pictures_of(video: Path, poster: Path, preview: Path) -> None:
    """The first frame, where the presenter looks at the camera, as JPEG; and three silent seconds at half the rate,
    small enough to load with a list.
    """
    still = ("-frames:v", "1", "-vf", "scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p", "-q:v", "3")
    small = ("-vf", "fps=12.5,scale=w='if(gt(iw,ih),480,-2)':h='if(gt(iw,ih),-2,480)':flags=fast_bilinear")
    encoder = ("-an", "-c:v", "libx264", "-preset", "veryfast", "-crf", "28", "-pix_fmt", "yuv420p", "-threads", "1")
    outputs = (*still, *BITEXACT, str(poster), *small, *encoder, *BITEXACT, "-movflags", "+faststart", str(preview))
    run_ffmpeg(("-threads", "1", "-t", _PREVIEW_S, "-i", str(video), *outputs), timeout_s=120)


def _timescale(chunk: Path) -> int:
    with av.open(str(chunk)) as container:
        base = container.streams.video[0].time_base
    if base is None:
        raise NotPlayable(f"{chunk.name} has no clock.")
    return base.denominator


def _quoted(path: Path) -> str:
    """A file name for the concat list: only a quote needs care."""
    return str(path.resolve()).replace("'", "'\\''")
