from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.core import idempotency as module
from app.core.answers import answer_kept
from app.core.database import Database
from app.core.errors import TenexError
from app.core.idempotency import (
    Answer,
    Idempotency,
    IdempotencyInProgress,
    IdempotencyKeyReuse,
    IdempotencyRecord,
    InvalidIdempotencyKey,
    request_digest,
)
from app.core.ids import new_id
from app.modules.accounts.models import Workspace

HOME, OTHER = "workspace-1", "workspace-2"


@dataclass
class Shop:
    """Something that must happen once: each order opens a workspace, and answers with its number."""

    database: Database
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    lock: threading.Lock = field(default_factory=threading.Lock)
    worked: int = 0

    def order(self, key: str | None, payload: str = "one", workspace_id: str = HOME, *, fail: bool = False) -> Answer:
        service = Idempotency(clock=lambda: self.now)
        digest = request_digest("POST", "/orders", {"payload": payload})
        with self.database.session_scope() as session:
            with service.once(session, workspace_id=workspace_id, key=key, digest=digest) as slot:
                if slot.answer is None:
                    with self.lock:
                        self.worked += 1
                        number = self.worked
                    session.add(Workspace(id=new_id(), name=f"{number}", webhook_secret="s", created_at=self.now))
                    if fail:
                        raise TenexError("it did not work out")
                    slot.keep(status=202, body=f'{{"number": {number}}}')
            assert slot.answer is not None
            return slot.answer

    def opened(self) -> int:
        with self.database.read_scope() as session:
            return session.execute(select(func.count()).select_from(Workspace)).scalar_one()


@pytest.fixture
def shop(any_database: Database) -> Shop:
    return Shop(any_database)


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(shop: Shop) -> None:
    first, second = shop.order("key"), shop.order("key")
    assert (first.status, first.body, first.replayed) == (202, '{"number": 1}', False)
    assert (second.status, second.body, second.replayed) == (202, '{"number": 1}', True)
    assert shop.opened() == 1


def test_a_replayed_answer_says_so_in_a_header(shop: Shop) -> None:
    assert "idempotency-replayed" not in answer_kept(shop.order("key")).headers
    response = answer_kept(shop.order("key"))
    assert response.headers["idempotency-replayed"] == "true"
    assert (response.status_code, response.body) == (202, b'{"number": 1}')


def test_another_request_with_the_same_key_is_refused(shop: Shop) -> None:
    shop.order("key", "one")
    with pytest.raises(IdempotencyKeyReuse) as caught:
        shop.order("key", "two")
    assert (caught.value.status, caught.value.code) == (409, "idempotency_key_reuse")
    assert shop.opened() == 1


def test_keys_belong_to_their_workspace(shop: Shop) -> None:
    assert shop.order("key").body != shop.order("key", workspace_id=OTHER).body


def test_without_a_key_every_request_counts(shop: Shop) -> None:
    shop.order(None)
    shop.order(None)
    assert shop.opened() == 2


def test_a_request_that_failed_may_be_sent_again(shop: Shop) -> None:
    with pytest.raises(TenexError):
        shop.order("key", fail=True)
    assert shop.opened() == 0
    assert not shop.order("key").replayed
    assert shop.opened() == 1


def test_of_many_at_once_one_works_and_all_get_its_answer(shop: Shop) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shop.order("key"), range(16)))
    assert shop.opened() == 1
    assert len({answer.body for answer in answers}) == 1
    assert [answer.replayed for answer in answers].count(False) == 1


def test_a_key_is_forgotten_after_a_day(shop: Shop) -> None:
    shop.order("key")
    shop.now += timedelta(hours=23, minutes=59)
    assert shop.order("key").replayed
    shop.now += timedelta(minutes=1)
    assert not shop.order("key", "two").replayed


def test_old_answers_are_purged_and_recent_ones_kept(shop: Shop) -> None:
    shop.order("old")
    shop.now += timedelta(hours=23)
    shop.order("recent")
    shop.now += timedelta(hours=1)
    with shop.database.session_scope() as session:
        assert Idempotency(clock=lambda: shop.now).purge(session) == 1
    with shop.database.read_scope() as session:
        assert session.scalars(select(IdempotencyRecord.key)).all() == ["recent"]


@pytest.mark.parametrize("key", ["", "x" * 256, "umläut", "tab\tbed", "line\nbreak"])
def test_a_key_is_short_and_printable(database: Database, key: str) -> None:
    with pytest.raises(InvalidIdempotencyKey) as caught:
        Shop(database).order(key)
    assert caught.value.status == 400


def test_the_longest_key_is_taken(database: Database) -> None:
    shop = Shop(database)
    shop.order("x" * 255)
    assert shop.order("x" * 255).replayed


def test_who_waits_too_long_for_the_first_is_told_to_come_back(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAIT_MS", 50)
    database = Database(postgres_url)
    shop = Shop(database)
    first = Idempotency(clock=lambda: shop.now)
    with (
        database.session_scope() as session,
        first.once(session, workspace_id=HOME, key="key", digest="d"),
        pytest.raises(IdempotencyInProgress) as caught,
    ):
        shop.order("key")
    database.close()
    assert (caught.value.status, caught.value.code) == (409, "idempotency_in_progress")


def test_requests_are_the_same_whatever_the_order_of_their_fields() -> None:
    assert request_digest("POST", "/a", {"x": 1, "y": 2}) == request_digest("POST", "/a", {"y": 2, "x": 1})
    assert request_digest("POST", "/a", {"x": 1}) != request_digest("POST", "/a", {"x": "1"})
    assert request_digest("POST", "/a", {}) != request_digest("POST", "/b", {})
