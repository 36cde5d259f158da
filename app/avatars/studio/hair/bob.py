"""A chin-length bob, and hair gathered in a bun."""

from __future__ import annotations

from app.avatars.studio.canvas import Linear, Radial
from app.avatars.studio.colour import mix, multiply
from app.avatars.studio.geometry import Knot, Path, Ribbon, both_sides, ellipse, spline
from app.avatars.studio.hair.strands import Guide, gleam, groom, mass, parting, sheet, tones, wisps
from app.avatars.studio.model import Character
from app.avatars.studio.rig import Pen

_FRONT: list[Knot] = [
    (20, -262), (110, -242), (172, -172), (194, -50), (204, 70), (194, 156), (160, 206), (118, 212), (104, 196),
    (126, 150), (148, 80), (151, 10), (142, -54), (108, -104), (52, -168, 1), (24, -128), (-40, -84),
    (-112, -58), (-146, -6), (-148, 80), (-126, 150), (-104, 196), (-118, 212), (-160, 206), (-196, 154),
    (-205, 70), (-196, -50), (-170, -172), (-92, -244),
]  # fmt: skip


def front_outline(c: Character) -> Path:  # noqa: ARG001 - every style is asked in the same way
    return spline(_FRONT)


def draw_back(pen: Pen, c: Character) -> None:
    half: list[Knot] = [
        (0, -240),
        (112, -226),
        (168, -150),
        (182, -20),
        (188, 80),
        (176, 160),
        (142, 198),
        (60, 194),
        (0, 192),
    ]
    t = tones(c.hair)
    stops = [(0.0, mix(t.base, t.dark, 0.5), 1.0), (0.5, t.dark, 1.0), (1.0, multiply(t.dark, (0.7, 0.7, 0.75)), 1.0)]
    pen.fill(spline(both_sides(half)), Linear((-200, -100), (200, 300), stops))


def draw_front(pen: Pen, c: Character) -> None:
    inside = mass(pen, c, spline(_FRONT))
    left: list[Guide] = [
        [(50, -174), (-8, -112), (-92, -72), (-149, 0), (-154, 80), (-122, 150), (-104, 204)],
        [(46, -192), (-36, -150), (-118, -108), (-172, 0), (-180, 80), (-156, 160), (-128, 212)],
        [(42, -214), (-64, -190), (-142, -140), (-192, -10), (-200, 80), (-190, 150), (-158, 208)],
    ]
    right: list[Guide] = [
        [(56, -172), (104, -116), (146, -30), (152, 20), (148, 90), (128, 150), (106, 204)],
        [(60, -188), (118, -148), (164, -50), (178, 20), (178, 90), (160, 160), (130, 212)],
        [(62, -206), (126, -172), (180, -60), (196, 20), (202, 80), (190, 156), (158, 206)],
    ]
    groom(inside, c, left, f"{c.id} left", density=1.5)
    groom(inside, c, right, f"{c.id} right", density=1.4)
    dark = tones(c.hair).dark
    inside.spot(dark, 0.5, (150, 60), 20, 110)
    inside.spot(dark, 0.4, (-150, 60), 16, 110)
    inside.spot(dark, 0.5, (150, 196), 60, 34)
    gleam(inside, c, [(24, -226, 1), (-70, -206, 16), (-142, -132, 24), (-178, -50, 3)], 0.8)
    gleam(inside, c, [(80, -214, 1), (140, -160, 14), (172, -80, 2)], 0.4)
    gleam(inside, c, [(-196, 60, 1), (-192, 110, 14), (-172, 166, 1)], 0.7)
    parting(inside, c, [(53, -168, 3), (60, -216, 4), (50, -260, 1)], 0.5)
    strokes: list[Ribbon] = [
        [(-196, 20, 0.5), (-212, 90, 1.5), (-198, 168, 0.4)],
        [(196, 20, 0.5), (211, 90, 1.5), (198, 168, 0.4)],
        [(-104, 190, 0.5), (-92, 206, 1.3), (-96, 222, 0.4)],
    ]
    wisps(pen, c, strokes)


_UP: list[Knot] = [
    (-152, 6, 1), (-163, -70), (-158, -140), (-132, -212), (-70, -252), (0, -262), (70, -252), (132, -212),
    (158, -140), (163, -70), (152, 6, 1), (143, -28), (136, -84), (96, -132), (30, -158), (-34, -154),
    (-98, -128), (-136, -84), (-143, -28),
]  # fmt: skip


def bun_outline(c: Character) -> Path:  # noqa: ARG001 - every style is asked in the same way
    return spline(_UP)


def draw_bun_behind(pen: Pen, c: Character) -> None:
    t = tones(c.hair)
    stops = [(0.0, mix(t.base, t.light, 0.7), 1.0), (0.5, t.base, 1.0), (1.0, t.dark, 1.0)]
    knot = ellipse(6, -278, 78, 62)
    pen.fill(knot, Radial((-18, -300), 110, stops))
    inside = pen.inside(knot)
    coil: list[Guide] = [
        [(-66, -262), (-40, -318), (20, -332), (70, -300), (76, -258)],
        [(-40, -246), (-24, -284), (16, -294), (44, -274), (46, -240)],
        [(-66, -240), (-10, -232), (40, -240), (78, -262), (84, -290)],
    ]
    groom(inside, c, coil, f"{c.id} bun", density=1.3)
    gleam(inside, c, [(-50, -286, 1), (-20, -314, 12), (26, -320, 1)], 0.6)


def draw_bun_front(pen: Pen, c: Character) -> None:
    inside = mass(pen, c, spline(_UP), sheet(c.hair, (-140, -250), (150, -20)))
    swept: list[Guide] = [
        [(-148, -20), (-156, -90), (-128, -170), (-60, -226), (-4, -254)],
        [(-126, -90), (-112, -140), (-76, -186), (-36, -222), (0, -254)],
        [(-34, -152), (-28, -182), (-18, -210), (-6, -236), (2, -256)],
        [(34, -156), (30, -184), (22, -210), (12, -236), (4, -256)],
        [(126, -90), (112, -140), (80, -186), (42, -222), (8, -254)],
        [(148, -20), (156, -90), (130, -170), (64, -226), (12, -254)],
    ]
    groom(inside, c, swept, f"{c.id} up", density=3.0, loose=2.0)
    gleam(inside, c, [(-136, -130, 1), (-96, -188, 20), (-40, -216, 22), (10, -224, 2)], 0.7)
    strokes: list[Ribbon] = [
        [(-146, -30, 0.6), (-157, 20, 2.2), (-148, 74, 0.4)],
        [(-144, -20, 0.5), (-150, 34, 1.4), (-160, 84, 0.3)],
        [(146, -30, 0.6), (156, 18, 2.0), (150, 66, 0.4)],
        [(-110, -232, 0.5), (-128, -238, 1.2), (-140, -226, 0.3)],
        [(100, -240, 0.5), (122, -244, 1.2), (136, -230, 0.3)],
    ]
    wisps(pen, c, strokes, 0.7)
