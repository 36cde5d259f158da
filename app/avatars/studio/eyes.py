"""Eyes and brows: the parts around them that move in every glance and blink."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.avatars.studio.canvas import Group, Linear, Radial, Solid
from app.avatars.studio.colour import INK, WHITE, mix, multiply, rgb
from app.avatars.studio.face import EYE_X, EYE_Y
from app.avatars.studio.geometry import Path, Points, ellipse, joined, ribbon, spline
from app.avatars.studio.model import Character, Fold, Pose
from app.avatars.studio.rig import BROW, SKIN, Depth, Turn

_LASH = Depth(2.0)
#: Places along the eye, from the inner corner to the outer.
_U = np.array([-1.0, -0.62, -0.05, 0.55, 1.0])


@dataclass(frozen=True, slots=True)
class _Curves:
    white: Path
    shade: Path
    lash: Path
    lid: Path
    crease: Path
    lower: Path
    duct: Path


class Eye:
    """One eye; ``side`` is -1 for the viewer's left."""

    def __init__(self, group: Group, turn: Turn, c: Character, side: int) -> None:
        self._turn, self._c, self._side = turn, c, side
        curves = self._curves(Pose())
        self._lid = group.shape(curves.lid, self._lid_fill())
        white = [(0.0, rgb("B9BAC4"), 1.0), (0.4, rgb("ECECEC"), 1.0), (1.0, rgb("FBF9F5"), 1.0)]
        self._white = group.shape(curves.white, Linear((0, EYE_Y - 22), (0, EYE_Y + 14), white))
        ball = group.group()
        self._clip = ball.clip(curves.white)
        self._duct = ball.shape(curves.duct, Solid(rgb("D98E84"), 0.75))
        self._iris = ball.group()
        self._draw_iris(self._iris)
        shade = Linear((0, EYE_Y - 24), (0, EYE_Y + 5), [(0, INK, 0.6), (0.5, INK, 0.22), (1, INK, 0)])
        self._shade = ball.shape(curves.shade, shade)
        skin = c.skin
        self._crease = group.shape(curves.crease, Solid(mix(skin.shade, skin.deep, 0.5), self._crease_alpha()))
        self._lower = group.shape(curves.lower, Solid(mix(skin.deep, skin.shade, 0.4), 0.6))
        self._lash = group.shape(curves.lash, Solid(mix(c.brows.color, INK, 0.6)))

    def _lid_fill(self) -> Linear:
        skin = self._c.skin
        tone = mix(skin.shade, skin.blush, 0.3)
        if self._c.eyes.shadow:
            tone = mix(tone, mix(self._c.lips.color, skin.deep, 0.6), 0.5 * self._c.eyes.shadow)
        stops = [
            (0.0, tone, 0.06),
            (0.45, tone, 0.5),
            (0.72, mix(tone, skin.light, 0.25), 0.55),
            (1.0, mix(tone, skin.deep, 0.25), 0.72),
        ]
        return Linear((0, EYE_Y - 38), (0, EYE_Y + 6), stops)

    def _crease_alpha(self) -> float:
        return {Fold.CREASE: 0.75, Fold.HOODED: 0.85, Fold.SMOOTH: 0.12}[self._c.eyes.fold]

    def _draw_iris(self, group: Group) -> None:
        iris = self._c.eyes.color
        dark, light = multiply(iris, (0.35, 0.35, 0.38)), mix(iris, (255, 232, 190), 0.34)
        ring = multiply(dark, (0.6, 0.6, 0.6))
        stops = [(0.0, light, 1.0), (0.5, iris, 1.0), (0.84, dark, 1.0), (1.0, ring, 1.0)]
        group.shape(ellipse(0, 0, 22), Radial((0, 4), 22, stops))
        glow = [(0.0, mix(light, WHITE, 0.3), 0.6), (1.0, light, 0.0)]
        group.shape(ellipse(0, 9, 13, 8), Radial((0, 10), 13, glow))
        group.shape(ellipse(0, 0, 9.5), Solid(rgb("0E0A0A")))
        group.shape(ellipse(-6.5, -7, 5.4), Solid(WHITE, 0.96))
        group.shape(ellipse(7, 7, 2.6), Solid(WHITE, 0.6))

    def _heights(self, pose: Pose) -> tuple[Points, Points, Points, float]:
        """The upper lid, the upper lid when open, the lower lid, and how far it is open."""
        eye, age = self._c.eyes, self._c.face.age
        k, droop, smile = eye.size, 2.5 * age, pose.smile
        down = max(pose.gaze_y, 0.0)
        opening = (1.0 - pose.blink) * (1.0 - 0.28 * down + 0.1 * max(-pose.gaze_y, 0.0))
        wide = np.array([6.0, -10.5, -20.8, -17.0 + droop, -4.0 + droop])
        if eye.fold is Fold.SMOOTH:
            wide += np.array([2.0, 2.6, 1.2, 0.0, -1.0])
        elif eye.fold is Fold.HOODED:
            wide += np.array([0.0, 0.0, 1.0, 3.0, 2.5])
        wide[1:4] *= eye.open
        low = np.array([5.0, 10.5, 13.0 - 3.2 * smile, 9.5 - 3.6 * smile, -4.0 + droop])
        shut = np.array([5.0, 10.0, 12.0, 8.5, -2.0])
        lower = (low + (shut - low) * pose.blink * 0.5) * k
        upper = (shut + (wide - shut) * opening) * k
        tilt = -eye.tilt * _U
        return upper + tilt, wide * k + tilt, lower + tilt, opening

    def _curves(self, pose: Pose) -> _Curves:
        eye, s = self._c.eyes, self._side
        k, width = eye.size, 39.0 * eye.size
        upper, upper_open, lower, opening = self._heights(pose)
        x = s * (EYE_X + eye.apart + _U * width)
        top, bottom = np.stack([x, EYE_Y + upper], axis=1), np.stack([x, EYE_Y + lower], axis=1)
        ring = [(*top[0], 1.0), *map(tuple, top[1:4]), (*top[4], 1.0), *map(tuple, bottom[3:0:-1])]
        band = top + np.array((0.0, 13.0))
        fold = self._fold(upper_open, opening, pose.blink, width)
        duct = [tuple(top[0]), tuple(top[1] * 0.5 + top[0] * 0.5), tuple(bottom[1] * 0.5 + bottom[0] * 0.5)]
        widths = {Fold.CREASE: (0.6, 1.8, 2.3, 2.0, 0.6), Fold.HOODED: (0.8, 2.2, 2.8, 3.0, 1.0)}
        crease = widths.get(eye.fold, (0.6, 1.4, 1.6, 1.4, 0.6))
        rim = [(*(bottom[i] + (0, 0.8)), (0.4, 1.2, 1.6, 1.8, 0.8)[i]) for i in range(1, 5)]
        return _Curves(
            white=self._posed(spline(ring)),
            shade=self._posed(spline([*map(tuple, top - (0, 4)), *map(tuple, band[::-1])])),
            lash=self._posed(spline(self._lash_knots(top, pose.blink, k)), _LASH),
            lid=self._posed(spline([*map(tuple, fold), *map(tuple, top[::-1])])),
            crease=self._posed(ribbon([(*fold[i], crease[i]) for i in range(5)])),
            lower=self._posed(ribbon(rim)),
            duct=self._posed(spline(duct)),
        )

    def _fold(self, upper_open: Points, opening: float, blink: float, width: float) -> Points:
        eye = self._c.eyes
        gap = {Fold.CREASE: 8.0, Fold.HOODED: 4.5, Fold.SMOOTH: 5.0}[eye.fold]
        gap = (gap + 3.0 * blink) * eye.size
        y = EYE_Y + upper_open * (0.55 + 0.45 * opening) - gap + (1 - opening) * 3
        fold = np.stack([self._side * (EYE_X + eye.apart + _U * width * 1.03), y], axis=1)
        fold[0, 1] += 9
        fold[4, 1] += 5 if eye.fold is not Fold.HOODED else 9
        return fold

    def _lash_knots(self, top: Points, blink: float, k: float) -> list[tuple[float, ...]]:
        lashes = self._c.eyes.lashes
        heavy = 1.12 if self._c.eyes.fold is Fold.SMOOTH else 1.0
        thick = np.array([0.6, 3.0, 4.6, 5.4, 2.0]) * (0.72 + 0.42 * lashes) * k * heavy
        wing = 7.0 * lashes
        raised, below = top - np.stack([np.zeros(5), thick], axis=1), top + np.array((0.0, 0.8))
        tip = (top[4, 0] + self._side * (3 + wing), top[4, 1] - 2 - wing * 0.75 * (1 - 1.3 * blink))
        return [(*below[0], 1.0), *map(tuple, below[1:]), (*tip, 1.0), *map(tuple, raised[:0:-1])]

    def _posed(self, path: Path, at: Depth = SKIN) -> Path:
        return self._turn.path(path, at)

    def update(self, pose: Pose) -> None:
        curves = self._curves(pose)
        for shape, path in (
            (self._lid, curves.lid),
            (self._white, curves.white),
            (self._clip, curves.white),
            (self._duct, curves.duct),
            (self._shade, curves.shade),
            (self._lash, curves.lash),
            (self._crease, curves.crease),
            (self._lower, curves.lower),
        ):
            shape.set_points(path.points)
        eye = self._c.eyes
        at = (self._side * (EYE_X + eye.apart - 1) + pose.gaze_x * 12, EYE_Y - 3.5 + pose.gaze_y * 9)
        x, y, squeeze = self._turn.place(at)
        self._iris.transform(eye.size * squeeze, 0, x, 0, eye.size, y)


