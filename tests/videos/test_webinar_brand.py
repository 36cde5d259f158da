"""Asking for cards, lower thirds and a brand."""

from __future__ import annotations

from typing import Any

import pytest

from app.modules.videos.scenery import Brand, Card, Corner, LowerThird, TransitionKind
from tests.videos.installation import Caller, Installation
from tests.videos.test_webinars import SCRIPT, add_file, composition, deck_of, make, refused

CARD = {"title": "The third quarter", "subtitle": "Results"}
MAYA = {"name": "Maya Chen", "role": "Head of Product"}


@pytest.fixture
def deck(installation: Installation, caller: Caller) -> str:
    return deck_of(installation, caller, notes=["Good morning.", None])


def test_cards_stand_before_between_and_after_the_scenes(installation: Installation, caller: Caller, deck: str) -> None:
    scenes = [{"duration": 2}, {"card": CARD | {"duration": 2.5}, "title": "Part two"}, {"duration": 2}]
    video = make(caller, deck=deck, scenes=scenes, title_card={"title": "Welcome"}, end_card={"title": "Thank you"})
    made = composition(installation, video).scenes
    assert [scene.title for scene in made] == ["Welcome", "Page 1", "Part two", "Page 2", "Thank you"]
    assert [scene.duration_ms for scene in made] == [4000, 2000, 2500, 2000, 4000]
    assert made[2].card == Card(title="The third quarter", subtitle="Results")
    kinds = [scene.transition.kind for scene in made]
    assert kinds == [TransitionKind.CUT, *[TransitionKind.FADE] * 4]


def test_cards_take_no_page_and_no_slide_time(installation: Installation, caller: Caller, deck: str) -> None:
    host = installation.ready(caller)
    half = host["duration"] / 2
    scenes: list[dict[str, Any]] = [{"card": CARD}, {}, {"card": CARD}, {}]
    video = make(caller, deck=deck, scenes=scenes, recording={"video_id": host["id"], "slide_times": [0, half]})
    made = composition(installation, video).scenes
    assert [scene.recording is not None for scene in made] == [False, True, False, True]
    assert [scene.slide.sha256[-1] for scene in made if scene.slide] == ["1", "2"]


def test_the_lower_third_is_in_the_first_scene_with_a_host(
    installation: Installation, caller: Caller, deck: str
) -> None:
    video = make(caller, deck=deck, script=SCRIPT, avatar_id="maya", title_card=CARD, lower_third=MAYA)
    made = composition(installation, video).scenes
    third = LowerThird(name="Maya Chen", role="Head of Product", at_ms=1000, duration_ms=5000)
    assert [scene.lower_third for scene in made] == [None, third, None]
    scenes = [
        {"script": "Hello there.", "layout": {"arrangement": "slide"}},
        {"script": "And here I am.", "lower_third": {"name": "Ada", "at": 0.5, "duration": 2}},
    ]
    made = composition(installation, make(caller, deck=deck, scenes=scenes, avatar_id="maya", lower_third=MAYA)).scenes
    assert [scene.lower_third and scene.lower_third.name for scene in made] == [None, "Ada"]


def test_a_brand_says_only_what_differs(installation: Installation, caller: Caller, deck: str) -> None:
    logo = add_file(installation, caller, "image", {"width": 400, "height": 100}, name="logo.png")
    font = add_file(installation, caller, "font", {}, name="brand.otf")
    wanted = {"card": "#0B3954", "logo_id": logo, "font_id": font, "logo_corner": "top_left", "logo_size": 0.1}
    brand = composition(installation, make(caller, deck=deck, scenes=[{"duration": 2}], brand=wanted)).brand
    assert (brand.card, brand.accent, brand.ground) == ("#0B3954", Brand().accent, Brand().ground)
    assert (brand.logo_corner, brand.logo_size) == (Corner.TOP_LEFT, 100)
    assert brand.logo is not None
    assert brand.font is not None
    assert (brand.logo.width, brand.font.kind) == (400, "font")
    assert composition(installation, make(caller, deck=deck, scenes=[{"duration": 2}])).brand == Brand()


def test_the_workspaces_brand_is_that_of_its_webinars(
    installation: Installation, caller: Caller, stranger: Caller, deck: str
) -> None:
    logo = add_file(installation, caller, "image", {"width": 400, "height": 100}, name="logo.png")
    before = caller.get("/brand").json()
    assert (before["card"], before["logo_id"], before["logo_size"]) == (Brand().card, None, 0.07)
    wanted = {"card": "#0B3954", "logo_id": logo, "logo_size": 0.1}
    answer = caller.call("PUT", "/brand", json=wanted)
    assert (answer.status_code, answer.json()) == (200, before | wanted)
    assert caller.get("/brand").json() == before | wanted
    assert stranger.get("/brand").json() == before

    def brand(**of: Any) -> Brand:
        return composition(installation, make(caller, deck=deck, scenes=[{"duration": 2}], **of)).brand

    made = brand()
    assert (made.card, made.logo is not None, made.logo_size) == ("#0B3954", True, 100)
    made = brand(brand={"accent": "#112233", "logo_id": None, "card": None})
    assert (made.card, made.accent, made.logo, made.logo_size) == (Brand().card, "#112233", None, 100)
    again = caller.call("PUT", "/brand", json={"text": "#EEEEEE"}).json()
    assert again == before | {"text": "#EEEEEE"}, "the whole brand, not a part of it"
    assert caller.call("DELETE", "/brand").status_code == 204
    assert caller.call("DELETE", "/brand").status_code == 204
    assert caller.get("/brand").json() == before
    assert brand() == Brand()


