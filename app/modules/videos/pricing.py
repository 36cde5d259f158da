"""What a render costs. Whole credits; only frames that were made are paid for, never those that were reused."""

from __future__ import annotations

from fractions import Fraction

CREDITS_PER_SECOND = 1
#: Slow speech; the hold covers it, so that the charge is never higher than what was held.
_SLOWEST_CHARACTERS_PER_SECOND = 9
_USUAL_CHARACTERS_PER_SECOND = 14


def expected_seconds(script: str) -> int:
    """How long a script usually takes to speak."""
    return max(1, -(-len(script) // _USUAL_CHARACTERS_PER_SECOND))


def quote(script: str) -> int:
    """The most a render of this script can cost: what is held when it is asked for."""
    return CREDITS_PER_SECOND * (2 - -len(script) // _SLOWEST_CHARACTERS_PER_SECOND)


def charge(frames_made: int, fps: Fraction, held: int) -> int:
    """What is captured: started seconds of the frames that were made, and never more than was held."""
    exact = frames_made / fps * CREDITS_PER_SECOND
    return min(held, -(-exact.numerator // exact.denominator))
