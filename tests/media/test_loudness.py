import json
import wave
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.media.errors import ToolFailed
from app.media.ffmpeg import run_ffmpeg
from app.media.loudness import (
    CHAINS,
    Length,
    Level,
    Measured,
    SoundNotReadable,
    dress_arguments,
    gain_for,
    master,
    parse_measured,
)
from app.media.wave import write_wave
from app.speech.builtin import ESPEAK_VOICES
from app.speech.synthesis import synthesise

VOICES = {voice.id: voice for voice in ESPEAK_VOICES}
TEXT = "Papa, we made it! Everything you see and hear was written down first, and then it was drawn."


def read(path: Path) -> NDArray[np.int16]:
    with wave.open(str(path), "rb") as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (48_000, 1, 2)
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2")


def measured(path: Path) -> Measured:
    """By loudnorm, which is another implementation than the one that set the level."""
    log = run_ffmpeg(["-i", str(path), "-af", "loudnorm=print_format=json", "-f", "null", "-"], timeout_s=60)
    report = json.loads(log[log.rindex("{") : log.rindex("}") + 1])
    return Measured(integrated_lufs=float(report["input_i"]), true_peak_dbtp=float(report["input_tp"]))


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("speech")
    chosen = ("espeak-en-us-clara", "espeak-en-us-miles", "espeak-en-gb-edmund", "espeak-de-de-greta")
    paths = {voice: folder / f"{voice}.wav" for voice in chosen}
    for voice, path in paths.items():
        spoken = synthesise(VOICES[voice], TEXT)
        write_wave(path, spoken.samples, spoken.sample_rate)
    return paths


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize(
    "voice", ["espeak-en-us-clara", "espeak-en-us-miles", "espeak-en-gb-edmund", "espeak-de-de-greta"]
)
def test_every_voice_in_every_dress_comes_out_at_broadcast_level(
    speech: dict[str, Path], tmp_path: Path, voice: str, chain: str
) -> None:
    loudness = master(speech[voice], tmp_path / "out.wav", chain=chain)
    heard = measured(tmp_path / "out.wav")
    assert heard.integrated_lufs == pytest.approx(-16, abs=0.5)
    assert heard.true_peak_dbtp < -1.5
    assert loudness.level is Level.NORMAL
    log = run_ffmpeg(["-i", str(tmp_path / "out.wav"), "-af", "ebur128=peak=true", "-f", "null", "-"], timeout_s=60)
    told = Measured(integrated_lufs=loudness.integrated_lufs, true_peak_dbtp=loudness.true_peak_dbtp)
    assert parse_measured(log).integrated_lufs == pytest.approx(told.integrated_lufs, abs=0.11)
    assert parse_measured(log).true_peak_dbtp == pytest.approx(told.true_peak_dbtp, abs=0.11)


