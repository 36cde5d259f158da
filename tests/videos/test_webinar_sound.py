"""What is heard of a webinar: speakers alike, music that makes room, B-roll at its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.media.ffmpeg import run_ffmpeg
from app.media.hearing import heard_from
from app.media.time import SAMPLE_RATE
from app.modules.videos.composition import Composition, Picture, Resolution, Scene
from app.modules.videos.scenery import Asset, AssetKind, Broll, BrollSound, Clip, Layout, Music
from tests.media.barcodes import record
from tests.media.clicks import clicks, onsets
from tests.site import Site, site
from tests.videos.library import FPS, slide, stored


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("sound")) as opened:
        opened.start_worker()
        yield opened


def murmur(folder: Path, name: str, seconds: int, decibels: int) -> Path:
    """As loud from beginning to end, like many voices."""
    path = folder / name
    noise = f"anoisesrc=d={seconds}:c=pink:seed={len(name)}:a=0.5,lowpass=f=3000,volume={decibels}dB"
    run_ffmpeg(("-f", "lavfi", "-i", noise, "-ar", str(SAMPLE_RATE), str(path)), timeout_s=60)
    return path


def sound(place: Site, path: Path, seconds: int) -> Asset:
    return stored(place, path, AssetKind.SOUND, duration_ms=seconds * 1000, has_sound=True)


def said(grey: Asset, asset: Asset, stop_s: int, *broll: Broll) -> Scene:
    return Scene(slide=grey, sound=Clip(asset=asset, start_ms=0, stop_ms=stop_s * 1000), title="Said", broll=broll)


def heard(path: Path, seconds: float) -> NDArray[np.float64]:
    return np.concatenate(list(heard_from(path, Fraction(0), round(seconds * SAMPLE_RATE)))).astype(float)


def decibels(samples: NDArray[np.float64], start: float, stop: float) -> float:
    part = samples[round(start * SAMPLE_RATE) : round(stop * SAMPLE_RATE)]
    return 20 * float(np.log10(np.sqrt(np.mean(part**2)) / 32768))


def composed(*scenes: Scene, music: Music | None = None) -> Composition:
    return Composition(picture=Picture(resolution=Resolution.P720), scenes=scenes, music=music)


def measured(path: Path) -> tuple[float, float]:
    """Loudness and true peak of a finished file."""
    log = run_ffmpeg(("-i", str(path), "-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"), timeout_s=60)
    found = [re.findall(rf"^ +{name}: +(-?[\d.]+)", log, re.MULTILINE)[-1] for name in ("I", "Peak")]
    return float(found[0]), float(found[1])


def test_a_soft_recording_is_as_loud_as_the_one_before(place: Site, tmp_path: Path) -> None:
    grey = slide(place, tmp_path, 120)
    near, far = (sound(place, murmur(tmp_path, name, 5, level), 5) for name, level in (("a.wav", -6), ("bb.wav", -24)))
    video = place.file(place.render_composition(composed(said(grey, near, 5), said(grey, far, 5))))
    samples = heard(video, 10)
    assert abs(decibels(samples, 0.5, 4.5) - decibels(samples, 5.5, 9.5)) < 1.5
    loudness, peak = measured(video)
    assert loudness == pytest.approx(-16, abs=0.5)
    assert peak <= -1.4


def test_music_is_soft_beside_speech_and_comes_up_when_nobody_speaks(place: Site, tmp_path: Path) -> None:
    grey = slide(place, tmp_path, 140)
    path = tmp_path / "tone.wav"
    run_ffmpeg(("-f", "lavfi", "-i", f"sine=f=5000:d=3:r={SAMPLE_RATE}", str(path)), timeout_s=60)
    speech = sound(place, murmur(tmp_path, "said.wav", 4, -12), 4)
    scenes = (
        Scene(slide=grey, duration_ms=4000, title="Before"),
        said(grey, speech, 4),
        Scene(slide=grey, duration_ms=4000, title="After"),
    )
    music = Music(asset=sound(place, path, 3), level_db=-10, fade_in_ms=200, fade_out_ms=500)
    wanted = composed(*scenes, music=music)
    video = place.file(place.render_composition(wanted))
    samples = heard(video, 12)
    tone = np.convolve(samples * np.exp(-2j * np.pi * 5000 * np.arange(len(samples)) / SAMPLE_RATE), np.ones(480) / 480)
    level = 20 * np.log10(np.abs(tone) + 1e-6)
    alone, beside, after = (float(np.median(level[at * SAMPLE_RATE : (at + 1) * SAMPLE_RATE])) for at in (2, 6, 10))
    assert alone - beside == pytest.approx(12, abs=1)
    assert after == pytest.approx(alone, abs=1)
    assert measured(video)[0] == pytest.approx(-16, abs=0.5)


@pytest.mark.parametrize("wanted", [BrollSound.MIXED, BrollSound.DUCKED, BrollSound.OFF])
def test_b_roll_is_heard_where_it_is_seen(place: Site, tmp_path: Path, wanted: BrollSound) -> None:
    grey = slide(place, tmp_path, 160)
    silent, clicking = (
        record(tmp_path / "silent.mp4", FPS, 150, size=(1280, 720)),
        clicks(tmp_path / "c.wav", seconds=6),
    )
    path = tmp_path / "broll.mp4"
    run_ffmpeg(("-i", str(silent), "-i", str(clicking), "-c:v", "copy", "-c:a", "aac", str(path)), timeout_s=60)
    asset = stored(place, path, AssetKind.VIDEO, width=1280, height=720, duration_ms=6000, has_sound=True)
    broll = Broll(asset=asset, at_ms=1200, duration_ms=3000, source_start_ms=500, sound=wanted)
    scene = Scene(slide=grey, duration_ms=6000, title="Shown", broll=(broll,), layout=Layout())
    samples = heard(place.file(place.render_composition(composed(scene))), 6)
    if wanted is BrollSound.OFF:
        assert np.abs(samples).max() < 10
        return
    loud = samples / np.abs(samples).max() * 20_000
    assert onsets(loud) == pytest.approx([1.7, 2.7, 3.7], abs=0.01)
