"""Pictures in which only a band moves: encoded by bands, decoded as one."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.media.bands import BandEncoder, Rows, band_around, rows_around
from app.media.encode import ChunkEncoder, Content, Planes, VideoProfile, configure, encoded_by, planes_of
from app.media.package import join
from app.media.stage import copy, empty
from app.media.stillness import write_still
from tests.media.barcodes import lumas

WIDTH, HEIGHT = 640, 720
HOST = (280, 440)
Luma = NDArray[np.uint8]


def profile(content: Content = Content.DRAWN) -> VideoProfile:
    return VideoProfile(width=WIDTH, height=HEIGHT, fps=Fraction(25), content=content)


def ground(kind: str) -> Planes:
    planes = empty(WIDTH, HEIGHT)
    planes.y[:] = 235
    if kind == "text":
        for line in range(22):
            cv2.putText(planes.y, f"{line} per cent above the plan", (9, 30 * line), 0, 1.0, 40, 2, cv2.LINE_AA)
    elif kind == "lines":
        planes.y[::8] = planes.y[:, ::8] = 40
    elif kind == "noise":
        planes.y[:] = np.random.default_rng(1).integers(16, 235, planes.y.shape)
    planes.u[: HEIGHT // 4] = 90
    return planes


def host(number: int) -> Luma:
    """Something that swings by more than vectors reach, up and down and to the sides."""
    noise = np.random.default_rng(2).integers(16, 235, (500, 500)).astype(np.uint8)
    down, aside = round(45 + 45 * np.sin(number / 2)), round(45 + 45 * np.cos(number / 3))
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 4)[down : down + 160, aside : aside + 200], np.uint8)


def written(path: Path, kind: str, frames: int, at: tuple[int, int] = HOST) -> Rows:
    band = band_around([at], HEIGHT)
    assert band is not None
    still = ground(kind)
    with BandEncoder(path, profile(), rows_around(still, band, profile()), band) as encoder:
        for number in range(frames):
            copy(band.of(still), encoder.planes)
            top = at[0] - band.start
            encoder.planes.y[top : top + 160, 200:400] = host(number)
            encoder.write()
    return band


def alone(kind: str, band: Rows, frames: int) -> list[Luma]:
    """The band as a picture of its own: what its encoder believes to be shown."""
    encoder, decoder = av.VideoCodecContext.create("libx264", "w"), av.VideoCodecContext.create("h264", "r")
    configure(encoder, profile(), rows=len(band), more=":mvrange=32")
    frame = av.VideoFrame(WIDTH, len(band), "yuv420p")
    planes = planes_of(frame)
    copy(band.of(ground(kind)), planes)
    packets: list[av.Packet[Any]] = []
    for number in range(frames):
        planes.y[HOST[0] - band.start :][:160, 200:400] = host(number)
        frame.pts = number
        packets += encoded_by(encoder, frame)
    packets += encoded_by(encoder, None)
    shown = [frame for packet in packets for frame in decoder.decode(packet)]
    return [planes_of(frame).y for frame in [*shown, *decoder.decode(None)]]


@pytest.mark.parametrize("kind", ["text", "lines", "noise", "blank"])
def test_the_band_is_what_its_encoder_believes_and_all_else_stands_still(kind: str, tmp_path: Path) -> None:
    band = written(tmp_path / "chunk.mp4", kind, 120)
    believed, rest = alone(kind, band, 120), list[tuple[bytes, bytes]]()
    for whole, part in zip(lumas(tmp_path / "chunk.mp4"), believed, strict=True):
        assert np.array_equal(whole[band.start : band.stop], part)
        rest.append((whole[: band.start].tobytes(), whole[band.stop :].tobytes()))
    assert len(set(rest[5:])) == 1


def test_what_stands_still_is_as_sharp_as_in_a_picture_encoded_whole(tmp_path: Path) -> None:
    band = written(tmp_path / "chunk.mp4", "text", 30)
    with ChunkEncoder(tmp_path / "whole.mp4", profile()) as encoder:
        copy(ground("text"), encoder.planes)
        for _ in range(30):
            encoder.write()
    true = ground("text").y[: band.start]
    *_, mine = lumas(tmp_path / "chunk.mp4")
    *_, whole = lumas(tmp_path / "whole.mp4")
    assert cv2.PSNR(mine[: band.start].copy(), true) > cv2.PSNR(whole[: band.start].copy(), true) - 0.3


@pytest.mark.parametrize("at", [(0, 160), (560, 720), (280, 440)], ids=["top", "bottom", "middle"])
@pytest.mark.parametrize("frames", [1, 2, 6, 251, 263])
def test_every_frame_is_there_in_its_time(at: tuple[int, int], frames: int, tmp_path: Path) -> None:
    written(tmp_path / "chunk.mp4", "blank", frames, at)
    with av.open(str(tmp_path / "chunk.mp4")) as media:
        shown = [(frame.pts * frame.time_base, frame.key_frame) for frame in media.decode(video=0)]
    assert shown == [(Fraction(number, 25), number % 250 == 0) for number in range(frames)]


def test_it_joins_with_chunks_of_other_kinds(tmp_path: Path) -> None:
    banded, footage, still = (tmp_path / f"{name}.mp4" for name in ("banded", "footage", "still"))
    written(banded, "text", 40)
    with ChunkEncoder(footage, profile(Content.FOOTAGE)) as encoder:
        for number in range(40):
            encoder.planes.y[:] = 16 + number
            encoder.write()
    write_still(ground("lines"), 40, profile(), still)
    join([banded, footage, still, banded], None, tmp_path / "joined.mp4")
    parts = [luma.tobytes() for path in (banded, footage, still, banded) for luma in lumas(path)]
    assert [luma.tobytes() for luma in lumas(tmp_path / "joined.mp4")] == parts


def test_the_same_pictures_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.mp4", "other.mp4"):
        written(tmp_path / name, "noise", 30)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "other.mp4").read_bytes()


def test_a_band_is_worth_it_only_when_much_is_left_out() -> None:
    assert band_around([(0, 300), (100, 400)], HEIGHT) == Rows(0, 448)
    assert band_around([(642, 1026)], 1080) == Rows(592, 1080)
    assert band_around([(40, 700)], HEIGHT) is None
