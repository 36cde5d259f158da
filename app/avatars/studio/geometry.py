"""Curves as flat arrays: command bytes and float points, ready for the vector engine. Design units, y down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLOSE, MOVE, LINE, CUBIC = 0, 1, 2, 3
KAPPA = 0.5522847498

Point = tuple[float, float]
#: (x, y) for a smooth point, (x, y, 1) for a corner.
Knot = tuple[float, ...]
#: (x, y, full width) along a tapered stroke.
Ribbon = Sequence[tuple[float, float, float]]
#: Ribbons with as many knots each; as an array, shape (strokes, knots, 3).
Strokes = Sequence[Ribbon] | NDArray[np.float64]
#: Shape (n, 2).
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Path:
    """One or more sub-paths."""

    commands: NDArray[np.uint8]
    points: Points

    def __add__(self, other: Path) -> Path:
        return Path(np.concatenate([self.commands, other.commands]), np.concatenate([self.points, other.points]))

    def moved(self, dx: float, dy: float) -> Path:
        return Path(self.commands, self.points + np.array((dx, dy)))

    def scaled(self, sx: float, sy: float, about: Point = (0.0, 0.0)) -> Path:
        return Path(self.commands, (self.points - np.array(about)) * np.array((sx, sy)) + np.array(about))

    def mirrored(self) -> Path:
        return self.scaled(-1.0, 1.0)


def joined(paths: Sequence[Path]) -> Path:
    """Many paths as one, so that one fill paints them all."""
    return Path(np.concatenate([p.commands for p in paths]), np.concatenate([p.points for p in paths]))


def spline_points(knots: Points, corner: NDArray[np.bool_], *, closed: bool) -> Points:
    """Bezier points of smooth curves through the knots; handles are a third of each chord, so it never overshoots.

    ``knots`` has the shape (..., n, 2) and ``corner`` (..., n): many curves of as many knots are bent at once.
    """
    previous = np.concatenate([knots[..., -1:, :] if closed else knots[..., :1, :], knots[..., :-1, :]], axis=-2)
    following = np.concatenate([knots[..., 1:, :], knots[..., :1, :] if closed else knots[..., -1:, :]], axis=-2)
    tangent = following - previous
    tangent /= np.maximum(np.hypot(tangent[..., 0], tangent[..., 1]), 1e-9)[..., None]
    tangent[corner] = 0.0
    chord = following - knots
    reach = np.hypot(chord[..., 0], chord[..., 1])[..., None] / 2.75
    segments = np.empty((*knots.shape[:-1], 3, 2))
    segments[..., 0, :] = knots + tangent * reach
    segments[..., 1, :] = following - np.concatenate([tangent[..., 1:, :], tangent[..., :1, :]], axis=-2) * reach
    segments[..., 2, :] = following
    bends = segments if closed else segments[..., :-1, :, :]
    return np.concatenate([knots[..., :1, :], bends.reshape(*bends.shape[:-3], -1, 2)], axis=-2)


def spline_commands(segments: int, *, closed: bool) -> NDArray[np.uint8]:
    return np.array([MOVE] + [CUBIC] * segments + [CLOSE] * closed, dtype=np.uint8)


def spline(knots: Sequence[Knot], *, closed: bool = True) -> Path:
    """A smooth curve through the knots, sharp only where a knot says so."""
    xy = np.array([knot[:2] for knot in knots], dtype=np.float64)
    corner = np.array([len(knot) > 2 and bool(knot[2]) for knot in knots])
    segments = len(knots) if closed else len(knots) - 1
    return Path(spline_commands(segments, closed=closed), spline_points(xy, corner, closed=closed))


def both_sides(half: Sequence[Knot]) -> list[Knot]:
    """The right half, listed from top centre to bottom centre, then its mirror image back up."""
    return [*half, *[(-knot[0], *knot[1:]) for knot in reversed(half) if knot[0] != 0]]


def symmetric(half: Sequence[Knot]) -> Path:
    return spline(both_sides(half))


def polygon(points: Sequence[Point] | Points, *, closed: bool = True) -> Path:
    xy = np.asarray(points, dtype=np.float64)
    return Path(np.array([MOVE] + [LINE] * (len(xy) - 1) + [CLOSE] * closed, dtype=np.uint8), xy)


_CIRCLE = np.array(
    [
        (1, 0), (1, KAPPA), (KAPPA, 1), (0, 1), (-KAPPA, 1), (-1, KAPPA), (-1, 0),
        (-1, -KAPPA), (-KAPPA, -1), (0, -1), (KAPPA, -1), (1, -KAPPA), (1, 0),
    ]
)  # fmt: skip


def ellipse(cx: float, cy: float, rx: float, ry: float | None = None) -> Path:
    points = _CIRCLE * np.array((rx, rx if ry is None else ry)) + np.array((cx, cy))
    return Path(np.array([MOVE, CUBIC, CUBIC, CUBIC, CUBIC, CLOSE], np.uint8), points)


def ribbon(knots: Ribbon) -> Path:
    """A tapered stroke."""
    data = np.array(knots, dtype=np.float64)
    outline = ribbon_outline(data)
    no_corner = np.zeros(len(outline), np.bool_)
    return Path(spline_commands(len(outline), closed=True), spline_points(outline, no_corner, closed=True))


def tapered(strokes: Strokes, together: int) -> Iterator[Path]:
    """Tapered strokes, ``together`` of them to a path."""
    data = np.asarray(strokes, dtype=np.float64)
    outlines = ribbon_outline(data)
    points = spline_points(outlines, np.zeros(outlines.shape[:-1], np.bool_), closed=True)
    commands = spline_commands(outlines.shape[1], closed=True)
    for start in range(0, len(data), together):
        some = points[start : start + together]
        yield Path(np.tile(commands, len(some)), some.reshape(-1, 2))


def ribbon_outline(data: NDArray[np.float64]) -> Points:
    """The knots around tapered strokes, from rows of x, y, full width; shape (..., n, 3) gives (..., 2n, 2)."""
    xy = data[..., :2]
    tangent = np.empty_like(xy)
    tangent[..., 1:-1, :] = xy[..., 2:, :] - xy[..., :-2, :]
    tangent[..., 0, :] = xy[..., 1, :] - xy[..., 0, :]
    tangent[..., -1, :] = xy[..., -1, :] - xy[..., -2, :]
    tangent /= np.maximum(np.hypot(tangent[..., 0], tangent[..., 1]), 1e-9)[..., None]
    offset = np.stack([-tangent[..., 1], tangent[..., 0]], axis=-1) * (data[..., 2:] / 2)
    return np.concatenate([xy + offset, (xy - offset)[..., ::-1, :]], axis=-2)
