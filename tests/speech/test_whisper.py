"""Writing down what is said: what is missing is told, and long sound comes in parts. No model ships with the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.speech import whisper
from app.speech.whisper import WHISPER_RATE, WhisperMissing, check_whisper, parts_of


def installed() -> bool:
    return whisper.find_spec("faster_whisper") is not None


def test_without_the_program_it_is_told_how_to_install_it(tmp_path: Path) -> None:
    if installed():
        pytest.skip("faster-whisper is installed here")
    with pytest.raises(WhisperMissing, match=r"pip install 'tenex-videos\[whisper\]'"):
        check_whisper(tmp_path)


@pytest.mark.parametrize(
    ("files", "words"),
    [(None, "There is no folder"), ((), "has no model.bin and no config.json"), (("model.bin",), "has no config.json")],
)
def test_what_is_missing_of_a_model_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: tuple[str, ...] | None, words: str
) -> None:
    monkeypatch.setattr(whisper, "find_spec", lambda _name: object())
    folder = tmp_path / "model"
    if files is not None:
        folder.mkdir()
        for name in files:
            (folder / name).write_bytes(b"x")
    with pytest.raises(WhisperMissing, match=words):
        check_whisper(folder)


def test_long_sound_is_cut_where_it_is_softest() -> None:
    sound = np.full(1300 * WHISPER_RATE, 1000, np.int16)
    sound[590 * WHISPER_RATE : 590 * WHISPER_RATE + WHISPER_RATE // 5] = 0
    parts = list(parts_of(iter(np.array_split(sound, 97))))
    assert sum(map(len, parts)) == len(sound)
    assert all(len(part) <= 600 * WHISPER_RATE for part in parts)
    assert abs(len(parts[0]) / WHISPER_RATE - 590.1) < 0.2
