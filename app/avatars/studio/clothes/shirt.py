"""Shirt, collar and tie."""

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
from app.avatars.studio.colour import Color, dim, lit, mix
from app.avatars.studio.geometry import Knot, Ribbon, ellipse, polygon, spline
from app.avatars.studio.model import Character
from app.avatars.studio.rig import Pen

_SHADOW: Color = (50, 60, 90)


def draw_shirt(pen: Pen, c: Character) -> None:
    """An open collar, buttoned down the middle."""
    color, dark = c.clothes.cloth, dim(c.clothes.cloth, 1.0)
    draw_neck(pen, c)
    outline = body_outline(c)
    opening: list[Knot] = [(-66 * c.clothes.neck, 250), (-46, 320), (0, 418, 1), (46, 320), (66 * c.clothes.neck, 250)]
    pen.fill(outline, cloth_fill(color))
    inside = pen.inside(outline)
    draw_modelling(inside, c, color)
    folds: list[Ribbon] = [
        [(-190, 520, 1), (-120, 566, 12), (-40, 560, 1)], [(190, 520, 1), (130, 570, 12), (50, 570, 1)],
        [(-30, 470, 1), (-70, 600, 10), (-90, 740, 1)], [(34, 470, 1), (80, 610, 10), (96, 760, 1)],
        [(-240, 410, 1), (-180, 440, 9), (-110, 440, 1)], [(240, 410, 1), (184, 440, 9), (120, 446, 1)],
    ]  # fmt: skip
    for fold in folds:
        soften(inside, fold, dark, 0.28)
        soften(inside, [(x, y - 12, w * 0.7) for x, y, w in fold], lit(color, 0.6), 0.2)
    throat = pen.inside(spline(opening))
    draw_neck(throat, c)
    _draw_placket(inside, color)
    draw_rim(inside, outline)
    draw_collar(pen, c, cloth=color)


def _draw_placket(pen: Pen, color: Color) -> None:
    dark = dim(color, 1.0)
    strip = polygon([(-17, 410), (17, 410), (19, 1500), (-19, 1500)])
    draw_shadow(pen, strip, dark, dx=5, dy=2, alpha=0.3)
    pen.fill(strip, Linear((-18, 0), (18, 0), [(0, lit(color, 0.24), 1), (1, mix(color, dark, 0.1), 1)]))
    pen.ribbons([[(x, 412, 1.0), (x, 800, 1.3), (x, 1400, 1.3)] for x in (-13.0, 13.0)], dark, 0.3)
    for y in (470, 596, 722, 848):
        pen.spot(dark, 0.6, (2, y + 3), 12, 12)
        pen.fill(
            ellipse(0, y, 6.5), Linear((-5, y - 5), (6, y + 6), [(0, lit(color, 0.8), 1), (1, dim(color, 0.2), 1)])
        )


def draw_tie(pen: Pen, c: Character) -> None:
    tie = c.clothes.accent
    blade = spline([(-17, 352, 1), (17, 352, 1), (30, 560), (33, 800, 1), (-33, 800, 1), (-30, 560)])
    draw_shadow(pen, blade, (60, 70, 96), dx=10, dy=8, alpha=0.42)
    stops = [(0.0, lit(tie, 0.2), 1.0), (0.5, tie, 1.0), (1.0, dim(tie, 0.6), 1.0)]
    pen.fill(blade, Linear((-30, 360), (36, 380), stops))
    inside = pen.inside(blade)
    for i in range(12):
        y = 350 + i * 36
        stripe = polygon([(-40, y + 26), (40, y - 22), (40, y - 12), (-40, y + 36)])
        inside.fill(stripe, Solid(lit(tie, 0.45), 0.3))
    inside.spot(dim(tie, 1.0), 0.6, (0, 352), 30, 26)
    knot = spline([(-25, 306, 1), (25, 306, 1), (17, 356, 1), (-17, 356, 1)])
    draw_shadow(pen, knot, (40, 50, 80), dx=3, dy=7, alpha=0.4)
    pen.fill(knot, Linear((-22, 306), (22, 352), [(0, lit(tie, 0.25), 1), (1, dim(tie, 0.5), 1)]))
    pen.ribbon([(-8, 312, 1), (-2, 332, 3), (2, 352, 1)], dim(tie, 1.0), 0.3)


def draw_collar(pen: Pen, c: Character, cloth: Color | None = None) -> None:
    n, color = c.clothes.neck, cloth or c.clothes.under
    shade = mix(dim(color, 0.6), (160, 170, 196), 0.25)
    for side in (-1, 1):
        knots: list[Knot] = [(58 * n, 238, 1), (80 * n, 262), (90 * n, 304), (62, 384, 1), (20, 314, 1), (44 * n, 286)]
        flap = spline([(side * knot[0], *knot[1:]) for knot in knots])
        draw_shadow(pen, flap, _SHADOW, dx=side * 4, dy=15, alpha=0.42)
        stops = [(0.0, lit(color, 0.4), 1.0), (1.0, mix(color, shade, 0.3 if side < 0 else 0.75), 1.0)]
        pen.fill(flap, Linear((side * 30, 250), (side * 90, 370), stops))
        pen.line(flap, Solid(shade, 0.5), 1.2)
        stitch: Ribbon = [(side * 84 * n, 300, 0.8), (side * 62, 373, 1.2), (side * 27, 316, 0.8)]
        pen.ribbon(stitch, shade, 0.4)
