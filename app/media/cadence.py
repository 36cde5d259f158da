"""From the times at which frames are shown to the rate they were meant to have, and whether they keep to it. Pure.

The times are what the container's clock allows: in Matroska, 30 frames a second come 33, 33 and 34 ms after each other.
Floats serve to classify only; the rate that is returned is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from app.media.time import RATES

Ticks = NDArray[np.int64]
#: A frame may be off its place on the grid by this share of its length, beyond what the clock rounds.
_JITTER = 0.05
_COARSE_S = 0.001
_USUAL = (*RATES.values(), *(Fraction(rate) for rate in (10, 12, 15, 20, 48, 90, 100, 120)), Fraction(25, 2))
_FALLBACK = Fraction(25)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """``constant``: every frame stands where ``rate`` puts it. Otherwise ``rate`` is that of most frames."""

    rate: Fraction
    constant: bool


def cadence_of(times: Ticks, tick: Fraction, declared: Iterable[Fraction | None]) -> Cadence:
    """``times`` are sorted; ``tick`` is the seconds of one. Of rates that fit alike, a declared one is taken."""
    stated = [_exact(rate) for rate in declared if rate is not None and 0 < rate <= 1000]
    if len(times) < 2 or times[-1] == times[0]:
        return Cadence(rate=stated[0] if stated else _FALLBACK, constant=True)
    measured = Fraction(len(times) - 1) / (int(times[-1] - times[0]) * tick)
    for rate in (*stated, *_near(measured)):
        if _fits(times, tick, rate):
            return Cadence(rate=rate, constant=True)
    return Cadence(rate=_nominal(times, tick), constant=False)


def _exact(rate: Fraction) -> Fraction:
    """29.97, as FLV writes it, is 30000/1001."""
    return next((usual for usual in _USUAL if abs(usual - rate) <= usual / 5000), rate)


def _near(measured: Fraction) -> Iterator[Fraction]:
    yield from sorted(
        (rate for rate in _USUAL if abs(rate - measured) < measured / 50), key=lambda rate: abs(rate - measured)
    )
    yield measured.limit_denominator(1001)


def _fits(times: Ticks, tick: Fraction, rate: Fraction) -> bool:
    if rate <= 0:
        return False
    step = float(1 / (rate * tick))
    off = (times - times[0]) - np.arange(len(times)) * step
    allowed = max(1.0, _COARSE_S / float(tick)) + _JITTER * step
    return float(off.max() - off.min()) <= allowed


def _nominal(times: Ticks, tick: Fraction) -> Fraction:
    """One over the mean of the intervals that are about as long as the middle one."""
    steps = np.diff(times)
    steps = steps[steps > 0]
    middle = float(np.sort(steps)[len(steps) // 2])
    alike = steps[np.abs(steps - middle) <= middle / 4]
    return (Fraction(len(alike)) / (int(alike.sum()) * tick)).limit_denominator(1001) or Fraction(1)
