"""Paints the frames of one passage. Every frame is a function of the shot and its index, whatever was painted before.

The backdrop, the body and the head are drawn once per presenter. A frame then costs what has changed since the last
one on the same planes: the body when the breath has moved it by a quarter of a pixel, the head when its pose has,
the eyes and the mouth when they have. Everything is in the encoder's colours from the start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from app.avatars.studio.backdrop import paint_backdrop
from app.avatars.studio.carriage import Carriage
from app.avatars.studio.cast import character_of
from app.avatars.studio.framing import Framing, check_frame, framed
from app.avatars.studio.head import Head
from app.avatars.studio.model import MOUTH_FIELDS, Character, Look, Mouth, Pose
from app.avatars.studio.motion import Motion
from app.avatars.studio.picture import Bench, Rect, copy_rect, empty_planes, lay_over, to_bgr
from app.avatars.studio.prints import Prints
from app.avatars.studio.torso import RISE, breathing, torso_texture
from app.avatars.studio.version import PRESENTER_VERSION
from app.avatars.studio.warp import (
    CELL,
    OVERSAMPLING,
    Field,
    Grid,
    Mask,
    Occupancy,
    area_around,
    looking_at,
    lookup,
    spread,
    strips,
    warp,
)
from app.media.encode import Planes
from app.speech.base import Track

__all__ = ["PRESENTER_VERSION", "Presenter", "Shot", "still"]

#: How far the head can move from its anchor, in units.
_ROAM = 40.0
#: How far the body is drawn beyond the lower edge of the frame, in units: a breath raises it.
_BELOW = 2 * RISE


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """Everything that can change a pixel."""

    character: str
    backdrop: str
    width: int
    height: int
    fps: Fraction
    frames: int
    seed: int
    track: Track


class _Stage:
    """The presenter before the camera: all that stays the same from frame to frame."""

    def __init__(self, c: Character, backdrop: str, width: int, height: int, prints: Prints) -> None:
        check_frame(width, height)
        cv2.setNumThreads(1)
        self.frame = Rect(0, 0, width, height)
        scale = framed(width, height, 0.0).scale
        self.head = Head(c, scale * OVERSAMPLING, prints)
        self.framing = framed(width, height, self.head.texture.y)
        self.backdrop = paint_backdrop(backdrop, width, height, prints)
        texture = self.head.texture
        right = texture.x + texture.layer.shape[1] / texture.scale
        self.head_grid = self._grid(texture.x - _ROAM, texture.y - _ROAM, right + _ROAM, texture.bottom + _ROAM)
        self.carriage = Carriage(self.head_grid, c)
        self.torso = torso_texture(c, scale, (height - self.framing.y) / scale + _BELOW, prints)
        self.torso_grid = self._grid(self.torso.x, self.torso.y, -self.torso.x, self.torso.bottom)
        self.bench = Bench()
        self._levels: dict[int, Planes] = {}
        self._trim_torso()
        self._torso_occupancy = Occupancy(self.torso)
        self.occupancy = Occupancy(texture)
        self.before_body = self._cells_before_body()

    def _grid(self, x0: float, y0: float, x1: float, y1: float) -> Grid:
        f: Framing = self.framing
        area = area_around(f.x + x0 * f.scale, f.y + y0 * f.scale, f.x + x1 * f.scale, f.y + y1 * f.scale, self.frame)
        return Grid(area, (f.x, f.y), f.scale)

    def _trim_torso(self) -> None:
        """Keep to the part of the frame where the body can be seen."""
        left, top, width, height = cv2.boundingRect(cv2.extractChannel(self.torso.layer, 3))
        t = self.torso
        x0, y0 = t.x + left / t.scale, t.y + top / t.scale
        self.torso_grid = self._grid(x0 - 6, y0 - 6, x0 + width / t.scale + 6, y0 + height / t.scale + 6)

    def _cells_before_body(self) -> Mask:
        """The cells of the head's area that the body's part of the frame touches."""
        area, body = self.head_grid.area, self.body
        mask: Mask = np.zeros(((area.y1 - area.y0) // CELL, (area.x1 - area.x0) // CELL), np.bool_)
        left, top = max(0, (body.x0 - area.x0) // CELL), max(0, (body.y0 - area.y0) // CELL)
        mask[top : -((area.y0 - body.y1) // CELL), left : -((area.x0 - body.x1) // CELL)] = True
        return mask

    def levels(self) -> int:
        """Into how many steps a breath is divided: a third of a pixel each."""
        return max(1, round(RISE * self.framing.scale * 3))

    def breath(self, level: int) -> Planes:
        """The planes of the body's part of the frame at one level of the breath, with the backdrop behind it."""
        found = self._levels.get(level)
        if found is None:
            found = self._levels[level] = self._breathe(level / self.levels())
        return found

    @property
    def body(self) -> Rect:
        return self.torso_grid.area.clipped(self.frame)

    def _breathe(self, breath: float) -> Planes:
        area, body = self.torso_grid.area, self.body
        x, y = breathing(self.torso_grid, breath)
        places = lookup(self.torso, x, y)
        behind = Planes(y=self.backdrop.y[body.luma], u=self.backdrop.u[body.chroma], v=self.backdrop.v[body.chroma])
        shown = _copied(behind)
        for strip in strips(self._torso_occupancy.cells(places), area):
            part = strip.clipped(body)
            layer = warp(self.torso, places, area, strip, self.bench)[: part.y1 - part.y0, : part.x1 - part.x0]
            lay_over(layer, behind, shown, part.moved(-body.x0, -body.y0), self.bench)
        return shown


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What the planes show: the pose in steps, the level of the breath, and the lookups of the head's grid."""

    pose: Pose
    level: int
    places: Field

    def keys(self) -> dict[str, tuple[object, ...]]:
        """What each feature of the face was drawn from."""
        p = self.pose
        return {
            "mouth": (p.mouth, p.smile),
            "eyes": (p.look,),
            "brows": (p.brow_left, p.brow_right, p.brow_pinch),
        }


