"""Who is heard when. Pure values; ``mixing.py`` mixes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

from app.avatars.base import Delivery
from app.media.time import SOUND_PACKET, sample_at
from app.modules.videos.pipeline.plan import PlannedTake
from app.modules.videos.pipeline.timeline import Segment, Timeline
from app.modules.videos.scenery import Asset, Music, Value

#: Shorter ones cost more than they can save.
_SHORTEST_PART_S = 20


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
    """A part of all that is heard, ``samples`` long; its frames begin ``lead`` samples into it.

    Voices come in order, and never two at once.
    """

    fps: str
    samples: int
    lead: int = 0
    voices: tuple[Voice, ...]
    pieces: tuple[Piece, ...] = ()
    music: Music | None = None
    lufs: int | None = None  # where it is not as loud as videos usually are


def soundtracks_of(
    fps: Fraction,
    timeline: Timeline,
    pieces: Sequence[Piece] = (),
    music: Music | None = None,
    lufs: int | None = None,
) -> Iterator[Soundtrack]:
    """All that is heard, in parts that meet where nothing is: an edit leaves the others as they were."""
    voices = list(_voices(timeline, fps))
    inner = list(_cuts(timeline, pieces, fps)) if music is None else []
    cuts = [0, *inner, timeline.frames]
    for start, stop in pairwise(cuts):
        begins = _begins(start, fps)
        yield Soundtrack(
            fps=str(fps),
            samples=(_begins(stop, fps) if stop < timeline.frames else sample_at(stop, fps)) - begins,
            lead=sample_at(start, fps) - begins,
            voices=tuple(_moved(voice, -start) for voice in voices if start <= voice.start < stop),
            pieces=tuple(_moved(piece, -start) for piece in pieces if start <= piece.start < stop),
            music=music,
            lufs=lufs,
        )


def _cuts(timeline: Timeline, pieces: Sequence[Piece], fps: Fraction) -> Iterator[int]:
    """Where scenes begin after a silence, and the part before is long enough to pay."""
    last = 0
    for before, scene in pairwise(timeline.scenes):
        quiet = _ends_quietly(timeline.of(before)[-1])
        across = any(piece.start < scene.start <= piece.start + piece.frames for piece in pieces)
        if quiet and not across and scene.start - last >= _SHORTEST_PART_S * fps:
            last = scene.start
            yield last


def _ends_quietly(segment: Segment) -> bool:
    """With the pause of somebody who has spoken, or with nobody to be heard."""
    if segment.take is not None:
        return segment.take.delivery is Delivery.PERFORMANCE
    return segment.clip is None or not segment.clip.asset.has_sound


def _begins(frame: int, fps: Fraction) -> int:
    """The sample with which the part of a frame begins: that of a packet, at least one before it sounds."""
    return max(0, (sample_at(frame, fps) // SOUND_PACKET - 1) * SOUND_PACKET)


_Heard = TypeVar("_Heard", Voice, Piece)


def _moved(each: _Heard, by: int) -> _Heard:
    return each.model_copy(update={"start": each.start + by})


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
