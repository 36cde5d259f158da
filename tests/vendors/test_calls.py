"""One contract for every vendor's calls, over HTTP at the door they are meant for: a call wakes, and decides nothing.

A take is asked for by its adapter as the pipeline does it; ``noticed``: that it will be looked for sooner.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from app.avatars.base import TakeState
from app.core.clock import utc_now
from app.core.ids import new_id
from app.modules.videos.models import TakeIntent, TakeStatus
from app.modules.videos.providers.kinds import VENDORS, Kind
from tests.faults.scene import wait_until
from tests.vendors.calls import HOUR_S, OUTSIDE, SECRET
from tests.vendors.simulator import KEY, Simulator, serving
from tests.vendors.test_contract import PAIRS, Pair
from tests.vendors.test_hooks import VECTORS
from tests.videos.installation import Caller, Installation, served

SHOWN = {
    Kind.HEYGEN: PAIRS["heygen"],
    Kind.HEYGEN_V2: PAIRS["heygen v2"],
    Kind.D_ID: PAIRS["d-id clip"],
    Kind.SYNTHESIA: PAIRS["synthesia"],
    Kind.TAVUS: PAIRS["tavus"],
    Kind.HTTP: PAIRS["http"],
}
SIGNS = [kind for kind in SHOWN if VENDORS[kind].signature is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    kind: Kind
    pair: Pair
    vendor: Simulator
    place: Installation
    owner: Caller

    def register(self) -> None:
        """As somebody does in the vendor's own pages: the address there, its secret here."""
        self.vendor.calls.registered = self.owner.get(f"/providers/{self.kind}").json()["hook_url"]
        if VENDORS[self.kind].signature is not None:
            self.vendor.calls.secret = SECRET
            assert self.owner.patch(f"/providers/{self.kind}", {"hook_secret": SECRET}).status_code == 200

    def ask(self, *, answered: bool = True) -> str:
        """The id of a take that was asked for; with ``answered``, its vendor's own is known."""
        moment = utc_now() - timedelta(minutes=1)
        take = TakeIntent(
            id=new_id(),
            workspace_id=self.owner.workspace_id,
            fingerprint=new_id(),
            attempt=1,
            job_id=new_id(),
            provider=self.kind.value,
            status=TakeStatus.SUBMITTING,
            created_at=moment,
            updated_at=moment,
        )
        with self.place.services.database.session_scope() as session:
            session.add(take)
        known = asyncio.run(self._adapter.submit(self.pair.request, client_ref=take.id))
        if answered:
            with self.place.services.database.session_scope() as session:
                mine = session.get_one(TakeIntent, take.id)
                mine.provider_id, mine.status = known, TakeStatus.SUBMITTED
        return take.id

    def noticed(self, take: str) -> bool:
        with self.place.services.database.read_scope() as session:
            return session.get_one(TakeIntent, take).noticed_at is not None

    def state(self, take: str) -> TakeState:
        with self.place.services.database.read_scope() as session:
            known = session.get_one(TakeIntent, take).provider_id
        assert known is not None
        return asyncio.run(self._adapter.poll(known)).state

    def answers(self, calls: int = 1) -> list[int]:
        """To that many calls."""
        wait_until(lambda: len(self.vendor.calls.answers) >= calls)
        return [status for _, status in self.vendor.calls.answers]

    @property
    def _adapter(self) -> Any:
        return self.place.services.platform.providers.of(self.owner.workspace_id)[self.kind.value]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    wanted = {"private_sources": "127.0.0.1", "public_url": OUTSIDE, "heygen_v2": True}
    with served(tmp_path_factory.mktemp("calls") / "data", **wanted) as made:
        yield made


@pytest.fixture(params=list(SHOWN))
def account(request: pytest.FixtureRequest, place: Installation) -> Iterator[Account]:
    kind, owner = request.param, place.caller()
    with serving(SHOWN[kind].simulator(b"")) as vendor:
        vendor.calls.reach = {OUTSIDE: str(place.client.base_url).rstrip("/")}
        added = owner.post("/providers", {"kind": kind.value, "key": KEY, "base_url": vendor.url})
        assert added.status_code == 201, added.text
        yield Account(kind=kind, pair=SHOWN[kind], vendor=vendor, place=place, owner=owner)


only_signing = pytest.mark.parametrize("account", SIGNS, indirect=True)


def test_it_calls_where_the_request_says_when_the_take_is_made(account: Account) -> None:
    """Synthesia knows registered addresses only."""
    account.vendor.rendered = False
    take = account.ask()
    asked = account.vendor.videos["v_1"]["body"]
    if not account.vendor.manner.field:
        assert OUTSIDE not in json.dumps(asked)
        return
    assert asked[account.vendor.manner.field].startswith(f"{OUTSIDE}/api/v1/videos/hooks/")
    assert not account.noticed(take)
    account.vendor.rendered = True
    assert account.answers() == [204]
    assert account.noticed(take)


