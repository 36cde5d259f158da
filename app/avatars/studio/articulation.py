"""The mouth over time: sounds overlap as in real speech, and the lips meet when they must."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.avatars.studio.model import MOUTH_FIELDS, Mouth
from app.avatars.studio.visemes import VISEMES, VOWELS, split_ipa
from app.speech.base import Phone

Values = NDArray[np.float64]

_OPEN, _JAW, _PRESS, _BITE = (MOUTH_FIELDS.index(name) for name in ("open", "jaw", "press", "bite"))
#: Seconds over which a shape rises before its sound and falls after it; lips spread and round more slowly.
_RISE = np.array([0.100 if name in ("wide", "round") else 0.050 for name in MOUTH_FIELDS])
_FALL = np.array([0.085 if name in ("wide", "round") else 0.062 for name in MOUTH_FIELDS])
#: The mouth leads the sound, in seconds.
_LEAD = 0.035
_REACH = 0.35
#: How strongly each class holds its shape against its neighbours.
_STRENGTH = {
    "rest": 0.7, "FF": 1.6, "SS": 1.1, "CH": 1.5, "UW": 1.7, "OO": 1.2, "KK": 0.35, "DD": 0.6, "AH": 0.7,
}  # fmt: skip


def _values(mouth: Mouth) -> list[float]:
    return [float(getattr(mouth, name)) for name in MOUTH_FIELDS]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segment:
    """One viseme, in seconds; ``weight`` is the share of its full shape."""

    start: float
    end: float
    viseme: str
    weight: float


def _segments(phones: Sequence[Phone]) -> list[_Segment]:
    found: list[_Segment] = []
    for phone in phones:
        names = split_ipa(phone.ipa) or ["rest"]
        start, span = phone.start_ms / 1000, (phone.end_ms - phone.start_ms) / 1000 / len(names)
        if span <= 0.002:
            continue
        for i, name in enumerate(names):
            weight = (1.08 if phone.stressed else 0.85) * min(1.0, 0.65 + span / 0.20) if name in VOWELS else 1.0
            found.append(_Segment(start=start + i * span, end=start + (i + 1) * span, viseme=name, weight=weight))
    return found


class MouthTrack:
    """The mouth at any time: a weighted mean of the shapes around it, then the closures that must happen."""

    def __init__(self, phones: Sequence[Phone]) -> None:
        segments = _segments(phones)
        self._starts = np.array([s.start for s in segments])
        self._ends = np.array([s.end for s in segments])
        weights = np.array([s.weight for s in segments])[:, None]
        self._values = np.array([_values(VISEMES[s.viseme]) for s in segments]).reshape(-1, len(MOUTH_FIELDS)) * weights
        self._strength = np.array([_STRENGTH.get(s.viseme, 1.0) for s in segments])
        self._bite = np.array(_values(VISEMES["FF"]))
        self._closures = _spans(segments, "PP")
        self._bites = _spans(segments, "FF")

    def at(self, t: float, share: float = 1.0) -> Mouth:
        """The mouth ``t`` seconds into the passage; ``share`` scales everything towards rest."""
        first = int(np.searchsorted(self._ends, t - _REACH))
        last = int(np.searchsorted(self._starts, t + _REACH))
        if first >= last or share <= 0.0:
            return Mouth()
        mouth = self._blend(slice(first, last), t + _LEAD)
        mouth += (self._bite - mouth) * _contact(t, *self._bites)
        shut = _contact(t, *self._closures)
        mouth[_OPEN] *= (1.0 - shut) ** 2
        mouth[_JAW] *= 1.0 - 0.6 * shut
        mouth[_BITE] *= 1.0 - shut
        mouth[_PRESS] = shut
        return Mouth(*(mouth * share).tolist())

    def _blend(self, near: slice, now: float) -> Values:
        starts, ends = self._starts[near], self._ends[near]
        hold = 0.25 * (ends - starts)
        before = np.maximum(starts + hold - now, 0.0)[:, None] / _RISE
        after = np.maximum(now - (ends - hold), 0.0)[:, None] / _FALL
        pull = np.exp(-((before + after) ** 2)) * self._strength[near][:, None]
        blend: Values = (pull * self._values[near]).sum(axis=0) / np.maximum(pull.sum(axis=0), 1e-6)
        return blend


def _spans(segments: Sequence[_Segment], viseme: str) -> tuple[Values, Values]:
    found = [s for s in segments if s.viseme == viseme]
    return np.array([s.start for s in found]), np.array([s.end for s in found])


def _contact(t: float, starts: Values, ends: Values) -> float:
    """1 while the lips, or lip and teeth, touch: closing starts 70 ms before the sound, parting just before its end."""
    if not len(starts):
        return 0.0
    closing = np.clip((t - (starts - 0.070)) / 0.060, 0.0, 1.0)
    opening = np.clip((np.maximum(ends - 0.015, starts + 0.035) + 0.055 - t) / 0.055, 0.0, 1.0)
    best = float(np.minimum(closing, opening).max())
    return best * best * (3.0 - 2.0 * best)
