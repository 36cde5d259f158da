"""A chore that is due is done by one process, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from app.core.chores import Chores
from app.core.database import Database

HOUR = timedelta(hours=1)


def test_of_many_who_ask_one_is_told_to_do_it(any_database: Database) -> None:
    with ThreadPoolExecutor(6) as pool:
        asked = pool.map(lambda _: Chores(any_database).claim("sweep", every=HOUR), range(12))
    assert sorted(asked) == [False] * 11 + [True]
    assert Chores(any_database).claim("another", every=HOUR)


def test_it_comes_round_again_when_its_time_has_passed(any_database: Database) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    chores = Chores(any_database, clock=lambda: now)
    assert chores.claim("sweep", every=HOUR)
    now += HOUR - timedelta(seconds=1)
    assert not chores.claim("sweep", every=HOUR)
    now += timedelta(seconds=1)
    assert chores.claim("sweep", every=HOUR)
    assert not chores.claim("sweep", every=HOUR)
