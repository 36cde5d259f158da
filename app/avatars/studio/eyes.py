"""Eyes and brows: the parts around them that move in every glance and blink."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.avatars.studio.canvas import Group, Linear, Radial, Solid
from app.avatars.studio.colour import INK, WHITE, mix, multiply, rgb
from app.avatars.studio.face import EYE_X, EYE_Y
from app.avatars.studio.geometry import (
    Path,
    Points,
    ellipse,
    joined,
    ribbon,
    ribbon_outline,
    spline_commands,
    spline_points,
)
from app.avatars.studio.model import Character, Fold, Look
from app.avatars.studio.rig import BROW, Turn

Row = NDArray[np.float64]

#: Places along the eye, from the inner corner to the outer.
_U = np.array([-1.0, -0.62, -0.05, 0.55, 1.0])
_THICK = np.array([0.6, 3.0, 4.6, 5.4, 2.0])
_UP, _BAND, _RIM = np.array((0.0, 4.0)), np.array((0.0, 13.0)), np.array((0.0, 0.8))
_RIM_WIDTHS = np.array([0.2, 0.4, 1.2, 1.7, 0.9])
#: From the lash line up to the crease.
_GAP = {Fold.CREASE: 8.0, Fold.HOODED: 4.5, Fold.SMOOTH: 5.0}
_CREASES = {
    Fold.CREASE: np.array([0.6, 1.8, 2.3, 2.0, 0.6]),
    Fold.HOODED: np.array([0.8, 2.2, 2.8, 3.0, 1.0]),
    Fold.SMOOTH: np.array([0.6, 1.4, 1.6, 1.4, 0.6]),
}


#: Every curve of an eye has ten knots; where it is sharp.
_SHARP = {
    "lid": (), "white": (0, 4, 5), "shade": (), "crease": (), "lower": (), "lash": (0, 5),
}  # fmt: skip
_CORNERS = np.array([[i in corners for i in range(10)] for corners in _SHARP.values()])
_LIFTS = np.repeat([2.0 if name == "lash" else 0.0 for name in _SHARP], 31)
_RING = spline_commands(10, closed=True)


class Eye:
    """One eye; ``side`` is -1 for the viewer's left."""

    def __init__(self, group: Group, turn: Turn, c: Character, side: int) -> None:
        self._turn, self._c, self._side = turn, c, side
        skin = c.skin
        rest = Path(_RING, np.zeros((31, 2)))
        lid = group.shape(rest, self._lid_fill())
        white = [(0.0, rgb("B9BAC4"), 1.0), (0.4, rgb("ECECEC"), 1.0), (1.0, rgb("FBF9F5"), 1.0)]
        self._white = group.shape(rest, Linear((0, EYE_Y - 22), (0, EYE_Y + 14), white))
        ball = group.group()
        clip = ball.clip(rest)
        self._duct = ball.shape(ellipse(0, 0, 8, 6), Solid(rgb("D98E84"), 0.7))
        self._iris = ball.group()
        self._draw_iris(self._iris)
        shade = Linear((0, EYE_Y - 24), (0, EYE_Y + 5), [(0, INK, 0.6), (0.5, INK, 0.22), (1, INK, 0)])
        self._shapes = {
            "lid": lid,
            "white": clip,
            "shade": ball.shape(rest, shade),
            "crease": group.shape(rest, Solid(mix(skin.shade, skin.deep, 0.5), self._crease_alpha())),
            "lower": group.shape(rest, Solid(mix(skin.deep, skin.shade, 0.4), 0.6)),
            "lash": group.shape(rest, Solid(mix(c.brows.color, INK, 0.6))),
        }
        self.update(Look())

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
        disc = group.shape(ellipse(0, 0, 22), Radial((0, 4), 22, stops))
        glow = [(0.0, mix(light, WHITE, 0.3), 0.6), (1.0, light, 0.0)]
        self._lit = (disc, group.shape(ellipse(0, 9, 13, 8), Radial((0, 10), 13, glow)))
        group.shape(ellipse(0, 0, 9.5), Solid(rgb("0E0A0A")))
        group.shape(ellipse(-6.5, -7, 5.4), Solid(WHITE, 0.96))
        group.shape(ellipse(7, 7, 2.6), Solid(WHITE, 0.6))

    def _heights(self, look: Look) -> tuple[Row, Row, Row, float]:
        """The upper lid, the upper lid when open, the lower lid, and how far it is open."""
        eye, age = self._c.eyes, self._c.face.age
        k, droop, smile = eye.size, 2.5 * age, look.smile
        down = max(look.gaze_y, 0.0)
        opening = (1.0 - look.blink) * (1.0 - 0.28 * down + 0.1 * max(-look.gaze_y, 0.0))
        wide = np.array([6.0, -10.5, -20.8, -17.0 + droop, -4.0 + droop])
        if eye.fold is Fold.SMOOTH:
            wide += np.array([2.0, 2.6, 1.2, 0.0, -1.0])
        elif eye.fold is Fold.HOODED:
            wide += np.array([0.0, 0.0, 1.0, 3.0, 2.5])
        wide[1:4] *= eye.open
        low = np.array([5.0, 10.5, 13.0 - 3.2 * smile, 9.5 - 3.6 * smile, -4.0 + droop])
        shut = np.array([5.0, 10.0, 12.0, 8.5, -2.0])
        lower = (low + (shut - low) * look.blink * 0.5) * k
        upper = (shut + (wide - shut) * opening) * k
        tilt = -eye.tilt * _U
        return upper + tilt, wide * k + tilt, lower + tilt, opening

    def _curves(self, look: Look) -> tuple[Points, Points]:
        """The knots of all curves in the order of ``_SHARP``, shape (6, 10, 2), and the upper lid."""
        eye, s = self._c.eyes, self._side
        width = 39.0 * eye.size
        upper, upper_open, lower, opening = self._heights(look)
        x = s * (EYE_X + eye.apart + _U * width)
        top, bottom = np.stack([x, EYE_Y + upper], axis=1), np.stack([x, EYE_Y + lower], axis=1)
        fold = self._fold(upper_open, opening, look.blink, width)
        knots = np.empty((6, 10, 2))
        knots[0, :5], knots[0, 5:] = fold, top[::-1]
        knots[1, :5], knots[1, 5:] = top, bottom[::-1]
        knots[1, 5], knots[1, 9] = top[4] * 0.98 + bottom[3] * 0.02, bottom[1] * 0.5 + top[0] * 0.5
        knots[2, :5], knots[2, 5:] = top - _UP, top[::-1] + _BAND
        knots[3] = ribbon_outline(np.column_stack([fold, _CREASES[eye.fold]]))
        knots[4] = ribbon_outline(np.column_stack([bottom + _RIM, _RIM_WIDTHS]))
        knots[5] = self._lash(top, look.blink, eye.size)
        return knots, top

    def _fold(self, upper_open: Row, opening: float, blink: float, width: float) -> Points:
        eye = self._c.eyes
        gap = (_GAP[eye.fold] + 3.0 * blink) * eye.size
        y = EYE_Y + upper_open * (0.55 + 0.45 * opening) - gap + (1 - opening) * 3
        fold = np.stack([self._side * (EYE_X + eye.apart + _U * width * 1.03), y], axis=1)
        fold[0, 1] += 9
        fold[4, 1] += 5 if eye.fold is not Fold.HOODED else 9
        return fold

    def _lash(self, top: Points, blink: float, k: float) -> Points:
        lashes = self._c.eyes.lashes
        heavy = 1.12 if self._c.eyes.fold is Fold.SMOOTH else 1.0
        thick = _THICK * ((0.72 + 0.42 * lashes) * k * heavy)
        wing = 7.0 * lashes
        knots = np.empty((10, 2))
        knots[:5] = top + _RIM
        knots[5] = top[4] + (self._side * (3 + wing), -2 - wing * 0.75 * (1 - 1.3 * blink))
        knots[6:], knots[6:, 1] = top[:0:-1], top[:0:-1, 1] - thick[:0:-1]
        return knots

    def update(self, look: Look) -> None:
        knots, top = self._curves(look)
        posed = self._turn.lifted(spline_points(knots, _CORNERS, closed=True).reshape(-1, 2), _LIFTS)
        for i, (name, shape) in enumerate(self._shapes.items()):
            here = posed[i * 31 : i * 31 + 31]
            shape.set_points(here)
            if name == "white":
                self._white.set_points(here)
        eye = self._c.eyes
        at = (self._side * (EYE_X + eye.apart - 1) + look.gaze_x * 12, EYE_Y - 3.5 + look.gaze_y * 9)
        x, y, squeeze = self._turn.place(at)
        self._iris.transform(eye.size * squeeze, 0, x, 0, eye.size, y)
        for shape in self._lit:
            shape.relight()
        x, y, _ = self._turn.place((float(top[0, 0]), float(top[0, 1])))
        self._duct.transform(1, 0, x, 0, 1, y)


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
