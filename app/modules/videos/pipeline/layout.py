"""Plan + finished takes → the timeline in exact frames, and the chunks that draw it. Pure.

A segment is one take on the timeline: a short lead, the speech, and the pause after it. Every segment is laid out the
same wherever it stands, and a chunk never spans two, so that editing one passage leaves the chunks of all others valid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from app.avatars.base import Delivery
from app.avatars.studio.version import PRESENTER_VERSION
from app.media.encode import ENCODER_VERSION
from app.media.loudness import MASTER_VERSION
from app.media.time import FrameRange, frames_for
from app.modules.videos.composition import Composition, Value
from app.modules.videos.pipeline.fingerprint import fingerprint, seed_of
from app.modules.videos.pipeline.plan import PlannedTake

LEAD_MS = 120
#: The silence after the very last passage.
FINAL_PAUSE_MS = 700
#: Longer segments are cut: this bounds what a crash can cost, and how long a frame can be away from a key frame.
LONGEST_CHUNK_S = 10


class Segment(Value):
    """One take on the timeline: frames ``start <= n < start + frames``."""

    take: PlannedTake
    start: int
    frames: int
    lead_ms: int


class Timeline(Value):
    segments: tuple[Segment, ...]

    @property
    def frames(self) -> int:
        return sum(segment.frames for segment in self.segments)


class Chunk(Value):
    """A run of frames that is encoded on its own. ``first`` and ``stop`` count from the start of its segment."""

    fingerprint: str
    take: PlannedTake
    lead_ms: int
    frames: int
    first: int
    stop: int
    width: int
    height: int
    fps: str
    seed: int


class Layout(Value):
    timeline: Timeline
    chunks: tuple[Chunk, ...]
    mix: str


def lay_out(composition: Composition, takes: Sequence[PlannedTake], durations_ms: Mapping[str, int]) -> Layout:
    """``durations_ms`` holds each take's length by its fingerprint."""
    fps = composition.picture.rate
    timeline = Timeline(segments=tuple(_segments(takes, durations_ms, fps)))
    chunks = tuple(chunk for segment in timeline.segments for chunk in _chunks(segment, composition))
    return Layout(timeline=timeline, chunks=chunks, mix=_mix_name(timeline, fps))


def _segments(takes: Sequence[PlannedTake], durations_ms: Mapping[str, int], fps: Fraction) -> Iterator[Segment]:
    start = 0
    for index, take in enumerate(takes):
        drawn = take.delivery is Delivery.PERFORMANCE
        lead = LEAD_MS if drawn else 0
        pause = _pause(take, last=index == len(takes) - 1) if drawn else 0
        frames = max(1, frames_for(lead + durations_ms[take.fingerprint] + pause, fps))
        yield Segment(take=take, start=start, frames=frames, lead_ms=lead)
        start += frames


def _pause(take: PlannedTake, *, last: bool) -> int:
    return FINAL_PAUSE_MS if last else take.pause_ms


def _chunks(segment: Segment, composition: Composition) -> Iterator[Chunk]:
    picture = composition.picture
    width, height = picture.size
    for part in _parts(segment.frames, picture.rate):
        draft = Chunk(
            fingerprint="",
            take=segment.take,
            lead_ms=segment.lead_ms,
            frames=segment.frames,
            first=part.start,
            stop=part.stop,
            width=width,
            height=height,
            fps=str(picture.rate),
            seed=seed_of(segment.take.fingerprint),
        )
        yield draft.model_copy(update={"fingerprint": _chunk_name(draft)})


def _parts(frames: int, fps: Fraction) -> Iterator[FrameRange]:
    """Equal parts, none longer than ``LONGEST_CHUNK_S``."""
    count = -(-frames // int(LONGEST_CHUNK_S * fps))
    for index in range(count):
        yield FrameRange(frames * index // count, frames * (index + 1) // count)


def _chunk_name(chunk: Chunk) -> str:
    """All of the chunk but the words, for which the take's own name stands, and the pause, which is in ``frames``."""
    inputs = chunk.model_dump(mode="json", exclude={"fingerprint": True, "take": {"script", "pause_ms"}})
    return fingerprint("chunk", encoder=ENCODER_VERSION, presenter=PRESENTER_VERSION, **inputs)


def _mix_name(timeline: Timeline, fps: Fraction) -> str:
    """The sound depends on which takes sound when, not on who is seen."""
    placed = [
        (segment.take.fingerprint, segment.start, segment.frames, segment.lead_ms) for segment in timeline.segments
    ]
    return fingerprint("mix", master=MASTER_VERSION, fps=str(fps), segments=placed)
