"""The file of a performance: speech and its times in one archive, the same bytes for the same content."""

from __future__ import annotations

import io
import json
import wave
import zipfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from app.speech.base import Clause, Phone, Speech, Track, Word

_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_performance(path: Path, speech: Speech) -> None:
    sound = io.BytesIO()
    with wave.open(sound, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(speech.sample_rate)
        out.writeframes(speech.samples.astype("<i2").tobytes())
    track = json.dumps(asdict(speech.track), ensure_ascii=False, separators=(",", ":"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(zipfile.ZipInfo("track.json", _EPOCH), track)
        archive.writestr(zipfile.ZipInfo("speech.wav", _EPOCH), sound.getvalue())


def read_track(path: Path) -> Track:
    with zipfile.ZipFile(path) as archive:
        return _track(json.loads(archive.read("track.json")))


def read_performance(path: Path) -> Speech:
    with zipfile.ZipFile(path) as archive:
        track = _track(json.loads(archive.read("track.json")))
        with wave.open(io.BytesIO(archive.read("speech.wav"))) as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
            return Speech(track=track, sample_rate=sound.getframerate(), samples=samples)


def read_rate(path: Path) -> int:
    """Samples a second, without reading them."""
    with zipfile.ZipFile(path) as archive, archive.open("speech.wav") as file, wave.open(file) as sound:
        return sound.getframerate()


def delayed(track: Track, by_ms: int, duration_ms: int) -> Track:
    """The track as it is heard ``by_ms`` later, in a passage that lasts ``duration_ms``."""
    return Track(
        duration_ms=duration_ms,
        phones=tuple(replace(p, start_ms=p.start_ms + by_ms, end_ms=p.end_ms + by_ms) for p in track.phones),
        words=tuple(replace(w, start_ms=w.start_ms + by_ms, end_ms=w.end_ms + by_ms) for w in track.words),
        clauses=tuple(replace(c, end_ms=c.end_ms + by_ms) for c in track.clauses),
    )


def _track(document: dict[str, Any]) -> Track:
    return Track(
        duration_ms=document["duration_ms"],
        phones=tuple(Phone(**phone) for phone in document["phones"]),
        words=tuple(Word(**word) for word in document["words"]),
        clauses=tuple(Clause(**clause) for clause in document["clauses"]),
    )
