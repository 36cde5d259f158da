"""What commands print: sentences and columns for people, one JSON document for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from app.core.errors import TenexError

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document to standard output.")]
Document = Mapping[str, Any] | Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Output:
    """Results go to standard output; what happens on the way goes to standard error."""

    as_json: bool

    def result(self, document: Document, *lines: str) -> None:
        """Print the document, or for people the lines."""
        if self.as_json:
            typer.echo(to_json(document))
            return
        for line in lines:
            typer.echo(line)

    def note(self, line: str) -> None:
        """Say what is going on; machines are not told."""
        if not self.as_json:
            typer.echo(line, err=True)


def report(error: TenexError, *, as_json: bool) -> None:
    """Say what went wrong: a sentence on standard error, or ``{"error": {...}}`` on standard output."""
    if as_json:
        typer.echo(to_json({"error": {"code": error.code, "message": str(error)} | error.extra}))
        return
    sign = typer.style("✗", fg="red") if sys.stderr.isatty() else "error:"
    typer.echo(f"{sign} {error}", err=True)


def to_json(document: Document) -> str:
    return json.dumps(document, default=_plain, ensure_ascii=False)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)


def columns(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Aligned lines with a head; the last column is as wide as it likes."""
    table = [[_cell(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def _cell(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)


def megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
