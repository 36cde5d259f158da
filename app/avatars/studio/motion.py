"""Life: breath, sway, blinks, glances, brows and nods. Any moment can be asked for, in any order.

Passages are played back to back, so a passage begins and ends in the same pose, the anchor: everything that moves does
so under an envelope that is 0, with slope 0, at both ends.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from app.avatars.studio.articulation import MouthTrack
from app.avatars.studio.model import Character, Look, Pose
from app.avatars.studio.visemes import VOWELS, split_ipa
from app.speech.base import Phone, Track

_EASE = 0.4
_BLINK_SLOT, _GLANCE_SLOT, _SHIFT_SLOT = 3.4, 1.4, 2.6
_CLOSE, _HOLD, _OPEN = 0.075, 0.035, 0.150
_BREATH = 4.0
#: Long hair follows the head this much later.
_LAG = 0.12


def smooth(x: float) -> float:
    x = min(max(x, 0.0), 1.0)
    return x * x * (3.0 - 2.0 * x)


def bump(t: float, start: float, rise: float, hold: float, fall: float) -> float:
    """0 to 1 and back, with eased flanks."""
    if t <= start or t >= start + rise + hold + fall:
        return 0.0
    if t < start + rise:
        return smooth((t - start) / rise)
    if t < start + rise + hold:
        return 1.0
    return smooth((start + rise + hold + fall - t) / fall)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beat:
    """A stressed sound worth a gesture. ``side`` is -1 or 1; ``brow`` is how much the brows join in."""

    start: float
    strength: float
    side: float
    brow: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    yaw: float
    pitch: float
    roll: float
    x: float
    y: float


class Motion:
    """Everything one character does during one passage of ``duration`` seconds."""

    def __init__(self, character: Character, track: Track, *, duration: float, seed: int) -> None:
        self._c, self._seed, self._duration = character, seed, duration
        self._heads: dict[float, _Head] = {}
        self._mouth = MouthTrack(track.phones)
        self._beats = _beats(track.phones, seed)
        self._beat_starts = [beat.start for beat in self._beats]
        self._clauses = [(clause.end_ms / 1000, clause.question) for clause in track.clauses]
        self._pauses = [p for p in track.phones if not p.ipa and p.end_ms - p.start_ms > 250]
        self._phases = {name: _phases(seed, name) for name in ("yaw", "pitch", "brow", "smile", "pinch")}
        self._blinks = self._blink_times()
        self._glances = self._glance_targets()
        self._shifts = self._shift_targets()

    def at(self, t: float) -> Pose:
        """The pose ``t`` seconds into the passage, ``0 <= t <= duration``."""
        life = self._envelope(t, _EASE)
        head, late = self._head(t), self._head(t - _LAG)
        ask = self._asking(t)
        mouth = self._mouth.at(t, self._envelope(t, 0.08))
        gaze_x, gaze_y = self._gaze(t)
        brow = sum(b.strength * b.brow * bump(t, b.start - 0.10, 0.14, 0.10, 0.32) for b in self._beats_near(t))
        lift = (0.12 * self._wander(t, "brow", 1.6) + 0.42 * brow) * life
        calm = (0.14 * self._wander(t, "smile", 0.7) + 0.16 * self._silence(t)) * life
        smile = self._c.rest_smile + calm - 0.1 * mouth.round
        return Pose(
            mouth=mouth,
            yaw=head.yaw,
            pitch=head.pitch,
            roll=head.roll,
            x=head.x,
            y=head.y,
            lag_x=(late.yaw - head.yaw + 0.4 * (late.roll - head.roll)) * life,
            lag_y=(late.pitch - head.pitch) * life,
            breath=0.5 - 0.5 * math.cos(math.tau * self._cycles() * t / self._duration),
            look=Look(self._blink(t), gaze_x - head.yaw * 0.03, gaze_y - head.pitch * 0.02, smile),
            brow_left=min(1.0, 0.10 + lift + 0.55 * ask * life),
            brow_right=min(1.0, 0.10 + lift + 0.75 * ask * life),
            brow_pinch=max(0.0, 0.12 * self._wander(t, "pinch", 1.0)) * (1.0 - ask) * life,
            smile=smile,
        )

    def _envelope(self, t: float, ease: float) -> float:
        """0 at both ends of the passage, 1 between them."""
        ease = min(ease, self._duration / 2)
        return min(smooth(t / ease), smooth((self._duration - t) / ease))

    def _cycles(self) -> int:
        return max(1, round(self._duration / _BREATH))

    def _head(self, t: float) -> _Head:
        """To the microsecond, so that hair that follows three frames later finds what is known."""
        t = round(max(t, 0.0), 6)
        if t not in self._heads:
            self._heads[t] = self._carried(t)
        return self._heads[t]

    def _carried(self, t: float) -> _Head:
        life = self._envelope(t, _EASE)
        nod = tilt = turn = 0.0
        for beat in self._beats_near(t):
            nod += beat.strength * bump(t, beat.start - 0.10, 0.22, 0.02, 0.40)
            tilt += beat.side * beat.strength * bump(t, beat.start - 0.12, 0.30, 0.12, 0.55)
            turn += beat.side * beat.strength * bump(t, beat.start - 0.10, 0.28, 0.15, 0.55)
        ask = self._asking(t)
        yaw, pitch, roll, x = self._stance(t)
        return _Head(
            yaw=(yaw + 2.0 * turn) * life,
            pitch=(pitch + 2.8 * nod - 1.8 * ask) * life,
            roll=(roll + 0.8 * tilt + 1.6 * ask) * life,
            x=x * life,
            y=2.4 * nod * life,
        )

    def _beats_near(self, t: float) -> list[_Beat]:
        """Those whose gestures may be seen at ``t``."""
        first, last = bisect_left(self._beat_starts, t - 1.2), bisect_left(self._beat_starts, t + 0.2)
        return self._beats[first:last]

    def _stance(self, t: float) -> tuple[float, float, float, float]:
        """Where the head rests: it moves from one place to the next, and holds still in between."""
        before, after = (0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)
        start, takes = 0.0, 1.0
        for begin, span, target in self._shifts:
            if begin > t:
                break
            before, after, start, takes = after, target, begin, span
        k = smooth((t - start) / takes)
        drift = (0.5 * self._wander(t, "yaw", 1.0), 0.3 * self._wander(t, "pitch", 1.3), 0.0, 0.0)
        yaw, pitch, roll, x = (a + (b - a) * k + d for a, b, d in zip(before, after, drift, strict=True))
        return yaw, pitch, roll, x

    def _shift_targets(self) -> list[tuple[float, float, tuple[float, float, float, float]]]:
        """Start, length in seconds, and the stance that is reached."""
        found: list[tuple[float, float, tuple[float, float, float, float]]] = []
        for slot in range(math.ceil(self._duration / _SHIFT_SLOT)):
            rng = random.Random(f"{self._seed}/shift/{slot}")
            start = (slot + rng.uniform(0.05, 0.45)) * _SHIFT_SLOT
            yaw, pitch = rng.uniform(-2.4, 2.4), rng.uniform(-1.2, 1.0)
            found.append((start, rng.uniform(0.8, 1.3), (yaw, pitch, rng.uniform(-0.9, 0.9), 1.5 * yaw)))
        return found

    def _wander(self, t: float, name: str, speed: float) -> float:
        """A slow wander in about -1..1."""
        a, b, c = self._phases[name]
        wave = 0.55 * math.sin(math.tau * 0.11 * speed * t + a) + 0.30 * math.sin(math.tau * 0.23 * speed * t + b)
        return wave + 0.15 * math.sin(math.tau * 0.41 * speed * t + c)

    def _asking(self, t: float) -> float:
        return min(1.0, sum(bump(t, end - 0.95, 0.22, 0.75, 0.40) for end, question in self._clauses if question))

    def _silence(self, t: float) -> float:
        spans = ((p.start_ms / 1000, (p.end_ms - p.start_ms) / 1000) for p in self._pauses)
        return max((bump(t, start - 0.05, 0.15, span - 0.2, 0.15) for start, span in spans), default=0.0)

    def _blink_times(self) -> list[float]:
        """Starts of all blinks that begin and end inside the passage."""
        times: list[float] = []
        for slot in range(math.ceil(self._duration / _BLINK_SLOT)):
            rng = random.Random(f"{self._seed}/blink/{slot}")
            first = (slot + rng.uniform(0.12, 0.82)) * _BLINK_SLOT
            times += [first, first + 0.34] if rng.random() < 0.16 else [first]
        times += [end + 0.02 for end, _ in self._clauses if random.Random(f"{self._seed}/{end:.3f}").random() < 0.55]
        last = self._duration - (_CLOSE + _HOLD + _OPEN) - 0.05
        return [start for start in times if 0.1 < start < last]

    def _blink(self, t: float) -> float:
        return max((_lid(t - start) for start in self._blinks if 0.0 <= t - start < 0.3), default=0.0)

    def _glance_targets(self) -> list[tuple[float, float, float]]:
        """Start and target of each glance; the eyes are back on the camera before the end."""
        found: list[tuple[float, float, float]] = []
        for slot in range(math.ceil(self._duration / _GLANCE_SLOT)):
            rng = random.Random(f"{self._seed}/glance/{slot}")
            start = (slot + rng.uniform(0.0, 0.5)) * _GLANCE_SLOT
            if start < 0.3 or start > self._duration - 0.5:
                continue
            far = rng.random() < 0.22
            x, y = (rng.uniform(-0.30, 0.30), rng.uniform(-0.14, 0.10)) if far else (rng.uniform(-0.045, 0.045), 0.0)
            found.append((start, x, y))
        return [*found, (max(self._duration - 0.30, 0.0), 0.0, 0.0)]

    def _gaze(self, t: float) -> tuple[float, float]:
        x0 = y0 = x1 = y1 = start = 0.0
        for begin, x, y in self._glances:
            if begin > t:
                break
            x0, y0, x1, y1, start = x1, y1, x, y, begin
        k = smooth((t - start) / 0.045)
        return x0 + (x1 - x0) * k, y0 + (y1 - y0) * k


def _phases(seed: int, name: str) -> tuple[float, float, float]:
    rng = random.Random(f"{seed}/{name}")
    return rng.uniform(0, math.tau), rng.uniform(0, math.tau), rng.uniform(0, math.tau)


def _lid(since: float) -> float:
    """How far a blink has closed the eye, ``since`` seconds after it began."""
    if since < _CLOSE:
        return smooth(since / _CLOSE)
    return 1.0 - smooth((since - _CLOSE - _HOLD) / _OPEN)


def _beats(phones: Sequence[Phone], seed: int) -> list[_Beat]:
    """The stressed vowels worth a gesture: long ones, no two within 0.45 s."""
    candidates = [
        (p.start_ms / 1000, min(1.0, (p.end_ms - p.start_ms) / 170))
        for p in phones
        if p.stressed and p.end_ms - p.start_ms > 90 and any(name in VOWELS for name in split_ipa(p.ipa))
    ]
    kept: list[tuple[float, float]] = []
    for start, strength in sorted(candidates, key=lambda item: (-item[1], item[0])):
        if all(abs(start - other) > 0.45 for other, _ in kept):
            kept.append((start, strength))
    beats: list[_Beat] = []
    for i, (start, strength) in enumerate(sorted(kept)):
        rng = random.Random(f"{seed}/beat/{i}")
        side, brow = rng.choice((-1.0, 1.0)), 1.0 if rng.random() < 0.45 else 0.0
        beats.append(_Beat(start=start, strength=strength, side=side, brow=brow))
    return beats