def test_a_brand_that_cannot_be_used_is_not_stored(
    installation: Installation, caller: Caller, stranger: Caller, deck: str
) -> None:
    sound = add_file(installation, caller, "audio", {"duration_ms": 900}, name="bed.mp3")
    logo = add_file(installation, caller, "image", {"width": 400, "height": 100}, name="logo.png")
    before = caller.get("/brand").json()
    for wanted, status in (
        ({"card": "#FFFFF0"}, 400),
        ({"font_id": sound}, 400),
        ({"logo_id": "nothing"}, 404),
        ({"colour": "#000000"}, 422),
        ({"logo_corner": "auto"}, 422),
    ):
        assert caller.call("PUT", "/brand", json=wanted).status_code == status
    assert stranger.call("PUT", "/brand", json={"logo_id": logo}).status_code == 404
    assert caller.get("/brand").json() == before


def test_a_logo_that_was_deleted_is_said_to_be_missing(installation: Installation, caller: Caller, deck: str) -> None:
    logo = add_file(installation, caller, "image", {"width": 400, "height": 100}, name="logo.png")
    assert caller.call("PUT", "/brand", json={"logo_id": logo}).status_code == 200
    assert caller.call("DELETE", f"/files/{logo}").status_code == 204
    said = refused(caller, deck=deck, scenes=[{"duration": 2}])
    assert said.startswith(
        "A file of the workspace's brand, its logo or its font, was deleted. PUT /api/v1/videos/brand"
    )
    make(caller, deck=deck, scenes=[{"duration": 2}], brand={"logo_id": None})


def test_what_cannot_be_shown_is_refused_before_anything_is_paid(
    installation: Installation, caller: Caller, deck: str
) -> None:
    sound = add_file(installation, caller, "audio", {"duration_ms": 900}, name="bed.mp3")

    def of(**more: Any) -> str:
        return refused(caller, deck=deck, **({"scenes": [{"duration": 2}]} | more))

    assert of(lower_third=MAYA) == "The lower_third says who is seen, but no scene shows a host. Leave it out."
    assert "Text in #FFFFFF cannot be read on #FFFFF0: their contrast is 1.0 to 1" in of(brand={"card": "#FFFFF0"})
    assert "bed.mp3" in of(brand={"font_id": sound})
    assert "a file of kind font is needed" in of(brand={"font_id": sound})
    assert "a file of kind image is needed" in of(brand={"logo_id": sound})
    both = of(scenes=[{"duration": 2}, {"card": CARD, "duration": 3, "script": "Hello."}])
    assert both == "Scene 2 (“The third quarter”): it is a card, which stands alone: leave out its duration, script."
    late = of(scenes=[{"duration": 2, "lower_third": MAYA}])
    assert "Scene 1 (“Page 1”): the lower third of Maya Chen is to be seen from 1 s on, but the scene lasts 2 s" in late


@pytest.mark.parametrize(
    "wanted",
    [
        {"title_card": {"title": ""}},
        {"title_card": {"title": "  \u200d"}},
        {"title_card": {"title": "a\x07b"}},
        {"title_card": {"title": "two\nlines"}},
        {"title_card": {"title": "\u202ereversed"}},
        {"title_card": {"title": "x" * 10_000}},
        {"title_card": {"title": "x", "subtitle": "x" * 10_000}},
        {"end_card": {"title": "x", "duration": 0.1}},
        {"lower_third": {"name": "x" * 81}},
        {"lower_third": {"name": "x", "duration": 0.5}},
        {"brand": {"card": "blue"}},
        {"brand": {"logo_corner": "auto"}},
        {"brand": {"logo_size": 0.9}},
        {"brand": {"colour": "#000000"}},
    ],
    ids=str,
)
def test_hostile_words_and_values_are_refused(caller: Caller, wanted: dict[str, Any]) -> None:
    assert caller.post("/webinars", {"scenes": [{"duration": 2}]} | wanted).status_code == 422


def test_words_of_every_script_are_taken(installation: Installation, caller: Caller, deck: str) -> None:
    for title in ("می‌خواهم", "第三四半期", "👩‍💻 Launch", "नमस्ते", "e\u0301"):
        video = make(caller, deck=deck, scenes=[{"duration": 2}], title_card={"title": title})
        assert composition(installation, video).scenes[0].title in (title, "é")
