"""What commands print: sentences and columns for people, one JSON document for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
            typer.echo(json.dumps(document, default=str, ensure_ascii=False))
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
        typer.echo(json.dumps({"error": {"code": error.code, "message": str(error)} | error.extra}, default=str))
        return
    sign = typer.style("✗", fg="red") if sys.stderr.isatty() else "error:"
    typer.echo(f"{sign} {error}", err=True)


def columns(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Aligned lines with a head; the last column is as wide as it likes."""
    table = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
