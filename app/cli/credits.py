"""``tenex credits``: what a workspace may spend, and where it went."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.accounts import WorkspaceName
from app.cli.opening import DataFolder, opened, settings_of
from app.cli.output import AsJson, Output, columns

if TYPE_CHECKING:
    from app.modules.credits.models import CreditEntry
    from app.modules.credits.service import Statement


def grant(
    workspace: WorkspaceName,
    amount: Annotated[int, typer.Argument(metavar="N", help="How many credits.", min=1)],
    key: Annotated[str | None, typer.Option(help="The same key twice grants once.")] = None,
    note: Annotated[str, typer.Option(help="Why, for the ledger.")] = "",
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Give credits to a workspace."""
    from app.core.ids import new_id

    with opened(settings_of(data)) as office, office.database.session_scope() as session:
        owner = office.workspace(session, workspace)
        office.credits.grant(session, workspace_id=owner.id, amount=amount, key=key or new_id(), note=note)
        statement = office.credits.statement(session, owner.id)
    Output(as_json).result(_statement(statement), *_lines(statement))


def balance(workspace: WorkspaceName, data: DataFolder = None, as_json: AsJson = False) -> None:
    """Show what a workspace has, holds and has spent."""
    with opened(settings_of(data)) as office, office.database.read_scope() as session:
        statement = office.credits.statement(session, office.workspace(session, workspace).id)
    Output(as_json).result(_statement(statement), *_lines(statement))


def ledger(
    workspace: WorkspaceName,
    limit: Annotated[int, typer.Option(help="How many entries.", min=1, max=10_000)] = 50,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """List the latest entries of the ledger, newest first."""
    from app.core.pagination import PageRequest

    with opened(settings_of(data)) as office, office.database.read_scope() as session:
        owner = office.workspace(session, workspace)
        entries = office.credits.entries(session, owner.id, PageRequest(limit=limit)).rows
        found = [_entry(entry) for entry in entries]
    rows = [(one["created_at"], one["kind"], one["amount"], one["job_id"] or one["note"]) for one in found]
    Output(as_json).result(found, *columns(("WHEN", "WHAT", "CREDITS", "FOR"), rows))


def cap(
    workspace: WorkspaceName,
    soft: Annotated[int | None, typer.Option(help="From here on, a warning.", min=0)] = None,
    hard: Annotated[int | None, typer.Option(help="From here on, renders are refused.", min=0)] = None,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Set the caps of a workspace; a cap that is not given is taken away."""
    with opened(settings_of(data)) as office, office.database.session_scope() as session:
        owner = office.workspace(session, workspace)
        office.credits.set_caps(session, workspace_id=owner.id, soft_cap=soft, hard_cap=hard)
        statement = office.credits.statement(session, owner.id)
    Output(as_json).result(_statement(statement), *_lines(statement))


def _statement(statement: Statement) -> dict[str, Any]:
    warnings = {"soft_cap_reached": statement.soft_cap_reached, "hard_cap_reached": statement.hard_cap_reached}
    return asdict(statement) | warnings


def _lines(statement: Statement) -> list[str]:
    lines = [
        f"available  {statement.available}",
        f"held       {statement.held}",
        f"spent      {statement.spent}",
        f"granted    {statement.granted}",
    ]
    for name, value, reached in (
        ("soft cap", statement.soft_cap, statement.soft_cap_reached),
        ("hard cap", statement.hard_cap, statement.hard_cap_reached),
    ):
        if value is not None:
            lines.append(f"{name}   {value}{'  (reached)' if reached else ''}")
    return lines


def _entry(entry: CreditEntry) -> dict[str, Any]:
    names = ("id", "kind", "source", "target", "amount", "job_id", "note", "created_at")
    return {name: getattr(entry, name) for name in names}
