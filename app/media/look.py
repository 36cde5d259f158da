"""What only decoded frames tell: how they are turned, whether they are interlaced, which colours they are in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from app.media.demux import packets_of
from app.media.examined import Colour, Rotation
from app.media.refusals import Corrupt

_PRIMARIES = {
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film", 9: "bt2020", 10: "smpte428",
    11: "smpte431", 12: "smpte432", 22: "jedec-p22",
}  # fmt: skip
_TRANSFERS = {
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "linear", 11: "iec61966-2-4",
    13: "iec61966-2-1", 14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084", 17: "smpte428", 18: "arib-std-b67",
}  # fmt: skip
_MATRICES = {
    0: "gbr", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco", 9: "bt2020nc",
    10: "bt2020c", 14: "ictcp",
}  # fmt: skip
_FULL_RANGE = 2
#: Packets that are tried at one place before it is given up.
_PATIENCE = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    width: int
    height: int
    pixel_format: str
    rotation: Rotation
    interlaced: bool
    colour: Colour


def look(media: InputContainer, stream: VideoStream, places: Iterable[int]) -> Looks:
    """Decode a frame at each of ``places`` (ticks of the stream). Raises ``Corrupt`` when none can be decoded."""
    stream.codec_context.thread_count = 1
    frames = [frame for place in places if (frame := _frame_at(media, stream, place)) is not None]
    if not frames:
        raise Corrupt(
            "The file is damaged: no picture in it can be decoded. Play it from start to end; if that works, export "
            "it as MP4 with H.264 and AAC and upload that."
        )
    first = frames[0]
    woven = Counter(frame.interlaced_frame for frame in frames)
    return Looks(
        width=first.width,
        height=first.height,
        pixel_format=first.format.name,
        rotation=rotation_of(first),
        interlaced=woven[True] > woven[False],
        colour=_colour(first),
    )


def rotation_of(frame: av.VideoFrame) -> Rotation:
    """Clockwise, still to be applied; ffmpeg counts the other way round."""
    turns: dict[int, Rotation] = {0: 0, 1: 270, 2: 180, 3: 90}
    return turns[round(frame.rotation / 90) % 4]


def _frame_at(media: InputContainer, stream: VideoStream, place: int) -> av.VideoFrame | None:
    """The first that can be decoded from there on."""
    media.seek(place, stream=stream)
    for _, packet in zip(range(_PATIENCE), packets_of(media, stream), strict=False):
        with suppress(FFmpegError):  # damaged here: the next packets may not be
            if frames := packet.decode():
                return frames[0]
    return None


def _colour(frame: av.VideoFrame) -> Colour:
    return Colour(
        primaries=_PRIMARIES.get(frame.color_primaries, "unknown"),
        transfer=_TRANSFERS.get(frame.color_trc, "unknown"),
        matrix=_MATRICES.get(frame.colorspace, "unknown"),
        full_range=frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj"),
    )
