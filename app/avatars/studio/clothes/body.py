"""Neck, shoulders and sleeves: what every outfit stands on. ``FLOOR`` is far below any frame."""

from __future__ import annotations

from app.avatars.studio.canvas import Linear, Solid
from app.avatars.studio.colour import COOL_RIM, WARM_LIGHT, Color, dim, lit, mix
from app.avatars.studio.geometry import Knot, Path, Point, Ribbon, polygon, ribbon, symmetric
from app.avatars.studio.model import Character
from app.avatars.studio.rig import Pen

FLOOR = 1500.0


def shoulder_line(c: Character) -> list[Knot]:
    """The right edge of the body, from the base of the neck down."""
    s, n = c.clothes.shoulders, c.clothes.neck
    return [
        (66 * n, 262), (118 * s, 292), (204 * s, 318), (284 * s, 346), (334 * s, 392), (360 * s, 470),
        (378 * s, 590), (396 * s, 800), (410 * s, FLOOR),
    ]  # fmt: skip


def body_outline(c: Character) -> Path:
    return symmetric([(0, 262), *shoulder_line(c), (0, FLOOR)])


def cloth_fill(color: Color, start: Point = (-330, 330), end: Point = (360, 900)) -> Linear:
    return Linear(start, end, [(0.0, lit(color, 0.22), 1.0), (0.4, color, 1.0), (1.0, dim(color, 0.72), 1.0)])


def draw_neck(pen: Pen, c: Character) -> None:
    skin, n = c.skin, c.clothes.neck
    neck = symmetric(
        [
            (0, 120),
            (60 * n, 120, 1),
            (57 * n, 190),
            (59 * n, 232),
            (70 * n, 266),
            (88 * n, 306),
            (90 * n, 380),
            (0, 440),
        ]
    )
    tone = [
        (0.0, skin.base, 1.0),
        (0.45, mix(skin.base, skin.shade, 0.35), 1.0),
        (1.0, mix(skin.shade, skin.deep, 0.3), 1.0),
    ]
    pen.fill(neck, Linear((-70 * n, 200), (76 * n, 260), tone))
    inside = pen.inside(neck)
    shadow = polygon([(-160, 100), (160, 100), (160, 300), (-160, 300)])
    stops = [(0.0, skin.deep, 0.8), (0.35, skin.deep, 0.55), (0.75, skin.deep, 0.14), (1.0, skin.deep, 0.0)]
    inside.fill(shadow, Linear((8, 198), (-10, 290), stops))
    for side in (-1, 1):
        tendon: Ribbon = [(side * 50 * n, 215, 1), (side * 34 * n, 262, 7), (side * 16, 306, 7), (side * 9, 322, 1)]
        inside.ribbon(tendon, skin.shade, 0.14 if side < 0 else 0.26)
        inside.ribbon([(x - 4, y, w * 0.7) for x, y, w in tendon], skin.light, 0.16)
        collarbone: Ribbon = [(side * 14, 324, 1), (side * 46, 315, 7), (side * 96, 306, 2)]
        inside.ribbon(collarbone, skin.shade, 0.42)
        inside.ribbon([(x, y - 6, w) for x, y, w in collarbone], skin.light, 0.3 if side < 0 else 0.16)
    inside.spot(skin.shade, 0.8, (0, 330), 13, 16)
    inside.spot(skin.light, 0.3, (-44, 356), 50, 30)


def draw_modelling(pen: Pen, c: Character, color: Color) -> None:
    """The round of chest, shoulders and sleeves; ``pen`` draws inside the cloth."""
    s = c.clothes.shoulders
    dark, bright = dim(color, 1.0), lit(color, 0.6)
    pen.spot(bright, 0.30, (-236 * s, 376), 120, 54, 22)
    pen.spot(bright, 0.16, (216 * s, 366), 96, 40, -20)
    pen.spot(bright, 0.16, (-120 * s, 540), 130, 150)
    pen.spot(bright, 0.06, (130 * s, 540), 110, 140)
    pen.spot(dark, 0.30, (0, 720), 150, 220)
    for side in (-1, 1):
        far = 0.75 if side < 0 else 1.15
        pen.spot(dark, 0.5 * far, (side * 286 * s, 640), 46, 190, side * 2)
        pen.spot(dark, 0.36 * far, (side * 408 * s, 640), 62, 260)
        pen.spot(bright, 0.2 / far, (side * 338 * s, 560), 30, 150, side * -4)
        pen.spot(dark, 0.3 * far, (side * 262 * s, 452), 26, 74, side * 16)
    _draw_sleeves(pen, c, color)


def _draw_sleeves(pen: Pen, c: Character, color: Color) -> None:
    s, dark, bright = c.clothes.shoulders, dim(color, 1.0), lit(color, 0.6)
    for side in (-1, 1):
        far = 0.75 if side < 0 else 1.0
        seam: Ribbon = [
            (side * 268 * s, 344, 1),
            (side * 276 * s, 420, 3),
            (side * 272 * s, 520, 3),
            (side * 280 * s, 640, 1),
        ]
        pen.ribbon(seam, dark, 0.34 * far)
        pen.ribbon([(x + 3 * side, y, w * 0.8) for x, y, w in seam], bright, 0.2)
        inner: Ribbon = [(side * 280 * s, 560, 1), (side * 283 * s, 700, 7), (side * 286 * s, FLOOR, 8)]
        pen.ribbon(inner, dark, 0.5 * far)
        for x0, y0, x1, y1, x2, y2, width, alpha in (
            (352, 520, 322, 566, 288, 590, 11, 0.24), (366, 640, 334, 684, 294, 700, 12, 0.24),
            (300, 430, 290, 486, 282, 540, 9, 0.2), (374, 780, 340, 812, 300, 820, 11, 0.2),
        ):  # fmt: skip
            fold: Ribbon = [(side * x0 * s, y0, 1), (side * x1 * s, y1, width), (side * x2 * s, y2, 1)]
            soften(pen, fold, dark, alpha * far)
            soften(pen, [(x, y - 11, w * 0.7) for x, y, w in fold], bright, alpha * 0.5 / far)


def soften(pen: Pen, fold: Ribbon, color: Color, alpha: float) -> None:
    """A fold of cloth: a stroke without hard edges."""
    for widen, share in ((2.4, 0.24), (1.5, 0.34), (0.8, 0.5)):
        pen.ribbon([(x, y, w * widen) for x, y, w in fold], color, alpha * share)


def draw_rim(pen: Pen, outline: Path) -> None:
    cool = [(0.0, COOL_RIM, 0.0), (0.6, COOL_RIM, 0.34), (1.0, COOL_RIM, 0.5)]
    pen.line(outline, Linear((180, 330), (420, 470), cool), 7)
    pen.line(outline, Linear((-400, 400), (-230, 420), [(0, WARM_LIGHT, 0.3), (1, WARM_LIGHT, 0)]), 5)


def draw_shadow(pen: Pen, path: Path, color: Color, *, dx: float, dy: float, alpha: float) -> None:
    """The shadow of a piece of cloth on what is under it."""
    for k in (1.0, 0.72, 0.46, 0.22):
        pen.fill(path.moved(dx * k, dy * k), Solid(color, alpha * 0.34))


def band(points: list[Point], width: float) -> Path:
    """A stroke of even width with blunt ends."""
    return ribbon([(x, y, width) for x, y in points])
