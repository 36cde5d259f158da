# pyright: reportUnknownMemberType=false
"""Where faces are in pictures that follow one another. Places are shares of the upright picture, 0..1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from app.media.encode import Plane

#: Faces are looked for in pictures so wide, and are no smaller than such a share of the height.
_SEARCHED_WIDTH, _SMALLEST_FACE = 960, 0.06
#: The detector's steps of size, and how often it must find the same face: at first, and where one was found.
_GLANCE, _CLOSE = (1.15, 2), (1.05, 4)
#: A face that moves or grows by no more than such a share of its width has hardly moved.
_HARDLY = 0.08
#: Every so many looks it looks everywhere.
_EVERYWHERE = 4
#: In pixels: the smallest face that it knows, and as how large a known one is looked at.
_WINDOW, _FACE = 24, 40
#: One that is quick, and one that has to agree where a face is seen first: lamps and clocks are faces to the first.
_FIRST, _SECOND = "frontalface_default", "frontalface_alt2"
_Pixels = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """``moved``: how much the mouth moves, in levels, beyond what the whole face does."""

    x: float
    y: float
    width: float
    height: float
    moved: float = 0.0

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


class Lookout:
    """Looks for faces: in all of the picture now and then, else around those that were just seen.

    Places are pixels of the picture.
    """

    def __init__(self) -> None:
        self._found: list[_Pixels] = []
        self._looks = 0
        self.calm = False
        """One face is there, and has hardly moved: half of the looks will do."""

    def elsewhere(self) -> Self:
        """One that knows of the same faces, and looks everywhere at first."""
        other = type(self)()
        other._found = list(self._found)
        return other

    def look(self, luma: Plane, previous: Plane | None) -> tuple[Face, ...] | None:
        """None if there was nothing to look at. ``previous``: the picture of the frame before."""
        earlier = previous if previous is not None and previous.shape == luma.shape else None
        near = [found for box in self._found for found in _near(luma, box)]
        everywhere = len(near) < len(self._found) or self._looks % _EVERYWHERE == 0
        self._looks += 1
        if everywhere:
            near = _everywhere(luma, near)
        elif not near:
            return None
        self.calm = len(near) == len(self._found) == 1 and _hardly_moved(self._found[0], near[0])
        self._found = near
        return tuple(_face(box, luma, earlier) for box in self._found)


def within(before: Face, now: Face, share: float) -> bool:
    """Whether a face has moved and grown by less than such a share of itself."""
    wide = max(abs(before.x - now.x), abs(before.width - now.width))
    high = max(abs(before.y - now.y), abs(before.height - now.height))
    return wide < share * now.width and high < share * now.height


def between(before: Face, now: Face, share: float) -> Face:
    """Where a face was on its way, as lively as before."""
    x, y, width, height = (
        one + (other - one) * share
        for one, other in zip(
            (before.x, before.y, before.width, before.height), (now.x, now.y, now.width, now.height), strict=True
        )
    )
    return Face(x=x, y=y, width=width, height=height, moved=before.moved)


def _hardly_moved(before: _Pixels, now: _Pixels) -> bool:
    return max(abs(one - other) for one, other in zip(before, now, strict=True)) < _HARDLY * now[2]


def _everywhere(luma: Plane, known: Sequence[_Pixels]) -> list[_Pixels]:
    """All faces. People in a picture are of about one size: beside a known face none is looked for that is far less."""
    height, width = luma.shape
    share = min(1.0, _SEARCHED_WIDTH / min(width, height * 16 / 9))
    least = max(round(_SMALLEST_FACE * min(height, width)), min((box[2] // 2 for box in known), default=0))
    found = _detected(luma, (0, 0, width, height), share, (least, max(height, width)), _GLANCE)
    return [box for box in found if _close_to(luma, box, _SECOND)]


def _near(luma: Plane, box: _Pixels) -> list[_Pixels]:
    """The face that was in the box, if it is still about there."""
    found = _close_to(luma, box, _FIRST)
    return [min(found, key=lambda each: abs(each[0] - box[0]) + abs(each[1] - box[1]))] if found else []


def _close_to(luma: Plane, box: _Pixels, trained: str) -> list[_Pixels]:
    width = box[2]
    sizes = (width * 2 // 3, width * 3 // 2)
    return _detected(luma, _around(luma, box), min(1.0, _FACE / width), sizes, _CLOSE, trained)


def _around(luma: Plane, box: _Pixels) -> _Pixels:
    """The part of the picture in which a face is, or was."""
    x, y, width, height = box
    return _within(luma, x - width, y - height // 2, x + width * 2, y + height * 3 // 2)


def _within(luma: Plane, left: int, top: int, right: int, bottom: int) -> _Pixels:
    height, width = luma.shape
    x, y = max(0, left), max(0, top)
    return x, y, min(width, right) - x, min(height, bottom) - y


def _detected(
    luma: Plane, part: _Pixels, share: float, sizes: tuple[int, int], care: tuple[float, int], trained: str = _FIRST
) -> list[_Pixels]:
    """Faces in a part of the picture, of the least to the largest of ``sizes``, looked for in that ``share`` of it."""
    x, y, width, height = part
    size = (max(1, round(width * share)), max(1, round(height * share)))
    small = cv2.resize(luma[y : y + height, x : x + width], size, interpolation=cv2.INTER_AREA)
    least, most = (max(_WINDOW, round(side * share)) for side in sizes)
    level = cv2.createCLAHE(2.0, (8, 8)).apply(small)
    found = _cascade(trained).detectMultiScale(level, *care, minSize=(least, least), maxSize=(most, most))
    boxes = (np.asarray(found, float).reshape(-1, 4) / share).round().astype(int).tolist()
    return [(x + left, y + top, wide, high) for left, top, wide, high in boxes]


def _face(box: _Pixels, now: Plane, before: Plane | None) -> Face:
    (height, width), (x, y, wide, high) = now.shape, box
    moved = _moved(now, before, box) if before is not None else 0.0
    return Face(x=x / width, y=y / height, width=wide / width, height=high / height, moved=moved)


def _moved(now: Plane, before: Plane, box: _Pixels) -> float:
    x, y, width, height = box
    size = (_FACE, _FACE)
    one, other = (
        cv2.resize(each[y : y + height, x : x + width], size, interpolation=cv2.INTER_AREA) for each in (now, before)
    )
    change = np.abs(np.asarray(one, np.int16) - other)
    mouth = change[2 * _FACE // 3 :, _FACE // 4 : 3 * _FACE // 4]
    return max(0.0, float(mouth.mean() - change[: _FACE // 2].mean()))


@cache
def _cascade(name: str) -> cv2.CascadeClassifier:
    """Viola and Jones' detector, with trained data that OpenCV ships."""
    return cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / f"haarcascade_{name}.xml"))
