# pyright: reportUnknownMemberType=false
"""Sets text: words → a picture of how much of each pixel they cover.

Letters are drawn four times as large and reduced: so they stand where they should to a quarter of a pixel, at any
size, and text that was made smaller has the same lines and proportions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from math import ceil, floor

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from app.media.encode import Plane
from app.media.lettering.faces import Face, Font, Fonts, fonts_for
from app.media.lettering.wrapping import balanced, is_right_to_left, plain, wrapped

_FINE = 4
#: Widths are measured at this size, where nothing is rounded.
_MEASURED = 256
_LEADING_LEAST, _LEADING_MOST = 1.14, 1.5
#: Text is made smaller in such steps, and no more when it is so small that nobody could read it.
_SHRINK, _SMALLEST = 0.95, 4


class Align(StrEnum):
    """``start``: left, and right for text that is read from there."""

    START = "start"
    CENTRE = "centre"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lettering:
    """Text in its place: ``coverage`` holds all of its ink, 0..255. ``baseline``: of the first line, in rows.

    ``missing``: symbols that no font has; they are left out.
    """

    coverage: Plane
    lines: tuple[str, ...]
    size: float
    baseline: int
    leading: float
    missing: frozenset[str]

    @property
    def width(self) -> int:
        return self.coverage.shape[1]

    @property
    def height(self) -> int:
        return self.coverage.shape[0]


def set_text(text: str, face: Face, *, size: float, width: float, align: Align = Align.START) -> Lettering:
    """In this size, in pixels, and as many lines as that takes. Nothing is wider than ``width``.

    Raises ``Corrupt`` for a font that cannot be read, ``NoFont`` for letters that no font has.
    """
    return Text(text, face, align=align).at(size, width)


def fit_text(
    text: str, face: Face, *, size: float, width: float, height: float, lines: int = 99, align: Align = Align.START
) -> Lettering:
    """In this size, or the largest smaller one in which all of it fits, in at most so many lines of like length.

    Raises ``Corrupt`` for a font that cannot be read, ``NoFont`` for letters that no font has.
    """
    setting = Text(text, face, align=align, balance=True)
    while size >= _SMALLEST:
        if setting.may_fit(size, width, height, lines):
            made = setting.at(size, width)
            if len(made.lines) <= lines and made.height <= height:
                return made
        size *= _SHRINK
    return setting.at(size, width)


def ink(bgr: NDArray[np.uint8], coverage: Plane, at: tuple[int, int], colour: tuple[int, int, int]) -> None:
    """Draw in one colour (blue, green, red) what is covered, its upper left corner at column and row ``at``."""
    x, y = at
    place = bgr[y : y + coverage.shape[0], x : x + coverage.shape[1]]
    share = coverage[:, :, None].astype(np.float32) / 255
    place[:] = np.rint(place * (1 - share) + np.asarray(colour, np.float32) * share).astype(np.uint8)


class Text:
    """A text that is to be set, in one size or another."""

    def __init__(self, text: str, face: Face, *, align: Align = Align.START, balance: bool = False) -> None:
        self._text = plain(text)
        self._fonts: Fonts = fonts_for(self._text.replace("\n", ""), face)
        self._text = plain("".join(each for each in self._text if each not in self._fonts.missing))
        self._align = align
        self._break = balanced if balance else wrapped
        self._widths: dict[str, float] = {}
        self._loaded: dict[Font, ImageFont.FreeTypeFont] = {}

    def may_fit(self, size: float, width: float, height: float, lines: int) -> bool:
        """Whether it is worth drawing."""
        count = len(wrapped(self._text, width / size, self._width))
        return count <= lines and count * self._metrics[1] * size < height + 1

    def at(self, size: float, width: float) -> Lettering:
        limit = width
        while True:
            lines = self._break(self._text, limit / size, self._width) if self._text else ()
            made = self._drawn(lines, size)
            if made.width <= width:
                return made
            # Ink may reach a little farther than what it is measured by.
            limit -= made.width - width + 0.5

    def _width(self, text: str) -> float:
        """In multiples of the size."""
        if text not in self._widths:
            advances = (self._measuring(run.font).getlength(run.text) for run in self._fonts.runs(text))
            self._widths[text] = sum(advances) / _MEASURED
        return self._widths[text]

    def _measuring(self, font: Font) -> ImageFont.FreeTypeFont:
        if font not in self._loaded:
            self._loaded[font] = font.at(_MEASURED)
        return self._loaded[font]

    @cached_property
    def _metrics(self) -> tuple[float, float]:
        """Of the first font, in multiples of the size: the ascent, and from line to line."""
        ascent, descent = self._measuring(self._fonts.chain[0]).getmetrics()
        whole = max(1, ascent + descent)
        leading = min(_LEADING_MOST, max(_LEADING_LEAST, whole / _MEASURED))
        return leading * ascent / whole, leading

    def _drawn(self, lines: Sequence[str], size: float) -> Lettering:
        ascent, leading = self._metrics
        sheet = _Sheet(size, self._fonts)
        advances = [self._width(line) * size for line in lines]
        widest = max(advances, default=0.0)
        for number, (line, advance) in enumerate(zip(lines, advances, strict=True)):
            sheet.write(line, self._left(line, widest - advance), (ascent + number * leading) * size)
        coverage, above = sheet.picture(widest, leading * size * len(lines))
        return Lettering(
            coverage=coverage,
            lines=tuple(lines),
            size=size,
            baseline=above + round(ascent * size),
            leading=leading * size,
            missing=self._fonts.missing,
        )

    def _left(self, line: str, room: float) -> float:
        if self._align is Align.CENTRE:
            return room / 2
        return room if is_right_to_left(line) else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stroke:
    """A run at its place on the sheet, in fine pixels; its ink is in ``box`` (left, top, right, bottom)."""

    text: str
    font: ImageFont.FreeTypeFont
    x: float
    y: float
    box: tuple[float, float, float, float]


class _Sheet:
    """Where text is written, as large as its ink takes."""

    def __init__(self, size: float, fonts: Fonts) -> None:
        self._size, self._fonts = size * _FINE, fonts
        self._strokes: list[_Stroke] = []

    def write(self, line: str, x: float, y: float) -> None:
        """From this place on the baseline on. Runs of one font are laid in the direction of the line."""
        runs = list(self._fonts.runs(line))
        x, y = x * _FINE, y * _FINE
        for run in reversed(runs) if is_right_to_left(line) else runs:
            font = run.font.at(self._size)
            left, top, right, bottom = font.getbbox(run.text, anchor="ls")
            self._strokes.append(
                _Stroke(text=run.text, font=font, x=x, y=y, box=(x + left, y + top, x + right, y + bottom))
            )
            x += font.getlength(run.text)

    def picture(self, width: float, height: float) -> tuple[Plane, int]:
        """At least so large, and larger where ink goes beyond; and by how many rows above."""
        boxes = [(0.0, 0.0, width * _FINE, height * _FINE), *(stroke.box for stroke in self._strokes)]
        left, top = (floor(min(box[side] for box in boxes) / _FINE) for side in (0, 1))
        right, bottom = (ceil(max(box[side] for box in boxes) / _FINE) for side in (2, 3))
        columns, rows = max(1, right - left), max(1, bottom - top)
        image = Image.new("L", (columns * _FINE, rows * _FINE))
        draw = ImageDraw.Draw(image)
        for stroke in self._strokes:
            place = (stroke.x - left * _FINE, stroke.y - top * _FINE)
            draw.text(place, stroke.text, 255, stroke.font, anchor="ls")
        fine = np.asarray(image, np.uint8)
        return np.asarray(cv2.resize(fine, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8), -top
