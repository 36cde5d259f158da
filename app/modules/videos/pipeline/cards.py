"""Draws cards, lower thirds and logos. Runs in child processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.media.encode import Plane
from app.media.lettering.faces import Face, Weight
from app.media.lettering.setting import Lettering, fit_text, ink
from app.media.lettering.wrapping import is_right_to_left
from app.media.stage import Outline, outline_of
from app.modules.videos.pipeline.colours import bgr_of, mixed
from app.modules.videos.pipeline.looks import CARD_MARGIN, Cover, Palette, Plate

Bgr = NDArray[np.uint8]
Files = Mapping[str, Path]
#: Thousandths of the frame's shorter side: sizes of letters, gaps, and the accent.
_TITLE, _SUBTITLE, _NAME, _ROLE = 124, 48, 44, 30
_LINE_LONG, _LINE_THICK, _LINE_GAP, _SUBTITLE_GAP = 110, 9, 44, 26
#: What title and subtitle may take of the height, in thousandths.
_TITLE_ROOM, _SUBTITLE_ROOM = 420, 160
#: A subtitle is smaller than its title, and so much of the text's colour.
_SMALLER, _MUTED = 0.62, 0.78
#: Radius, in thousandths of the shorter side, and how much of the text's colour.
_RINGS = ((640, 0.035), (400, 0.07))


def draw_cover(canvas: Bgr, cover: Cover, files: Files) -> None:
    """On the whole of it: a line, the title below it, the subtitle; all of it begins where reading begins."""
    height, width = canvas.shape[:2]
    unit, palette, backwards = min(width, height) / 1000, cover.palette, is_right_to_left(cover.title)
    canvas[:] = bgr_of(palette.back)
    margin = round(CARD_MARGIN * width / 1000)
    _draw_rings(canvas, palette, left=backwards)
    title, subtitle = _words(cover, files, (width, height))
    line = np.full((max(2, round(_LINE_THICK * unit)), round(_LINE_LONG * unit)), 255, np.uint8)
    accent, muted = np.asarray(bgr_of(palette.accent), np.float32), mixed(palette.text, palette.back, _MUTED)
    parts = [(line, 0, accent), (title.coverage, _LINE_GAP, title.coloured(bgr_of(palette.text)))]
    if subtitle.lines:
        parts.append((subtitle.coverage, _SUBTITLE_GAP, subtitle.coloured(muted)))
    y = (height - sum(round(gap * unit) + len(coverage) for coverage, gap, _ in parts)) // 2
    for coverage, gap, colour in parts:
        y += round(gap * unit)
        x = width - margin - coverage.shape[1] if backwards else margin
        ink(canvas, coverage, (x, y), colour)
        y += len(coverage)


def _words(cover: Cover, files: Files, frame: tuple[int, int]) -> tuple[Lettering, Lettering]:
    """As large as the longer of them lets them be, the subtitle always smaller."""
    (width, height), palette = frame, cover.palette
    room, unit = width - 2 * round(CARD_MARGIN * width / 1000), min(frame) / 1000
    title = fit_text(
        cover.title, _face(palette, Weight.TITLE, files),
        size=_TITLE * unit, width=room, height=_TITLE_ROOM * height / 1000,
    )  # fmt: skip
    size = min(_SUBTITLE * unit, title.size * _SMALLER)
    height = _SUBTITLE_ROOM * height / 1000
    return title, fit_text(cover.subtitle, _face(palette, Weight.REGULAR, files), size=size, width=room, height=height)


def _draw_rings(canvas: Bgr, palette: Palette, *, left: bool) -> None:
    """Large, hardly lighter than the ground, in the upper corner where no line begins."""
    height, width = canvas.shape[:2]
    at = (0 if left else width, 0)
    for radius, share in _RINGS:
        colour = mixed(palette.text, palette.back, share)
        cv2.circle(canvas, at, round(radius * min(width, height) / 1000), colour, -1, cv2.LINE_AA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sticker:
    """A picture and how much of it is seen, 0..255; its upper left corner is at column ``x`` and row ``y``."""

    bgr: Bgr
    seen: Plane
    x: int
    y: int


def plate_of(plate: Plate, files: Files, frame: tuple[int, int]) -> Sticker:
    """As large as the words need, within its room."""
    unit, palette, room = min(frame) / 1000, plate.palette, plate.room
    bar, inside, across = (2 * round(each * unit / 2) for each in (8, 20, 26))
    width, height = room.width - bar - 2 * across, room.height - 2 * inside
    role = _line(plate.role, palette, Weight.REGULAR, files, (_ROLE * unit, width, height * 0.45))
    name = _line(plate.name, palette, Weight.SEMIBOLD, files, (_NAME * unit, width, height - _height(role)))
    size = (
        _even_up(bar + 2 * across + max(name.width, role.width)),
        _even_up(2 * inside + name.height + _height(role)),
    )
    bgr: Bgr = np.empty((size[1], size[0], 3), np.uint8)
    bgr[:] = bgr_of(palette.back)
    bgr[:, :bar] = bgr_of(palette.accent)
    ink(bgr, name.coverage, (bar + across, inside), name.coloured(bgr_of(palette.text)))
    if role.lines:
        muted = role.coloured(mixed(palette.text, palette.back, _MUTED))
        ink(bgr, role.coverage, (bar + across, inside + name.height), muted)
    x = room.x if plate.side == "left" else room.x + room.width - size[0]
    return Sticker(bgr=bgr, seen=outline_of(Outline.ROUNDED, *size), x=x, y=room.y + room.height - size[1])


def _line(text: str, palette: Palette, weight: Weight, files: Files, room: tuple[float, float, float]) -> Lettering:
    size, width, height = room
    return fit_text(text, _face(palette, weight, files), size=size, width=width, height=height, lines=2)


def _height(lettering: Lettering) -> int:
    return lettering.height if lettering.lines else 0


def _face(palette: Palette, weight: Weight, files: Files) -> Face:
    return Face(weight=weight, own=files[palette.font.sha256] if palette.font is not None else None)


def _even_up(length: int) -> int:
    return length + length % 2
