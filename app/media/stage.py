"""Pictures on pictures, in the encoder's colours: masks with soft edges, borders, shadows, and fading.

All work in place on planes of BT.709, limited range, 4:2:0. Boxes have even sides and places.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from app.media.encode import Plane, Planes

Weights = NDArray[np.float32]
Places = NDArray[np.intp]
#: Masks are drawn this much larger and reduced, which makes their edges smooth.
_FINE = 4
#: Picked out one by one, this share of a plane's pixels takes as long as mixing all.
_MANY = 0.05
_RADIUS = 0.09
_SHADOW_OPACITY, _SHADOW_SPREAD, _SHADOW_DROP = 0.38, 0.045, 0.018


class Outline(StrEnum):
    CIRCLE = "circle"
    ROUNDED = "rounded"
    RECTANGLE = "rectangle"


@dataclass(frozen=True, slots=True)
class Rect:
    x: int
    y: int
    width: int
    height: int

    @property
    def luma(self) -> tuple[slice, slice]:
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)

    @property
    def chroma(self) -> tuple[slice, slice]:
        y, x = self.y // 2, self.x // 2
        return slice(y, y + self.height // 2), slice(x, x + self.width // 2)

    def of(self, planes: Planes) -> Planes:
        """The part of the planes that lies in the rectangle, to be read and written."""
        return Planes(y=planes.y[self.luma], u=planes.u[self.chroma], v=planes.v[self.chroma])


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a plane is seen, 0..1. Where that is all or nothing but at the ``edges``, only these are mixed;
    a plane that is translucent in much of it has none, and is mixed as a whole.
    """

    seen: Weights
    solid: Plane
    edges: tuple[Places, ...]
    over: Weights
    under: Weights

    @classmethod
    def of(cls, seen: Weights) -> Self:
        mixing = (seen > 0) & (seen < 1)
        edges = np.nonzero(mixing) if mixing.mean() < _MANY else ()
        solid = np.where(seen >= 1, np.uint8(255), np.uint8(0))
        return cls(seen, solid, edges, over=seen[edges], under=np.asarray(1 - seen[edges], np.float32))


@dataclass(frozen=True, slots=True)
class Mask:
    """How much of a picture is seen, and of what is under it."""

    luma: Coverage
    chroma: Coverage

    def fainter(self, share: float) -> Mask:
        return Mask(*(Coverage.of(np.asarray(each.seen * share, np.float32)) for each in (self.luma, self.chroma)))


