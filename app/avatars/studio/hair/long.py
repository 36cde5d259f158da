# The stubs of the libraries drawn with are loose.
# pyright: reportAssignmentType=false
"""Long hair: parted to one side and straight, or in loose waves."""

from __future__ import annotations

import math

from app.avatars.studio.canvas import Linear
from app.avatars.studio.colour import mix, multiply
from app.avatars.studio.geometry import Knot, Path, Point, Ribbon, both_sides, spline
from app.avatars.studio.hair.strands import Guide, gleam, groom, mass, mirrored, parting, sheet, tones, wisps
from app.avatars.studio.model import Character, HairStyle
from app.avatars.studio.rig import Pen

_RIGHT: list[Knot] = [
    (70, -268), (152, -220), (192, -116), (200, 6), (194, 100), (206, 190), (204, 270), (218, 350), (216, 420),
    (224, 486), (196, 500), (156, 476), (132, 404), (138, 318), (129, 240), (144, 160), (141, 80), (151, 6),
    (146, -60), (112, -108), (50, -142), (-28, -166, 1),
]  # fmt: skip
_LEFT: list[Knot] = [
    (-62, -140), (-114, -94), (-146, -30), (-151, 50), (-140, 130), (-149, 220), (-131, 310), (-136, 400),
    (-158, 474), (-198, 498), (-226, 482), (-214, 420), (-222, 350), (-205, 270), (-210, 190), (-195, 100),
    (-203, 0), (-192, -120), (-142, -226), (-40, -266),
]  # fmt: skip


def _wave(knot: Knot, c: Character) -> Knot:
    """Waves push the lengths sideways, more towards the tips."""
    if c.hair_style is not HairStyle.WAVES:
        return knot
    x, y = knot[0], knot[1]
    depth = min(max((y + 40.0) / 300.0, 0.0), 1.0)
    side = 1.0 if x > 0 else -1.0
    outer = min(max((abs(x) - 130.0) / 60.0, 0.0), 1.0)
    shift = 15.0 * depth * math.sin(0.0262 * y + 0.5) + 16.0 * depth * outer
    return (x + side * shift, y, *knot[2:])


def front_outline(c: Character) -> Path:
    return spline([_wave(knot, c) for knot in (*_RIGHT, *_LEFT)])


def draw_back(pen: Pen, c: Character) -> None:
    half: list[Knot] = [
        (0, -250), (118, -236), (178, -165), (194, -40), (186, 60), (198, 150), (190, 240), (204, 320),
        (196, 400), (140, 446), (70, 426), (0, 404),
    ]  # fmt: skip
    t = tones(c.hair)
    stops = [(0.0, mix(t.base, t.dark, 0.5), 1.0), (0.5, t.dark, 1.0), (1.0, multiply(t.dark, (0.7, 0.7, 0.75)), 1.0)]
    outline = spline(both_sides(half))
    pen.fill(outline, Linear((-200, -100), (200, 300), stops))
    guides: list[Guide] = [
        [(60, -60), (74, 120), (92, 260), (84, 430)],
        [(180, -60), (190, 120), (200, 260), (190, 430)],
    ]
    inside = pen.inside(outline)
    for side, lines in (("r", guides), ("l", mirrored(guides))):
        groom(inside, c, lines, f"{c.id} back {side}", density=0.7)


def _lengths(c: Character) -> list[Guide]:
    """From the parting over the temple and down, on the right side."""
    lines: list[list[Point]] = [
        [(-24, -172), (52, -154), (122, -104), (150, 0), (146, 96), (146, 186), (138, 270), (142, 350), (160, 480)],
        [(-22, -188), (66, -184), (142, -132), (172, 0), (168, 96), (172, 186), (166, 270), (176, 350), (186, 490)],
        [(-20, -206), (80, -218), (160, -158), (192, 0), (188, 96), (198, 186), (196, 270), (212, 350), (222, 482)],
    ]
    return [[(k[0], k[1]) for k in (_wave(point, c) for point in line)] for line in lines]


def _lengths_left(c: Character) -> list[Guide]:
    lines: list[list[Point]] = [
        [
            (-32, -172),
            (-76, -138),
            (-124, -88),
            (-151, 0),
            (-144, 96),
            (-150, 190),
            (-138, 280),
            (-142, 356),
            (-164, 478),
        ],
        [
            (-34, -186),
            (-92, -164),
            (-146, -110),
            (-172, 0),
            (-166, 96),
            (-176, 190),
            (-168, 280),
            (-178, 356),
            (-196, 490),
        ],
        [
            (-36, -206),
            (-108, -188),
            (-166, -134),
            (-194, 0),
            (-188, 96),
            (-202, 190),
            (-196, 280),
            (-214, 356),
            (-222, 480),
        ],
    ]
    return [[(k[0], k[1]) for k in (_wave(point, c) for point in line)] for line in lines]


def draw_front(pen: Pen, c: Character) -> None:
    inside = mass(pen, c, front_outline(c), sheet(c.hair, (-210, -230), (240, 420)))
    groom(inside, c, _lengths(c), f"{c.id} right", density=1.7, loose=4.0)
    groom(inside, c, _lengths_left(c), f"{c.id} left", density=1.7, loose=4.0)
    dark = tones(c.hair).dark
    for side in (-1, 1):
        inside.spot(dark, 0.55, (side * 150, 60), 22, 120)
        inside.spot(dark, 0.4, (side * 140, 260), 26, 90)
        inside.spot(dark, 0.4 if side > 0 else 0.2, (side * 200, 420), 40, 90)
    gleam(inside, c, [(20, -226, 1), (84, -216, 16), (138, -172, 22), (166, -104, 4)], 0.4)
    gleam(inside, c, [(-66, -212, 1), (-124, -178, 20), (-164, -106, 24), (-178, -24, 3)], 0.7)
    for y, x in ((150, -186), (330, -192), (180, 182)):
        strong = 0.55 if x < 0 else 0.28
        k = _wave((x, y), c)
        gleam(inside, c, [(k[0], y - 64, 1), (k[0] - 4, y, 16), (k[0] + 2, y + 62, 1)], strong)
    parting(inside, c, [(-28, -166, 3), (-38, -220, 4), (-26, -266, 1)])
    _draw_wisps(pen, c)


def _draw_wisps(pen: Pen, c: Character) -> None:
    strokes: list[Ribbon] = [
        [(190, -120, 0.6), (207, -30, 1.5), (209, 60, 0.4)],
        [(-190, -110, 0.6), (-209, -20, 1.5), (-208, 70, 0.4)],
        [(206, 250, 0.6), (226, 330, 1.6), (228, 420, 0.4)],
        [(-206, 240, 0.6), (-228, 320, 1.6), (-226, 410, 0.4)],
        [(60, -264, 0.6), (110, -262, 1.4), (150, -236, 0.4)],
        [(-60, -262, 0.6), (-110, -256, 1.4), (-146, -230, 0.4)],
        [(148, 20, 0.5), (137, 90, 1.5), (142, 150, 0.4)],
        [(-150, 20, 0.5), (-139, 84, 1.5), (-143, 140, 0.4)],
    ]
    waved: list[Ribbon] = [[(*_wave((x, y), c)[:2], w) for x, y, w in stroke] for stroke in strokes]
    wisps(pen, c, waved)
