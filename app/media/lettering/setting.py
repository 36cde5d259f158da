"""Sets text: words → a picture of how much of each pixel they cover, and of the colours of emoji.

Letters stand where they should to a fraction of a pixel, at any size: text that was made smaller has the same lines and
proportions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from app.media.encode import Plane
from app.media.lettering.direction import in_order, levels
from app.media.lettering.faces import Face, Font, Fonts, fonts_for
from app.media.lettering.phrases import language_of
from app.media.lettering.shaping import Box, Shaped, Shaper, shaper
from app.media.lettering.wrapping import balanced, is_right_to_left, plain, wrapped

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

    ``own``: what of it has colours of its own, as emoji have: blue, green, red, times how much that covers, and that.
    ``missing``: symbols that no font has; they are left out.
    """

    coverage: Plane
    own: NDArray[np.uint8] | None = None
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

    def coloured(self, colour: tuple[int, int, int]) -> NDArray[np.float32]:
        """Blue, green and red of its ink in each pixel, if letters have this colour."""
        if self.own is None:
            return np.broadcast_to(np.asarray(colour, np.float32), (*self.coverage.shape, 3))
        own, every = self.own.astype(np.float32), self.coverage.astype(np.float32)[:, :, None]
        letters = np.maximum(every - own[:, :, 3:], 0)
        return np.minimum((own[:, :, :3] * 255 + letters * np.asarray(colour, np.float32)) / np.maximum(every, 1), 255)


def set_text(
    text: str, face: Face, *, size: float, width: float, align: Align = Align.START, backwards: bool | None = None
) -> Lettering:
    """In this size, in pixels, and as many lines as that takes. Nothing is wider than ``width``.

    ``backwards``: it is part of what is read from the right; if not given, the text tells.

    Raises ``Corrupt`` for a font that cannot be read, ``NoFont`` for letters that no font has.
    """
    return Text(text, face, align=align, backwards=backwards).at(size, width)


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


def ink(
    bgr: NDArray[np.uint8], coverage: Plane, at: tuple[int, int], colour: tuple[int, int, int] | NDArray[np.float32]
) -> None:
    """Draw in one colour (blue, green, red), or in each pixel's, what is covered; its upper left corner is ``at``."""
    x, y = at
    place = bgr[y : y + coverage.shape[0], x : x + coverage.shape[1]]
    share = coverage[:, :, None].astype(np.float32) / 255
    place[:] = np.rint(place * (1 - share) + np.asarray(colour, np.float32) * share).astype(np.uint8)


class Text:
    """A text that is to be set, in one size or another."""

    def __init__(
        self,
        text: str,
        face: Face,
        *,
        align: Align = Align.START,
        balance: bool = False,
        backwards: bool | None = None,
    ) -> None:
        self._text = plain(text)
        self._fonts: Fonts = fonts_for(self._text.replace("\n", ""), face)
        self._text = plain("".join(each for each in self._text if each not in self._fonts.missing))
        self._backwards = is_right_to_left(self._text) if backwards is None else backwards
        self._language = face.language or language_of(self._text)
        self._align = align
        self._break = balanced if balance else wrapped
        self._lines: dict[str, _Line] = {}

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
        return self._line(text).width

    def _line(self, text: str) -> _Line:
        if text not in self._lines:
            runs = _runs(text, self._fonts, backwards=self._backwards)
            self._lines[text] = _Line(tuple(run.shaped(self._language) for run in runs))
        return self._lines[text]

    @cached_property
    def _metrics(self) -> tuple[float, float]:
        """Of the first font, in multiples of the size: the ascent, and from line to line."""
        first = shaper(self._fonts.chain[0].path)
        whole = max(0.01, first.ascent + first.descent)
        leading = min(_LEADING_MOST, max(_LEADING_LEAST, whole))
        return leading * first.ascent / whole, leading

    def _drawn(self, lines: Sequence[str], size: float) -> Lettering:
        ascent, leading = self._metrics
        set_lines = [self._line(line) for line in lines]
        widest = max((line.width for line in set_lines), default=0.0)
        sheet = _Sheet(size)
        for number, line in enumerate(set_lines):
            sheet.write(line, self._left(widest - line.width) * size, (ascent + number * leading) * size)
        coverage, own, above = sheet.picture(widest * size, leading * size * len(lines))
        return Lettering(
            coverage=coverage,
            own=own,
            lines=tuple(lines),
            size=size,
            baseline=above + round(ascent * size),
            leading=leading * size,
            missing=self._fonts.missing,
        )

    def _left(self, room: float) -> float:
        if self._align is Align.CENTRE:
            return room / 2
        return room if self._backwards else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Characters that follow each other, of one font and one direction."""

    text: str
    font: Font
    level: int

    def shaped(self, language: str) -> tuple[Shaper, Shaped]:
        found = shaper(self.font.path)
        return found, found.shape(self.text, backwards=self.level % 2 == 1, language=language)


def _runs(line: str, fonts: Fonts, *, backwards: bool) -> list[_Run]:
    """As they are seen from left to right."""
    raised, place, runs = levels(line, backwards=backwards), 0, list[_Run]()
    for text, font in fonts.clusters(line):
        level = raised[place]
        place += len(text)
        if font is None:
            continue
        if runs and (runs[-1].font, runs[-1].level) == (font, level):
            text = runs.pop().text + text
        runs.append(_Run(text=text, font=font, level=level))
    return in_order(runs, [run.level for run in runs])


@dataclass(frozen=True, slots=True)
class _Line:
    """Runs from left to right, in multiples of the size."""

    runs: tuple[tuple[Shaper, Shaped], ...]

    @property
    def width(self) -> float:
        return sum(shaped.advance for _, shaped in self.runs)


class _Sheet:
    """Where text is written, as large as its ink takes."""

    def __init__(self, size: float) -> None:
        self._size = size
        self._written: list[tuple[Shaper, Shaped, float, float]] = []

    def write(self, line: _Line, x: float, y: float) -> None:
        """From this place on the baseline on."""
        for font, shaped in line.runs:
            self._written.append((font, shaped, x, y))
            x += shaped.advance * self._size

    def picture(self, width: float, height: float) -> tuple[Plane, NDArray[np.uint8] | None, int]:
        """At least so large, and larger where ink goes beyond; its colours, if any; how far it goes above."""
        boxes = [(0.0, 0.0, width, height), *self._boxes()]
        left, top = (floor(min(box[side] for box in boxes)) for side in (0, 1))
        right, bottom = (ceil(max(box[side] for box in boxes)) for side in (2, 3))
        coverage = np.zeros((max(1, bottom - top), max(1, right - left)), np.uint8)
        coloured = any(font.has_colour for font, _, _, _ in self._written)
        own = np.zeros((*coverage.shape, 4), np.uint8) if coloured else None
        for font, shaped, x, y in self._written:
            for shape in shaped.shapes:
                if own is not None and font.has_colour:
                    font.paint(own, shape, (x - left, y - top), self._size)
                else:
                    font.cover(coverage, shape, (x - left, y - top), self._size)
        if own is not None:
            coverage = np.maximum(coverage, own[:, :, 3])
        return coverage, own, -top

    def _boxes(self) -> Iterator[Box]:
        for font, shaped, x, y in self._written:
            for box in filter(None, map(font.box, shaped.shapes)):
                left, top, right, bottom = (each * self._size for each in box)
                yield x + left, y + top, x + right, y + bottom
