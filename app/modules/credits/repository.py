"""All SQL about credits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from app.core.database import insert_if_absent
from app.core.pagination import PageRequest, Slice, by_creation, cut, keyset
from app.modules.credits.models import Account, CreditBalance, CreditEntry, EntryKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The sums of a workspace, in credits, and its caps; None is no cap."""

    available: int = 0
    held: int = 0
    spent: int = 0
    soft_cap: int | None = None
    hard_cap: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """A workspace whose kept balance is not the sum of its entries."""

    workspace_id: str
    account: str
    kept: int
    summed: int


_COLUMNS = (
    CreditBalance.available,
    CreditBalance.held,
    CreditBalance.spent,
    CreditBalance.soft_cap,
    CreditBalance.hard_cap,
)


def lock_balance(session: Session, workspace_id: str) -> Balance:
    """The balance, held against every other transaction until this one ends; made at zero if there was none.

    Locks by writing: that holds on both databases and in every transaction mode, where FOR UPDATE does not on SQLite.
    """
    bump = (
        update(CreditBalance)
        .where(CreditBalance.workspace_id == workspace_id)
        .values(revision=CreditBalance.revision + 1)
        .returning(*_COLUMNS)
    )
    row = session.execute(bump).one_or_none()
    if row is None:
        insert_if_absent(session, CreditBalance, workspace_id=workspace_id, available=0, held=0, spent=0, revision=0)
        row = session.execute(bump).one()
    return _balance(row)


def read_balance(session: Session, workspace_id: str) -> Balance:
    """The balance as of now; zeros if nothing ever moved."""
    row = session.execute(select(*_COLUMNS).where(CreditBalance.workspace_id == workspace_id)).one_or_none()
    return _balance(row) if row is not None else Balance()


def _balance(row: Row[int, int, int, int | None, int | None]) -> Balance:
    available, held, spent, soft_cap, hard_cap = row
    return Balance(available=available, held=held, spent=spent, soft_cap=soft_cap, hard_cap=hard_cap)


def set_caps(session: Session, workspace_id: str, *, soft_cap: int | None, hard_cap: int | None) -> None:
    values = {"soft_cap": soft_cap, "hard_cap": hard_cap}
    session.execute(update(CreditBalance).where(CreditBalance.workspace_id == workspace_id).values(values))


def add_entry(session: Session, entry: CreditEntry) -> None:
    """Append the movement and carry the balance along. The balance is locked by the caller."""
    session.add(entry)
    deltas = {
        CreditBalance.available: _delta(entry, Account.AVAILABLE),
        CreditBalance.held: _delta(entry, Account.HELD),
        CreditBalance.spent: _delta(entry, Account.SPENT),
    }
    moved = {column: column + delta for column, delta in deltas.items() if delta}
    if moved:
        session.execute(
            update(CreditBalance).where(CreditBalance.workspace_id == entry.workspace_id).values(moved)  # pyright: ignore[reportArgumentType]
        )
    session.flush()


def _delta(entry: CreditEntry, account: Account) -> int:
    return entry.amount * ((entry.target == account) - (entry.source == account))


def find_entry(session: Session, workspace_id: str, key: str) -> CreditEntry | None:
    found = select(CreditEntry).where(CreditEntry.workspace_id == workspace_id, CreditEntry.key == key)
    return session.scalars(found).one_or_none()


def find_hold(session: Session, job_id: str) -> CreditEntry | None:
    """What was held for a job, settled or not."""
    held = select(CreditEntry).where(CreditEntry.job_id == job_id, CreditEntry.kind == EntryKind.HOLD)
    return session.scalars(held).one_or_none()


def entries(session: Session, workspace_id: str, page: PageRequest) -> Slice[CreditEntry]:
    """The ledger of a workspace, newest first."""
    mine = select(CreditEntry).where(CreditEntry.workspace_id == workspace_id)
    rows = session.scalars(keyset(mine, CreditEntry.created_at, CreditEntry.id, page)).all()
    return cut(rows, page, by_creation)


def discrepancies(session: Session) -> Sequence[Discrepancy]:
    """Every account whose kept balance is not the sum of its entries: none, unless someone wrote around the ledger."""
    found: list[Discrepancy] = []
    for account, kept in (
        (Account.AVAILABLE, CreditBalance.available),
        (Account.HELD, CreditBalance.held),
        (Account.SPENT, CreditBalance.spent),
    ):
        touches = or_(CreditEntry.target == account, CreditEntry.source == account)
        signed = case((CreditEntry.target == account, CreditEntry.amount), else_=-CreditEntry.amount)
        total = func.coalesce(func.sum(signed), 0)
        sums = (
            select(CreditBalance.workspace_id, kept, total)
            .outerjoin(CreditEntry, and_(CreditEntry.workspace_id == CreditBalance.workspace_id, touches))
            .group_by(CreditBalance.workspace_id, kept)
            .having(kept != total)
        )
        found += [
            Discrepancy(workspace_id=workspace_id, account=account, kept=balance, summed=int(summed))
            for workspace_id, balance, summed in session.execute(sums)
        ]
    return found
