"""Pictures in the form the encoder takes: BT.709, limited range, 4:2:0, and layers of them with an alpha channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from app.media.encode import Planes

Plane = NDArray[np.uint8]
#: Shape (height, width, 4): luma, both chromas and alpha, premultiplied by alpha.
Layer = NDArray[np.uint8]

_RED, _GREEN, _BLUE = 0.2126, 0.7152, 0.0722
_LUMA = (219 / 255) * np.array([_BLUE, _GREEN, _RED])
_CB = (224 / 255) / (2 - 2 * _BLUE) * np.array([1 - _BLUE, -_GREEN, -_RED])
_CR = (224 / 255) / (2 - 2 * _RED) * np.array([-_BLUE, -_GREEN, 1 - _RED])
#: Blue, green, red → luma and chromas without their offsets.
FROM_BGR = np.array([_LUMA, _CB, _CR])
OFFSETS = np.array([16.0, 128.0, 128.0])
_FROM_BGRA = np.zeros((4, 4))
_FROM_BGRA[:3, :3], _FROM_BGRA[:3, 3], _FROM_BGRA[3, 3] = FROM_BGR, OFFSETS / 255, 1.0
_TO_BGR = np.linalg.inv(FROM_BGR)


@dataclass(frozen=True, slots=True)
class Rect:
    """Pixels ``x0 <= x < x1``, ``y0 <= y < y1``."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def empty(self) -> bool:
        return self.x0 >= self.x1 or self.y0 >= self.y1

    @property
    def luma(self) -> tuple[slice, slice]:
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @property
    def chroma(self) -> tuple[slice, slice]:
        """The same place in a plane of half the size; the edges must be even."""
        return slice(self.y0 // 2, self.y1 // 2), slice(self.x0 // 2, self.x1 // 2)

    def joined(self, other: Rect) -> Rect:
        if self.empty:
            return other
        if other.empty:
            return self
        return Rect(
            min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1)
        )

    def clipped(self, other: Rect) -> Rect:
        return Rect(
            max(self.x0, other.x0), max(self.y0, other.y0), min(self.x1, other.x1), min(self.y1, other.y1)
        )


NOWHERE = Rect(0, 0, 0, 0)


def as_layer(pixels: NDArray[np.uint8]) -> Layer:
    """Premultiplied blue, green, red, alpha as a layer."""
    return cast("Layer", cv2.transform(pixels, _FROM_BGRA))


def empty_planes(width: int, height: int) -> Planes:
    half = (height // 2, width // 2)
    return Planes(y=np.empty((height, width), np.uint8), u=np.empty(half, np.uint8), v=np.empty(half, np.uint8))


def copy_rect(source: Planes, target: Planes, rect: Rect) -> None:
    target.y[rect.luma] = source.y[rect.luma]
    target.u[rect.chroma] = source.u[rect.chroma]
    target.v[rect.chroma] = source.v[rect.chroma]


def lay_over(layer: Layer, base: Planes, target: Planes, rect: Rect) -> None:
    """Show ``layer``, which has the size of ``rect``, over ``base`` in ``target``. The edges of ``rect`` are even."""
    small = cv2.resize(layer, (layer.shape[1] // 2, layer.shape[0] // 2), interpolation=cv2.INTER_AREA)
    _blend(cv2.extractChannel(layer, 0), cv2.extractChannel(layer, 3), base.y[rect.luma], target.y[rect.luma])
    _, u, v, alpha = cv2.split(small)
    _blend(u, alpha, base.u[rect.chroma], target.u[rect.chroma])
    _blend(v, alpha, base.v[rect.chroma], target.v[rect.chroma])


def _blend(over: NDArray[np.uint8], alpha: NDArray[np.uint8], base: Plane, target: Plane) -> None:
    shown = cv2.multiply(base, cv2.bitwise_not(alpha), scale=1 / 255)
    cv2.add(shown, over, dst=target)


def to_bgr(planes: Planes) -> NDArray[np.uint8]:
    """The picture as full-range blue, green, red."""
    height, width = planes.y.shape
    chroma = [cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR) for plane in (planes.u, planes.v)]
    yuv = np.dstack([planes.y, *chroma]).astype(np.float32) - OFFSETS.astype(np.float32)
    bgr = yuv @ _TO_BGR.T.astype(np.float32)
    return np.clip(np.rint(bgr), 0, 255).astype(np.uint8)
