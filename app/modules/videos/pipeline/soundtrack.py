"""Who is heard when. Pure values; ``mixing.py`` mixes them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from app.modules.videos.pipeline.timeline import Segment, Timeline
from app.modules.videos.scenery import Asset, Value


class Voice(Value):
    """A take or a run of an asset, from frame ``start`` on. ``at``: seconds into the asset, as a fraction."""

    take: str | None = None
    asset: Asset | None = None
    at: str = "0"
    start: int
    frames: int
    lead_ms: int = 0


class Soundtrack(Value):
    """Voices come in order, and never two at once."""

    fps: str
    frames: int
    voices: tuple[Voice, ...]


def soundtrack_of(fps: Fraction, timeline: Timeline) -> Soundtrack:
    return Soundtrack(fps=str(fps), frames=timeline.frames, voices=tuple(_voices(timeline, fps)))


def _voices(timeline: Timeline, fps: Fraction) -> Iterator[Voice]:
    """A recording that goes on is one voice: it must not be heard where scenes cut it."""
    going_on: Voice | None = None
    for each in timeline.segments:
        if going_on is not None and _goes_on(going_on, each, fps):
            going_on = going_on.model_copy(update={"frames": going_on.frames + each.frames})
            continue
        if going_on is not None:
            yield going_on
        going_on = None
        if each.take is not None:
            yield Voice(take=each.take.fingerprint, start=each.start, frames=each.frames, lead_ms=each.lead_ms)
        elif each.clip is not None and each.clip.asset.has_sound:
            going_on = Voice(asset=each.clip.asset, at=each.source_at, start=each.start, frames=each.frames)
    if going_on is not None:
        yield going_on


def _goes_on(voice: Voice, segment: Segment, fps: Fraction) -> bool:
    if segment.clip is None or voice.asset is None or segment.clip.asset.sha256 != voice.asset.sha256:
        return False
    return Fraction(segment.source_at) == Fraction(voice.at) + voice.frames / fps
