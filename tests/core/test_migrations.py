from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from app.core.database import Database
from app.core.errors import DatabaseDamaged
from app.core.migrations import HEAD, SCRIPTS, DatabaseTooNew, current_revision, migrate
from migrations.metadata import metadata

#: SQLite's full-text index is made of tables of its own.
SQLITE_TERMS = {"video_terms", *(f"video_terms_{part}" for part in ("config", "data", "docsize", "idx"))}


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_models_and_migrations_agree(any_database: Database) -> None:
    kept_otherwise = {"ix_video_texts_terms", *SQLITE_TERMS} if any_database.is_sqlite else set[str]()
    with any_database.engine.connect() as connection:
        opts = {"include_object": lambda _object, name, *_: name not in kept_otherwise}
        assert compare_metadata(MigrationContext.configure(connection, opts=opts), metadata) == []


def test_the_revision_the_code_expects_is_the_newest_one() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_migrating_again_changes_nothing(any_url: str) -> None:
    migrate(any_url)
    database = Database(any_url)
    with database.engine.connect() as connection:
        assert current_revision(connection) == HEAD
    database.close()


def _migrate_in_processes(url: str, count: int) -> None:
    program = "import sys; from app.core.migrations import migrate; migrate(sys.argv[1])"
    running = [
        subprocess.Popen([sys.executable, "-c", program, url], stderr=subprocess.PIPE, text=True) for _ in range(count)
    ]
    for process in running:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors


def test_two_processes_may_create_a_sqlite_file_at_once(tmp_path: Path) -> None:
    _migrate_in_processes(f"sqlite:///{tmp_path}/new/tenex.sqlite3", 2)
    database = Database(f"sqlite:///{tmp_path}/new/tenex.sqlite3")
    assert "videos" in inspect(database.engine).get_table_names()
    database.close()


def test_two_processes_may_fill_an_empty_postgres_database_at_once(empty_postgres_url: str) -> None:
    _migrate_in_processes(empty_postgres_url, 2)
    database = Database(empty_postgres_url)
    assert "videos" in inspect(database.engine).get_table_names()
    database.close()


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tenex.sqlite3"
    database = Database(url)
    with database.session_scope() as session:
        session.execute(text("CREATE TABLE workspaces (id INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        migrate(url)
    assert inspect(database.engine).get_table_names() == ["workspaces"]
    database.close()


def test_a_database_of_a_newer_version_is_left_alone(any_database: Database) -> None:
    with any_database.session_scope() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match="9999"):
        migrate(any_database.url.render_as_string(hide_password=False))


def test_a_file_that_is_no_database_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "tenex.sqlite3"
    path.write_bytes(b"these are not the pages of a database " * 100)
    with pytest.raises(DatabaseDamaged, match="restore your last backup") as caught:
        migrate(f"sqlite:///{path}")
    assert str(path) in caught.value.message
