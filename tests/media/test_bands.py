"""Pictures in which only a band moves: encoded by bands, decoded as one."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.media.bands import BandEncoder, Rows, band_around
from app.media.encode import ChunkEncoder, Content, Planes, VideoProfile, configure, encoded_by
from app.media.package import join
from app.media.stage import copy, empty
from app.media.stillness import write_still
from tests.media.barcodes import lumas

WIDTH, HEIGHT = 640, 1080 * 640 // 1920 * 2  # 720 rows: as high as it is, not as wide, to be quick
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
    with BandEncoder(path, profile(), still, band) as encoder:
        copy(band.of(still), encoder.planes)
        for number in range(frames):
            top = at[0] - band.start
            encoder.planes.y[top : top + 160, 200:400] = host(number)
            encoder.write()
    return band


def alone(kind: str, band: Rows, frames: int) -> Iterator[Luma]:
    """The band as its encoder sees it, decoded as a picture of its own."""
    encoder, decoder = av.VideoCodecContext.create("libx264", "w"), av.VideoCodecContext.create("h264", "r")
    configure(encoder, profile(), rows=len(band), more=":mvrange=32")
    frame = av.VideoFrame(WIDTH, len(band), "yuv420p")
    shown, packets = [np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size) for plane in frame.planes], []
    for plane, source in zip(shown, (lambda part: (part.y, part.u, part.v))(band.of(ground(kind))), strict=True):
        plane[: source.shape[0], : source.shape[1]] = source
    for number in range(frames):
        shown[0][HOST[0] - band.start :][:160, 200:400] = host(number)
        frame.pts = number
        packets += encoded_by(encoder, frame)
    for packet in [*packets, *encoded_by(encoder, None), None]:
        for decoded in decoder.decode(packet):
            yield np.frombuffer(memoryview(decoded.planes[0]), np.uint8).reshape(-1, decoded.planes[0].line_size)[:, :WIDTH]


@pytest.mark.parametrize("kind", ["text", "lines", "noise", "blank"])
def test_the_band_decodes_as_if_it_stood_alone_and_all_else_stands_still(kind: str, tmp_path: Path) -> None:
    band = written(tmp_path / "chunk.mp4", kind, 120)
    above = None
    pairs = zip(lumas(tmp_path / "chunk.mp4"), alone(kind, band, 120), strict=True)
    for number, (whole, part) in enumerate(pairs):
        assert np.array_equal(whole[band.start : band.stop], part[: len(band)]), f"frame {number}"
        if number == 5:
            above = whole[: band.start].copy(), whole[band.stop :].copy()
        if above is not None:
            assert np.array_equal(whole[: band.start], above[0])
            assert np.array_equal(whole[band.stop :], above[1])
