"""What is seen in a recording: cuts at their very frame, and faces where they are."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from app.media.ffmpeg import run_ffmpeg
from app.media.watching import changes_of, watch

FPS = Fraction(25)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three scenes with grain: cut at 2.28 s and 4.8 s. Key frames are far apart, as cameras and encoders make them."""
    path = tmp_path_factory.mktemp("watched") / "three.mp4"
    shots = (("smptebars", 57), ("testsrc2", 63), ("mandelbrot", 60))
    inputs = [part for name, count in shots for part in ("-f", "lavfi", "-t", f"{count / 25}", "-i", f"{name}=s=640x360:r=25")]  # fmt: skip # noqa: E501
    graph = "[0:v][1:v][2:v]concat=n=3,noise=alls=6:allf=t"
    coded = ("-c:v", "libx264", "-preset", "veryfast", "-sc_threshold", "0", "-g", "250", "-pix_fmt", "yuv420p")
    run_ffmpeg((*inputs, "-filter_complex", graph, *coded, str(path)), timeout_s=120)
    return path


def test_cuts_are_found_at_their_frame(recording: Path) -> None:
    shots = watch(recording, Fraction(0), 180, FPS)
    assert [(shot.start, shot.stop) for shot in shots] == [(0, 57), (57, 120), (120, 180)]


def test_frames_are_counted_from_where_one_begins(recording: Path) -> None:
    shots = watch(recording, Fraction(9, 5), 100, FPS)
    assert [(shot.start, shot.stop) for shot in shots] == [(0, 12), (12, 75), (75, 100)]


def test_at_another_rate_the_cut_is_at_the_frame_that_shows_it_first(recording: Path) -> None:
    shots = watch(recording, Fraction(0), 216, Fraction(30))
    assert [shot.start for shot in shots] == [0, 68, 144]


def test_a_flash_is_no_cut(tmp_path: Path) -> None:
    path = tmp_path / "flash.mp4"
    graph = "testsrc2=s=640x360:r=25,eq=brightness='if(eq(n,40),0.9,0)':eval=frame"
    run_ffmpeg(("-f", "lavfi", "-t", "4", "-i", graph, "-c:v", "libx264", "-bf", "0", str(path)), timeout_s=60)
    assert len(watch(path, Fraction(0), 100, FPS)) == 1


def speaker(path: Path, aside: str, times: int = 1) -> Path:
    """Twelve seconds of a face with grain, moved by so many pixels; a key frame every two seconds. In 640x360, or so
    many ``times`` as large.
    """
    drawn = cv2.imread(str(Path(__file__).parents[2] / "docs" / "presenter.jpg"))
    assert drawn is not None
    share, picture = 0.3 * times, path.with_suffix(".png")
    cv2.imwrite(str(picture), cv2.resize(drawn, None, fx=share, fy=share, interpolation=cv2.INTER_AREA))
    ground = f"color=0x606060:s={640 * times}x{360 * times}:r=25:d=12"
    inputs = ("-f", "lavfi", "-i", ground, "-i", str(picture))
    graph = f"[0:v][1:v]overlay=x='{40 * times}+{aside}':y={60 * times}:eval=frame,noise=alls=5:allf=t:all_seed=1"
    coded = ("-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-sc_threshold", "0", "-pix_fmt", "yuv420p")
    run_ffmpeg((*inputs, "-filter_complex", graph, *coded, str(path)), timeout_s=120)
    return path


def damaged(recording: Path, start: float, stop: float) -> Path:
    """With frames that are not key frames broken in those seconds, though no smaller."""
    path = recording.with_stem("damaged")
    with av.open(str(recording)) as source, av.open(str(path), "w") as target:
        stream = source.streams.video[0]
        copied = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.pts is None:
                continue
            data = bytes(packet)
            if start <= packet.pts * (stream.time_base or 1) < stop and not packet.is_keyframe:
                data = data[:40] + bytes(255 - byte for byte in data[40:])
            broken = av.Packet(data)
            broken.pts, broken.dts, broken.duration = packet.pts, packet.dts, packet.duration
            broken.time_base, broken.is_keyframe, broken.stream = packet.time_base, packet.is_keyframe, copied
            target.mux(broken)
    return path


def test_beside_somebody_calm_key_frames_will_do(tmp_path: Path) -> None:
    still = speaker(tmp_path / "still.mp4", "0")
    shots = watch(still, Fraction(0), 300, FPS)
    (shot,) = shots
    assert all(len(sight.faces) == 1 for sight in shot.sights)
    assert max(np.diff([sight.frame for sight in shot.sights])) <= 16
    assert watch(damaged(still, 6, 8), Fraction(0), 300, FPS) == shots  # nothing of it was decoded
    assert watch(damaged(still, 2, 4), Fraction(0), 300, FPS) != shots


