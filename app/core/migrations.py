"""Brings a database to the current schema: at every start, by whichever process comes first."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from app.core.database import Database
from app.core.errors import TenexError

#: The newest revision in ``migrations/versions``. A database that is there needs no Alembic, which is slow to import.
HEAD = "0010"
SCRIPTS = Path(__file__).parents[2] / "migrations"
_LOCK_NUMBER = int.from_bytes(hashlib.sha256(b"tenex:migrate").digest()[:8], signed=True)


class DatabaseTooNew(TenexError):
    code = "database_too_new"


def migrate(url: str) -> None:
    """Upgrade the database at this URL to HEAD, in one transaction; safe when many processes do so at once.

    Raises DatabaseTooNew if a newer version of this software was here, and the errors of a scope.
    """
    database = Database(url)
    try:
        with database.named_errors(), _alone(database) as connection:
            if current_revision(connection) != HEAD:
                _upgrade(connection)
    finally:
        database.close()


def current_revision(connection: Connection) -> str | None:
    """The revision the database is at; None if it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


@contextmanager
def _alone(database: Database) -> Generator[Connection]:
    """A transaction, and no other process in this block for the same database."""
    if database.is_sqlite:
        with _locked_file(Path(f"{database.url.database}.lock")), database.engine.begin() as connection:
            # The driver would commit each CREATE TABLE by itself.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
        return
    with database.engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
        yield connection


@contextmanager
def _locked_file(path: Path) -> Generator[None]:
    # Taken before the database is opened: two connections that both switch a new file to WAL can fail each other.
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    attributes: dict[str, Any] = config.attributes
    attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseTooNew(
            f"The database is at revision {current_revision(connection)}, which this version does not know ({error}). "
            "It was used by a newer version: install that one again, or restore a backup from before."
        ) from error
