"""What commands open before they can answer: the settings, the data folder, and the database."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.errors import FolderUnusable, NothingFound

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.core.database import Database
    from app.core.settings import Settings
    from app.modules.accounts.models import Workspace
    from app.modules.accounts.service import Accounts
    from app.modules.credits.service import Credits

DataFolder = Annotated[
    Path | None, typer.Option("--data", help="Folder of everything that is kept; without it TENEX_DATA or ./data.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What administration needs: far less than a server, so that commands answer at once."""

    database: Database
    accounts: Accounts
    credits: Credits

    def workspace(self, session: Session, name: str) -> Workspace:
        """The workspace with this id or name. Raises NothingFound, also when several have the name."""
        known = self.accounts.list_workspaces(session)
        matches = [one for one in known if one.id == name] or [one for one in known if one.name == name]
        if len(matches) == 1:
            return matches[0]
        if matches:
            ids = ", ".join(one.id for one in matches)
            raise NothingFound(f"{len(matches)} workspaces are named {name!r}. Say which, by its id: {ids}")
        names = ", ".join(sorted({one.name for one in known})) or "none yet; make one: tenex workspace create NAME"
        raise NothingFound(f"There is no workspace {name!r}. Workspaces here: {names}")


def settings_of(data: Path | None = None, **overrides: Any) -> Settings:
    """The settings of the environment, and on top what the command line gave; None is not given."""
    from app.core.settings import Settings

    given = {name: value for name, value in {"data": data, **overrides}.items() if value is not None}
    return Settings.load(**given)


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment in which a child process reads the same settings."""
    environment = os.environ | {
        "TENEX_DATA": str(settings.data.absolute()),
        "TENEX_HOST": settings.host,
        "TENEX_PORT": str(settings.port),
    }
    if settings.workers is not None:
        environment["TENEX_WORKERS"] = str(settings.workers)
    return environment


def check_folder(
    folder: Path,
    *,
    what: str = "The data folder",
    remedy: str = "Make it writable, or name another one with --data or TENEX_DATA.",
) -> None:
    """Make the folder if need be, and see that it can be written to. Raises FolderUnusable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise FolderUnusable(f"{what} {folder} cannot be used ({error.strerror}). {remedy}") from error


@contextlib.contextmanager
def opened(settings: Settings) -> Generator[Office]:
    """The database, brought to the current schema. Raises FolderUnusable and the errors of a database."""
    check_folder(settings.data)
    from app.core.database import Database
    from app.core.migrations import migrate
    from app.modules.accounts.service import Accounts
    from app.modules.credits.service import Credits

    migrate(settings.database)
    database = Database(settings.database)
    try:
        yield Office(database=database, accounts=Accounts(database=database), credits=Credits())
    finally:
        database.close()
