# pyright: reportUnknownMemberType=false
"""Draws captions that keep time with every word. Runs in child processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.media.encode import Planes
from app.media.lettering.direction import in_order, levels
from app.media.lettering.faces import Face, Weight
from app.media.lettering.phrases import language_of
from app.media.lettering.setting import Align, Lettering, set_text
from app.media.lettering.wrapping import breakable, clusters, is_right_to_left
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
#: A word alone that one line would make smaller than this has two.
_READABLE = 0.7
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
            self._set[phrase] = _laid(wanted.phrases[phrase], self._face, wanted)
        return self._set[phrase]

    def runs(self, frames: int) -> Iterator[int]:
        """How many frames there are from one change to the next."""
        edges = {0, frames} | {edge for each in self._states for edge in (each.first, each.stop)}
        yield from (stop - start for start, stop in pairwise(sorted(edges)))


def _laid(words: Sequence[Word], face: Face, wanted: Kinetic) -> list[_Placed]:
    """In the middle of the room, in at most two lines, as large as fits."""
    size, room = float(wanted.size), wanted.room
    kept = [replace_text(word, settable(word.text, face)) for word in words]
    kept = [word for word in kept if word.text.strip()]
    inner = room.width - round(2 * _ASIDE * size)
    if len(kept) == 1 and _is_long(kept[0], face, size, inner):
        kept = [replace_text(kept[0], halved(kept[0].text))]
    while True:
        set_words = [
            set_text(word.text, face, size=size, width=_ENDLESS, align=Align.CENTRE, backwards=wanted.backwards)
            for word in kept
        ]
        lines = _lines(kept, set_words, size, inner)
        high = _high(lines, set_words) * _LEADING * size + 2 * _ABOVE * size
        if ((lines or not kept) and len(lines) <= _LINES and high <= room.height) or size <= _SMALLEST:
            return list(_in_lines(kept, set_words, lines, size, wanted))
        size *= _SHRINK


def _high(lines: Sequence[Sequence[int]], drawn: Sequence[Lettering]) -> int:
    """Lines, a word alone having those that it was divided into."""
    return max(len(lines), *(len(each.lines) for each in drawn), 0)


def _is_long(word: Word, face: Face, size: float, room: float) -> bool:
    """So that in one line it would be small."""
    return set_text(word.text, face, size=size * _READABLE, width=_ENDLESS).width > room


def halved(word: str) -> str:
    """In two lines: at a place where it could break, if there is one near the middle, else with a hyphen.

    Letters that join, as those of Arabic do, are not torn apart.
    """
    if is_right_to_left(word):
        return word
    middle, near = len(word) / 2, len(word) / 5
    legal = list(accumulate(map(len, breakable(word)[:-1])))
    best = min(legal, key=lambda place: abs(place - middle), default=0)
    if best and abs(best - middle) <= near:
        return f"{word[:best]}\n{word[best:]}"
    anywhere = list(accumulate(map(len, clusters(word))))[:-1]
    if not anywhere:
        return word
    best = min(anywhere, key=lambda place: abs(place - middle))
    hyphen = "-" if word[best - 1].isalpha() and word[best].isalpha() else ""
    return f"{word[:best]}{hyphen}\n{word[best:]}"


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
    words: Sequence[Word], drawn: Sequence[Lettering], lines: Sequence[Sequence[int]], size: float, wanted: Kinetic
) -> Iterator[_Placed]:
    room = wanted.room
    top = (room.height - _high(lines, drawn) * _LEADING * size) / 2
    placed = dict[int, _Placed]()
    for row, line in enumerate(lines):
        x, before = (room.width - _wide(words, drawn, line, size)) / 2, -1
        for number in _as_seen(words, line, backwards=wanted.backwards):
            # Of two neighbours, the space is before the one that is read later.
            x += _SPACE * size if before >= 0 and not words[max(before, number)].glued else 0.0
            before = number
            base = top + row * _LEADING * size + size
            letters = drawn[number]
            y = max(0, round(base) - letters.baseline)
            placed[number] = _Placed(letters=letters, x=max(0, round(x)), y=y, strong=words[number].strong)
            x += letters.width
    yield from (placed[number] for number in sorted(placed))


def _as_seen(words: Sequence[Word], line: Sequence[int], *, backwards: bool) -> list[int]:
    """From left to right: words of the other direction keep their own order among themselves."""
    text = " ".join(words[number].text for number in line)
    raised, starts = levels(text, backwards=backwards), [0]
    for number in line[:-1]:
        starts.append(starts[-1] + len(words[number].text) + 1)
    return in_order(
        line, [raised[start + _telling(words[number].text)] for start, number in zip(starts, line, strict=True)]
    )


def _telling(word: str) -> int:
    """The place of the character that says which way a word goes: its first letter or digit."""
    return next((place for place, character in enumerate(word) if character.isalnum()), 0)


# one picture ---------------------------------------------------------------------------------------------------------


def _picture(wanted: Kinetic, words: Sequence[_Placed], said: int) -> tuple[Bgr, Bgr]:
    """All of the room in colours, and how much of each pixel is covered, 0..255."""
    canvas = _Canvas(wanted.room, min((word.letters.size for word in words), default=wanted.size))
    if wanted.style is CaptionStyle.BOXED:
        canvas.boxes(_rows(words), bgr_of(wanted.back), _VEIL)
        if said < len(words):
            canvas.boxes([[words[said]]], bgr_of(wanted.accent), 1.0, beside=words)
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

    def boxes(
        self,
        rows: Sequence[Sequence[_Placed]],
        colour: tuple[int, int, int],
        share: float,
        beside: Sequence[_Placed] = (),
    ) -> None:
        """One around each row; where two meet, they are one. None is over the letters ``beside`` it."""
        shape = np.zeros(self.covered.shape, np.float32)
        for words in rows:
            top, bottom, left, right = self._around(words, beside)
            part = shape[top:bottom, left:right]
            box = outline_of(Outline.ROUNDED, right - left, bottom - top).astype(np.float32) / 255
            np.maximum(part, box * share, out=part)
        self._over((slice(None), slice(None)), shape, colour)

    def _around(self, words: Sequence[_Placed], beside: Sequence[_Placed]) -> tuple[int, int, int, int]:
        """As high as the row. Letters that reach farther up or down than those of Latin script are inside, too."""
        aside, above = round(_ASIDE * self._size * 0.6), round(_ABOVE * self._size)
        base = words[0].y + words[0].letters.baseline
        others = [word for word in beside if word.y + word.letters.baseline == base]
        inked = [np.flatnonzero(word.letters.coverage.max(axis=1)) + word.y for word in [*words, *others]]
        top = min([base - round(self._size) - above // 2, *(rows[0] - above // 3 for rows in inked if rows.size)])
        bottom = base + round(0.3 * self._size) + above // 2
        bottom = max([bottom, *(rows[-1] + 1 + above // 3 for rows in inked if rows.size)])
        begin, end = min(w.x for w in words), max(w.x + w.letters.width for w in words)
        left = max([begin - aside, *(w.x + w.letters.width for w in others if w.x + w.letters.width <= begin)])
        right = min([end + aside, *(w.x for w in others if w.x >= end)])
        height, width = self.covered.shape
        return max(0, int(top)), min(height, int(bottom)), max(0, left), min(width, right)

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
