"""A finished recording as a source of frames and of sound. Decoded only in limited child processes."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from numpy.typing import NDArray

from app.media.encode import Planes, planes_of
from app.media.errors import NotPlayable
from app.media.time import SAMPLE_RATE

#: Vendors round the length they write down; what is cut off by a broken download is more than this.
_MISSING_MS = 200


class Recording:
    """Paints the recording's picture for a frame of our own clock, filling the frame and cropping what is too much.

    Frames must be asked for in rising order; each shows the last recorded frame that has begun.
    """

    def __init__(self, path: Path, *, width: int, height: int, fps: Fraction) -> None:
        self._container = av.open(str(path))
        if not self._container.streams.video:
            raise NotPlayable(f"The take {path.name} holds no picture.")
        self._stream = self._container.streams.video[0]
        self._stream.codec_context.thread_count = 1
        self._width, self._height, self._fps = width, height, fps
        self._frames = self._decode()
        self._current = next(self._frames, None)
        self._following = next(self._frames, None)
        if self._current is None:
            raise NotPlayable(f"No frame of the take {path.name} can be decoded.")

    def paint(self, index: int, planes: Planes) -> None:
        """Show frame ``index`` of our clock."""
        at = index / self._fps
        while self._following is not None and self._begins(self._following) <= at:
            self._current, self._following = self._following, next(self._frames, None)
        if self._current is not None:
            _copy(self._fill(self._current), planes)

    def _decode(self) -> Iterator[av.VideoFrame]:
        yield from self._container.decode(self._stream)

    def _begins(self, frame: av.VideoFrame) -> Fraction:
        first = self._stream.start_time or 0
        return ((frame.pts or 0) - first) * (self._stream.time_base or Fraction(1))

    def _fill(self, frame: av.VideoFrame) -> av.VideoFrame:
        scale = max(Fraction(self._width, frame.width), Fraction(self._height, frame.height))
        width, height = (_even(frame.width * scale), _even(frame.height * scale))
        scaled = frame.reformat(width, height, "yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
        return _crop(scaled, self._width, self._height)


def read_sound(path: Path) -> NDArray[np.int16]:
    """The recording's sound as mono samples at 48 kHz; empty when it has none."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return np.zeros(0, np.int16)
        resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        parts = [
            part.to_ndarray().reshape(-1)
            for frame in (*container.decode(container.streams.audio[0]), None)
            for part in resampler.resample(frame)
        ]
    return np.concatenate(parts).astype(np.int16) if parts else np.zeros(0, np.int16)


def measured_ms(path: Path) -> int:
    """How long the picture lasts, by reading every packet of the file.

    Raises ``NotPlayable`` for what is not a video, and for one that ends before it says it does.
    """
    try:
        with av.open(str(path)) as container:
            return _measured_ms(container)
    except FFmpegError as error:
        raise NotPlayable(f"{path.name} cannot be read as a video: {error.strerror}.") from error


def _measured_ms(container: InputContainer) -> int:
    if not container.streams.video:
        raise NotPlayable("The file holds no picture.")
    stream, end, whole = container.streams.video[0], 0, True
    for packet in container.demux():
        whole = whole and not packet.is_corrupt
        if packet.stream is stream and packet.pts is not None:
            end = max(end, packet.pts + (packet.duration or 0))
    tick = stream.time_base or Fraction(1)
    measured = round((end - (stream.start_time or 0)) * tick * 1000)
    promised = round((stream.duration or 0) * tick * 1000)
    if not whole or measured <= 0 or measured + _MISSING_MS < promised:
        raise NotPlayable(f"The file breaks off: {measured} ms of {promised or 'an unknown number of'} ms are there.")
    return measured


def _even(length: Fraction) -> int:
    return -(-length.numerator // length.denominator) + (-(-length.numerator // length.denominator) % 2)


def _crop(frame: av.VideoFrame, width: int, height: int) -> av.VideoFrame:
    if (frame.width, frame.height) == (width, height):
        return frame
    source, cropped = planes_of(frame), av.VideoFrame(width, height, "yuv420p")
    x, y = (frame.width - width) // 4 * 2, (frame.height - height) // 4 * 2
    target = planes_of(cropped)
    target.y[:] = source.y[y : y + height, x : x + width]
    for mine, theirs in ((target.u, source.u), (target.v, source.v)):
        mine[:] = theirs[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2]
    return cropped


def _copy(frame: av.VideoFrame, planes: Planes) -> None:
    source = planes_of(frame)
    planes.y[:], planes.u[:], planes.v[:] = source.y, source.u, source.v
