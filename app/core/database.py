"""The database: column types, engines for SQLite and Postgres, and the two scopes that own transactions.

A transaction begins at the first statement of a scope and ends with it. ``session_scope`` writes: on SQLite it takes
the write lock at once (``BEGIN IMMEDIATE``), so that it never fails half way for a lock it could not upgrade to.
``read_scope`` takes no write lock and cannot write; on SQLite it sees one snapshot, on Postgres each statement sees
the latest commits. Inner code flushes; only a scope commits.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    String,
    Text,
    create_engine,
    event,
    literal_column,
    make_url,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, sessionmaker
from sqlalchemy.types import TypeDecorator

from app.core.errors import DatabaseBusy, DatabaseDamaged, StorageFull, TenexError, Unavailable

BUSY_TIMEOUT_MS = 30_000
IDLE_IN_TRANSACTION_MS = 60_000
_PATIENCE = "patience_ms"

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Root of every table."""

    metadata = MetaData(naming_convention=_NAMES)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware on the way in, aware and in UTC on the way out, on SQLite as on Postgres."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; instants are aware")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """On SQLite in one step instead of four, at a ninth of the time: a page of 50 videos has 100 instants."""
        return _instant_of_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _instant_of_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


# Byte order on both databases, so that keyset pages agree with the index whatever the locale of the Postgres server.
IdText = String(36).with_variant(String(36, collation="C"), "postgresql")
KeyText = String(200).with_variant(String(200, collation="C"), "postgresql")
JsonDocument = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
#: Terms with a space between them, by which an index finds the row.
TermSet = Text().with_variant(TSVECTOR(), "postgresql")
#: SQLite numbers its rows by themselves only if the column is called just so.
RowNumber = BigInteger().with_variant(Integer(), "sqlite")


class Database:
    """One database and its connections. ``engine`` is the one to hand to the durable engine: it writes."""

    def __init__(self, url: str) -> None:
        self.url = database_url(url)
        self.engine = make_engine(self.url)
        self._writing = threading.Lock()
        self._reader = _reader_of(self.engine)
        self._write = sessionmaker(self.engine, expire_on_commit=False)
        self._read = sessionmaker(self._reader, expire_on_commit=False, autoflush=False)
        event.listen(self._write, "after_begin", _begin_immediate if self.is_sqlite else _limit_waiting)
        if self.is_sqlite:
            event.listen(self._read, "after_begin", _begin_deferred)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def place(self) -> str:
        """Where the data is, for people: the file, or the address without its password."""
        return str(self.url.database) if self.is_sqlite else self.url.render_as_string(hide_password=True)

    @contextmanager
    def session_scope(self, *, patience_ms: int | None = None) -> Generator[Session]:
        """A transaction that may write: commits at the end, rolls back on any error.

        ``patience_ms`` limits the wait for others who write: to 30 s on SQLite if it is not given, to none on Postgres.
        Raises DatabaseBusy, DatabaseDamaged, StorageFull or Unavailable in place of the driver's own words for them.
        """
        with self.named_errors(), self._turn(patience_ms), self._write.begin() as session:
            session.info[_PATIENCE] = patience_ms
            yield session

    @contextmanager
    def _turn(self, patience_ms: int | None) -> Generator[None]:
        """On SQLite, lets one thread of this process write at a time.

        SQLite's own waiting is polling with sleeps: with eight threads the unluckiest waited for seconds.
        """
        if not self.is_sqlite:
            yield
            return
        patience = BUSY_TIMEOUT_MS if patience_ms is None else patience_ms
        if not self._writing.acquire(timeout=patience / 1000):
            raise _busy(self.place, "another thread is writing")
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def read_scope(self) -> Generator[Session]:
        """A transaction that cannot write, waits for no writer and makes none wait. Errors as in session_scope."""
        with self.named_errors(), self._read() as session:
            yield session

    @contextmanager
    def read_connection(self) -> Generator[Connection]:
        """A bare connection for one statement that only reads: a third of what a session costs. Errors as above."""
        with self.named_errors(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def named_errors(self) -> Generator[None]:
        """Turns the driver's errors that an operator can act on into named ones; others pass unchanged."""
        try:
            yield
        except DBAPIError as error:
            named = named_error(error, self.place)
            if named is None:
                raise
            raise named from error

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        self._reader.dispose()


def database_url(url: str) -> URL:
    """The URL with the driver named: psycopg 3 for Postgres, however it was spelled."""
    parsed = make_url(url)
    if parsed.drivername in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def make_engine(url: str | URL, *, read_only: bool = False) -> Engine:
    """An engine with the settings this project relies on.

    On SQLite a bare connection stays in the driver's IMMEDIATE mode: reads are not in a transaction, the first write
    takes the lock. The durable engine expects exactly that; the scopes of Database begin explicitly.
    """
    parsed = database_url(str(url)) if isinstance(url, str) else url
    if parsed.get_backend_name() == "sqlite":
        return _make_sqlite_engine(parsed, read_only=read_only)
    return create_engine(
        parsed,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=15,
        connect_args={
            "application_name": "tenex",
            "connect_timeout": 10,
            "options": f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_MS}",
        },
    )