_PATCHES = {
    "mouth": ("mouth",),
    "eyes": ("left eye", "right eye"),
    "brows": ("left brow", "right brow"),
}


class Presenter:
    """Paints the frames of a shot. Raises ``UnknownCharacter``, ``UnknownBackdrop`` or ``UnusableFrame``.

    ``prints`` keep what stays the same from one presenter to the next.
    """

    def __init__(self, shot: Shot, prints: Prints | None = None) -> None:
        c = character_of(shot.character)
        self._shot = shot
        self._stage = _Stage(c, shot.backdrop, shot.width, shot.height, prints or Prints())
        self._motion = Motion(c, shot.track, duration=float(shot.frames / shot.fps), seed=shot.seed)
        self._base = _copied(self._stage.backdrop)
        self._level = -1
        self._features: dict[str, tuple[object, ...]] = {}
        self._boxes = {name: self._stage.head.extent(*patches) for name, patches in _PATCHES.items()}
        self._planes: Planes | None = None
        self._drawn: _Drawn | None = None

    def pose_at(self, index: int) -> Pose:
        """The pose of frame ``index``; also of the one after the last, where the next passage goes on."""
        return self._motion.at(float(index / self._shot.fps))

    def paint(self, index: int, planes: Planes) -> None:
        """Draw frame ``index``, ``0 <= index < frames``, into the planes, which nobody else may write on meanwhile."""
        self.show(self.pose_at(index), planes)

    def show(self, pose: Pose, planes: Planes) -> None:
        """Draw one pose into the planes."""
        pose = _stepped(pose, self._stage.framing.scale)
        drawn = self._drawn if planes is self._planes else None
        wanted = _Drawn(pose, self._breath_level(pose), self._places(pose))
        self._set_level(wanted.level)
        self._set_features(wanted)
        if drawn is None:
            copy_rect(self._base, planes, self._stage.frame)
        elif drawn.level != wanted.level:
            copy_rect(self._base, planes, self._stage.body)
        for strip in strips(self._stale_cells(drawn, wanted), self._stage.head_grid.area):
            self._paint_head(planes, wanted, strip)
        self._planes, self._drawn = planes, wanted

    def _breath_level(self, pose: Pose) -> int:
        return round(pose.breath * self._stage.levels())

    def _places(self, pose: Pose) -> Field:
        x, y = self._stage.carriage.places(pose)
        return lookup(self._stage.head.texture, x, y)

    def _set_level(self, level: int) -> None:
        if level != self._level:
            body, shown = self._stage.body, self._stage.breath(level)
            self._base.y[body.luma], self._base.u[body.chroma] = shown.y, shown.u
            self._base.v[body.chroma] = shown.v
            self._level = level

    def _set_features(self, wanted: _Drawn) -> None:
        """Bring the features in the head's texture up to date."""
        head, pose, keys = self._stage.head, wanted.pose, wanted.keys()
        stale = [name for name, key in keys.items() if self._features.get(name) != key]
        if "mouth" in stale:
            head.show_mouth(pose.mouth, pose.smile)
        if "eyes" in stale:
            head.show_eyes(pose.look)
        if "brows" in stale:
            head.show_brows(pose.brow_left, pose.brow_right, pose.brow_pinch)
        self._features = keys

    def _stale_cells(self, drawn: _Drawn | None, wanted: _Drawn) -> Mask:
        """The cells of the head's area that do not show what is wanted."""
        occupancy = self._stage.occupancy
        visible = occupancy.cells(wanted.places)
        if drawn is None:
            return visible
        visible |= occupancy.cells(drawn.places)
        nodes: Mask = (drawn.places != wanted.places).any(axis=2)
        before = drawn.keys()
        for name, key in wanted.keys().items():
            if before[name] != key:
                box = self._boxes[name]
                nodes |= looking_at(wanted.places, box.left, box.top, box.right, box.low)
        stale = spread(nodes)
        if drawn.level != wanted.level:
            stale |= self._stage.before_body
        return stale & visible

    def _paint_head(self, planes: Planes, wanted: _Drawn, strip: Rect) -> None:
        stage = self._stage
        shown = strip.clipped(stage.frame)
        layer = warp(stage.head.texture, wanted.places, stage.head_grid.area, strip, stage.bench)
        lay_over(layer[: shown.y1 - shown.y0, : shown.x1 - shown.x0], self._base, planes, shown, stage.bench)


