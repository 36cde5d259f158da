"""Pictures in the form the encoder takes: BT.709, limited range, 4:2:0, and layers of them with an alpha channel."""

from __future__ import annotations

import math
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
_FROM_BGR_WITH_OFFSETS = np.hstack([FROM_BGR, OFFSETS[:, None]])
_FROM_BGR_PREMULTIPLIED = np.hstack([FROM_BGR, np.array([[0.0], [128.0], [128.0]])])
_LUMA_OFFSET = np.round(16.0 / 255 * np.arange(256)).astype(np.uint8)
_CHROMA_MISSING = (128 - np.round(128.0 / 255 * np.arange(256))).astype(np.uint8)
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
    def size(self) -> int:
        return (self.x1 - self.x0) * (self.y1 - self.y0)

    @property
    def luma(self) -> tuple[slice, slice]:
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @property
    def chroma(self) -> tuple[slice, slice]:
        """The same place in a plane of half the size; the edges must be even."""
        return slice(self.y0 // 2, self.y1 // 2), slice(self.x0 // 2, self.x1 // 2)

    def moved(self, dx: int, dy: int) -> Rect:
        return Rect(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)

    def joined(self, other: Rect) -> Rect:
        if self.empty:
            return other
        if other.empty:
            return self
        return Rect(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    def clipped(self, other: Rect) -> Rect:
        return Rect(max(self.x0, other.x0), max(self.y0, other.y0), min(self.x1, other.x1), min(self.y1, other.y1))


NOWHERE = Rect(0, 0, 0, 0)


def as_layer(pixels: NDArray[np.uint8]) -> Layer:
    """Premultiplied blue, green, red, alpha as a layer.

    The offsets of luma and chroma count as far as the pixel is there, so they are put in by alpha.
    """
    alpha = cv2.extractChannel(pixels, 3)
    y, u, v = cv2.split(cv2.transform(cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR), _FROM_BGR_PREMULTIPLIED))
    missing = cv2.LUT(alpha, _CHROMA_MISSING)
    channels = (cv2.add(y, cv2.LUT(alpha, _LUMA_OFFSET)), cv2.subtract(u, missing), cv2.subtract(v, missing), alpha)
    return cast("Layer", cv2.merge(channels))


def as_opaque_layer(pixels: NDArray[np.uint8]) -> Layer:
    """The same for a picture without holes, and many times as fast."""
    yuv = cv2.transform(cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR), _FROM_BGR_WITH_OFFSETS)
    return cast("Layer", cv2.cvtColor(yuv, cv2.COLOR_BGR2BGRA))


def empty_planes(width: int, height: int) -> Planes:
    half = (height // 2, width // 2)
    return Planes(y=np.empty((height, width), np.uint8), u=np.empty(half, np.uint8), v=np.empty(half, np.uint8))


def copy_rect(source: Planes, target: Planes, rect: Rect) -> None:
    target.y[rect.luma] = source.y[rect.luma]
    target.u[rect.chroma] = source.u[rect.chroma]
    target.v[rect.chroma] = source.v[rect.chroma]


class Bench:
    """Memory for intermediate pictures, used again and again: fresh pages cost more than the arithmetic on them."""

    def __init__(self) -> None:
        self._buffers: dict[str, NDArray[np.uint8]] = {}
        self._floats: NDArray[np.float32] = np.empty(0, np.float32)

    def bytes(self, name: str, *shape: int) -> NDArray[np.uint8]:
        """An array of any content; what was handed out under the same name before is overwritten."""
        size, buffer = math.prod(shape), self._buffers.get(name)
        if buffer is None or len(buffer) < size:
            buffer = self._buffers[name] = np.empty(size, np.uint8)
        return buffer[:size].reshape(shape)

    def floats(self, *shape: int) -> NDArray[np.float32]:
        size = math.prod(shape)
        if len(self._floats) < size:
            self._floats = np.empty(size, np.float32)
        return self._floats[:size].reshape(shape)


def lay_over(layer: Layer, base: Planes, target: Planes, rect: Rect, bench: Bench) -> None:
    """Show ``layer``, which has the size of ``rect``, over ``base`` in ``target``. The edges of ``rect`` are even."""
    height, width = layer.shape[:2]
    small = bench.bytes("small", height // 2, width // 2, 4)
    cv2.resize(layer, (width // 2, height // 2), dst=small, interpolation=cv2.INTER_AREA)
    luma, _, _, alpha = _split(layer, bench)
    _blend(luma, alpha, base.y[rect.luma], target.y[rect.luma])
    _, blue, red, alpha = _split(small, bench)
    through = bench.bytes("through", height // 2, width // 2)
    np.copyto(through, alpha)
    _blend(blue, alpha, base.u[rect.chroma], target.u[rect.chroma])
    _blend(red, through, base.v[rect.chroma], target.v[rect.chroma])


def _split(layer: Layer, bench: Bench) -> list[NDArray[np.uint8]]:
    channels = [bench.bytes(name, *layer.shape[:2]) for name in ("luma", "blue", "red", "alpha")]
    cv2.split(layer, channels)
    return channels


def _blend(over: NDArray[np.uint8], alpha: NDArray[np.uint8], base: Plane, target: Plane) -> None:
    """Uses up ``alpha``."""
    cv2.bitwise_not(alpha, dst=alpha)
    cv2.multiply(base, alpha, dst=alpha, scale=1 / 255)
    cv2.add(alpha, over, dst=target)


def to_bgr(planes: Planes) -> NDArray[np.uint8]:
    """The picture as full-range blue, green, red."""
    height, width = planes.y.shape
    chroma = [cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR) for plane in (planes.u, planes.v)]
    yuv = np.dstack([planes.y, *chroma]).astype(np.float32) - OFFSETS.astype(np.float32)
    bgr = yuv @ _TO_BGR.T.astype(np.float32)
    return np.clip(np.rint(bgr), 0, 255).astype(np.uint8)
