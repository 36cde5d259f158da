# pyright: reportUnknownMemberType=false
"""Where a recording is cut: from pictures in little, and between two of them from all frames there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from app.media.encode import Plane
from app.media.film import Projector, Run, upright
from app.media.look import rotation_of
from app.media.reduction import Size

_WITH_LUMA = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray")
#: A cut changes the picture by so many levels on average, and so many times more than the frames around it do.
CUT_LEVELS, _CUT_TIMES = 14.0, 3.0
_THUMB = 40
#: A picture is of the same scene as another if it looks so much like it (correlation), moved by such a share or less.
_ALIKE, _MOVED = 0.95, 0.15
Thumb = NDArray[np.int16]


class _Upright(Projector[Plane]):
    """The luma of each frame."""

    def _developed(self, frame: av.VideoFrame, size: Size) -> Plane:  # noqa: ARG002
        return upright_luma(frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A frame of ours at which a picture is shown first, and that picture in little. ``onward``: what was shown before
    has gone on until then, though nothing of it was looked at.
    """

    index: int
    thumb: Thumb
    onward: bool = False


def luma_of(frame: av.VideoFrame) -> Plane:
    """The first plane of an 8-bit picture, without its row padding."""
    plane = frame.planes[0]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]


def upright_luma(frame: av.VideoFrame) -> Plane:
    known = frame if frame.format.name in _WITH_LUMA else frame.reformat(format="gray")
    return upright(luma_of(known), rotation_of(frame))


def exactly(path: Path, at: Fraction, fps: Fraction, before: Seen, after: Seen) -> int:
    """The first frame that is more like ``after``."""
    if after.index - before.index <= 1:
        return after.index
    with _Upright(path, Run(at=at), fps=fps, size=(2, 2)) as film:
        for index in range(before.index + 1, after.index):
            thumb = thumb_of(film.picture(index))
            if change_of(thumb, after.thumb) < change_of(thumb, before.thumb):
                return index
    return after.index


def cuts_in(seen: Sequence[Seen], shortest: int, exactly: Callable[[Seen, Seen], int]) -> Iterator[int]:
    """The first frame after each cut. A flash, which changes back at once, is none."""
    changes = [None if after.onward else change_of(before.thumb, after.thumb) for before, after in pairwise(seen)]
    last = 0
    for place, change in enumerate(changes):
        around = (*changes[max(0, place - 3) : place], *changes[place + 1 : place + 4])
        usual = fmean([each for each in around if each is not None] or [0.0])
        if change is None or change <= max(CUT_LEVELS, _CUT_TIMES * usual) or _returns(seen, place, change):
            continue
        index = exactly(seen[place], seen[place + 1])
        if index - last >= shortest:
            last = index
            yield index


def _returns(seen: Sequence[Seen], place: int, change: float) -> bool:
    """Whether what changes after ``place`` changes back at once, or has just done so."""
    pairs = ((place, place + 2), (place - 1, place + 1))
    known = [pair for pair in pairs if pair[0] >= 0 and pair[1] < len(seen)]
    return any(change_of(seen[one].thumb, seen[other].thumb) < change / 2 for one, other in known)


def change_of(one: Thumb, other: Thumb) -> float:
    return float(np.abs(one - other).mean())


def thumb_of(luma: Plane) -> Thumb:
    step = max(1, luma.shape[0] // _THUMB)
    small = cv2.resize(luma[::4, ::4], (luma.shape[1] // step, luma.shape[0] // step), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.int16)


def same_scene(one: Thumb, other: Thumb) -> bool:
    """Whether both can be pictures of one scene before a camera that has moved a little, or of somebody who has."""
    if one.shape != other.shape:
        return False
    height, width = one.shape
    y, x = round(height * _MOVED), round(width * _MOVED)
    inner = other[y : height - y, x : width - x].astype(np.float32)
    likeness = cv2.matchTemplate(one.astype(np.float32), inner, cv2.TM_CCOEFF_NORMED)
    return float(likeness.max()) >= _ALIKE
