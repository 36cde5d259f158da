# pyright: reportUnknownMemberType=false
"""A recording as pictures for frames of our own clock, scaled and cropped to fill a box. A stranger's file: only to be
opened in limited child processes.

Frames are asked for in rising order. Each shows the recorded frame that is nearest in time: the last that begins no
later than half a frame of ours after it. Before the first and after the last, these stay.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from app.media.encode import Plane, Planes, planes_of
from app.media.examined import Rotation
from app.media.excerpt import pictures_from
from app.media.look import rotation_of
from app.media.refusals import Corrupt

#: In seconds: what is between is read over, farther on it is quicker to look for a key frame.
_FAR = 4
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_HIGH_DEFINITION = 720
_BT709, _BT601 = 1, (5, 6)
_HALF, _BLUR = 2, 0.26
#: Made so much smaller, frames to which no other refers need no smoothing of their blocks: a seventh of the decoder's
#: time, and SSIM .99995 to what it would be.
_MUCH_SMALLER = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Which part of a recording is shown, in seconds from its beginning: from ``at`` on, and in a loop from ``start``
    to ``stop`` again and again.
    """

    at: Fraction
    start: Fraction = Fraction(0)
    stop: Fraction | None = None
    loop: bool = False

    def time(self, passed: Fraction) -> Fraction:
        """Where it is after so many seconds."""
        if self.loop and self.stop is not None and self.stop > self.start:
            return self.start + (self.at + passed - self.start) % (self.stop - self.start)
        return self.at + passed


PictureT = TypeVar("PictureT")
Size = tuple[int, int]


class Projector(ABC, Generic[PictureT]):
    """Finds the frame for each moment; what it becomes in the box, subclasses know."""

    def __init__(self, path: Path, run: Run, *, fps: Fraction, size: Size) -> None:
        self._path, self._run, self._fps, self._size = path, run, fps, size
        self._stack = ExitStack()
        self._frames: Iterator[tuple[Fraction, av.VideoFrame]] = iter(())
        self._current: tuple[Fraction, av.VideoFrame] | None = None
        self._following: tuple[Fraction, av.VideoFrame] | None = None
        self._until = Fraction(0)  # what is shown begins before
        self._shown: av.VideoFrame | None = None
        self._picture: PictureT | None = None

    def show(self, run: Run) -> None:
        """From now on another part of the recording."""
        self._run = run

    def picture(self, index: int) -> PictureT:
        """That of frame ``index`` of our clock; the same object as before when nothing changed. Raises ``Corrupt``."""
        time = self._run.time(index / self._fps)
        until = time + 1 / (2 * self._fps)
        elsewhere, self._until = not 0 <= until - self._until < _FAR, until
        if elsewhere or self._current is None:
            self._begin(time)
        while self._following is not None and self._following[0] < until:
            self._current, self._following = self._following, next(self._frames, None)
        if self._current is None:
            raise Corrupt("No picture of the recording can be decoded there. Upload it again.")
        if self._picture is None or self._current[1] is not self._shown:
            self._shown = self._current[1]
            self._picture = self._developed(self._shown, self._size)
        return self._picture

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def _developed(self, frame: av.VideoFrame, size: Size) -> PictureT:
        """The frame, upright, in the encoder's colours, and as large as fills the box."""

    def _decoder(self, stream: VideoStream) -> VideoCodecContext:
        return stream.codec_context

    def _begin(self, time: Fraction) -> None:
        self._stack.close()
        self._stack = ExitStack()
        for start in (time, Fraction(0)):
            self._frames = self._decoded_from(start)
            self._current = next(self._frames, None)
            if self._current is not None and (self._current[0] <= time or not start):
                break
        self._following = next(self._frames, None)

    def _decoded_from(self, start: Fraction) -> Iterator[tuple[Fraction, av.VideoFrame]]:
        """Frames and their times, from a key frame at ``start`` or before it. Passed over is what nothing refers to and
        what is not shown, since one that was read before comes after it and in time.
        """
        excerpt = self._stack.enter_context(pictures_from(self._path, start))
        stream, tick, origin = excerpt.stream, excerpt.tick, excerpt.origin
        decoder = self._decoder(stream)
        decoder.thread_count = 1
        if stream.codec_context.height >= _MUCH_SMALLER * self._size[1]:
            decoder.options = {"skip_loop_filter": "bidir"}
        read = Fraction(-1)
        for packet in excerpt.packets:
            time = (packet.pts if packet.pts is not None else packet.dts or 0) * tick - origin
            decoder.skip_frame = "NONREF" if time < read else "DEFAULT"
            if time < self._until:
                read = max(read, time)
            with suppress(FFmpegError):  # this packet only: the picture before it stays
                for frame in decoder.decode(packet):
                    if frame.pts is not None:
                        yield frame.pts * tick - origin, frame


class Film(Projector[Planes]):
    def _developed(self, frame: av.VideoFrame, size: Size) -> Planes:
        turn = rotation_of(frame)
        size = lying(size, turn)
        half = (size[0] // 2, size[1] // 2)
        source = planes_of(in_colours(frame, "yuv420p"))
        y, u, v = (
            upright(filling(plane, room), turn)
            for plane, room in ((source.y, size), (source.u, half), (source.v, half))
        )
        return Planes(y=y, u=u, v=v)


def in_colours(frame: av.VideoFrame, pixel_format: str) -> av.VideoFrame:
    """In that 8-bit format, BT.709, limited range; as it is when it is that."""
    matrix = frame.colorspace
    known = matrix == _BT709 or (matrix not in _BT601 and frame.height >= _HIGH_DEFINITION)
    if frame.format.name == pixel_format and known and frame.color_range != ColorRange.JPEG:
        return frame
    full = frame.color_range == ColorRange.JPEG or frame.format.is_rgb or frame.format.name.startswith("yuvj")
    return frame.reformat(
        format=pixel_format,
        src_colorspace=Colorspace.ITU709 if known else Colorspace.ITU601,
        src_color_range=ColorRange.JPEG if full else ColorRange.MPEG,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
    )


def lying(size: Size, turn: Rotation) -> Size:
    """What becomes of that size when it is turned upright."""
    return size if turn in (0, 180) else (size[1], size[0])


def upright(plane: Plane, turn: Rotation) -> Plane:
    return np.asarray(cv2.rotate(plane, _TURNS[turn]), np.uint8) if turn else plane


def filling(plane: Plane, size: Size) -> Plane:
    """Scaled until both sides are filled; what is too much is cut off, evenly at the sides, mostly below."""
    height, width = plane.shape
    if (width, height) == size:
        return plane
    if width * size[1] > height * size[0]:
        wide = min(width, round(height * size[0] / size[1]))
        left = (width - wide) // 2
        plane = plane[:, left : left + wide]
    else:
        high = min(height, round(width * size[1] / size[0]))
        top = (height - high) // 4
        plane = plane[top : top + high]
    return plane if plane.shape == size[::-1] else resized(plane, size)


def resized(plane: Plane, size: Size) -> Plane:
    """Made smaller by less than half, a light blur and straight lines look like an average over areas, and take a third
    of its time: SSIM to a bicubic reduction by 1.9 is .997 and .998.
    """
    ratio = plane.shape[0] / size[1]
    if ratio <= 1:
        return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    if ratio >= _HALF:
        return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)
    softened = cv2.GaussianBlur(plane, (3, 3), _BLUR * ratio)
    return np.asarray(cv2.resize(softened, size, interpolation=cv2.INTER_LINEAR), np.uint8)
