"""The rate is that of the frames, told exactly, on whatever clock they were written down."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from app.media.cadence import Cadence, cadence_of
from app.media.time import RATES

MILLISECOND = Fraction(1, 1000)


def on_milliseconds(rate: Fraction, frames: int = 60) -> np.ndarray:
    return np.array([round(number / rate * 1000) for number in range(frames)], np.int64)


@pytest.mark.parametrize("rate", RATES.values(), ids=str)
def test_a_rate_written_with_two_digits_is_the_exact_one(rate: Fraction) -> None:
    declared = Fraction(round(float(rate), 2)).limit_denominator(1000)
    assert cadence_of(on_milliseconds(rate), MILLISECOND, [declared]) == Cadence(rate=rate, constant=True)


def test_a_rate_of_its_own_stays_what_it_is() -> None:
    own = Fraction(272, 10)
    assert cadence_of(on_milliseconds(own), MILLISECOND, [own]) == Cadence(rate=own, constant=True)


def test_a_declared_rate_that_the_frames_do_not_keep_is_not_believed() -> None:
    assert cadence_of(on_milliseconds(Fraction(25)), MILLISECOND, [Fraction(50)]).rate == 25


def test_a_missing_frame_makes_the_rate_variable() -> None:
    times = np.delete(on_milliseconds(Fraction(30)), 20)
    found = cadence_of(times, MILLISECOND, [Fraction(30)])
    assert (found.constant, round(found.rate)) == (False, 30)
