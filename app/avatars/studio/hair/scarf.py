"""A headscarf: around the face, and over the shoulders."""

from __future__ import annotations

from app.avatars.studio.canvas import Linear, Solid
from app.avatars.studio.colour import mix, multiply
from app.avatars.studio.geometry import Knot, Path, Ribbon, both_sides, ribbon, spline, symmetric
from app.avatars.studio.hair.strands import gleam, mass, sheet, tones
from app.avatars.studio.model import Character
from app.avatars.studio.rig import BEHIND, HAIR, Pen

_OUTER: list[Knot] = [
    (0, -248),
    (92, -232),
    (156, -162),
    (183, -40),
    (185, 70),
    (168, 160),
    (140, 236),
    (80, 300),
    (0, 318),
]
_INNER: list[Knot] = [
    (0, -150),
    (70, -138),
    (116, -92),
    (134, -10),
    (130, 70),
    (112, 134),
    (80, 178),
    (40, 203),
    (0, 210),
]


def _opening() -> list[Knot]:
    return [(-knot[0], *knot[1:]) for knot in both_sides(_INNER)]


def front_outline(c: Character) -> Path:  # noqa: ARG001 - every style is asked in the same way
    return spline(both_sides(_OUTER)) + spline(_opening())


def draw_behind(pen: Pen, c: Character) -> None:
    dark = tones(c.hair).dark
    half: list[Knot] = [(0, -200), (120, -150), (150, 0), (150, 140), (146, 240), (0, 306)]
    pen.at(BEHIND).fill(spline(both_sides(half)), Solid(multiply(dark, (0.85, 0.85, 0.85))))


def draw_front(pen: Pen, c: Character) -> None:
    pen = pen.at(HAIR)
    t = tones(c.hair)
    inside = mass(pen, c, front_outline(c), sheet(c.hair, (-170, -230), (180, 260)))
    edge = spline(_opening())
    for width, alpha in ((30, 0.1), (18, 0.14), (9, 0.22)):
        inside.line(edge, Solid(t.dark, alpha), width)
    _draw_folds(inside, c)
    inside.line(edge, Solid(mix(t.light, (255, 255, 255), 0.25), 0.5), 3.0)
    gleam(inside, c, [(-30, -240, 1), (-104, -204, 16), (-152, -120, 20), (-170, -20, 2)], 0.5)
    inside.spot(t.dark, 0.55, (150, 120), 60, 140)
    inside.spot(t.dark, 0.5, (0, 250), 110, 34)


def _draw_folds(pen: Pen, c: Character) -> None:
    t = tones(c.hair)
    folds: list[tuple[Ribbon, bool, float]] = [
        ([(-20, -236, 1), (-96, -196, 9), (-146, -100, 14), (-156, 20, 10), (-146, 130, 2)], True, 0.5),
        ([(10, -226, 1), (-80, -180, 6), (-128, -96, 8), (-140, 10, 6), (-134, 90, 1)], False, 0.3),
        ([(-60, -230, 1), (-130, -170, 5), (-168, -70, 7), (-172, 40, 1)], False, 0.26),
        ([(30, -240, 1), (110, -196, 9), (156, -90, 12), (164, 30, 9), (150, 150, 1)], False, 0.4),
        ([(20, -220, 1), (96, -170, 6), (136, -90, 8), (146, 20, 5), (138, 110, 1)], True, 0.26),
        ([(-160, 90, 1), (-120, 190, 12), (-50, 258, 14), (30, 284, 2)], False, 0.36),
        ([(-170, 60, 1), (-136, 170, 9), (-70, 240, 12), (10, 270, 2)], True, 0.42),
        ([(-178, 20, 1), (-160, 140, 7), (-104, 226, 9), (-30, 282, 1)], False, 0.24),
        ([(168, 80, 1), (130, 190, 12), (60, 262, 14), (-20, 300, 2)], False, 0.45),
        ([(150, 130, 1), (110, 206, 9), (50, 252, 9), (0, 266, 1)], True, 0.2),
    ]
    for knots, bright, alpha in folds:
        for widen, share in ((2.2, 0.22), (1.4, 0.34), (0.8, 0.6)):
            wide = [(x, y, w * widen) for x, y, w in knots]
            pen.ribbon(wide, t.light if bright else t.dark, alpha * share)


def draw_drape(pen: Pen, c: Character) -> None:
    """The part that lies on the shoulders; drawn with the body."""
    t = tones(c.hair)
    half: list[Knot] = [(0, 190), (130, 180), (172, 260), (214, 330), (204, 420), (120, 500), (0, 540)]
    drape = symmetric(half)
    for dx, dy, alpha in ((5, 22, 0.12), (4, 15, 0.16), (3, 9, 0.2)):
        pen.fill(drape.moved(dx, dy), Solid(multiply(c.clothes.cloth, (0.3, 0.3, 0.4)), alpha))
    stops = [(0.0, mix(t.base, t.light, 0.5), 1.0), (0.45, t.base, 1.0), (1.0, t.dark, 1.0)]
    pen.fill(drape, Linear((-200, 240), (220, 520), stops))
    inside = pen.inside(drape)
    for grow, alpha in ((34, 0.16), (22, 0.2), (10, 0.3)):
        shadow = [
            (-190, 150),
            (190, 150),
            (170, 262 + grow),
            (80, 316 + grow),
            (0, 326 + grow),
            (-90, 308 + grow),
            (-170, 250 + grow),
        ]
        inside.fill(spline(shadow), Solid(t.dark, alpha))
    folds: list[tuple[Ribbon, bool, float]] = [
        ([(-180, 290, 1), (-90, 380, 14), (20, 430, 16), (120, 430, 1)], True, 0.4),
        ([(-196, 330, 1), (-100, 430, 12), (10, 480, 14), (100, 480, 1)], False, 0.45),
        ([(-150, 260, 1), (-70, 350, 10), (40, 392, 10), (130, 380, 1)], False, 0.3),
        ([(180, 290, 1), (110, 360, 14), (20, 400, 14), (-60, 410, 1)], False, 0.5),
        ([(196, 340, 1), (130, 420, 12), (60, 460, 10), (0, 470, 1)], True, 0.22),
        ([(-120, 470, 1), (-40, 510, 10), (50, 512, 1)], True, 0.25),
    ]
    for knots, bright, alpha in folds:
        for widen, share in ((2.2, 0.22), (1.4, 0.34), (0.8, 0.6)):
            stroke = ribbon([(x, y, w * widen) for x, y, w in knots])
            inside.fill(stroke, Solid(t.light if bright else t.dark, alpha * share))
