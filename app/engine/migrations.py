"""Brings the tables of the engine to the version this program needs; at every start, by whichever process is first."""

from __future__ import annotations

import fcntl
from pathlib import Path

import psycopg
import sqlalchemy as sa
from dbos import DBOS

_LOCK = "hashtextextended('tenex-videos:engine-migrations', 0)"


def migrate_engine(url: str, folder: Path) -> None:
    """Safe when many processes do so at once. ``folder`` is where the lock of a SQLite installation lies."""
    if url.startswith("sqlite"):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "migrations.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            DBOS.migrate(system_database_url=url)
        return
    address = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"SELECT pg_advisory_lock({_LOCK})")
        DBOS.migrate(system_database_url=url)
