"""What happens to credits, told by the statement and the ledger of a workspace."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from app.core.database import Database
from app.core.errors import TenexError
from app.core.ids import new_id
from app.core.pagination import PageRequest
from app.modules.accounts.models import Workspace
from app.modules.credits.models import CreditBalance, CreditEntry
from app.modules.credits.service import (
    CaptureExceedsHold,
    CreditKeyReuse,
    Credits,
    HardCapReached,
    HoldNotFound,
    InsufficientCredits,
    InvalidAmount,
    Statement,
)

CREDITS = Credits()


def open_workspace(database: Database, granted: int = 0) -> str:
    workspace_id = new_id()
    with database.session_scope() as session:
        session.add(Workspace(id=workspace_id, name="w", webhook_secret="s", created_at=datetime.now(UTC)))
        session.flush()
        if granted:
            CREDITS.grant(session, workspace_id=workspace_id, amount=granted, key="first")
    return workspace_id


def statement(database: Database, workspace_id: str) -> Statement:
    with database.read_scope() as session:
        return CREDITS.statement(session, workspace_id)


def sums(database: Database, workspace_id: str) -> tuple[int, int, int]:
    """Available, held, spent."""
    now = statement(database, workspace_id)
    return now.available, now.held, now.spent


def ledger(database: Database, workspace_id: str) -> list[tuple[str, int]]:
    """Kind and amount of each movement, oldest first."""
    with database.read_scope() as session:
        rows = CREDITS.entries(session, workspace_id, PageRequest(limit=200)).rows
    return [(row.kind, row.amount) for row in reversed(rows)]


def hold(database: Database, workspace_id: str, amount: int, job_id: str | None = None) -> str:
    job_id = job_id or new_id()
    with database.session_scope() as session:
        CREDITS.hold(session, workspace_id=workspace_id, job_id=job_id, amount=amount)
    return job_id


def capture(database: Database, job_id: str, amount: int) -> None:
    with database.session_scope() as session:
        CREDITS.capture(session, job_id=job_id, amount=amount)


def release(database: Database, job_id: str) -> None:
    with database.session_scope() as session:
        CREDITS.release(session, job_id=job_id)


def test_a_new_workspace_has_nothing(any_database: Database) -> None:
    workspace_id = open_workspace(any_database)
    assert sums(any_database, workspace_id) == (0, 0, 0)
    assert ledger(any_database, workspace_id) == []


def test_a_finished_job_costs_what_it_captured_and_the_rest_comes_back(any_database: Database) -> None:
    workspace_id = open_workspace(any_database, 100)
    job_id = hold(any_database, workspace_id, 30)
    assert sums(any_database, workspace_id) == (70, 30, 0)
    capture(any_database, job_id, 20)
    assert sums(any_database, workspace_id) == (80, 0, 20)
    assert ledger(any_database, workspace_id) == [("grant", 100), ("hold", 30), ("capture", 20), ("release", 10)]


def test_a_failed_job_costs_nothing(any_database: Database) -> None:
    workspace_id = open_workspace(any_database, 100)
    release(any_database, hold(any_database, workspace_id, 30))
    assert sums(any_database, workspace_id) == (100, 0, 0)
    assert ledger(any_database, workspace_id) == [("grant", 100), ("hold", 30), ("release", 30)]


def test_whatever_is_said_twice_happens_once(any_database: Database) -> None:
    workspace_id = open_workspace(any_database)
    with any_database.session_scope() as session:
        for _ in range(2):
            CREDITS.grant(session, workspace_id=workspace_id, amount=100, key="order-1")
    job_id = hold(any_database, workspace_id, 30)
    hold(any_database, workspace_id, 30, job_id)
    for _ in range(2):
        capture(any_database, job_id, 30)
    assert sums(any_database, workspace_id) == (70, 0, 30)
    assert ledger(any_database, workspace_id) == [("grant", 100), ("hold", 30), ("capture", 30)]


def test_a_job_is_settled_by_whoever_comes_first(any_database: Database) -> None:
    workspace_id = open_workspace(any_database, 100)
    captured, released = hold(any_database, workspace_id, 10), hold(any_database, workspace_id, 20)
    capture(any_database, captured, 10)
    release(any_database, captured)
    release(any_database, released)
    capture(any_database, released, 20)
    assert sums(any_database, workspace_id) == (90, 0, 10)


def test_a_job_that_needs_nothing_can_be_held_and_settled(any_database: Database) -> None:
    workspace_id = open_workspace(any_database)
    job_id = hold(any_database, workspace_id, 0)
    capture(any_database, job_id, 0)
    assert sums(any_database, workspace_id) == (0, 0, 0)
    assert ledger(any_database, workspace_id) == [("hold", 0), ("capture", 0)]


def test_a_hold_over_what_is_available_is_refused_with_the_figures(any_database: Database) -> None:
    workspace_id = open_workspace(any_database, 10)
    with pytest.raises(InsufficientCredits) as caught:
        hold(any_database, workspace_id, 11)
    assert (caught.value.status, caught.value.code) == (402, "insufficient_credits")
    assert caught.value.extra == {"needed": 11, "available": 10}
    assert sums(any_database, workspace_id) == (10, 0, 0)


def test_the_hard_cap_counts_what_is_spent_and_held(any_database: Database) -> None:
    workspace_id = open_workspace(any_database, 100)
    with any_database.session_scope() as session:
        CREDITS.set_caps(session, workspace_id=workspace_id, soft_cap=40, hard_cap=50)
    capture(any_database, hold(any_database, workspace_id, 20), 20)
    hold(any_database, workspace_id, 25)
    with pytest.raises(HardCapReached) as caught:
        hold(any_database, workspace_id, 6)
    assert (caught.value.status, caught.value.code) == (402, "hard_cap_reached")
    assert caught.value.extra == {"needed": 6, "hard_cap": 50, "spent": 20, "held": 25}
    now = statement(any_database, workspace_id)
    assert (now.soft_cap_reached, now.hard_cap_reached) == (True, False)
    hold(any_database, workspace_id, 5)
    assert statement(any_database, workspace_id).hard_cap_reached
    hold(any_database, workspace_id, 0)


def test_the_same_key_with_another_amount_is_a_mistake_and_not_a_repetition(database: Database) -> None:
    workspace_id = open_workspace(database, 100)
    job_id = hold(database, workspace_id, 10)
    with pytest.raises(CreditKeyReuse):
        hold(database, workspace_id, 11, job_id)
    with pytest.raises(CreditKeyReuse), database.session_scope() as session:
        CREDITS.grant(session, workspace_id=workspace_id, amount=99, key="first")
    assert sums(database, workspace_id) == (90, 10, 0)


def test_no_more_is_captured_than_was_held(database: Database) -> None:
    workspace_id = open_workspace(database, 100)
    job_id = hold(database, workspace_id, 10)
    with pytest.raises(CaptureExceedsHold):
        capture(database, job_id, 11)
    with pytest.raises(HoldNotFound):
        capture(database, new_id(), 1)
    release(database, new_id())
    assert sums(database, workspace_id) == (90, 10, 0)


@pytest.mark.parametrize("amount", [-1, 0])
def test_a_grant_is_positive(database: Database, amount: int) -> None:
    workspace_id = open_workspace(database)
    with pytest.raises(InvalidAmount), database.session_scope() as session:
        CREDITS.grant(session, workspace_id=workspace_id, amount=amount, key="k")


def test_two_workspaces_may_use_the_same_key(database: Database) -> None:
    first, second = open_workspace(database, 5), open_workspace(database, 7)
    assert (sums(database, first)[0], sums(database, second)[0]) == (5, 7)


def test_an_undone_transaction_leaves_no_entry_and_no_hold(any_database: Database) -> None:
    workspace_id = open_workspace(any_database, 100)

    def create_a_video_and_fail() -> None:
        with any_database.session_scope() as session:
            CREDITS.hold(session, workspace_id=workspace_id, job_id=new_id(), amount=10)
            raise TenexError("the enqueue failed")

    with pytest.raises(TenexError):
        create_a_video_and_fail()
    assert sums(any_database, workspace_id) == (100, 0, 0)
    assert ledger(any_database, workspace_id) == [("grant", 100)]


def test_the_database_itself_refuses_to_change_the_ledger(any_database: Database) -> None:
    open_workspace(any_database, 100)
    for statement_ in (update(CreditEntry).values(amount=1), delete(CreditEntry)):
        with pytest.raises(DBAPIError, match="append-only"), any_database.session_scope() as session:
            session.execute(statement_)
    if not any_database.is_sqlite:
        with pytest.raises(DBAPIError, match="append-only"), any_database.session_scope() as session:
            session.execute(text("TRUNCATE credit_entries"))


def test_the_database_itself_refuses_a_balance_below_zero(any_database: Database) -> None:
    open_workspace(any_database, 100)
    with pytest.raises(DBAPIError, match="available_is_not_negative"), any_database.session_scope() as session:
        session.execute(update(CreditBalance).values(available=-1))


def test_the_audit_finds_a_balance_that_is_not_the_sum_of_its_entries(any_database: Database) -> None:
    workspace_id = open_workspace(any_database, 100)
    hold(any_database, workspace_id, 10)
    with any_database.read_scope() as session:
        assert CREDITS.audit(session) == []
    with any_database.session_scope() as session:
        session.execute(update(CreditBalance).values(available=500))
    with any_database.read_scope() as session:
        found = CREDITS.audit(session)
    assert [(one.workspace_id, one.account, one.kept, one.summed) for one in found] == [
        (workspace_id, "available", 500, 90)
    ]
