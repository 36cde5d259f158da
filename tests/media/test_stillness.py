"""A picture that stands still, written without encoding all of its frames."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from app.media.encode import ChunkEncoder, Content, VideoProfile
from app.media.package import join
from app.media.stage import empty
from app.media.stillness import write_still
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


def digests(path: Path) -> list[str]:
    return [hashlib.sha256(np.ascontiguousarray(luma)).hexdigest() for luma in lumas(path)]


@pytest.mark.parametrize("frames", [1, 2, 5, 6, 31, 36, 37, 200, 249, 250, 251, 500, 733])
def test_it_lasts_exactly_as_long_as_it_should(frames: int, tmp_path: Path) -> None:
    write_still(picture(), frames, profile(), tmp_path / "still.mp4")
    with av.open(str(tmp_path / "still.mp4")) as media:
        times = [frame.pts * frame.time_base for frame in media.decode(video=0)]
    assert times == [Fraction(number, 25) for number in range(frames)]


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30000, 1001), Fraction(60)], ids=str)
def test_every_frame_is_what_the_encoder_itself_writes(fps: Fraction, tmp_path: Path) -> None:
    whole, still = tmp_path / "whole.mp4", tmp_path / "still.mp4"
    with ChunkEncoder(whole, profile(fps)) as encoder:
        planes = picture()
        encoder.planes.y[:], encoder.planes.u[:], encoder.planes.v[:] = planes.y, planes.u, planes.v
        for _ in range(400):
            encoder.write()
    write_still(picture(), 400, profile(fps), still)
    assert digests(still) == digests(whole)
    assert abs(still.stat().st_size - whole.stat().st_size) < 0.02 * whole.stat().st_size


def test_only_a_few_frames_are_encoded(tmp_path: Path) -> None:
    assert write_still(picture(), 500, profile(), tmp_path / "still.mp4") < 50
    assert write_still(picture(), 733, profile(Fraction(60)), tmp_path / "longer.mp4") < 100


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
