"""Colours as people write them."""

from __future__ import annotations


def bgr_of(colour: str) -> tuple[int, int, int]:
    """``#RRGGBB`` as blue, green, red."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return blue, green, red


def mixed(colour: str, other: str, share: float) -> tuple[int, int, int]:
    """So much of ``colour``, the rest of the other, as blue, green, red."""
    blue, green, red = (
        round(share * one + (1 - share) * two) for one, two in zip(bgr_of(colour), bgr_of(other), strict=True)
    )
    return blue, green, red
