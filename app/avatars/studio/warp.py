"""Small motions of a drawn layer: every pixel looks up where it comes from, on a grid that is computed coarsely.

The grid is anchored to the frame in cells of ``CELL`` pixels, and a rectangle of whole cells comes out the same
whether it is warped alone or as part of a larger one. That is what lets a frame be redrawn in parts.
"""

from __future__ import annotations

from dataclasses import dataclass
import cv2
import numpy as np
from numpy.typing import NDArray

from app.avatars.studio.picture import NOWHERE, Bench, Layer, Rect

CELL = 16

Field = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Texture:
    """A drawn layer; the pixel (0, 0) begins at (``x``, ``y``) design units, ``scale`` pixels to the unit."""

    layer: Layer
    x: float
    y: float
    scale: float

    @property
    def bottom(self) -> float:
        return self.y + self.layer.shape[0] / self.scale


class Grid:
    """The nodes over a part of the frame, given in whole cells: one node in the middle of each, and one ring around."""

    def __init__(self, area: Rect, origin: tuple[float, float], scale: float) -> None:
        self.area = area
        columns = np.arange(area.x0 // CELL - 1, area.x1 // CELL + 1) * CELL + CELL / 2
        rows = np.arange(area.y0 // CELL - 1, area.y1 // CELL + 1) * CELL + CELL / 2
        x = (columns - origin[0]) / scale
        y = (rows - origin[1]) / scale
        #: Where the nodes lie in design units, shape (rows, columns).
        self.x, self.y = np.meshgrid(x.astype(np.float32), y.astype(np.float32))


def area_around(x0: float, y0: float, x1: float, y1: float, frame: Rect) -> Rect:
    """Whole cells that hold a rectangle of pixels, as far as the frame reaches (its last cells may stick out)."""
    left, top = max(int(x0 // CELL) * CELL, frame.x0), max(int(y0 // CELL) * CELL, frame.y0)
    right, low = min(-int(-x1 // CELL) * CELL, _up(frame.x1)), min(-int(-y1 // CELL) * CELL, _up(frame.y1))
    return Rect(left, top, right, low)


def _up(length: int) -> int:
    return -(-length // CELL) * CELL


def lookup(texture: Texture, x: Field, y: Field) -> Field:
    """Design units to pixels of the texture, shape (rows, columns, 2)."""
    return np.stack([(x - texture.x) * texture.scale - 0.5, (y - texture.y) * texture.scale - 0.5], axis=2)


def warp(texture: Texture, places: Field, area: Rect, rect: Rect, bench: Bench) -> Layer:
    """The texture as seen in ``rect``, whole cells of ``area``; ``places`` are the lookups of all nodes of ``area``.

    What is returned lives on the bench until the next warp.
    """
    row, column = (rect.y0 - area.y0) // CELL, (rect.x0 - area.x0) // CELL
    rows, columns = (rect.y1 - rect.y0) // CELL + 2, (rect.x1 - rect.x0) // CELL + 2
    nodes = places[row : row + rows, column : column + columns]
    fine = bench.floats(rows * CELL, columns * CELL, 2)
    cv2.resize(nodes, (columns * CELL, rows * CELL), dst=fine, interpolation=cv2.INTER_LINEAR)
    layer = bench.bytes("layer", rect.y1 - rect.y0, rect.x1 - rect.x0, 4)
    inner = fine[CELL:-CELL, CELL:-CELL]
    cv2.remap(texture.layer, inner, None, cv2.INTER_LINEAR, dst=layer, borderMode=cv2.BORDER_CONSTANT)
    return layer


def cells_where(mask: NDArray[np.bool_], area: Rect, spread: int) -> Rect:
    """The smallest rectangle of whole cells around all nodes of the mask, and ``spread`` cells around it.

    A node bends the pixels of its own cell and of the cells next to it.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return NOWHERE
    left, top = int(columns[0]) - 1 - spread, int(rows[0]) - 1 - spread
    right, low = int(columns[-1]) + spread, int(rows[-1]) + spread
    found = Rect(area.x0 + left * CELL, area.y0 + top * CELL, area.x0 + right * CELL, area.y0 + low * CELL)
    return found.clipped(area)


def seen(places: Field, left: float, top: float, right: float, low: float, slack: float) -> NDArray[np.bool_]:
    """The nodes that look into a rectangle of the texture, or are so near it that pixels around them may."""
    x, y = places[..., 0], places[..., 1]
    return (x > left - slack) & (x < right + slack) & (y > top - slack) & (y < low + slack)
