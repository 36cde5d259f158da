# pyright: reportUnknownMemberType=false
"""Draws captions that keep time with every word. Runs in child processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.media.encode import Planes
from app.media.lettering.faces import Face, Weight
from app.media.lettering.setting import Lettering, set_text
from app.media.lettering.wrapping import is_right_to_left, language_of
from app.media.stage import Mask, Outline, Rect, lay, mask_of, outline_of
from app.modules.videos.pipeline.colours import bgr_of
from app.modules.videos.pipeline.ground import bgr_planes
from app.modules.videos.pipeline.kinetic import Kinetic, State, Word
from app.modules.videos.pipeline.looks import Box
from app.modules.videos.pipeline.subtitling import settable
from app.modules.videos.scenery import CaptionStyle

#: In multiples of the size of letters: spaces, from line to line, around letters, around words on a box.
_SPACE, _LEADING, _EDGE, _ASIDE, _ABOVE = 0.26, 1.22, 0.085, 0.3, 0.14
_LINES, _SHRINK, _SMALLEST = 2, 0.92, 12
_VEIL = 0.82
_ENDLESS = 100_000.0
Bgr = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A word in the room: its ink begins at column and row."""

    letters: Lettering
    x: int
    y: int
    strong: bool


class WordLayer:
    """The captions of a run over what is there: another picture for each word that is said."""

    still = False
    covers = False

    def __init__(self, wanted: Kinetic, files: Mapping[str, Path]) -> None:
        font = wanted.font
        self._wanted, self._states = wanted, wanted.states
        language = language_of("".join(word.text for phrase in wanted.phrases for word in phrase))
        own = files[font.sha256] if font is not None else None
        self._face = Face(weight=Weight.TITLE, own=own, language=language)
        room = wanted.room
        self.rect = Rect(room.x, room.y, room.width, room.height)
        self._set = dict[int, list[_Placed]]()
        self._drawn: tuple[State, Planes, Mask] | None = None

    def paint(self, index: int, planes: Planes) -> None:
        state = next((each for each in self._states if each.first <= index < each.stop), None)
        if state is None:
            return
        if self._drawn is None or self._drawn[0] is not state:
            picture, covered = _picture(self._wanted, self._words(state.phrase), state.said)
            self._drawn = (state, bgr_planes(picture), mask_of(covered))
        _, picture, mask = self._drawn
        lay(picture, mask, self.rect.of(planes))

    def _words(self, phrase: int) -> list[_Placed]:
        if phrase not in self._set:
            wanted = self._wanted
            self._set[phrase] = _laid(wanted.phrases[phrase], self._face, wanted.size, wanted.room)
        return self._set[phrase]

    def runs(self, frames: int) -> Iterator[int]:
        """How many frames there are from one change to the next."""
        edges = {0, frames} | {edge for each in self._states for edge in (each.first, each.stop)}
        yield from (stop - start for start, stop in pairwise(sorted(edges)))


def _laid(words: Sequence[Word], face: Face, size: float, room: Box) -> list[_Placed]:
    """In the middle of the room, in at most two lines, as large as fits."""
    kept = [replace_text(word, settable(word.text, face)) for word in words]
    kept = [word for word in kept if word.text.strip()]
    inner = room.width - round(2 * _ASIDE * size)
    while True:
        set_words = [set_text(word.text, face, size=size, width=_ENDLESS) for word in kept]
        lines = _lines(kept, set_words, size, inner)
        high = len(lines) * _LEADING * size + 2 * _ABOVE * size
        if ((lines or not kept) and len(lines) <= _LINES and high <= room.height) or size <= _SMALLEST:
            return list(_in_lines(kept, set_words, lines, size, room))
        size *= _SHRINK


def replace_text(word: Word, text: str) -> Word:
    return word.model_copy(update={"text": text})


def _lines(words: Sequence[Word], drawn: Sequence[Lettering], size: float, room: float) -> list[list[int]]:
    """Numbers of the words of each line, in lines of like width; none if a word is too wide."""
    if any(each.width > room for each in drawn):
        return []
    whole = _wide(words, drawn, range(len(words)), size)
    if whole <= room or len(words) == 1:
        return [list(range(len(words)))] if words else []
    cuts = range(1, len(words))
    best = min(cuts, key=lambda cut: max(_wide(words, drawn, r, size) for r in (range(cut), range(cut, len(words)))))
    lines = [list(range(best)), list(range(best, len(words)))]
    return lines if all(_wide(words, drawn, line, size) <= room for line in lines) else []


def _wide(words: Sequence[Word], drawn: Sequence[Lettering], line: Sequence[int], size: float) -> float:
    spaces = sum(not words[number].glued for number in list(line)[1:])
    return sum(drawn[number].width for number in line) + spaces * _SPACE * size