@only_signing
def test_it_calls_a_registered_address_with_its_signature(account: Account) -> None:
    account.register()
    take = account.ask()
    assert OUTSIDE not in json.dumps(account.vendor.videos["v_1"]["body"])
    assert account.answers() == [204]
    assert account.noticed(take)


@pytest.mark.parametrize(
    ("fault", "answers"),
    [("twice", [204, 204]), ("disordered", [204, 204]), ("unsubscribed", [204, 204]), ("early", [204])],
)
def test_a_call_that_is_odd_is_taken_and_changes_nothing_else(account: Account, fault: str, answers: list[int]) -> None:
    account.register()
    account.vendor.faults["call"] = [fault]
    take = account.ask()
    assert account.answers(len(answers)) == answers
    assert account.noticed(take)
    assert account.state(take) is TakeState.READY
    assert len(account.vendor.ledger) == 1


def test_a_call_before_the_answer_to_its_request_is_known_by_its_reference(account: Account) -> None:
    account.register()
    account.vendor.faults["call"] = ["early"]
    take = account.ask(answered=False)
    assert account.answers() == [204]
    assert account.noticed(take)


def test_a_take_is_known_to_be_made_whether_or_not_the_call_comes(account: Account) -> None:
    account.register()
    account.vendor.faults["call"] = ["missing", "late"]
    missing, late = account.ask(), account.ask()
    assert [account.state(take) for take in (missing, late)] == [TakeState.READY] * 2
    account.vendor.tell()  # before an hour passes, or the late call would be an hour late from then on
    assert account.vendor.calls.answers == []
    account.vendor.advance(HOUR_S)
    assert account.answers() == [204]
    assert (account.noticed(missing), account.noticed(late)) == (False, True)


def test_what_failed_is_told_as_well(account: Account) -> None:
    account.register()
    account.vendor.rendered = False
    take = account.ask()
    account.vendor.faults["poll"] = ["fail"]
    assert account.state(take) is TakeState.FAILED
    assert account.answers() == [204]
    assert account.noticed(take)


@only_signing
@pytest.mark.parametrize("fault", ["forged", "replayed"])
def test_a_strangers_call_and_one_of_an_hour_ago_are_turned_away(account: Account, fault: str) -> None:
    account.register()
    account.vendor.faults["call"] = [fault]
    account.vendor.rendered = fault == "replayed"
    take = account.ask()
    if fault == "forged":
        assert account.answers() == [401]
        assert not account.noticed(take)
        account.vendor.rendered = True
    assert sorted(account.answers(2)) == [204, 401]
    assert account.noticed(take)


def test_a_strangers_call_at_the_right_address_is_believed_no_further_than_that_somebody_called(
    account: Account,
) -> None:
    account.vendor.calls.registered = account.owner.get(f"/providers/{account.kind}").json()["hook_url"]
    account.vendor.faults["call"] = ["forged"]
    account.vendor.rendered = False
    take = account.ask()
    assert account.answers() == [204]
    assert account.state(take) is TakeState.WAITING


@pytest.mark.parametrize("account", [Kind.HEYGEN, Kind.SYNTHESIA], indirect=True)
def test_a_call_that_nobody_takes_is_made_again(account: Account) -> None:
    """As after an hour in which this server was down."""
    account.register()
    account.vendor.calls.reach, reachable = {OUTSIDE: "http://127.0.0.1:9"}, account.vendor.calls.reach
    take = account.ask()
    assert account.answers() == [0]
    account.vendor.calls.reach = reachable
    assert not account.noticed(take)
    account.vendor.advance(300)
    assert account.answers(2) == [0, 204]
    assert account.noticed(take)


def test_who_only_asks_whether_the_address_is_there_is_answered(account: Account) -> None:
    """HeyGen, before it registers one, within a second."""
    address = account.owner.get(f"/providers/{account.kind}").json()["hook_url"]
    (outside, here), *_ = account.vendor.calls.reach.items()
    assert httpx2.options(address.replace(outside, here)).status_code == 204


@pytest.mark.parametrize("name", VECTORS)
def test_simulators_sign_as_the_vendors_documentation_does(name: str) -> None:
    _, secret, body, signed = VECTORS[name]
    sign = SHOWN[Kind(name)].simulator.manner.sign
    assert sign is not None
    assert sign(body, secret, "1760000000")[f"{name.capitalize()}-Signature"] == signed