class Brow:
    """One brow: a soft mass and the hairs in it. Raising and pinching bend it in proportion."""

    def __init__(self, group: Group, turn: Turn, c: Character, side: int) -> None:
        self._c, self._side = c, side
        color = c.brows.color
        knots = self._knots(0.0, 0.0)
        stops = [(0.0, color, 0.5), (0.3, color, 0.86), (1.0, color, 0.8)]
        mass = group.shape(ribbon(knots), Linear((side * 24, 0), (side * 108, 0), stops))
        hairs = group.shape(self._hairs(knots), Solid(color, 0.6))
        self._parts = [
            (mass, *_bends(turn, ribbon(knots), ribbon(self._knots(1.0, 0.0)), ribbon(self._knots(0.0, 1.0)))),
            (hairs, *_bends(turn, *(self._hairs(self._knots(*pose)) for pose in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))))),
        ]

    def _knots(self, raised: float, pinch: float) -> list[tuple[float, float, float]]:
        brow, s, apart = self._c.brows, self._side, self._c.eyes.apart
        w, y = brow.weight, -42 + brow.height - 13 * raised
        arch = brow.arch
        return [
            (s * (28 + apart - 5 * pinch), y - 2 + 6 * pinch - 2 * raised, 7 * w),
            (s * (45 + apart - 4 * pinch), y - 2 - 5 * arch + 4 * pinch - 2 * raised, 10.5 * w),
            (s * (69 + apart - 2 * pinch), y - 2 - 10 * arch - 3 * raised, 9.5 * w),
            (s * (91 + apart), y - 2 - 7 * arch - 2 * raised - brow.tail, 6.5 * w),
            (s * (109 + apart), y + 4 - 1.6 * brow.tail, 2),
        ]

    def _hairs(self, knots: list[tuple[float, float, float]]) -> Path:
        """They grow up and outwards."""
        data = np.array(knots)
        hairs: list[Path] = []
        for i in range(13):
            t = 3.6 * i / 12
            k = min(int(t), 3)
            x, y, w = (float(v) for v in data[k] + (data[k + 1] - data[k]) * (t - k))
            lean, up = self._side * (2.0 + 1.9 * t), (0.62 - 0.06 * t) * w
            hairs.append(ribbon([(x - lean * 0.6, y + 0.42 * w, 0.8), (x, y - up * 0.3, 1.7), (x + lean, y - up, 0.4)]))
        return joined(hairs)

    def update(self, raised: float, pinch: float) -> None:
        for shape, rest, lift, squeeze in self._parts:
            shape.set_points(rest + raised * lift + pinch * squeeze)


def _bends(turn: Turn, rest: Path, raised: Path, pinched: Path) -> tuple[Points, Points, Points]:
    """Points at rest, and how they move with either."""
    at_rest = turn.points(rest.points, BROW)
    return at_rest, turn.points(raised.points, BROW) - at_rest, turn.points(pinched.points, BROW) - at_rest
