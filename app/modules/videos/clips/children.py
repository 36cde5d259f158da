"""What runs in child processes: writing down what is said, and finding moments. Plain JSON in and out."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from app.media.hearing import heard_from, in_larger, resampled
from app.media.liveliness import liveliness
from app.media.time import SAMPLE_RATE
from app.media.watching import changes_of
from app.modules.videos.clips.moments import Heard, Wish, moments_in
from app.modules.videos.scenery import Asset, SaidWord
from app.speech.whisper import WHISPER_RATE, Transcriber

#: Of the time that it takes to find moments, with sound.
_LISTENED = 0.8
Json = dict[str, Any]


def write_down(task: Json, progress: Any) -> Json:
    """``{"path", "model", "duration_ms"}`` → ``{"words"}``."""
    transcriber = Transcriber(Path(task["model"]))
    length = task["duration_ms"]
    blocks = heard_from(Path(task["path"]), Fraction(0), length * SAMPLE_RATE // 1000)
    heard = (resampled(block, SAMPLE_RATE, WHISPER_RATE) for block in in_larger(blocks, 10 * SAMPLE_RATE))
    words, before = list[Json](), 0
    for word in transcriber.words(heard):
        before = min(max(before, word.start_ms), length)  # what a model hears may be out of order, and after the end
        words.append({"start_ms": before, "end_ms": min(max(before, word.end_ms), length), "text": word.text[:200]})
        progress(before / max(1, length))
    return {"words": words}


def find_moments(task: Json, progress: Any) -> Json:
    """``{"path", "asset", "words", "wish"}`` → ``{"candidates"}``."""
    path, asset = Path(task["path"]), Asset.model_validate(task["asset"])
    length = Fraction(asset.duration_ms, 1000) if asset.has_sound else Fraction(0)
    sound = liveliness(path, length, lambda share: progress(_LISTENED * share))
    heard = Heard(
        words=[SaidWord.model_validate(word) for word in task["words"]],
        sound=sound,
        duration_ms=asset.duration_ms,
        cuts=changes_of(path),
    )
    found = moments_in(heard, Wish.model_validate(task["wish"]))
    return {"candidates": [candidate.model_dump(mode="json") for candidate in found]}
