"""Cut at their very frames: every frame once, in its place, and what is between the ends just as it was coded."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import pytest

from app.media.encode import planes_of
from app.media.ffmpeg import run_ffmpeg
from app.media.refusals import Corrupt
from app.media.trimming import Coded, Copied, Wanted, can_trim, copied_in, trim
from tests.media.barcodes import code_of, lumas, record

SIZE = (320, 180)
FPS = Fraction(25)


def wanted(at: Fraction, frames: int, fps: Fraction = FPS, size: tuple[int, int] = SIZE) -> Wanted:
    return Wanted(at=at, frames=frames, fps=fps, size=size)


def codes(path: Path) -> list[int]:
    return [code_of(luma) for luma in lumas(path)]


def coded(path: Path) -> list[bytes]:
    with av.open(str(path)) as media:
        return [bytes(packet) for packet in media.demux(video=0) if packet.size]


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30000, 1001), Fraction(60)])
@pytest.mark.parametrize("bframes", [0, 2, 5])
def test_every_frame_is_there_once_wherever_it_is_cut(tmp_path: Path, fps: Fraction, bframes: int) -> None:
    recording = record(tmp_path / "long.mp4", fps, 400, key_every=50, bframes=bframes)
    originals, chance = set(coded(recording)), random.Random(bframes)
    for start, frames in [(0, 400), (50, 100), (49, 101), *((chance.randrange(150), chance.randrange(120, 250)),) * 3]:
        out = tmp_path / "cut.mp4"
        trim(recording, wanted(start / fps, frames, fps), out)
        assert codes(out) == list(range(start, start + frames))
        kept = sum(packet in originals for packet in coded(out))
        assert kept >= frames - (-start % 50) - bframes - 1
        with av.open(str(out)) as media:
            stream = media.streams.video[0]
            assert (stream.average_rate, stream.start_time, stream.frames) == (fps, 0, frames)
            assert (stream.duration or 0) * (stream.time_base or 0) == frames / fps


@pytest.mark.parametrize("size", [(642, 362), (406, 720), (3840, 2160)], ids=str)
def test_sizes_that_are_no_whole_blocks_and_large_ones_are_cut_alike(tmp_path: Path, size: tuple[int, int]) -> None:
    recording = record(tmp_path / "long.mp4", FPS, 50, size=size, key_every=20)
    trim(recording, wanted(Fraction(13, 25), 30, size=size), tmp_path / "cut.mp4")
    assert codes(tmp_path / "cut.mp4") == list(range(13, 43))
    with av.open(str(recording)) as before, av.open(str(tmp_path / "cut.mp4")) as after:
        originals = islice(before.decode(video=0), 13, 43)
        for original, frame in zip(originals, after.decode(video=0), strict=True):
            assert (frame.width, frame.height) == size
            assert cv2.absdiff(planes_of(frame).y, planes_of(original).y).mean() < 1


def test_open_groups_begin_where_a_frame_needs_none_before_it(tmp_path: Path) -> None:
    recording, reopened = record(tmp_path / "long.mp4", FPS, 300), tmp_path / "open.mp4"
    options = ("-x264-params", "open-gop=1:keyint=40:min-keyint=40:scenecut=0:bframes=3")
    run_ffmpeg(("-i", str(recording), "-c:v", "libx264", "-preset", "veryfast", *options, str(reopened)), timeout_s=60)
    assert not can_trim(reopened, wanted(Fraction(1), 200), 100)  # nothing begins anew after the first frame
    trim(reopened, wanted(Fraction(0), 201), tmp_path / "cut.mp4")
    assert codes(tmp_path / "cut.mp4") == list(range(201))


def test_a_matroska_file_with_its_rounded_clock_is_cut_the_same(tmp_path: Path) -> None:
    fps = Fraction(30)
    recording, other = record(tmp_path / "long.mp4", fps, 300), tmp_path / "long.mkv"
    run_ffmpeg(("-i", str(recording), "-c", "copy", str(other)), timeout_s=60)
    trim(other, wanted(Fraction(1), 200, fps), tmp_path / "cut.mp4")
    assert codes(tmp_path / "cut.mp4") == list(range(30, 230))


def test_colours_are_told_as_the_recording_tells_them_at_the_ends_too(tmp_path: Path) -> None:
    recording, tagged = record(tmp_path / "long.mp4", FPS, 200), tmp_path / "tagged.mp4"
    told = ("-colorspace", "smpte170m", "-color_primaries", "smpte170m", "-color_trc", "smpte170m")
    run_ffmpeg(("-i", str(recording), "-c:v", "libx264", "-g", "50", *told, str(tagged)), timeout_s=60)
    trim(tagged, wanted(Fraction(30, 25), 150), tmp_path / "cut.mp4")
    with av.open(str(tmp_path / "cut.mp4")) as media:
        assert {frame.colorspace for frame in media.decode(video=0)} == {6}


def _refused(tmp_path: Path) -> dict[str, Path]:
    recording = record(tmp_path / "long.mp4", FPS, 200, key_every=50)
    made = {name: tmp_path / f"{name}.mp4" for name in ("hevc", "turned", "oblong", "woven", "ts")}
    encoded = ("-i", str(recording), "-c:v", "libx264", "-preset", "ultrafast", "-g", "50")
    run_ffmpeg(("-i", str(recording), "-c:v", "libx265", "-preset", "ultrafast", str(made["hevc"])), timeout_s=60)
    run_ffmpeg(("-display_rotation", "90", "-i", str(recording), "-c", "copy", str(made["turned"])), timeout_s=60)
    run_ffmpeg((*encoded, "-vf", "setsar=4/3", str(made["oblong"])), timeout_s=60)
    run_ffmpeg((*encoded, "-vf", "setfield=tff", "-flags", "+ilme+ildct", str(made["woven"])), timeout_s=60)
    made["paused"] = record(tmp_path / "paused.mp4", FPS, 200, key_every=50, pause=(80, 7))
    return {**made, "ts": _as_stream(recording, tmp_path / "long.ts")}


def _as_stream(recording: Path, out: Path) -> Path:
    run_ffmpeg(("-i", str(recording), "-c", "copy", str(out)), timeout_s=60)
    return out


def test_what_cannot_be_copied_as_it_is_is_refused(tmp_path: Path) -> None:
    for name, path in _refused(tmp_path).items():
        assert not can_trim(path, wanted(Fraction(1), 150), 100), name
    recording = tmp_path / "long.mp4"
    assert can_trim(recording, wanted(Fraction(1), 150), 100)
    assert not can_trim(recording, wanted(Fraction(1), 150), 0)  # takes more
    assert not can_trim(recording, wanted(Fraction(1), 150, Fraction(30)), 100)  # of another rate
    assert not can_trim(recording, wanted(Fraction(1), 150, size=(180, 320)), 100)
    assert not can_trim(recording, wanted(Fraction(1), 180), 100)  # beyond its end
    assert not can_trim(recording, wanted(Fraction(1), 30), 100)  # too short to hold much that can be copied
    with pytest.raises(Corrupt):
        trim(recording, wanted(Fraction(1), 30), tmp_path / "cut.mp4")


def test_what_is_shown_later_than_it_is_coded_is_waited_for() -> None:
    """Places of frames as coded: a key frame, then groups of which the last frame comes first."""
    order = [Coded(place=place, fresh=place in (-2, 3)) for place in (-2, -1, 0, 1, 2, 3, 7, 5, 4, 6, 11, 9, 8, 10)]
    assert copied_in(order, 12) == Copied(start=3, stop=12, begun=5, delay=2)
    assert copied_in(order, 9) == Copied(start=3, stop=8, begun=5, delay=2)
    assert copied_in(order, 11) is None  # five of eleven are too few
    assert copied_in(order, 4) is None
    assert copied_in([*order[:6], *order[7:]], 12) is None  # a frame is missing
