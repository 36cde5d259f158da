"""Turns the drawn head: every control point has a depth, and yaw and pitch slide it sideways.

The head is drawn once, in its base turn. What it does beyond that in a frame is a small warp of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.avatars.studio.canvas import Fill, Group, Radial, Shape, Solid
from app.avatars.studio.colour import Color
from app.avatars.studio.geometry import Path, Point, Points, Ribbon, Strokes, ellipse, ribbon, tapered

#: Depth of the features in front of the outline of the face.
DEPTH = 120.0
SILHOUETTE = 60.0
BASE_PITCH = 0.5

Depths = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Depth:
    """How far a shape lies before the skin, or, when ``flat``, before the plane of the ears."""

    lift: float = 0.0
    flat: bool = False


SKIN = Depth()
HAIR = Depth(0.0, flat=True)
BEHIND = Depth(-40.0, flat=True)
EAR = Depth(-18.0, flat=True)
MOUTH = Depth(14.0)
BROW = Depth(8.0)
NOSE = Depth(24.0)
GLASSES = Depth(18.0)


def face_depth(x: Depths, y: Depths) -> Depths:
    inside = 1.0 - (x / 175.0) ** 2 - ((y - 10.0) / 270.0) ** 2
    return DEPTH * np.sqrt(np.maximum(inside, 0.0)) - SILHOUETTE


class Turn:
    """The fixed turn a head is drawn in, in degrees."""

    def __init__(self, yaw: float, pitch: float = BASE_PITCH) -> None:
        self._sin_yaw, self._cos_yaw = math.sin(math.radians(yaw)), math.cos(math.radians(yaw))
        self._sin_pitch, self._cos_pitch = math.sin(math.radians(pitch)), math.cos(math.radians(pitch))

    def points(self, points: Points, at: Depth = SKIN) -> Points:
        """Where points of the flat drawing land."""
        x, y = points[:, 0], points[:, 1]
        depth = np.full(len(points), at.lift) if at.flat else face_depth(x, y) + at.lift
        return np.stack(
            [x * self._cos_yaw + depth * self._sin_yaw, y * self._cos_pitch + depth * self._sin_pitch], axis=1
        )

    def lifted(self, points: Points, lift: float | Depths) -> Points:
        """The same for points that lie ``lift`` before the skin, one for all or one for each."""
        x, y = points[:, 0], points[:, 1]
        depth = face_depth(x, y) + lift
        landed = np.empty_like(points)
        landed[:, 0] = x * self._cos_yaw + depth * self._sin_yaw
        landed[:, 1] = y * self._cos_pitch + depth * self._sin_pitch
        return landed

    def path(self, path: Path, at: Depth = SKIN) -> Path:
        return Path(path.commands, self.points(path.points, at))

    def place(self, point: Point, at: Depth = SKIN) -> tuple[float, float, float]:
        """Where a point lands, and how much widths are foreshortened there."""
        x, y = point
        root = math.sqrt(max(1.0 - (x / 175.0) ** 2 - ((y - 10.0) / 270.0) ** 2, 0.02))
        slope = 0.0 if at.flat else -DEPTH * x / (175.0**2 * root)
        depth = at.lift if at.flat else DEPTH * root - SILHOUETTE + at.lift
        return (
            x * self._cos_yaw + depth * self._sin_yaw,
            y * self._cos_pitch + depth * self._sin_pitch,
            self._cos_yaw + slope * self._sin_yaw,
        )


STILL = Turn(0.0, 0.0)


class Pen:
    """Draws into one group; every path is turned with the head."""

    def __init__(self, group: Group, turn: Turn, at: Depth = SKIN) -> None:
        self.group, self.turn, self._at = group, turn, at

    def at(self, depth: Depth) -> Pen:
        """The same group at another depth."""
        return Pen(self.group, self.turn, depth)

    def fill(self, path: Path, fill: Fill) -> Shape:
        return self.group.shape(self.turn.path(path, self._at), fill)

    def line(self, path: Path, fill: Fill, width: float) -> Shape:
        return self.group.shape(self.turn.path(path, self._at), None, fill, width)

    def ribbon(self, knots: Ribbon, color: Color, alpha: float) -> Shape:
        return self.fill(ribbon(knots), Solid(color, alpha))

    def ribbons(self, strokes: Strokes, color: Color, alpha: float, together: int = 6) -> None:
        """Many strokes of one tone, each with as many knots.

        ``together`` of them share a path: one path of many long strokes takes the engine far longer than many paths.
        """
        for path in tapered(strokes, together):
            self.fill(path, Solid(color, alpha))

    def inside(self, path: Path) -> Pen:
        """A pen whose strokes are seen inside the path only."""
        group = self.group.group()
        group.clip(self.turn.path(path, self._at))
        return Pen(group, self.turn, self._at)

    def spot(self, color: Color, alpha: float, at: Point, rx: float, ry: float, tilt: float = 0.0) -> None:
        """A soft ellipse of light or shade; ``tilt`` in degrees."""
        falloff = [(0.0, color, alpha), (0.35, color, alpha * 0.72), (0.7, color, alpha * 0.22), (1.0, color, 0.0)]
        x, y, squeeze = self.turn.place(at, self._at)
        cos, sin = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
        shape = self.group.shape(ellipse(0, 0, 100), Radial((0, 0), 100, falloff))
        sx, sy = rx / 100 * squeeze, ry / 100
        shape.transform(sx * cos, -sy * sin, x, sx * sin, sy * cos, y)

    def soft(self, path: Callable[[float], Path], color: Color, alpha: float, steps: int = 5) -> None:
        """A fill with a soft edge: ``path(k)`` grows from its core at 0 to its outermost edge at 1."""
        for step in range(steps, 0, -1):
            self.fill(path((step - 1) / max(steps - 1, 1)), Solid(color, alpha / steps))


#: How far the chin drops at full jaw.
JAW_DROP = 24.0
_JAW_TOP, _JAW_FULL = 104.0, 192.0


def without_jaw(y: NDArray[np.float64], drop: float) -> NDArray[np.float64]:
    """The height, in the drawn head, of what is seen at height ``y`` when the chin has dropped by ``drop`` units."""
    ramp = np.clip((y - _JAW_TOP) / (_JAW_FULL - _JAW_TOP), 0.0, 1.0)
    return y - drop * ramp * ramp * (3.0 - 2.0 * ramp)
