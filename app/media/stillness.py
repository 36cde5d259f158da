# pyright: reportUnknownMemberType=false
"""Rows of a picture that stand still, for as long as wanted, at the cost of two frames.

A key frame is encoded, and the next that others refer to, which makes it a little better. All that follows says that
every block is skipped, which the encoder says in the same words of every picture of that size: only the numbers in the
headers of slices differ (``slices.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import av

from app.media.encode import ChunkFile, Planes, VideoProfile, configure, encoded_by, key_frames_apart, planes_of
from app.media.slices import BETWEEN, KEY, REFERRED_TO, Lengths, Slice, frame_of, slices_of

BLOCK = 16
#: Frames from one that others refer to to the next: four that nothing refers to, and one.
_GROUP = 5
#: In which nothing smoothes the edges of a slice.
WITHIN_ITSELF = (2, 0, 0)
_GREY = 128


class StillRows:
    """Rows from ``top`` on, a multiple of a block's height, as slices of their own."""

    def __init__(self, planes: Planes, top: int, profile: VideoProfile) -> None:
        block = first_block(top, profile)
        encoded = [*_encoded([planes] * 2, profile), *_skipped(profile, planes.y.shape[0])]
        placed = [replace(each, first_block=block, deblocking=WITHIN_ITSELF) for each in encoded]
        self._key, self._better = placed[:2]
        self._skipped = {each.kind: each for each in placed[2:]}

    def of_kind(self, kind: int, references: int) -> Slice:
        """In a frame; ``references``: how many that others refer to there are since the key frame, with itself."""
        if kind == KEY:
            return self._key
        return self._better if kind == REFERRED_TO and references == 1 else self._skipped[kind]

    def beside(self, other: Slice, references: int) -> Slice:
        """These rows in the frame of which ``other`` is part."""
        return replace(
            self.of_kind(other.kind, references),
            frame_num=other.frame_num,
            key_id=other.key_id,
            order=other.order,
            references=other.references,
        )


def first_block(row: int, profile: VideoProfile) -> int:
    """The number of the block with which a row begins."""
    return row // BLOCK * -(-profile.width // BLOCK)


def write_still(planes: Planes, frames: int, profile: VideoProfile, out: Path) -> None:
    """Write ``frames`` times the picture, with a key frame as often as other chunks have one."""
    write_stills([(planes, frames)], profile, out)


def write_stills(pictures: Iterable[tuple[Planes, int]], profile: VideoProfile, out: Path) -> None:
    """The same for one picture after the other. Planes are read before the next ones are asked for."""
    begun = 0
    with ChunkFile(out, profile) as file:
        lengths = Lengths.of(file.parameter_sets())
        for number, (planes, frames) in enumerate(pictures):
            still = StillRows(planes, 0, profile)
            for place in _places(frames, key_frames_apart(profile)):
                # Of two key frames in a row, the second is told from the first by another number.
                numbers = {**lengths.numbered(place.references, place.since_key), "key_id": number % 2}
                coded = frame_of([replace(still.of_kind(place.kind, place.references), **numbers)], lengths)
                at = begun + place.decoded
                file.mux_coded(coded, shown=begun + place.shown, decoded=at - 1, key=place.since_key == 0)
            begun += frames


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Of a frame, among all and since the last key frame. ``references`` is what the standard calls ``frame_num``."""

    kind: int
    decoded: int
    shown: int
    since_key: int
    references: int


def _places(frames: int, unit: int) -> Iterator[_Place]:
    """In the order of decoding."""
    yield from (replace(place, decoded=number) for number, place in enumerate(_unnumbered(frames, unit)))


def _unnumbered(frames: int, unit: int) -> Iterator[_Place]:
    for begun in range(0, frames, unit):
        yield _Place(kind=KEY, decoded=0, shown=begun, since_key=0, references=0)
        length = min(unit, frames - begun)
        for group, first in enumerate(range(1, length, _GROUP), 1):
            last = min(first + _GROUP, length) - 1
            yield _Place(kind=REFERRED_TO, decoded=0, shown=begun + last, since_key=last, references=group)
            for at in range(first, last):
                yield _Place(kind=BETWEEN, decoded=0, shown=begun + at, since_key=at, references=group + 1)


@cache
def _skipped(profile: VideoProfile, rows: int) -> list[Slice]:
    """One slice of each kind in which every block is skipped."""
    grey = av.VideoFrame(profile.width, rows, "yuv420p")
    planes = planes_of(grey)
    for plane in (planes.y, planes.u, planes.v):
        plane[:] = _GREY
    _, *others = _encoded([planes] * (1 + _GROUP), profile)
    return others[:2]


def _encoded(pictures: Sequence[Planes], profile: VideoProfile) -> list[Slice]:
    """Pictures as high as they are, in the order of decoding."""
    context = av.VideoCodecContext.create("libx264", "w")
    configure(context, profile, rows=pictures[0].y.shape[0])
    frame = av.VideoFrame(profile.width, context.height, "yuv420p")
    target = planes_of(frame)
    packets: list[av.Packet[Any]] = []
    for number, picture in enumerate(pictures):
        target.y[:], target.u[:], target.v[:] = picture.y, picture.u, picture.v
        frame.pts = number
        packets += encoded_by(context, frame)
    packets += encoded_by(context, None)
    lengths = Lengths.of(bytes(packets[0]))
    return [slice_ for packet in packets for slice_ in slices_of(bytes(packet), lengths)]
