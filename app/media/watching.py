# pyright: reportUnknownMemberType=false
"""What is seen in a run of a recording: where it is cut, and where faces are. A stranger's file: only to be opened in
limited child processes.

Frames are those of our own clock, so that what was found at a frame is what is shown with it. Places are shares of the
upright picture, 0..1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, pairwise
from math import ceil
from pathlib import Path

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.stream import VideoStream

from app.media.cuts import CUT_LEVELS, Seen, change_of, cuts_in, exactly, same_scene, thumb_of, upright_luma
from app.media.demux import choose, opened, packets_of
from app.media.effort import Sizer, Usual
from app.media.encode import Plane
from app.media.examined import Bounds
from app.media.excerpt import Excerpt, pictures_from
from app.media.groups import Group, Packet, groups_of
from app.media.lookout import Face, Lookout, between, within

#: Faces are looked for so often in a second, and half as often beside one that hardly moves.
_EVERY = Fraction(1, 4)
#: In seconds: for so long somebody has to have been calm, and for no longer at once nothing is looked at then.
_CALM, _LONGEST = 4, 12
#: By such a share of itself a face that is calm leaves its way, and may have moved when nothing was looked at between.
_STAYS, _MET_AGAIN = 0.25, 0.5
#: In levels: what changes less stands still.
_STIRS = 12
_EVERY_PIXEL = Bounds().max_pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The faces of one frame."""

    frame: int
    faces: tuple[Face, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """Frames ``start <= n < stop`` between two cuts. ``stillness``: which share of the picture never moves. ``keys``:
    frames from which on it can be decoded without what is before.
    """

    start: int
    stop: int
    sights: tuple[Sight, ...]
    stillness: float
    keys: tuple[int, ...] = ()


def watch(path: Path, at: Fraction, frames: int, fps: Fraction) -> tuple[Shot, ...]:
    """So many frames of the recording, from ``at`` seconds on. Raises ``Corrupt``.

    Pictures between two that others refer to are passed over, which saves most of the decoder's time; where the picture
    is cut between two that were looked at, those between are looked at, too. While somebody is calm, only key frames
    are looked at: as long as those between took no more to code than they did before, and no less.
    """
    cv2.setNumThreads(1)
    with pictures_from(path, at) as excerpt:
        recording = _Recording(excerpt)
        watcher = _Watcher(recording, at, frames, fps)
        watcher.watch()
    seen, keys = watcher.seen, [ceil((time - at) * fps) for time in recording.keys]
    cuts = list(cuts_in(seen, max(2, round(fps / 3)), lambda before, after: exactly(path, at, fps, before, after)))
    return tuple(_shot(start, stop, watcher.sights, seen, keys) for start, stop in pairwise([0, *cuts, frames]))


Shown = tuple[Fraction, av.VideoFrame]


class _Recording:
    """Frames that others refer to, from the key frame before ``at`` on, and their times; their blocks not smoothed.
    ``keys``: the times of key frames, as far as it was read.
    """

    def __init__(self, excerpt: Excerpt[VideoStream]) -> None:
        self._tick, self._origin, self._decoder = excerpt.tick, excerpt.origin, excerpt.stream.codec_context
        self._decoder.thread_count = 1
        self._decoder.options = {"skip_loop_filter": "all"}
        coded = self._decoder.codec.canonical_name
        # In H.265 what refers to earlier pictures alone is often marked as one between two.
        self._decoder.skip_frame = "BIDIR" if coded == "h264" else "NONREF"
        sizer = Sizer.of(self._decoder.extradata or b"") if coded == "h264" else None
        self.keys = list[Fraction]()
        self.groups = groups_of(self._noting_keys(excerpt.packets), sizer)

    def _noting_keys(self, packets: Iterable[Packet]) -> Iterator[Packet]:
        for packet in packets:
            if packet.is_keyframe:
                self.keys.append(self.time_of(packet))
            yield packet

    def time_of(self, packet: Packet) -> Fraction:
        return (packet.pts or 0) * self._tick - self._origin

    def pictures(self, packets: Iterable[Packet | None]) -> Iterator[Shown]:
        for packet in packets:
            with suppress(FFmpegError):
                for frame in self._decoder.decode(packet):
                    if frame.pts is not None:
                        yield frame.pts * self._tick - self._origin, frame

    def held_back(self) -> Iterator[Shown]:
        """What the decoder has not shown yet. Then it begins anew, with a key frame."""
        yield from self.pictures([None])
        self._decoder.flush_buffers()

    def key(self, group: Group) -> Shown | None:
        """A key frame alone."""
        return next(iter([*self.pictures([group.key]), *self.held_back()]), None)


class _Watcher:
    """What was seen up to a time. ``_usual``: what it took to code what was calm, for so many seconds."""

    def __init__(self, recording: _Recording, at: Fraction, frames: int, fps: Fraction) -> None:
        self.seen, self.sights = list[Seen](), list[Sight]()
        self._recording, self._at, self._frames, self._fps = recording, at, frames, fps
        self._lookout, self._last, self._due = Lookout(), None, at
        self._time: Fraction | None = None
        self._usual: Usual | None = None
        self._calm = Fraction(0)
        self._done = False

    def watch(self) -> None:
        groups = self._recording.groups
        group = next(groups, None)
        for following in chain(groups, [None]):
            if group is None or self._done:
                return
            if following is None or not self._passes_over(group, following):
                self._look_at(group)
                self._learn(group)
            group = following

    def _look_at(self, group: Group) -> None:
        self._show(self._recording.pictures(group.packets))

    def _show(self, pictures: Iterator[Shown]) -> None:
        for time, frame in pictures:
            if self._done:
                return
            if time != self._time:  # a key frame that was looked at alone comes again
                self._see(time, upright_luma(frame))

    def _see(self, time: Fraction, luma: Plane, *, onward: bool = False) -> None:
        index = self._index(time)
        if index >= self._frames:
            self._done = True
            return
        while self.seen and self.seen[-1].index >= index:  # what is before the first frame is not shown
            self.seen.pop()
        self.seen.append(Seen(index=index, thumb=thumb_of(luma), onward=onward))
        if time >= self._due:
            faces = self._lookout.look(luma, self._last)
            self.sights += [Sight(frame=index, faces=faces)] if faces is not None else []
            self._due = time + (2 * _EVERY if self._lookout.calm else _EVERY)
        self._last, self._time = luma, time

    def _index(self, time: Fraction) -> int:
        return max(0, ceil((time - self._at) * self._fps - Fraction(1, 2)))

    # while somebody is calm ------------------------------------------------------------------------------------------

    def _learn(self, group: Group) -> None:
        """What it takes to code somebody who is calm."""
        begun = max(self._at, self._recording.time_of(group.key))
        took = group.took([self._recording.time_of(packet) >= begun for packet in group.packets])
        if took is None or not self._was_calm(self._index(begun)):
            self._usual, self._calm = None, Fraction(0)
            return
        self._usual = took.joined(self._usual) if self._usual is not None else took
        self._calm += max(Fraction(0), (self._time or begun) - begun)

    def _was_calm(self, since: int) -> bool:
        """One face was there that went straight on, if at all, as where a camera drifts; and nothing was cut."""
        sights = [sight for sight in self.sights if sight.frame >= since]
        thumbs = [each.thumb for each in self.seen if each.index >= since]
        if not sights or any(len(sight.faces) != 1 for sight in sights):
            return False
        (first,), (last,) = sights[0].faces, sights[-1].faces
        begun, frames = sights[0].frame, max(1, sights[-1].frame - sights[0].frame)
        straight = all(
            within(between(first, last, (sight.frame - begun) / frames), sight.faces[0], _STAYS) for sight in sights
        )
        uncut = all(change_of(one, other) < CUT_LEVELS for one, other in pairwise(thumbs))
        return straight and within(first, last, _MET_AGAIN) and uncut

    def _passes_over(self, group: Group, following: Group) -> bool:
        """Whether all goes on as it did until the next group's key frame. If so, that one was seen, too."""
        if not self._goes_on(group, following):
            return False
        self._show(self._recording.held_back())
        if self._recording.time_of(group.key) != self._time:
            self._show(each for each in [self._recording.key(group)] if each is not None)
        passed = not (self._done or self._is_cut) and self._is_met_again(self._recording.key(following))
        if not passed:
            self._usual, self._calm = None, Fraction(0)
        return passed

    @property
    def _is_cut(self) -> bool:
        """Whether what was seen last is the first of a shot, perhaps."""
        *_, before, now = [self.seen[0], *self.seen]
        return not now.onward and change_of(before.thumb, now.thumb) > CUT_LEVELS

    def _goes_on(self, group: Group, following: Group) -> bool:
        """As far as packets tell."""
        length = self._recording.time_of(following.key) - self._recording.time_of(group.key)
        if self._usual is None or self._calm < _CALM or not 2 * _EVERY <= length <= _LONGEST:
            return False
        took = group.took()
        return took is not None and self._usual.holds(took)

    def _is_met_again(self, shown: Shown | None) -> bool:
        if shown is None or len(self.sights[-1].faces) != 1:
            return False
        time, luma, lookout = shown[0], upright_luma(shown[1]), self._lookout.elsewhere()
        (before,), faces = self.sights[-1].faces, lookout.look(luma, None) or ()
        alike = same_scene(self.seen[-1].thumb, thumb_of(luma))
        if not alike or len(faces) != 1 or not within(before, faces[0], _MET_AGAIN):
            return False
        self._lookout, self._due = lookout, time + 2 * _EVERY
        self._follow(before, replace(faces[0], moved=before.moved), self._index(time))
        self._see(time, luma, onward=True)
        return True

    def _follow(self, before: Face, now: Face, index: int) -> None:
        """Until frame ``index`` somebody was on the way from one place to the other."""
        begun, step = self.sights[-1].frame, max(1, round(2 * _EVERY * self._fps))
        for frame in (*range(begun + step, index, step), index):
            if frame < self._frames:
                face = between(before, now, (frame - begun) / (index - begun))
                self.sights.append(Sight(frame=frame, faces=(face,)))


def _shot(start: int, stop: int, sights: Sequence[Sight], seen: Sequence[Seen], keys: Sequence[int]) -> Shot:
    own = [each.thumb for each in seen if start <= each.index < stop]
    some = np.stack(own[:: max(1, len(own) // 60)]) if own else np.zeros((1, 1, 1), np.int16)
    return Shot(
        start=start,
        stop=stop,
        sights=tuple(sight for sight in sights if start <= sight.frame < stop),
        stillness=float((np.ptp(some, axis=0) < _STIRS).mean()),
        keys=tuple(key for key in keys if start <= key < stop),
    )


def changes_of(path: Path) -> list[int]:
    """When the picture has changed from one key frame to the next, in milliseconds: only those are looked at."""
    changed, last = list[int](), None
    with opened(path, max_pixels=_EVERY_PIXEL) as media:
        stream = choose(media).picture
        stream.codec_context.skip_frame = "NONKEY"
        stream.codec_context.options = {"skip_loop_filter": "all"}
        stream.codec_context.thread_count = 1
        tick = stream.time_base or Fraction(1, 1000)
        for packet in packets_of(media, stream):
            if not packet.is_keyframe:
                continue
            with suppress(FFmpegError):
                for frame in stream.codec_context.decode(packet):
                    thumb = thumb_of(upright_luma(frame))
                    if last is not None and np.abs(thumb - last).mean() > CUT_LEVELS and frame.pts is not None:
                        changed.append(round(frame.pts * tick * 1000))
                    last = thumb
    return changed
