"""One channel of AAC as two that are the same, without encoding it again (ISO/IEC 14496-3, 4.4.2.1 and 4.6.8.1).

To encode a voice as left and right takes twice the time, and half of the bits for each. Here it becomes the middle of a
pair whose sides are silent, which every decoder turns into left and right.

Of what our own encoder writes only: AAC-LC in ADTS without a checksum, one element in each frame, no noise substitution
and no temporal shaping, which would be done for the first channel alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.media.bits import BitReader, BitWriter

_HEADER_BYTES = 7
_SINGLE, _PAIR, _END = 0, 1, 7
_SHORT_WINDOWS = 2
_ALL_IN_THE_MIDDLE = 2


def double(source: Path, target: Path) -> None:
    """Write the frames of a mono file as frames of a stereo file."""
    with source.open("rb") as frames, target.open("wb") as out:
        out.writelines(doubled(frame) for frame in _frames_of(frames))


def doubled(frame: bytes) -> bytes:
    """One frame, with its header."""
    body = frame[_HEADER_BYTES:]
    bits = BitReader(body)
    kind, tag, loudest = bits.read(3), bits.read(4), bits.read(8)
    assert kind == _SINGLE
    begun, windows = bits.at, _Windows.read(bits)
    described, end = bits.between(begun, bits.at), bits.last_one - 2
    assert bits.between(end, end + 3) == (_END, 3)
    alike, middle = 1, [(loudest, 8), bits.between(bits.at, end)]
    sides = [(loudest, 8), *windows.nothing(), (0, 3)]
    head = [(_PAIR, 3), (tag, 4), (alike, 1), described, (_ALL_IN_THE_MIDDLE, 2)]
    made = BitWriter()
    for value, count in (*head, *middle, *sides, (_END, 3)):
        made.add(value, count)
    return _header(frame[:_HEADER_BYTES], made.filled_up(0))


def _frames_of(file: BinaryIO) -> Iterator[bytes]:
    while header := file.read(_HEADER_BYTES):
        length = (int.from_bytes(header, "big") >> 13) & 0x1FFF
        yield header + file.read(length - _HEADER_BYTES)


def _header(mono: bytes, body: bytes) -> bytes:
    """With two channels, and the new length."""
    value, length = int.from_bytes(mono, "big"), _HEADER_BYTES + len(body)
    value = value & ~(7 << 30 | 0x1FFF << 13) | 2 << 30 | length << 13
    return value.to_bytes(_HEADER_BYTES, "big") + body


@dataclass(frozen=True, slots=True, kw_only=True)
class _Windows:
    """What says how a frame is divided: groups of windows, and bands in each."""

    groups: int
    bands: int
    counted_in: int  # bits of the length of a section

    @classmethod
    def read(cls, bits: BitReader) -> _Windows:
        bits.read(1)
        short = bits.read(2) == _SHORT_WINDOWS
        bits.read(1)
        if not short:
            bands = bits.read(6)
            bits.read(1)
            return cls(groups=1, bands=bands, counted_in=5)
        bands, joined = bits.read(4), bits.read(7)
        return cls(groups=8 - joined.bit_count(), bands=bands, counted_in=3)

    def nothing(self) -> Iterator[tuple[int, int]]:
        """Sections in which no band holds anything."""
        for _ in range(self.groups if self.bands else 0):
            yield 0, 4
            most, left = (1 << self.counted_in) - 1, self.bands
            while left >= most:
                yield most, self.counted_in
                left -= most
            yield left, self.counted_in
