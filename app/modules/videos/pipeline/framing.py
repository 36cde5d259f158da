"""Where the crop is: what was seen in a recording → panes for a frame of another shape. Pure.

The camera stands still as long as the face stays well inside, else it glides: the path is smoothed from both sides, so
that it is never late and its acceleration is bounded. A cut of the recording is a cut of the crop, and from one speaker
to another the crop cuts, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import exp
from statistics import fmean, median

from app.media.lookout import Face
from app.media.watching import Shot, Sight
from app.modules.videos.pipeline.looks import Box, Pan, Pane
from app.modules.videos.pipeline.staging import Size, even, fitted, whole
from app.modules.videos.scenery import WHOLE_SHARE, FramingMode, Value

#: In shares of the crop's width: a face that wanders no farther, and stays inside, does not move the camera.
_AT_EASE = 0.3
#: How much of what the detector takes for a face is one.
_BOX = 0.8
#: Of the smoothing, in seconds: with it, a step of the face becomes a glide of about two seconds.
_GENTLE_S = 0.6
#: Two faces whose middles are so near, in shares of their width, are one that moved.
_SAME = 1.2
#: A face counts that is seen in such a share of the looks, and is at least so large beside the largest.
_OFTEN, _LARGE = 0.4, 0.35
#: Somebody has to be so much livelier, for so long, to be cut to.
_LIVELIER, _ATTENTION_S = 1.4, 1.2
#: A host beside slides: a small face, in a picture of which most never moves.
_SMALL_FACE, _STILL = 0.22, 0.6
#: Of a pane around one face: the height of the crop in those of the face.
_AROUND_FACE = 3.0
#: Of a host above slides: the least share of the frame's height.
_LEAST_HOST = 0.35
_EYE_LEVEL = 0.08


class FramedShot(Value):
    """Frames ``start <= n < stop`` of the scene. Paths are counted from the scene's first frame. ``faces``: about where
    they are in the frame. ``keys``: frames from which on the recording can be decoded without what is before.
    """

    start: int
    stop: int
    panes: tuple[Pane, ...]
    blurred: bool = False
    faces: tuple[Box, ...] = ()
    keys: tuple[int, ...] = ()


@dataclass(slots=True)
class Track:
    """One face through a shot: what was seen of it, by frame."""

    seen: dict[int, Face] = field(default_factory=dict[int, Face])

    @property
    def height(self) -> float:
        return median(face.height for face in self.seen.values())

    @property
    def width(self) -> float:
        return median(face.width for face in self.seen.values())

    @property
    def last(self) -> Face:
        return self.seen[max(self.seen)]

    def span(self, axis: int) -> tuple[float, float]:
        places = [face.middle[axis] for face in self.seen.values()]
        return min(places), max(places)


def framed(
    shots: Sequence[Shot], source: Size, frame: Size, fps: float, mode: FramingMode = FramingMode.AUTO
) -> tuple[FramedShot, ...]:
    """Each shot of a recording, upright ``source`` pixels large, for a frame of this size."""
    return tuple(_Framer(shot, source, frame, fps).framed(mode) for shot in shots)


class _Framer:
    def __init__(self, shot: Shot, source: Size, frame: Size, fps: float) -> None:
        self._shot, self._frame, self._fps = shot, frame, fps
        self._share = source[0] / source[1]
        self._source = source
        self._tracks = tracks_of(shot.sights)

    def framed(self, mode: FramingMode) -> FramedShot:
        match self._suiting() if mode is FramingMode.AUTO else mode:
            case FramingMode.SPLIT if len(self._tracks) > 1:
                return self._shown(self._split())
            case FramingMode.PRESENTATION if self._tracks and self._roomy():
                return self._shown(self._presentation(), blurred=True)
            case FramingMode.FOLLOW | FramingMode.SPLIT | FramingMode.PRESENTATION if self._tracks:
                return self._shown([self._follow()])
            case FramingMode.FILL:
                return self._shown([self._all_of_it(fitted(self._source, whole(self._frame)))], blurred=True)
            case _:
                return self._shown([self._crop(whole(self._frame), [Pan(frame=self._shot.start, x=5000, y=5000)])])

    def _suiting(self) -> FramingMode:
        if not self._tracks:
            return FramingMode.FILL
        tall = self._frame[0] < self._frame[1]
        if self._roomy() and len(self._tracks) == 1 and self._beside_slide(self._tracks[0]):
            return FramingMode.PRESENTATION
        if tall and len(self._tracks) == 2 and self._apart():
            return FramingMode.SPLIT
        return FramingMode.FOLLOW

    def _roomy(self) -> bool:
        """Whether there is room for a host above all of the picture."""
        return self._frame[0] / self._share < (1 - _LEAST_HOST) * self._frame[1]

    def _beside_slide(self, track: Track) -> bool:
        x, y = (fmean(track.span(axis)) for axis in (0, 1))
        aside = not 0.3 < x < 0.7 or not 0.3 < y < 0.7
        return track.height < _SMALL_FACE and self._shot.stillness > _STILL and aside

    def _apart(self) -> bool:
        """Whether no crop holds both faces."""
        spans = [track.span(0) for track in self._tracks]
        wide = max(track.last.width for track in self._tracks)
        return max(stop for _, stop in spans) - min(start for start, _ in spans) + wide > self._crop_size()[0]

    def _shown(self, panes: Sequence[Pane], *, blurred: bool = False) -> FramedShot:
        faces = tuple(box for track in self._tracks for pane in panes if (box := _seen_in(pane, track)) is not None)
        return FramedShot(
            start=self._shot.start,
            stop=self._shot.stop,
            panes=tuple(panes),
            blurred=blurred,
            faces=faces,
            keys=self._shot.keys,
        )

    # panes -----------------------------------------------------------------------------------------------------------

    def _split(self) -> list[Pane]:
        """Who sits on the left is above."""
        pair = sorted(self._tracks[:2], key=lambda track: track.span(0)[0])
        width, height = self._frame
        half = even(height / 2)
        boxes = (Box(x=0, y=0, width=width, height=half), Box(x=0, y=half, width=width, height=height - half))
        between = abs(fmean(pair[1].span(0)) - fmean(pair[0].span(0)))
        return [self._around(track, box, widest=1.3 * between) for track, box in zip(pair, boxes, strict=True)]

    def _presentation(self) -> list[Pane]:
        width, height = self._frame
        slide = even(width / self._share)
        low = min(height - slide, even(height * 0.5))
        below = Box(x=0, y=low, width=width, height=slide)
        host = Box(x=0, y=0, width=width, height=below.y)
        return [self._around(self._tracks[0], host, widest=1.0), self._all_of_it(below)]

    def _follow(self) -> Pane:
        spans, wide = [track.span(0) for track in self._tracks], self._crop_size()[0]
        start, stop = min(span[0] for span in spans), max(span[1] for span in spans)
        if len(self._tracks) > 1 and stop - start < wide * (1 - _AT_EASE):  # all of them together
            y = fmean(fmean(track.span(1)) for track in self._tracks)
            return self._crop(
                whole(self._frame), [Pan(frame=self._shot.start, x=_parts((start + stop) / 2), y=_parts(y))]
            )
        pans = list[Pan]()
        for track, first, last in self._attention():
            pans += self._glide(track, first, last, self._crop_size())
        return self._crop(whole(self._frame), pans)

    def _attention(self) -> Iterator[tuple[Track, int, int]]:
        """Who is looked at, from which frame on and until before which."""
        if len(self._tracks) == 1:
            yield self._tracks[0], self._shot.start, self._shot.stop
            return
        held = max(self._tracks, key=lambda track: fmean(face.moved for face in track.seen.values()))
        since, reach = self._shot.start, round(_ATTENTION_S * self._fps)
        for sight in self._shot.sights:
            lively = {place: _liveliness(track, sight.frame, reach) for place, track in enumerate(self._tracks)}
            best = self._tracks[max(lively, key=lambda place: lively[place])]
            now = lively[self._tracks.index(held)]
            if best is not held and lively[self._tracks.index(best)] > _LIVELIER * now + 0.2:
                if sight.frame - since >= reach:
                    yield held, since, sight.frame
                    since = sight.frame
                held = best
        yield held, since, self._shot.stop

    def _glide(self, track: Track, first: int, last: int, crop: tuple[float, float]) -> list[Pan]:
        """From frame ``first`` on: one place if that will do, else a smooth path."""
        sights = {frame: face for frame, face in track.seen.items() if first <= frame < last} or track.seen
        frames = sorted(sights)
        places = [_steady([sights[frame].middle[axis] for frame in frames]) for axis in (0, 1)]
        faces = (track.width, track.height)
        ease = [min(_AT_EASE * room, max(0.0, room - _BOX * face)) for room, face in zip(crop, faces, strict=True)]
        if all(max(own) - min(own) <= free for own, free in zip(places, ease, strict=True)):
            x, y = ((max(own) + min(own)) / 2 for own in places)
            return [Pan(frame=first, x=_parts(x), y=_parts(y), cut=True)]
        x, y = (
            self._smoothed(frames, own, margin) for own, margin in zip(places, (size / 2 for size in crop), strict=True)
        )
        path = [Pan(frame=frame, x=_parts(a), y=_parts(b)) for frame, a, b in zip(frames, x, y, strict=True)]
        return [path[0].model_copy(update={"frame": min(first, path[0].frame), "cut": True}), *path[1:]]

    def _smoothed(self, frames: Sequence[int], places: Sequence[float], margin: float) -> list[float]:
        """A weighted mean of what comes before and after; where the crop cannot go, it does not want to go. Before the
        first look and after the last, the face is taken to have moved on as it did.
        """
        inside = [min(max(place, min(margin, 0.5)), max(1 - margin, 0.5)) for place in places]
        seen = list(zip(frames, inside, strict=True))
        before = [(2 * seen[0][0] - frame, 2 * seen[0][1] - place) for frame, place in reversed(seen[1:])]
        after = [(2 * seen[-1][0] - frame, 2 * seen[-1][1] - place) for frame, place in reversed(seen[:-1])]
        sigma, smooth = _GENTLE_S * self._fps, list[float]()
        for frame in frames:
            weighed = [
                (exp(-(((other - frame) / sigma) ** 2) / 2), place)
                for other, place in (*before, *seen, *after)
                if abs(other - frame) < 4 * sigma
            ]
            smooth.append(sum(weight * place for weight, place in weighed) / sum(weight for weight, _ in weighed))
        return smooth

    def _around(self, track: Track, box: Box, *, widest: float) -> Pane:
        """One face, as large as people are on television."""
        share = box.width / box.height / self._share
        height = min(1.0, max(_AROUND_FACE * track.height, 0.25), 1 / share, widest / share)
        crop = (height * share, height)
        path = self._glide(track, self._shot.start, self._shot.stop, crop)
        lower = _parts(_EYE_LEVEL * height)
        lowered = [pan.model_copy(update={"y": pan.y + lower}) for pan in path]
        return self._pane(box, crop, lowered)

    def _all_of_it(self, box: Box) -> Pane:
        return self._pane(box, (1.0, 1.0), [Pan(frame=self._shot.start, x=5000, y=5000)])

    def _crop(self, box: Box, path: Sequence[Pan]) -> Pane:
        return self._pane(box, self._crop_size(), path)

    def _crop_size(self) -> tuple[float, float]:
        """As much of the recording as fills the frame."""
        share = self._frame[0] / self._frame[1] / self._share
        return min(1.0, share), min(1.0, 1 / share)

    def _pane(self, box: Box, crop: tuple[float, float], path: Sequence[Pan]) -> Pane:
        width, height = (min(WHOLE_SHARE, max(1, _parts(size))) for size in crop)
        return Pane(box=box, width=width, height=height, path=tuple(_inside(pan, width, height) for pan in path))


def steered(shots: Sequence[Shot], keys: Sequence[Pan], source: Size, frame: Size) -> tuple[FramedShot, ...]:
    """By somebody's own keys, through all shots."""
    share = frame[0] / frame[1] / (source[0] / source[1])
    width, height = (_parts(min(1.0, size)) for size in (share, 1 / share))
    path = tuple(_inside(pan, width, height) for pan in keys)
    pane = Pane(box=whole(frame), width=width, height=height, path=path)
    return (FramedShot(start=shots[0].start, stop=shots[-1].stop, panes=(pane,)),)


