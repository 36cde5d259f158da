"""Small motions of a drawn layer: every pixel looks up where it comes from, on a grid that is computed coarsely.

The grid is anchored to the frame in cells of ``CELL`` pixels, and a rectangle of whole cells comes out the same
whether it is warped alone or as part of a larger one. That is what lets a frame be redrawn in parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from app.avatars.studio.picture import NOWHERE, Layer, Rect

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


def warp(texture: Texture, places: Field, area: Rect, rect: Rect) -> Layer:
    """The texture as seen in ``rect``, whole cells of ``area``; ``places`` are the lookups of all nodes of ``area``."""
    row, column = (rect.y0 - area.y0) // CELL, (rect.x0 - area.x0) // CELL
    rows, columns = (rect.y1 - rect.y0) // CELL + 2, (rect.x1 - rect.x0) // CELL + 2
    nodes = places[row : row + rows, column : column + columns]
    fine = cv2.resize(nodes, (columns * CELL, rows * CELL), interpolation=cv2.INTER_LINEAR)
    inner = fine[CELL:-CELL, CELL:-CELL]
    return cast("Layer", cv2.remap(texture.layer, inner, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT))


def cells_where(mask: NDArray[np.bool_], area: Rect) -> Rect:
    """The smallest rectangle of whole cells around all nodes of the mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return NOWHERE
    spread = Rect(
        area.x0 + (int(columns[0]) - 2) * CELL,
        area.y0 + (int(rows[0]) - 2) * CELL,
        area.x0 + (int(columns[-1]) + 1) * CELL,
        area.y0 + (int(rows[-1]) + 1) * CELL,
    )
    return spread.clipped(area)


def seen(places: Field, left: float, top: float, right: float, low: float, slack: float) -> NDArray[np.bool_]:
    """The nodes that look into a rectangle of the texture, or are so near it that pixels around them may."""
    x, y = places[..., 0], places[..., 1]
    return (x > left - slack) & (x < right + slack) & (y > top - slack) & (y < low + slack)
