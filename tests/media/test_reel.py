"""The runs of one speaker: where they were, and as loud as those of another."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from app.media.hearing import heard_from, resampled
from app.media.loudness import SPEECH_LUFS, Measured, dress, equalising_db
from app.media.reel import Reel
from app.media.time import SAMPLE_RATE
from app.media.wave import write_blocks
from tests.media.clicks import clicks, onsets


def noise(seconds: float, level: float, rate: int = SAMPLE_RATE) -> np.ndarray:
    return (level * np.random.default_rng(4).standard_normal(round(seconds * rate))).astype(np.int16)


def loudness(samples: np.ndarray, folder: Path) -> float:
    path = folder / "said.wav"
    write_blocks(path, iter([samples]), SAMPLE_RATE)
    return dress(path, folder / "said.f32", "plain").integrated_lufs


@pytest.mark.parametrize("level", [120, 400, 4000])
def test_all_speakers_come_out_equally_loud(level: int, tmp_path: Path) -> None:
    reel = Reel(tmp_path / "reel", SAMPLE_RATE)
    for seconds in (2, 3):
        reel.record([noise(seconds, level)])
    reel.develop("natural")
    said = np.concatenate([np.concatenate(list(reel.next_run())) for _ in range(2)])
    assert len(said) == 5 * SAMPLE_RATE
    assert loudness(said, tmp_path) == pytest.approx(SPEECH_LUFS, abs=1)


def test_silence_stays_silence(tmp_path: Path) -> None:
    reel = Reel(tmp_path / "reel", SAMPLE_RATE)
    reel.record([np.zeros(SAMPLE_RATE, np.int16)])
    reel.develop("natural")
    assert np.abs(np.concatenate(list(reel.next_run()))).max() <= 1


def test_the_noise_of_an_empty_room_is_not_raised_without_end() -> None:
    assert equalising_db(Measured(integrated_lufs=-60, true_peak_dbtp=-50), SPEECH_LUFS) == 24


@pytest.mark.parametrize("rate", [22_050, SAMPLE_RATE])
def test_runs_keep_their_times_through_the_chain(rate: int, tmp_path: Path) -> None:
    path = clicks(tmp_path / "a.wav", seconds=8)
    reel = Reel(tmp_path / "reel", rate)
    for second in (0.5, 3.5):
        samples = np.concatenate(list(heard_from(path, Fraction(second), 2 * SAMPLE_RATE)))
        reel.record([resampled(samples, SAMPLE_RATE, rate)] if rate != SAMPLE_RATE else [samples])
    reel.develop("natural")
    for _ in range(2):
        run = np.concatenate(list(reel.next_run())).astype(float)
        loud = (run / np.abs(run).max() * 20_000).astype(np.int16)
        assert onsets(loud) == pytest.approx([0.5, 1.5], abs=0.005)


def test_nothing_is_left_but_what_is_read(tmp_path: Path) -> None:
    reel = Reel(tmp_path / "reel", SAMPLE_RATE)
    reel.record([noise(1, 400)])
    reel.develop("plain")
    assert [path.name for path in tmp_path.iterdir()] == ["reel.f32"]
