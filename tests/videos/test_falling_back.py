"""Speakers that could not be made, and those who speak in their place; scenes and scripts that providers cannot do."""

from __future__ import annotations

import pytest

from app.avatars.base import AvatarProvider, Capabilities, Delivery
from app.engine.durable import WorkFailed
from app.modules.videos.adjusting import adjustments
from app.modules.videos.composition import AspectRatio, Composition, FrameRate, Picture, Scene, Speaker
from app.modules.videos.pipeline.falling_back import fallen_back


def speaker(name: str, *fallbacks: Speaker) -> Speaker:
    return Speaker(
        avatar_id=name, provider="vendor", provider_avatar_id=name, voice_id="v", background="", fallbacks=fallbacks
    )


ANN = speaker("ann", speaker("ben"), speaker("maya"))
TWO = Composition(picture=Picture(), scenes=(Scene(script="One.", speaker=ANN), Scene(script="Two.", speaker=ANN)))


def test_only_the_scene_that_failed_is_spoken_by_the_next_one() -> None:
    changed, told = fallen_back(TWO, {1: ["content_rejected", "No."]})
    assert [scene.speaker and scene.speaker.avatar_id for scene in changed.scenes] == ["ann", "ben"]
    assert told == ("Scene 2: spoken by ben instead of ann (content_rejected): No.",)


def test_when_the_next_one_fails_too_it_is_the_one_after_and_who_was_wanted_is_known() -> None:
    once, _ = fallen_back(TWO, {0: ["provider_refused", "No."]})
    twice, _ = fallen_back(once, {0: ["provider_refused", "No."]})
    last = twice.scenes[0].speaker
    assert last is not None
    assert (last.avatar_id, last.wanted.avatar_id) == ("maya", "ann")
    assert last.wanted == ANN
    with pytest.raises(WorkFailed, match="The end") as failed:
        fallen_back(twice, {0: ["provider_busy", "The end."]})
    assert failed.value.code == "provider_busy"


class Vendor:
    """As far as it is asked here."""

    name = "vendor"

    def __init__(self, **known: object) -> None:
        self.capabilities = Capabilities(
            delivery=Delivery.RECORDING,
            by_passage=False,
            max_script_chars=40,
            first_poll_s=1,
            longest_poll_s=1,
            deadline_s=1,
            **known,  # pyright: ignore[reportArgumentType]
        )


def told_of(composition: Composition, **known: object) -> list[str]:
    vendor: AvatarProvider = Vendor(**known)  # pyright: ignore[reportAssignmentType]
    return adjustments(composition, {"vendor": vendor})


def test_what_is_as_the_provider_makes_it_needs_no_word() -> None:
    assert told_of(TWO, shapes=("16:9",), rate=25) == []


def test_what_is_done_here_instead_is_said_once() -> None:
    picture = Picture(aspect_ratio=AspectRatio.PORTRAIT, fps=FrameRate.R30)
    told = told_of(TWO.model_copy(update={"picture": picture}), shapes=("16:9",), rate=25)
    assert told == [
        "vendor makes 25 frames a second: converted to 30 here.",
        "vendor makes no pictures of 4:5: cropped here.",
    ]


def test_avatars_with_a_shape_of_their_own_are_cropped() -> None:
    assert told_of(TWO) == [
        "vendor makes pictures of its avatars' own shape: cropped to 16:9 here where it is another."
    ]


def test_a_long_script_names_its_scene_and_how_many_parts_it_has() -> None:
    long = Scene(script="This is one whole sentence of it. " * 3, speaker=ANN)
    told = told_of(TWO.model_copy(update={"scenes": (TWO.scenes[0], long)}), shapes=("16:9",), rate=25)
    assert told == [
        "Scene 2: vendor speaks at most 40 characters at a time: made in 3 parts, cut at sentence ends and joined here."
    ]
