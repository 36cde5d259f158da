"""The sound of a webinar in parts: what an edit leaves as it was."""

from __future__ import annotations

from fractions import Fraction

import pytest

from app.media.time import SOUND_PACKET, sample_at
from app.modules.videos.composition import Composition, FrameRate, Picture, Scene, Speaker
from app.modules.videos.pipeline.layout import Layout, lay_out
from app.modules.videos.pipeline.plan import plan_takes
from app.modules.videos.scenery import Asset, AssetKind, Broll, BrollSound, Clip, Music
from tests.videos.pipeline.test_layout import Painter

SPEAKER = Speaker(
    avatar_id="maya", provider="studio", provider_avatar_id="maya", voice_id="espeak-en-us-clara", background="dawn"
)
SOUND = Asset(kind=AssetKind.SOUND, blob="s", sha256="5" * 64, origin="s", duration_ms=600_000, has_sound=True)
FILM = Asset(
    kind=AssetKind.VIDEO, blob="f", sha256="6" * 64, origin="f", width=640, height=360, duration_ms=60_000,
    has_sound=True,
)  # fmt: skip


def said(number: int, extra: str = "") -> Scene:
    return Scene(title=f"{number}", speaker=SPEAKER, script=f"This is part {number} of what we have to say.{extra}")


def laid(*scenes: Scene, fps: FrameRate = FrameRate.R25, music: Music | None = None) -> Layout:
    """Each character of a script takes 0.6 s."""
    composition = Composition(picture=Picture(fps=fps), scenes=scenes, music=music)
    takes = plan_takes(composition, {"studio": Painter()})  # pyright: ignore[reportArgumentType]
    return lay_out(composition, takes, {take.fingerprint: 600 * len(take.script) + 7 for take in takes})


def names(layout: Layout) -> list[str]:
    return [sound.fingerprint for sound in layout.sounds]


@pytest.mark.parametrize("fps", [FrameRate.R25, FrameRate.R30, FrameRate.R50])
def test_an_edit_of_one_scene_changes_one_part(fps: FrameRate) -> None:
    before = names(laid(*(said(number) for number in range(6)), fps=fps))
    after = names(laid(said(0), said(1), said(2, " And more."), said(3), said(4), said(5), fps=fps))
    assert len(before) == len(after) == 6
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, True, False, True, True, True]


@pytest.mark.parametrize("fps", list(FrameRate))
def test_parts_follow_one_another_without_gap_on_whole_packets(fps: FrameRate) -> None:
    layout, rate = laid(*(said(number) for number in range(5)), fps=fps), Picture(fps=fps).rate
    tracks = [sound.soundtrack for sound in layout.sounds]
    assert sum(track.samples for track in tracks) == sample_at(layout.timeline.frames, rate)
    begins = 0
    for track, scene in zip(tracks, layout.timeline.scenes, strict=True):
        assert begins % SOUND_PACKET == 0
        assert begins + track.lead == sample_at(scene.start, rate)
        assert scene.start == 0 or SOUND_PACKET <= track.lead < 2 * SOUND_PACKET
        begins += track.samples


def test_a_recording_that_goes_on_is_never_cut() -> None:
    runs = [Scene(title="r", sound=Clip(asset=SOUND, start_ms=n * 40_000, stop_ms=(n + 1) * 40_000)) for n in range(4)]
    layout = laid(*runs, said(1))
    assert len(layout.sounds) == 1
    assert len(laid(said(1), *runs).sounds) == 2


def test_music_goes_on_and_short_scenes_stay_together() -> None:
    assert len(laid(said(1), said(2), music=Music(asset=SOUND)).sounds) == 1
    silent = [Scene(title="s", duration_ms=5_000) for _ in range(12)]
    assert [sound.soundtrack.samples // 48_000 for sound in laid(*silent).sounds] == [19, 20, 20]


def test_b_roll_that_sounds_to_the_end_of_its_scene_is_not_cut_off() -> None:
    broll = Broll(asset=FILM, at_ms=20_000, duration_ms=10_000, sound=BrollSound.MIXED)
    scenes = (Scene(title="s", duration_ms=30_000, broll=(broll,)), said(2))
    assert len(laid(*scenes).sounds) == 1
    earlier = broll.model_copy(update={"at_ms": 5_000})
    parts = laid(scenes[0].model_copy(update={"broll": (earlier,)}), said(2)).sounds
    assert [len(part.soundtrack.pieces) for part in parts] == [1, 0]


def test_the_pause_after_what_is_said_is_drawn_out_a_little_and_not_at_the_end() -> None:
    layout = laid(said(1), said(2))
    first, last = layout.timeline.scenes
    needed = Fraction(120 + 600 * len(said(1).script) + 7 + 400, 1000) * 25
    assert first.frames % 8 == 0
    assert 0 <= first.frames - needed < 8
    assert last.frames == -(-(120 + 600 * len(said(2).script) + 7 + 700) * 25 // 1000)
