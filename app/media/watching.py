# pyright: reportUnknownMemberType=false
"""What is seen in a run of a recording: where it is cut, and where faces are. A stranger's file: only to be opened in
limited child processes.

Frames are those of our own clock, so that what was found at a frame is what is shown with it. Places are shares of the
upright picture, 0..1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import ceil
from pathlib import Path

import av
import cv2
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from app.media.demux import choose, opened, packets_of
from app.media.encode import Plane
from app.media.examined import Bounds
from app.media.excerpt import pictures_from
from app.media.film import Projector, Run, Size, upright
from app.media.look import rotation_of

#: Faces are looked for so often in a second, in pictures so wide, and are no smaller than such a share of the height.
_LOOKS, _SEARCHED_WIDTH, _SMALLEST_FACE = 4, 960, 0.06
#: The detector's steps of size, and how often it must find the same face: at first, and where one was found.
_GLANCE, _CLOSE = (1.15, 2), (1.05, 4)
#: A face that moves or grows by no more than such a share of its width has hardly moved.
_HARDLY = 0.08
#: Every so many looks it looks everywhere.
_EVERYWHERE = 4
#: In pixels: the smallest face that it knows, and as how large a known one is looked at.
_WINDOW, _FACE = 24, 40
#: One that is quick, and one that has to agree where a face is seen first: lamps and clocks are faces to the first.
_FIRST, _SECOND = "frontalface_default", "frontalface_alt2"
_Pixels = tuple[int, int, int, int]
_WITH_LUMA = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray")
#: A cut changes the picture by so many levels on average, and so many times more than the frames around it do.
_CUT_LEVELS, _CUT_TIMES = 14.0, 3.0
_THUMB = 40
#: In levels: what changes less stands still.
_STIRS = 12
_EVERY_PIXEL = Bounds().max_pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """``moved``: how much the mouth moves, in levels, beyond what the whole face does."""

    x: float
    y: float
    width: float
    height: float
    moved: float = 0.0

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The faces of one frame."""

    frame: int
    faces: tuple[Face, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """Frames ``start <= n < stop`` between two cuts. ``stillness``: which share of the picture never moves."""

    start: int
    stop: int
    sights: tuple[Sight, ...]
    stillness: float


class _Upright(Projector[Plane]):
    """The luma of each frame."""

    def _developed(self, frame: av.VideoFrame, size: Size) -> Plane:  # noqa: ARG002
        return _upright(frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A frame of ours at which a picture is shown first, and that picture in little."""

    index: int
    thumb: NDArray[np.int16]


def luma_of(frame: av.VideoFrame) -> Plane:
    """The first plane of an 8-bit picture, without its row padding."""
    plane = frame.planes[0]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]


def watch(path: Path, at: Fraction, frames: int, fps: Fraction) -> tuple[Shot, ...]:
    """So many frames of the recording, from ``at`` seconds on. Raises ``Corrupt``.

    Pictures between two that others refer to are passed over, which saves most of the decoder's time; where the picture
    is cut between two that were looked at, those between are looked at, too.
    """
    cv2.setNumThreads(1)
    every, due = 1 / Fraction(_LOOKS), at
    seen, sights, lookout, last = list[_Seen](), list[Sight](), _Lookout(), None
    for time, frame in _referred_to(path, at):
        index = max(0, ceil((time - at) * fps - Fraction(1, 2)))
        if index >= frames:
            break
        luma = _upright(frame)
        while seen and seen[-1].index >= index:  # before the first frame there are pictures that are not shown
            seen.pop()
        seen.append(_Seen(index=index, thumb=_thumb(luma)))
        if time >= due:
            faces = lookout.look(luma, last)
            sights += [Sight(frame=index, faces=faces)] if faces is not None else []
            due = time + (2 * every if lookout.calm else every)
        last = luma
    cuts = list(_cuts(seen, max(2, round(fps / 3)), lambda before, after: _exactly(path, at, fps, before, after)))
    return tuple(_shot(start, stop, sights, seen) for start, stop in pairwise([0, *cuts, frames]))


def _referred_to(path: Path, at: Fraction) -> Iterator[tuple[Fraction, av.VideoFrame]]:
    """Frames that others refer to, from the key frame before ``at`` on, and their times; their blocks not smoothed."""
    with pictures_from(path, at) as excerpt:
        tick, origin, decoder = excerpt.tick, excerpt.origin, excerpt.stream.codec_context
        decoder.thread_count = 1
        decoder.options = {"skip_loop_filter": "all"}
        # In H.265 what refers to earlier pictures alone is often marked as one between two.
        decoder.skip_frame = "BIDIR" if decoder.codec.canonical_name == "h264" else "NONREF"
        for packet in excerpt.packets:
            with suppress(FFmpegError):
                for frame in decoder.decode(packet):
                    if frame.pts is not None:
                        yield frame.pts * tick - origin, frame


def _upright(frame: av.VideoFrame) -> Plane:
    known = frame if frame.format.name in _WITH_LUMA else frame.reformat(format="gray")
    return upright(luma_of(known), rotation_of(frame))


def _exactly(path: Path, at: Fraction, fps: Fraction, before: _Seen, after: _Seen) -> int:
    """The first frame that is more like ``after``."""
    if after.index - before.index <= 1:
        return after.index
    with _Upright(path, Run(at=at), fps=fps, size=(2, 2)) as film:
        for index in range(before.index + 1, after.index):
            thumb = _thumb(film.picture(index))
            if _change(thumb, after.thumb) < _change(thumb, before.thumb):
                return index
    return after.index


def _shot(start: int, stop: int, sights: Sequence[Sight], seen: Sequence[_Seen]) -> Shot:
    own = [each.thumb for each in seen if start <= each.index < stop]
    some = np.stack(own[:: max(1, len(own) // 60)]) if own else np.zeros((1, 1, 1), np.int16)
    return Shot(
        start=start,
        stop=stop,
        sights=tuple(sight for sight in sights if start <= sight.frame < stop),
        stillness=float((np.ptp(some, axis=0) < _STIRS).mean()),
    )


def _cuts(seen: Sequence[_Seen], shortest: int, exactly: Callable[[_Seen, _Seen], int]) -> Iterator[int]:
    """The first frame after each cut. A flash, which changes back at once, is none."""
    changes, last = [_change(before.thumb, after.thumb) for before, after in pairwise(seen)], 0
    for place, change in enumerate(changes):
        around = [*changes[max(0, place - 3) : place], *changes[place + 1 : place + 4]]
        usual = sum(around) / max(1, len(around))
        if change > _CUT_LEVELS and change > _CUT_TIMES * usual and not _returns(seen, place, change):
            index = exactly(seen[place], seen[place + 1])
            if index - last >= shortest:
                last = index
                yield index


def _returns(seen: Sequence[_Seen], place: int, change: float) -> bool:
    """Whether what changes after ``place`` changes back at once, or has just done so."""
    pairs = ((place, place + 2), (place - 1, place + 1))
    known = [pair for pair in pairs if pair[0] >= 0 and pair[1] < len(seen)]
    return any(_change(seen[one].thumb, seen[other].thumb) < change / 2 for one, other in known)


def _change(one: NDArray[np.int16], other: NDArray[np.int16]) -> float:
    return float(np.abs(one - other).mean())


def _thumb(luma: Plane) -> NDArray[np.int16]:
    step = max(1, luma.shape[0] // _THUMB)
    small = cv2.resize(luma[::4, ::4], (luma.shape[1] // step, luma.shape[0] // step), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.int16)


class _Lookout:
    """Looks for faces: in all of the picture now and then, else around those that were just seen.

    Places are pixels of the picture.
    """

    def __init__(self) -> None:
        self._found: list[_Pixels] = []
        self._looks = 0
        self.calm = False
        """One face is there, and has hardly moved: half of the looks will do."""

    def look(self, luma: Plane, previous: Plane | None) -> tuple[Face, ...] | None:
        """None if there was nothing to look at. ``previous``: the picture of the frame before."""
        earlier = previous if previous is not None and previous.shape == luma.shape else None
        near = [found for box in self._found for found in _near(luma, box)]
        everywhere = len(near) < len(self._found) or self._looks % _EVERYWHERE == 0
        self._looks += 1
        if everywhere:
            near = _everywhere(luma, near)
        elif not near:
            return None
        self.calm = len(near) == len(self._found) == 1 and _hardly_moved(self._found[0], near[0])
        self._found = near
        return tuple(_face(box, luma, earlier) for box in self._found)


def _hardly_moved(before: _Pixels, now: _Pixels) -> bool:
    return max(abs(one - other) for one, other in zip(before, now, strict=True)) < _HARDLY * now[2]


def _everywhere(luma: Plane, known: Sequence[_Pixels]) -> list[_Pixels]:
    """All faces. People in a picture are of about one size: beside a known face none is looked for that is far less."""
    height, width = luma.shape
    share = min(1.0, _SEARCHED_WIDTH / min(width, height * 16 / 9))
    least = max(round(_SMALLEST_FACE * min(height, width)), min((box[2] // 2 for box in known), default=0))
    found = _detected(luma, (0, 0, width, height), share, (least, max(height, width)), _GLANCE)
    return [box for box in found if _close_to(luma, box, _SECOND)]


def _near(luma: Plane, box: _Pixels) -> list[_Pixels]:
    """The face that was in the box, if it is still about there."""
    found = _close_to(luma, box, _FIRST)
    return [min(found, key=lambda each: abs(each[0] - box[0]) + abs(each[1] - box[1]))] if found else []


def _close_to(luma: Plane, box: _Pixels, trained: str) -> list[_Pixels]:
    width = box[2]
    sizes = (width * 2 // 3, width * 3 // 2)
    return _detected(luma, _around(luma, box), min(1.0, _FACE / width), sizes, _CLOSE, trained)


def _around(luma: Plane, box: _Pixels) -> _Pixels:
    """The part of the picture in which a face is, or was."""
    x, y, width, height = box
    return _within(luma, x - width, y - height // 2, x + width * 2, y + height * 3 // 2)


def _within(luma: Plane, left: int, top: int, right: int, bottom: int) -> _Pixels:
    height, width = luma.shape
    x, y = max(0, left), max(0, top)
    return x, y, min(width, right) - x, min(height, bottom) - y


def _detected(
    luma: Plane, part: _Pixels, share: float, sizes: tuple[int, int], care: tuple[float, int], trained: str = _FIRST
) -> list[_Pixels]:
    """Faces in a part of the picture, of the least to the largest of ``sizes``, looked for in that ``share`` of it."""
    x, y, width, height = part
    size = (max(1, round(width * share)), max(1, round(height * share)))
    small = cv2.resize(luma[y : y + height, x : x + width], size, interpolation=cv2.INTER_AREA)
    least, most = (max(_WINDOW, round(side * share)) for side in sizes)
    level = cv2.createCLAHE(2.0, (8, 8)).apply(small)
    found = _cascade(trained).detectMultiScale(level, *care, minSize=(least, least), maxSize=(most, most))
    boxes = (np.asarray(found, float).reshape(-1, 4) / share).round().astype(int).tolist()
    return [(x + left, y + top, wide, high) for left, top, wide, high in boxes]


def _face(box: _Pixels, now: Plane, before: Plane | None) -> Face:
    (height, width), (x, y, wide, high) = now.shape, box
    moved = _moved(now, before, box) if before is not None else 0.0
    return Face(x=x / width, y=y / height, width=wide / width, height=high / height, moved=moved)


def _moved(now: Plane, before: Plane, box: _Pixels) -> float:
    x, y, width, height = box
    size = (_FACE, _FACE)
    one, other = (
        cv2.resize(each[y : y + height, x : x + width], size, interpolation=cv2.INTER_AREA) for each in (now, before)
    )
    change = np.abs(np.asarray(one, np.int16) - other)
    mouth = change[2 * _FACE // 3 :, _FACE // 4 : 3 * _FACE // 4]
    return max(0.0, float(mouth.mean() - change[: _FACE // 2].mean()))


@cache
def _cascade(name: str) -> cv2.CascadeClassifier:
    """Viola and Jones' detector, with trained data that OpenCV ships."""
    return cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / f"haarcascade_{name}.xml"))


def changes_of(path: Path) -> list[int]:
    """When the picture has changed from one key frame to the next, in milliseconds: only those are looked at."""
    changed, last = list[int](), None
    with opened(path, max_pixels=_EVERY_PIXEL) as media:
        stream = choose(media).picture
        stream.codec_context.skip_frame = "NONKEY"
        stream.codec_context.thread_count = 1
        tick = stream.time_base or Fraction(1, 1000)
        for packet in packets_of(media, stream):
            if not packet.is_keyframe:
                continue
            with suppress(FFmpegError):
                for frame in stream.codec_context.decode(packet):
                    thumb = _thumb(luma_of(frame if frame.format.name in _WITH_LUMA else frame.reformat(format="gray")))
                    if last is not None and np.abs(thumb - last).mean() > _CUT_LEVELS and frame.pts is not None:
                        changed.append(round(frame.pts * tick * 1000))
                    last = thumb
    return changed