def _make_sqlite_engine(url: URL, *, read_only: bool) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ValueError("SQLite needs a file: a database in memory cannot be shared between processes")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=5, max_overflow=35)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:  # pyright: ignore[reportUnusedFunction]
        connection.isolation_level = "IMMEDIATE"
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        if read_only:
            connection.execute("PRAGMA query_only=ON")

    return engine


def _reader_of(engine: Engine) -> Engine:
    if engine.dialect.name == "sqlite":
        return _make_sqlite_engine(engine.url, read_only=True)
    return engine.execution_options(postgresql_readonly=True)


def _begin_immediate(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    patience: int | None = session.info.get(_PATIENCE)
    if patience is None:
        _begin(connection, "BEGIN IMMEDIATE")
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout={patience}")
    try:
        _begin(connection, "BEGIN IMMEDIATE")
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _limit_waiting(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    patience: int | None = session.info.get(_PATIENCE)
    if patience is not None and not transaction.nested:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {patience}")


def _begin_deferred(_session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    _begin(connection, "BEGIN")


def _begin(connection: Connection, statement: str) -> None:
    driver: Any = connection.connection.dbapi_connection
    # Also called for a savepoint, which lives in the transaction that is already open.
    if not driver.in_transaction:
        connection.exec_driver_sql(statement)


def insert_if_absent(session: Session, table: type[Base], **values: Any) -> bool:
    """Insert one row unless a unique key is taken; whether it was inserted.

    Another transaction that is inserting the same key is waited for: if it commits, this one inserts nothing.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    # Asked for a row, because the count of inserted rows is not reported by every driver.
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(literal_column("1", Integer))
    return session.connection().execute(statement).one_or_none() is not None


_SQLITE_DAMAGED = ("database disk image is malformed", "file is not a database", "malformed database schema")
_SQLITE_UNREACHABLE = ("unable to open database file", "readonly database", "disk I/O error")
_POSTGRES_DAMAGED = frozenset({"XX001", "XX002"})
_POSTGRES_BUSY = frozenset({"40001", "40P01", "55P03"})
_POSTGRES_FULL = "53100"


def named_error(error: DBAPIError, place: str) -> TenexError | None:
    """The named error for a driver's error, or None where the driver's own is the better description."""
    words = str(error.orig).strip()
    state: str | None = getattr(error.orig, "sqlstate", None)
    if state in _POSTGRES_DAMAGED or any(phrase in words for phrase in _SQLITE_DAMAGED):
        return DatabaseDamaged(
            f"The database {place} is damaged and cannot be read ({words}). Stop the server, keep a copy of it, "
            "restore your last backup in its place, and start the server again."
        )
    if state == _POSTGRES_FULL or "database or disk is full" in words:
        return StorageFull(
            f"The disk of the database {place} is full ({words}). Nothing was changed; free some room and retry."
        )
    if state in _POSTGRES_BUSY or "database is locked" in words or "table is locked" in words:
        return _busy(place, words)
    if _is_unreachable(error, state) or any(phrase in words for phrase in _SQLITE_UNREACHABLE):
        return Unavailable(
            f"The database {place} cannot be used ({words}). Check that it exists, runs and may be written, then retry."
        )
    return None


def _busy(place: str, words: str) -> DatabaseBusy:
    return DatabaseBusy(f"The database {place} is busy ({words}). Nothing was changed; retry in a moment.")


def _is_unreachable(error: DBAPIError, state: str | None) -> bool:
    if state is None:
        connecting = error.statement is None and type(error.orig).__module__.startswith("psycopg")
        return error.connection_invalidated or connecting
    return state[:2] in {"08", "28", "3D"} or state[:4] == "57P0"
