# pyright: reportUnknownMemberType=false
"""A recording whose pictures are cropped to fill boxes of another shape. A stranger's file: only to be opened in
limited child processes.
"""

from __future__ import annotations

from dataclasses import dataclass

import av
import cv2
import numpy as np

from app.media.encode import Plane, Planes, planes_of
from app.media.film import Projector, in_colours, upright
from app.media.look import rotation_of
from app.media.reduction import Size, resized

#: What is behind is drawn so small, and made so much darker.
_BLURRED_WIDTH, _BLUR, _DARKER = 96, 5.0, 0.6


@dataclass(frozen=True, slots=True)
class CropBox:
    """Pixels of the picture: its middle may be between them."""

    x: float
    y: float
    width: float
    height: float


class Uncropped(Projector[Planes]):
    """Whole pictures, upright, in the encoder's colours; as large as they were recorded."""

    def _developed(self, frame: av.VideoFrame, size: Size) -> Planes:  # noqa: ARG002
        turn = rotation_of(frame)
        source = planes_of(in_colours(frame, "yuv420p"))
        return Planes(y=upright(source.y, turn), u=upright(source.u, turn), v=upright(source.v, turn))


def cropped(picture: Planes, crop: CropBox, out: Planes) -> None:
    """What is in the crop, as large as ``out``."""
    _crop(picture.y, crop, out.y)
    half = CropBox(crop.x / 2, crop.y / 2, crop.width / 2, crop.height / 2)
    _crop(picture.u, half, out.u)
    _crop(picture.v, half, out.v)


def _crop(plane: Plane, crop: CropBox, out: Plane) -> None:
    """To the nearest pixel of ``out``: a little more than the crop is scaled, always by one ratio, and then cut."""
    height, width = out.shape
    (left, columns, aside), (top, rows, down) = (
        _run(place, length, room, target)
        for place, length, room, target in (
            (crop.x, crop.width, plane.shape[1], width),
            (crop.y, crop.height, plane.shape[0], height),
        )
    )
    scale_x, scale_y = width / crop.width, height / crop.height
    size = (max(width, round(columns * scale_x)), max(height, round(rows * scale_y)))
    scaled = resized(plane[top : top + rows, left : left + columns], size)
    aside, down = min(aside, size[0] - width), min(down, size[1] - height)
    out[:] = scaled[down : down + height, aside : aside + width]


def _run(middle: float, length: float, room: int, target: int) -> tuple[int, int, int]:
    """First pixel and number of those that are scaled, and where the crop begins in what they become."""
    begin = middle - length / 2
    count = min(room, int(np.ceil(length)) + (0 if length >= room - 1 else 2))
    first = min(max(0, int(np.floor(begin))), room - count)
    return first, count, max(0, round((begin - first) * target / length))


def blurred(picture: Planes, out: Planes) -> None:
    """Its middle, out of focus and darker, filling ``out``."""
    height, width = out.y.shape
    small = (_BLURRED_WIDTH, max(2, round(_BLURRED_WIDTH * height / width)))
    for source, target, neutral, scale in (
        (picture.y, out.y, 16, 1.0),
        (picture.u, out.u, 128, 0.5),
        (picture.v, out.v, 128, 0.5),
    ):
        size = (round(small[0] * scale), round(small[1] * scale))
        middle = _filling(source, target.shape[1] / target.shape[0])
        tiny = cv2.GaussianBlur(cv2.resize(middle, size, interpolation=cv2.INTER_AREA), (0, 0), _BLUR * scale)
        darker = cv2.addWeighted(tiny, _DARKER, tiny, 0, neutral * (1 - _DARKER))
        target[:] = cv2.resize(darker, target.shape[::-1])


def _filling(plane: Plane, share: float) -> Plane:
    """The largest part of it that has this shape, from its middle."""
    height, width = plane.shape
    wide, high = min(width, round(height * share)), min(height, round(width / share))
    x, y = (width - wide) // 2, (height - high) // 2
    return plane[y : y + high, x : x + wide]
