"""Blazer over a blouse, and suit with shirt and tie."""

from __future__ import annotations

from app.avatars.studio.canvas import Linear, Radial, Solid
from app.avatars.studio.clothes.body import (
    FLOOR,
    cloth_fill,
    draw_modelling,
    draw_neck,
    draw_rim,
    draw_shadow,
    shoulder_line,
    soften,
)
from app.avatars.studio.clothes.shirt import draw_collar, draw_tie
from app.avatars.studio.colour import Color, dim, lit, mix
from app.avatars.studio.geometry import Knot, Path, Ribbon, ellipse, polygon, spline, symmetric
from app.avatars.studio.model import Character
from app.avatars.studio.rig import Pen

_SUIT_MEETS, _BLAZER_MEETS = 700, 675


def draw_blazer(pen: Pen, c: Character) -> None:
    _draw_stand(pen, c)
    draw_neck(pen, c)
    _draw_blouse(pen, c)
    for side in (-1, 1):
        _draw_panel(pen, c, side, _BLAZER_MEETS)
    _draw_buttons(pen, c.clothes.cloth, _BLAZER_MEETS)


def draw_suit(pen: Pen, c: Character) -> None:
    _draw_stand(pen, c)
    draw_neck(pen, c)
    _draw_shirt_front(pen, c)
    draw_tie(pen, c)
    for side in (-1, 1):
        _draw_panel(pen, c, side, _SUIT_MEETS)
    _draw_buttons(pen, c.clothes.cloth, _SUIT_MEETS)
    draw_collar(pen, c)


def _draw_stand(pen: Pen, c: Character) -> None:
    n = c.clothes.neck
    stand = symmetric([(0, 236), (54 * n, 240), (68 * n, 260), (96 * n, 300), (0, 330)])
    pen.fill(stand, Solid(dim(c.clothes.cloth, 0.85)))


def _shirt_fill(under: Color) -> Linear:
    stops = [(0.0, lit(under, 0.3), 1.0), (0.5, under, 1.0), (1.0, mix(under, (150, 160, 184), 0.55), 1.0)]
    return Linear((-110, 300), (130, 520), stops)


def _draw_shirt_front(pen: Pen, c: Character) -> None:
    n, under = c.clothes.neck, c.clothes.under
    low = _SUIT_MEETS + 90
    knots: list[Knot] = [
        (-92 * n, 276, 1), (-52, 330), (0, 340), (52, 330), (92 * n, 276, 1), (120, 420), (30, low, 1),
        (-30, low, 1), (-120, 420),
    ]  # fmt: skip
    pen.fill(spline(knots), _shirt_fill(under))
    shade = mix(under, (120, 132, 166), 0.6)
    for fold in ([(-70, 400, 1), (-50, 470, 8), (-34, 560, 1)], [(72, 410, 1), (54, 480, 9), (38, 580, 1)]):
        soften(pen, [(float(x), float(y), float(w)) for x, y, w in fold], shade, 0.4)


def _draw_blouse(pen: Pen, c: Character) -> None:
    n, under, skin = c.clothes.neck, c.clothes.under, c.skin
    edge: list[tuple[float, float]] = [(-98 * n, 282), (-66, 366), (0, 432), (66, 366), (98 * n, 282)]
    sharp = [(x, y, float(i in (0, 2, 4))) for i, (x, y) in enumerate(edge)]
    blouse = spline([*sharp, (150, 440), (40, 820, 1), (-40, 820, 1), (-150, 440)])
    draw_shadow(pen, blouse, skin.deep, dx=1, dy=-9, alpha=0.34)
    pen.fill(blouse, _shirt_fill(under))
    shade = dim(under, 0.42)
    folds: list[Ribbon] = [
        [(-34, 410, 1), (-16, 500, 9), (-10, 640, 1)], [(38, 424, 1), (28, 520, 10), (16, 660, 1)],
        [(4, 446, 1), (7, 560, 6), (4, 680, 1)], [(-84, 350, 1), (-66, 420, 8), (-50, 500, 1)],
    ]  # fmt: skip
    for fold in folds:
        soften(pen, fold, shade, 0.42)
    hem = [(x, y, w) for (x, y), w in zip(edge, (3, 5, 4, 5, 3), strict=True)]
    pen.ribbon([(x, y + 5, w * 0.7) for x, y, w in hem], shade, 0.3)
    pen.ribbon(hem, lit(under, 0.6), 0.85)


