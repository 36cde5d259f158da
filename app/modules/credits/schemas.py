"""What clients see of credits."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from app.modules.credits.models import Account, CreditEntry, EntryKind
from app.modules.credits.service import Statement


class CreditsOut(BaseModel):
    """The credits of the workspace. Caps count what is spent and what is held."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "available": 880,
                    "held": 20,
                    "spent": 100,
                    "granted": 1000,
                    "soft_cap": 800,
                    "hard_cap": 1000,
                    "soft_cap_reached": False,
                    "hard_cap_reached": False,
                }
            ]
        }
    )

    available: int = Field(description="Free to be used")
    held: int = Field(description="Set aside for jobs that are not finished")
    spent: int = Field(description="Paid for finished jobs")
    granted: int = Field(description="All credits the workspace was ever given")
    soft_cap: int | None = Field(description="From here on, a warning; null: none")
    hard_cap: int | None = Field(description="From here on, new renders are refused with 402; null: none")
    soft_cap_reached: bool
    hard_cap_reached: bool

    @classmethod
    def of(cls, statement: Statement) -> CreditsOut:
        return cls(
            available=statement.available,
            held=statement.held,
            spent=statement.spent,
            granted=statement.granted,
            soft_cap=statement.soft_cap,
            hard_cap=statement.hard_cap,
            soft_cap_reached=statement.soft_cap_reached,
            hard_cap_reached=statement.hard_cap_reached,
        )


class CreditEntryOut(BaseModel):
    """One movement in the ledger: ``amount`` credits went from ``source`` to ``target``."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01936f2e-8d7a-7c11-9c7e-3f2b8a6d5e41",
                    "kind": "capture",
                    "source": "held",
                    "target": "spent",
                    "amount": 20,
                    "job_id": "01936f2e-7b10-7f02-8e55-aa12bc34de56",
                    "note": "",
                    "created_at": "2026-11-23T10:15:00Z",
                }
            ]
        }
    )

    id: str
    kind: EntryKind = Field(description="Why the credits moved")
    source: Account = Field(description="Where they left")
    target: Account = Field(description="Where they arrived")
    amount: int = Field(description="How many: never negative")
    job_id: str | None = Field(description="The render job it was for; null for a grant")
    note: str
    created_at: datetime

    @classmethod
    def of(cls, entry: CreditEntry) -> CreditEntryOut:
        return cls(
            id=entry.id,
            kind=EntryKind(entry.kind),
            source=Account(entry.source),
            target=Account(entry.target),
            amount=entry.amount,
            job_id=entry.job_id,
            note=entry.note,
            created_at=entry.created_at,
        )
