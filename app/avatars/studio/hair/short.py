"""Short hair: swept up, or parted at the side."""

from __future__ import annotations

from app.avatars.studio.canvas import Linear, Radial
from app.avatars.studio.colour import mix
from app.avatars.studio.geometry import Knot, Path, Ribbon, ellipse, spline
from app.avatars.studio.hair.strands import Guide, gleam, groom, mass, sheet, tones, wisps
from app.avatars.studio.model import Character
from app.avatars.studio.rig import Pen

_SWEPT: list[Knot] = [
    (-152, 4, 1), (-160, -60), (-159, -130), (-142, -198), (-92, -252), (-10, -278), (70, -271), (132, -228),
    (158, -150), (160, -60), (152, 6, 1), (141, -28), (139, -84), (121, -126), (70, -149), (0, -151), (-64, -157),
    (-112, -132), (-137, -86), (-142, -28),
]  # fmt: skip
_PARTED: list[Knot] = [
    (-152, 6, 1), (-162, -60), (-163, -130), (-150, -196), (-104, -248), (-36, -268), (50, -268), (124, -236),
    (160, -164), (163, -64), (152, 8, 1), (142, -26), (142, -84), (134, -110), (96, -116), (46, -132), (-6, -152),
    (-58, -176), (-84, -190, 1), (-112, -150), (-138, -92), (-143, -26),
]  # fmt: skip


def swept_outline(c: Character) -> Path:  # noqa: ARG001 - every style is asked in the same way
    return spline(_SWEPT)


def parted_outline(c: Character) -> Path:  # noqa: ARG001 - every style is asked in the same way
    return spline(_PARTED)


def _draw_fade(inside: Pen, c: Character) -> None:
    """The sides are cut so short that the skin shows."""
    shade = c.skin.shade
    for side in (-1, 1):
        patch = ellipse(side * 152, -34, 34, 92)
        inside.fill(patch, Linear((0, -112), (0, 8), [(0, shade, 0), (0.7, shade, 0.3), (1, shade, 0.6)]))


def _draw_soft_hairline(pen: Pen, c: Character, roots: list[Ribbon]) -> None:
    pen.ribbons(roots, tones(c.hair).base, 0.5)


def draw_swept(pen: Pen, c: Character) -> None:
    inside = mass(pen, c, spline(_SWEPT), sheet(c.hair, (-120, -270), (140, -40)))
    _draw_fade(inside, c)
    guides: list[Guide] = [
        [(-140, -90), (-142, -150), (-118, -210), (-70, -244)],
        [(-112, -134), (-96, -196), (-52, -246), (6, -264)],
        [(-60, -156), (-40, -206), (10, -250), (66, -256)],
        [(0, -152), (18, -200), (64, -238), (112, -228)],
        [(70, -150), (84, -186), (112, -206), (144, -176)],
        [(122, -126), (134, -150), (146, -150), (156, -110)],
    ]
    groom(inside, c, guides, f"{c.id} top", density=3.4, loose=5.0)
    sides: list[Guide] = [[(-138, -86), (-148, -70), (-146, -20)], [(-150, -150), (-159, -100), (-156, -20)]]
    groom(inside, c, sides, f"{c.id} left", density=0.9)
    groom(inside, c, [[(-x, y) for x, y in guide] for guide in sides], f"{c.id} right", density=0.9)
    gleam(inside, c, [(-112, -178, 1), (-72, -226, 22), (-8, -252, 22), (60, -250, 2)], 0.5)
    inside.spot(tones(c.hair).dark, 0.5, (110, -120), 60, 40)
    roots: list[Ribbon] = [
        [(x, -150 - 6 * (i % 3), 0.4), (x + 3, -158, 2.0), (x + 9, -176, 0.6)]
        for i, x in enumerate(range(-104, 118, 7))
    ]
    _draw_soft_hairline(inside, c, roots)
    tips: list[Ribbon] = [
        [(-30, -268, 0.6), (14, -285, 1.7), (60, -281, 0.4)], [(40, -270, 0.6), (84, -277, 1.6), (116, -258, 0.4)],
        [(-90, -246, 0.6), (-62, -270, 1.5), (-26, -280, 0.4)], [(100, -246, 0.6), (134, -240, 1.5), (152, -206, 0.4)],
    ]  # fmt: skip
    wisps(pen, c, tips, 0.75)


def draw_parted(pen: Pen, c: Character) -> None:
    inside = mass(pen, c, spline(_PARTED), sheet(c.hair, (-120, -270), (150, -20)))
    _draw_fade(inside, c)
    over: list[Guide] = [
        [(-84, -190), (-30, -168), (40, -138), (104, -118), (140, -100)],
        [(-86, -204), (-20, -202), (60, -176), (126, -142), (152, -104)],
        [(-84, -222), (-10, -232), (76, -210), (138, -172), (160, -106)],
        [(-78, -244), (0, -262), (84, -242), (142, -200), (162, -116)],
    ]
    groom(inside, c, over, f"{c.id} over", density=2.6, loose=3.5)
    side: list[Guide] = [
        [(-86, -194), (-116, -150), (-139, -90), (-146, -20)],
        [(-92, -220), (-138, -168), (-156, -90), (-154, -16)],
        [(-90, -242), (-148, -190), (-163, -100), (-158, -16)],
    ]
    groom(inside, c, side, f"{c.id} side", density=1.6, loose=2.0)
    gleam(inside, c, [(-70, -226, 1), (0, -238, 18), (70, -216, 20), (130, -168, 3)], 0.6)
    gleam(inside, c, [(-112, -214, 1), (-146, -150, 12), (-156, -90, 1)], 0.4)
    dark = tones(c.hair).dark
    inside.ribbon([(-84, -190, 3.5), (-90, -216, 4), (-84, -246, 1)], dark, 0.7)
    inside.spot(dark, 0.4, (60, -130), 90, 18, 14)
    strands: list[Ribbon] = [
        [(60, -130, 0.6), (104, -112, 2.0), (138, -92, 0.4)], [(20, -146, 0.6), (60, -124, 1.8), (104, -106, 0.4)],
        [(80, -262, 0.6), (128, -246, 1.6), (154, -206, 0.4)], [(-60, -262, 0.6), (-108, -254, 1.4), (-142, -214, 0.4)],
    ]  # fmt: skip
    wisps(pen, c, strands, 0.75)


def draw_shaved(pen: Pen, c: Character) -> None:
    """Light on the scalp."""
    white = mix(c.skin.light, (255, 246, 234), 0.6)
    for x, y, r, squash, alpha in (
        (-44, -128, 76, 0.55, 0.3), (-56, -144, 32, 0.5, 0.42), (70, -120, 40, 0.7, 0.1),
    ):  # fmt: skip
        stops = [(0.0, white, alpha), (0.5, white, alpha * 0.5), (1.0, white, 0.0)]
        pen.group.shape(ellipse(0, 0, r), Radial((0, 0), r, stops)).transform(1, 0, x, 0, squash, y)
