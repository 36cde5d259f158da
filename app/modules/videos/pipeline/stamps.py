"""What lies on top of everything: the logo and the lower third. Runs in child processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from app.media.encode import Planes
from app.media.stage import Rect, lay, mask_of
from app.modules.videos.pipeline.cards import Sticker, plate_of
from app.modules.videos.pipeline.ground import bgr_planes, image_at
from app.modules.videos.pipeline.looks import Look, Mark, Motion

#: How far a plate rises while it comes: of the frame's shorter side.
_TRAVEL = 0.022


class Stamp:
    """A picture that stands still."""

    still = True
    covers = False

    def __init__(self, sticker: Sticker) -> None:
        height, width = sticker.seen.shape
        self.rect = Rect(sticker.x, sticker.y, width, height)
        self._picture, self._mask = bgr_planes(sticker.bgr), mask_of(sticker.seen)

    def paint(self, index: int, planes: Planes) -> None:  # noqa: ARG002
        lay(self._picture, self._mask, self.rect.of(planes))


class RisingStamp:
    """One that comes, rising as it appears, or goes the same way."""

    still = False
    covers = False

    def __init__(self, sticker: Sticker, motion: Motion, travel: int) -> None:
        height, width = sticker.seen.shape
        self.rect = Rect(sticker.x, sticker.y, width, height + travel)
        self._picture, self._mask = bgr_planes(sticker.bgr), mask_of(sticker.seen)
        self._motion, self._travel = motion, travel

    def paint(self, index: int, planes: Planes) -> None:
        passed = (self._motion.at + index + 0.5) / self._motion.frames
        there = 1 - (1 - (passed if self._motion.coming else 1 - passed)) ** 3
        down = 2 * round(self._travel * (1 - there) / 2)
        height, width = self._picture.y.shape
        lay(self._picture, self._mask.fainter(there), Rect(0, down, width, height).of(self.rect.of(planes)))


def stamps_of(look: Look, files: Mapping[str, Path], frame: tuple[int, int]) -> Iterator[Stamp | RisingStamp]:
    """``frame``: its width and height."""
    if look.mark is not None:
        yield Stamp(_logo(look.mark, files))
    if look.plate is not None:
        sticker, motion = plate_of(look.plate, files, frame), look.plate.motion
        yield Stamp(sticker) if motion is None else RisingStamp(sticker, motion, 2 * round(_TRAVEL * min(frame) / 2))


def _logo(mark: Mark, files: Mapping[str, Path]) -> Sticker:
    image = image_at(files[mark.picture.sha256], (mark.box.width, mark.box.height))
    seen = image[:, :, 3] if image.shape[2] == 4 else np.full(image.shape[:2], 255, np.uint8)
    return Sticker(bgr=np.ascontiguousarray(image[:, :, :3]), seen=seen, x=mark.box.x, y=mark.box.y)
