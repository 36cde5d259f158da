"""A worker's proof of life: a lock that the operating system or the database drops when the process dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Generator
from pathlib import Path
from typing import Protocol

import psycopg
import sqlalchemy as sa


class Leases(Protocol):
    """Locks by executor id."""

    def acquire(self, executor_id: str) -> Lease:
        """Take the lease of this worker for its whole life."""
        ...

    def probe(self, executor_id: str) -> contextlib.AbstractContextManager[bool]:
        """Whether the executor is dead; while the context lasts, nobody else may conclude it too."""
        ...


class Lease(Protocol):
    def held(self) -> bool:
        """Whether the lock is still ours; a worker that lost it must exit."""
        ...

    def release(self) -> None: ...


class FileLeases:
    """For SQLite, where all workers share a host: an exclusive ``flock`` on a file per executor."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def acquire(self, executor_id: str) -> FileLease:
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path(executor_id), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return FileLease(descriptor, self._path(executor_id))

    @contextlib.contextmanager
    def probe(self, executor_id: str) -> Generator[bool]:
        path = self._path(executor_id)
        if not path.exists():
            yield True
            return
        descriptor = os.open(path, os.O_RDWR)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
            path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)

    def _path(self, executor_id: str) -> Path:
        return self._folder / f"{executor_id}.lease"


class FileLease:
    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor, self._path = descriptor, path

    def held(self) -> bool:
        return self._path.exists()

    def release(self) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


_KEY = "hashtextextended('tenex-videos:' || %s, 0)"


class PostgresLeases:
    """A session advisory lock on a connection of its own; TCP keepalives notice a host that vanished."""

    def __init__(self, url: str) -> None:
        self._url = url

    def acquire(self, executor_id: str) -> PostgresLease:
        connection = self._connect()
        connection.execute(f"SELECT pg_advisory_lock({_KEY})", (executor_id,))
        return PostgresLease(connection)

    @contextlib.contextmanager
    def probe(self, executor_id: str) -> Generator[bool]:
        with self._connect() as connection:
            row = connection.execute(f"SELECT pg_try_advisory_lock({_KEY})", (executor_id,)).fetchone()
            yield bool(row and row[0])

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        parameters = sa.make_url(self._url).set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(
            parameters, autocommit=True, keepalives=1, keepalives_idle=5, keepalives_interval=2, keepalives_count=3
        )


class PostgresLease:
    def __init__(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self._connection = connection

    def held(self) -> bool:
        try:
            self._connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def release(self) -> None:
        self._connection.close()


def leases_for(url: str, folder: Path) -> Leases:
    return FileLeases(folder) if url.startswith("sqlite") else PostgresLeases(url)