def cut_out(shots: Sequence[FramedShot], start: int, stop: int) -> tuple[FramedShot, ...]:
    """What was framed in frames ``start <= n < stop``, counted from there."""
    within = [shot for shot in shots if shot.start < stop and start < shot.stop]
    return tuple(
        shot.model_copy(
            update={
                "start": max(0, shot.start - start),
                "stop": min(stop, shot.stop) - start,
                "panes": tuple(pane.later(start) for pane in shot.panes),
                "keys": tuple(key - start for key in shot.keys if start <= key < stop),
            }
        )
        for shot in within
    )


def tracks_of(sights: Sequence[Sight]) -> list[Track]:
    """The faces that count, the largest first."""
    tracks = list[Track]()
    for sight in sights:
        free = list(tracks)
        for face in sorted(sight.faces, key=lambda each: -each.height):
            near = [track for track in free if _distance(track.last, face) < _SAME * max(track.last.width, face.width)]
            track = min(near, key=lambda each: _distance(each.last, face), default=None)
            if track is None:
                track = Track()
                tracks.append(track)
            else:
                free.remove(track)
            track.seen[sight.frame] = face
    often = [track for track in tracks if len(track.seen) >= max(1, _OFTEN * len(sights))]
    largest = max((track.height for track in often), default=0.0)
    return sorted((t for t in often if t.height >= _LARGE * largest), key=lambda track: -track.height)


