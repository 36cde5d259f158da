"""The text subtitles of a recording as WebVTT and SubRip. Called in limited child processes only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pysubs2

from app.media.captions import Cue, to_srt, to_vtt
from app.media.demux import demuxer_of
from app.media.examined import SubtitleTrack
from app.media.ffmpeg import run_ffmpeg

MOST_TRACKS = 20
_MOST_BYTES = 5_000_000
_DEADLINE_S = 1800


def text_tracks(tracks: Sequence[SubtitleTrack]) -> tuple[SubtitleTrack, ...]:
    """Those that can be extracted, no more than ``MOST_TRACKS``."""
    return tuple(track for track in tracks if track.kind == "text")[:MOST_TRACKS]


def extract(source: Path, tracks: Sequence[SubtitleTrack], folder: Path) -> list[list[Cue]]:
    """Write ``subtitles-0.vtt``, ``subtitles-0.srt``, ... for the tracks in their order, and return what they say.

    Styles and places are left out: what remains is text. The file is read once, however many tracks there are.
    """
    if not tracks:
        return []
    raw = [folder / f"track-{number}.ass" for number in range(len(tracks))]
    written = [
        part
        for track, path in zip(tracks, raw, strict=True)
        for part in ("-map", f"0:{track.index}", "-c:s", "ass", "-fs", str(_MOST_BYTES), "-f", "ass", str(path))
    ]
    run_ffmpeg(("-f", demuxer_of(source), "-i", str(source), *written), timeout_s=_DEADLINE_S)
    found: list[list[Cue]] = []
    for number, path in enumerate(raw):
        cues = list(read_cues(path))
        (folder / f"subtitles-{number}.vtt").write_text(to_vtt(cues), encoding="utf-8", newline="\n")
        (folder / f"subtitles-{number}.srt").write_text(to_srt(cues), encoding="utf-8", newline="\n")
        path.unlink()
        found.append(cues)
    return found


def spoken(cues: Sequence[Cue]) -> str:
    """All that is said, to be searched."""
    return "\n".join(" ".join(cue.lines) for cue in cues)


def read_cues(path: Path) -> Iterator[Cue]:
    """Subtitles of any kind that pysubs2 reads, as plain text in order of time."""
    return _cues(pysubs2.load(str(path), encoding="utf-8", errors="replace"))


def cues_in(text: str) -> Iterator[Cue]:
    """The same of the text of such a file; none when it is no subtitles."""
    with suppress(pysubs2.exceptions.Pysubs2Error, ValueError, LookupError, ArithmeticError):
        yield from _cues(pysubs2.SSAFile.from_string(text))


def _cues(subtitles: pysubs2.SSAFile) -> Iterator[Cue]:
    for event in sorted(subtitles):
        lines = tuple(line.strip() for line in event.plaintext.splitlines() if line.strip())
        if lines and event.is_text and event.end > event.start >= 0:
            yield Cue(start_ms=event.start, end_ms=event.end, lines=lines)
