"""Recordings whose every frame says which one it is: sixteen bars, black or white, from the lowest bit on."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from app.media.encode import planes_of

BITS = 16
Luma = NDArray[np.uint8]


def record(
    path: Path,
    fps: Fraction,
    frames: int,
    *,
    size: tuple[int, int] = (320, 180),
    key_every: int = 60,
    bframes: int = 2,
    pause: tuple[int, int] = (0, 0),
) -> Path:
    """H.264 with key frames far apart, as cameras and meeting tools write it. ``pause``: before which frame nothing new
    comes, for how many frames.
    """
    width, height = size
    with av.open(str(path), "w") as out:
        options = {"preset": "ultrafast", "crf": "20", "g": str(key_every), "bf": str(bframes)}
        stream = out.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = 1 / fps
        frame = av.VideoFrame(width, height, "yuv420p")
        planes = planes_of(frame)
        planes.u[:] = planes.v[:] = 128
        for number in range(frames):
            write_code(planes.y, number)
            frame.pts = number + (pause[1] if number >= pause[0] else 0)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def write_code(luma: Luma, number: int) -> None:
    for bit in range(BITS):
        luma[:, _bar(luma, bit)] = 235 if number >> bit & 1 else 16


def code_of(luma: Luma) -> int:
    """The number of the frame that is shown in the whole of ``luma``."""
    middle = luma[luma.shape[0] // 3 : 2 * luma.shape[0] // 3]
    bits = (middle[:, _bar(luma, bit)].mean() > 126 for bit in range(BITS))
    return sum(1 << bit for bit, white in enumerate(bits) if white)


def lumas(path: Path) -> Iterator[Luma]:
    with av.open(str(path)) as media:
        for frame in media.decode(video=0):
            plane = frame.planes[0]
            yield np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]


def _bar(luma: Luma, bit: int) -> slice:
    width = luma.shape[1]
    return slice(width * bit // BITS, width * (bit + 1) // BITS)
