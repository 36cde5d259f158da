"""What is heard beside speech: how loud, when it makes room, and that nothing clicks."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.media.accompany import HOP, Layer, Tape, accompanied, extract, looped, room_for
from app.media.ffmpeg import run_ffmpeg
from app.media.time import SAMPLE_RATE
from tests.media.clicks import clicks, onsets

Mono = NDArray[np.int16]


def spoken(*loud: tuple[float, float], seconds: float) -> Mono:
    """A tone at the loudness of speech from and to these seconds, and silence."""
    tone = 3000 * np.sin(np.arange(round(seconds * SAMPLE_RATE)) * 0.05)
    samples = np.zeros(len(tone))
    for start, stop in loud:
        part = slice(round(start * SAMPLE_RATE), round(stop * SAMPLE_RATE))
        samples[part] = tone[part]
    return samples.astype(np.int16)


def in_blocks(samples: Mono, size: int = 31_337) -> list[Mono]:
    return [samples[at : at + size] for at in range(0, len(samples), size)]


def steady(seconds: float = 100) -> Tape:
    return Tape(iter([np.full((round(seconds * SAMPLE_RATE), 2), 1000, np.float32)]))


def played(speech: Mono, *layers: Layer) -> Mono:
    return np.concatenate(list(accompanied(iter(in_blocks(speech)), layers, room_for(iter(in_blocks(speech))))))


def decibels(value: float, against: float) -> float:
    return 20 * float(np.log10(value / against))


def test_music_is_down_before_the_first_word_and_up_again_after_the_last() -> None:
    speech = spoken((5, 8), (8.5, 11), seconds=20)
    layer = Layer(start=0, count=len(speech), sound=steady(), gain=1.0, lowered_db=12.0)
    beside = played(np.where(speech, speech, 0), layer)[:, 0] - np.rint(speech * np.sqrt(0.5))
    level = beside.reshape(-1, HOP).mean(axis=1)
    assert decibels(level[300], 1000) == pytest.approx(0, abs=0.1)
    for second in (5.0, 6.5, 8.2, 10.9):  # a pause of half a second is not long enough to come up in
        assert decibels(level[round(second * 100)], 1000) == pytest.approx(-12, abs=0.5), second
    assert decibels(level[1350], 1000) == pytest.approx(0, abs=0.1)
    steps = np.abs(np.diff(20 * np.log10(level[50:-50] / 1000)))
    assert steps.max() < 1, "a glide, not a step"


def test_without_speech_and_without_ducking_it_stays_where_it_is() -> None:
    speech = spoken((2, 3), seconds=6)
    layer = Layer(start=0, count=len(speech), sound=steady(), gain=0.5)
    beside = played(speech, layer)[:, 1] - np.rint(speech * np.sqrt(0.5))
    assert np.abs(beside[SAMPLE_RATE:-SAMPLE_RATE] - 500).max() <= 1


def test_it_begins_and_ends_softly_at_its_places() -> None:
    speech = spoken(seconds=4)
    layer = Layer(start=SAMPLE_RATE, count=2 * SAMPLE_RATE, sound=steady(), gain=1.0, fade_in=4800, fade_out=9600)
    left = played(speech, layer)[:, 0]
    assert not left[:SAMPLE_RATE].any()
    assert not left[3 * SAMPLE_RATE :].any()
    assert left[SAMPLE_RATE + 2400] == pytest.approx(500, abs=2)
    assert left[3 * SAMPLE_RATE - 4800] == pytest.approx(500, abs=2)
    assert left[2 * SAMPLE_RATE] == 1000


def test_a_piece_is_heard_at_its_place_to_the_sample(tmp_path: Path) -> None:
    path = clicks(tmp_path / "a.wav", seconds=6)
    sound = Tape(extract(path, Fraction(3, 2), Fraction(4), loop=False))
    layer = Layer(start=SAMPLE_RATE // 4, count=2 * SAMPLE_RATE, sound=sound, gain=1.0)
    left = played(spoken(seconds=3), layer)[:, 0]
    assert onsets(left) == pytest.approx([0.75, 1.75], abs=0.002)


def test_a_piece_in_a_loop_begins_again_where_its_picture_does(tmp_path: Path) -> None:
    path = clicks(tmp_path / "a.wav", seconds=4)
    sound = Tape(extract(path, Fraction(1, 2), Fraction(2), loop=True))
    left = sound.read(5 * SAMPLE_RATE)[:, 0]
    assert onsets(left.astype(np.int16)) == pytest.approx([0.5, 2.0, 3.5], abs=0.002)


def test_the_seam_of_a_loop_is_not_heard(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    tone = f"aevalsrc='0.3*sin(2*PI*110.3*t)':d=3:s={SAMPLE_RATE}"  # not a whole number of waves
    run_ffmpeg(("-f", "lavfi", "-i", tone, str(path)), timeout_s=60)
    left = Tape(looped(path, 3 * SAMPLE_RATE)).read(12 * SAMPLE_RATE)[:, 0]
    slope = np.abs(np.diff(left[SAMPLE_RATE // 2 :]))
    within = np.abs(np.diff(left[SAMPLE_RATE // 2 : 2 * SAMPLE_RATE])).max()
    assert slope.max() < 1.5 * within
    levels = np.sqrt((left.reshape(-1, SAMPLE_RATE // 4) ** 2).mean(axis=1))
    assert levels.min() > 0.6 * levels.max(), "no hole"


def test_one_that_is_shorter_than_its_seam_is_repeated_too(tmp_path: Path) -> None:
    path = clicks(tmp_path / "a.wav", seconds=1)
    assert len(Tape(looped(path, SAMPLE_RATE // 3)).read(3 * SAMPLE_RATE)) == 3 * SAMPLE_RATE


def test_an_hour_goes_by_in_blocks(tmp_path: Path) -> None:
    path = clicks(tmp_path / "a.wav", seconds=2)
    hour = (np.zeros(SAMPLE_RATE, np.int16) for _ in range(3600))
    layer = Layer(start=0, count=3600 * SAMPLE_RATE, sound=Tape(looped(path, 2 * SAMPLE_RATE)), gain=1.0)
    blocks = accompanied(hour, [layer], np.zeros(360_001, np.float32))
    assert {len(block) for block in islice(blocks, 30)} == {SAMPLE_RATE}
