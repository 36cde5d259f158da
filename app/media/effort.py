"""How hard it was to code a picture, told from its packet alone: where that stays even, what is seen goes on as it did.

H.264 in files of MP4's and Matroska's kind. Only the head of a picture's first slice is read (ITU-T H.264, 7.3.3), a
hundredth of what it takes to decode it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from statistics import fmean
from typing import Self

from app.media.bits import BitReader
from app.media.trimming import sets_in, units_in

_SLICE, _KEY_SLICE, _SPS, _PPS = 1, 5, 7, 8
_P, _B, _I = 0, 1, 2
#: Longer than any head of a slice is.
_HEAD_BYTES = 256
#: Profiles whose sets tell about colours and depths, too (7.3.2.1.1).
_HIGH = (100, 110, 122, 244)
#: By so many steps of its quantiser an encoder spends half as much.
_HALVES, _MOST = 6, 51
#: So many pictures are taken together, for a second or two: one alone depends on how far it is from the one before.
_RUN = 10
#: By so much more than was seen some may take, so much less, and the hardest of all so much more. Somebody with grain
#: who walks aside by a fifth of the picture's width and back, in four to eight seconds, takes 7 to 23 % more.
_MORE, _LESS, _HARDER = 1.03, 1.25, 1.25


class _Unusual(Exception):
    """Coded in a way that is not read here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sequence:
    """What the parameter set of a sequence says. ``order``: bits of a picture's place, none if it is not told."""

    frame_num: int
    order: int
    coloured: bool

    @classmethod
    def of(cls, unit: bytes) -> Self:
        bits = BitReader(_unescaped(unit))
        profile = bits.read(16) & 255
        bits.read(16)  # constraints and level
        bits.golomb()
        coloured = True
        if profile in _HIGH:
            colours = bits.golomb()
            coloured = colours != 0
            _only(colours < 3)
            bits.golomb()
            bits.golomb()
            _only(bits.read(2) == 0)  # no transform bypass, no scaling lists
        frame_num = bits.golomb() + 4
        counted = bits.golomb()
        _only(counted != 1)
        order = bits.golomb() + 4 if counted == 0 else 0
        bits.golomb()
        bits.read(1)
        bits.golomb()
        bits.golomb()
        _only(bits.read(1) == 1)  # whole frames
        return cls(frame_num=frame_num, order=order, coloured=coloured)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    """What the parameter set of a picture says."""

    cabac: bool
    more_order: bool
    references: int
    weighted: bool
    quantiser: int
    redundant: bool

    @classmethod
    def of(cls, unit: bytes) -> Self:
        bits = BitReader(_unescaped(unit))
        bits.read(8)
        _only(bits.golomb() == 0)  # the only one, of the only sequence
        _only(bits.golomb() == 0)
        cabac, more_order = bool(bits.read(1)), bool(bits.read(1))
        _only(bits.golomb() == 0)  # no groups of slices
        references = bits.golomb() + 1
        bits.golomb()
        weighted = bool(bits.read(3) >> 2)
        quantiser = 26 + bits.signed()
        bits.signed()
        bits.signed()
        redundant = bool(bits.read(3) & 1)
        return cls(
            cabac=cabac, more_order=more_order, references=references, weighted=weighted, quantiser=quantiser,
            redundant=redundant,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizer:
    """Knows what it takes to read the packets of a recording."""

    sets: tuple[bytes, ...]
    sequence: _Sequence
    picture: _Picture

    @classmethod
    def of(cls, record: bytes) -> Self | None:
        """From the description of its pictures; None where it is another one than is read here."""
        sets = sets_in(record)
        sequences, pictures = ([unit for unit in sets if unit[0] & 31 == kind] for kind in (_SPS, _PPS))
        if len(sequences) != 1 or len(pictures) != 1:
            return None
        try:
            return cls(sets=tuple(sets), sequence=_Sequence.of(sequences[0]), picture=_Picture.of(pictures[0]))
        except (_Unusual, ValueError):
            return None

    def effort(self, packet: bytes) -> float | None:
        """Bytes, as if all were coded equally finely; infinite where that cannot be read. None of a picture between two
        that others refer to.

        An encoder that has to keep to a rate spends no more on what moves, but codes it more coarsely.
        """
        units = [unit for unit in units_in(packet) if unit]
        if any(unit[0] & 31 in (_SPS, _PPS) and unit not in self.sets for unit in units):
            return inf
        unit = next((unit for unit in units if unit[0] & 31 in (_SLICE, _KEY_SLICE)), None)
        if unit is None or not unit[0] >> 5 & 3:
            return None
        try:
            quantiser = self._quantiser(unit)
        except (_Unusual, ValueError):
            return inf
        return None if quantiser is None else len(packet) * 2 ** (quantiser / _HALVES)

    def _quantiser(self, unit: bytes) -> int | None:
        """None of a slice that refers to what is before and behind it."""
        bits = BitReader(_unescaped(unit[:_HEAD_BYTES]))
        key = bits.read(8) & 31 == _KEY_SLICE
        bits.golomb()
        kind = bits.golomb() % 5
        if kind == _B:
            return None
        _only(kind in (_P, _I) and bits.golomb() == 0)
        bits.read(self.sequence.frame_num)
        if key:
            bits.golomb()
        bits.read(self.sequence.order)
        if self.picture.more_order:
            bits.signed()
        if self.picture.redundant:
            bits.golomb()
        if kind == _P:
            self._pass_references(bits)
        _pass_marks(bits, key=key)
        if self.picture.cabac and kind == _P:
            bits.golomb()
        quantiser = self.picture.quantiser + bits.signed()
        _only(0 <= quantiser <= _MOST)
        return quantiser

    def _pass_references(self, bits: BitReader) -> None:
        count = bits.golomb() + 1 if bits.read(1) else self.picture.references
        if bits.read(1):
            while bits.golomb() != 3:
                bits.golomb()
        if not self.picture.weighted:
            return
        bits.golomb()
        if self.sequence.coloured:
            bits.golomb()
        for _ in range(count):
            for numbers in (2, 4) if self.sequence.coloured else (2,):
                if bits.read(1):
                    for _ in range(numbers):
                        bits.signed()


def _pass_marks(bits: BitReader, *, key: bool) -> None:
    """Read over which pictures leave the memory."""
    if key:
        bits.read(2)
    elif bits.read(1):
        while mark := bits.golomb():
            for _ in range({1: 1, 2: 1, 3: 2, 4: 1, 6: 1}.get(mark, 0)):
                bits.golomb()


def _unescaped(unit: bytes) -> bytes:
    return unit.replace(b"\0\0\3", b"\0\0")


def _only(usual: bool) -> None:
    if not usual:
        raise _Unusual


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What pictures took: a few that follow one another, on average, and the hardest of all."""

    least: float
    most: float
    hardest: float

    @classmethod
    def of(cls, efforts: Sequence[float]) -> Self | None:
        """None where they do not tell."""
        if not efforts or not all(isfinite(each) for each in efforts):
            return None
        runs = [fmean(efforts[place : place + _RUN]) for place in range(max(1, len(efforts) - _RUN + 1))]
        return cls(least=min(runs), most=max(runs), hardest=max(efforts))

    def joined(self, other: Usual) -> Usual:
        return Usual(
            least=min(self.least, other.least),
            most=max(self.most, other.most),
            hardest=max(self.hardest, other.hardest),
        )

    def holds(self, other: Usual) -> bool:
        return (
            self.least <= other.least * _LESS
            and other.most <= self.most * _MORE
            and other.hardest <= self.hardest * _HARDER
        )
