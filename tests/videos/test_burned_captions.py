"""Captions in the picture of finished videos: in their frames, in their place, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pysubs2
import pytest

from app.media.wave import write_wave
from app.modules.videos.composition import Captions, Composition, Picture, Resolution, Scene
from app.modules.videos.models import RenderJob
from app.modules.videos.pipeline.looks import Look
from app.modules.videos.pipeline.subtitles import room_for
from app.modules.videos.scenery import Arrangement, Asset, AssetKind, Clip, Layout
from app.speech.builtin import ESPEAK_VOICES
from app.speech.synthesis import synthesise
from tests.media.barcodes import lumas
from tests.site import Site, site
from tests.videos.library import FPS, film, slide, stored

TEXT = "Good morning, everybody. Revenue went up by a third, and pricing changed twice. Thank you."


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("burned")) as opened:
        opened.start_worker()
        yield opened


@pytest.fixture(scope="module")
def spoken(place: Site, tmp_path_factory: pytest.TempPathFactory) -> Asset:
    speech, path = synthesise(ESPEAK_VOICES[0], TEXT), tmp_path_factory.mktemp("said") / "said.wav"
    write_wave(path, speech.samples, speech.sample_rate)
    return stored(place, path, AssetKind.SOUND, duration_ms=speech.track.duration_ms, has_sound=True)


def render(place: Site, captions: Captions, *scenes: Scene) -> RenderJob:
    picture = Picture(resolution=Resolution.P720)
    return place.render_composition(Composition(picture=picture, scenes=scenes, captions=captions))


def heard(sound: Asset, grey: Asset, script: str = TEXT) -> Scene:
    return Scene(
        slide=grey, sound=Clip(asset=sound, start_ms=0, stop_ms=sound.duration_ms), script=script, title="Said"
    )


def shown(place: Site, job: RenderJob) -> list[bool]:
    """Of each frame, whether its captions file has words for it."""
    cues = list(pysubs2.load(str(place.file(job, "srt"))))
    frames = place.revision(job).frames
    spans = [(round(cue.start / 1000 * FPS), round(cue.end / 1000 * FPS)) for cue in cues]
    return [any(first <= number < stop for first, stop in spans) for number in range(frames)]


def test_they_are_seen_in_their_frames_and_nothing_else_changes(place: Site, spoken: Asset, tmp_path: Path) -> None:
    scenes = (
        Scene(slide=slide(place, tmp_path, 40), duration_ms=1000, title="Before"),
        heard(spoken, slide(place, tmp_path, 120)),
    )
    bare, burned = (render(place, captions, *scenes) for captions in (Captions.SIDECAR, Captions.BURNED))
    assert place.file(bare, "vtt").read_text() == place.file(burned, "vtt").read_text()
    wanted, room = shown(place, burned), room_for(Look(), (1280, 720))
    pairs = zip(lumas(place.file(bare)), lumas(place.file(burned)), strict=True)
    for number, (without, with_) in enumerate(pairs):
        differs = np.abs(without.astype(int) - with_) > 40
        assert differs.any() == wanted[number], number
        differs[room.y : room.y + room.height, room.x : room.x + room.width] = False
        assert not differs.any(), number


def test_beside_what_moves_they_are_seen_as_well_and_an_edit_draws_its_own_part_again(
    place: Site, spoken: Asset, tmp_path: Path
) -> None:
    host, grey = film(place, tmp_path, FPS, 9 * 25), slide(place, tmp_path, 90)
    run = Clip(asset=host, start_ms=0, stop_ms=9000)
    filmed = Scene(recording=run, slide=grey, title="Filmed", layout=Layout(arrangement=Arrangement.OVERLAY))
    scenes = [heard(spoken, grey), filmed, heard(spoken, slide(place, tmp_path, 200), TEXT)]
    first = render(place, Captions.BURNED, *scenes)
    scenes[2] = heard(spoken, slide(place, tmp_path, 200), TEXT.replace("twice", "two times"))
    second = render(place, Captions.BURNED, *scenes)
    assert first.receipt is not None
    assert second.receipt is not None
    assert second.receipt["chunks"] == {"made": 1, "reused": first.receipt["chunks"]["made"] - 1}
