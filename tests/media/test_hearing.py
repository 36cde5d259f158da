"""The sound of recordings: every sample when the recording's clock says so."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from app.media.ffmpeg import run_ffmpeg
from app.media.hearing import Samples, heard_from, resampled
from app.media.time import SAMPLE_RATE
from tests.media.clicks import clicks, onsets


def heard(path: Path, at: Fraction, count: int) -> Samples:
    return np.concatenate(list(heard_from(path, at, count)))


@pytest.mark.parametrize(
    ("name", "options", "rate"),
    [
        ("a.wav", (), 48_000),
        ("a.m4a", ("-c:a", "aac", "-b:a", "192k"), 44_100),
        ("a.mp3", ("-c:a", "libmp3lame", "-b:a", "192k"), 44_100),
        ("a.flac", (), 22_050),
        ("a.ogg", ("-c:a", "libopus"), 48_000),
        ("a.mka", ("-c:a", "ac3", "-ac", "6"), 48_000),
    ],
)
@pytest.mark.parametrize("at", [Fraction(0), Fraction(61, 10), Fraction(2)])
def test_clicks_are_heard_at_their_times(
    name: str, options: tuple[str, ...], rate: int, at: Fraction, tmp_path: Path
) -> None:
    path = clicks(tmp_path / name, *options, rate=rate)
    found = onsets(heard(path, at, 3 * SAMPLE_RATE))
    wanted = [second - float(at) for second in range(12) if 0 <= second - at < 3]
    assert len(found) == len(wanted)
    assert all(abs(one - other) < 0.003 for one, other in zip(found, wanted, strict=True)), found


def test_what_is_beyond_the_recording_is_silence(tmp_path: Path) -> None:
    path = clicks(tmp_path / "a.wav", seconds=2)
    samples = heard(path, Fraction(3, 2), 2 * SAMPLE_RATE)
    assert len(samples) == 2 * SAMPLE_RATE
    assert not samples[SAMPLE_RATE // 2 + 10 :].any()
    assert not heard(path, Fraction(9), 1000).any()


def test_a_late_start_stays_late(tmp_path: Path) -> None:
    sound, late = clicks(tmp_path / "a.wav", seconds=3), tmp_path / "late.mkv"
    picture = ("-f", "lavfi", "-i", "color=black:s=64x64:d=5", "-itsoffset", "1.25", "-i", str(sound))
    run_ffmpeg((*picture, "-c:a", "pcm_s16le", "-map", "0:v", "-map", "1:a", str(late)), timeout_s=60)
    assert onsets(heard(late, Fraction(0), 4 * SAMPLE_RATE)) == pytest.approx([1.25, 2.25, 3.25], abs=0.003)


def test_a_gap_stays_a_gap(tmp_path: Path) -> None:
    whole, gapped = clicks(tmp_path / "a.wav", seconds=6), tmp_path / "gap.mkv"
    cut = ("-af", "aselect='not(between(t,2.2,3.7))'", "-c:a", "pcm_s16le")
    run_ffmpeg(("-i", str(whole), *cut, str(gapped)), timeout_s=60)
    assert onsets(heard(gapped, Fraction(0), 6 * SAMPLE_RATE)) == pytest.approx([0, 1, 2, 4, 5], abs=0.003)


def test_a_recording_without_sound_is_silent(tmp_path: Path) -> None:
    path = tmp_path / "mute.mp4"
    run_ffmpeg(("-f", "lavfi", "-i", "color=black:s=64x64:d=1", str(path)), timeout_s=60)
    assert not heard(path, Fraction(0), SAMPLE_RATE).any()


def test_two_runs_of_one_recording_join_without_a_click(tmp_path: Path) -> None:
    path = tmp_path / "tone.m4a"
    run_ffmpeg(("-f", "lavfi", "-i", "sine=220:d=6", "-c:a", "aac", str(path)), timeout_s=60)
    middle = 2 * SAMPLE_RATE + 777
    joined = np.concatenate(
        [heard(path, Fraction(1), middle), heard(path, 1 + Fraction(middle, SAMPLE_RATE), SAMPLE_RATE)]
    ).astype(int)
    around = np.abs(np.diff(joined))[middle - 200 : middle + 200]
    # Its rate is converted anew: they meet within a sample.
    assert around.max() < 1.6 * np.abs(np.diff(joined))[1000:40_000].max()


@pytest.mark.parametrize(("own", "rate"), [(22_050, 48_000), (48_000, 22_050), (24_000, 32_000)])
def test_resampled_sound_keeps_its_length_its_pitch_and_nothing_else(own: int, rate: int) -> None:
    time = np.arange(2 * own) / own
    too_high = 0.3 * np.sin(2 * np.pi * 15_000 * time) if rate < own else 0.0
    made = resampled((20_000 * (0.5 * np.sin(2 * np.pi * 1000 * time) + too_high)).astype(np.int16), own, rate)
    assert abs(len(made) - 2 * rate) < rate // 500
    spectrum = np.abs(np.fft.rfft(made[: 2 * rate - rate // 100].astype(float)))
    strongest = int(np.argmax(spectrum))
    assert abs(strongest * rate / (2 * rate - rate // 100) - 1000) < 2
    near = np.arange(len(spectrum))
    assert spectrum[np.abs(near - strongest) > 200].max() < 0.01 * spectrum[strongest]


_MEASURED = """
import resource, sys
from fractions import Fraction
from pathlib import Path
from app.media.hearing import heard_from
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = sum(len(block) for block in heard_from(Path(sys.argv[1]), Fraction(0), 48_000 * 7200))
print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_two_hours_take_no_more_memory_than_two_minutes(tmp_path: Path) -> None:
    path = tmp_path / "long.m4a"
    source = ("-f", "lavfi", "-i", "anullsrc=r=48000:cl=mono:d=1800", "-c:a", "aac", "-b:a", "32k")
    run_ffmpeg((*source, str(path)), timeout_s=120)
    said = subprocess.run([sys.executable, "-c", _MEASURED, str(path)], capture_output=True, text=True, check=True)
    count, grown_mb = (int(number) for number in said.stdout.split())
    assert count == 48_000 * 7200
    assert grown_mb < 120
