# The stubs of the libraries drawn with are loose.
# pyright: reportArgumentType=false
"""The head as a texture: skull, face and hair are drawn once; eyes, brows and mouth are drawn into it as they move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from app.avatars.studio.canvas import Group, Pixels, Surface
from app.avatars.studio.eyes import Brow, Eye
from app.avatars.studio.face import draw_face
from app.avatars.studio.hair import hair_of
from app.avatars.studio.model import Character, Look, Mouth
from app.avatars.studio.mouth import MouthDrawing
from app.avatars.studio.picture import Layer, as_layer, as_opaque_layer
from app.avatars.studio.prints import Drawing, Prints
from app.avatars.studio.rig import BEHIND, HAIR, Pen, Turn
from app.avatars.studio.spectacles import draw_earrings, draw_glasses
from app.avatars.studio.warp import Texture

_BOX = (-280.0, -360.0, 280.0, 560.0)
#: Left, top, right and low edge, in units, of what may be drawn of the features of the right half, before the turn.
_EYE_BOX = (10.0, -32.0, 132.0, 38.0)
_BROW_BOX = (10.0, -92.0, 132.0, -24.0)
_MOUTH_BOX = (-68.0, 100.0, 68.0, 190.0)


Edges = tuple[float, float, float, float]
_SIDES = (("left", -1), ("right", 1))


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

    def __init__(self, c: Character, scale: float, prints: Prints) -> None:
        self._c, self._scale = c, scale
        turn = Turn(c.yaw)
        drawn = prints.get(f"head {scale!r} {c!r}", lambda: self._draw_layers(turn))
        under, over, (left, top) = drawn["under"], drawn["over"], drawn["corner"].view(np.int32).tolist()
        self._left, self._top = _BOX[0] + left / scale, _BOX[1] + top / scale
        self.texture = Texture(as_layer(_over(under, over)), self._left, self._top, scale)
        self._patches = {
            "mouth": self._patch(under, over, turn, _MOUTH_BOX),
            "left eye": self._patch(under, over, turn, _mirrored(_EYE_BOX)),
            "right eye": self._patch(under, over, turn, _EYE_BOX),
            "left brow": self._patch(under, over, turn, _mirrored(_BROW_BOX)),
            "right brow": self._patch(under, over, turn, _BROW_BOX),
        }
        roots = {name: patch.root for name, patch in self._patches.items()}
        self._mouth = MouthDrawing(roots["mouth"], turn, c)
        self._eyes = {side: Eye(roots[f"{side} eye"], turn, c, sign) for side, sign in _SIDES}
        self._brows = {side: Brow(roots[f"{side} brow"], turn, c, sign) for side, sign in _SIDES}

    def _draw_layers(self, turn: Turn) -> Drawing:
        """What lies under eyes and mouth, what lies over them, and the corner of the box where both begin."""
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
        below, above = under.draw(), over.draw()
        crop = _extent(cv2.max(cv2.extractChannel(below, 3), cv2.extractChannel(above, 3)))
        corner = np.array([crop.left, crop.top], np.int32).view(np.uint8)
        return {"under": below[crop.slices].copy(), "over": above[crop.slices].copy(), "corner": corner}

    def _surface(self) -> Surface:
        scale = self._scale
        surface = Surface(round((_BOX[2] - _BOX[0]) * scale), round((_BOX[3] - _BOX[1]) * scale))
        surface.root.transform(scale, 0, -_BOX[0] * scale, 0, scale, -_BOX[1] * scale)
        return surface

    def _patch(self, under: Pixels, over: Pixels, turn: Turn, around: Edges) -> _Patch:
        scale, left, top = self._scale, self._left, self._top
        x, y = (around[0] + around[2]) / 2, (around[1] + around[3]) / 2
        moved_x, moved_y, _ = turn.place((x, y))
        dx, dy = moved_x - x - left, moved_y - y - top
        box = Box(
            max(0, int((around[0] + dx) * scale)), max(0, int((around[1] + dy) * scale)),
            int((around[2] + dx) * scale), int((around[3] + dy) * scale),
        )  # fmt: skip

        def place(group: Group) -> None:
            group.transform(scale, 0, -left * scale - box.left, 0, scale, -top * scale - box.top)

        return _Patch(box, under, over, place)

    def show_mouth(self, mouth: Mouth, smile: float) -> None:
        """Draw the mouth into the texture."""
        self._mouth.update(mouth, smile)
        self._put("mouth")

    def show_eyes(self, look: Look) -> None:
        """Draw both eyes into the texture."""
        for side, eye in self._eyes.items():
            eye.update(look)
            self._put(f"{side} eye")

    def show_brows(self, left: float, right: float, pinch: float) -> None:
        """Draw both brows into the texture."""
        for side, raised in (("left", left), ("right", right)):
            self._brows[side].update(raised, pinch)
            self._put(f"{side} brow")

    def _put(self, name: str) -> None:
        patch = self._patches[name]
        self.texture.layer[patch.box.slices] = patch.draw()

    def extent(self, *names: str) -> Box:
        """Where the named features are drawn."""
        boxes = [self._patches[name].box for name in names]
        return Box(
            min(b.left for b in boxes),
            min(b.top for b in boxes),
            max(b.right for b in boxes),
            max(b.low for b in boxes),
        )


def _mirrored(edges: Edges) -> Edges:
    return -edges[2], edges[1], -edges[0], edges[3]


def _over(under: Pixels, over: Pixels) -> Pixels:
    through = cv2.bitwise_not(cv2.extractChannel(over, 3))
    return cv2.add(cv2.multiply(under, cv2.merge((through,) * 4), scale=1 / 255), over).astype(np.uint8, copy=False)


def _extent(alpha: NDArray[np.uint8]) -> Box:
    """Where anything is drawn, with two pixels of air."""
    left, top, width, height = cv2.boundingRect(np.ascontiguousarray(alpha))
    return Box(
        max(0, left - 2), max(0, top - 2),
        min(alpha.shape[1], left + width + 2), min(alpha.shape[0], top + height + 2),
    )  # fmt: skip
