"""What every voice gives: samples, and when each sound and each word of the text is heard.

Times are whole milliseconds from the first sample, half-open: a phone sounds in ``[start_ms, end_ms)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """One sound, in IPA; an empty ``ipa`` is a pause."""

    start_ms: int
    end_ms: int
    ipa: str
    stressed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word as it is written in the script, with its punctuation."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """Where a clause ends, and whether it asks."""

    end_ms: int
    question: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The times of one passage of speech: all that captions and a mouth need. Plain values, so it stores as JSON."""

    duration_ms: int
    phones: tuple[Phone, ...]
    words: tuple[Word, ...]
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """One passage, spoken: mono 16-bit samples at ``sample_rate`` Hz, and their track."""

    track: Track
    sample_rate: int
    samples: Samples