def place_at(path: Sequence[Pan], frame: int) -> tuple[float, float]:
    """The middle of the crop, on a curve through the keys (cubic Hermite), level where it begins and ends."""
    number = max((place for place, pan in enumerate(path) if pan.frame <= frame), default=0)
    here = path[number]
    after = path[number + 1] if number + 1 < len(path) else None
    if after is None or after.cut or frame <= here.frame:
        return float(here.x), float(here.y)
    t, length = (frame - here.frame) / (after.frame - here.frame), after.frame - here.frame
    slopes = [_slope(path, place) for place in (number, number + 1)]
    at = list[float]()
    for axis in (0, 1):
        start, stop = (here.x, after.x) if axis == 0 else (here.y, after.y)
        m0, m1 = slopes[0][axis] * length, slopes[1][axis] * length
        at.append(
            (2 * t**3 - 3 * t**2 + 1) * start
            + (t**3 - 2 * t**2 + t) * m0
            + (3 * t**2 - 2 * t**3) * stop
            + (t**3 - t**2) * m1
        )
    return at[0], at[1]


def _slope(path: Sequence[Pan], number: int) -> tuple[float, float]:
    """Ten-thousandths for a frame."""
    if number == 0 or number + 1 >= len(path) or path[number].cut or path[number + 1].cut:
        return 0.0, 0.0
    before, after = path[number - 1], path[number + 1]
    length = after.frame - before.frame
    return (after.x - before.x) / length, (after.y - before.y) / length


