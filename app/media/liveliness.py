"""How a recording sounds from moment to moment: how loud, and how much like noise. A stranger's file: only to be opened
in limited child processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.media.hearing import heard_from
from app.media.time import SAMPLE_RATE

#: Moments in a second.
RATE = 20
_STEP = SAMPLE_RATE // RATE
_FLOOR_DB = -90.0
#: In hertz: where voices are told from noise.
_LOW, _HIGH = 300, 8000
_EPSILON = 1e-10

Curve = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Liveliness:
    """``level`` in decibels below full scale, ``flatness`` 0..1 (1: white noise), ``RATE`` times a second."""

    level: Curve
    flatness: Curve

    @property
    def silent(self) -> bool:
        return not len(self.level) or float(self.level.max()) < -60


def liveliness(path: Path, duration: Fraction, progress: Callable[[float], None] = lambda _: None) -> Liveliness:
    """Of a recording that lasts so many seconds. As much memory for six hours as for six minutes, but for the result:
    8 bytes a moment.
    """
    levels, flat = list[Curve](), list[Curve]()
    for moments in _moments(heard_from(path, Fraction(0), round(duration * SAMPLE_RATE))):
        power = np.mean(moments**2, axis=1)
        levels.append(np.asarray(10 * np.log10(power + _EPSILON), np.float32))
        flat.append(_flatness(moments))
        progress(min(1.0, len(flat) / max(1.0, float(duration))))
    if not levels:
        return Liveliness(np.empty(0, np.float32), np.empty(0, np.float32))
    return Liveliness(np.maximum(np.concatenate(levels), _FLOOR_DB), np.concatenate(flat))


def _flatness(moments: NDArray[np.floating]) -> Curve:
    """The geometric over the arithmetic mean of the power of each frequency."""
    spectrum = np.abs(np.fft.rfft(moments * np.hanning(_STEP).astype(np.float32), axis=1)) ** 2
    band = spectrum[:, _LOW // RATE : _HIGH // RATE] + _EPSILON
    return np.asarray(np.exp(np.mean(np.log(band), axis=1)) / np.mean(band, axis=1), np.float32)


def _moments(blocks: Iterator[NDArray[np.int16]]) -> Iterator[NDArray[np.floating]]:
    """Rows of one moment each, a second or more at once."""
    waiting, count = list[NDArray[np.int16]](), 0
    for block in blocks:
        waiting.append(block)
        count += len(block)
        if count >= SAMPLE_RATE:
            joined = np.concatenate(waiting)
            whole = len(joined) // _STEP * _STEP
            yield joined[:whole].reshape(-1, _STEP).astype(np.float32) / 32768
            waiting, count = [joined[whole:]], len(joined) - whole
    rest = np.concatenate(waiting) if waiting else np.empty(0, np.int16)
    whole = len(rest) // _STEP * _STEP
    if whole:
        yield rest[:whole].reshape(-1, _STEP).astype(np.float32) / 32768
