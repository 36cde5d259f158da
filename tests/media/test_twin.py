"""A voice that was encoded once is heard from both sides, sample for sample."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from app.media.ffmpeg import run_ffmpeg
from app.media.package import encode_part
from app.media.time import SAMPLE_RATE
from app.media.twin import double
from app.media.wave import write_wave

RATE = SAMPLE_RATE


def tones() -> NDArray[np.float64]:
    time = np.arange(2 * RATE) / RATE
    return 9000 * np.sin(2 * np.pi * 220 * time) + 3000 * np.sin(2 * np.pi * 3100 * time)


def beats() -> NDArray[np.float64]:
    """Which make the encoder divide frames, in groups of all kinds."""
    noise = np.random.default_rng(7).normal(0, 6000, 3 * RATE)
    time = np.arange(3 * RATE) / RATE
    return noise * np.exp(-((time * 7) % 1) * 30)


def hiss() -> NDArray[np.float64]:
    return np.random.default_rng(8).normal(0, 4000, 2 * RATE)


def silence() -> NDArray[np.float64]:
    return np.zeros(RATE)


def low() -> NDArray[np.float64]:
    return 12000 * np.sin(2 * np.pi * 60 * np.arange(RATE) / RATE)


@pytest.mark.parametrize("sound", [tones, beats, hiss, silence, low], ids=lambda made: made.__name__)
@pytest.mark.parametrize("rate", ["48k", "128k"])
def test_both_sides_are_the_one_that_was_encoded(
    sound: Callable[[], NDArray[np.float64]], rate: str, tmp_path: Path
) -> None:
    wave, one, two = tmp_path / "a.wav", tmp_path / "one.aac", tmp_path / "two.aac"
    write_wave(wave, np.clip(sound(), -32000, 32000).astype(np.int16), RATE)
    plain = ("-c:a", "aac", "-b:a", rate, "-aac_coder", "fast", "-aac_pns", "0", "-aac_tns", "0", "-f", "adts")
    run_ffmpeg(("-i", str(wave), "-flags:a", "+bitexact", *plain, str(one)), timeout_s=60)
    double(one, two)
    mono, stereo = decoded(one), decoded(two)
    assert stereo.shape == (2, mono.shape[1])
    assert np.array_equal(stereo[0], mono[0])
    assert np.array_equal(stereo[1], mono[0])


def test_stereo_stays_as_it_is(tmp_path: Path) -> None:
    left_and_right = np.stack([tones(), hiss()], axis=1).astype(np.int16)
    write_stereo(tmp_path / "a.wav", left_and_right)
    encode_part(tmp_path / "a.wav", tmp_path / "a.aac")
    left, right = decoded(tmp_path / "a.aac")
    assert np.corrcoef(left, right)[0, 1] < 0.1


def test_a_voice_is_as_loud_from_two_sides_as_from_one(tmp_path: Path) -> None:
    write_wave(tmp_path / "a.wav", tones().astype(np.int16), RATE)
    encode_part(tmp_path / "a.wav", tmp_path / "a.aac")
    heard = decoded(tmp_path / "a.aac")[:, RATE // 2 : RATE * 3 // 2] * 32768
    power = np.sum(np.mean(heard.astype(float) ** 2, axis=1))
    assert power == pytest.approx(np.mean(tones()[RATE // 2 : RATE * 3 // 2] ** 2), rel=0.02)


def write_stereo(path: Path, samples: NDArray[np.int16]) -> None:
    with av.open(str(path), "w", format="wav") as out:
        stream = out.add_stream("pcm_s16le", rate=RATE, layout="stereo")
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)


def decoded(path: Path) -> NDArray[np.float32]:
    with av.open(str(path), format="aac") as media:
        return np.concatenate([frame.to_ndarray() for frame in media.decode(audio=0)], axis=1)