def _seen_in(pane: Pane, track: Track) -> Box | None:
    """Where a face is in the frame; None when its middle is out of the pane."""
    frame = sorted(track.seen)[len(track.seen) // 2]
    face, (x, y) = track.seen[frame], place_at(pane.path, frame)
    wide, high = pane.width / WHOLE_SHARE, pane.height / WHOLE_SHARE
    left, top = ((a / WHOLE_SHARE - b / 2) for a, b in ((x, wide), (y, high)))
    if not (left < face.middle[0] < left + wide and top < face.middle[1] < top + high):
        return None
    scale_x, scale_y = pane.box.width / wide, pane.box.height / high
    return Box(
        x=even(pane.box.x + (face.x - left) * scale_x),
        y=even(pane.box.y + (face.y - top) * scale_y),
        width=even(face.width * scale_x),
        height=even(face.height * scale_y),
    )


def _liveliness(track: Track, frame: int, reach: int) -> float:
    around = [face.moved for at, face in track.seen.items() if abs(at - frame) <= reach]
    return fmean(around) if around else 0.0


def _steady(places: Sequence[float]) -> list[float]:
    """Without single outliers."""
    padded = [places[0], *places, places[-1]]
    return [median(padded[place : place + 3]) for place in range(len(places))]


def _distance(one: Face, other: Face) -> float:
    return max(abs(a - b) for a, b in zip(one.middle, other.middle, strict=True))


def _inside(pan: Pan, width: int, height: int) -> Pan:
    x = min(max(pan.x, width // 2), WHOLE_SHARE - width // 2)
    y = min(max(pan.y, height // 2), WHOLE_SHARE - height // 2)
    return pan.model_copy(update={"x": x, "y": y})


def _parts(share: float) -> int:
    return round(share * WHOLE_SHARE)
