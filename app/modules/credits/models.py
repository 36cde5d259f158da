"""The tables of the credits module."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, IdText, UtcDateTime
from app.modules.accounts.models import Workspace


class Account(StrEnum):
    """Where credits are. They come from ``issued``, which is the only one below zero, and end in ``spent``."""

    ISSUED = "issued"
    AVAILABLE = "available"
    HELD = "held"
    SPENT = "spent"


class EntryKind(StrEnum):
    GRANT = "grant"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"


class CreditEntry(Base):
    """One movement: ``amount`` credits leave ``source`` and arrive at ``target``, so every row balances by itself.

    Append-only: the database refuses UPDATE and DELETE. ``key`` says what the movement is for, once.
    """

    __tablename__ = "credit_entries"
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        CheckConstraint("amount >= 0", name="amount_is_not_negative"),
        CheckConstraint("source <> target", name="moves"),
        Index("ix_credit_entries_page", "workspace_id", "created_at", "id"),
        Index("ix_credit_entries_job", "job_id"),
    )

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText, ForeignKey(Workspace.id))
    key: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(16))
    target: Mapped[str] = mapped_column(String(16))
    amount: Mapped[int] = mapped_column(BigInteger)
    job_id: Mapped[str | None] = mapped_column(IdText)
    note: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CreditBalance(Base):
    """The sums of a workspace's entries, kept in the same transaction as the entries; and its caps.

    ``revision`` counts the transactions that locked the row.
    """

    __tablename__ = "credit_balances"
    __table_args__ = (
        CheckConstraint("available >= 0", name="available_is_not_negative"),
        CheckConstraint("held >= 0", name="held_is_not_negative"),
        CheckConstraint("spent >= 0", name="spent_is_not_negative"),
    )

    workspace_id: Mapped[str] = mapped_column(IdText, ForeignKey(Workspace.id), primary_key=True)
    available: Mapped[int] = mapped_column(BigInteger, default=0)
    held: Mapped[int] = mapped_column(BigInteger, default=0)
    spent: Mapped[int] = mapped_column(BigInteger, default=0)
    soft_cap: Mapped[int | None] = mapped_column(BigInteger)
    hard_cap: Mapped[int | None] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(BigInteger, default=0)
