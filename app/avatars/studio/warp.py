# The stubs of the libraries drawn with are loose.
# pyright: reportCallIssue=false, reportArgumentType=false
"""Small motions of a drawn layer: every pixel looks up where it comes from, on a grid that is computed coarsely.

The grid is anchored to the frame in cells of ``CELL`` pixels, and a rectangle of whole cells comes out the same
whether it is warped alone or as part of a larger one. That is what lets a frame be redrawn in parts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from app.avatars.studio.picture import NOWHERE, Bench, Layer, Rect

CELL = 16
#: Pixels of the texture to a pixel of the frame. Not a whole number: sharpness would come and go as the head drifts (by
#: 54 % at 1, by 2 % here).
OVERSAMPLING = 1.125
#: Pixels of the texture from what the middle of a cell looks at to what its corners may look at.
REACH = CELL * OVERSAMPLING * 0.75
#: A rectangle costs about as much as so many cells. One that is taller than so many cells falls out of the cache.
_SPARE, _TALLEST = 30, 12

Field = NDArray[np.float32]
#: One truth for every node of a grid or, without the ring around, for every cell.
Mask = NDArray[np.bool_]


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


def spread(nodes: Mask) -> Mask:
    """The cells that nodes of the mask bend: their own and the ones next to it. Loses the ring around."""
    wide = cv2.dilate(nodes.view(np.uint8), np.ones((3, 3), np.uint8))
    return wide[1:-1, 1:-1].view(np.bool_)


def strips(cells: Mask, area: Rect) -> Iterator[Rect]:
    """Rectangles that hold all cells of the mask. Rows share one as long as that adds few cells that are not wanted."""
    first, after = np.argmax(cells, axis=1), cells.shape[1] - np.argmax(cells[:, ::-1], axis=1)
    group, wanted = NOWHERE, 0
    for row in np.flatnonzero(cells.any(axis=1)).tolist():
        span = Rect(int(first[row]), row, int(after[row]), row + 1)
        grown, wanted = group.joined(span), wanted + span.x1 - span.x0
        if grown.size - wanted > _SPARE or grown.y1 - grown.y0 > _TALLEST:
            yield _pixels(group, area)
            grown, wanted = span, span.x1 - span.x0
        group = grown
    if not group.empty:
        yield _pixels(group, area)


def _pixels(cells: Rect, area: Rect) -> Rect:
    return Rect(
        area.x0 + cells.x0 * CELL, area.y0 + cells.y0 * CELL, area.x0 + cells.x1 * CELL, area.y0 + cells.y1 * CELL
    )


class Occupancy:
    """Which parts of a texture hold anything, as a coarse map that can be asked for every node of a grid."""

    def __init__(self, texture: Texture) -> None:
        alpha = (cv2.extractChannel(texture.layer, 3) > 0).astype(np.uint8)
        height, width = -(-alpha.shape[0] // CELL), -(-alpha.shape[1] // CELL)
        padded = np.zeros((height * CELL, width * CELL), np.uint8)
        padded[: alpha.shape[0], : alpha.shape[1]] = alpha
        coarse = padded.reshape(height, CELL, width, CELL).max(axis=(1, 3))
        self._reach = math.ceil(REACH / CELL) + 1
        around = np.pad(coarse, self._reach + 1)
        size = 2 * math.ceil(REACH / CELL) + 1
        self._map = cv2.dilate(around, np.ones((size, size), np.uint8)).view(np.bool_)

    def cells(self, places: Field) -> Mask:
        """The cells of the grid in which any of the texture may be seen."""
        inner = places[1:-1, 1:-1]
        column = np.floor(inner[..., 0] * (1 / CELL)).astype(np.int32) + (self._reach + 1)
        row = np.floor(inner[..., 1] * (1 / CELL)).astype(np.int32) + (self._reach + 1)
        height, width = self._map.shape
        return self._map[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]


def looking_at(places: Field, left: float, top: float, right: float, low: float) -> Mask:
    """The nodes that look into a rectangle of the texture, or are so near it that pixels around them may."""
    x, y = places[..., 0], places[..., 1]
    return (x > left - REACH) & (x < right + REACH) & (y > top - REACH) & (y < low + REACH)
