"""Workers that wait for takes at one account take turns to ask it, and each hears of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.avatars.base import TakeState
from app.avatars.vendors.heygen import HeyGen
from app.core.clock import utc_now
from app.modules.videos.models import ProviderAccount
from app.modules.videos.pipeline.intents import Intents
from app.modules.videos.pipeline.lookout import Account, Lookout
from app.modules.videos.providers.kinds import Kind
from app.modules.videos.providers.schemas import AddProvider
from tests.site import Site, site
from tests.vendors.heygen import HeyGenSimulator
from tests.vendors.simulator import KEY, serving

MINUTE = timedelta(minutes=1)
TAKES = {"v_1": "one", "v_2": "two"}


@pytest.fixture
def vendor() -> Iterator[HeyGenSimulator]:
    with serving(HeyGenSimulator(b"film")) as simulator:
        for video in TAKES:
            simulator.videos[video] = {"path": "/v3/videos", "body": {}, "created": 0.0, "failed": False}
        yield simulator


@pytest.fixture
def place(tmp_path: Path, vendor: HeyGenSimulator) -> Iterator[Site]:
    with site(tmp_path / "data", private_sources="127.0.0.1") as opened:
        account = AddProvider(kind=Kind.HEYGEN, key=SecretStr(KEY), base_url=vendor.url)
        with opened.database.session_scope() as session:
            opened.services.accounts_elsewhere.add(session, opened.workspace_id, account)
        yield opened


def looked_at(place: Site, ago: timedelta) -> None:
    with place.database.session_scope() as session:
        session.get_one(ProviderAccount, (place.workspace_id, "heygen")).looked_at = utc_now() - ago


def test_an_account_is_asked_once_in_a_while_by_whoever_comes_first(place: Site) -> None:
    mine, theirs = Intents(place.database), Intents(place.database)
    assert mine.take_look(place.workspace_id, "heygen", MINUTE)
    assert not theirs.take_look(place.workspace_id, "heygen", MINUTE)
    assert not mine.take_look(place.workspace_id, "heygen", MINUTE)
    looked_at(place, 1.1 * MINUTE)
    assert theirs.take_look(place.workspace_id, "heygen", MINUTE)
    looked_at(place, -1.1 * MINUTE)  # by a clock that is fast
    assert mine.take_look(place.workspace_id, "heygen", MINUTE)


def test_a_program_of_the_operators_is_asked_by_each(place: Site) -> None:
    both = Intents(place.database), Intents(place.database)
    assert all(each.take_look(place.workspace_id, "musetalk", MINUTE) for each in both)


def test_two_workers_ask_one_after_the_other(place: Site, vendor: HeyGenSimulator) -> None:
    account = (place.workspace_id, "heygen")
    known = replace(HeyGen.known, first_poll_s=1.0)
    vendor.asked.clear()

    async def both() -> None:
        refused = asyncio.Event()
        first, second = lookout(place, asyncio.Event()), lookout(place, refused)
        assert (await first.finished(account, "one", "v_1", known)).state is TakeState.READY
        waiting = asyncio.ensure_future(second.finished(account, "two", "v_2", known))
        await refused.wait()
        assert [path for _, path, _ in vendor.asked] == ["/v3/videos/v_1"]
        looked_at(place, MINUTE)
        assert (await waiting).state is TakeState.READY
        assert [path for _, path, _ in vendor.asked] == ["/v3/videos/v_1", "/v3/videos/v_2"]

    asyncio.run(asyncio.wait_for(both(), 60))


def lookout(place: Site, refused: asyncio.Event) -> Lookout:
    """That of a worker. ``refused`` is set once it was not its turn."""
    intents = Intents(place.database)

    async def turn(account: Account, _every_s: float) -> bool:
        mine = await asyncio.to_thread(intents.take_look, *account, MINUTE)
        if not mine:
            refused.set()
        return mine

    async def nothing(*_: object) -> set[str]:
        return set()

    heard: Callable[[object], Awaitable[None]] = nothing  # pyright: ignore[reportAssignmentType]
    return Lookout(place.services.platform.providers, turn=turn, noticed=nothing, heard=heard)
