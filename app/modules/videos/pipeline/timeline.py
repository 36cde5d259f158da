"""Composition + finished takes → who is heard when, in exact frames. Pure.

The timeline is the sum of its scenes, and a scene that of its segments: one take, with a short lead and the pause after
it, or one run of a recording, or silence. A segment is laid out the same wherever it stands, so that editing one
passage leaves all others as they were. A recording that goes on from scene to scene is counted from where it began:
rounding to frames never adds up, and nothing of it is left out or heard twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.avatars.base import Delivery
from app.media.time import frames_for, frames_of_whole_packets
from app.modules.videos.composition import Composition, Scene
from app.modules.videos.pipeline.listening import listening_of
from app.modules.videos.pipeline.plan import SCENE_PAUSE_MS, PlannedTake
from app.modules.videos.scenery import Clip, SaidWord, Value

LEAD_MS = 120
#: The silence after the very last passage.
FINAL_PAUSE_MS = 700
#: A pause is not drawn out longer than this: a third of a second at 25 and 50 frames a second, half of one at 30.
_MOST_ROUNDED_FRAMES = 16


class Segment(Value):
    """Frames ``start <= n < start + frames`` of the timeline. ``source_at``: seconds into the clip, as a fraction."""

    scene: int
    start: int
    frames: int
    take: PlannedTake | None = None
    lead_ms: int = 0
    clip: Clip | None = None
    source_at: str = "0"
    words: str | None = None  # what was heard in the clip, by its fingerprint
    said: tuple[SaidWord, ...] = ()  # what is known to be said in it


class SceneSpan(Value):
    """Where a scene is; ``number`` counts from 0."""

    number: int
    title: str
    start: int
    frames: int


class Timeline(Value):
    scenes: tuple[SceneSpan, ...]
    segments: tuple[Segment, ...]

    @property
    def frames(self) -> int:
        return sum(segment.frames for segment in self.segments)

    def of(self, scene: SceneSpan) -> tuple[Segment, ...]:
        return tuple(segment for segment in self.segments if segment.scene == scene.number)


@dataclass(slots=True)
class _Reel:
    """A recording that goes on: where on its own clock it began, and at which frame of the timeline."""

    sha256: str
    began_ms: int
    began_frame: int
    stop_ms: int


class _Clock:
    """Counts the frames of the timeline."""

    def __init__(self, fps: Fraction) -> None:
        self.frame = 0
        self._fps = fps
        self._reel: _Reel | None = None

    def segment(self, scene: int, duration_ms: int, *, take: PlannedTake | None = None, lead_ms: int = 0) -> Segment:
        frames = max(1, frames_for(duration_ms, self._fps))
        return self._placed(Segment(scene=scene, start=self.frame, frames=frames, take=take, lead_ms=lead_ms))

    def run_of(self, scene: int, clip: Clip) -> Segment:
        """The next run of a recording."""
        reel = self._reel
        if reel is None or (reel.sha256, reel.stop_ms) != (clip.asset.sha256, clip.start_ms):
            reel = _Reel(clip.asset.sha256, clip.start_ms, self.frame, clip.stop_ms)
        reel.stop_ms = clip.stop_ms
        stop = reel.began_frame + round(Fraction(clip.stop_ms - reel.began_ms, 1000) * self._fps)
        at = Fraction(reel.began_ms, 1000) + (self.frame - reel.began_frame) / self._fps
        frames = max(1, stop - self.frame)
        made = self._placed(Segment(scene=scene, start=self.frame, frames=frames, clip=clip, source_at=str(at)))
        self._reel = reel
        return made

    def rounded(self, segment: Segment, *, since: int, to: int) -> Segment:
        """The last segment, so much longer that a multiple of ``to`` frames has passed since a frame."""
        more = (since - self.frame) % to
        self.frame += more
        return segment.model_copy(update={"frames": segment.frames + more})

    def _placed(self, segment: Segment) -> Segment:
        self.frame += segment.frames
        self._reel = None
        return segment


def time_line(composition: Composition, takes: Sequence[PlannedTake], durations_ms: Mapping[str, int]) -> Timeline:
    """``durations_ms`` holds each take's length by its fingerprint."""
    clock, spans, segments = _Clock(composition.picture.rate), list[SceneSpan](), list[Segment]()
    packets = _packets(composition)
    for number, scene in enumerate(composition.scenes):
        own = [take for take in takes if take.scene == number]
        start, last = clock.frame, number == len(composition.scenes) - 1
        if own:
            segments += _spoken(clock, scene, own, durations_ms, last=last)
            segments[-1] = clock.rounded(segments[-1], since=start, to=1 if last else packets)
        else:
            segments.append(_heard(clock, number, scene))
        spans.append(SceneSpan(number=number, title=scene.title, start=start, frames=clock.frame - start))
    return Timeline(scenes=tuple(spans), segments=tuple(segments))


def _packets(composition: Composition) -> int:
    """The pause after what is said in a scene takes up so many frames that sound and picture of the next one begin
    together: how long the script is does not change what comes after it.
    """
    frames = frames_of_whole_packets(composition.picture.rate)
    return frames if frames <= _MOST_ROUNDED_FRAMES else 1


def _spoken(
    clock: _Clock, scene: Scene, takes: Sequence[PlannedTake], durations_ms: Mapping[str, int], *, last: bool
) -> Iterator[Segment]:
    for index, take in enumerate(takes):
        first, final = index == 0, index == len(takes) - 1
        lead = (LEAD_MS if take.delivery is Delivery.PERFORMANCE else 0) + (scene.lead_in_ms if first else 0)
        pause = take.pause_ms if take.delivery is Delivery.PERFORMANCE else 0
        if final:
            pause = (_after_scene(take, last=last)) + scene.lead_out_ms
        length = lead + durations_ms[take.fingerprint] + pause
        yield clock.segment(take.scene, length, take=take, lead_ms=lead)


def _after_scene(take: PlannedTake, *, last: bool) -> int:
    if take.delivery is not Delivery.PERFORMANCE:
        return 0
    return FINAL_PAUSE_MS if last else SCENE_PAUSE_MS


def _heard(clock: _Clock, number: int, scene: Scene) -> Segment:
    clip = scene.recording or scene.sound
    if clip is None:
        return clock.segment(number, scene.duration_ms or 0)
    listening = listening_of(scene)
    words = listening.fingerprint if listening is not None else None
    return clock.run_of(number, clip).model_copy(update={"words": words, "said": scene.words})
