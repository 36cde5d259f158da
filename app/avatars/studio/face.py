# The stubs of the libraries drawn with are loose.
# pyright: reportArgumentType=false
"""The head without hair: skull, ears, nose, and the light and shade on the skin. Drawn once."""

from __future__ import annotations

import random

from app.avatars.studio.beard import draw_beard
from app.avatars.studio.canvas import Linear, Solid
from app.avatars.studio.colour import COOL_RIM, WHITE, mix
from app.avatars.studio.geometry import Path, polygon, ribbon, spline, symmetric
from app.avatars.studio.model import Character, HairStyle
from app.avatars.studio.rig import EAR, NOSE, SKIN, Depth, Pen

EYE_X, EYE_Y = 63.0, 12.0
MOUTH_Y = 131.0

_OPEN_EARS = frozenset((HairStyle.SHORT, HairStyle.SIDE, HairStyle.SHAVED, HairStyle.CURLY, HairStyle.BUN))
_WHOLE = polygon([(-240, -300), (240, -300), (240, 320), (-240, 320)])


def shows_ears(c: Character) -> bool:
    return c.hair_style in _OPEN_EARS


def face_outline(c: Character) -> Path:
    """Skull, cheeks, jaw and chin."""
    f = c.face
    w, low = 150 * f.width, 12 if c.hair_style is HairStyle.SHAVED else 0
    return symmetric(
        [
            (0, -222 + 1.3 * low),
            ((78 - low * 0.4) * f.width, -204 + 1.3 * low),
            (w - 20 + f.temple * 0.6, -142 + low),
            (w - 2 + f.temple, -50 + low),
            (w - 3 + f.cheek * 3, 34),
            (w - 17 + f.jaw * 9 + f.cheek * 6 + f.age * 2, 100),
            (w - 54 + f.jaw * 24 + f.cheek * 7 + f.age * 4, 158 + f.jaw * 5 + f.chin * 0.6),
            (50 + f.jaw * 15 + f.cheek * 2, 198 + f.jaw * 4 + f.chin),
            (19 + f.jaw * 7, 207.5 + f.jaw * 5 + f.chin),
            (0, 208 + f.jaw * 5 + f.chin),
        ]
    )


def draw_face(pen: Pen, c: Character, fringe: Path | None) -> None:
    """``fringe`` is the outline of the hair, whose shadow falls on the forehead."""
    if shows_ears(c):
        for side in (-1, 1):
            _draw_ear(pen.at(EAR), c, side)
    outline = face_outline(c)
    skin = c.skin
    base = [(0.0, skin.light, 1.0), (0.45, skin.base, 1.0), (1.0, mix(skin.base, skin.shade, 0.75), 1.0)]
    pen.fill(outline, Linear((-120, -150), (130, 190), base))
    inside = pen.inside(outline)
    _draw_form(inside, c)
    _draw_relief(inside, c)
    if fringe is not None:
        for step in range(7):
            inside.fill(fringe.moved(1 + step * 0.9, 5 + step * 3.6), Solid(skin.deep, 0.105 - 0.009 * step))
    draw_beard(inside, c)
    _draw_edge(inside, c, outline)
    _draw_freckles(inside, c)
    _draw_nose(pen, c)
    _draw_age(pen, c)


def _draw_ear(pen: Pen, c: Character, side: int) -> None:
    skin, k = c.skin, c.face.ears
    x = side * (150 * c.face.width - 2)
    tone = skin.base if side < 0 else mix(skin.base, skin.shade, 0.7)

    def at(dx: float, y: float) -> tuple[float, float]:
        return x + side * dx * k, 18 + (y - 18) * k

    ear = spline([at(-6, -18), at(14, -30), at(27, -12), at(25, 22), at(15, 52), at(2, 66), at(-10, 50)])
    stops = [(0.0, mix(tone, skin.light, 0.4), 1.0), (1.0, mix(tone, skin.shade, 0.6), 1.0)]
    pen.fill(ear, Linear((x - 20, -30), (x + 20, 60), stops))
    bowl = spline([at(0, -8), at(13, -14), at(17, 8), at(8, 36), at(-2, 30)])
    pen.fill(bowl, Solid(skin.shade, 0.55))
    rim = [(*at(2, -14), 2.0), (*at(14, -21), 4.0), (*at(20, -6), 4.5), (*at(18, 22), 4.0), (*at(9, 46), 2.0)]
    pen.ribbon(rim, mix(skin.shade, skin.deep, 0.2), 0.5)
    pen.ribbon([(px - side * 2.5, py - 1, w * 0.7) for px, py, w in rim], skin.light, 0.5 if side < 0 else 0.2)
    pen.ribbon([(*at(4, 4), 1.5), (*at(10, 10), 4.0), (*at(6, 26), 1.5)], skin.deep, 0.35)


