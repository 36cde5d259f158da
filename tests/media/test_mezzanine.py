"""A converted recording shows every frame in its time, looks as its source does, and plays in a browser as it is."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from app.media.conversion import plan_conversion
from app.media.examine import examine
from app.media.examined import Bounds
from app.media.ffmpeg import run_ffmpeg
from app.media.mezzanine import convert_segment
from app.media.time import FrameRange
from tests.media.converting import click_times, convert, flash_times, numbers, patch, plan_of, rgb, shown
from tests.media.recordings import Recordings
from tests.media.test_examine import CONVERTED

SCENE = list(range(75))
BLACK, WHITE = 16, 235


@pytest.mark.parametrize("name", [*CONVERTED, "hevc.ts"])
def test_what_was_converted_plays_as_it_is(recordings: Recordings, tmp_path: Path, name: str) -> None:
    plan = plan_of(recordings[name])
    made = examine(convert(recordings[name], tmp_path), Bounds())
    assert plan_conversion(made) is None
    assert made.index_at_front
    assert (made.container, made.picture.frames, made.picture.frame_rate) == (
        plan.container,
        plan.frames,
        plan.frame_rate,
    )
    assert (made.picture.width, made.picture.height) == (plan.width, plan.height)
    assert made.origin == 0
    assert made.picture.start < 0.03
    assert plan.picture == "copy" or made.picture.key_frame_every <= 2


@pytest.mark.parametrize(
    "name",
    [
        "h264.mkv",
        "h264.ts",
        "h264.flv",
        "vp9.mkv",
        "odd.webm",
        "pq.mp4",
        "hlg.mp4",
        "hevc.mp4",
        "prores.mov",
        "anamorphic.mp4",
        "mono.mkv",
        "surround.mkv",
    ],
)
def test_every_frame_is_there_once_and_in_order(recordings: Recordings, tmp_path: Path, name: str) -> None:
    assert numbers(convert(recordings[name], tmp_path)) == SCENE


@pytest.mark.parametrize("cuts", [[], [5, 11, 20], [7, 27, 69], [19, 30, 40, 50]])
@pytest.mark.parametrize("name", ["hevc.mp4", "mono.mkv", "prores.mov", "hevc.ts"])
def test_the_pictures_are_the_same_wherever_segments_begin(
    recordings: Recordings, tmp_path: Path, name: str, cuts: list[int]
) -> None:
    late = [0] if name == "hevc.ts" else []  # by 21 ms, which is more than half a frame
    assert numbers(convert(recordings[name], tmp_path, cuts)) == late + SCENE


@pytest.mark.parametrize("cuts", [[], [5, 8, 30], [12, 37, 62]])
def test_a_frame_stays_until_the_next_one_comes(recordings: Recordings, tmp_path: Path, cuts: list[int]) -> None:
    dropped = [4 if 5 <= number % 25 <= 11 else number % 25 for number in SCENE]
    wanted = [number // 25 * 25 + held for number, held in zip(SCENE, dropped, strict=True)]
    assert numbers(convert(recordings["vfr.mp4"], tmp_path, cuts)) == wanted


@pytest.mark.parametrize("cuts", [[], [300], [39, 40, 41, 539, 540, 541]])
def test_a_frame_stays_for_twenty_seconds_across_segments(
    recordings: Recordings, tmp_path: Path, cuts: list[int]
) -> None:
    assert numbers(convert(recordings["gap.mp4"], tmp_path, cuts)) == [*range(40), *[39] * 500, *range(40, 75)]


def test_before_a_late_picture_its_first_frame_is_shown(recordings: Recordings, tmp_path: Path) -> None:
    assert numbers(convert(recordings["late.mp4"], tmp_path, [10, 30])) == [*[0] * 20, *SCENE]


def test_what_an_edit_list_hides_is_not_shown(recordings: Recordings, tmp_path: Path) -> None:
    found = numbers(convert(recordings["trimmed.mp4"], tmp_path, [10, 30]))
    assert found == list(range(found[0], found[0] + 62))
    assert found[0] in (12, 13)


@pytest.mark.parametrize(
    ("name", "late"),
    [
        ("h264.mkv", 0.0),
        ("h264.ts", 0.0),
        ("h264.flv", 0.0),
        ("vp9.mkv", 0.0),
        ("hevc.mp4", 0.0),
        ("hevc.ts", 0.0),
        ("prores.mov", 0.0),
        ("mpeg4.avi", 0.0),
        ("mono.mkv", 0.0),
        ("surround.mkv", 0.0),
        ("vfr.mp4", 0.0),
        ("trimmed.mp4", 0.0),
        ("late.mp4", 0.8),
    ],
)
def test_clicks_sound_with_their_flashes(recordings: Recordings, tmp_path: Path, name: str, late: float) -> None:
    made = convert(recordings[name], tmp_path)
    clicks, flashes = click_times(made), flash_times(made)
    # The first flash may last longer: it is also shown before the picture begins.
    assert len(clicks) >= 2
    for click in clicks[1:]:
        assert min(abs(flash - click - late) for flash in flashes) <= 0.0205


@pytest.mark.parametrize("name", ["hevc.ts", "tff.mpg", "vfr.mp4", "pq.mp4"])
def test_a_segment_is_the_same_bytes_whatever_else_is_converted(
    recordings: Recordings, tmp_path: Path, name: str
) -> None:
    plan, ranges = plan_of(recordings[name]), [FrameRange(0, 20), FrameRange(20, 45)]
    made: dict[str, list[bytes]] = {}
    for order in ("forwards", "backwards"):
        for frames in ranges if order == "forwards" else reversed(ranges):
            out = tmp_path / f"{order}-{frames.start}.mp4"
            convert_segment(recordings[name], plan, frames, out, lambda _share: None)
        made[order] = [(tmp_path / f"{order}-{frames.start}.mp4").read_bytes() for frames in ranges]
    assert made["forwards"] == made["backwards"]


@pytest.mark.parametrize("name", ["h264.mkv", "h264.ts", "h264.flv", "vp9.mkv"])
def test_a_picture_that_is_kept_is_kept_to_the_bit(recordings: Recordings, tmp_path: Path, name: str) -> None:
    source, made = shown(recordings[name]), shown(convert(recordings[name], tmp_path))
    assert len(made) == len(source) == 75
    assert all(np.array_equal(one, other) for (_, one), (_, other) in zip(source, made, strict=True))


@pytest.mark.parametrize(("name", "channels"), [("surround.mkv", 2), ("mono.mkv", 1)])
def test_sound_becomes_stereo_or_stays_mono(recordings: Recordings, tmp_path: Path, name: str, channels: int) -> None:
    with av.open(str(convert(recordings[name], tmp_path))) as media:
        context = media.streams.audio[0].codec_context
        assert (context.name, context.channels, context.sample_rate) == ("aac", channels, 48_000)


def test_a_silent_recording_stays_silent(recordings: Recordings, tmp_path: Path) -> None:
    with av.open(str(convert(recordings["gap.mp4"], tmp_path))) as media:
        assert not media.streams.audio


def combing(luma: NDArray[np.uint8]) -> float:
    """How much more neighbouring lines differ than every other line does: above 1 the fields are still woven."""
    lines = luma.astype(np.float64)
    near, far = np.abs(lines[1:-1] - lines[:-2]).mean(), np.abs(lines[2:] - lines[:-2]).mean()
    return float(near / far)


@pytest.mark.parametrize("name", ["tff.mpg", "bff.mpg", "woven.mp4"])
def test_interlaced_pictures_become_whole_ones(recordings: Recordings, tmp_path: Path, name: str) -> None:
    moving = f"moving_{name}"
    size, rate = ("720x576", "50") if name != "bff.mpg" else ("720x480", "60000/1001")
    field, codec = ("bff", "mpeg2video -b:v 8M") if name == "bff.mpg" else ("tff", "mpeg2video -b:v 8M")
    codec = "libx264 -preset veryfast -x264-params tff=1" if name == "woven.mp4" else codec
    bars = "geq=lum='if(mod(floor((X+Y/2-8*N)/40),2),200,50)':cb=128:cr=128"
    lines = f'-f lavfi -i "color=gray:s={size}:r={rate}:d=1,{bars}"'
    recipe = f"{lines} -vf interlace=scan={field}:lowpass=off -c:v {codec} -pix_fmt yuv420p -flags +ilme+ildct -an"
    source = recordings.made(moving, recipe)
    woven = np.mean([combing(luma) for _, luma in shown(source)[2:-2]])
    whole = np.mean([combing(luma) for _, luma in shown(convert(source, tmp_path))[2:-2]])
    assert woven > 1.5
    assert whole < 0.8


@pytest.mark.parametrize("name", ["corners.mp4", "corners90.mp4", "corners180.mp4", "corners270.mp4"])
def test_a_turned_recording_becomes_upright(recordings: Recordings, tmp_path: Path, name: str) -> None:
    # ffmpeg's own program turns pictures upright when it decodes them.
    run_ffmpeg(("-i", str(recordings[name]), "-frames:v", "1", str(tmp_path / "upright.png")), timeout_s=60)
    upright, made = rgb(tmp_path / "upright.png"), rgb(convert(recordings[name], tmp_path))
    assert made.shape == upright.shape
    for across in (0.25, 0.75):
        for down in (0.25, 0.75):
            assert np.abs(patch(made, across, down) - patch(upright, across, down)).max() < 8


def test_an_odd_size_loses_its_last_line_and_column(recordings: Recordings, tmp_path: Path) -> None:
    source, made = shown(recordings["odd.webm"])[30][1], shown(convert(recordings["odd.webm"], tmp_path))[30][1]
    assert (source.shape, made.shape) == ((181, 321), (180, 320))
    assert np.abs(source[:180, :320].astype(int) - made).mean() < 2


def test_colours_of_standard_definition_stay_what_they_are(recordings: Recordings, tmp_path: Path) -> None:
    source, made = recordings["bars601.mp4"], convert(recordings["bars601.mp4"], tmp_path)
    with av.open(str(made)) as media:
        context = media.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
    before, after = rgb(source, 5), rgb(made, 5)
    for bar in range(7):
        assert np.abs(patch(before, (bar + 0.5) / 7, 0.3) - patch(after, (bar + 0.5) / 7, 0.3)).max() <= 4


#: Shares of the signal, and the greys they are to be: black, 1 cd/m², 37 (PQ) or 26 (HLG), paper at 203, and 1,000.
PATCHES = {
    "smpte2084": ([0.0, 0.150, 0.405, 0.581, 0.752], [0, 27, 126, 238, 255]),
    "arib-std-b67": ([0.0, 0.090, 0.380, 0.750, 1.0], [0, 26, 109, 238, 255]),
}


@pytest.mark.parametrize("transfer", PATCHES)
def test_high_dynamic_range_becomes_a_picture_of_natural_brightness(
    recordings: Recordings, tmp_path: Path, transfer: str
) -> None:
    signals, wanted = PATCHES[transfer]
    codes = "+".join(f"eq(floor(X/64),{place})*{64 + round(share * 876)}" for place, share in enumerate(signals))
    greys = f"-f lavfi -i \"color=black:s=320x180:r=25:d=1,format=yuv420p10le,geq=lum='{codes}':cb=512:cr=512\""
    hdr = f"log-level=error:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
    recipe = f"{greys} -c:v libx265 -preset ultrafast -crf 5 -pix_fmt yuv420p10le -x265-params {hdr}"
    made = convert(recordings.made(f"greys_{transfer}.mp4", recipe), tmp_path)
    luma, picture = shown(made)[10][1], rgb(made, 10)
    found = [float(luma[80:100, place * 64 + 20 : place * 64 + 44].mean()) for place in range(5)]
    assert found == sorted(found)
    assert found == pytest.approx(wanted, abs=9)
    for place in range(5):
        colour = patch(picture, (place + 0.5) / 5, 0.5)
        assert colour.max() - colour.min() <= 4  # grey stays grey


def test_a_damaged_stretch_shows_the_picture_before_it(recordings: Recordings, tmp_path: Path) -> None:
    whole = recordings["hevc.ts"].read_bytes()
    at = len(whole) // 188 // 2 * 188
    damaged = tmp_path / "damaged.ts"
    damaged.write_bytes(whole[:at] + bytes(188 * 20) + whole[at + 188 * 20 :])
    found = numbers(convert(damaged, tmp_path))
    assert len(found) == 76
    assert 40 < len(set(found)) < 75
    assert found == sorted(found)