def _in_lines(
    words: Sequence[Word], drawn: Sequence[Lettering], lines: Sequence[Sequence[int]], size: float, room: Box
) -> Iterator[_Placed]:
    top = (room.height - len(lines) * _LEADING * size) / 2
    placed = dict[int, _Placed]()
    for row, line in enumerate(lines):
        backwards = is_right_to_left(" ".join(words[number].text for number in line))
        x = (room.width - _wide(words, drawn, line, size)) / 2
        for place, number in enumerate(reversed(line) if backwards else line):
            x += _SPACE * size if place and not words[number].glued else 0.0
            base = top + row * _LEADING * size + size
            letters = drawn[number]
            y = max(0, round(base) - letters.baseline)
            placed[number] = _Placed(letters=letters, x=max(0, round(x)), y=y, strong=words[number].strong)
            x += letters.width
    yield from (placed[number] for number in sorted(placed))


# one picture ---------------------------------------------------------------------------------------------------------


def _picture(wanted: Kinetic, words: Sequence[_Placed], said: int) -> tuple[Bgr, Bgr]:
    """All of the room in colours, and how much of each pixel is covered, 0..255."""
    canvas = _Canvas(wanted.room, min((word.letters.size for word in words), default=wanted.size))
    if wanted.style is CaptionStyle.BOXED:
        for line in _rows(words):
            canvas.box(line, bgr_of(wanted.back), _VEIL)
        if said < len(words):
            canvas.box([words[said]], bgr_of(wanted.accent), 1.0)
    else:
        canvas.edges(words)
    for number, word in enumerate(words):
        spoken = number == said
        on_accent = spoken and wanted.style is CaptionStyle.BOXED
        lit = (spoken and wanted.style is CaptionStyle.KARAOKE) or (word.strong and not on_accent)
        canvas.write(word, bgr_of(wanted.accent if lit else wanted.text))
    return canvas.colours, np.rint(canvas.covered * 255).astype(np.uint8)


def _rows(words: Sequence[_Placed]) -> list[list[_Placed]]:
    rows = list[list[_Placed]]()
    for word in words:
        base = word.y + word.letters.baseline
        if rows and rows[-1][0].y + rows[-1][0].letters.baseline == base:
            rows[-1].append(word)
        else:
            rows.append([word])
    return rows


class _Canvas:
    """``size``: of letters, which may have been made smaller to fit."""

    def __init__(self, room: Box, size: float) -> None:
        self._size = size
        self.colours: Bgr = np.zeros((room.height, room.width, 3), np.uint8)
        self.covered: NDArray[np.float32] = np.zeros((room.height, room.width), np.float32)

    def edges(self, words: Sequence[_Placed]) -> None:
        """Dark around all letters, so that they are read on any ground."""
        ink: Bgr = np.zeros(self.covered.shape, np.uint8)
        for word in words:
            part, letters = self._place(ink, word)
            np.maximum(part, letters, out=part)
        around = 2 * max(1, round(_EDGE * self._size)) + 1
        grown = cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (around, around)))
        soft = cv2.GaussianBlur(grown, (0, 0), max(0.6, 0.012 * self._size))
        self.covered = np.maximum(self.covered, np.asarray(soft, np.float32) / 255)

    def box(self, words: Sequence[_Placed], colour: tuple[int, int, int], share: float) -> None:
        aside, above = round(_ASIDE * self._size * 0.6), round(_ABOVE * self._size)
        base = words[0].y + words[0].letters.baseline
        left, right = min(w.x for w in words) - aside, max(w.x + w.letters.width for w in words) + aside
        top, bottom = base - round(self._size) - above // 2, base + round(0.3 * self._size) + above // 2
        height, width = self.covered.shape
        left, top, right, bottom = max(0, left), max(0, top), min(width, right), min(height, bottom)
        shape = outline_of(Outline.ROUNDED, right - left, bottom - top).astype(np.float32) / 255 * share
        self._over((slice(top, bottom), slice(left, right)), shape, colour)

    def write(self, word: _Placed, colour: tuple[int, int, int]) -> None:
        part, letters = self._place(self.covered, word)
        (y, x), (height, width) = (word.y, word.x), part.shape
        colours = word.letters.coloured(colour)[:height, :width]
        self._over((slice(y, y + height), slice(x, x + width)), letters.astype(np.float32) / 255, colours)

    def _over(
        self,
        place: tuple[slice, slice],
        share: NDArray[np.floating],
        colour: tuple[int, int, int] | NDArray[np.float32],
    ) -> None:
        """Laid over what is there, which may itself be seen through."""
        under = self.covered[place]
        both = share + under * (1 - share)
        part = np.divide(share, both, out=np.zeros_like(share), where=both > 0)[:, :, None]
        self.colours[place] = np.rint(self.colours[place] * (1 - part) + np.asarray(colour, np.float32) * part)
        self.covered[place] = both

    @staticmethod
    def _place(plane: NDArray[np.generic], word: _Placed) -> tuple[NDArray[np.generic], NDArray[np.uint8]]:
        height, width = plane.shape
        letters = word.letters.coverage[: height - word.y, : width - word.x]
        return plane[word.y : word.y + letters.shape[0], word.x : word.x + letters.shape[1]], letters
