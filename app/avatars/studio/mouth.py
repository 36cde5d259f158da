"""The mouth: two lips, a cavity, teeth that hang from the skull and a tongue that rides on the jaw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.avatars.studio.canvas import Group, Linear, Radial, Shape, Solid
from app.avatars.studio.colour import mix, multiply, rgb
from app.avatars.studio.face import MOUTH_Y
from app.avatars.studio.geometry import (
    Path,
    Points,
    ellipse,
    joined,
    polygon,
    ribbon,
    ribbon_outline,
    spline,
    spline_commands,
    spline_points,
)
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
_BELOW = np.array([0.0, 3.0, 5.0, 6.0, 5.0, 3.0, 0.0])
_SEAM_WIDTHS = np.array([1.6, 2.0, 1.7, 1.7, 1.7, 2.0, 1.6])


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


class _Template:
    """A shape that keeps its form: it is stretched sideways and moved up and down."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._x, self._y = path.points[:, 0], path.points[:, 1]

    def at(self, wide: float, y: float) -> Points:
        return np.stack([self._x * wide, self._y + y], axis=1)


_TEETH = _Template(
    spline(
        [
            (-1, -28), (1, -28), (1.0, -6.5), (0.82, -3.6), (0.56, -0.9), (0.26, 0.9), (0, 0.3), (-0.26, 0.9),
            (-0.56, -0.9), (-0.82, -3.6), (-1.0, -6.5),
        ]
    )
)  # fmt: skip
_GAPS = _Template(
    joined(
        [
            polygon([(x - 0.4, -15), (x + 0.4, -15), (x + 0.55, -rise), (x - 0.55, -rise)])
            for x, rise in (
                (-27.5, 4.0),
                (-18.4, 1.6),
                (-9.0, -0.1),
                (0.0, -0.3),
                (9.0, -0.1),
                (18.4, 1.6),
                (27.5, 4.0),
            )
        ]
    )
)
_LOW_TEETH = _Template(spline([(-1, 3), (-0.5, 0), (0, 0.6), (0.5, 0), (1, 3), (1, 24), (-1, 24)]))
_TONGUE = _Template(spline([(-1, 16), (-0.62, 3), (0, 0.8), (0.62, 3), (1, 16), (0.8, 52), (-0.8, 52)]))
_GROOVE = _Template(ribbon([(0, 6, 0.5), (0, 16, 3), (0, 30, 2)]))
_SHINE = _Template(spline([(-0.34, -1.0), (-0.08, -2.4), (0.16, -1.2), (0.1, 1.8), (-0.2, 1.9)]))
_RING = spline_commands(12, closed=True)
_SEAM = spline_commands(14, closed=True)
_RING_CORNERS = np.zeros((4, 12), np.bool_)
_RING_CORNERS[:, (0, 6)] = True
_SEAM_CORNERS = np.zeros(14, np.bool_)


def _rings(lips: _Lips) -> Points:
    """Cavity, lower lip, upper lip and the shade under the lips: 37 points each, shape (4, 37, 2)."""
    edges = np.concatenate([[-lips.edge], lips.x[1:-1], [lips.edge]])
    below = lips.outer_low + _BELOW
    pairs = (
        (lips.x, lips.inner_top, lips.inner_low),
        (edges, lips.inner_low, lips.outer_low),
        (edges, lips.outer_top, lips.inner_top),
        (edges, lips.outer_low, below),
    )
    knots = np.empty((4, 12, 2))
    for ring, (x, first, second) in zip(knots, pairs, strict=True):
        ring[:7, 0], ring[:7, 1] = x, first
        ring[7:, 0], ring[7:, 1] = x[-2:0:-1], second[-2:0:-1]
    return spline_points(knots, _RING_CORNERS, closed=True)


