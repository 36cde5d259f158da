# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportAttributeAccessIssue=false
"""Characters → shapes that a font draws for them, by HarfBuzz: letters joined, marks placed, pairs brought together.

All of it is in the wheel of uharfbuzz. (Pillow shapes only where FriBiDi is installed on the system.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor
from pathlib import Path

import numpy as np
import uharfbuzz as hb
from numpy.typing import NDArray

from app.media.refusals import Corrupt

Box = tuple[float, float, float, float]
Plane = NDArray[np.uint8]
#: What chose the font between signs and emoji, and would break the sequences that it has drawings for.
_ASKED: dict[int, None] = {0xFE0E: None, 0xFE0F: None}
#: How far the edge of a letter may be softened beyond it, in pixels.
_SOFT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A glyph at its place from where the run begins, in multiples of the size: to the right, and up."""

    glyph: int
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped:
    """A run of one font. ``advance``: to where the next begins."""

    shapes: tuple[Shape, ...]
    advance: float


class Shaper:
    """A font, loaded."""

    def __init__(self, path: Path) -> None:
        face = hb.Face(hb.Blob.from_file_path(str(path)))
        if not face.glyph_count:
            raise Corrupt(f"The font {path.name} cannot be read: it is damaged. Choose another font.")
        self._font, self._em = hb.Font(face), int(face.upem)
        self.has_colour: bool = face.has_color_paint or face.has_color_layers
        extents = self._font.get_font_extents("ltr")
        #: Of a line, in multiples of the size: above the baseline, and below it.
        self.ascent, self.descent = float(extents.ascender / self._em), float(-extents.descender / self._em)

    def shape(self, text: str, *, backwards: bool, language: str) -> Shaped:
        """``text``: all of it in one direction, in the order of reading. ``language``: by ISO 639."""
        buffer = hb.Buffer()
        buffer.add_str(text.translate(_ASKED))
        buffer.guess_segment_properties()
        buffer.direction, buffer.language = "rtl" if backwards else "ltr", language
        hb.shape(self._font, buffer)
        x, shapes = 0, list[Shape]()
        for info, at in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            place = (x + at.x_offset) / self._em
            shapes.append(Shape(glyph=info.codepoint, x=place, y=at.y_offset / self._em))
            x += at.x_advance
        return Shaped(shapes=tuple(shapes), advance=x / self._em)

    def box(self, shape: Shape) -> Box | None:
        """Left, top, right, bottom of its ink from where the run begins, downwards, in multiples of the size."""
        ink = self._font.get_glyph_extents(shape.glyph)
        if ink is None or not ink.width or not ink.height:
            return None
        left, top = shape.x + ink.x_bearing / self._em, -shape.y - ink.y_bearing / self._em
        return left, top, left + ink.width / self._em, top - ink.height / self._em

    def cover(self, plane: Plane, shape: Shape, at: tuple[float, float], size: float) -> None:
        """Draw it. ``at``: column and row where the run begins, on the baseline."""
        frame = self._frame(shape, at, size, plane.shape[:2])
        if frame is None:
            return
        rows, columns = frame
        draw = hb.RasterDraw()
        draw.transform = self._transform(shape, at, size)
        draw.extents = _extents(rows, columns)
        draw.draw_glyph(self._font, shape.glyph)
        part = plane[rows, columns]
        np.maximum(part, _pixels(draw.render(), 1)[:, :, 0], out=part)

    def paint(self, picture: NDArray[np.uint8], shape: Shape, at: tuple[float, float], size: float) -> None:
        """Draw it in its own colours: blue, green, red, times how much they cover, and that."""
        frame = self._frame(shape, at, size, picture.shape[:2])
        if frame is None:
            return
        rows, columns = frame
        paint = hb.RasterPaint()
        paint.transform = self._transform(shape, at, size)
        paint.extents = _extents(rows, columns)
        paint.paint_glyph(self._font, shape.glyph)
        part, above = picture[rows, columns], _pixels(paint.render(), 4)
        seen = 255 - above[:, :, 3:].astype(np.uint16)
        part[:] = above + (part * seen + 127) // 255

    def _transform(self, shape: Shape, at: tuple[float, float], size: float) -> tuple[float, ...]:
        scale = size / self._em
        return scale, 0.0, 0.0, scale, at[0] + shape.x * size, shape.y * size - at[1]

    def _frame(
        self, shape: Shape, at: tuple[float, float], size: float, whole: tuple[int, ...]
    ) -> tuple[slice, slice] | None:
        box = self.box(shape)
        if box is None:
            return None
        left, top, right, bottom = (each * size + at[side % 2] for side, each in enumerate(box))
        rows = slice(max(0, floor(top) - _SOFT), min(whole[0], ceil(bottom) + _SOFT))
        columns = slice(max(0, floor(left) - _SOFT), min(whole[1], ceil(right) + _SOFT))
        return (rows, columns) if rows.start < rows.stop and columns.start < columns.stop else None


@lru_cache(maxsize=32)
def shaper(path: Path) -> Shaper:
    """Raises ``Corrupt``."""
    return Shaper(path)


def _extents(rows: slice, columns: slice) -> hb.RasterExtents:
    """Rows of HarfBuzz go up."""
    return hb.RasterExtents(
        x_origin=columns.start,
        y_origin=-rows.stop,
        width=columns.stop - columns.start,
        height=rows.stop - rows.start,
        stride=0,
    )


def _pixels(image: hb.RasterImage, channels: int) -> NDArray[np.uint8]:
    made = image.extents
    lines = np.frombuffer(image.buffer, np.uint8).reshape(made.height, made.stride)
    return lines[::-1, : made.width * channels].reshape(made.height, made.width, channels)
