"""Draws captions into the picture. Runs in child processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from app.media.encode import Planes
from app.media.lettering.faces import Face, NoFont, Weight, fonts_for
from app.media.lettering.phrases import language_of
from app.media.lettering.setting import Align, Lettering, fit_text
from app.media.stage import Mask, Outline, Rect, lay, mask_of, outline_of
from app.modules.videos.pipeline.ground import bgr_planes
from app.modules.videos.pipeline.subtitles import Subtitle, Subtitles

#: How much of what is behind is hidden by the box.
_VEIL = 0.72
_WHITE = (255, 255, 255)
#: Around the words, in multiples of the size of letters.
_ASIDE, _ABOVE = 0.55, 0.22


class SubtitleLayer:
    """The captions of a run, one at a time, over what is there."""

    still = False
    covers = False

    def __init__(self, subtitles: Subtitles, files: Mapping[str, Path]) -> None:
        font = subtitles.font
        language = language_of("".join(line for each in subtitles.shown for line in each.lines))
        own = files[font.sha256] if font is not None else None
        face = Face(weight=Weight.SEMIBOLD, own=own, language=language)
        self._shown = [(each, _Drawn(each, subtitles, face)) for each in subtitles.shown]
        self.rect = _around([drawn.rect for _, drawn in self._shown])
        self._at = (self.rect.x, self.rect.y)

    def paint(self, index: int, planes: Planes) -> None:
        for subtitle, drawn in self._shown:
            if subtitle.first <= index < subtitle.stop:
                lay(drawn.picture, drawn.mask, self._inside(drawn.rect).of(self.rect.of(planes)))

    def runs(self, frames: int) -> Iterator[int]:
        """How many frames there are from one change to the next."""
        edges = {0, frames} | {edge for each, _ in self._shown for edge in (each.first, each.stop)}
        yield from (stop - start for start, stop in pairwise(sorted(edges)))

    def _inside(self, rect: Rect) -> Rect:
        """In the layer's own rectangle, wherever that is by now."""
        return replace(rect, x=rect.x - self._at[0], y=rect.y - self._at[1])


class _Drawn:
    """White words on a dark box with round corners, a little wider than they are."""

    def __init__(self, subtitle: Subtitle, subtitles: Subtitles, face: Face) -> None:
        room, size = subtitles.room, subtitles.size
        aside, above = round(_ASIDE * size), round(_ABOVE * size)
        text = "\n".join(settable(line, face) for line in subtitle.lines)
        words = fit_text(
            text, face, size=size, width=room.width - 2 * aside, height=room.height - 2 * above, lines=2,
            align=Align.CENTRE,
        )  # fmt: skip
        width, height = _even_up(words.width + 2 * aside), _even_up(words.height + 2 * above)
        x, y = room.x + (room.width - width) // 4 * 2, room.y + room.height - height
        self.rect = Rect(x, y, width, height)
        self.picture, self.mask = _inked(words, width, height)


def _inked(words: Lettering, width: int, height: int) -> tuple[Planes, Mask]:
    seen = np.zeros((height, width), np.float32)
    top, left = (height - words.height) // 2, (width - words.width) // 2
    seen[top : top + words.height, left : left + words.width] = words.coverage.astype(np.float32) / 255
    veil = outline_of(Outline.ROUNDED, width, height).astype(np.float32) / 255 * _VEIL * (1 - seen)
    covered = seen + veil
    share = np.divide(seen, covered, out=np.zeros_like(seen), where=covered > 0)
    colours = np.zeros((height, width, 3), np.float32)
    colours[top : top + words.height, left : left + words.width] = words.coloured(_WHITE)
    picture = np.rint(share[:, :, None] * colours).astype(np.uint8)
    return bgr_planes(picture), mask_of(np.rint(covered * 255).astype(np.uint8))


def settable(line: str, face: Face) -> str:
    """Without the letters that no font has: a caption that lacks one says more than no video."""
    return "".join(character for character in line if _has_font(character, face))


@cache
def _has_font(character: str, face: Face) -> bool:
    try:
        fonts_for(character, face)
    except NoFont:
        return False
    return True


def _around(rects: list[Rect]) -> Rect:
    x, y = min(rect.x for rect in rects), min(rect.y for rect in rects)
    right, bottom = max(rect.x + rect.width for rect in rects), max(rect.y + rect.height for rect in rects)
    return Rect(x, y, right - x, bottom - y)


def _even_up(length: int) -> int:
    return length + length % 2
