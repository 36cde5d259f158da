"""Transparent recordings: a disc in one colour on nothing, a pixel to the right with every frame."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

SIZE = (640, 720)
COLOUR = (200, 60, 30)
#: COLOUR as BT.709, limited range.
YUV = (91, 101, 191)
#: How people's programs write transparency: file → encoder, pixel format, options.
FORMATS: Mapping[str, tuple[str, str, dict[str, str]]] = {
    "vp9.webm": ("libvpx-vp9", "yuva420p", {"crf": "8", "b": "0", "deadline": "realtime", "cpu-used": "8"}),
    "vp8.webm": ("libvpx", "yuva420p", {"crf": "4", "b": "8M", "deadline": "realtime", "auto-alt-ref": "0"}),
    "prores.mov": ("prores_ks", "yuva444p10le", {"profile": "4444"}),
    "png.mov": ("png", "rgba", {}),
    "animation.mov": ("qtrle", "argb", {}),
}


def coverage(number: int) -> NDArray[np.float64]:
    """That of each pixel of frame ``number``, 0..1, with a soft edge of 16 pixels."""
    width, height = SIZE
    rows, columns = np.mgrid[:height, :width]
    distance = np.hypot(columns - width / 2 - number, rows - height / 2)
    return np.rint(255 * np.clip((height / 3 - distance) / 16, 0, 1)) / 255


def write_cutout(path: Path, *, fps: Fraction = Fraction(25), frames: int = 25) -> Path:
    """Where nothing is covered the file holds black, as most programs write it; but its colour where chroma is halved,
    since there the encoder would have mixed both before we see it.
    """
    codec, pixels, options = FORMATS[path.name]
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, pixels
        stream.codec_context.colorspace, stream.codec_context.color_range = 1, 1
        for number in range(frames):
            cover = coverage(number)
            image = np.zeros((*cover.shape, 4), np.uint8)
            image[cover > (-1 if "420" in pixels else 0), :3] = COLOUR
            image[..., 3] = np.rint(255 * cover)
            out.mux(stream.encode(_in(image, pixels)))
        out.mux(stream.encode(None))
    return path


def _in(image: NDArray[np.uint8], pixels: str) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(image, format="rgba")
    if not pixels.startswith("yuv"):
        return frame.reformat(format=pixels)
    frame = frame.reformat(
        format=pixels,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        dst_colorspace=Colorspace.ITU709,
    )
    frame.colorspace, frame.color_range = 1, 1
    return frame
