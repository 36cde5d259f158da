"""Planes made smaller: as bright as what they were made of, everywhere, and without what is too fine for them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.media.encode import Plane
from app.media.reduction import filling, filling_alike, handy_average, resized


@pytest.mark.parametrize("side", [700, 620, 500, 460, 384, 360, 300, 280, 250, 206, 180, 100, 48])
def test_however_much_smaller_it_is_as_bright_as_its_average_everywhere(side: int) -> None:
    waves = np.add.outer(np.sin(np.arange(720) / 18), np.cos(np.arange(720) / 28)) * 45 + 128
    plane = waves.astype(np.uint8)
    average = cv2.resize(plane, (side, side), interpolation=cv2.INTER_AREA).astype(float)
    off = np.abs(resized(plane, (side, side)).astype(float) - average)
    assert (off.mean() < 0.7, off.max() < 4) == (True, True)


def test_nothing_finer_than_its_pixels_is_left_of_a_grid() -> None:
    """Which would flicker when it moves."""
    grid = np.zeros((720, 720), np.uint8)
    grid[::2] = 255
    for side in (384, 300, 250, 200, 100):
        assert resized(grid, (side, side)).std() < 24


def waves(width: int, height: int) -> Plane:
    down, across = np.sin(np.arange(height) / 18), np.cos(np.arange(width) / 28)
    return (np.add.outer(down, across) * 45 + 128).astype(np.uint8)


@pytest.mark.parametrize(
    ("picture", "size"),
    [
        ((1280, 720), (384, 384)),
        ((1280, 720), (316, 316)),
        ((1280, 720), (248, 312)),
        ((1920, 1080), (384, 384)),
        ((3840, 2160), (324, 324)),
        ((1920, 1440), (1440, 1080)),
        ((720, 1280), (540, 304)),
        ((1279, 719), (316, 316)),
        ((854, 481), (156, 156)),
    ],
    ids=str,
)
def test_a_handy_average_is_that_of_the_area_it_covers(picture: tuple[int, int], size: tuple[int, int]) -> None:
    """And that is nearly all that fits; chroma, of half the size, has room for it, too."""
    half = (size[0] // 2, size[1] // 2)
    average = handy_average((picture[0] // 2, picture[1] // 2), half)
    assert average is not None
    wide, high = (average.covered(length) for length in size)
    assert max(wide / picture[0], high / picture[1]) > 0.98
    for room, plane in ((size, waves(*picture)), (half, waves(picture[0] // 2, picture[1] // 2))):
        wide, high = (average.covered(length) for length in room)
        left, top = (plane.shape[1] - wide) // 2, (plane.shape[0] - high) // 4
        covered, ratio = plane[top : top + high, left : left + wide], float(average.ratio) * 2**average.halvings
        wanted = averaged(averaged(covered, room[1], ratio).T, room[0], ratio).T
        off = np.abs(filling(plane, room, average).astype(float) - wanted)
        assert (off.mean() < 0.7, off.max() <= 3) == (True, True)


def averaged(plane: NDArray[Any], count: int, ratio: float) -> NDArray[np.float64]:
    """So many rows, by what lies under the curve of each column."""
    under = np.vstack([np.zeros(plane.shape[1]), np.cumsum(plane, axis=0, dtype=np.float64)])
    edges = np.arange(count + 1) * ratio
    whole = np.minimum(edges.astype(int), len(plane) - 1)
    at_edges = under[whole] + (edges - whole)[:, None] * plane[whole]
    return np.diff(at_edges, axis=0) / ratio


def test_an_average_leaves_nothing_finer_than_its_pixels_either() -> None:
    grid = np.zeros((720, 1280), np.uint8)
    grid[::2] = 255
    for side in (384, 316, 302, 160):
        average = handy_average((640, 360), (side // 2, side // 2))
        assert average is not None
        assert filling(grid, (side, side), average).std() < 36


def test_there_is_no_handy_average_for_what_becomes_larger_or_hardly_smaller() -> None:
    assert [handy_average((1280, 720), size) for size in ((1920, 1080), (1280, 720), (1200, 676))] == [None] * 3


@pytest.mark.parametrize("size", [(192, 192), (190, 192), (158, 158), (320, 180), (100, 300)], ids=str)
def test_planes_that_are_alike_become_the_same_at_once_as_one_by_one(size: tuple[int, int]) -> None:
    planes = (waves(640, 360), waves(640, 360)[::-1].copy())
    average = handy_average((640, 360), size)
    at_once = filling_alike(planes, size, average)
    assert [plane.shape for plane in at_once] == [size[::-1]] * 2
    assert all(np.array_equal(one, filling(plane, size, average)) for one, plane in zip(at_once, planes, strict=True))
