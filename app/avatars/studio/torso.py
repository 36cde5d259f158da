# The stubs of the libraries drawn with are loose.
# pyright: reportReturnType=false
"""Neck, shoulders and clothes as a texture, and how they rise and widen with the breath."""

from __future__ import annotations

import numpy as np

from app.avatars.studio.canvas import Surface
from app.avatars.studio.clothes import draw_body
from app.avatars.studio.hair import hair_of
from app.avatars.studio.model import Character
from app.avatars.studio.picture import Layer, as_layer
from app.avatars.studio.prints import Prints
from app.avatars.studio.rig import STILL, Pen, Turn
from app.avatars.studio.warp import Field, Grid, Texture

#: The body sits a little higher than it is drawn.
BODY_LIFT = 26.0
#: How far the shoulders rise in a breath, and how much the chest widens.
RISE, SWELL = 3.4, 0.004
_LEFT, _TOP = -480.0, -290.0


def torso_texture(c: Character, scale: float, floor: float, prints: Prints) -> Texture:
    """``scale`` pixels to the unit, down to ``floor`` units below the middle of the face."""
    drawn = prints.get(f"torso {scale!r} {floor!r} {c!r}", lambda: {"layer": _draw(c, scale, floor)})
    return Texture(drawn["layer"], _LEFT, _TOP, scale)


def _draw(c: Character, scale: float, floor: float) -> Layer:
    surface = Surface(round(-2 * _LEFT * scale), round((floor - _TOP) * scale))
    surface.root.transform(scale, 0, -_LEFT * scale, 0, scale, -_TOP * scale)
    hair = hair_of(c.hair_style)
    if hair.back is not None:
        hair.back(Pen(surface.root.group(), Turn(c.yaw)), c)
    body = surface.root.group()
    body.transform(1, 0, 0, 0, 1, -BODY_LIFT)
    pen = Pen(body, STILL)
    draw_body(pen, c)
    if hair.drape is not None:
        hair.drape(pen, c)
    return as_layer(surface.draw())


def breathing(grid: Grid, breath: float) -> tuple[Field, Field]:
    """Where each node of the grid looks, in units; ``breath`` is 0 out, 1 in."""
    raised = _ramp((grid.y - 150.0) / 170.0) * (1.0 - 0.6 * _ramp((grid.y - 380.0) / 500.0))
    wider = _ramp((grid.y - 240.0) / 200.0)
    return grid.x * (1.0 - SWELL * breath * wider), grid.y + RISE * breath * raised


def _ramp(x: Field) -> Field:
    k = np.clip(x, 0.0, 1.0)
    return (k * k * (3.0 - 2.0 * k)).astype(np.float32)