@pytest.mark.parametrize("rate", [16_000, 22_050, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("count", [1, 9_999, 60_001])
def test_the_length_is_kept_to_the_sample(tmp_path: Path, rate: int, count: int) -> None:
    write_wave(tmp_path / "in.wav", (8_000 * np.sin(np.arange(count) * 0.1)).astype(np.int16), rate)
    master(tmp_path / "in.wav", tmp_path / "out.wav")
    assert len(read(tmp_path / "out.wav")) == -(-count * 48_000 // rate)


@pytest.mark.parametrize("chain", CHAINS)
def test_sounds_stay_where_they_were(tmp_path: Path, chain: str) -> None:
    """Bursts of tone, some of them too loud, are heard when they were: their phones and captions stay true."""
    rate, starts = 22_050, [0.5, 1.25, 2.0, 2.9, 4.1]
    samples = np.zeros(rate * 5)
    for index, start in enumerate(starts):
        at, length = int(start * rate), int(0.2 * rate)
        samples[at : at + length] = np.sin(np.arange(length) * 0.2) * (30_000 if index % 2 else 6_000)
    write_wave(tmp_path / "in.wav", samples.astype(np.int16), rate)
    master(tmp_path / "in.wav", tmp_path / "out.wav", chain=chain)
    heard = np.abs(read(tmp_path / "out.wav").astype(np.int32))
    for start in starts:
        window = heard[int((start - 0.03) * 48_000) : int((start + 0.05) * 48_000)]
        onset = int(np.argmax(window > 0.3 * window.max())) / 48_000 - 0.03
        assert abs(onset) < 0.005


def test_the_same_speech_gives_the_same_bytes(speech: dict[str, Path], tmp_path: Path) -> None:
    digests = set[str]()
    for name in ("a", "b"):
        target = tmp_path / name / "out.wav"
        target.parent.mkdir()
        master(speech["espeak-en-us-miles"], target)
        digests.add(sha256(target.read_bytes()).hexdigest())
        assert list(target.parent.iterdir()) == [target]
    assert len(digests) == 1


def test_silence_stays_silence_and_says_so(tmp_path: Path) -> None:
    write_wave(tmp_path / "in.wav", np.zeros(22_050, np.int16), 22_050)
    loudness = master(tmp_path / "in.wav", tmp_path / "out.wav")
    assert (loudness.level, loudness.gain_db, loudness.integrated_lufs) == (Level.SILENT, 0.0, -70.0)
    assert not read(tmp_path / "out.wav").any()


def test_the_noise_of_an_empty_recording_is_not_blown_up(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 20, 48_000 * 3).astype(np.int16)
    write_wave(tmp_path / "in.wav", noise, 48_000)
    loudness = master(tmp_path / "in.wav", tmp_path / "out.wav", chain="plain")
    assert loudness.level is Level.QUIET
    assert np.abs(read(tmp_path / "out.wav")).max() <= 20 * 6 * 10 ** (30 / 20)


def test_a_sound_too_short_to_have_a_loudness_is_set_by_repeating_it(tmp_path: Path) -> None:
    tone = (2_000 * np.sin(np.arange(4_800) * 0.13)).astype(np.int16)
    write_wave(tmp_path / "in.wav", tone, 48_000)
    master(tmp_path / "in.wav", tmp_path / "out.wav", chain="plain")
    write_wave(tmp_path / "repeated.wav", np.tile(read(tmp_path / "out.wav"), 30), 48_000)
    assert measured(tmp_path / "repeated.wav").integrated_lufs == pytest.approx(-16, abs=0.5)


def test_clicks_over_noise_are_held_down(tmp_path: Path) -> None:
    samples = np.random.default_rng(1).normal(0, 300, 48_000 * 3)
    samples[::9_600] = 32_767
    write_wave(tmp_path / "in.wav", samples.astype(np.int16), 48_000)
    master(tmp_path / "in.wav", tmp_path / "out.wav", chain="plain")
    assert measured(tmp_path / "out.wav").true_peak_dbtp < -1.5


@pytest.mark.parametrize("content", [b"", b"not a wave file at all", b"RIFF\x00\x00\x00\x00WAVE"])
def test_what_is_no_sound_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.wav").write_bytes(content)
    with pytest.raises(SoundNotReadable, match=r"in\.wav"):
        master(tmp_path / "in.wav", tmp_path / "out.wav")


def test_a_target_that_cannot_be_written_tells_the_command_and_the_reason(
    speech: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(ToolFailed, match=r"(?s)No such file or directory.*filter_complex"):
        master(speech["espeak-en-us-clara"], tmp_path / "missing" / "out.wav")


def test_a_report_without_a_measurement_is_an_error() -> None:
    with pytest.raises(ToolFailed, match="without measuring"):
        parse_measured("size=N/A time=00:00:01")


def test_gain_is_capped() -> None:
    assert gain_for(Measured(integrated_lufs=-26.0, true_peak_dbtp=-3.0)) == (10.0, Level.NORMAL)
    assert gain_for(Measured(integrated_lufs=-60.0, true_peak_dbtp=-40.0)) == (30.0, Level.QUIET)


def test_the_command_reads_and_measures_in_one_pass() -> None:
    arguments = dress_arguments(Path("in.wav"), Path("out.wav"), Length(samples=44_100 * 4, rate=44_100), "anull")
    graph = arguments[arguments.index("-filter_complex") + 1]
    assert graph == (
        "[0:a]aresample=48000,anull,apad=whole_len=192000,atrim=end_sample=192000,asplit[out][heard];"
        "[heard]ebur128=peak=true:framelog=quiet[measured]"
    )
