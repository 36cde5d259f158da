"""Recordings on our own clock: the right frame at every moment, wherever it is entered."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from app.media.ffmpeg import run_ffmpeg
from app.media.film import Film, Run
from tests.media.barcodes import code_of, record

SIZE = (320, 180)
RATES = [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(50), Fraction(60)]


def codes(path: Path, run: Run, fps: Fraction, count: int) -> list[int]:
    with Film(path, run, fps=fps, size=SIZE) as film:
        return [code_of(film.picture(index).y) for index in range(count)]


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_a_recording_at_its_own_rate_shows_every_frame_once(rate: Fraction, tmp_path: Path) -> None:
    path = record(tmp_path / "a.mp4", rate, 200)
    assert codes(path, Run(at=Fraction(0)), rate, 200) == list(range(200))


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("ours", [Fraction(25), Fraction(30000, 1001)], ids=str)
def test_at_another_rate_no_frame_is_off_by_more_than_half_a_frame(
    rate: Fraction, ours: Fraction, tmp_path: Path
) -> None:
    path = record(tmp_path / "a.mp4", rate, 200)
    for index, code in enumerate(codes(path, Run(at=Fraction(0)), ours, int(190 / rate * ours))):
        late = index / ours - code / rate
        assert -1 / (2 * ours) <= late < 1 / rate


@pytest.mark.parametrize("first", [1, 59, 60, 61, 118, 143])
def test_it_is_entered_anywhere(first: int, tmp_path: Path) -> None:
    path = record(tmp_path / "a.mp4", Fraction(25), 150)
    assert codes(path, Run(at=Fraction(first, 25)), Fraction(25), 7) == list(range(first, first + 7))


@pytest.mark.parametrize("last", range(8, 14))
def test_before_a_long_pause_the_last_frame_stays_wherever_it_is_entered(last: int, tmp_path: Path) -> None:
    path = record(tmp_path / "a.mp4", Fraction(25), 30, pause=(last + 1, 100))
    assert codes(path, Run(at=Fraction(last + 60, 25)), Fraction(25), 2) == [last, last]


def test_the_clock_of_a_matroska_file_is_only_right_to_a_millisecond(tmp_path: Path) -> None:
    path, wrapped = record(tmp_path / "a.mp4", Fraction(30000, 1001), 200), tmp_path / "a.mkv"
    run_ffmpeg(("-i", str(path), "-c", "copy", str(wrapped)), timeout_s=60)
    assert codes(wrapped, Run(at=Fraction(0)), Fraction(30000, 1001), 200) == list(range(200))


def test_the_first_and_the_last_frame_stay(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mp4", Fraction(25), 10)
    assert codes(path, Run(at=Fraction(0)), Fraction(25), 15) == [*range(10), 9, 9, 9, 9, 9]
    assert codes(path, Run(at=Fraction(5)), Fraction(25), 2) == [9, 9]


def test_a_loop_goes_from_its_stop_back_to_its_start(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mp4", Fraction(25), 60)
    run = Run(at=Fraction(12, 25), start=Fraction(10, 25), stop=Fraction(15, 25), loop=True)
    assert codes(path, run, Fraction(25), 9) == [12, 13, 14, 10, 11, 12, 13, 14, 10]


def test_a_picture_that_did_not_change_is_the_same_object(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mp4", Fraction(25), 4)
    with Film(path, Run(at=Fraction(0)), fps=Fraction(50), size=SIZE) as film:
        pictures = [film.picture(index) for index in range(8)]
    assert len({id(picture) for picture in pictures}) == 4


def test_a_tall_box_shows_the_middle_of_a_wide_picture(tmp_path: Path) -> None:
    path = tmp_path / "wide.mp4"
    boxes = "drawbox=x=0:y=0:w=100:h=180:c=black:t=fill,drawbox=x=220:y=0:w=100:h=180:c=black:t=fill"
    run_ffmpeg(
        ("-f", "lavfi", "-i", f"color=white:s=320x180:d=1,{boxes}", "-pix_fmt", "yuv420p", str(path)), timeout_s=60
    )
    with Film(path, Run(at=Fraction(0)), fps=Fraction(25), size=(100, 180)) as film:
        luma = film.picture(0).y
    assert luma.shape == (180, 100)
    assert luma.mean() > 230


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_recording_is_upright(turn: int, tmp_path: Path) -> None:
    upright, turned = tmp_path / "up.mp4", tmp_path / "turned.mp4"
    left = "drawbox=x=0:y=0:w=40:h=180:c=white:t=fill"
    run_ffmpeg(
        ("-f", "lavfi", "-i", f"color=black:s=320x180:d=1,{left}", "-pix_fmt", "yuv420p", str(upright)), timeout_s=60
    )
    run_ffmpeg(("-display_rotation", str(turn), "-i", str(upright), "-c", "copy", str(turned)), timeout_s=60)
    size = (180, 320) if turn in (90, 270) else (320, 180)
    with Film(turned, Run(at=Fraction(0)), fps=Fraction(25), size=size) as film:
        luma = film.picture(0).y
    assert luma.shape == size[::-1]
    # ffmpeg counts counter-clockwise: by 90 degrees, what was on the left is below.
    bright = {90: luma[-40:], 180: luma[:, -40:], 270: luma[:40]}[turn]
    assert bright.mean() > 200
    assert np.sort(luma, axis=None)[: luma.size // 2].max() < 40


@pytest.mark.parametrize(
    ("colours", "label"),
    [
        (("-colorspace", "bt709", "-color_range", "tv"), "bt709:out_range=tv"),
        (("-colorspace", "smpte170m", "-color_range", "tv"), "bt601:out_range=tv"),
        (("-colorspace", "bt709", "-color_range", "pc"), "bt709:out_range=pc"),
    ],
    ids=["709", "601", "full"],
)
def test_colours_are_the_encoders_own(colours: tuple[str, ...], label: str, tmp_path: Path) -> None:
    path = tmp_path / "red.mp4"
    source = f"color=0xC02040:s=1280x720:d=1,format=gbrp,scale=out_color_matrix={label},format=yuv420p"
    run_ffmpeg(("-f", "lavfi", "-i", source, "-crf", "4", *colours, str(path)), timeout_s=60)
    with Film(path, Run(at=Fraction(0)), fps=Fraction(25), size=(640, 360)) as film:
        planes = film.picture(0)
    wanted = (75, 126, 197)  # BT.709, limited range
    found = (int(planes.y[9, 9]), int(planes.u[9, 9]), int(planes.v[9, 9]))
    assert all(abs(one - other) <= 2 for one, other in zip(found, wanted, strict=True)), found
