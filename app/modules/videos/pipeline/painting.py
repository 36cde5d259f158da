"""Draws looks. Runs in child processes.

What stands still is drawn once, as the ground. For each frame, the places where something moves are put back to the
ground, and what moves is laid over them, from back to front; nothing else is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Protocol

import cv2

from app.media.bands import Rows
from app.media.encode import Planes
from app.media.stage import Outline, Rect, copy, draw_surroundings, empty, fade, push
from app.modules.videos.pipeline.ground import colour_of, draw_ground
from app.modules.videos.pipeline.kept import Ground
from app.modules.videos.pipeline.kinetic import Kinetic
from app.modules.videos.pipeline.layers import Moving, Studio, WholePresenter, moving_in, rect_of
from app.modules.videos.pipeline.looks import Drawn, Fade, FadeKind, Look, Window
from app.modules.videos.pipeline.stamps import RisingStamp, Stamp, stamps_of
from app.modules.videos.pipeline.subtitles import Subtitles
from app.modules.videos.pipeline.subtitling import SubtitleLayer
from app.modules.videos.pipeline.wording import WordLayer


class Painter(Protocol):
    def paint(self, index: int, planes: Planes) -> None:
        """Show frame ``index`` of the run. The planes hold what the last call with them left in them."""
        ...


def painter_of(
    look: Look, taking_over: Fade | None, studio: Studio, subtitles: Subtitles | Kinetic | None = None
) -> Painter:
    if subtitles is not None:
        kinetic = isinstance(subtitles, Kinetic)
        layer = WordLayer(subtitles, studio.files) if kinetic else SubtitleLayer(subtitles, studio.files)
        if taking_over is None:
            return LookPainter(look, studio, layer)
        return SubtitledPainter(painter_of(look, taking_over, studio), layer)
    alone = _presenter_alone(look, studio)
    if taking_over is None and alone is not None:
        return WholePresenter(alone, studio)
    if taking_over is not None and look.mark is not None and look.mark == taking_over.before.mark:
        return MarkedPainter(look, taking_over, studio)
    after = LookPainter(look, studio)
    if taking_over is None:
        return after
    before = LookPainter(taking_over.before, studio)
    return FadePainter(before, after, taking_over, stays=_stays(taking_over.before, look))


class MarkedPainter:
    """A logo stays where it is while one look takes over from another."""

    def __init__(self, look: Look, taking_over: Fade, studio: Studio) -> None:
        size = (studio.width, studio.height)
        (self._stamp,) = stamps_of(Look(mark=look.mark), studio.files, size)
        bare, before = (each.model_copy(update={"mark": None}) for each in (look, taking_over.before))
        self._below = painter_of(bare, taking_over.model_copy(update={"before": before}), studio)

    def paint(self, index: int, planes: Planes) -> None:
        self._below.paint(index, planes)
        self._stamp.paint(index, planes)


class SubtitledPainter:
    """Captions stay where they are while one look takes over from another, which leaves no place as it was."""

    def __init__(self, below: Painter, subtitles: SubtitleLayer | WordLayer) -> None:
        self._below, self._subtitles = below, subtitles

    def paint(self, index: int, planes: Planes) -> None:
        self._below.paint(index, planes)
        self._subtitles.paint(index, planes)


class LookPainter:
    def __init__(self, look: Look, studio: Studio, subtitles: SubtitleLayer | WordLayer | None = None) -> None:
        cv2.setNumThreads(1)
        self.moving = moving_in(look, studio)
        self._targets = list[Planes]()
        covered = any(part.covers and _fills(part.rect, studio) for part in self.moving)
        resting = self._sort(stamps_of(look, studio.files, (studio.width, studio.height)))
        if covered:
            self.standing = Ground(planes=empty(studio.width, studio.height))
        else:
            self.standing = studio.kept.ground(_name_of(look), lambda: _drawn(look, resting, studio))
        self.ground = self.standing.planes
        self._subtitles = None if self.moving else subtitles
        self.moving += [subtitles] if subtitles is not None else []
        self._restored = [
            part for place, part in enumerate(self.moving) if not _painted_over(part, self.moving[: place + 1])
        ]

    def stills(self, frames: int) -> Iterator[tuple[Planes, int]] | None:
        """The pictures that stand still one after the other, and for how many frames; None if something moves."""
        if self._subtitles is not None:
            return self._subtitled(self._subtitles, frames)
        return None if self.moving else iter([(self.ground, frames)])

    def _subtitled(self, subtitles: SubtitleLayer | WordLayer, frames: int) -> Iterator[tuple[Planes, int]]:
        at, planes = 0, _like(self.ground)
        for count in subtitles.runs(frames):
            self.paint(at, planes)
            yield planes, count
            at += count

    def _sort(self, stamps: Iterable[Stamp | RisingStamp]) -> list[Stamp | RisingStamp]:
        """Those that stand still where nothing moves, and so belong to the ground; the others join what moves."""
        resting = list[Stamp | RisingStamp]()
        for stamp in stamps:
            still = stamp.still and not any(_overlap(stamp.rect, part.rect) for part in self.moving)
            (resting if still else self.moving).append(stamp)
        return resting

    def paint(self, index: int, planes: Planes) -> None:
        if not any(planes is target for target in self._targets):
            copy(self.ground, planes)
            self._targets.append(planes)
        self.restore(planes)
        self.paint_moving(index, planes)

    def within(self, rows: Rows) -> LookPainter:
        """Paint on planes that hold these rows only, in which all that moves is."""
        self.ground = rows.of(self.ground)
        for part in self.moving:
            part.rect = replace(part.rect, y=part.rect.y - rows.start)
        return self

    def restore(self, planes: Planes) -> None:
        for part in self._restored:
            copy(part.rect.of(self.ground), part.rect.of(planes))

    def paint_moving(self, index: int, planes: Planes) -> None:
        for part in self.moving:
            part.paint(index, planes)


class FadePainter:
    """One look takes over from another. A host who ``stays`` is not faded: only what is behind changes."""

    def __init__(self, before: LookPainter, after: LookPainter, how: Fade, *, stays: bool) -> None:
        self._before, self._after, self._how, self._stays = before, after, how, stays
        self._old, self._new = (_like(before.ground) for _ in range(2))

    def paint(self, index: int, planes: Planes) -> None:
        share = (self._how.at + index + 0.5) / self._how.frames
        if self._stays and self._how.kind is FadeKind.FADE:
            fade(self._before.ground, self._after.ground, share, planes)
            self._after.paint_moving(index, planes)
            return
        self._before.paint(index, self._old)
        self._after.paint(index, self._new)
        if self._how.kind is FadeKind.FADE:
            fade(self._old, self._new, share, planes)
        else:
            push(self._old, self._new, share * share * (3 - 2 * share), planes)


def _stays(before: Look, after: Look) -> bool:
    """The same person in the same window, and nothing else that moves."""
    if (
        before.host is None
        or after.host is None
        or before.inlay
        or after.inlay
        or before.host.window != after.host.window
    ):
        return False
    old, new = before.host.source, after.host.source
    if isinstance(old, Drawn) and isinstance(new, Drawn):
        return (old.character, old.backdrop) == (new.character, new.backdrop)
    return old == new


def _presenter_alone(look: Look, studio: Studio) -> Drawn | None:
    """The presenter who fills the frame, with nothing before it."""
    if look.host is None or any(part is not None for part in (look.inlay, look.mark, look.plate)):
        return None
    source = look.host.source
    return source if isinstance(source, Drawn) and _fills(rect_of(look.host.window.box), studio) else None


def _name_of(look: Look) -> str:
    """All that its ground depends on: not what is seen in the windows."""
    return look.model_dump_json(exclude={"host": {"source"}, "inlay": {"source"}})


def _drawn(look: Look, resting: Iterable[Stamp | RisingStamp], studio: Studio) -> Planes:
    planes = empty(studio.width, studio.height)
    draw_ground(look, studio.files, planes)
    for window in _windows(look):
        _surround(planes, window)
    for stamp in resting:
        stamp.paint(0, planes)
    return planes


def _windows(look: Look) -> list[Window]:
    return [part.window for part in (look.host, look.inlay) if part is not None]


def _surround(ground: Planes, window: Window) -> None:
    draw_surroundings(
        ground,
        rect_of(window.box),
        Outline(window.shape),
        border=window.border,
        colour=colour_of(window.border_colour),
        shadow=window.shadow,
    )


def _overlap(one: Rect, other: Rect) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def _painted_over(part: Moving, below: Iterable[Moving]) -> bool:
    """Whether one of them, which may be itself, paints all of its place anyway."""
    return any(other.covers and _within(part.rect, other.rect) for other in below)


def _within(one: Rect, other: Rect) -> bool:
    return (
        other.x <= one.x
        and other.y <= one.y
        and one.x + one.width <= other.x + other.width
        and one.y + one.height <= other.y + other.height
    )


def _fills(rect: Rect, studio: Studio) -> bool:
    return (rect.width, rect.height) == (studio.width, studio.height)


def _like(planes: Planes) -> Planes:
    height, width = planes.y.shape
    return empty(width, height)
