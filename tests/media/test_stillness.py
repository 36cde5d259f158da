"""A picture that stands still, written without encoding all of its frames."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.media.encode import ChunkEncoder, Content, Planes, VideoProfile
from app.media.package import join
from app.media.stage import copy, empty
from app.media.stillness import write_still, write_stills
from tests.media.barcodes import lumas

WIDTH, HEIGHT = 640, 360


def profile(fps: Fraction = Fraction(25), content: Content = Content.DRAWN) -> VideoProfile:
    return VideoProfile(width=WIDTH, height=HEIGHT, fps=fps, content=content)


def picture():
    planes = empty(WIDTH, HEIGHT)
    canvas = np.full((HEIGHT, WIDTH), 210, np.uint8)
    for line in range(8):
        cv2.putText(
            canvas, f"Line {line} of text", (20, 40 + 40 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 40, 2, cv2.LINE_AA
        )
    planes.y[:] = canvas
    planes.u[100:, 200:] = 160
    return planes


def nearness(luma: NDArray[np.uint8], planes: Planes) -> float:
    """In dB."""
    return cv2.PSNR(np.ascontiguousarray(luma), planes.y)


def digests(path: Path) -> list[str]:
    return [hashlib.sha256(np.ascontiguousarray(luma)).hexdigest() for luma in lumas(path)]


@pytest.mark.parametrize("frames", [1, 2, 5, 6, 31, 36, 37, 200, 249, 250, 251, 500, 733])
def test_it_lasts_exactly_as_long_as_it_should(frames: int, tmp_path: Path) -> None:
    write_still(picture(), frames, profile(), tmp_path / "still.mp4")
    with av.open(str(tmp_path / "still.mp4")) as media:
        times = [frame.pts * frame.time_base for frame in media.decode(video=0)]
    assert times == [Fraction(number, 25) for number in range(frames)]


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30000, 1001), Fraction(60)], ids=str)
def test_it_looks_as_what_the_encoder_itself_would_write(fps: Fraction, tmp_path: Path) -> None:
    whole, still = tmp_path / "whole.mp4", tmp_path / "still.mp4"
    planes = picture()
    with ChunkEncoder(whole, profile(fps)) as encoder:
        copy(planes, encoder.planes)
        for _ in range(60):
            encoder.write()
    write_still(planes, 1000, profile(fps), still)
    *_, last = lumas(whole)
    assert nearness(next(lumas(still)), planes) == nearness(next(lumas(whole)), planes)
    settled = list(lumas(still))[5]
    assert nearness(settled, planes) > nearness(last, planes) - 0.3


def test_it_stands_still_from_the_second_group_of_frames_to_the_next_key_frame(tmp_path: Path) -> None:
    write_still(picture(), 400, profile(), tmp_path / "still.mp4")
    shown = digests(tmp_path / "still.mp4")
    assert len(set(shown[5:250])) == 1
    assert shown[250:400] == shown[:150]


def test_a_frame_takes_no_more_than_its_header(tmp_path: Path) -> None:
    write_still(picture(), 250, profile(), tmp_path / "still.mp4")
    with av.open(str(tmp_path / "still.mp4")) as media:
        sizes = [packet.size for packet in media.demux(video=0) if packet.size]
    assert max(sizes[2:]) < 40


def test_it_joins_with_chunks_that_move(tmp_path: Path) -> None:
    moving, still, joined = tmp_path / "moving.mp4", tmp_path / "still.mp4", tmp_path / "joined.mp4"
    with ChunkEncoder(moving, profile(content=Content.FOOTAGE)) as encoder:
        for number in range(40):
            encoder.planes.y[:] = 16 + number
            encoder.write()
    write_still(picture(), 120, profile(), still)
    join([moving, still, moving, still], None, joined)
    assert digests(joined) == 2 * (digests(moving) + digests(still))


def test_the_same_picture_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.mp4", "other.mp4"):
        write_still(picture(), 300, profile(), tmp_path / name)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "other.mp4").read_bytes()


@pytest.mark.parametrize("runs", [(1, 1, 1), (3, 1, 2), (75, 1, 30, 260), (250, 250)], ids=str)
def test_one_picture_follows_another_at_its_frame(runs: tuple[int, ...], tmp_path: Path) -> None:
    pictures = list[tuple[Planes, int]]()
    for number, count in enumerate(runs):
        planes = picture()
        planes.y[100:200] = 40 + 50 * number
        pictures.append((planes, count))
    write_stills(pictures, profile(), tmp_path / "stills.mp4")
    wanted = [40 + 50 * number for number, count in enumerate(runs) for _ in range(count)]
    seen = [float(luma[110:190].mean()) for luma in lumas(tmp_path / "stills.mp4")]
    assert seen == pytest.approx(wanted, abs=2)
    with av.open(str(tmp_path / "stills.mp4")) as media:
        stamps = [(packet.pts, packet.dts) for packet in media.demux(media.streams.video[0]) if packet.size]
    assert [dts for _, dts in stamps] == sorted({dts for _, dts in stamps})
    assert all(pts >= dts for pts, dts in stamps)
