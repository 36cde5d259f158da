"""One contract for what vendors list: all of it, each once, and never half of it for the whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from app.avatars.base import KeyRefused, ProviderBusy, ProviderRefused
from app.avatars.catalogue import CatalogueNotOffered, Listed, ListingUnusable, Orientation, Readiness
from app.avatars.vendors.listing import MOST_PAGES, by_number, by_token
from app.avatars.vendors.looks import looks
from app.avatars.vendors.remote import Remote
from app.core.errors import TenexError
from tests.vendors.heygen import HeyGenSimulator
from tests.vendors.lists import did_voice, look, presenter, replica, scene_avatar
from tests.vendors.others import DIdSimulator, EngineSimulator, TavusSimulator
from tests.vendors.simulator import Simulator, serving
from tests.vendors.test_contract import PAIRS, Pair, connected

#: What each simulator lists from the start. None: the vendor has no such list.
AVATARS = {
    "heygen": {"look_1", "look_2", "look_3"},
    "d-id clip": {"clip:p_1", "clip:p_2", "clip:p_3", "scene:s_1"},
    "synthesia": None,
    "http": {"face.png", "look_1", "other.png"},
    "tavus": {"r_1", "r_2", "r_3"},
}
VOICES = {
    "heygen": {"voice_1", "voice_2"},
    "d-id clip": {"en-US-JennyNeural", "voice_1", "elevenlabs:v_1"},
    "synthesia": None,
    "http": {"voice_1"},
    "tavus": None,
}
LISTING = [name for name, known in AVATARS.items() if known is not None]


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def pair(name: str) -> Pair:
    return PAIRS[name]


@pytest.fixture
def vendor(pair: Pair) -> Iterator[Simulator]:
    with serving(pair.simulator(b"")) as simulator:
        yield simulator


@pytest.fixture
def adapter(pair: Pair, vendor: Simulator) -> Remote:
    return connected(pair, vendor.url)


def all_of(rows: AsyncIterator[Any]) -> list[Any]:
    async def gather() -> list[Any]:
        return [row async for row in rows]

    return asyncio.run(gather())


def one(rows: AsyncIterator[Listed], id_: str) -> Listed:
    return next(row for row in all_of(rows) if row.id == id_)


@pytest.mark.parametrize("name", AVATARS, indirect=True)
def test_every_page_is_read_and_what_is_not_offered_is_said_plainly(name: str, adapter: Remote) -> None:
    known = adapter.capabilities
    for expected, offered, listed in (
        (AVATARS[name], known.lists_avatars, adapter.list_avatars),
        (VOICES[name], known.lists_voices, adapter.list_voices),
    ):
        assert offered is (expected is not None)
        if expected is None:
            with pytest.raises(CatalogueNotOffered, match="mine has no list"):
                listed()
            continue
        found = all_of(listed())
        assert sorted(row.id for row in found) == sorted(expected)
        assert all(row.name and row.readiness is Readiness.READY and not row.reason for row in found)


@pytest.mark.parametrize("name", LISTING, indirect=True)
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("blip", ProviderBusy),
        ("cut", ProviderBusy),
        ("page", ListingUnusable),
        ("mute", ListingUnusable),
        ("deep", ListingUnusable),
        ("repeats", ListingUnusable),
        ("forbidden", ProviderRefused),
    ],
)
@pytest.mark.parametrize("call", ["list", "list 2"])
def test_half_a_list_is_none(
    name: str, vendor: Simulator, adapter: Remote, fault: str, kind: type[TenexError], call: str
) -> None:
    vendor.faults[call] = [fault] * 20
    with pytest.raises(kind) as failed:
        all_of(adapter.list_avatars())
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize("name", LISTING, indirect=True)
def test_a_wrong_key_is_told_apart(pair: Pair, vendor: Simulator) -> None:
    with pytest.raises(KeyRefused, match=r"PUT /api/v1/videos/providers/mine"):
        all_of(connected(pair, vendor.url, "sk_wrong_key").list_avatars())


def test_looks_of_heygen() -> None:
    with serving(HeyGenSimulator(b"")) as vendor:
        vendor.lists["private looks"] = [
            look("own_1", "Me", status="completed", image_width=1072, image_height=1920, preferred_orientation=None),
            look("own_2", "Me, later", status="processing"),
            look("own_3", "Unasked", status="pending_consent"),
            look("own_4", "Blurred", status="failed", error={"code": "no_face", "message": "No face was found"}),
            look("own_5", "Odd", status="a_new_word", tags=None, image_width="wide", default_voice_id=None),
            {"id": 7, "name": "No id"},
        ]
        listed = {row.id: row for row in all_of(connected(PAIRS["heygen"], vendor.url).list_avatars())}
    assert (listed["look_1"].owned, listed["own_1"].owned) == (False, True)
    assert listed["look_1"].engines == ("avatar_iii", "avatar_iv")
    assert listed["look_1"].tags == ("business", "studio_avatar")
    assert (listed["look_1"].aspect_ratios, listed["look_1"].orientation) == (("16:9",), Orientation.LANDSCAPE)
    assert (listed["own_1"].aspect_ratios, listed["own_1"].orientation) == (("9:16",), Orientation.PORTRAIT)
    assert listed["look_1"].default_voice == "voice_1"
    assert listed["look_1"].preview_image_url == "https://files.example/look_1.webp?expires=1"
    told = {id_: (row.readiness, row.reason) for id_, row in listed.items() if id_.startswith("own")}
    assert told == {
        "own_1": (Readiness.READY, ""),
        "own_2": (Readiness.PROCESSING, "processing"),
        "own_3": (Readiness.PROCESSING, "pending_consent"),
        "own_4": (Readiness.FAILED, "no_face: No face was found"),
        "own_5": (Readiness.READY, ""),
    }
    odd = listed["own_5"]
    assert (odd.tags, odd.width, odd.default_voice) == (("studio_avatar",), None, None)


def test_heygen_says_that_there_is_more_and_not_where() -> None:
    async def ask(path: str) -> dict[str, Any]:
        return {"data": [], "has_more": True, "next_token": None}

    with pytest.raises(ListingUnusable, match="and not where"):
        all_of(looks(ask))


def test_presenters_and_voices_of_d_id() -> None:
    with serving(DIdSimulator(b"")) as vendor:
        vendor.lists["/clips/presenters"].append(presenter("p_9", "Mine", owner_id="google-oauth2|1", voice=None))
        vendor.lists["/scenes/avatars"] += [
            scene_avatar("s_2", "Later", status="training-started"),
            scene_avatar("s_3", "Never", status="rejected", error={"kind": "FaceError", "description": "Two faces"}),
        ]
        vendor.lists["/expressives/avatars"] = [{"id": "public_mia", "owner_id": "x", "name": "Mia", "sentiments": []}]
        vendor.lists["/tts/voices"].append(did_voice("own", "Me", "elevenlabs", access="private", languages=[]))
        adapter = connected(PAIRS["d-id clip"], vendor.url)
        listed = {row.id: row for row in all_of(adapter.list_avatars())}
        voices = {row.id: row for row in all_of(adapter.list_voices())}
    assert listed["clip:p_1"].default_voice == "elevenlabs:v_1"
    assert (listed["clip:p_1"].engines, listed["clip:p_1"].tags) == (("clip",), ("greenscreen",))
    assert {
        id_: row.owned for id_, row in listed.items() if id_ in ("clip:p_1", "clip:p_9", "expressive:public_mia")
    } == {
        "clip:p_1": False,
        "clip:p_9": True,
        "expressive:public_mia": False,
    }
    assert listed["scene:s_1"].default_voice is None  # whose voice that is, is not said
    assert (listed["scene:s_2"].readiness, listed["scene:s_2"].reason) == (Readiness.PROCESSING, "training-started")
    assert (listed["scene:s_3"].readiness, listed["scene:s_3"].reason) == (Readiness.FAILED, "FaceError: Two faces")
    assert voices["elevenlabs:v_1"].languages == ("en-US",)
    assert voices["elevenlabs:v_1"].engines == ("elevenlabs",)
    assert (voices["elevenlabs:v_1"].owned, voices["elevenlabs:own"].owned) == (False, True)


def test_a_product_that_a_plan_of_d_ids_does_not_include_has_no_avatars() -> None:
    class Lite(DIdSimulator):
        def catalogue(self, path: str, query: dict[str, list[str]], *, repeats: bool) -> Any:
            return None if path == "/scenes/avatars" else super().catalogue(path, query, repeats=repeats)

    with serving(Lite(b"")) as vendor:  # which says NotFoundError of a path it does not know
        found = all_of(connected(PAIRS["d-id clip"], vendor.url).list_avatars())
    assert {row.id for row in found} == {"clip:p_1", "clip:p_2", "clip:p_3"}


def test_replicas_of_tavus_whether_its_pages_begin_at_0_or_at_1() -> None:
    class FromOne(TavusSimulator):
        def catalogue(self, path: str, query: dict[str, list[str]], *, repeats: bool) -> Any:
            page = max(int(query.get("page", ["1"])[0]) - 1, 0)
            return super().catalogue(path, query | {"page": [str(page)]}, repeats=repeats)

    for simulator in (TavusSimulator, FromOne):
        with serving(simulator(b"")) as vendor:
            vendor.lists["user"] = [
                replica("own_1", "Me", status="started", training_progress="40/100"),
                replica("own_2", "Dark", status="error", error_message="Too dark"),
            ]
            listed = {row.id: row for row in all_of(connected(PAIRS["tavus"], vendor.url).list_avatars())}
        assert listed.keys() == {"r_1", "r_2", "r_3", "own_1", "own_2"}
        assert (listed["r_3"].engines, listed["r_3"].owned) == (("phoenix-3",), False)
        assert (listed["own_1"].readiness, listed["own_1"].reason) == (Readiness.PROCESSING, "started, 40/100")
        assert (listed["own_2"].readiness, listed["own_2"].reason) == (Readiness.FAILED, "Too dark")


def test_an_engine_of_ones_own_tells_what_it_likes_or_nothing() -> None:
    with serving(EngineSimulator(b"")) as vendor:
        adapter = connected(PAIRS["http"], vendor.url)
        vendor.lists["avatars"] = [
            {"id": "a", "aspect_ratios": ["9:16"], "default_voice": "voice_1", "preview_image_url": "/a.png"},
            {"id": "b", "owned": False, "status": "failed", "reason": "no GPU", "width": 512, "height": 512},
        ]
        a, b = (one(adapter.list_avatars(), id_) for id_ in "ab")
        del vendor.lists["voices"]
        with pytest.raises(CatalogueNotOffered, match="GET /voices, which it need not"):
            all_of(adapter.list_voices())
    assert (a.name, a.owned, a.aspect_ratios, a.default_voice) == ("a", True, ("9:16",), "voice_1")
    assert a.preview_image_url == f"{vendor.url}/a.png"
    assert (b.owned, b.readiness, b.reason, b.orientation) == (False, Readiness.FAILED, "no GPU", Orientation.SQUARE)


def test_pages_that_do_not_end_are_given_up() -> None:
    asked: list[str] = []

    async def ask(path: str) -> dict[str, Any]:
        asked.append(path)
        return {"rows": [{"id": f"row-{len(asked)}"}], "token": f"page {len(asked)} &", "total": 1_000_000}

    with pytest.raises(ListingUnusable, match=f"more than {MOST_PAGES} pages"):
        all_of(by_token(ask, "/list?a=1", rows="rows", following=lambda told: told["token"]))
    assert asked[1] == "/list?a=1&token=page%201%20%26"
    with pytest.raises(ListingUnusable, match=f"more than {MOST_PAGES} pages"):
        all_of(by_number(ask, "/list?a=1", rows="rows", total="total", key="id"))
    assert len(asked) == 2 * MOST_PAGES