def _seam(lips: _Lips, m: Mouth) -> Points:
    line = np.empty((7, 3))
    line[:, 0], line[:, 1], line[:, 2] = lips.x, lips.inner_top, _SEAM_WIDTHS * (1.0 - 0.25 * m.open)
    line[0, :2], line[-1, :2] = (-lips.edge, lips.corner), (lips.edge, lips.corner)
    return spline_points(ribbon_outline(line), _SEAM_CORNERS, closed=True)


def _inside(lips: _Lips, m: Mouth) -> dict[str, Points]:
    """Teeth hang from the skull; lower teeth and tongue ride on the jaw."""
    edge = MOUTH_Y + 0.5 + 8.0 * m.upper_teeth - 5.0 * m.round * (1 - m.upper_teeth)
    edge -= max(0.0, 4.5 - (edge - lips.top)) * 1.4
    rest = lips.bottom - 0.36 * lips.gap * (1 - 0.4 * m.round)
    tip = rest - m.tongue * max(rest - (MOUTH_Y + 8.0 * m.upper_teeth - 0.5), 0.0)
    return {
        "low_teeth": _LOW_TEETH.at(min(lips.half * 0.7, 29.0), lips.bottom + 2.0 - 9.0 * m.lower_teeth),
        "tongue": _TONGUE.at(lips.half * (0.66 - 0.1 * m.tongue), tip),
        "groove": _GROOVE.at(1.0, tip),
        "teeth": _TEETH.at(min(lips.half * 0.9, 39.0), edge),
        "gaps": _GAPS.at(1.0, edge),
    }


def _curves(m: Mouth, smile: float, c: Character) -> dict[str, Points]:
    lips = _lips(m, smile, c)
    rings = _rings(lips)
    return {
        "inner": rings[0],
        **_inside(lips, m),
        "shade": rings[3],
        "lower": rings[1],
        "upper": rings[2],
        "seam": _seam(lips, m),
        "shine": _SHINE.at(lips.half, lips.bottom + lips.lower_height * 0.42),
    }


_COMMANDS = {
    "inner": _RING, "low_teeth": _LOW_TEETH.path.commands, "tongue": _TONGUE.path.commands,
    "groove": _GROOVE.path.commands, "teeth": _TEETH.path.commands, "gaps": _GAPS.path.commands,
    "shade": _RING, "lower": _RING, "upper": _RING, "seam": _SEAM, "shine": _SHINE.path.commands,
}  # fmt: skip


class MouthDrawing:
    """Draws any mouth into one group. The jaw is part of the picture's warp, so it is taken out of the curves here."""

    def __init__(self, group: Group, turn: Turn, c: Character) -> None:
        self._turn, self._c = turn, c
        rest = {name: Path(_COMMANDS[name], points) for name, points in _curves(Mouth(), c.rest_smile, c).items()}
        self._shapes: dict[str, Shape] = {}
        self._cavity = group.shape(rest["inner"], _gradient(-14, 46, ("2A0A0D", "5A1A1E", "7C2A2B")))
        hole = group.group()
        self._shapes["inner"] = hole.clip(rest["inner"])
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
        flat = np.concatenate(list(curves.values()))
        flat[:, 1] = without_jaw(flat[:, 1], m.jaw * JAW_DROP)
        posed = self._turn.lifted(flat, MOUTH.lift)
        start = 0
        for name, points in curves.items():
            here = posed[start : start + len(points)]
            self._shapes[name].set_points(here)
            if name == "inner":
                self._cavity.set_points(here)
            elif name == "upper":
                self._place_corners(here[[0, 18]])
            start += len(points)

    def _place_corners(self, ends: Points) -> None:
        for (x, y), shape in zip(ends, self._corners, strict=True):
            shape.transform(0.95, 0, float(x), 0, 0.85, float(y))
            shape.relight()


def _gradient(top: float, bottom: float, codes: tuple[str, str, str]) -> Linear:
    stops = [(at, rgb(code), 1.0) for at, code in zip((0.0, 0.5, 1.0), codes, strict=True)]
    return Linear((0, MOUTH_Y + top), (0, MOUTH_Y + bottom), stops)