def test_before_a_camera_that_drifts_key_frames_will_do_too(tmp_path: Path) -> None:
    """In two seconds by a third of the face; and it is where it was on the way."""
    drifting = speaker(tmp_path / "drifting.mp4", "30*t", 2)
    (shot,) = watch(drifting, Fraction(0), 300, FPS)
    assert watch(damaged(drifting, 8, 10), Fraction(0), 300, FPS) == (shot,)
    places = [(sight.frame, sight.faces[0].x * 1280) for sight in shot.sights]
    assert all(abs(x - places[0][1] - 1.2 * frame) < 20 for frame, x in places)


def test_it_is_told_from_which_frames_on_it_can_be_decoded(tmp_path: Path) -> None:
    """Also where nothing but key frames was looked at; and never one that is shown before its key frame."""
    path = tmp_path / "calm.mp4"
    speaker(path, "0")
    assert [shot.keys for shot in watch(path, Fraction(0), 300, FPS)] == [(0, 50, 100, 150, 200, 250)]
    assert [shot.keys for shot in watch(path, Fraction(3), 100, FPS)] == [(25, 75)]
    assert [shot.keys for shot in watch(path, Fraction(301, 100), 100, FPS)] == [(25, 75)]


def test_who_goes_aside_between_two_key_frames_and_comes_back_is_seen(tmp_path: Path) -> None:
    path = speaker(tmp_path / "aside.mp4", "160*if(between(t,8.2,9.8),sin((t-8.2)*PI/1.6),0)")
    (shot,) = watch(path, Fraction(0), 300, FPS)
    places = {sight.frame: sight.faces[0].x for sight in shot.sights if sight.faces}
    usual = places[min(places)]
    assert max(place - usual for frame, place in places.items() if 200 <= frame < 250) > 0.15
    assert all(abs(place - usual) < 0.05 for frame, place in places.items() if not 200 <= frame < 250)


def test_a_cut_away_and_back_between_two_key_frames_is_seen(tmp_path: Path) -> None:
    path = speaker(tmp_path / "away.mp4", "1000*between(t,8.4,9.399)")
    shots = watch(path, Fraction(0), 300, FPS)
    assert [(shot.start, shot.stop) for shot in shots] == [(0, 210), (210, 235), (235, 300)]


def test_a_cut_at_a_key_frame_is_seen_after_somebody_calm(tmp_path: Path) -> None:
    path = speaker(tmp_path / "elsewhere.mp4", "220*gte(t,7.99)")
    shots = watch(path, Fraction(0), 300, FPS)
    assert [(shot.start, shot.stop) for shot in shots] == [(0, 200), (200, 300)]
    before, after = ([sight.faces[0].x for sight in shot.sights] for shot in shots)
    assert max(before) + 0.3 < min(after)
    assert max(np.ptp(before), np.ptp(after)) < 0.05


def test_a_presenter_is_found_and_nothing_else_is_taken_for_one(tmp_path: Path) -> None:
    drawn = cv2.imread(str(Path(__file__).parents[2] / "docs" / "presenter.jpg"))
    assert drawn is not None
    picture = np.full((720, 1280, 3), 90, np.uint8)
    height = 480
    face = cv2.resize(drawn, (round(drawn.shape[1] * height / drawn.shape[0]), height), interpolation=cv2.INTER_AREA)
    picture[200 : 200 + height, 40 : 40 + face.shape[1]] = face[:, :1240]
    cv2.imwrite(str(tmp_path / "still.png"), picture)
    path = tmp_path / "still.mp4"
    still = ("-loop", "1", "-framerate", "25", "-t", "2", "-i", str(tmp_path / "still.png"))
    run_ffmpeg((*still, "-c:v", "libx264", "-pix_fmt", "yuv420p", str(path)), timeout_s=60)
    (shot,) = watch(path, Fraction(0), 50, FPS)
    assert len(shot.sights) >= 4
    assert all(len(sight.faces) == 1 for sight in shot.sights)
    assert shot.stillness > 0.95


def test_changes_are_told_from_key_frames_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys.mp4"
    graph = "[0:v][1:v]concat=n=2"
    inputs = ("-f", "lavfi", "-t", "3", "-i", "smptebars=s=320x180:r=25", "-f", "lavfi", "-t", "3", "-i", "mandelbrot=s=320x180:r=25")  # fmt: skip # noqa: E501
    run_ffmpeg((*inputs, "-filter_complex", graph, "-c:v", "libx264", "-g", "25", str(path)), timeout_s=60)
    assert changes_of(path) == [3000]
