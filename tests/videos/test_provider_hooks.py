"""Calls of providers at our door: who is let in, and what becomes of it."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from httpx2 import Response

from app.core.clock import utc_now
from app.core.ids import new_id
from app.modules.videos.models import TakeIntent, TakeStatus
from tests.site import furnish
from tests.vendors.heygen import HeyGenSimulator
from tests.vendors.simulator import KEY, serving
from tests.videos.installation import Caller, Installation, installed

SECRET = "whsec_of_this_account"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installation]:
    with installed(furnish(tmp_path / "data"), private_sources="127.0.0.1") as made:
        yield made


@pytest.fixture
def vendor() -> Iterator[HeyGenSimulator]:
    with serving(HeyGenSimulator(b"")) as simulator:
        yield simulator


@pytest.fixture
def owner(place: Installation, vendor: HeyGenSimulator) -> Caller:
    caller = place.caller()
    added = caller.post("/providers", {"kind": "heygen", "key": KEY, "base_url": vendor.url})
    assert added.status_code == 201, added.text
    return caller


def address(owner: Caller) -> str:
    return urlsplit(owner.get("/providers/heygen").json()["hook_url"]).path


def call(owner: Caller, path: str, body: bytes, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return owner.client.post(path, content=body, headers={"Content-Type": "application/json"} | named)


def signed(body: bytes, secret: str = SECRET, moment: float | None = None) -> dict[str, str]:
    signature = hmac.new(secret.encode(), body, "sha256").hexdigest()
    return {"heygen_signature": signature, "heygen_timestamp": str(int(moment or time.time()))}


def about(video_id: str, ref: str = "") -> bytes:
    told = {"event_type": "avatar_video.success", "event_data": {"video_id": video_id, "callback_id": ref}}
    return json.dumps(told).encode()


def intent(place: Installation, owner: Caller, **values: Any) -> str:
    moment = utc_now() - timedelta(minutes=1)
    made = TakeIntent(
        **{"id": new_id(), "workspace_id": owner.workspace_id, "fingerprint": new_id(), "attempt": 1}
        | {"job_id": new_id(), "provider": "heygen", "provider_id": "v_1", "status": TakeStatus.SUBMITTED}
        | {"created_at": moment, "updated_at": moment}
        | values
    )
    with place.services.database.session_scope() as session:
        session.add(made)
    return made.id


def noticed(place: Installation, intent_id: str) -> bool:
    with place.services.database.read_scope() as session:
        return session.get_one(TakeIntent, intent_id).noticed_at is not None


def test_a_call_about_a_take_is_noted_however_often_it_comes(place: Installation, owner: Caller) -> None:
    mine, other = intent(place, owner), intent(place, owner, provider_id="v_2")
    for _ in range(2):
        assert call(owner, address(owner), about("v_1")).status_code == 204
    assert noticed(place, mine)
    assert not noticed(place, other)


def test_a_call_that_comes_before_the_answer_to_the_request_is_known_by_its_reference(
    place: Installation, owner: Caller
) -> None:
    mine = intent(place, owner, provider_id=None, status=TakeStatus.SUBMITTING)
    assert call(owner, address(owner), about("v_9", mine)).status_code == 204
    assert noticed(place, mine)


def test_late_calls_and_those_about_unknown_takes_change_nothing(place: Installation, owner: Caller) -> None:
    done = intent(place, owner, status=TakeStatus.READY)
    assert call(owner, address(owner), about("v_1")).status_code == 204
    assert call(owner, address(owner), about("v_404")).status_code == 204
    assert call(owner, address(owner), b'{"event_type": "photo_avatar_train.success"}').status_code == 204
    assert not noticed(place, done)


def test_with_a_secret_only_signed_calls_are_let_in(place: Installation, owner: Caller) -> None:
    mine = intent(place, owner)
    shown = owner.patch("/providers/heygen", {"hook_secret": SECRET}).json()
    assert shown["hook_signed"]
    assert SECRET not in json.dumps(shown)
    body = about("v_1")
    for headers in (
        {},
        signed(body, "whsec_of_another"),
        signed(about("v_2")),
        signed(body, moment=time.time() - 3600),
    ):
        refused = call(owner, address(owner), body, **headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "call_not_signed")
    assert not noticed(place, mine)
    assert call(owner, address(owner), body, **signed(body)).status_code == 204
    assert noticed(place, mine)


def test_an_address_that_was_guessed_leads_nowhere(place: Installation, owner: Caller) -> None:
    mine, right = intent(place, owner), address(owner)
    token = right.rpartition("/")[2]
    stranger = place.caller()
    for path in (
        right[:-2] + ("00" if right[-2:] != "00" else "11"),
        right.replace(token, "zz"),
        right.replace(token, ""),
        right.replace("/heygen/", "/tavus/"),
        right.replace(owner.workspace_id, stranger.workspace_id),
    ):
        assert call(owner, path, about("v_1")).status_code == 404
    assert not noticed(place, mine)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"<html>", b"x" * 10_000])
def test_what_is_no_json_is_refused(owner: Caller, body: bytes) -> None:
    assert call(owner, address(owner), body).status_code == 400


@pytest.mark.parametrize("body", [b"[]", b"null", b"7", b'"v_1"', b'{"event_data": ["v_1"]}'])
def test_json_of_another_shape_is_about_nothing(owner: Caller, body: bytes) -> None:
    assert call(owner, address(owner), body).status_code == 204


def test_the_address_changes_when_the_account_is_added_anew(
    place: Installation, owner: Caller, vendor: HeyGenSimulator
) -> None:
    before = address(owner)
    assert owner.call("DELETE", "/providers/heygen").status_code == 204
    assert call(owner, before, about("v_1")).status_code == 404
    owner.post("/providers", {"kind": "heygen", "key": KEY, "base_url": vendor.url})
    assert address(owner) != before


def test_what_is_agreed_is_shown_and_can_be_taken_back(owner: Caller) -> None:
    usual = owner.get("/providers/heygen").json()
    assert (usual["most_at_once"], usual["most_per_minute"], usual["usd_per_minute"]) == (10, 0, 4.0)
    agreed = owner.patch("/providers/heygen", {"most_at_once": 20, "usd_per_minute": 3.5}).json()
    assert (agreed["most_at_once"], agreed["most_per_minute"], agreed["usd_per_minute"]) == (20, 0, 3.5)
    again = owner.patch("/providers/heygen", {"usd_per_minute": None}).json()
    assert (again["most_at_once"], again["usd_per_minute"]) == (20, 4.0)
    for wrong in ({"most_at_once": -1}, {"usd_per_minute": "much"}, {"hook_secret": "short"}, {"color": "red"}):
        assert owner.patch("/providers/heygen", wrong).status_code == 422


def test_an_account_whose_takes_are_under_way_is_not_removed(place: Installation, owner: Caller) -> None:
    video = owner.post("", {"script": "Hello.", "avatar_id": "maya"}).json()
    intent(place, owner, job_id=video["render"]["id"])
    refused = owner.call("DELETE", "/providers/heygen")
    assert (refused.status_code, refused.json()["code"]) == (409, "provider_in_use")
    owner.post(f"/renders/{video['render']['id']}/cancel")
    assert owner.call("DELETE", "/providers/heygen").status_code == 204
