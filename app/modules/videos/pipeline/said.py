"""Who said what when: the words of a scene, wherever they are known from. Runs in child processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from zipfile import is_zipfile

from app.avatars.base import Delivery
from app.avatars.performance import read_track
from app.media.captions import CaptionWord, Cue
from app.media.time import millisecond_at
from app.media.tracks import read_cues
from app.modules.videos.pipeline.listening import read_heard
from app.modules.videos.pipeline.timeline import SceneSpan, Segment, Timeline
from app.speech.base import Word

Files = Mapping[str, Path]


class Timing(StrEnum):
    """How the times of words are known, from the surest to the least sure."""

    SPOKEN = "spoken"  # by the voice that said them
    KNOWN = "known"  # from the transcript of what it was cut from
    ALIGNED = "aligned"  # heard in the recording
    CAPTIONS = "captions"  # by the recording's captions, spread over each
    ESTIMATED = "estimated"  # spread over the time in which somebody is heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Words in order, in milliseconds from the scene's start."""

    words: tuple[CaptionWord, ...]
    timing: Timing


def said_in(timeline: Timeline, span: SceneSpan, files: Files, fps: Fraction) -> Said | None:
    """``files`` are takes and words by fingerprint, and captions by digest. None when nobody knows what is said."""
    words, timing = list[CaptionWord](), Timing.SPOKEN
    for segment in timeline.of(span):
        start, stop = (millisecond_at(at - span.start, fps) for at in (segment.start, segment.start + segment.frames))
        known = _known(segment, files)
        if known is None:
            continue
        timing, found = known
        words += [
            CaptionWord(
                start_ms=max(start, start + word.start_ms), end_ms=min(stop, start + word.end_ms), text=word.text
            )
            for word in found
            if 0 <= word.start_ms + word.end_ms < 2 * (stop - start)
        ]
    return Said(words=tuple(words), timing=timing) if words else None


def words_of(path: Path) -> tuple[Word, ...]:
    """Those of a take, or of a run of a recording, from its beginning."""
    return read_track(path).words if is_zipfile(path) else read_heard(path)[1]


def _known(segment: Segment, files: Files) -> tuple[Timing, list[Word]] | None:
    """Times are from the beginning of the segment."""
    if segment.take is not None:
        if segment.take.delivery is not Delivery.PERFORMANCE:
            return None
        return Timing.SPOKEN, _later(read_track(files[segment.take.fingerprint]).words, segment.lead_ms)
    if segment.clip is None:
        return None
    began_ms = round(Fraction(segment.source_at) * 1000)
    if segment.said:
        return Timing.KNOWN, [
            Word(start_ms=word.start_ms - began_ms, end_ms=word.end_ms - began_ms, text=word.text)
            for word in segment.said
        ]
    if segment.words is not None:
        timing, words = read_heard(files[segment.words])
        return Timing(timing), _later(words, segment.clip.start_ms - began_ms)
    if segment.clip.captions is not None:
        return Timing.CAPTIONS, _later(spread(read_cues(files[segment.clip.captions.sha256])), -began_ms)
    return None


def _later(words: tuple[Word, ...] | Iterator[Word], by_ms: int) -> list[Word]:
    return [Word(start_ms=word.start_ms + by_ms, end_ms=word.end_ms + by_ms, text=word.text) for word in words]


def spread(captions: Iterable[Cue]) -> Iterator[Word]:
    """The words of captions; each takes its share of the time in which they are shown."""
    for cue in captions:
        words = " ".join(cue.lines).split()
        letters, done = max(1, sum(map(len, words))), 0
        for text in words:
            start, done = done, done + len(text)
            begin, end = (cue.start_ms + (cue.end_ms - cue.start_ms) * place // letters for place in (start, done))
            yield Word(start_ms=begin, end_ms=end, text=text)
