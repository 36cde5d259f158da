"""The boxes of an MP4 or QuickTime file that tell what packets do not: its order, its end, its edits, its locks.

ISO/IEC 14496-12. Only headers and a few short boxes are read, whatever the size of the file; nothing is believed that
does not fit into it.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

_BRANCHES = frozenset({b"mdia", b"minf", b"stbl", b"edts"})
_LEAVES = frozenset({b"mdhd", b"hdlr", b"stsd", b"elst"})
_DEEPEST = 5
_LOCKED = frozenset({b"encv", b"enca", b"drmi", b"drms"})
#: Dolby Vision without a base that other decoders can show.
_BARE_DOLBY_VISION = frozenset({b"dvh1", b"dvhe"})
#: More boxes than a long recording in short fragments has; what follows is left to the demuxer.
_MOST_BOXES = 300_000
_MOST_PAYLOAD = 1 << 20
_MOST_TRACKS = 1000
_ESSENTIAL = frozenset({b"moov", b"mdat", b"moof"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Plays ``duration`` seconds from ``media_time`` on the track's own clock; nothing at all where that is None."""

    duration: Fraction
    media_time: Fraction | None
    rate: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    handler: bytes
    sample_entry: bytes
    duration: Fraction
    edits: tuple[Edit, ...]


@dataclass(slots=True, kw_only=True)
class Boxes:
    """``missing`` bytes lie beyond the end of the file. ``indexed``: there is a ``moov``."""

    indexed: bool = False
    index_at_front: bool = False
    fragmented: bool = False
    missing: int = 0
    scale: int = 1
    tracks: list[Track] = field(default_factory=list[Track])

    @property
    def locked(self) -> bool:
        return any(track.sample_entry in _LOCKED for track in self.tracks)

    @property
    def bare_dolby_vision(self) -> bool:
        return any(track.sample_entry in _BARE_DOLBY_VISION for track in self.tracks)

    @property
    def picture(self) -> Track | None:
        return next((track for track in self.tracks if track.handler == b"vide"), None)


@dataclass(frozen=True, slots=True)
class Box:
    """From ``start`` to ``stop`` in the file, the header before ``body``."""

    kind: bytes
    start: int
    body: int
    stop: int


def read_boxes(path: Path) -> Boxes:
    """What the boxes say, as far as they can be followed."""
    found, data_seen = Boxes(), False
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        for box in boxes_within(file, 0, size):
            if box.stop > size and box.kind in _ESSENTIAL:
                found.missing = box.stop - size
            elif box.kind == b"moov" and not found.indexed:
                found.indexed, found.index_at_front = True, not data_seen
                _read_index(file, box, found)
            data_seen = data_seen or box.kind == b"mdat"
            found.fragmented = found.fragmented or box.kind == b"moof"
    return found


def boxes_within(file: BinaryIO, at: int, stop: int) -> Iterator[Box]:
    """The boxes from ``at`` to ``stop``; the last may reach beyond."""
    for _ in range(_MOST_BOXES):
        file.seek(at)
        header = file.read(16)
        if at + 8 > stop or len(header) < 8:
            return
        size, kind, body = int.from_bytes(header[:4], "big"), header[4:8], at + 8
        if size == 1 and len(header) == 16:
            size, body = int.from_bytes(header[8:], "big"), at + 16
        elif size == 0:
            size = stop - at
        if at + size < body:
            return
        yield Box(kind, at, body, at + size)
        at += size


def _read_index(file: BinaryIO, index: Box, found: Boxes) -> None:
    for box in boxes_within(file, index.body, index.stop):
        if box.kind == b"mvhd":
            found.scale = clock_of(payload_of(file, box))[0]
        elif box.kind == b"trak" and len(found.tracks) < _MOST_TRACKS:
            found.tracks.append(_track(file, box, found.scale))


def _track(file: BinaryIO, outer: Box, movie_scale: int) -> Track:
    leaves = {box.kind: payload_of(file, box) for box in _leaves(file, outer, 0) if box.kind in _LEAVES}
    scale, duration = clock_of(leaves.get(b"mdhd", b""))
    return Track(
        handler=leaves.get(b"hdlr", b"")[8:12],
        sample_entry=leaves.get(b"stsd", b"")[12:16],
        duration=Fraction(duration, scale),
        edits=tuple(edits_of(leaves.get(b"elst", b""), movie_scale, scale)),
    )


def _leaves(file: BinaryIO, outer: Box, depth: int) -> Iterator[Box]:
    for box in boxes_within(file, outer.body, outer.stop):
        if box.stop > outer.stop:
            return
        if box.kind in _BRANCHES and depth < _DEEPEST:
            yield from _leaves(file, box, depth + 1)
        else:
            yield box


def payload_of(file: BinaryIO, box: Box) -> bytes:
    file.seek(box.body)
    return file.read(min(box.stop - box.body, _MOST_PAYLOAD))


def clock_of(header: bytes) -> tuple[int, int]:
    """Ticks per second and duration of ``mvhd`` or ``mdhd``; (1, 0) when it is broken."""
    start, shape = (20, ">IQ") if header[:1] == b"\x01" else (12, ">II")
    if len(header) < start + struct.calcsize(shape):
        return 1, 0
    scale, duration = struct.unpack_from(shape, header, start)
    return max(1, scale), duration


def edits_of(payload: bytes, movie_scale: int, scale: int) -> Iterator[Edit]:
    shape = ">Qqhh" if payload[:1] == b"\x01" else ">Iihh"
    size = struct.calcsize(shape)
    for number in range(min(int.from_bytes(payload[4:8], "big"), (len(payload) - 8) // size)):
        duration, media_time, whole, part = struct.unpack_from(shape, payload, 8 + number * size)
        yield Edit(
            duration=Fraction(duration, movie_scale),
            media_time=None if media_time == -1 else Fraction(media_time, scale),
            rate=whole + Fraction(part, 65536),
        )
