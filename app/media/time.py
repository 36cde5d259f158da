"""Exact time: rates are fractions, positions are whole frames, ranges are half-open.

Durations enter as whole milliseconds (speech) or ``Fraction`` seconds (media) and leave as decimals, in JSON only.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

SAMPLE_RATE = 48_000
#: Samples of one packet of AAC.
SOUND_PACKET = 1024
#: The frame rates that are offered, by the number people write.
RATES: dict[str, Fraction] = {
    "23.976": Fraction(24000, 1001),
    "24": Fraction(24),
    "25": Fraction(25),
    "29.97": Fraction(30000, 1001),
    "30": Fraction(30),
    "50": Fraction(50),
    "59.94": Fraction(60000, 1001),
    "60": Fraction(60),
}


@dataclass(frozen=True, slots=True, order=True)
class FrameRange:
    """Frames ``start <= n < stop``."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


def frames_for(duration_ms: int, fps: Fraction) -> int:
    """The fewest whole frames that last at least ``duration_ms``."""
    exact = Fraction(duration_ms, 1000) * fps
    return -(-exact.numerator // exact.denominator)


def seconds(frames: int, fps: Fraction) -> Fraction:
    return frames / fps


def sample_at(frame: int, fps: Fraction, rate: int = SAMPLE_RATE) -> int:
    """The first audio sample that sounds with ``frame``, rounded to the nearest."""
    return round(frame / fps * rate)


def frames_of_whole_packets(fps: Fraction) -> int:
    """After so many frames, pictures and packets of sound begin together again."""
    return (Fraction(SAMPLE_RATE, SOUND_PACKET) / fps).denominator


def millisecond_at(frame: int, fps: Fraction) -> int:
    return round(frame / fps * 1000)


def decimal_seconds(duration: Fraction) -> float:
    """For JSON only: rounded to the microsecond."""
    exact = Decimal(duration.numerator) / Decimal(duration.denominator)
    return float(exact.quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP))


def parse_rate(text: str) -> Fraction:
    """A stored rate such as ``30000/1001``."""
    return Fraction(text)


def timescale(fps: Fraction) -> int:
    """A container clock in which every frame lasts a whole number of ticks."""
    return fps.numerator if fps.denominator > 1 else fps.numerator * 1000
