"""The command line is documented: every command, every exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.main import get_command

from app.cli import build
from app.cli.errors import Exit

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()


def test_every_command_has_its_place_in_the_page() -> None:
    undocumented = [name for name in _commands(get_command(build()), "tenex") if f"`{name}" not in PAGE]
    assert undocumented == []


def test_every_exit_code_has_its_line() -> None:
    assert [code for code in Exit if f"| {code.value} |" not in PAGE] == []


def _commands(command: Any, name: str) -> list[str]:
    if not hasattr(command, "commands"):
        return [] if command.hidden else [name]
    return [leaf for verb, inner in command.commands.items() for leaf in _commands(inner, f"{name} {verb}")]
