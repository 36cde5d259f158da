"""What providers list: brought up to date as a whole or not at all, filtered, and asked before anything is rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from app.core.clock import utc_now
from app.modules.videos.providers.catalogues import MOST_ENTRIES, Catalogues
from tests.vendors.heygen import HeyGenSimulator
from tests.vendors.lists import heygen_voice, look
from tests.vendors.others import DIdSimulator, EngineSimulator, SynthesiaSimulator, TavusSimulator
from tests.vendors.simulator import KEY, Simulator, serving
from tests.videos.installation import Caller, Installation, installed

SimulatorT = TypeVar("SimulatorT", bound=Simulator)
Vendors = Callable[[type[SimulatorT]], SimulatorT]
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("catalogue"), private_sources="127.0.0.1") as made:
        yield made


@pytest.fixture
def owner(place: Installation) -> Caller:
    return place.caller()


@pytest.fixture
def vendors() -> Iterator[Vendors[Any]]:
    with ExitStack() as stack:
        yield lambda kind: stack.enter_context(serving(kind(b"")))


@pytest.fixture
def heygen(vendors: Vendors[HeyGenSimulator]) -> HeyGenSimulator:
    vendor = vendors(HeyGenSimulator)
    vendor.lists["private looks"] = [
        look(
            "own_1", "Zoë at home", gender=None, preferred_orientation="portrait", image_width=1080, image_height=1920
        ),
        look("own_2", "Zoë later", status="processing"),
    ]
    vendor.lists["public voices"] += [heygen_voice("voice_3", "Emi", language="ja-JP")]
    return vendor


def add(owner: Caller, vendor: Simulator, kind: str = "heygen") -> dict[str, Any]:
    answer = owner.post("/providers", {"kind": kind, "key": KEY, "base_url": vendor.url})
    assert answer.status_code == 201, answer.text
    return answer.json()


def sync(owner: Caller, provider: str = "heygen") -> dict[str, Any]:
    answer = owner.post(f"/providers/{provider}/catalogue/sync")
    assert answer.status_code == 200, answer.text
    return answer.json()


def avatars(owner: Caller, provider: str = "heygen", **wanted: Any) -> list[str]:
    return [each["id"] for each in listed(owner, "avatars", provider, **wanted)]


def listed(owner: Caller, kind: str = "avatars", provider: str = "heygen", **wanted: Any) -> list[dict[str, Any]]:
    answer = owner.get(f"/providers/{provider}/{kind}", **wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def profile(owner: Caller, avatar: str = "look_1", provider: str = "heygen", **wanted: Any) -> Any:
    body = {"name": "Ann", "provider": provider, "provider_avatar_id": avatar, "voice_id": "voice_1"} | wanted
    return owner.post("/avatars", {name: value for name, value in body.items() if value is not None})


# listing -------------------------------------------------------------------------------------------------------------


def test_an_account_is_asked_for_its_avatars_and_voices_when_it_is_added(
    owner: Caller, heygen: HeyGenSimulator
) -> None:
    catalogue = add(owner, heygen)["catalogue"]
    assert [(catalogue[kind]["status"], catalogue[kind]["count"]) for kind in ("avatars", "voices")] == [
        ("listed", 5),
        ("listed", 3),
    ]
    assert owner.get("/providers/heygen").json()["catalogue"] == catalogue
    ann = next(each for each in listed(owner) if each["id"] == "look_1")
    assert ann == {
        "id": "look_1",
        "name": "Ann in the office",
        "owned": False,
        "gender": "female",
        "tags": ["business", "studio_avatar"],
        "engines": ["avatar_iii", "avatar_iv"],
        "usable": True,
        "readiness": "ready",
        "reason": None,
        "first_seen_at": catalogue["avatars"]["verified_at"],
        "verified_at": catalogue["avatars"]["verified_at"],
        "gone_at": None,
        "orientation": "landscape",
        "aspect_ratios": ["16:9"],
        "width": 1920,
        "height": 1080,
        "default_voice_id": "voice_1",
        "preview_image_url": "https://files.example/look_1.webp?expires=1",
        "preview_video_url": "https://files.example/look_1.mp4?expires=1",
    }


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["look_1", "look_2", "look_3", "own_1", "own_2"]),
        ({"q": "ann"}, ["look_1", "look_2"]),
        ({"q": "OFF an"}, ["look_1"]),
        ({"q": "zoe"}, ["own_1", "own_2"]),
        ({"q": "ffice"}, []),
        ({"gender": "Female"}, ["look_1", "look_2", "look_3", "own_2"]),
        ({"engine": "avatar_iv"}, ["look_1", "look_2", "look_3", "own_1", "own_2"]),
        ({"engine": "avatar_i"}, []),
        ({"engine": "avatar_v"}, []),
        ({"engine": "avatar%"}, []),
        ({"aspect_ratio": "9:16"}, ["own_1"]),
        ({"orientation": "landscape"}, ["look_1", "look_2", "look_3", "own_2"]),
        ({"owned": True}, ["own_1", "own_2"]),
        ({"owned": False, "q": "bo"}, ["look_3"]),
        ({"usable": True}, ["look_1", "look_2", "look_3", "own_1"]),
        ({"usable": False}, ["own_2"]),
    ],
)
def test_avatars_are_found_by_each_field(
    owner: Caller, heygen: HeyGenSimulator, wanted: dict[str, Any], found: list[str]
) -> None:
    add(owner, heygen)
    assert avatars(owner, **wanted) == found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["voice_1", "voice_2", "voice_3"]),
        ({"language": "english"}, ["voice_1", "voice_2"]),
        ({"language": "ja"}, ["voice_3"]),
        ({"language": "JA_jp"}, ["voice_3"]),
        ({"language": "j"}, []),
        ({"gender": "male"}, ["voice_2"]),
        ({"q": "cla"}, ["voice_1"]),
        ({"owned": True}, []),
    ],
)
def test_voices_are_found_by_each_field(
    owner: Caller, heygen: HeyGenSimulator, wanted: dict[str, Any], found: list[str]
) -> None:
    add(owner, heygen)
    assert [each["id"] for each in listed(owner, "voices", **wanted)] == found


def test_pages_hold_each_once_and_a_cursor_is_good_for_its_own_list(owner: Caller, heygen: HeyGenSimulator) -> None:
    heygen.lists["public looks"] = [look(f"twin_{number}", "Twin") for number in range(7)]
    heygen.lists["private looks"] = []
    add(owner, heygen)
    found, cursor = list[str](), None
    while True:
        page = owner.get("/providers/heygen/avatars", limit=3, **({"cursor": cursor} if cursor else {})).json()
        found += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
    assert found == [f"twin_{number}" for number in range(7)]
    elsewhere = owner.get("/providers/heygen/voices", cursor=cursor)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (400, "invalid_cursor")


def test_another_workspace_neither_sees_nor_syncs_it(
    owner: Caller, heygen: HeyGenSimulator, place: Installation
) -> None:
    add(owner, heygen)
    stranger = place.caller()
    for answer in (
        stranger.post("/providers/heygen/catalogue/sync"),
        stranger.get("/providers/heygen/avatars"),
        stranger.get("/providers/heygen/voices"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "provider_not_found")


# what does not come --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "words"), [("blip", "heygen"), ("repeats", "hands out one cursor twice"), ("page", "without its list")]
)
def test_a_list_that_fails_half_way_changes_nothing(
    owner: Caller, heygen: HeyGenSimulator, fault: str, words: str
) -> None:
    before = add(owner, heygen)["catalogue"]["avatars"]
    shown = listed(owner)
    heygen.lists["public voices"].pop()  # one page
    heygen.lists["public looks"] = [*heygen.lists["public looks"][:1], look("look_9", "New"), look("look_8", "Newer")]
    heygen.faults["list 2"] = [fault] * 9
    after = sync(owner)
    assert words in after["avatars"]["problem"]
    assert (after["avatars"]["verified_at"], after["avatars"]["count"]) == (before["verified_at"], 5)
    assert (after["voices"]["problem"], after["voices"]["gone"]) == (None, 1)
    assert listed(owner, include_gone=True) == shown
    heygen.faults.clear()
    assert sync(owner)["avatars"] | {"verified_at": 0, "tried_at": 0} == {
        "status": "listed",
        "count": 5,
        "gone": 2,
        "verified_at": 0,
        "tried_at": 0,
        "problem": None,
    }


def test_a_slow_provider_holds_nobody_for_ever(owner: Caller, heygen: HeyGenSimulator, place: Installation) -> None:
    add(owner, heygen)
    heygen.faults["list"] = ["slow", "slow"]
    told = place.services.catalogues.sync(owner.workspace_id, "heygen", within_s=0.3)
    assert "within 0.3 s. Nothing was changed" in str(told.avatars.problem)
    assert len(avatars(owner)) == 5


def test_what_was_never_listed_refuses_nothing(owner: Caller, heygen: HeyGenSimulator) -> None:
    heygen.faults["list"] = ["blip"] * 2
    assert add(owner, heygen)["catalogue"]["avatars"]["status"] == "never"
    unknown = owner.get("/providers/heygen/avatars")
    assert (unknown.status_code, unknown.json()["code"]) == (409, "catalogue_not_synced")
    assert "heygen/catalogue/sync" in unknown.json()["detail"]
    made = profile(owner, "anybody", voice_id="any voice")
    assert (made.status_code, made.json()["problem"]) == (201, None)
    assert owner.post("", {"script": "Hello.", "avatar_id": made.json()["id"]}).status_code == 202
    sync(owner)
    assert owner.post("", {"script": "Hello.", "avatar_id": made.json()["id"]}).status_code == 202


def test_a_key_that_is_refused_is_not_used_to_list(owner: Caller, heygen: HeyGenSimulator) -> None:
    heygen.key = "sk_another"
    assert add(owner, heygen)["catalogue"]["avatars"]["status"] == "never"
    assert not [path for _, path, _ in heygen.asked if "looks" in path]
    assert "PUT /api/v1/videos/providers/heygen" in sync(owner)["avatars"]["problem"]


def test_providers_without_lists_say_so(owner: Caller, vendors: Vendors[Any]) -> None:
    assert add(owner, vendors(SynthesiaSimulator), "synthesia")["catalogue"]["avatars"]["status"] == "not_offered"
    for answer in (
        owner.post("/providers/synthesia/catalogue/sync"),
        owner.get("/providers/synthesia/avatars"),
        owner.get("/providers/synthesia/voices"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "catalogue_not_offered")
        assert "only shows when something is rendered" in answer.json()["detail"]
    assert profile(owner, "anna", "synthesia", background="green_screen").status_code == 201
    tavus = add(owner, vendors(TavusSimulator), "tavus")["catalogue"]
    assert (tavus["avatars"]["status"], tavus["voices"]["status"]) == ("listed", "not_offered")
    assert avatars(owner, "tavus", engine="phoenix-3") == ["r_3"]


def test_an_engine_may_offer_lists_and_stop(owner: Caller, vendors: Vendors[Any]) -> None:
    engine = vendors(EngineSimulator)
    add(owner, engine, "http")
    assert avatars(owner, "http") == ["face.png", "look_1", "other.png"]
    assert profile(owner, "nobody", "http").json()["code"] == "unlisted_avatar"
    engine.lists.clear()
    assert owner.post("/providers/http/catalogue/sync").json()["code"] == "catalogue_not_offered"
    assert owner.get("/providers/http").json()["catalogue"]["avatars"]["status"] == "not_offered"
    assert profile(owner, "nobody", "http").status_code == 201


def test_a_list_without_measure_is_not_kept(owner: Caller, vendors: Vendors[Any]) -> None:
    class Endless(EngineSimulator):
        def catalogue(self, path: str, query: dict[str, list[str]], *, repeats: bool) -> Any:
            return {"avatars": [{"id": str(number)} for number in range(MOST_ENTRIES + 1)], "voices": []}

    listed_as = add(owner, vendors(Endless), "http")["catalogue"]["avatars"]
    assert listed_as["status"] == "never"
    assert f"more than {MOST_ENTRIES}" in listed_as["problem"]


# profiles ------------------------------------------------------------------------------------------------------------


def test_an_avatar_that_is_not_listed_is_refused_with_those_that_are_close(
    owner: Caller, heygen: HeyGenSimulator
) -> None:
    add(owner, heygen)
    refused = profile(owner, "look_11").json()
    assert refused["code"] == "unlisted_avatar"
    assert refused["close"][0] == "look_1"
    assert "Did you mean “look_1” (Ann in the office)" in refused["detail"]
    assert "POST /api/v1/videos/providers/heygen/catalogue/sync" in refused["detail"]
    assert profile(owner, "ann in the ofice").json()["close"] == ["look_1"]
    assert profile(owner, "% _").json()["close"] == []
    voiceless = profile(owner, voice_id="voice_7").json()
    assert (voiceless["code"], "voice_1" in voiceless["close"]) == ("unlisted_voice", True)
    made = profile(owner).json()
    for change in ({"provider_avatar_id": "look_11"}, {"voice_id": "voice_7"}):
        assert owner.patch(f"/avatars/{made['id']}", change).status_code == 400
    assert owner.get(f"/avatars/{made['id']}").json()["provider_avatar_id"] == "look_1"


def test_a_voice_that_is_left_out_is_the_avatars_own(owner: Caller, heygen: HeyGenSimulator) -> None:
    heygen.lists["public looks"].append(look("look_4", "Mute", default_voice_id=None))
    add(owner, heygen)
    assert profile(owner, voice_id=None).json()["voice_id"] == "voice_1"
    assert profile(owner, "look_4", voice_id=None).json()["code"] == "voice_needed"


def test_photographs_for_d_id_are_never_looked_up_and_its_own_voices_have_two_spellings(
    owner: Caller, vendors: Vendors[Any]
) -> None:
    add(owner, vendors(DIdSimulator), "d-id")
    photograph = profile(owner, "https://host.example/face.jpg", "d-id", voice_id="microsoft:en-US-JennyNeural")
    assert (photograph.status_code, photograph.json()["problem"]) == (201, None)
    assert profile(owner, "clip:p_1", "d-id", voice_id=None).json()["voice_id"] == "elevenlabs:v_1"
    assert profile(owner, "clip:nobody", "d-id").json()["code"] == "unlisted_avatar"
    assert [each["id"] for each in listed(owner, "voices", "d-id", engine="elevenlabs")] == ["elevenlabs:v_1"]


def test_with_studio_before_it_an_avatar_is_looked_up_as_what_it_is(owner: Caller, heygen: HeyGenSimulator) -> None:
    add(owner, heygen)
    assert profile(owner, "studio:nobody").json()["code"] == "unlisted_avatar"
    made = profile(owner, "studio:look_1")
    assert (made.status_code, made.json()["problem"]) == (201, None)
    heygen.lists["public looks"].pop(0)
    sync(owner)
    refused = owner.post("", {"script": "Hello.", "avatar_id": made.json()["id"]})
    assert (refused.status_code, refused.json()["code"]) == (400, "avatar_gone")
    assert "any more" in owner.get(f"/avatars/{made.json()['id']}").json()["problem"]


def test_a_vanished_avatar_says_so_before_a_render_is_accepted(owner: Caller, heygen: HeyGenSimulator) -> None:
    add(owner, heygen)
    made = profile(owner).json()
    seen = next(each for each in listed(owner) if each["id"] == "look_1")
    heygen.lists["public looks"].pop(0)
    after = sync(owner)["avatars"]
    assert (after["count"], after["gone"]) == (4, 1)
    assert "look_1" not in avatars(owner)
    gone = next(each for each in listed(owner, include_gone=True) if each["id"] == "look_1")
    assert gone == seen | {"usable": False, "gone_at": after["verified_at"]}
    scene = {"script": "Hello.", "avatar_id": made["id"]}
    for refused in (owner.post("", scene), owner.post("/webinars", {"title": "W", "scenes": [scene]})):
        assert (refused.status_code, refused.json()["code"]) == (400, "avatar_gone")
        assert "does not list the avatar “look_1” (Ann in the office) any more" in refused.json()["detail"]
        assert seen["verified_at"][:10] in refused.json()["detail"]
        assert "Choose another avatar" in refused.json()["detail"]
    assert owner.credits()["held"] == 0
    assert owner.get().json()["items"] == []
    shown = owner.get(f"/avatars/{made['id']}").json()
    assert "any more" in shown["problem"]
    assert owner.get("/avatars").json()["items"][0] == shown
    assert owner.patch(f"/avatars/{made['id']}", {"name": "Ann, gone"}).json()["name"] == "Ann, gone"
    assert profile(owner).json()["code"] == "avatar_gone"
    heygen.lists["public looks"].append(look("look_1", "Ann in the office"))
    sync(owner)
    back = next(each for each in listed(owner) if each["id"] == "look_1")
    assert (back["gone_at"], back["first_seen_at"]) == (None, seen["first_seen_at"])
    assert owner.get(f"/avatars/{made['id']}").json()["problem"] is None
    assert owner.post("", scene).status_code == 202


def test_an_avatar_that_is_not_ready_can_have_its_profile_and_no_render_yet(
    owner: Caller, heygen: HeyGenSimulator
) -> None:
    add(owner, heygen)
    made = profile(owner, "own_2").json()
    assert "has not finished the avatar “own_2” (Zoë later): processing" in made["problem"]
    refused = owner.post("", {"script": "Hello.", "avatar_id": made["id"]})
    assert (refused.status_code, refused.json()["code"]) == (400, "avatar_not_usable")
    heygen.lists["private looks"][1]["status"] = "completed"
    assert owner.post("/providers/heygen/test").json()["catalogue"]["avatars"]["count"] == 5
    assert owner.post("", {"script": "Hello.", "avatar_id": made["id"]}).status_code == 202


def test_what_was_said_already_can_have_other_captions_without_its_avatar(
    owner: Caller, heygen: HeyGenSimulator, place: Installation
) -> None:
    add(owner, heygen)
    video = place.ready(owner, avatar_id=profile(owner).json()["id"])
    heygen.lists["public looks"].pop(0)
    sync(owner)
    for change in ({"aspect_ratio": "9:16"}, {"script": "Something else."}, {"voice_id": "voice_2"}):
        assert owner.post(f"/{video['id']}/renders", change).json()["code"] == "avatar_gone"
    same = {"captions": "burned", "voice_id": "voice_1", "avatar_id": video["avatar_id"]}
    assert owner.post(f"/{video['id']}/renders", same).status_code == 202


def test_a_removed_account_is_told_in_its_profiles_and_takes_its_catalogue_along(
    owner: Caller, heygen: HeyGenSimulator
) -> None:
    add(owner, heygen)
    made = profile(owner).json()
    owner.delete("/providers/heygen")
    assert "no avatar provider heygen here any more" in owner.get(f"/avatars/{made['id']}").json()["problem"]
    heygen.faults["list"] = ["blip"] * 2
    assert add(owner, heygen)["catalogue"]["avatars"]["status"] == "never"


def test_another_address_is_another_catalogue_and_another_key_is_not(owner: Caller, vendors: Vendors[Any]) -> None:
    first, second = vendors(HeyGenSimulator), vendors(HeyGenSimulator)
    add(owner, first)
    first.faults["list"] = ["blip"] * 2
    kept = owner.call("PUT", "/providers/heygen", json={"key": KEY}).json()["catalogue"]["avatars"]
    assert (kept["status"], kept["count"]) == ("listed", 3)
    second.faults["list"] = ["blip"] * 2
    moved = owner.call("PUT", "/providers/heygen", json={"key": KEY, "base_url": second.url}).json()
    assert moved["catalogue"]["avatars"]["status"] == "never"


# at once, and by itself ----------------------------------------------------------------------------------------------


def test_two_syncs_at_once_agree(owner: Caller, heygen: HeyGenSimulator) -> None:
    add(owner, heygen)
    heygen.lists["public looks"] = [look(f"fresh_{number}", f"Fresh {number}") for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: owner.post("/providers/heygen/catalogue/sync"), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    catalogue = owner.get("/providers/heygen").json()["catalogue"]["avatars"]
    assert (catalogue["count"], catalogue["gone"], catalogue["problem"]) == (42, 3, None)
    assert len(avatars(owner, limit=200)) == 42


def test_a_list_is_asked_for_again_when_it_is_a_day_old(
    owner: Caller, heygen: HeyGenSimulator, place: Installation
) -> None:
    add(owner, heygen)
    database, connector = place.services.database, place.services.catalogues.connector
    now = utc_now()
    keeper = Catalogues(database=database, connector=connector, clock=lambda: now)
    heygen.lists["public looks"] = []
    keeper.refresh(DAY)
    assert len(avatars(owner)) == 5
    now += DAY
    keeper.refresh(DAY, lambda: False)
    assert len(avatars(owner)) == 5
    assert keeper.refresh(DAY) > 0
    assert avatars(owner) == ["own_1", "own_2"]
    asked = len(heygen.asked)
    keeper.refresh(DAY)
    assert len(heygen.asked) == asked


def test_a_list_that_does_not_come_is_not_asked_for_all_the_time(
    owner: Caller, heygen: HeyGenSimulator, place: Installation
) -> None:
    heygen.faults["list"] = ["blip"] * 4
    add(owner, heygen)
    now = utc_now()
    keeper = Catalogues(
        database=place.services.database, connector=place.services.catalogues.connector, clock=lambda: now
    )
    keeper.refresh(DAY)
    assert len(heygen.faults["list"]) == 2
    now += timedelta(minutes=16)
    keeper.refresh(DAY)
    assert heygen.faults["list"] == []