def empty(width: int, height: int) -> Planes:
    """Black."""
    return Planes(
        y=np.full((height, width), 16, np.uint8),
        u=np.full((height // 2, width // 2), 128, np.uint8),
        v=np.full((height // 2, width // 2), 128, np.uint8),
    )


def fill(planes: Planes, colour: tuple[int, int, int]) -> None:
    """With one colour (Y, U, V)."""
    planes.y[:], planes.u[:], planes.v[:] = colour


def copy(source: Planes, target: Planes) -> None:
    target.y[:], target.u[:], target.v[:] = source.y, source.u, source.v


def mask_of(luma: Plane) -> Mask:
    """From 0..255 at the size of luma."""
    weights = np.asarray(luma / np.float32(255), np.float32)
    size = (luma.shape[1] // 2, luma.shape[0] // 2)
    chroma = np.asarray(cv2.resize(weights, size, interpolation=cv2.INTER_AREA), np.float32)
    return Mask(Coverage.of(weights), Coverage.of(chroma))


def outline_of(outline: Outline, width: int, height: int, *, grown: int = 0) -> Plane:
    """The shape that fills ``width x height``, 0..255 with soft edges, in the middle of a plane with ``grown`` more
    pixels on each side.
    """
    fine = np.zeros(((height + 2 * grown) * _FINE, (width + 2 * grown) * _FINE), np.uint8)
    left = top = grown * _FINE
    right, bottom = left + width * _FINE - 1, top + height * _FINE - 1
    radius = {
        Outline.CIRCLE: min(width, height) * _FINE // 2,
        Outline.ROUNDED: round(min(width, height) * _RADIUS * _FINE),
        Outline.RECTANGLE: 0,
    }[outline]
    if radius:
        for x, y in ((left, top), (right, top), (left, bottom), (right, bottom)):
            centre = (x + radius if x == left else x - radius, y + radius if y == top else y - radius)
            cv2.circle(fine, centre, radius, 255, -1)
    cv2.rectangle(fine, (left + radius, top), (right - radius, bottom), 255, -1)
    cv2.rectangle(fine, (left, top + radius), (right, bottom - radius), 255, -1)
    size = (width + 2 * grown, height + 2 * grown)
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.uint8)


def lay(picture: Planes, mask: Mask, under: Planes) -> None:
    """Put the picture over what is under it, where the mask lets it be seen."""
    _lay(picture.y, mask.luma, under.y)
    _lay(picture.u, mask.chroma, under.u)
    _lay(picture.v, mask.chroma, under.v)


def _lay(picture: Plane, coverage: Coverage, under: Plane) -> None:
    edges = coverage.edges
    if not edges:
        cv2.blendLinear(picture, under, coverage.over, coverage.under, under)
        return
    mixed = picture[edges] * coverage.over + under[edges] * coverage.under
    cv2.copyTo(picture, coverage.solid, under)
    under[edges] = np.rint(mixed)


def lay_colour(colour: tuple[int, int, int], mask: Mask, under: Planes) -> None:
    """The same with one colour (Y, U, V)."""
    sizes = (under.y.shape, under.u.shape, under.v.shape)
    y, u, v = (np.full(shape, level, np.uint8) for shape, level in zip(sizes, colour, strict=True))
    lay(Planes(y=y, u=u, v=v), mask, under)


def draw_surroundings(
    planes: Planes, rect: Rect, outline: Outline, *, border: int, colour: tuple[int, int, int], shadow: bool
) -> None:
    """A soft shadow and a border around the rectangle, of which the border is part."""
    if shadow:
        _draw_shadow(planes, rect, outline)
    if border:
        lay_colour(colour, mask_of(outline_of(outline, rect.width, rect.height)), rect.of(planes))


def _draw_shadow(planes: Planes, rect: Rect, outline: Outline) -> None:
    short = min(rect.width, rect.height)
    spread, drop = 2 * round(short * _SHADOW_SPREAD), 2 * round(short * _SHADOW_DROP / 2)
    shape = outline_of(outline, rect.width, rect.height, grown=2 * spread)
    blurred = cv2.GaussianBlur(shape, (0, 0), spread / 2)
    around = Rect(rect.x - 2 * spread, rect.y - 2 * spread + drop, shape.shape[1], shape.shape[0])
    height, width = planes.y.shape
    x0, y0 = max(0, around.x), max(0, around.y)
    x1, y1 = min(width, around.x + around.width), min(height, around.y + around.height)
    seen = np.asarray(blurred[y0 - around.y : y1 - around.y, x0 - around.x : x1 - around.x] * _SHADOW_OPACITY, np.uint8)
    lay_colour((16, 128, 128), mask_of(seen), Rect(x0, y0, x1 - x0, y1 - y0).of(planes))


def fade(before: Planes, after: Planes, share: float, target: Planes) -> None:
    """``share`` of the one that comes, the rest of the one that goes."""
    for name in ("y", "u", "v"):
        cv2.addWeighted(getattr(after, name), share, getattr(before, name), 1 - share, 0, getattr(target, name))


def push(before: Planes, after: Planes, share: float, target: Planes) -> None:
    """The one that comes moves in from the right and pushes the other one out."""
    width = target.y.shape[1]
    shown = 2 * round(width * share / 2)
    for name, part in (("y", shown), ("u", shown // 2), ("v", shown // 2)):
        old, new, out = getattr(before, name), getattr(after, name), getattr(target, name)
        rest = out.shape[1] - part
        out[:, :rest], out[:, rest:] = old[:, part:], new[:, :part]
