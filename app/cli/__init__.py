"""The command line, ``tenex``. Each command calls one service and prints.

Commands import what they need when they run: ``tenex --help`` loads neither the server nor the database.
"""

from __future__ import annotations

import sys

import typer

from app.cli import accounts, clips, credits, demo, doctor, render, server, upload, voices, webinar  # noqa: A004 - its word
from app.cli.errors import exit_code
from app.cli.output import AsJson, Output, report
from app.core.errors import TenexError

_GROUPS = {
    "workspace": (
        "Make and list workspaces.",
        {"create": accounts.create_workspace, "list": accounts.list_workspaces},
    ),
    "keys": (
        "Make, list and revoke API keys.",
        {"create": accounts.create_key, "list": accounts.list_keys, "revoke": accounts.revoke_key},
    ),
    "credits": (
        "Grant and watch credits.",
        {"grant": credits.grant, "balance": credits.balance, "ledger": credits.ledger, "cap": credits.cap},
    ),
    "voices": ("List and add voices.", {"list": voices.list_voices, "add": voices.add_voice}),
    "avatars": ("List presenters.", {"list": voices.list_avatars}),
}


def main() -> None:
    """Entry of the console script. Ends the process with a code of ``app.cli.errors.Exit``."""
    try:
        build()()
    except TenexError as error:
        report(error, as_json="--json" in sys.argv)
        raise SystemExit(exit_code(error)) from error


def build() -> typer.Typer:
    """Every command."""
    app = _group("Presenter videos from a script, and your own recordings: one self-hosted API, no account, no GPU.")
    app.command()(server.up)
    app.command()(server.worker)
    app.command()(render.render)
    app.command()(upload.upload)
    app.command()(webinar.webinar)
    app.command()(clips.clips)
    app.command()(server.mcp)
    app.command(hidden=True)(server.api)
    app.command()(demo.demo)
    app.command()(doctor.doctor)
    app.command()(version)
    for name, (about, commands) in _GROUPS.items():
        group = _group(about)
        for verb, command in commands.items():
            group.command(verb)(command)
        app.add_typer(group, name=name)
    return app


def version(as_json: AsJson = False) -> None:
    """Print the version."""
    from importlib.metadata import version as version_of

    number = version_of("tenex-videos")
    Output(as_json).result({"version": number}, f"tenex {number}")


def _group(about: str) -> typer.Typer:
    return typer.Typer(help=about, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