def _draw_form(pen: Pen, c: Character) -> None:
    """The big turns of the head away from the key light."""
    skin = c.skin
    pen.fill(
        _WHOLE, Linear((18, -30), (158, 40), [(0, skin.shade, 0), (0.55, skin.shade, 0.22), (1, skin.shade, 0.85)])
    )
    pen.fill(_WHOLE, Linear((0, 150), (12, 226), [(0, skin.shade, 0), (0.6, skin.shade, 0.16), (1, skin.shade, 0.5)]))
    pen.fill(_WHOLE, Linear((-152, 0), (-114, 0), [(0, skin.shade, 0.4), (1, skin.shade, 0)]))
    pen.fill(_WHOLE, Linear((0, -224), (0, -120), [(0, skin.shade, 0.35), (1, skin.shade, 0)]))
    hollow = 0.30 - 0.16 * c.face.cheek + 0.16 * c.face.jaw
    for side in (-1, 1):
        pen.spot(skin.shade, hollow * (0.8 if side < 0 else 1.0), (side * 112, 104), 30, 62, side * 24)
        pen.spot(skin.shade, 0.25, (side * 130, -60), 34, 70)


def _draw_relief(pen: Pen, c: Character) -> None:
    """Forehead, cheeks, sockets, chin."""
    skin = c.skin
    rosy = 1.0 if c.gender == "female" else 0.5
    pen.spot(skin.light, 0.75, (-40, -104), 92, 62)
    pen.spot(skin.light, 0.74, (-88, 50), 48, 32, -14)
    pen.spot(skin.light, 0.38, (76, 50), 36, 26, 14)
    pen.spot(skin.blush, 0.3 * rosy, (-92, 78), 58, 40, -12)
    pen.spot(skin.blush, 0.27 * rosy, (92, 78), 52, 40, 12)
    pen.spot(skin.light, 0.5, (-8, 186 + c.face.chin * 0.8), 30, 19)
    pen.spot(skin.shade, 0.62, (0, 163 + c.face.chin * 0.3), 38, 12)
    pen.spot(skin.light, 0.28, (0, 108), 13, 9)
    for side in (-1, 1):
        far = 1.0 if side < 0 else 1.12
        x = side * (EYE_X + c.eyes.apart)
        pen.spot(skin.shade, 0.55 * far, (x, EYE_Y - 15), 60, 36)
        pen.spot(skin.shade, 0.46 * far, (side * 25, EYE_Y - 6), 20, 44)
        pen.spot(skin.light, 0.5 / far, (x + side * 8, EYE_Y - 44), 44, 14)
        pen.spot(skin.shade, 0.3 * far, (x - side * 4, EYE_Y + 24), 40, 12)
        pen.spot(skin.light, 0.42, (x + side * 2, EYE_Y + 35), 36, 13)
        pen.spot(skin.shade, 0.26 * far, (side * 60, 112), 12, 34, side * -22)
        pen.spot(skin.deep, 0.2, (side * 54, MOUTH_Y - 2), 11, 13)
    pen.spot(skin.shade, 0.3, (0, MOUTH_Y - 14), 34, 12)


def _draw_edge(pen: Pen, c: Character, outline: Path) -> None:
    if shows_ears(c):
        rim = Linear((96, 0), (152, 10), [(0, (255, 244, 230), 0), (1, COOL_RIM, 0.6)])
        pen.line(outline, rim, 7)


def _draw_freckles(pen: Pen, c: Character) -> None:
    if not c.face.freckles:
        return
    rng = random.Random(f"freckles {c.id}")
    dots = [
        [(x - r, y, r * 0.8), (x, y, r * 2.0), (x + r, y, r * 0.8)]
        for _ in range(round(84 * c.face.freckles))
        for x, y, r in ((rng.gauss(0, 62), rng.gauss(60, 17), rng.uniform(0.7, 1.7)),)
        if abs(x) < 122
    ]
    pen.ribbons(dots, mix(c.skin.shade, (150, 84, 48), 0.45), 0.4, together=40)


