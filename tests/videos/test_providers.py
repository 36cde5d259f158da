"""Accounts with avatar providers: added, tested, given other keys and removed, and their keys never seen again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.bootstrap import build_services
from app.core.settings import Settings
from app.core.vault import Unsealable
from app.modules.videos.models import ProviderAccount
from tests.site import furnish
from tests.vendors.heygen import HeyGenSimulator
from tests.vendors.simulator import KEY, serving
from tests.videos.installation import Caller, Installation, installed

WRONG = "sk_V2_wrong_0000"


@pytest.fixture
def vendor() -> Iterator[HeyGenSimulator]:
    with serving(HeyGenSimulator(b"")) as simulator:
        yield simulator


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installation]:
    with installed(furnish(tmp_path / "data"), private_sources="127.0.0.1") as made:
        yield made


@pytest.fixture
def owner(place: Installation) -> Caller:
    return place.caller()


def add(owner: Caller, vendor: HeyGenSimulator, **wanted: Any) -> dict[str, Any]:
    answer = owner.post("/providers", {"kind": "heygen", "key": KEY, "base_url": vendor.url} | wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_an_account_is_tested_when_it_is_added_and_its_key_stays_secret(
    owner: Caller, vendor: HeyGenSimulator, place: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    made = add(owner, vendor)
    assert (made["name"], made["status"], made["problem"]) == ("heygen", "working", None)
    assert (made["balance"], made["key_ends"]) == ("12.5 usd", "x7Qa")
    assert owner.get("/providers").json()["items"] == [made]
    assert owner.get("/providers/heygen").json() == made
    with place.services.database.read_scope() as session:
        stored = session.scalars(sa.select(ProviderAccount)).one()
        assert KEY not in str({column.key: getattr(stored, column.key) for column in ProviderAccount.__table__.columns})
    assert KEY not in str(made) + caplog.text + owner.get("/metrics").text


def test_a_key_that_is_refused_is_kept_and_says_so_until_another_comes(owner: Caller, vendor: HeyGenSimulator) -> None:
    failing = add(owner, vendor, key=WRONG)
    assert failing["status"] == "failing"
    assert "Send a good key: PUT /api/v1/videos/providers/heygen" in failing["problem"]
    assert WRONG not in failing["problem"]
    good = owner.call("PUT", "/providers/heygen", json={"key": KEY}).json()
    assert (good["status"], good["problem"], good["base_url"]) == ("working", None, vendor.url)
    vendor.key = "sk_rotated_there"
    assert owner.post("/providers/heygen/test").json()["status"] == "failing"


def test_two_accounts_of_a_kind_have_names_of_their_own(owner: Caller, vendor: HeyGenSimulator) -> None:
    add(owner, vendor)
    again = owner.post("/providers", {"kind": "heygen", "key": KEY, "base_url": vendor.url})
    assert (again.status_code, again.json()["code"]) == (409, "provider_exists")
    add(owner, vendor, name="heygen-team")
    assert [each["name"] for each in owner.get("/providers").json()["items"]] == ["heygen", "heygen-team"]
    assert owner.post("/providers", {"kind": "heygen", "key": KEY, "name": "studio"}).status_code == 409


def test_a_removed_account_is_gone_and_profiles_that_name_it_say_so(owner: Caller, vendor: HeyGenSimulator) -> None:
    add(owner, vendor)
    profile = {"name": "Ann", "provider": "heygen", "provider_avatar_id": "look_1", "voice_id": "voice_1"}
    avatar = owner.post("/avatars", profile).json()
    assert owner.delete("/providers/heygen").status_code == 204
    assert owner.get("/providers/heygen").json()["code"] == "provider_not_found"
    refused = owner.post("", {"script": "Hello.", "avatar_id": avatar["id"]})
    assert (refused.status_code, refused.json()["code"]) == (400, "provider_not_configured")
    assert owner.credits()["held"] == 0


def test_an_api_that_was_retired_is_off_until_the_operator_allows_it(
    owner: Caller, vendor: HeyGenSimulator, tmp_path: Path
) -> None:
    account = {"kind": "heygen-v2", "key": KEY, "base_url": vendor.url}
    refused = owner.post("/providers", account)
    assert refused.status_code == 400
    assert "kind heygen instead" in refused.text
    assert "TENEX_HEYGEN_V2" in refused.text
    with installed(furnish(tmp_path / "allowed"), private_sources="127.0.0.1", heygen_v2="true") as place:
        assert place.caller().post("/providers", account).status_code == 201


def test_another_workspace_neither_sees_nor_uses_it(
    owner: Caller, vendor: HeyGenSimulator, place: Installation
) -> None:
    add(owner, vendor)
    stranger = place.caller()
    assert stranger.get("/providers").json()["items"] == []
    profile = {"name": "Ann", "provider": "heygen", "provider_avatar_id": "look_1", "voice_id": "voice_1"}
    assert stranger.post("/avatars", profile).json()["code"] == "unknown_provider"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"key": "short"}, "one word of 8 to 1000"),
        ({"key": "two words of it"}, "one word of 8 to 1000"),
        ({"key": "line\nbreak-key"}, "one word of 8 to 1000"),
        ({"key": "schlüssel-und-so"}, "one word of 8 to 1000"),
        ({"kind": "nobody"}, "heygen"),
        ({"kind": "http", "base_url": None}, "Say where your engine is"),
        ({"name": "Not A Name"}, "pattern"),
        ({"base_url": "ftp://host.example"}, "cannot be fetched"),
        ({"base_url": "http://10.0.0.1/api"}, "private network"),
        ({"base_url": "http://169.254.169.254"}, "private network"),
        ({"base_url": "https://user:pass@host.example"}, "user name or password"),
        ({"base_url": "https://host.example/?a=1"}, "without a query"),
    ],
)
def test_what_cannot_be_used_is_refused(owner: Caller, wanted: dict[str, Any], words: str) -> None:
    answer = owner.post("/providers", {"kind": "heygen", "key": KEY, "base_url": "https://host.example"} | wanted)
    assert answer.status_code in (400, 422)
    assert words in answer.text
    assert str(wanted.get("key", KEY)) not in answer.text


def test_with_another_secret_the_key_cannot_be_read_and_nothing_else_suffers(
    owner: Caller, vendor: HeyGenSimulator, place: Installation
) -> None:
    add(owner, vendor)
    moved = Settings(data=place.services.platform.settings.data, secret="another secret, long enough for it")
    services = build_services(moved)
    try:
        known = services.platform.providers.of(owner.workspace_id)
        assert known["studio"].name == "studio"
        with pytest.raises(Unsealable, match="Bring the old secret back"):
            known["heygen"]
        with services.database.read_scope() as session:
            account = services.accounts_elsewhere.account(session, owner.workspace_id, "heygen")
        tested = asyncio.run(services.accounts_elsewhere.ask(account))
        assert "TENEX_SECRET" in str(tested.problem)
    finally:
        services.platform.close()
