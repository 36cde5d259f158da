"""Where slide, host and B-roll are, in every shape of frame."""

from __future__ import annotations

import itertools

import pytest

from app.modules.videos.pipeline.looks import Box
from app.modules.videos.pipeline.staging import CORNERS, SMALLEST, fitted, host_window, inset_window, slide_box, whole
from app.modules.videos.scenery import Arrangement, Corner, Layout, Shape

FRAMES = [(1920, 1080), (1280, 720), (1080, 1920), (1080, 1080), (720, 900)]
SIZES = [100, 300, 900]


@pytest.mark.parametrize("frame", FRAMES, ids=str)
@pytest.mark.parametrize("arrangement", list(Arrangement))
@pytest.mark.parametrize("shape", list(Shape))
def test_everything_lies_in_the_frame_at_even_places(
    frame: tuple[int, int], arrangement: Arrangement, shape: Shape
) -> None:
    for size, corner, split in itertools.product(SIZES, CORNERS, (150, 700)):
        layout = Layout(arrangement=arrangement, shape=shape, size=size, corner=corner, split=split, border=30)
        window, room = host_window(layout, frame, corner), slide_box(layout, frame, hosted=True)
        boxes = [box for box in (window.box if window else None, room) if box is not None]
        assert boxes
        if window is not None:
            assert min(window.box.width, window.box.height) - 2 * window.border >= SMALLEST
        for box in boxes:
            assert box in whole(frame)
            assert all(value % 2 == 0 for value in (box.x, box.y, box.width, box.height))


@pytest.mark.parametrize("frame", FRAMES, ids=str)
def test_side_by_side_nothing_covers_the_other(frame: tuple[int, int]) -> None:
    layout = Layout(arrangement=Arrangement.SIDE_BY_SIDE)
    window, room = host_window(layout, frame, Corner.BOTTOM_RIGHT), slide_box(layout, frame, hosted=True)
    assert window is not None
    assert room is not None
    a, b = window.box, room
    apart = (a.x >= b.x + b.width, b.x >= a.x + a.width, a.y >= b.y + b.height, b.y >= a.y + a.height)
    assert any(apart)


@pytest.mark.parametrize("corner", CORNERS)
def test_inset_b_roll_and_the_host_leave_each_other_alone(corner: Corner) -> None:
    host = host_window(Layout(), (1920, 1080), corner)
    assert host is not None
    inset = inset_window((1920, 1080), 16 / 9, host=corner).box
    a, b = host.box, inset
    assert a.x >= b.x + b.width or b.x >= a.x + a.width or a.y >= b.y + b.height or b.y >= a.y + a.height


@pytest.mark.parametrize("picture", [(1600, 900), (900, 1600), (3000, 50), (1, 4000)], ids=str)
def test_a_slide_is_shown_whole_in_the_middle(picture: tuple[int, int]) -> None:
    box = fitted(picture, Box(x=100, y=50, width=800, height=600))
    assert box in Box(x=100, y=50, width=800, height=600)
    assert box.width == 800 or box.height == 600
    assert abs((box.x - 100) - (800 - box.width) / 2) <= 1
