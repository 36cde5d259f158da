"""Where captions are, which of them are seen in a run of frames, and how they are drawn."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from app.media.stage import empty, fill
from app.media.time import FrameRange
from app.modules.videos.composition import AspectRatio, Picture, Resolution
from app.modules.videos.pipeline.branding import overlap, plate_room
from app.modules.videos.pipeline.looks import Box, Host, Look, Palette, Plate, Window
from app.modules.videos.pipeline.staging import CORNERS, Size, corner_box, whole
from app.modules.videos.pipeline.subtitles import Subtitle, Subtitles, Timed, letters, room_for, subtitles_in
from app.modules.videos.pipeline.subtitling import SubtitleLayer
from app.modules.videos.scenery import Corner, Layout, Shape

FPS = Fraction(25)
SIZES = [Picture(aspect_ratio=ratio, resolution=each).size for ratio in AspectRatio for each in Resolution]
PALETTE = Palette(back="#000000", text="#FFFFFF", accent="#FF0000")


def look(box: Box | None) -> Look:
    host = Host.model_construct(window=Window(box=box), source=None) if box is not None else None
    return Look.model_construct(ground="#FFFFFF", cover=None, slide=None, host=host, inlay=None, mark=None, plate=None)


@pytest.mark.parametrize("frame", SIZES, ids=str)
@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("size", [200, 300, 450])
def test_they_are_in_the_frame_and_not_on_the_host(frame: Size, corner: Corner, size: int) -> None:
    host = corner_box(Layout(size=size, shape=Shape.CIRCLE), frame, corner)
    room, (width, height) = room_for(look(host), frame), frame
    assert not overlap(room, host)
    assert min(room.x, width - room.x - room.width) >= 0.045 * min(frame)
    assert height - room.y - room.height >= 0.045 * min(frame)
    assert room.y > 0.3 * height
    assert room.width >= 0.4 * width
    assert all(value % 2 == 0 for value in (room.x, room.y, room.width, room.height))
    assert room.height >= 2.8 * letters(frame)


@pytest.mark.parametrize("frame", SIZES, ids=str)
def test_a_host_who_fills_the_frame_wears_them_on_the_chest(frame: Size) -> None:
    room = room_for(look(whole(frame)), frame)
    assert room == room_for(look(None), frame)
    assert abs(room.x + room.width / 2 - frame[0] / 2) <= 2
    if frame[1] > 1.5 * frame[0]:
        assert frame[1] - room.y - room.height >= 0.19 * frame[1], "below are the buttons of apps"


@pytest.mark.parametrize("frame", SIZES, ids=str)
def test_they_are_above_a_lower_third(frame: Size) -> None:
    host = corner_box(Layout(), frame, Corner.BOTTOM_RIGHT)
    plate, side = plate_room(frame, host, None)
    shown = Plate(name="Maya", role="", palette=PALETTE, room=plate, side=side)
    room = room_for(look(host).model_copy(update={"plate": shown}), frame)
    assert not overlap(room, plate)
    assert room.y >= 0


def test_a_run_of_frames_has_its_own_captions_counted_from_its_first_frame() -> None:
    captions = [
        Timed(start_ms=0, end_ms=1000, lines=("One",)),
        Timed(start_ms=1000, end_ms=3000, lines=("Two", "lines")),
        Timed(start_ms=3500, end_ms=4000, lines=("Three",)),
    ]

    def shown(start: int, stop: int) -> list[tuple[int, int, str]]:
        found = subtitles_in(captions, FrameRange(start, stop), look(None), (1280, 720), FPS, None)
        return [(each.first, each.stop, each.lines[0]) for each in found.shown] if found is not None else []

    assert shown(0, 200) == [(0, 25, "One"), (25, 75, "Two"), (88, 100, "Three")]
    assert shown(20, 60) == [(0, 5, "One"), (5, 40, "Two")]
    assert shown(76, 86) == []
    assert shown(200, 300) == []


def drawn(*lines: str, frame: Size = (1280, 720), ground: int = 128) -> tuple[np.ndarray, Box]:
    room = room_for(look(None), frame)
    subtitles = Subtitles(room=room, size=letters(frame), font=None, shown=(Subtitle(first=2, stop=4, lines=lines),))
    planes, layer = empty(*frame), SubtitleLayer(subtitles, {})
    fill(planes, (ground, 128, 128))
    layer.paint(1, planes)
    assert (planes.y == ground).all(), "not before its first frame"
    layer.paint(2, planes)
    painted = planes.y.copy()
    fill(planes, (ground, 128, 128))
    layer.paint(4, planes)
    assert (planes.y == ground).all(), "not after its last one"
    return painted, room


@pytest.mark.parametrize(
    "lines",
    [
        ("Good morning, everybody, and welcome", "to the review of the third quarter."),
        ("<b>--> {\\an8} 🎉 &amp;",),
        ("مرحبا بالجميع",),
        ("x" * 200,),
        ("W" * 24, "W" * 24),
    ],
    ids=["two lines", "signs", "right to left", "a long word", "wide letters"],
)
@pytest.mark.parametrize("frame", [(1280, 720), (720, 1280), (720, 720)], ids=str)
def test_all_ink_is_in_the_room(lines: tuple[str, ...], frame: Size) -> None:
    painted, room = drawn(*lines, frame=frame)
    rows, columns = np.nonzero(painted != 128)
    assert room.x <= columns.min()
    assert columns.max() < room.x + room.width
    assert room.y <= rows.min()
    assert rows.max() == room.y + room.height - 1
    assert painted.max() > 220, "white letters"
    assert abs((columns.min() + columns.max()) / 2 - frame[0] / 2) < 4


@pytest.mark.parametrize("ground", [16, 235])
def test_they_can_be_read_on_any_ground(ground: int) -> None:
    painted, _ = drawn("Good morning", ground=ground)
    letters_, box = painted[painted > 225] if ground == 16 else painted[painted >= 235], painted[painted < 100]
    assert len(box)
    assert len(letters_)


def test_letters_that_no_font_has_are_left_out() -> None:
    painted, _ = drawn("Hello \U000139f9 there")
    assert painted.max() > 220


def test_what_stands_still_is_painted_anew_at_each_change_only() -> None:
    room = room_for(look(None), (1280, 720))
    shown = tuple(Subtitle(first=a, stop=b, lines=("Words",)) for a, b in ((0, 10), (10, 20), (30, 50)))
    layer = SubtitleLayer(Subtitles(room=room, size=30, font=None, shown=shown), {})
    assert list(layer.runs(50)) == [10, 10, 10, 20]


def test_planes_of_a_band_are_painted_in_the_same_place() -> None:
    room, planes = room_for(look(None), (1280, 720)), empty(1280, 720)
    layer = SubtitleLayer(
        Subtitles(room=room, size=30, font=None, shown=(Subtitle(first=0, stop=1, lines=("Words",)),)), {}
    )
    fill(planes, (128, 128, 128))
    layer.paint(0, planes)
    band = empty(1280, 240)
    fill(band, (128, 128, 128))
    layer.rect = type(layer.rect)(layer.rect.x, layer.rect.y - 480, layer.rect.width, layer.rect.height)
    layer.paint(0, band)
    assert (band.y == planes.y[480:]).all()
