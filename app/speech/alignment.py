"""Sounds as an engine timed them → the word each belongs to, by way of espeak-ng's sounds for the same text. Pure.

Two engines say the same words with mostly the same sounds in the same order. The two rows are laid side by side at
the least cost (Needleman-Wunsch); a sound takes the word of the one it is laid beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.speech.base import Samples
from app.speech.track import TokenPhone


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPhone:
    """One sound of an engine, in IPA; an empty ``ipa`` is a pause. Milliseconds from the first sample."""

    start_ms: int
    end_ms: int
    ipa: str
    stressed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What an engine gave: mono 16-bit samples and, if it tells, the times of its sounds (otherwise none)."""

    samples: Samples
    sample_rate: int
    phones: tuple[RecordedPhone, ...]


def timed(recorded: Recorded, reference: Sequence[TokenPhone]) -> list[TokenPhone]:
    """The sounds of ``recorded``, each with its token. Without times of its own, the reference's, stretched to what
    is heard.
    """
    if any(phone.ipa for phone in recorded.phones):
        return _aligned(recorded.phones, [phone for phone in reference if phone.ipa])
    return _stretched(reference, _heard_stretches(recorded))


_GAP = 1.0
_VOWELS = frozenset("aeiouyɐɑɒæɔəɘɚɛɜɝɞɤɨɪɯɵøœɶʉʊʌʏᵻ")


def _cost(ours: str, theirs: str) -> float:
    """0 for the same sound, less than two gaps for sounds of one class."""
    if ours == theirs:
        return 0.0
    if ours[0] == theirs[0]:
        return 0.3
    return 0.9 if (ours[0] in _VOWELS) == (theirs[0] in _VOWELS) else 1.7


def _aligned(phones: Sequence[RecordedPhone], reference: Sequence[TokenPhone]) -> list[TokenPhone]:
    sounds = [phone for phone in phones if phone.ipa]
    partners = _partners([phone.ipa for phone in sounds], [phone.ipa for phone in reference])
    aligned: list[TokenPhone] = []
    token = reference[0].token if reference else 0
    for phone, partner in zip(sounds, partners, strict=True):
        stressed = phone.stressed
        if partner is not None:
            token, stressed = reference[partner].token, stressed or reference[partner].stressed
        aligned.append(
            TokenPhone(start_ms=phone.start_ms, end_ms=phone.end_ms, ipa=phone.ipa, stressed=stressed, token=token)
        )
    return aligned


def _partners(ours: Sequence[str], theirs: Sequence[str]) -> list[int | None]:
    """For each of ``ours`` the index in ``theirs`` that it is laid beside, or nothing."""
    best = _costs(ours, theirs)
    partners: list[int | None] = [None] * len(ours)
    i, j = len(ours), len(theirs)
    while i and j:
        if best[i, j] == best[i - 1, j - 1] + _cost(ours[i - 1], theirs[j - 1]):
            i, j = i - 1, j - 1
            partners[i] = j
        elif best[i, j] == best[i - 1, j] + _GAP:
            i -= 1
        else:
            j -= 1
    return partners


def _costs(ours: Sequence[str], theirs: Sequence[str]) -> NDArray[np.float64]:
    """``[i, j]``: the least cost of laying the first ``i`` beside the first ``j``."""
    best = np.zeros((len(ours) + 1, len(theirs) + 1))
    best[:, 0] = np.arange(len(ours) + 1) * _GAP
    best[0, :] = np.arange(len(theirs) + 1) * _GAP
    for i, our in enumerate(ours, 1):
        row, above = best[i], best[i - 1]
        for j, their in enumerate(theirs, 1):
            row[j] = min(above[j - 1] + _cost(our, their), above[j] + _GAP, row[j - 1] + _GAP)
    return best


Stretch = tuple[int, int]
_WINDOW_MS, _SHORTEST_PAUSE_MS = 10, 120
_QUIET = 0.012


def _heard_stretches(recorded: Recorded) -> list[Stretch]:
    """Stretches of sound in milliseconds, with pauses of at least ``_SHORTEST_PAUSE_MS`` between them."""
    window = recorded.sample_rate * _WINDOW_MS // 1000
    count = len(recorded.samples) // window
    frames = recorded.samples[: count * window].reshape(count, window).astype(np.float64)
    level = np.sqrt((frames**2).mean(axis=1)) if count else np.zeros(0)
    loud = np.flatnonzero(level > _QUIET * level.max(initial=0.0)) if level.any() else np.zeros(0, np.int64)
    stretches: list[Stretch] = []
    for index in (int(place) for place in loud):
        start, end = index * _WINDOW_MS, (index + 1) * _WINDOW_MS
        if stretches and start - stretches[-1][1] < _SHORTEST_PAUSE_MS:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((start, end))
    return stretches


def _stretched(reference: Sequence[TokenPhone], heard: Sequence[Stretch]) -> list[TokenPhone]:
    """Stretch by stretch when both pause equally often, otherwise all at once."""
    runs = _runs(reference)
    if not heard or not runs:
        return []
    if len(runs) != len(heard):
        runs, heard = [[phone for run in runs for phone in run]], [(heard[0][0], heard[-1][1])]
    return [phone for run, stretch in zip(runs, heard, strict=True) for phone in _fitted(run, stretch)]


def _runs(reference: Sequence[TokenPhone]) -> list[list[TokenPhone]]:
    """The sounds between pauses."""
    runs: list[list[TokenPhone]] = []
    end = None
    for phone in (phone for phone in reference if phone.ipa):
        if end is None or phone.start_ms - end >= _SHORTEST_PAUSE_MS:
            runs.append([])
        runs[-1].append(phone)
        end = phone.end_ms
    return runs


def _fitted(run: Sequence[TokenPhone], stretch: Stretch) -> list[TokenPhone]:
    start, end = run[0].start_ms, run[-1].end_ms

    def at(ms: int) -> int:
        return stretch[0] + (ms - start) * (stretch[1] - stretch[0]) // max(1, end - start)

    return [replace(phone, start_ms=at(phone.start_ms), end_ms=at(phone.end_ms)) for phone in run]
