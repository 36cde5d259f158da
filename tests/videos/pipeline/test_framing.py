"""Where crops are: from what was seen to panes and paths."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import sin

import pytest

from app.media.lookout import Face
from app.media.watching import Shot, Sight
from app.modules.videos.pipeline.framing import FramedShot, framed, place_at, steered
from app.modules.videos.pipeline.looks import Pan
from app.modules.videos.scenery import WHOLE_SHARE, FramingMode

WIDE, TALL = (1920, 1080), (1080, 1920)
FPS = 25.0


def face(x: float, y: float = 0.4, size: float = 0.3, moved: float = 0.0) -> Face:
    """Its middle at the shares ``x`` and ``y``; ``size``: its height."""
    width = size * 9 / 16
    return Face(x=x - width / 2, y=y - size / 2, width=width, height=size, moved=moved)


def shot(*faces_of: object, start: int = 0, frames: int = 250, stillness: float = 0.2) -> Shot:
    """``faces_of``: functions from a frame to a face, or to None where it is not seen."""
    sights = tuple(
        Sight(frame=frame, faces=tuple(found for of in faces_of if (found := of(frame)) is not None))  # type: ignore[operator]
        for frame in range(start, start + frames, 6)
    )
    return Shot(start=start, stop=start + frames, sights=sights, stillness=stillness)


def middles(found: FramedShot, pane: int = 0) -> list[float]:
    return [place_at(found.panes[pane].path, frame)[0] / WHOLE_SHARE for frame in range(found.start, found.stop)]


def holds(found: FramedShot, frame: int, where: Face) -> bool:
    """Whether a face is all in the crop."""
    x, width = place_at(found.panes[0].path, frame)[0] / WHOLE_SHARE, found.panes[0].width / WHOLE_SHARE
    return x - width / 2 <= where.x and where.x + where.width <= x + width / 2


def test_a_face_that_sways_does_not_move_the_camera() -> None:
    (found,) = framed([shot(lambda n: face(0.7 + 0.03 * sin(n / 9)))], WIDE, TALL, FPS)
    assert len(found.panes[0].path) == 1
    assert middles(found)[0] == pytest.approx(0.7, abs=0.02)
    assert (found.panes[0].width, found.panes[0].height) == (3164, 10_000)


def test_somebody_who_walks_is_followed_smoothly_and_without_delay() -> None:
    """From 20 % to 80 % of the picture in four seconds."""

    def walking(frame: int) -> Face:
        return face(0.2 + 0.6 * min(1.0, max(0.0, (frame - 75) / 100)), size=0.22)

    (found,) = framed([shot(walking)], WIDE, TALL, FPS)
    assert all(holds(found, frame, walking(frame)) for frame in range(250))
    assert jolts(found.panes[0].path, FPS, 250) < 0.5
    assert middles(found)[125] == pytest.approx(walking(125).middle[0], abs=0.05)


def test_a_cut_of_the_picture_is_a_cut_of_the_crop() -> None:
    first, second = shot(lambda _: face(0.25)), shot(lambda _: face(0.75), start=250)
    one, other = framed([first, second], WIDE, TALL, FPS)
    assert (one.stop, other.start) == (250, 250)
    assert middles(one)[-1] == pytest.approx(0.25, abs=0.01)
    assert middles(other)[0] == pytest.approx(0.75, abs=0.01)


def test_a_crop_never_leaves_the_picture() -> None:
    (found,) = framed([shot(lambda _: face(0.02))], WIDE, TALL, FPS)
    pane = found.panes[0]
    assert pane.path[0].x == pane.width // 2


def test_two_people_far_apart_are_shown_one_above_the_other() -> None:
    (found,) = framed([shot(lambda _: face(0.2), lambda _: face(0.8))], WIDE, TALL, FPS)
    assert [(pane.box.y, pane.box.height) for pane in found.panes] == [(0, 960), (960, 960)]
    left, right = (pane.path[0].x for pane in found.panes)
    assert left < 3500 < 6500 < right


def test_two_people_side_by_side_are_shown_together() -> None:
    (found,) = framed([shot(lambda _: face(0.46, size=0.2), lambda _: face(0.54, size=0.2))], WIDE, TALL, FPS)
    assert len(found.panes) == 1
    assert middles(found)[0] == pytest.approx(0.5, abs=0.01)


def test_followed_is_who_speaks_and_from_one_to_the_other_the_crop_cuts() -> None:
    def left(frame: int) -> Face:
        return face(0.2, moved=5.0 if frame < 120 else 0.1)

    def right(frame: int) -> Face:
        return face(0.8, moved=0.1 if frame < 120 else 5.0)

    (found,) = framed([shot(left, right)], WIDE, TALL, FPS, FramingMode.FOLLOW)
    places = middles(found)
    assert places[0] == pytest.approx(0.2, abs=0.05)
    assert places[-1] == pytest.approx(0.8, abs=0.05)
    assert {round(place, 1) for place in places} == {0.2, 0.8}


def test_a_small_host_beside_a_slide_stands_above_the_whole_of_it() -> None:
    (found,) = framed([shot(lambda _: face(0.88, 0.85, size=0.15), stillness=0.9)], WIDE, TALL, FPS)
    host, slide = found.panes
    assert (slide.width, slide.height, slide.box.width, slide.box.height) == (10_000, 10_000, 1080, 608)
    assert host.box.y + host.box.height == slide.box.y
    assert found.blurred


def test_where_nobody_is_seen_all_of_the_picture_is() -> None:
    (found,) = framed([shot()], WIDE, TALL, FPS)
    assert (found.panes[0].box.width, found.panes[0].box.height) == (1080, 608)
    assert found.blurred


def test_a_lamp_that_was_taken_for_a_face_once_is_none() -> None:
    (found,) = framed([shot(lambda _: face(0.3), lambda n: face(0.8) if n == 60 else None)], WIDE, TALL, FPS)
    assert len(found.panes) == 1
    assert middles(found)[100] == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("mode", FramingMode)
@pytest.mark.parametrize("source", [(1920, 1080), (1440, 1080), (1080, 1920), (720, 720)])
@pytest.mark.parametrize("frame", [(1080, 1920), (1080, 1080), (1080, 1350), (1920, 1080)])
def test_every_mode_fills_every_frame_from_every_shape(
    mode: FramingMode, source: tuple[int, int], frame: tuple[int, int]
) -> None:
    two = shot(lambda _: face(0.3), lambda _: face(0.7))
    for seen in (two, shot(lambda _: face(0.5, 0.1, size=0.1)), shot(), shot(frames=1)):
        (found,) = framed([seen], source, frame, FPS, mode)
        for pane in found.panes:
            x, y = place_at(pane.path, seen.start)
            assert pane.width / 2 - 1 <= x <= WHOLE_SHARE - pane.width / 2 + 1
            assert pane.height / 2 - 1 <= y <= WHOLE_SHARE - pane.height / 2 + 1
            assert 0 <= pane.box.x <= pane.box.x + pane.box.width <= frame[0]
            assert 0 <= pane.box.y <= pane.box.y + pane.box.height <= frame[1]
            shape = pane.width * source[0] * pane.box.height / (pane.height * source[1] * pane.box.width)
            assert shape == pytest.approx(1, abs=0.02)
        assert found.blurred or sum(pane.box.width * pane.box.height for pane in found.panes) == frame[0] * frame[1]


def test_ones_own_keys_are_obeyed() -> None:
    keys = [Pan(frame=0, x=2000, y=5000), Pan(frame=100, x=8000, y=5000), Pan(frame=150, x=5000, y=5000, cut=True)]
    (found,) = steered([shot()], keys, WIDE, TALL)
    places = middles(found)
    assert (places[0], places[100]) == (0.2, 0.8)
    assert 0.45 < places[50] < 0.55
    assert (places[149], places[150]) == (0.8, 0.5)


def jolts(path: Sequence[Pan], fps: float, frames: int) -> float:
    """The largest acceleration between cuts, in widths of the picture a second squared: what eyes feel as a jolt."""
    cuts = {pan.frame for pan in path if pan.cut}
    places = [place_at(path, frame)[0] / WHOLE_SHARE for frame in range(frames)]
    speeds = [(after - before) * fps for before, after in pairwise(places)]
    changes = ((index + 1, (after - before) * fps) for index, (before, after) in enumerate(pairwise(speeds)))
    return max((abs(change) for at, change in changes if not {at, at + 1} & cuts), default=0.0)
