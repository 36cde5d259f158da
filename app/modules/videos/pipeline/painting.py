"""Draws looks. Runs in child processes.

What stands still is drawn once, as the ground. For each frame, the places where something moves are put back to the
ground, and what moves is laid over them, from back to front; nothing else is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from app.avatars.performance import delayed, read_track
from app.avatars.studio.presenter import Presenter, Shot
from app.avatars.studio.prints import Prints
from app.media.bands import Rows
from app.media.cutout import CutoutFilm, lay_cutout
from app.media.encode import Plane, Planes
from app.media.film import Film, Run
from app.media.stage import (
    Mask,
    Outline,
    Rect,
    copy,
    draw_surroundings,
    empty,
    fade,
    fill,
    lay,
    mask_of,
    outline_of,
    push,
)
from app.media.time import millisecond_at
from app.modules.videos.pipeline.ground import colour_of, draw_ground, image_in
from app.modules.videos.pipeline.looks import Box, Drawn, Fade, FadeKind, Filmed, Host, Inlay, Look, Window, Zoomed
from app.modules.videos.pipeline.stamps import RisingStamp, Stamp, stamps_of
from app.modules.videos.scenery import Shape
from app.speech.base import Track

#: How much a still grows while it is seen.
_ZOOM = 0.08
#: Behind a transparent recording that is shown in a window.
_BACKING = "#E8EAED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """``files`` are takes by fingerprint and assets by digest; ``prints`` keeps drawings of presenters."""

    width: int
    height: int
    fps: Fraction
    files: Mapping[str, Path]
    prints: Prints


class Moving(Protocol):
    """Something that moves within its rectangle. ``covers``: nothing of what is behind is seen through it."""

    rect: Rect
    covers: bool

    def paint(self, index: int, planes: Planes) -> None:
        """Lay frame ``index`` over what the planes show there."""
        ...


class Painter(Protocol):
    def paint(self, index: int, planes: Planes) -> None:
        """Show frame ``index`` of the run. The planes hold what the previous call left in them."""
        ...


def painter_of(look: Look, taking_over: Fade | None, studio: Studio) -> Painter:
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


class LookPainter:
    def __init__(self, look: Look, studio: Studio) -> None:
        cv2.setNumThreads(1)
        self.moving = _moving(look, studio)
        self.ground = empty(studio.width, studio.height)
        self._target: Planes | None = None
        if not any(part.covers and _fills(part.rect, studio) for part in self.moving):
            draw_ground(look, studio.files, self.ground)
            for window in _windows(look):
                _surround(self.ground, window)
        self._stamp(stamps_of(look, studio.files, (studio.width, studio.height)))

    def _stamp(self, stamps: Iterable[Stamp | RisingStamp]) -> None:
        """What stands still where nothing moves belongs to the ground."""
        for stamp in stamps:
            if stamp.still and not any(_overlap(stamp.rect, part.rect) for part in self.moving):
                stamp.paint(0, self.ground)
            else:
                self.moving.append(stamp)

    def paint(self, index: int, planes: Planes) -> None:
        if self._target is not planes:
            copy(self.ground, planes)
            self._target = planes
        self.restore(planes)
        self.paint_moving(index, planes)

    def within(self, rows: Rows) -> LookPainter:
        """Paint on planes that hold these rows only, in which all that moves is."""
        self.ground = rows.of(self.ground)
        for part in self.moving:
            part.rect = replace(part.rect, y=part.rect.y - rows.start)
        return self

    def restore(self, planes: Planes) -> None:
        for part in self.moving:
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


class FilmLayer:
    """A recording in its window."""

    covers = True

    def __init__(self, window: Window, source: Filmed, studio: Studio) -> None:
        self.rect = _inside(window)
        self._mask = _mask(window, self.rect)
        path, run = _reel(source, studio)
        self._film = Film(path, run, fps=studio.fps, size=(self.rect.width, self.rect.height))

    def paint(self, index: int, planes: Planes) -> None:
        _put(self._film.picture(index), self._mask, self.rect.of(planes))


class CutoutLayer:
    """A transparent recording: cut out by its own coverage, or in its window before a plain ground."""

    def __init__(self, window: Window, source: Filmed, studio: Studio) -> None:
        self.rect = _inside(window)
        self.covers = not window.cutout
        self._mask = _mask(window, self.rect)
        path, run = _reel(source, studio)
        self._film = CutoutFilm(path, run, fps=studio.fps, size=(self.rect.width, self.rect.height))
        self._backed = empty(self.rect.width, self.rect.height)

    def paint(self, index: int, planes: Planes) -> None:
        picture, under = self._film.picture(index), self.rect.of(planes)
        if not self.covers:
            lay_cutout(picture, under)
            return
        fill(self._backed, colour_of(_BACKING))
        lay_cutout(picture, self._backed)
        _put(self._backed, self._mask, under)


def _reel(source: Filmed, studio: Studio) -> tuple[Path, Run]:
    asset = source.asset
    stop = Fraction(source.stop) if source.stop is not None else None
    run = Run(at=Fraction(source.at), start=Fraction(source.start), stop=stop, loop=source.loop)
    return studio.files[asset.sha256 if asset is not None else source.take or ""], run


class DrawnLayer:
    """The embedded presenter in a window."""

    covers = True

    def __init__(self, window: Window, source: Drawn, studio: Studio) -> None:
        self.rect = _inside(window)
        self._mask = _mask(window, self.rect)
        self._at = source.at
        self._presenter = Presenter(_shot(source, self.rect, studio), studio.prints)
        self._planes = empty(self.rect.width, self.rect.height)

    def paint(self, index: int, planes: Planes) -> None:
        self._presenter.paint(self._at + index, self._planes)
        _put(self._planes, self._mask, self.rect.of(planes))


class WholePresenter:
    """The embedded presenter alone: it draws on the planes itself, and only what has changed."""

    def __init__(self, source: Drawn, studio: Studio) -> None:
        self._presenter = Presenter(_shot(source, Rect(0, 0, studio.width, studio.height), studio), studio.prints)
        self._at = source.at

    def paint(self, index: int, planes: Planes) -> None:
        self._presenter.paint(self._at + index, planes)


class ZoomLayer:
    """A still that grows slowly, from its middle, in steps too small to be seen."""

    covers = True

    def __init__(self, window: Window, source: Zoomed, studio: Studio) -> None:
        self.rect = _inside(window)
        self._mask = _mask(window, self.rect)
        self._source = source
        self._image = image_in(studio.files[source.asset.sha256], (self.rect.width, self.rect.height))

    def paint(self, index: int, planes: Planes) -> None:
        grown = 0.0 if self._source.still else _ZOOM * (self._source.at + index) / max(1, self._source.frames)
        _put(_zoomed(self._image, 1 + grown), self._mask, self.rect.of(planes))


def _put(picture: Planes, mask: Mask | None, under: Planes) -> None:
    if mask is None:
        copy(picture, under)
    else:
        lay(picture, mask, under)


def _zoomed(image: Planes, scale: float) -> Planes:
    if scale == 1.0:
        return image
    y, u, v = (_scaled(plane, scale) for plane in (image.y, image.u, image.v))
    return Planes(y=y, u=u, v=v)


def _scaled(plane: Plane, scale: float) -> Plane:
    height, width = plane.shape
    aside, down = ((1 - scale) * (length - 1) / 2 for length in (width, height))
    move = np.array([[scale, 0, aside], [0, scale, down]], np.float64)
    grown = cv2.warpAffine(plane, move, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(grown, np.uint8)


def _moving(look: Look, studio: Studio) -> list[Moving]:
    layers: list[Moving] = []
    if look.host is not None:
        layers.append(_host(look.host, studio))
    if look.inlay is not None:
        layers.append(_inlay(look.inlay, studio))
    return layers


def _host(host: Host, studio: Studio) -> Moving:
    if isinstance(host.source, Drawn):
        return DrawnLayer(host.window, host.source, studio)
    return _filmed(host.window, host.source, studio)


def _inlay(inlay: Inlay, studio: Studio) -> Moving:
    if isinstance(inlay.source, Zoomed):
        return ZoomLayer(inlay.window, inlay.source, studio)
    return _filmed(inlay.window, inlay.source, studio)


def _filmed(window: Window, source: Filmed, studio: Studio) -> Moving:
    transparent = source.asset is not None and source.asset.alpha
    return CutoutLayer(window, source, studio) if transparent else FilmLayer(window, source, studio)


def _presenter_alone(look: Look, studio: Studio) -> Drawn | None:
    """The presenter who fills the frame, with nothing before it."""
    if look.host is None or any(part is not None for part in (look.inlay, look.mark, look.plate)):
        return None
    source = look.host.source
    return source if isinstance(source, Drawn) and _fills(rect_of(look.host.window.box), studio) else None


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


def _inside(window: Window) -> Rect:
    """Within the border."""
    box, edge = window.box, window.border
    return Rect(box.x + edge, box.y + edge, box.width - 2 * edge, box.height - 2 * edge)


def _mask(window: Window, rect: Rect) -> Mask | None:
    if window.shape is Shape.RECTANGLE:
        return None
    return mask_of(outline_of(Outline(window.shape), rect.width, rect.height))


def rect_of(box: Box) -> Rect:
    return Rect(box.x, box.y, box.width, box.height)


def _fills(rect: Rect, studio: Studio) -> bool:
    return (rect.width, rect.height) == (studio.width, studio.height)


def _shot(source: Drawn, rect: Rect, studio: Studio) -> Shot:
    length = millisecond_at(source.frames, studio.fps)
    track = Track(duration_ms=length, phones=(), words=(), clauses=())
    if source.take is not None:
        track = delayed(read_track(studio.files[source.take]), source.lead_ms, length)
    return Shot(
        character=source.character,
        backdrop=source.backdrop,
        width=rect.width,
        height=rect.height,
        fps=studio.fps,
        frames=source.frames,
        seed=source.seed,
        track=track,
    )


def _like(planes: Planes) -> Planes:
    height, width = planes.y.shape
    return empty(width, height)