def still(character: str, backdrop: str, width: int, height: int) -> NDArray[np.uint8]:
    """A smiling portrait as blue, green, red, shape (height, width, 3). Raises like ``Presenter``."""
    silence = Track(duration_ms=1000, phones=(), words=(), clauses=())
    shot = Shot(
        character=character, backdrop=backdrop, width=width, height=height, fps=Fraction(25), frames=25, seed=0,
        track=silence,
    )  # fmt: skip
    presenter, planes = Presenter(shot), empty_planes(width, height)
    presenter.show(replace(presenter.pose_at(0), smile=0.95, brow_left=0.16, brow_right=0.16), planes)
    return to_bgr(planes)


def _copied(planes: Planes) -> Planes:
    return Planes(y=planes.y.copy(), u=planes.u.copy(), v=planes.v.copy())


def _stepped(pose: Pose, scale: float) -> Pose:
    """The pose in steps of about a quarter of a pixel, so that what is at rest is at rest."""
    turn, tilt, shift = 0.2 / scale, 0.03 / scale, 0.25 / scale
    look, mouth = pose.look, pose.mouth
    return replace(
        pose,
        yaw=_step(pose.yaw, turn),
        pitch=_step(pose.pitch, turn),
        roll=_step(pose.roll, tilt),
        x=_step(pose.x, shift),
        y=_step(pose.y - 0.65 * RISE * pose.breath, shift),
        lag_x=_step(pose.lag_x, 2 * turn),
        lag_y=_step(pose.lag_y, 2 * turn),
        look=Look(
            _step(look.blink, 1 / 32), _step(look.gaze_x, 1 / 40), _step(look.gaze_y, 1 / 30), _step(look.smile, 0.1)
        ),
        brow_left=_step(pose.brow_left, 1 / 40),
        brow_right=_step(pose.brow_right, 1 / 40),
        brow_pinch=_step(pose.brow_pinch, 1 / 12),
        smile=_step(pose.smile, 1 / 32),
        mouth=Mouth(*(_step(getattr(mouth, name), 1 / 64) for name in MOUTH_FIELDS)),
    )


def _step(value: float, size: float) -> float:
    return round(value / size) * size
