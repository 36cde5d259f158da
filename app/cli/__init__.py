"""The command line, ``tenex``. Each command calls one service and prints.

Commands import what they need when they run: ``tenex --help`` loads neither the server nor the database.
"""

from __future__ import annotations

import sys

import typer

from app.cli import server
from app.cli.errors import exit_code
from app.cli.output import report
from app.core.errors import TenexError


def main() -> None:
    """Entry of the console script. Ends the process with a code of ``app.cli.errors.Exit``."""
    try:
        build()()
    except TenexError as error:
        report(error, as_json="--json" in sys.argv)
        raise SystemExit(exit_code(error)) from error


def build() -> typer.Typer:
    """Every command."""
    app = typer.Typer(
        name="tenex",
        help="Presenter videos from a script: one self-hosted API, no account, no GPU.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.command()(server.up)
    app.command()(server.worker)
    app.command(hidden=True)(server.api)
    return app
