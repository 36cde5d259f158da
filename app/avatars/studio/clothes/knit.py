"""Turtleneck and sweater."""

from __future__ import annotations

from app.avatars.studio.canvas import Linear, Solid
from app.avatars.studio.clothes.body import (
    body_outline,
    cloth_fill,
    draw_modelling,
    draw_neck,
    draw_rim,
    draw_shadow,
    soften,
)
from app.avatars.studio.colour import Color, dim, lit
from app.avatars.studio.geometry import Ribbon, spline, symmetric
from app.avatars.studio.model import Character
from app.avatars.studio.rig import Pen


def draw_turtleneck(pen: Pen, c: Character) -> None:
    draw_neck(pen, c)
    _draw_torso(pen, c, c.clothes.cloth)
    _draw_roll_collar(pen, c)


def draw_sweater(pen: Pen, c: Character) -> None:
    """A round neckline with a ribbed edge."""
    draw_neck(pen, c)
    _draw_torso(pen, c, c.clothes.cloth)
    if c.hair_style != "scarf":
        _draw_round_neck(pen, c)


def _draw_torso(pen: Pen, c: Character, color: Color) -> None:
    outline = body_outline(c)
    pen.fill(outline, cloth_fill(color))
    inside = pen.inside(outline)
    draw_modelling(inside, c, color)
    dark, bright = dim(color, 1.0), lit(color, 0.5)
    folds: list[Ribbon] = [
        [(-190, 560, 1), (-116, 592, 12), (-30, 586, 1)], [(60, 620, 1), (130, 606, 12), (200, 560, 1)],
        [(-150, 760, 1), (-60, 790, 14), (40, 776, 1)], [(-224, 420, 1), (-170, 452, 10), (-110, 462, 1)],
        [(224, 420, 1), (176, 452, 10), (120, 466, 1)], [(80, 720, 1), (150, 712, 12), (214, 660, 1)],
    ]  # fmt: skip
    for fold in folds:
        soften(inside, fold, dark, 0.24)
        soften(inside, [(x, y - 13, w * 0.7) for x, y, w in fold], bright, 0.14)
    _draw_stitches(inside, color)
    draw_rim(inside, outline)


def _draw_stitches(pen: Pen, color: Color) -> None:
    """A faint vertical knit."""
    rows: list[Ribbon] = [
        [(x, 270, 1.2), (x * 1.04, 700, 1.6), (x * 1.06, 1200, 1.6)] for x in range(-400, 401, 13)
    ]  # fmt: skip
    pen.ribbons(rows, dim(color, 1.0), 0.09)


def _draw_roll_collar(pen: Pen, c: Character) -> None:
    n, color = c.clothes.neck, c.clothes.cloth
    dark = dim(color, 1.0)
    collar = symmetric([(0, 206), (58 * n, 196), (71 * n, 214), (79 * n, 252), (98 * n, 290), (62, 324), (0, 334)])
    draw_shadow(pen, collar, dark, dx=3, dy=15, alpha=0.7)
    stops = [(0.0, lit(color, 0.26), 1.0), (0.45, color, 1.0), (1.0, dim(color, 0.8), 1.0)]
    pen.fill(collar, Linear((-90, 200), (96, 310), stops))
    inside = pen.inside(collar)
    for low, alpha in ((264, 0.2), (246, 0.26), (228, 0.3)):
        inside.fill(spline([(-150, 150), (150, 150), (96, low - 28), (10, low), (-90, low - 28)]), Solid(dark, alpha))
    ribs: list[Ribbon] = [
        [(i * 9 * 0.8, 196, 1.2), (i * 9 * 0.95, 240, 2.6), (i * 9 * 1.25, 332, 1.2)] for i in range(-10, 11)
    ]
    inside.ribbons(ribs, dark, 0.26)
    inside.ribbons([[(x - 2.6, y, w * 0.7) for x, y, w in rib] for rib in ribs], lit(color, 0.5), 0.14)
    fold: Ribbon = [(-80 * n, 248, 1), (-40, 270, 7), (0, 275, 8), (40, 270, 7), (80 * n, 248, 1)]
    soften(inside, fold, dark, 0.8)
    inside.ribbon([(x, y + 8, w * 0.6) for x, y, w in fold], lit(color, 0.5), 0.2)


def _draw_round_neck(pen: Pen, c: Character) -> None:
    n, color, skin = c.clothes.neck, c.clothes.cloth, c.skin
    dark = dim(color, 1.0)
    opening = symmetric([(0, 232), (60 * n, 244), (84 * n, 272), (78 * n, 322), (44, 356), (0, 366)])
    inside = pen.inside(opening)
    draw_neck(inside, c)
    edge: Ribbon = [
        (-87 * n, 264, 14), (-82 * n, 318, 17), (-46, 358, 18), (0, 369, 18), (46, 358, 18), (82 * n, 318, 17),
        (87 * n, 264, 14),
    ]  # fmt: skip
    pen.ribbon([(x, y - 8, w) for x, y, w in edge], skin.deep, 0.22)
    pen.ribbon([(x, y + 5, w) for x, y, w in edge], dark, 0.4)
    pen.ribbon(edge, color, 1.0)
    pen.ribbon([(x, y - 2.5, w * 0.5) for x, y, w in edge], lit(color, 0.4), 0.45)
    pen.ribbon([(x, y + 5.5, 2.0) for x, y, _ in edge], dark, 0.4)
