"""What is said in a recording, written down by a Whisper model in a folder of yours (faster-whisper, CTranslate2).

Optional: ``pip install 'tenex-videos[whisper]'``. Nothing is ever fetched: a folder that is missing would be taken for
the name of a model and looked for in the network, so all of its files are checked first. Runs in child processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import TenexError
from app.speech.base import Word

WHISPER_RATE = 16_000
#: A part is no longer, and ends where it is softest in its last seconds: a word is hardly ever cut.
_PART_S, _SEARCHED_S = 600, 20
_FILES = ("model.bin", "config.json", "tokenizer.json")
_GET_MODELS = (
    "CTranslate2 models are at https://huggingface.co/Systran, for example faster-whisper-small: download all files of "
    "one into a folder, and name that in TENEX_WHISPER_MODEL."
)
Samples = NDArray[np.int16]


class WhisperMissing(TenexError):
    """The program or the model is not there."""

    status = 503
    code = "whisper_missing"


def check_whisper(folder: Path) -> None:
    """Raises WhisperMissing with what to do."""
    if find_spec("faster_whisper") is None:
        raise WhisperMissing(
            "TENEX_WHISPER_MODEL is set, but faster-whisper is not installed: pip install 'tenex-videos[whisper]'."
        )
    if not folder.is_dir():
        raise WhisperMissing(f"There is no folder {folder} with a Whisper model. {_GET_MODELS}")
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise WhisperMissing(f"The folder {folder} has no {' and no '.join(missing)}. {_GET_MODELS}")


class Transcriber:
    """Loads the model once. Raises WhisperMissing, also for one that cannot be loaded."""

    def __init__(self, folder: Path) -> None:
        check_whisper(folder)
        from faster_whisper import WhisperModel  # pyright: ignore[reportMissingImports, reportUnknownVariableType]

        try:
            self._model: Any = WhisperModel(
                str(folder), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise WhisperMissing(f"The model in {folder} cannot be loaded: {error}. {_GET_MODELS}") from error

    def words(self, blocks: Iterator[Samples], language: str | None = None) -> Iterator[Word]:
        """Those of sound at 16 kHz, with their times. ``language``: two letters; else it is told from the sound."""
        began = 0
        for part in parts_of(blocks):
            segments, info = self._model.transcribe(
                part.astype(np.float32) / 32768, language=language, word_timestamps=True, vad_filter=False
            )
            language = language or str(info.language)
            for segment in segments:
                for word in segment.words or ():
                    text = str(word.word).strip()
                    if text:
                        start, end = (round(began * 1000 / WHISPER_RATE + at * 1000) for at in (word.start, word.end))
                        yield Word(start_ms=start, end_ms=max(start, end), text=text)
            began += len(part)


def parts_of(blocks: Iterator[Samples]) -> Iterator[Samples]:
    """All of the sound in parts that fit into memory."""
    waiting, count = list[Samples](), 0
    for block in blocks:
        waiting.append(block)
        count += len(block)
        while count > _PART_S * WHISPER_RATE:
            joined = np.concatenate(waiting)
            cut = _softest(joined[: _PART_S * WHISPER_RATE])
            yield joined[:cut]
            waiting, count = [joined[cut:]], len(joined) - cut
    if count:
        yield np.concatenate(waiting)


def _softest(samples: Samples) -> int:
    step = WHISPER_RATE // 10
    begin = len(samples) - _SEARCHED_S * WHISPER_RATE
    energy = np.abs(samples[begin:].astype(np.int32)).reshape(-1, step).sum(axis=1)
    return begin + int(np.argmin(energy)) * step + step // 2
