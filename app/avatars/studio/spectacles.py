"""Glasses and earrings."""

from __future__ import annotations

from app.avatars.studio.canvas import Linear, Radial, Solid
from app.avatars.studio.colour import WHITE, Color, mix
from app.avatars.studio.face import EYE_X, EYE_Y
from app.avatars.studio.geometry import Path, Point, Ribbon, ellipse, ribbon, spline
from app.avatars.studio.model import Character, Glasses
from app.avatars.studio.rig import GLASSES, Depth, Pen

_SQUARE = ((-45, -26), (0, -36), (48, -30), (55, -4), (44, 31), (0, 41), (-38, 31), (-49, 0))
_ROUND = ((-34, -29), (2, -42), (38, -30), (51, 2), (37, 34), (2, 45), (-33, 34), (-46, 2))


def draw_glasses(pen: Pen, c: Character) -> None:
    if c.glasses is Glasses.NONE:
        return
    frame: Color = (34, 30, 34) if c.face.age < 0.5 else (104, 44, 58)
    thick = 5.4 if c.glasses is Glasses.SQUARE else 4.0
    for side in (-1, 1):
        _draw_lens(pen.at(GLASSES), c, side, frame, thick)
        hinge: Ribbon = [
            (side * (EYE_X + 54), EYE_Y - 14, 5), (side * 136, EYE_Y - 14, 5), (side * 152, EYE_Y - 10, 4),
        ]  # fmt: skip
        pen.at(Depth()).ribbon(hinge, frame, 1.0)
    bridge: Ribbon = [(-23, EYE_Y - 5, thick), (0, EYE_Y - 14, thick), (23, EYE_Y - 5, thick)]
    pen.at(Depth(24.0)).ribbon(bridge, frame, 1.0)
    pen.at(Depth(24.0)).ribbon([(x, y - 1.4, 1.4) for x, y, _ in bridge], WHITE, 0.3)


def _rim(c: Character, side: int) -> Path:
    knots = _SQUARE if c.glasses is Glasses.SQUARE else _ROUND
    return spline([_at(c, side, x, y) for x, y in knots])


def _at(c: Character, side: int, x: float, y: float) -> Point:
    return side * (EYE_X + 2 + c.eyes.apart + x), EYE_Y + y


def _draw_lens(pen: Pen, c: Character, side: int, frame: Color, thick: float) -> None:
    rim = _rim(c, side)
    tint = [(0.0, WHITE, 0.2), (0.4, WHITE, 0.03), (1.0, (180, 210, 240), 0.12)]
    pen.fill(rim, Linear((side * EYE_X - 40, -20), (side * EYE_X + 40, 50), tint))
    glint = [(-26, -18), (-12, -22), (-28, 10), (-36, 6)] if side < 0 else [(22, -20), (34, -16), (20, 12), (10, 12)]
    pen.fill(spline([_at(c, side, x, y) for x, y in glint]), Solid(WHITE, 0.13))
    pen.at(Depth(8.0)).line(rim.moved(2, 6), Solid(c.skin.deep, 0.16), thick)
    pen.line(rim, Solid(frame), thick)
    shine = [(*_at(c, side, x, y), w) for x, y, w in ((-36, -27, 0.8), (0, -37, 1.8), (40, -30, 0.8))]
    pen.fill(ribbon(shine), Solid(WHITE, 0.35))


def draw_earrings(pen: Pen, c: Character) -> None:
    gold = c.clothes.accent
    for side in (-1, 1):
        x = side * (150 * c.face.width + 4)
        stops = [(0.0, mix(gold, WHITE, 0.7), 1.0), (0.5, gold, 1.0), (1.0, mix(gold, (60, 30, 0), 0.5), 1.0)]
        pen.at(Depth(-14.0, flat=True)).fill(ellipse(x, 80, 8, 11), Radial((x - 3, 75), 14, stops))
