"""How much of what a slide says lies in some part of it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

#: Slides are looked at in this width: letters are still edges in it.
_WIDTH = 960
#: Steps from pixel to pixel that are no edge: noise, a gradient, the blur of a photograph.
_STEP = 24
#: Shares that differ by less are alike.
_ALIKE = 0.004

Bgr = NDArray[np.uint8]
#: Left, top, right and bottom, as shares of width and height.
Part = tuple[float, float, float, float]


def covered(slide: Bgr, parts: list[Part]) -> list[float]:
    """The share of each part that is within reach of an edge: of letters, lines, bars, faces."""
    height = max(1, round(slide.shape[0] * _WIDTH / slide.shape[1]))
    grey = cv2.cvtColor(cv2.resize(slide, (_WIDTH, height), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    step = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    written = cv2.dilate(np.asarray(step > _STEP, np.uint8), np.ones((5, 5), np.uint8))
    return [_share(np.asarray(written, np.uint8), part) for part in parts]


def quietest(shares: list[float]) -> int:
    """The first of those that cover least."""
    least = min(shares)
    return next(place for place, share in enumerate(shares) if share <= least + _ALIKE)


def _share(written: NDArray[np.uint8], part: Part) -> float:
    height, width = written.shape
    left, top, right, bottom = part
    inside = written[
        max(0, int(top * height)) : max(1, round(bottom * height)),
        max(0, int(left * width)) : max(1, round(right * width)),
    ]
    return float(inside.mean()) if inside.size else 0.0
