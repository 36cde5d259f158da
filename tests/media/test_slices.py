"""Headers of slices are read and written again as they were, wherever zeros make their bytes ambiguous."""

from __future__ import annotations

import pytest

from app.media.slices import Lengths, Slice, units_of

#: A slice that nothing refers to, of P and of I macroblocks.
P, KEY = 0x01, 0x65
CODED = bytes.fromhex("00000301 8f 000003 00 ff")


def a_slice(unit: int, kind: int, **numbers: int) -> Slice:
    known = {"first_block": 0, "frame_num": 0, "key_id": 0, "order": 0, "start": 0, "quantiser": 0} | numbers
    return Slice(unit=unit, kind=kind, references=(0, 2), deblocking=(2, 0, 0), coded=CODED, **known)


@pytest.mark.parametrize("lengths", [Lengths(frame_num=4, order=6), Lengths(frame_num=16, order=16)])
@pytest.mark.parametrize("first_block", [0, 1, 4560, 65_535])
@pytest.mark.parametrize("frame_num", [0, 1, 15])
def test_what_was_written_is_read_as_it_was(lengths: Lengths, first_block: int, frame_num: int) -> None:
    for unit, kind in ((P, 5), (KEY, 7)):
        one = a_slice(unit, kind, first_block=first_block, frame_num=frame_num)
        written = one.written(lengths)
        assert Slice.of(written, lengths) == one
        assert written.endswith(CODED)
        assert units_of(b"\0\0\0\1" + written) == [written]


def test_zeros_in_a_header_are_escaped() -> None:
    lengths = Lengths(frame_num=16, order=16)
    assert b"\0\0\3" in a_slice(P, 5).written(lengths)[: -len(CODED)]
