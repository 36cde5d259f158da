"""Who is heard when. Pure values; ``mixing.py`` mixes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from app.modules.videos.pipeline.plan import PlannedTake
from app.modules.videos.pipeline.timeline import Segment, Timeline
from app.modules.videos.scenery import Asset, Music, Value


class Voice(Value):
    """A take or a run of an asset, from frame ``start`` on. ``at``: seconds into the asset, as a fraction.

    Runs of one ``speaker`` sound alike.
    """

    speaker: str
    take: str | None = None
    asset: Asset | None = None
    at: str = "0"
    start: int
    frames: int
    lead_ms: int = 0


class Piece(Value):
    """The sound of B-roll, for as long as it is seen. Times are seconds on its own clock, as fractions."""

    asset: Asset
    at: str
    stop: str
    loop: bool
    start: int
    frames: int
    ducked: bool


class Soundtrack(Value):
    """Voices come in order, and never two at once."""

    fps: str
    frames: int
    voices: tuple[Voice, ...]
    pieces: tuple[Piece, ...] = ()
    music: Music | None = None


def soundtrack_of(
    fps: Fraction, timeline: Timeline, pieces: Sequence[Piece] = (), music: Music | None = None
) -> Soundtrack:
    return Soundtrack(
        fps=str(fps),
        frames=timeline.frames,
        voices=tuple(_voices(timeline, fps)),
        pieces=tuple(pieces),
        music=music,
    )


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
            yield _spoken(each, each.take)
        elif each.clip is not None and each.clip.asset.has_sound:
            asset = each.clip.asset
            going_on = Voice(speaker=asset.sha256, asset=asset, at=each.source_at, start=each.start, frames=each.frames)
    if going_on is not None:
        yield going_on


def _spoken(segment: Segment, take: PlannedTake) -> Voice:
    return Voice(
        speaker=f"{take.provider}/{take.voice}",
        take=take.fingerprint,
        start=segment.start,
        frames=segment.frames,
        lead_ms=segment.lead_ms,
    )


def _goes_on(voice: Voice, segment: Segment, fps: Fraction) -> bool:
    if segment.clip is None or voice.asset is None or segment.clip.asset.sha256 != voice.asset.sha256:
        return False
    return Fraction(segment.source_at) == Fraction(voice.at) + voice.frames / fps
