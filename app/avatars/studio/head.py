"""The head as a texture: skull, face and hair are drawn once; eyes, brows and mouth are drawn into it as they move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from app.avatars.studio.canvas import Group, Pixels, Surface
from app.avatars.studio.eyes import Brow, Eye
from app.avatars.studio.face import EYE_X, draw_face
from app.avatars.studio.hair import hair_of
from app.avatars.studio.model import Character, Mouth, Pose
from app.avatars.studio.mouth import MouthDrawing
from app.avatars.studio.picture import Layer, as_layer, as_opaque_layer
from app.avatars.studio.rig import BEHIND, HAIR, Pen, Turn
from app.avatars.studio.spectacles import draw_earrings, draw_glasses
from app.avatars.studio.warp import Texture

_BOX = (-280.0, -360.0, 280.0, 560.0)
#: Units around what may be drawn of one eye with its brow, and of the mouth.
_EYE_BOX = (-54.0, -92.0, 70.0, 50.0)
_MOUTH_BOX = (-68.0, 96.0, 68.0, 196.0)


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels of the texture."""

    left: int
    top: int
    right: int
    low: int

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.low), slice(self.left, self.right)


class _Patch:
    """A part of the texture that changes: what lies under it, what is drawn each time, what lies over it."""

    def __init__(self, box: Box, under: Pixels, over: Pixels, place: Callable[[Group], None]) -> None:
        self.box = box
        self._under = np.ascontiguousarray(under[box.slices])
        top = np.ascontiguousarray(over[box.slices])
        self._over: Pixels | None = top if top.any() else None
        self._let_through: Pixels = np.repeat(255 - top[..., 3:], 4, axis=2)
        self._holes = _over(self._under, top)[..., 3] < 255
        self._has_holes = bool(self._holes.any())
        self._around = as_layer(_over(self._under, top))
        self._surface = Surface(box.right - box.left, box.low - box.top)
        place(self._surface.root)

    @property
    def root(self) -> Group:
        return self._surface.root

    def draw(self) -> Layer:
        """The patch as a layer. Where the head has holes nothing ever moves."""
        self._surface.pixels[:] = self._under
        pixels = self._surface.draw()
        if self._over is not None:
            pixels = cv2.add(cv2.multiply(pixels, self._let_through, scale=1 / 255), self._over)
        layer = as_opaque_layer(pixels)
        if self._has_holes:
            layer[self._holes] = self._around[self._holes]
        return layer


class Head:
    """One character's head at ``scale`` texture pixels per unit, in the turn it is drawn in."""

    def __init__(self, c: Character, scale: float) -> None:
        self._c, self._scale = c, scale
        turn = Turn(c.yaw)
        under, over = self._draw_layers(turn)
        whole = _over(under, over)
        crop = _extent(whole[..., 3])
        under, over = under[crop.slices], over[crop.slices]
        self._left, self._top = _BOX[0] + crop.left / scale, _BOX[1] + crop.top / scale
        self.texture = Texture(as_layer(np.ascontiguousarray(whole[crop.slices])), self._left, self._top, scale)
        x, y, _ = turn.place((0.0, 131.0))
        self._mouth_patch = self._patch(under, over, x, y - 131.0, _MOUTH_BOX)
        self._mouth = MouthDrawing(self._mouth_patch.root, turn, c)
        self._eyes: list[tuple[_Patch, Eye, Brow]] = []
        for side in (-1, 1):
            x, y, _ = turn.place((side * (EYE_X + c.eyes.apart), 12.0))
            box = _EYE_BOX if side > 0 else (-_EYE_BOX[2], _EYE_BOX[1], -_EYE_BOX[0], _EYE_BOX[3])
            patch = self._patch(under, over, x, y - 12.0, box)
            eye, brow = Eye(patch.root, turn, c, side), Brow(patch.root, turn, c, side)
            self._eyes.append((patch, eye, brow))

    def _draw_layers(self, turn: Turn) -> tuple[Pixels, Pixels]:
        """What lies under eyes and mouth, and what lies over them."""
        c, hair = self._c, hair_of(self._c.hair_style)
        under, over = self._surface(), self._surface()
        pen = Pen(under.root.group(), turn)
        if hair.behind is not None:
            hair.behind(pen.at(BEHIND), c)
        fringe = hair.outline(c) if hair.outline is not None else None
        draw_face(pen, c, fringe)
        pen = Pen(over.root.group(), turn)
        hair.front(pen.at(HAIR), c)
        if c.earrings and c.hair_style in ("curly", "bun"):
            draw_earrings(pen, c)
        draw_glasses(pen, c)
        return under.draw(), over.draw()

    def _surface(self) -> Surface:
        scale = self._scale
        surface = Surface(round((_BOX[2] - _BOX[0]) * scale), round((_BOX[3] - _BOX[1]) * scale))
        surface.root.transform(scale, 0, -_BOX[0] * scale, 0, scale, -_BOX[1] * scale)
        return surface

    def _patch(
        self, under: Pixels, over: Pixels, x: float, y: float, around: tuple[float, float, float, float]
    ) -> _Patch:
        scale, left, top = self._scale, self._left, self._top
        box = Box(
            max(0, int((x + around[0] - left) * scale)), max(0, int((y + around[1] - top) * scale)),
            int((x + around[2] - left) * scale), int((y + around[3] - top) * scale),
        )  # fmt: skip

        def place(group: Group) -> None:
            group.transform(scale, 0, -left * scale - box.left, 0, scale, -top * scale - box.top)

        return _Patch(box, under, over, place)

    def show_mouth(self, mouth: Mouth, smile: float) -> Box:
        """Draw the mouth into the texture; returns where."""
        self._mouth.update(mouth, smile)
        return self._put(self._mouth_patch)

    def show_eye(self, index: int, pose: Pose) -> Box:
        """Draw one eye and its brow into the texture; 0 is the viewer's left. Returns where."""
        patch, eye, brow = self._eyes[index]
        eye.update(pose)
        brow.update(pose.brow_left if index == 0 else pose.brow_right, pose.brow_pinch)
        return self._put(patch)

    def _put(self, patch: _Patch) -> Box:
        self.texture.layer[patch.box.slices] = patch.draw()
        return patch.box


def _over(under: Pixels, over: Pixels) -> Pixels:
    through: Pixels = np.repeat(255 - over[..., 3:], 4, axis=2)
    return cv2.add(cv2.multiply(under, through, scale=1 / 255), over).astype(np.uint8)


def _extent(alpha: NDArray[np.uint8]) -> Box:
    """Where anything is drawn, with two pixels of air."""
    left, top, width, height = cv2.boundingRect(np.ascontiguousarray(alpha))
    return Box(
        max(0, left - 2), max(0, top - 2),
        min(alpha.shape[1], left + width + 2), min(alpha.shape[0], top + height + 2),
    )  # fmt: skip
