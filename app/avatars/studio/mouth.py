"""The mouth: two lips, a cavity, teeth that hang from the skull and a tongue that rides on the jaw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.avatars.studio.canvas import Group, Linear, Radial, Shape, Solid
from app.avatars.studio.colour import mix, multiply, rgb
from app.avatars.studio.face import MOUTH_Y
from app.avatars.studio.geometry import Path, Points, ellipse, joined, polygon, ribbon, spline
from app.avatars.studio.model import Character, Mouth
from app.avatars.studio.rig import JAW_DROP, MOUTH, Turn, without_jaw

Row = NDArray[np.float64]

#: Places along the lips, from corner to corner.
_U = np.array([-1.0, -0.66, -0.3, 0.0, 0.3, 0.66, 1.0])
_UPPER_LIP = np.array([0.0, 0.62, 1.08, 0.86, 1.08, 0.62, 0.0])
_LOWER_LIP = np.array([0.0, 0.62, 0.95, 1.02, 0.95, 0.62, 0.0])
_PLUMP = np.array([0.0, 0.22, 0.04, 0.0, 0.04, 0.22, 0.0])
_DIP = np.array([0.0, -0.6, -1.2, 0.9, -1.2, -0.6, 0.0])
_CAVITY = rgb("2A0A0D")
_COVER = polygon([(-64, MOUTH_Y - 30), (64, MOUTH_Y - 30), (64, MOUTH_Y + 80), (-64, MOUTH_Y + 80)])
_GAPS = (-27.5, -18.4, -9.0, 0.0, 9.0, 18.4, 27.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lips:
    """The lines of the lips along ``_U``, and what the inside of the mouth hangs on."""

    x: Row
    edge: float
    inner_top: Row
    inner_low: Row
    outer_top: Row
    outer_low: Row
    corner: float
    half: float
    gap: float
    top: float
    bottom: float
    lower_height: float


def _lips(m: Mouth, smile: float, c: Character) -> _Lips:
    shape, spread = c.lips, max(m.wide, 0.0)
    half = 47.0 * shape.width * (1 + 0.17 * spread + 0.44 * min(m.wide, 0.0))
    half += 5.0 * smile * (1 - m.round) - 3.0 * m.jaw
    gap = 53.0 * m.open * (1 - m.press)
    corner = MOUTH_Y - 9.0 * smile * (1 - 0.7 * m.round) + 0.25 * gap
    parted = min(1.0, gap / 10.0)
    top = MOUTH_Y - 0.16 * gap - 6.0 * m.upper_teeth * parted + 1.5 * m.press
    bottom = MOUTH_Y + 0.84 * gap + 3.0 * m.lower_teeth * parted - 2.2 * m.bite
    bottom = max(bottom, top + 0.2)
    squash = 1 - 0.45 * m.press
    upper = 12.5 * shape.upper * squash * (1 + 0.22 * m.round) * (1 - 0.14 * spread)
    lower = 16.0 * shape.lower * squash * (1 + 0.25 * m.round) * (1 - 0.5 * m.bite) * (1 - 0.12 * spread)
    bow = 1 - np.abs(_U) ** (2.1 + 0.9 * m.open + 1.3 * m.round)
    dip = _DIP * shape.bow * (1 - 0.8 * m.open)
    inner_top = corner + (top - corner) * bow + dip
    inner_low = corner + (bottom - corner) * bow + dip * (1 - m.open)
    inner_low[0] = inner_low[-1] = corner
    outer_top = inner_top - (_UPPER_LIP + _PLUMP * m.round) * upper
    outer_low = inner_low + (_LOWER_LIP + _PLUMP * m.round) * lower
    outer_top[0] = outer_top[-1] = outer_low[0] = outer_low[-1] = corner
    return _Lips(
        x=half * _U, edge=half + 3.5, inner_top=inner_top, inner_low=inner_low, outer_top=outer_top,
        outer_low=outer_low, corner=corner, half=half, gap=gap, top=top, bottom=bottom, lower_height=lower,
    )  # fmt: skip


def _ring(x: Row, first: Row, second: Row) -> Path:
    """Along the first row, back along the second; the ends they share are corners."""
    knots = [(float(a), float(b), 0.0) for a, b in zip(x, first, strict=True)]
    knots[0], knots[-1] = (*knots[0][:2], 1.0), (*knots[-1][:2], 1.0)
    back = [(float(a), float(b), 0.0) for a, b in zip(x[-2:0:-1], second[-2:0:-1], strict=True)]
    return spline([*knots, *back])


def _upper_teeth(lips: _Lips, m: Mouth) -> tuple[Path, Path]:
    """The plate of the teeth, and the lines between them."""
    edge = MOUTH_Y + 0.5 + 8.0 * m.upper_teeth - 5.0 * m.round * (1 - m.upper_teeth)
    edge -= max(0.0, 4.5 - (edge - lips.top)) * 1.4
    wide = min(lips.half * 0.9, 39.0)
    fall = np.array([-6.5, -3.6, -0.9, 0.9, 0.3, 0.9, -0.9, -3.6, -6.5])
    places = np.array([1.0, 0.82, 0.56, 0.26, 0.0, -0.26, -0.56, -0.82, -1.0]) * wide
    low = [(float(x), edge + float(dy)) for x, dy in zip(places, fall, strict=True)]
    plate = spline([(-wide, edge - 28), (wide, edge - 28), *low])
    lines = [
        polygon([(x - 0.4, edge - 15), (x + 0.4, edge - 15), (x + 0.55, edge - rise), (x - 0.55, edge - rise)])
        for x, rise in zip(_GAPS, (4.0, 1.6, -0.1, -0.3, -0.1, 1.6, 4.0), strict=True)
    ]
    return plate, joined(lines)


def _lower_teeth(lips: _Lips, m: Mouth) -> Path:
    edge, wide = lips.bottom + 2.0 - 9.0 * m.lower_teeth, min(lips.half * 0.7, 29.0)
    tops = [(-wide, edge + 3), (-wide * 0.5, edge), (0, edge + 0.6), (wide * 0.5, edge), (wide, edge + 3)]
    return spline([*tops, (wide, edge + 24), (-wide, edge + 24)])


def _tongue(lips: _Lips, m: Mouth) -> tuple[Path, Path]:
    """The tongue, and the groove along it."""
    teeth = MOUTH_Y + 8.0 * m.upper_teeth - 0.5
    rest = lips.bottom - 0.36 * lips.gap * (1 - 0.4 * m.round)
    tip = rest - m.tongue * max(rest - teeth, 0.0)
    wide = lips.half * (0.66 - 0.1 * m.tongue)
    top = [(-wide, tip + 16), (-wide * 0.62, tip + 3), (0, tip + 1.5 * (1 - m.tongue)), (wide * 0.62, tip + 3)]
    tongue = spline([*top, (wide, tip + 16), (wide * 0.8, tip + 52), (-wide * 0.8, tip + 52)])
    return tongue, ribbon([(0, tip + 6, 0.5), (0, tip + 16, 3), (0, tip + 30, 2)])


def _shine(lips: _Lips) -> Path:
    y, half = lips.bottom + lips.lower_height * 0.42, lips.half
    knots = [(-0.34, -1.0), (-0.08, -2.4), (0.16, -1.2), (0.1, 1.8), (-0.2, 1.9)]
    return spline([(half * x, y + dy) for x, dy in knots])


def _seam(lips: _Lips, m: Mouth) -> Path:
    widths = np.array([1.6, 2.0, 1.7, 1.7, 1.7, 2.0, 1.6]) * (1.0 - 0.25 * m.open)
    x = np.concatenate([[-lips.edge], lips.x[1:-1], [lips.edge]])
    y = np.concatenate([[lips.corner], lips.inner_top[1:-1], [lips.corner]])
    return ribbon([(float(a), float(b), float(w)) for a, b, w in zip(x, y, widths, strict=True)])


def _curves(m: Mouth, smile: float, c: Character) -> dict[str, Path]:
    lips = _lips(m, smile, c)
    wide_x = np.concatenate([[-lips.edge], lips.x[1:-1], [lips.edge]])
    teeth, gaps = _upper_teeth(lips, m)
    tongue, groove = _tongue(lips, m)
    low_shade = lips.outer_low + np.array([0, 3, 5, 6, 5, 3, 0])
    return {
        "shade": _ring(wide_x, lips.outer_low, low_shade),
        "inner": _ring(lips.x, lips.inner_top, lips.inner_low),
        "low_teeth": _lower_teeth(lips, m),
        "tongue": tongue,
        "groove": groove,
        "teeth": teeth,
        "gaps": gaps,
        "lower": _ring(wide_x, lips.inner_low, lips.outer_low),
        "upper": _ring(wide_x, lips.outer_top, lips.inner_top),
        "seam": _seam(lips, m),
        "shine": _shine(lips),
    }


class MouthDrawing:
    """Draws any mouth into one group. The jaw is part of the picture's warp, so it is taken out of the curves here."""

    def __init__(self, group: Group, turn: Turn, c: Character) -> None:
        self._turn, self._c = turn, c
        rest = _curves(Mouth(), c.rest_smile, c)
        self._shapes: dict[str, Shape] = {}
        self._cavity = group.shape(rest["inner"], _gradient(-14, 46, ("2A0A0D", "5A1A1E", "7C2A2B")))
        hole = group.group()
        self._hole = hole.clip(rest["inner"])
        self._draw_inside(hole, rest)
        self._draw_lips(group, rest)
        self._corners = [self._corner(group) for _ in (0, 1)]
        self.update(Mouth(), c.rest_smile)

    def _draw_inside(self, hole: Group, rest: dict[str, Path]) -> None:
        fills = {
            "low_teeth": _gradient(0, 40, ("EFEAE2", "DCD5CC", "C9C0B6")),
            "tongue": _gradient(0, 46, ("D9797B", "C0626A", "A64A50")),
            "groove": Solid(rgb("8E3A42"), 0.5),
            "teeth": _gradient(-16, 12, ("A89F98", "EDE8E0", "FBF9F4")),
            "gaps": Solid(rgb("BFB6AE"), 0.34),
        }
        for name, fill in fills.items():
            self._shapes[name] = hole.shape(rest[name], fill)
        stops = [(0.0, _CAVITY, 0.75), (0.24, _CAVITY, 0.0), (0.76, _CAVITY, 0.0), (1.0, _CAVITY, 0.8)]
        hole.shape(self._turn.path(_COVER, MOUTH), Linear((-46, 0), (46, 0), stops))

    def _draw_lips(self, group: Group, rest: dict[str, Path]) -> None:
        lips, skin, y = self._c.lips.color, self._c.skin, MOUTH_Y
        low = [
            (0.0, multiply(lips, (0.92, 0.88, 0.88)), 1.0),
            (0.45, mix(lips, (255, 214, 200), 0.2), 1.0),
            (1.0, multiply(lips, (0.86, 0.78, 0.78)), 1.0),
        ]
        high = [(0.0, mix(lips, skin.base, 0.25), 1.0), (1.0, multiply(lips, (0.74, 0.66, 0.68)), 1.0)]
        self._shapes["shade"] = group.shape(rest["shade"], Solid(skin.shade, 0.5))
        self._shapes["lower"] = group.shape(rest["lower"], Linear((0, y), (0, y + 40), low))
        self._shapes["upper"] = group.shape(rest["upper"], Linear((0, y - 16), (0, y + 4), high))
        self._shapes["seam"] = group.shape(rest["seam"], Solid(multiply(lips, (0.42, 0.32, 0.34)), 0.9))
        self._shapes["shine"] = group.shape(rest["shine"], Solid(rgb("FFECE2"), self._c.lips.gloss))

    def _corner(self, group: Group) -> Shape:
        deep = self._c.skin.deep
        return group.shape(ellipse(0, 0, 10), Radial((0, 0), 10, [(0, deep, 0.42), (0.5, deep, 0.2), (1, deep, 0)]))

    def update(self, m: Mouth, smile: float) -> None:
        curves = _curves(m, smile, self._c)
        drop = m.jaw * JAW_DROP
        for name, shape in self._shapes.items():
            shape.set_points(self._posed(curves[name].points, drop))
        inner = self._posed(curves["inner"].points, drop)
        self._cavity.set_points(inner)
        self._hole.set_points(inner)
        corners = self._posed(curves["upper"].points[[0, 18]], drop)
        for (x, y), shape in zip(corners, self._corners, strict=True):
            shape.transform(0.95, 0, float(x), 0, 0.85, float(y))

    def _posed(self, points: Points, drop: float) -> Points:
        flat = np.stack([points[:, 0], without_jaw(points[:, 1], drop)], axis=1)
        return self._turn.points(flat, MOUTH)


def _gradient(top: float, bottom: float, codes: tuple[str, str, str]) -> Linear:
    stops = [(at, rgb(code), 1.0) for at, code in zip((0.0, 0.5, 1.0), codes, strict=True)]
    return Linear((0, MOUTH_Y + top), (0, MOUTH_Y + bottom), stops)
