"""Recordings of which a script says what is said: when each of its words is heard.

``listenings`` says what there is to hear (pure); ``listen_to`` hears it, in a child process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from app.media.hearing import heard_from, resampled
from app.media.time import SAMPLE_RATE
from app.modules.videos.composition import Composition, Scene
from app.modules.videos.pipeline.fingerprint import fingerprint
from app.modules.videos.scenery import Clip, Value
from app.speech.base import Word
from app.speech.espeak import espeak_version
from app.speech.listening import LISTENING_RATE, LISTENING_VERSION, Timing, can_align, listen


class Listening(Value):
    """A run of a recording, and what is said in it."""

    fingerprint: str
    clip: Clip
    script: str
    language: str


def listenings(composition: Composition) -> Iterator[Listening]:
    for scene in composition.scenes:
        found = listening_of(scene)
        if found is not None:
            yield found


def listening_of(scene: Scene) -> Listening | None:
    """None when there is nothing to be heard, or nobody knows what it is."""
    clip = scene.recording or scene.sound
    if clip is None or not scene.script or scene.words or not clip.asset.has_sound:
        return None
    name = fingerprint(
        "words",
        version=LISTENING_VERSION,
        engines=[espeak_version(), can_align()],
        sound=[clip.asset.sha256, clip.start_ms, clip.stop_ms],
        script=scene.script,
        language=scene.language,
    )
    return Listening(fingerprint=name, clip=clip, script=scene.script, language=scene.language)


def listen_to(task: dict[str, Any], _progress: object) -> dict[str, Any]:
    """``{"listening", "files", "out"}`` → the words and their times in ``out``, and ``{"timing"}``."""
    wanted = Listening.model_validate(task["listening"])
    clip, path = wanted.clip, Path(task["files"][wanted.clip.asset.sha256])
    count = round(Fraction(clip.duration_ms, 1000) * SAMPLE_RATE)
    blocks = list(heard_from(path, Fraction(clip.start_ms, 1000), count))
    samples = resampled(np.concatenate(blocks), SAMPLE_RATE, LISTENING_RATE)
    heard = listen(samples, wanted.script, wanted.language)
    words = [[word.start_ms, word.end_ms, word.text] for word in heard.words]
    Path(task["out"]).write_text(json.dumps({"timing": heard.timing, "words": words}), encoding="utf-8")
    return {"timing": heard.timing}


def read_heard(path: Path) -> tuple[Timing, tuple[Word, ...]]:
    """What ``listen_to`` wrote. Times are from the beginning of the run."""
    stored = json.loads(path.read_text("utf-8"))
    words = (Word(start_ms=start, end_ms=end, text=text) for start, end, text in stored["words"])
    return Timing(stored["timing"]), tuple(words)
