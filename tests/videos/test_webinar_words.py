"""What is said in recordings, written down: captions, a transcript, and B-roll at its words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pysubs2
import pytest

from app.media.captions import Cue, to_vtt
from app.media.wave import write_wave
from app.modules.videos.composition import Composition, Picture, Resolution, Scene
from app.modules.videos.models import RenderJob
from app.modules.videos.scenery import Asset, AssetKind, Broll, Clip
from app.speech.base import Track
from app.speech.builtin import ESPEAK_VOICES
from app.speech.synthesis import synthesise
from tests.media.barcodes import lumas
from tests.site import Site, site
from tests.videos.library import FPS, slide, stored

TEXT = "Good morning, everybody. Revenue went up by a third. Now look at the <b>numbers</b> --> on this page."
CAPTIONS = (
    Cue(start_ms=500, end_ms=2500, lines=("One two three four",)),
    Cue(start_ms=3000, end_ms=5000, lines=("five six", "seven eight")),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("words")) as opened:
        opened.start_worker()
        yield opened


@pytest.fixture(scope="module")
def spoken(place: Site, tmp_path_factory: pytest.TempPathFactory) -> tuple[Track, Asset]:
    """A recording of the text, and when its words are heard."""
    speech, path = synthesise(ESPEAK_VOICES[0], TEXT), tmp_path_factory.mktemp("said") / "said.wav"
    write_wave(path, speech.samples, speech.sample_rate)
    return speech.track, stored(place, path, AssetKind.SOUND, duration_ms=speech.track.duration_ms, has_sound=True)


def read(place: Site, job: RenderJob, role: str) -> str:
    return place.file(job, role).read_text("utf-8")


def test_a_script_beside_a_recording_gives_captions_a_transcript_and_places(
    place: Site, spoken: tuple[Track, Asset], tmp_path: Path
) -> None:
    track, sound = spoken
    dark, bright = slide(place, tmp_path, 40), slide(place, tmp_path, 220)
    broll = Broll(asset=bright, phrase="look at the", duration_ms=600, zoom=False)
    clip = Clip(asset=sound, start_ms=0, stop_ms=sound.duration_ms)
    scenes = (
        Scene(slide=dark, duration_ms=2000, title="Before"),
        Scene(slide=dark, sound=clip, script=TEXT, title="Said", broll=(broll,)),
    )
    job = place.render_composition(Composition(picture=Picture(resolution=Resolution.P720), scenes=scenes))
    transcript = json.loads(read(place, job, "transcript-json"))
    assert [(scene["number"], scene["title"], scene["timing"], scene["text"]) for scene in transcript["scenes"]] == [
        (2, "Said", "aligned", TEXT)
    ]
    words = transcript["scenes"][0]["words"]
    assert [word["text"] for word in words] == [word.text for word in track.words]
    for word, theirs in zip(words, track.words, strict=True):
        assert word["start"] == pytest.approx(2 + theirs.start_ms / 1000, abs=0.08)
    cues = list(pysubs2.SSAFile.from_string(read(place, job, "srt")))
    assert " ".join(cue.plaintext.replace("\n", " ") for cue in cues).replace("\u2060", "") == TEXT
    assert read(place, job, "transcript-txt") == f"Said\n\n{TEXT}\n"
    assert "&lt;b&gt;numbers&lt;/b&gt; --&gt;" in read(place, job, "vtt")
    seen = [float(luma.mean()) > 120 for luma in lumas(place.file(job))]
    said_at = next(word.start_ms for word in track.words if word.text == "look") / 1000
    assert seen.index(True) / FPS == pytest.approx(2 + said_at, abs=0.1)
    assert sum(seen) == 15


def test_the_captions_of_a_recording_follow_its_runs(place: Site, spoken: tuple[Track, Asset], tmp_path: Path) -> None:
    _, sound = spoken
    path = tmp_path / "own.vtt"
    path.write_text(to_vtt(CAPTIONS), encoding="utf-8")
    captions, grey = stored(place, path, AssetKind.CAPTIONS), slide(place, tmp_path, 90)

    def heard(start_ms: int, stop_ms: int) -> Scene:
        clip = Clip(asset=sound, start_ms=start_ms, stop_ms=stop_ms, captions=captions)
        return Scene(slide=grey, sound=clip, title="Run")

    scenes = (heard(3000, 4500), heard(0, 1500))
    job = place.render_composition(Composition(picture=Picture(resolution=Resolution.P720), scenes=scenes))
    first, second = json.loads(read(place, job, "transcript-json"))["scenes"]
    assert (first["text"], first["timing"]) == ("five six seven", "captions")
    assert first["words"][0]["start"] == 0
    assert second["text"] == "One two"
    assert second["words"][0]["start"] == pytest.approx(2.0, abs=0.03)
    cues = list(pysubs2.SSAFile.from_string(read(place, job, "vtt"), format_="vtt"))
    assert len(cues) == 2
    assert cues[0].end <= 1520 <= cues[1].start


def test_an_edit_of_the_script_listens_again_and_draws_nothing(
    place: Site, spoken: tuple[Track, Asset], tmp_path: Path
) -> None:
    _, sound = spoken
    grey, clip = slide(place, tmp_path, 77), Clip(asset=sound, start_ms=0, stop_ms=sound.duration_ms)

    def receipt(script: str) -> dict[str, Any]:
        scene = Scene(slide=grey, sound=clip, script=script, title="Said")
        job = place.render_composition(Composition(picture=Picture(resolution=Resolution.P720), scenes=(scene,)))
        assert job.receipt is not None
        return job.receipt

    assert receipt(TEXT)["chunks"]["made"] > 0
    again = receipt(TEXT.replace("everybody", "everyone"))
    assert (again["chunks"]["made"], again["mixes"]["made"]) == (0, 0)
