"""What stands still behind everything: the ground, the slide, a card. Runs in child processes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from app.media.encode import Planes, planes_of
from app.media.refusals import Corrupt
from app.modules.videos.pipeline.cards import draw_cover
from app.modules.videos.pipeline.colours import bgr_of
from app.modules.videos.pipeline.looks import Box, Look

Bgr = NDArray[np.uint8]


def draw_ground(look: Look, files: Mapping[str, Path], planes: Planes) -> None:
    """On the whole of the planes."""
    height, width = planes.y.shape
    canvas: Bgr = np.empty((height, width, 3), np.uint8)
    cv2.rectangle(canvas, (0, 0), (width, height), bgr_of(look.ground), cv2.FILLED)
    if look.slide is not None:
        _put(canvas, files[look.slide.picture.sha256], look.slide.box)
    if look.cover is not None:
        draw_cover(canvas, look.cover, files)
        if look.cover.logo is not None:
            _put(canvas, files[look.cover.logo.picture.sha256], look.cover.logo.box)
    _write(canvas, planes)


def image_in(path: Path, size: tuple[int, int]) -> Planes:
    """An image that fills the size; what is too much is cut off evenly."""
    image = read_image(path)[:, :, :3]
    scale = max(size[0] / image.shape[1], size[1] / image.shape[0])
    width, height = (max(own, round(length * scale)) for own, length in zip(size, image.shape[1::-1], strict=True))
    scaled = _resized(image, (width, height))
    x, y = (width - size[0]) // 2, (height - size[1]) // 2
    return bgr_planes(np.ascontiguousarray(scaled[y : y + size[1], x : x + size[0]]))


def colour_of(colour: str) -> tuple[int, int, int]:
    """``#RRGGBB`` as Y, U, V."""
    patch: Bgr = np.empty((2, 2, 3), np.uint8)
    patch[:] = bgr_of(colour)
    planes = bgr_planes(patch)
    return int(planes.y[0, 0]), int(planes.u[0, 0]), int(planes.v[0, 0])


def _put(canvas: Bgr, path: Path, box: Box) -> None:
    image = image_at(path, (box.width, box.height))
    place = canvas[box.y : box.y + box.height, box.x : box.x + box.width]
    if image.shape[2] == 4:
        seen = image[:, :, 3:].astype(np.float32) / 255
        place[:] = np.rint(image[:, :, :3] * seen + place * (1 - seen)).astype(np.uint8)
    else:
        place[:] = image


def image_at(path: Path, size: tuple[int, int]) -> Bgr:
    """An image in this size, with its transparency. What cannot be seen of it does not colour its edges."""
    image = read_image(path)
    if image.shape[2] == 3 or image.shape[1::-1] == size:
        return _resized(image, size)
    seen = _resized(image[:, :, 3], size)
    weighted = image[:, :, :3] * (image[:, :, 3:].astype(np.float32) / 255)
    colours = _resized(np.rint(weighted).astype(np.uint8), size) * (255 / np.maximum(seen, 1)[:, :, None])
    return np.dstack([np.rint(np.clip(colours, 0, 255)).astype(np.uint8), seen])


def read_image(path: Path) -> Bgr:
    """Blue, green, red, and transparency where it has it."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise Corrupt(f"The picture {path.name} cannot be read. Upload it again.")
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    return np.asarray(image if image.dtype == np.uint8 else image // 257, np.uint8)


def _resized(image: Bgr, size: tuple[int, int]) -> Bgr:
    if image.shape[1::-1] == size:
        return image
    smaller = image.shape[1] > size[0]
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC), np.uint8)


def bgr_planes(bgr: Bgr) -> Planes:
    """In the encoder's colours."""
    frame = av.VideoFrame.from_ndarray(bgr, format="bgr24").reformat(
        format="yuv420p",
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        dst_colorspace=Colorspace.ITU709,
    )
    planes = planes_of(frame)
    return Planes(y=planes.y.copy(), u=planes.u.copy(), v=planes.v.copy())


def _write(bgr: Bgr, planes: Planes) -> None:
    made = bgr_planes(bgr)
    planes.y[:], planes.u[:], planes.v[:] = made.y, made.u, made.v
