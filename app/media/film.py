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
from math import ceil
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
from app.media.reduction import Size, filling, filling_alike, handy_average
from app.media.refusals import Corrupt

#: In seconds: what is between is read over, farther on it is quicker to look for a key frame.
_FAR = 4
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_HIGH_DEFINITION = 720
_BT709, _BT601 = 1, (5, 6)
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


class Projector(ABC, Generic[PictureT]):
    """Finds the frame for each moment; what it becomes in the box, subclasses know."""

    def __init__(self, path: Path, run: Run, *, fps: Fraction, size: Size) -> None:
        self._path, self._run, self._fps, self._size = path, run, fps, size
        self._stack = ExitStack()
        # Frames with their times in ticks of their stream: fractions would take as long as some of the pictures.
        self._tick, self._origin = Fraction(1), Fraction(0)
        self._frames: Iterator[tuple[int, av.VideoFrame]] = iter(())
        self._current: tuple[int, av.VideoFrame] | None = None
        self._following: tuple[int, av.VideoFrame] | None = None
        self._until, self._until_tick = Fraction(0), 0  # what is shown begins before
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
        self._until_tick = self._first_tick(until)
        while self._following is not None and self._following[0] < self._until_tick:
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
            if not start or (self._current is not None and self._current[0] * self._tick - self._origin <= time):
                break
        self._following = next(self._frames, None)

    def _first_tick(self, time: Fraction) -> int:
        """The first that is not before it."""
        return ceil((time + self._origin) / self._tick)

    def _decoded_from(self, start: Fraction) -> Iterator[tuple[int, av.VideoFrame]]:
        """Frames and their times, from a key frame at ``start`` or before it. Passed over is what nothing refers to and
        what is not shown, since one that was read before comes after it and in time.
        """
        excerpt = self._stack.enter_context(pictures_from(self._path, start))
        stream, self._tick, self._origin = excerpt.stream, excerpt.tick, excerpt.origin
        self._until_tick = self._first_tick(self._until)
        decoder = self._decoder(stream)
        decoder.thread_count = 1
        if stream.codec_context.height >= _MUCH_SMALLER * self._size[1]:
            decoder.options = {"skip_loop_filter": "bidir"}
        read, passing_over = self._first_tick(Fraction(-1)), False
        for packet in excerpt.packets:
            time = packet.pts if packet.pts is not None else packet.dts or 0
            if (time < read) is not passing_over:
                passing_over = time < read
                decoder.skip_frame = "NONREF" if passing_over else "DEFAULT"
            if time < self._until_tick:
                read = max(read, time)
            with suppress(FFmpegError):  # this packet only: the picture before it stays
                for frame in decoder.decode(packet):
                    if frame.pts is not None:
                        yield frame.pts, frame


class Film(Projector[Planes]):
    def _developed(self, frame: av.VideoFrame, size: Size) -> Planes:
        turn = rotation_of(frame)
        size = lying(size, turn)
        half = (size[0] // 2, size[1] // 2)
        source = planes_of(in_colours(frame, "yuv420p"))
        average = handy_average(source.u.shape[::-1], half)  # one for all planes, of which these have the least room
        u, v = filling_alike((source.u, source.v), half, average)
        return Planes(y=upright(filling(source.y, size, average), turn), u=upright(u, turn), v=upright(v, turn))


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