def _panel(c: Character, side: int, meet: int) -> Path:
    n = c.clothes.neck
    half: list[Knot] = [
        (70 * n, 264, 1), *shoulder_line(c)[1:-1], (410 * c.clothes.shoulders, FLOOR, 1), (-60, FLOOR, 1),
        (-26, meet + 90), (4, meet, 1), (70, 520), (104, 380),
    ]  # fmt: skip
    return spline([(side * knot[0], *knot[1:]) for knot in half])


def _lapel(c: Character, side: int, meet: int) -> Path:
    n = c.clothes.neck
    knots: list[Knot] = [
        (68 * n, 262, 1), (112 * n, 290), (150, 340), (178, 396, 1), (134, 408, 1), (198, 446, 1), (124, 590),
        (6, meet + 4, 1), (66, 520), (100, 380),
    ]  # fmt: skip
    return spline([(side * knot[0], *knot[1:]) for knot in knots])


def _draw_panel(pen: Pen, c: Character, side: int, meet: int) -> None:
    color, panel, lapel = c.clothes.cloth, _panel(c, side, meet), _lapel(c, side, meet)
    dark = dim(color, 1.0)
    draw_shadow(pen, panel, dim(c.clothes.under, 1.0), dx=side * -9, dy=4, alpha=0.3)
    pen.fill(panel, cloth_fill(color))
    inside = pen.inside(panel)
    draw_modelling(inside, c, color)
    folds: list[Ribbon] = [
        [(60, 760, 1), (130, 720, 13), (220, 650, 1)], [(40, 860, 1), (120, 850, 12), (210, 800, 1)],
        [(30, 720, 1), (90, 690, 9), (150, 640, 1)],
    ]  # fmt: skip
    for fold in folds:
        soften(inside, [(side * x, y, w) for x, y, w in fold], dark, 0.26)
    if side > 0:
        _draw_pocket(inside, c)
    draw_shadow(inside, lapel, dark, dx=side * 13, dy=15, alpha=0.56)
    lit_by = 0.24 if side < 0 else 0.1
    stops = [(0.0, lit(color, lit_by), 1.0), (1.0, mix(color, dark, 0.12 if side < 0 else 0.42), 1.0)]
    inside.fill(lapel, Linear((side * 40, 300), (side * 190, 560), stops))
    roll = inside.inside(lapel)
    roll.spot(lit(color, 0.7), 0.26 if side < 0 else 0.1, (side * 96, 470), 22, 130, side * 24)
    roll.spot(dark, 0.4, (side * 74, 300), 40, 50)
    inside.line(lapel, Solid(lit(color, 0.5), 0.32 if side < 0 else 0.16), 2.0)
    seam = polygon([(side * 180, 396), (side * 133, 408), (side * 98, 352)], closed=False)
    inside.line(seam, Solid(dark, 0.8), 2.4)
    draw_rim(inside, panel)


def _draw_pocket(pen: Pen, c: Character) -> None:
    color, dark = c.clothes.cloth, dim(c.clothes.cloth, 1.0)
    welt = polygon([(150, 560), (236, 548), (238, 566), (152, 578)])
    draw_shadow(pen, welt, dark, dx=2, dy=7, alpha=0.6)
    if c.clothes.outfit == "suit":
        square = polygon([(162, 560), (182, 528), (198, 546), (212, 524), (228, 550)])
        pen.fill(square, Linear((160, 520), (230, 560), [(0, (255, 255, 255), 1), (1, (206, 214, 228), 1)]))
    pen.fill(welt, Linear((150, 550), (238, 578), [(0, lit(color, 0.2), 1), (1, mix(color, dark, 0.2), 1)]))


def _draw_buttons(pen: Pen, color: Color, meet: int) -> None:
    dark = dim(color, 1.0)
    soften(pen, [(4, meet + 4, 2), (0, meet + 160, 6), (-10, FLOOR, 8)], dark, 0.6)
    for y in (meet + 66, meet + 190):
        pen.spot(dark, 0.7, (8, y + 5), 19, 19)
        stops = [(0.0, lit(color, 0.4), 1.0), (0.7, dim(color, 0.3), 1.0), (1.0, dim(color, 0.85), 1.0)]
        pen.fill(ellipse(5, y, 11), Radial((1, y - 4), 15, stops))
        for dx, dy in ((-2.5, -2.5), (2.5, -2.5), (-2.5, 2.5), (2.5, 2.5)):
            pen.fill(ellipse(5 + dx, y + dy, 1.5), Solid(dark, 0.8))
