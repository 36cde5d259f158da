"""What moves in a picture, each in its window: recordings, presenters, stills that grow. Runs in child processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from app.avatars.performance import delayed, read_track
from app.avatars.studio.presenter import Presenter, Shot
from app.avatars.studio.prints import Prints
from app.media.cropping import CropBox, Uncropped, blurred, cropped
from app.media.cutout import CutoutFilm, lay_cutout
from app.media.encode import Plane, Planes
from app.media.film import Film, Run
from app.media.stage import Mask, Outline, Rect, copy, empty, fill, lay, mask_of, outline_of
from app.media.time import millisecond_at
from app.modules.videos.pipeline.framing import place_at
from app.modules.videos.pipeline.ground import colour_of, image_in
from app.modules.videos.pipeline.kept import Kept
from app.modules.videos.pipeline.looks import Box, Drawn, Filmed, Host, Inlay, Look, Pane, Reframed, Window, Zoomed
from app.modules.videos.scenery import WHOLE_SHARE, Shape
from app.speech.base import Track

#: How much a still grows while it is seen.
_ZOOM = 0.08
#: Behind a transparent recording that is shown in a window.
_BACKING = "#E8EAED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """``files`` are takes by fingerprint and assets by digest. ``prints`` keeps drawings of presenters for everybody,
    ``kept`` for this process what the next chunk can use.
    """

    width: int
    height: int
    fps: Fraction
    files: Mapping[str, Path]
    prints: Prints
    kept: Kept = field(default_factory=Kept)


class Moving(Protocol):
    """Something that moves within its rectangle. ``covers``: it paints every pixel of it, whatever was there."""

    rect: Rect
    covers: bool

    def paint(self, index: int, planes: Planes) -> None:
        """Lay frame ``index`` over what the planes show there."""
        ...


class FilmLayer:
    """A recording in its window."""

    def __init__(self, window: Window, source: Filmed, studio: Studio) -> None:
        self.rect = _inside(window)
        self._mask = _mask(window, self.rect)
        self.covers = self._mask is None
        path, run = _reel(source, studio)
        self._film = studio.kept.film(Film, path, run, fps=studio.fps, size=(self.rect.width, self.rect.height))

    def paint(self, index: int, planes: Planes) -> None:
        _put(self._film.picture(index), self._mask, self.rect.of(planes))


class CutoutLayer:
    """A transparent recording: cut out by its own coverage, or in its window before a plain ground."""

    def __init__(self, window: Window, source: Filmed, studio: Studio) -> None:
        self.rect = _inside(window)
        self._cutout = window.cutout
        self._mask = _mask(window, self.rect)
        self.covers = self._mask is None and not window.cutout
        path, run = _reel(source, studio)
        self._film = studio.kept.film(CutoutFilm, path, run, fps=studio.fps, size=(self.rect.width, self.rect.height))
        self._backed = empty(self.rect.width, self.rect.height)

    def paint(self, index: int, planes: Planes) -> None:
        picture, under = self._film.picture(index), self.rect.of(planes)
        if self._cutout:
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


class ReframedLayer:
    """A recording of another shape, cropped into its panes."""

    covers = True

    def __init__(self, window: Window, source: Reframed, studio: Studio) -> None:
        self.rect = _inside(window)
        self._source = source
        path, run = studio.files[source.asset.sha256], Run(at=Fraction(source.at))
        # So large are its pictures at least: the decoder is to be exact.
        size = (source.asset.width, source.asset.height)
        self._film = studio.kept.film(Uncropped, path, run, fps=studio.fps, size=size)

    def paint(self, index: int, planes: Planes) -> None:
        picture, under = self._film.picture(index), self.rect.of(planes)
        if self._source.blurred:
            blurred(picture, under)
        for pane in self._source.panes:
            cropped(picture, _crop_of(pane, index, picture), rect_of(pane.box).of(under))


def _crop_of(pane: Pane, index: int, picture: Planes) -> CropBox:
    height, width = picture.y.shape
    x, y = place_at(pane.path, index)
    return CropBox(
        x * width / WHOLE_SHARE,
        y * height / WHOLE_SHARE,
        pane.width * width / WHOLE_SHARE,
        pane.height * height / WHOLE_SHARE,
    )


class DrawnLayer:
    """The embedded presenter in a window."""

    def __init__(self, window: Window, source: Drawn, studio: Studio) -> None:
        self.rect = _inside(window)
        self._mask = _mask(window, self.rect)
        self.covers = self._mask is None
        self._at = source.at
        self._presenter = Presenter(shot_of(source, self.rect, studio), studio.prints)
        self._planes = empty(self.rect.width, self.rect.height)

    def paint(self, index: int, planes: Planes) -> None:
        self._presenter.paint(self._at + index, self._planes)
        _put(self._planes, self._mask, self.rect.of(planes))


class WholePresenter:
    """The embedded presenter alone: it draws on the planes itself, and only what has changed."""

    def __init__(self, source: Drawn, studio: Studio) -> None:
        self._presenter = Presenter(shot_of(source, Rect(0, 0, studio.width, studio.height), studio), studio.prints)
        self._at = source.at

    def paint(self, index: int, planes: Planes) -> None:
        self._presenter.paint(self._at + index, planes)


class ZoomLayer:
    """A still that grows slowly, from its middle, in steps too small to be seen."""

    def __init__(self, window: Window, source: Zoomed, studio: Studio) -> None:
        self.rect = _inside(window)
        self._mask = _mask(window, self.rect)
        self.covers = self._mask is None
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


def moving_in(look: Look, studio: Studio) -> list[Moving]:
    layers: list[Moving] = []
    if look.host is not None:
        layers.append(_host(look.host, studio))
    if look.inlay is not None:
        layers.append(_inlay(look.inlay, studio))
    return layers


def _host(host: Host, studio: Studio) -> Moving:
    if isinstance(host.source, Drawn):
        return DrawnLayer(host.window, host.source, studio)
    if isinstance(host.source, Reframed):
        return ReframedLayer(host.window, host.source, studio)
    return _filmed(host.window, host.source, studio)


def _inlay(inlay: Inlay, studio: Studio) -> Moving:
    if isinstance(inlay.source, Zoomed):
        return ZoomLayer(inlay.window, inlay.source, studio)
    return _filmed(inlay.window, inlay.source, studio)


def _filmed(window: Window, source: Filmed, studio: Studio) -> Moving:
    transparent = source.asset is not None and source.asset.alpha
    return CutoutLayer(window, source, studio) if transparent else FilmLayer(window, source, studio)


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


def shot_of(source: Drawn, rect: Rect, studio: Studio) -> Shot:
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