def _draw_nose(pen: Pen, c: Character) -> None:
    skin, n, drop = c.skin, c.nose.width, c.nose.length
    side_plane = spline(
        [
            (13, -22), (11 * c.nose.bridge + 1, 18), (15 * n, 46), (28 * n, 72 + drop), (22 * n, 87 + drop),
            (4, 89 + drop), (9, 64 + drop), (8, 30), (6, 0),
        ]
    )  # fmt: skip
    shade = [(0.0, skin.shade, 0.05), (0.5, skin.shade, 0.3 + 0.26 * c.nose.bridge), (1.0, skin.shade, 0.12)]
    pen.at(Depth(26.0)).fill(side_plane, Linear((2, 0), (30, 20), shade))
    pen.at(NOSE).spot(skin.shade, 0.55, (21 * n, 70 + drop), 17, 17)
    pen.at(NOSE).spot(skin.shade, 0.4, (-24 * n, 72 + drop), 12, 14)
    _draw_nose_base(pen, c)
    ridge = [(-2.0, -16.0, 2.0), (-4.0, 20.0, 6.0), (-5.0, 48.0, 8.0), (-4.0, 62.0 + drop, 5.0)]
    light = [(0.0, skin.light, 0.0), (0.5, skin.light, 0.55 * c.nose.bridge), (1.0, skin.light, 0.2)]
    pen.at(Depth(30.0)).fill(ribbon(ridge), Linear((0, -14), (0, 66), light))
    tip = c.nose.tip
    pen.at(Depth(34.0)).spot(skin.light, 0.5, (-3 * n, 68 + drop), 19 * n * tip, 17)
    pen.at(Depth(34.0)).spot(mix(skin.light, WHITE, 0.55), 0.75, (-6 * n, 67 + drop), 11 * n * tip, 9)
    warm = mix(skin.blush, skin.base, 0.3)
    pen.at(Depth(34.0)).spot(warm, 0.22, (1, 78 + drop), 24 * n, 16)


def _draw_nose_base(pen: Pen, c: Character) -> None:
    skin, n, drop, tip = c.skin, c.nose.width, c.nose.length, c.nose.tip
    under = spline(
        [
            (-27 * n, 80 + drop), (-17 * n, 92 + drop), (-6, 91 + drop), (0, 96 + drop), (6, 91 + drop),
            (17 * n, 92 + drop), (27 * n, 80 + drop), (14 * n * tip, 84 + drop), (0, 87.5 + drop),
            (-14 * n * tip, 84 + drop),
        ]
    )  # fmt: skip
    pen.at(Depth(22.0)).fill(under, Solid(mix(skin.shade, skin.deep, 0.35), 0.66))
    pen.at(Depth(18.0)).spot(skin.shade, 0.55, (3, 103 + drop), 28, 12)
    for side in (-1, 1):
        nostril = [
            (side * 6.5, 90 + drop, 1.5), (side * 12.5 * n, 87.3 + drop, 5.6), (side * 18 * n, 88.5 + drop, 1.5),
        ]  # fmt: skip
        pen.at(NOSE).ribbon(nostril, skin.deep, 0.82)
        wing = [
            (side * 22 * n, 63 + drop, 0.8), (side * 28.5 * n, 73 + drop, 3.0),
            (side * 27 * n, 85 + drop, 2.8), (side * 21 * n, 90 + drop, 1.0),
        ]  # fmt: skip
        pen.at(Depth(20.0)).ribbon(wing, skin.shade, 0.5 if side < 0 else 0.9)
        pen.at(NOSE).spot(skin.light, 0.4 if side < 0 else 0.16, (side * 21 * n, 74 + drop), 7, 8)


def _draw_age(pen: Pen, c: Character) -> None:
    """Smile lines on everyone, deeper with age; crow's feet and bags later in life."""
    skin, a = c.skin, c.face.age
    pen = pen.at(SKIN)
    for side in (-1, 1):
        fold: list[tuple[float, float, float]] = [
            (side * 35, 84, 0.5), (side * 51, 98, 3.4), (side * 60, 114, 2.6), (side * 63, 127, 0.5),
        ]  # fmt: skip
        for widen, share in ((2.6, 0.3), (1.0, 0.7)):
            pen.ribbon([(x, y, w * widen) for x, y, w in fold], skin.shade, (0.16 + 0.6 * a) * share)
        if a <= 0:
            continue
        lines: list[list[tuple[float, float, float]]] = [
            [(side * 106, 3, 0.5), (side * 117, -1, 2.0), (side * 125, -7, 0.5)],
            [(side * 106, 14, 0.5), (side * 118, 16, 2.0), (side * 126, 20, 0.5)],
            [(side * 38, 38, 0.5), (side * 60, 46, 2.6), (side * 82, 41, 0.5)],
            [(side * 70, 134, 0.5), (side * 72, 146, 1.8), (side * 69, 158, 0.5)],
        ]
        for line in lines:
            pen.ribbon(line, skin.shade, 0.7 * a)
    if a > 0:
        for y in (-96, -80):
            pen.ribbon([(-70, y + 4, 0.5), (-10, y, 2.2), (64, y + 4, 0.5)], skin.shade, 0.34 * a)
