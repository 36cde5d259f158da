"""Colours and rooms behind the presenter."""

from __future__ import annotations

import numpy as np
import pytest

from app.avatars.studio.backdrop import BACKDROPS, check_backdrop, paint_backdrop
from app.avatars.studio.errors import UnknownBackdrop


def bt709(red: int, green: int, blue: int) -> tuple[float, float, float]:
    """ITU-R BT.709, limited range, from full-range components."""
    r, g, b = red / 255, green / 255, blue / 255
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    return 16 + 219 * y, 128 + 224 * (b - y) / 1.8556, 128 + 224 * (r - y) / 1.5748


@pytest.mark.parametrize("color", ["#000000", "#FFFFFF", "#FF0000", "#00FF00", "#0000FF", "#1F6FEB", "#7a5c3d"])
def test_a_plain_backdrop_has_its_colour_at_the_edges(color: str) -> None:
    planes = paint_backdrop(color, 640, 360)
    expected = bt709(*bytes.fromhex(color[1:]))
    for plane, value in zip((planes.y, planes.u, planes.v), expected, strict=True):
        for corner in (plane[:20, :20], plane[:20, -20:], plane[-20:, :20], plane[-20:, -20:]):
            assert abs(float(corner.mean()) - value) <= 0.3
            assert np.abs(corner.astype(float) - value).max() < 2


def test_a_plain_backdrop_is_a_little_lighter_behind_the_head() -> None:
    planes = paint_backdrop("#204060", 640, 360)
    assert planes.y[150, 320] > planes.y[5, 5] + 4


@pytest.mark.parametrize("name", sorted(BACKDROPS))
@pytest.mark.parametrize("size", [(640, 360), (360, 640)])
def test_every_room_is_painted_within_legal_values(name: str, size: tuple[int, int]) -> None:
    planes = paint_backdrop(name, *size)
    assert planes.y.shape == (size[1], size[0])
    assert planes.u.shape == planes.v.shape == (size[1] // 2, size[0] // 2)
    assert planes.y.min() >= 15
    assert planes.y.max() <= 236
    assert planes.y.std() > 2


def test_a_room_is_the_same_every_time() -> None:
    one, other = paint_backdrop("sand", 640, 360), paint_backdrop("sand", 640, 360)
    assert one.y.tobytes() == other.y.tobytes()
    assert one.u.tobytes() == other.u.tobytes()


def test_dark_gradients_are_dithered_not_banded() -> None:
    planes = paint_backdrop("night", 1280, 720)
    runs = np.diff(planes.y[300:420, 500:780].astype(int), axis=1) == 0
    longest = max(len(run) for row in runs for run in "".join("x" if same else " " for same in row).split())
    assert longest < 40


@pytest.mark.parametrize("name", ["", "Dawn", "#12345", "#12345G", "blue", "#1234567"])
def test_what_is_neither_a_room_nor_a_colour_is_refused(name: str) -> None:
    with pytest.raises(UnknownBackdrop, match="Choose one of dawn"):
        check_backdrop(name)
