# The stubs of the libraries drawn with are loose.
# pyright: reportArgumentType=false
"""How a head is carried: the lookup of every node of the frame in the head's texture, for one pose."""

from __future__ import annotations

import math

import numpy as np

from app.avatars.studio.model import Character, HairStyle, Pose
from app.avatars.studio.rig import JAW_DROP, without_jaw
from app.avatars.studio.warp import Field, Grid

#: The head turns and nods about the base of the neck.
PIVOT_Y = 236.0
_HANGING = frozenset((HairStyle.LONG, HairStyle.WAVES))
_SWINGING = 2.2


class Carriage:
    """Fixed weights over the grid, and the sum of them that a pose asks for."""

    def __init__(self, grid: Grid, c: Character) -> None:
        self._x, self._y = grid.x, grid.y
        x, y = grid.x, grid.y
        dome = np.exp(-((x / 150.0) ** 2) - (y / 230.0) ** 2)
        nose = np.exp(-((x / 27.0) ** 2) - ((y - 64.0) / 32.0) ** 2)
        self._depth = (90.0 * dome - 30.0 + 20.0 * nose).astype(np.float32)
        hanging = 1.0 if c.hair_style in _HANGING else 0.25 if c.hair_style is HairStyle.BOB else 0.0
        self._loose = (hanging * _ramp((y - 110.0) / 330.0)).astype(np.float32)
        below = _ramp((y - 150.0) / 190.0)
        self._follows = (1.0 - 0.85 * below).astype(np.float32)
        self._chin = (1.0 - _ramp((np.abs(x) - 96.0) / 46.0)).astype(np.float32)

    def places(self, pose: Pose) -> tuple[Field, Field]:
        """Where each node looks, in units of the drawn head."""
        roll = math.radians(pose.roll) * self._follows
        dx = self._x - np.float32(pose.x)
        dy = self._y - np.float32(pose.y + PIVOT_Y)
        # A roll is a few degrees: to third order it is the rotation itself within 0.01 px.
        cos, sin = 1.0 - roll * roll / 2, roll - roll * roll * roll / 6
        x, y = dx * cos + dy * sin, dy * cos - dx * sin + np.float32(PIVOT_Y)
        x = x - self._depth * np.float32(math.sin(math.radians(pose.yaw)))
        y = y - self._depth * np.float32(math.sin(math.radians(pose.pitch)))
        x = x - self._loose * np.float32(_SWINGING * pose.lag_x)
        y = y - self._loose * np.float32(_SWINGING * 0.6 * pose.lag_y)
        dropped = without_jaw(y, pose.mouth.jaw * JAW_DROP)
        return x.astype(np.float32), (y + (dropped - y) * self._chin).astype(np.float32)


def _ramp(x: Field) -> Field:
    k = np.clip(x, 0.0, 1.0)
    return (k * k * (3.0 - 2.0 * k)).astype(np.float32)
