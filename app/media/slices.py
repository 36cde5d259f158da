"""The headers of H.264 slices: read, changed and written again (ITU-T H.264, 7.3.3).

Of what our own encoder writes only: whole frames, CABAC, pictures counted in display order, no tables of weights. What
is coded begins on a byte of its own after the header, so a header can change and leave it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from app.media.bits import BitReader, BitWriter

_SLICE, _KEY_SLICE, _SPS = 1, 5, 7
_P, _B, _I = 0, 1, 2
#: Kinds of slices, of which a frame has but one: it needs no other, or others refer to it, or none does.
KEY, REFERRED_TO, BETWEEN = 7, 5, 6
#: Longer than any header is.
_HEADER_BYTES = 64
_START_CODE = re.compile(rb"\x00\x00\x00?\x01")
#: Two zeros before one of the four bytes that would read as the beginning of another unit.
_AMBIGUOUS = re.compile(rb"\x00\x00(?=[\x00-\x03])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """In bits, of the two numbers whose length the parameter set of the sequence says."""

    frame_num: int
    order: int

    @classmethod
    def of(cls, parameter_sets: bytes) -> Self:
        """From units with start codes."""
        unit = next(unit for unit in units_of(parameter_sets) if unit[0] & 31 == _SPS)
        bits = BitReader(_unescaped(unit))
        bits.read(32)  # kind, profile and level
        for _ in range(4):  # set, chroma format, bit depths
            bits.golomb()
        bits.read(2)  # no transform bypass, no scaling lists
        frame_num = bits.golomb() + 4
        assert bits.golomb() == 0  # pictures are counted in display order
        return cls(frame_num=frame_num, order=bits.golomb() + 4)

    def numbered(self, references: int, place: int) -> dict[str, int]:
        """The two numbers of a frame: so many references and frames after the last key frame."""
        return {"frame_num": references % (1 << self.frame_num), "order": 2 * place % (1 << self.order)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """``order`` is twice the place among the frames since the last key frame, in display order.

    ``references`` are the bits that say what it refers to and what may refer to it. ``coded`` is what follows the
    header, as it stands in the unit; how it is read depends on ``start`` (CABAC's table) and ``quantiser``, which
    therefore stay with it.
    """

    unit: int
    first_block: int
    kind: int
    frame_num: int
    key_id: int
    order: int
    references: tuple[int, int]
    start: int
    quantiser: int
    deblocking: tuple[int, int, int]
    coded: bytes

    @property
    def key(self) -> bool:
        return self.unit & 31 == _KEY_SLICE

    @classmethod
    def of(cls, unit: bytes, lengths: Lengths) -> Self:
        bits = BitReader(_unescaped(unit[:_HEADER_BYTES]))
        head = bits.read(8)
        first, kind = bits.golomb(), bits.golomb()
        assert bits.golomb() == 0  # the only parameter set
        frame_num = bits.read(lengths.frame_num)
        key_id = bits.golomb() if head & 31 == _KEY_SLICE else 0
        order = bits.read(lengths.order)
        begun = bits.at
        _pass_references(bits, kind % 5, head)
        references = bits.between(begun, bits.at)
        start = bits.golomb() if kind % 5 != _I else 0
        quantiser = bits.signed()
        deblocking = (bits.golomb(), bits.signed(), bits.signed())
        return cls(
            unit=head, first_block=first, kind=kind, frame_num=frame_num, key_id=key_id, order=order,
            references=references, start=start, quantiser=quantiser, deblocking=deblocking,
            coded=unit[_place(unit, -(-bits.at // 8)) :],
        )  # fmt: skip

    def written(self, lengths: Lengths) -> bytes:
        """The unit, without a start code."""
        bits = BitWriter()
        bits.add(self.unit, 8)
        bits.golomb(self.first_block)
        bits.golomb(self.kind)
        bits.golomb(0)
        bits.add(self.frame_num, lengths.frame_num)
        if self.key:
            bits.golomb(self.key_id)
        bits.add(self.order, lengths.order)
        bits.add(*self.references)
        if self.kind % 5 != _I:
            bits.golomb(self.start)
        bits.signed(self.quantiser)
        bits.golomb(self.deblocking[0])
        bits.signed(self.deblocking[1])
        bits.signed(self.deblocking[2])
        # A header does not end with a byte of zeros: what comes after it is no more ambiguous than it was.
        return _AMBIGUOUS.sub(b"\0\0\3", bits.filled_up(1)) + self.coded


def slices_of(packet: bytes, lengths: Lengths) -> list[Slice]:
    """Those of a frame; parameter sets and remarks are left out."""
    return [Slice.of(unit, lengths) for unit in units_of(packet) if unit[0] & 31 in (_SLICE, _KEY_SLICE)]


def frame_of(slices: Iterable[Slice], lengths: Lengths) -> bytes:
    return b"".join(b"\0\0\0\1" + each.written(lengths) for each in slices)


def units_of(data: bytes) -> list[bytes]:
    """Without their start codes."""
    return [unit for unit in _START_CODE.split(data) if unit]


def _unescaped(unit: bytes) -> bytes:
    return unit.replace(b"\0\0\3", b"\0\0")


def _place(unit: bytes, plain: int) -> int:
    """Where in the unit so many bytes end when it is not escaped."""
    place = plain
    while len(_unescaped(unit[:place])) < plain:
        place += 1
    return place


def _pass_references(bits: BitReader, kind: int, head: int) -> None:
    """Read over what a slice refers to, and what its frame is for others."""
    if kind == _B:
        bits.read(1)  # how motion is inherited
    lists = {_I: 0, _P: 1, _B: 2}[kind]
    if lists and bits.read(1):
        for _ in range(lists):
            bits.golomb()
    for _ in range(lists):
        if bits.read(1):
            while bits.golomb() != 3:
                bits.golomb()
    if head & 31 == _KEY_SLICE:
        bits.read(2)
    elif head >> 5 & 3:
        assert not bits.read(1)  # frames leave the memory in the order in which they came
