"""Decks at the limits: many pages, pages of all shapes, and recordings that are transparent or are not."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.ids import new_id
from app.media.examined import Colour, Edits, Examined, Picture
from app.modules.videos.models import FilePage, Revision
from app.modules.videos.pipeline.layout import lay_out
from app.modules.videos.pipeline.looks import Box
from tests.videos.installation import Caller, Installation
from tests.videos.test_webinars import composition, deck_of, make, refused


def test_a_deck_of_500_pages_is_a_webinar_of_500_scenes(installation: Installation, caller: Caller) -> None:
    deck = deck_of(installation, caller, notes=["Next."] * 500)
    order: dict[str, Any] = {"deck": deck, "scenes": [{"duration": 2}] * 500}
    ordered = composition(installation, make(caller, **order))
    assert len(ordered.scenes) == 500
    laid = lay_out(ordered, (), {})
    assert laid.timeline.frames == 500 * 50
    assert len(laid.chunks) == 500 + 499
    message = make_last(caller, deck, 501)
    assert message == (
        "Scene 2 is to show page 501 of the deck, which has 500 pages. Say which page it shows (`slide`), or leave the "
        "scene out."
    )


def make_last(caller: Caller, deck: str, page: int) -> str:
    answer = caller.post("/webinars", {"deck": deck, "scenes": [{"duration": 2}, {"duration": 2, "slide": page}]})
    assert answer.status_code == 400, answer.text
    return str(answer.json()["detail"])


def test_more_scenes_than_a_webinar_may_have_are_refused(installation: Installation, caller: Caller) -> None:
    deck = deck_of(installation, caller, notes=["Next."])
    answer = caller.post("/webinars", {"deck": deck, "scenes": [{"duration": 2, "slide": 1}] * 501})
    assert answer.status_code == 422
    assert "at most 500 items" in answer.text
    script = "# A\nHello.\n\n" * 501
    assert "500" in refused(caller, script=script, avatar_id="maya")


@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((1920, 1080), Box(x=0, y=0, width=1920, height=1080)),
        ((1024, 768), Box(x=240, y=0, width=1440, height=1080)),
        ((1080, 1920), Box(x=656, y=0, width=608, height=1080)),
        ((4000, 100), Box(x=0, y=516, width=1920, height=48)),
    ],
)
def test_a_page_of_any_shape_is_shown_whole(
    size: tuple[int, int], box: Box, installation: Installation, caller: Caller
) -> None:
    deck = deck_of(installation, caller, notes=["One.", "Two."])
    with installation.services.database.session_scope() as session:
        page = session.get_one(FilePage, (deck, 2))
        page.width, page.height = size
    ordered = composition(installation, make(caller, deck=deck, scenes=[{"duration": 2}, {"duration": 2}]))
    slide = lay_out(ordered, (), {}).chunks[-1].look.slide
    assert slide is not None
    assert slide.box == box


@pytest.mark.parametrize("alpha", [True, False])
def test_of_a_transparent_recording_the_original_is_used(
    alpha: bool, installation: Installation, caller: Caller
) -> None:
    host = installation.ready(caller)
    original = {"blob": f"uploads/{new_id()}", "sha256": "cd" * 32, "type": "video/webm", "size": 9}
    with installation.services.database.session_scope() as session:
        revision = session.get_one(Revision, (host["id"], 1))
        revision.files = revision.files | {"original": original}
        revision.facts = {"examined": examined(alpha=alpha).model_dump(mode="json"), "reasons": []}
    deck = deck_of(installation, caller, notes=["One."])
    scene = composition(
        installation, make(caller, deck=deck, recording={"video_id": host["id"], "slide_times": [0]})
    ).scenes[0]
    assert scene.recording is not None
    asset = scene.recording.asset
    assert (asset.alpha, asset.sha256 == original["sha256"]) == (alpha, alpha)
    assert (scene.cutout is not None) == alpha


def examined(*, alpha: bool) -> Examined:
    picture = Picture(
        index=0, codec="vp9", profile=None, level=None, pixel_format="yuv420p", coded_width=640, coded_height=360,
        width=640, height=360, pixel_aspect=1, rotation=0, frame_rate=25, constant=True, interlaced=False,
        colour=Colour(), start=0, duration=4, frames=100, key_frame_every=4, edits=Edits.NONE, alpha=alpha,
    )  # fmt: skip
    return Examined(
        container="webm", bytes=9, origin=0, duration=4, picture=picture, sound=None, subtitles=(),
        index_at_front=True, title=None, created_at=None,
    )  # fmt: skip
