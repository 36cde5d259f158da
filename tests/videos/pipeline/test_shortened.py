"""B-roll that outlasts what is said: it ends with its scene, and whoever asked is told."""

from __future__ import annotations

from collections.abc import Sequence

from app.modules.videos.composition import Composition, Picture, Scene, Speaker
from app.modules.videos.pipeline.layout import Layout, lay_out
from app.modules.videos.scenery import Asset, AssetKind, Broll
from tests.videos.pipeline.test_layout import plan

IMAGE = Asset(kind=AssetKind.IMAGE, blob="b", sha256="1" * 64, origin="The image map.png", width=16, height=9)
SPEAKER = Speaker(avatar_id="maya", provider="studio", provider_avatar_id="maya", voice_id="clara", background="dawn")


def laid_out(broll: Sequence[Broll], *, said_ms: int) -> Layout:
    scenes = (
        Scene(script="Hello.", speaker=SPEAKER, title="Welcome", slide=IMAGE),
        Scene(script="Look at this.", speaker=SPEAKER, title="Map", slide=IMAGE, broll=tuple(broll)),
    )
    composition = Composition(picture=Picture(), scenes=scenes)
    takes = plan(composition)
    return lay_out(composition, takes, {take.fingerprint: said_ms for take in takes})


def test_b_roll_that_fits_is_nothing_to_warn_of() -> None:
    assert laid_out([Broll(asset=IMAGE, at_ms=0, duration_ms=3000)], said_ms=4000).warnings == ()


def test_b_roll_that_ends_with_its_scene_is_named_with_both_lengths() -> None:
    laid = laid_out([Broll(asset=IMAGE, at_ms=1000, duration_ms=9000)], said_ms=3180)
    # 120 ms before what is said, 700 after it: four seconds, of which the first is over.
    assert laid.warnings == (
        "Scene 2 (“Map”): B-roll (The image map.png) is seen for 3 of 9 s, because the scene ends then. Shorten it, "
        "let it begin earlier, or say more.",
    )


def test_b_roll_that_would_begin_after_its_scene_is_named() -> None:
    laid = laid_out([Broll(asset=IMAGE, at_ms=90_000, duration_ms=1000)], said_ms=3000)
    assert [warning.split(". ")[0] for warning in laid.warnings] == [
        "Scene 2 (“Map”): B-roll (The image map.png) is not seen: the scene is over before it begins"
    ]
