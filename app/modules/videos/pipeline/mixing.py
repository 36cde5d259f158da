"""Mixes what is heard. Runs in child processes; as much memory for two hours as for two minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import numpy as np
from numpy.typing import NDArray

from app.avatars.performance import read_performance, read_rate
from app.media.hearing import heard_from, resampled
from app.media.loudness import master
from app.media.package import encode_sound
from app.media.time import SAMPLE_RATE, sample_at
from app.media.wave import silence, write_blocks
from app.modules.videos.pipeline.soundtrack import Soundtrack, Voice

Progress = Callable[[float], None]
Task = dict[str, Any]


def mix(task: Task, progress: Progress) -> dict[str, Any]:
    """``{"soundtrack", "files", "out"}`` → one mastered track in ``out`` (M4A)."""
    soundtrack = Soundtrack.model_validate(task["soundtrack"])
    out = Path(task["out"])
    raw, mastered = out.with_suffix(".raw.wav"), out.with_suffix(".wav")
    files = {name: Path(path) for name, path in task["files"].items()}
    drawn = {
        voice.take: files[voice.take] for voice in soundtrack.voices if voice.take and is_zipfile(files[voice.take])
    }
    rate = _rate(soundtrack, drawn)
    write_blocks(raw, _laid(soundtrack, files, rate), rate)
    progress(0.2)
    # What was recorded has its own room; the synthesiser is given one.
    loudness = master(raw, mastered, chain="studio" if len(drawn) == len(_names(soundtrack)) else "natural")
    progress(0.7)
    encode_sound(mastered, out)
    return {"lufs": loudness.integrated_lufs, "true_peak_dbtp": loudness.true_peak_dbtp, "level": loudness.level}


def _names(soundtrack: Soundtrack) -> set[str]:
    return {voice.asset.sha256 if voice.asset is not None else voice.take or "" for voice in soundtrack.voices}


def _rate(soundtrack: Soundtrack, drawn: Mapping[str, Path]) -> int:
    """Voices of one rate keep it, so that they are resampled once, by the master."""
    rates = {read_rate(path) for path in drawn.values()}
    return rates.pop() if len(rates) == 1 and len(drawn) == len(_names(soundtrack)) else SAMPLE_RATE


def _laid(soundtrack: Soundtrack, files: Mapping[str, Path], rate: int) -> Iterator[NDArray[np.int16]]:
    """All voices at their places, and silence between them, block by block."""
    fps, written = Fraction(soundtrack.fps), 0
    for voice in soundtrack.voices:
        start = sample_at(voice.start, fps, rate) + rate * voice.lead_ms // 1000
        room = sample_at(voice.start + voice.frames, fps, rate) - start
        yield from silence(start - written)
        written = max(written, start)
        for block in _heard(voice, files, rate, room):
            part = block[: start + room - written]
            yield part
            written += len(part)
    yield from silence(sample_at(soundtrack.frames, fps, rate) - written)


def _heard(voice: Voice, files: Mapping[str, Path], rate: int, room: int) -> Iterator[NDArray[np.int16]]:
    path = files[voice.asset.sha256 if voice.asset is not None else voice.take or ""]
    if voice.asset is not None or not is_zipfile(path):
        yield from heard_from(path, Fraction(voice.at), room)
        return
    speech = read_performance(path)
    yield speech.samples if speech.sample_rate == rate else resampled(speech.samples, speech.sample_rate, rate)
