from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import String, insert, select, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Database, UtcDateTime, insert_if_absent
from app.core.errors import DatabaseBusy, DatabaseDamaged, StorageFull, TenexError, Unavailable
from app.modules.accounts.models import Workspace


def _workspace(id_: str = "w1", created_at: datetime | None = None) -> Workspace:
    return Workspace(id=id_, name=id_, webhook_secret="s", created_at=created_at or datetime.now(UTC))


def _count(database: Database) -> int:
    with database.read_scope() as session:
        return len(session.scalars(select(Workspace)).all())


def test_a_scope_commits_at_its_end(any_database: Database) -> None:
    with any_database.session_scope() as session:
        session.add(_workspace())
    assert _count(any_database) == 1


def test_an_error_in_a_scope_undoes_all_of_it(any_database: Database) -> None:
    def fail_half_way() -> None:
        with any_database.session_scope() as session:
            session.add(_workspace())
            session.flush()
            raise KeyError

    with pytest.raises(KeyError):
        fail_half_way()
    assert _count(any_database) == 0


def test_a_savepoint_can_be_undone_alone(any_database: Database) -> None:
    with any_database.session_scope() as session:
        session.add(_workspace("kept"))
        with session.begin_nested() as savepoint:
            session.add(_workspace("undone"))
            session.flush()
            savepoint.rollback()
    assert _count(any_database) == 1


def test_reading_goes_on_while_someone_writes(any_database: Database) -> None:
    with any_database.session_scope() as session:
        session.add(_workspace())
        session.flush()
        assert _count(any_database) == 0
    assert _count(any_database) == 1


def test_a_read_scope_cannot_write(any_database: Database) -> None:
    with pytest.raises((DBAPIError, TenexError)), any_database.read_scope() as session:
        session.execute(text("DELETE FROM workspaces"))


def test_a_sqlite_read_scope_sees_one_moment(database: Database) -> None:
    with database.read_scope() as session:
        before = session.scalars(select(Workspace)).all()
        with database.session_scope() as writer:
            writer.add(_workspace())
        assert session.scalars(select(Workspace)).all() == before


def test_two_who_read_and_then_write_do_so_one_after_the_other(database: Database) -> None:
    """With deferred transactions, one of the two would fail: its snapshot is old when it wants to write."""
    ready = threading.Barrier(2)

    def append() -> None:
        ready.wait()
        for _ in range(20):
            with database.session_scope() as session:
                number = len(session.scalars(select(Workspace.id)).all())
                session.add(_workspace(f"w{number}"))

    threads = [threading.Thread(target=append) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _count(database) == 40


def test_an_instant_comes_back_in_utc_whatever_zone_it_went_in_with(any_database: Database) -> None:
    moment = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with any_database.session_scope() as session:
        session.add(_workspace(created_at=moment))
    with any_database.read_scope() as session:
        stored = session.scalars(select(Workspace.created_at)).one()
    assert stored == moment
    assert stored.tzinfo is UTC


def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="no time zone"), database.session_scope() as session:
        session.execute(insert(Workspace).values(id="w", name="w", webhook_secret="s", created_at=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_a_row_is_inserted_only_if_its_key_is_free(any_database: Database) -> None:
    values = {"id": "w1", "name": "w", "webhook_secret": "s", "created_at": datetime.now(UTC)}
    with any_database.session_scope() as session:
        assert insert_if_absent(session, Workspace, **values)
        assert not insert_if_absent(session, Workspace, **values)


def test_foreign_keys_hold(any_database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"), any_database.session_scope() as session:
        session.execute(text("INSERT INTO credit_balances VALUES ('nobody', 0, 0, 0, NULL, NULL, 0)"))


def test_money_reaches_the_disk_before_a_commit_is_told(database: Database) -> None:
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


def test_a_file_damaged_in_the_middle_is_named_with_what_to_do(database: Database) -> None:
    with database.session_scope() as session:
        session.add_all(_workspace(f"w{number}") for number in range(500))
    database.close()
    path = Path(database.place)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(DatabaseDamaged, match="restore your last backup") as caught, database.read_scope() as session:
        session.scalars(select(Workspace)).all()
    assert caught.value.status == 503
    assert str(path) in caught.value.message


def test_a_full_disk_is_named_and_nothing_is_changed(database: Database) -> None:
    with database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def fill_the_disk() -> None:
        with database.session_scope() as session:
            session.connection().exec_driver_sql(f"PRAGMA max_page_count={pages}")
            session.add_all(_workspace(f"w{number}") for number in range(2_000))

    with pytest.raises(StorageFull, match="free some"):
        fill_the_disk()
    assert _count(database) == 0


def test_a_lock_that_is_held_for_longer_than_one_would_wait_is_named(any_database: Database) -> None:
    with any_database.session_scope() as holder:
        holder.add(_workspace())
        holder.flush()
        with pytest.raises(DatabaseBusy) as caught, any_database.session_scope(patience_ms=10) as session:
            session.add(_workspace())
    assert caught.value.retryable
    with any_database.session_scope(patience_ms=10) as session, session.begin_nested():
        session.add(_workspace("w2"))
    assert _count(any_database) == 2


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    database = Database("postgresql://someone:sesame@127.0.0.1:1/tenex")
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1") as caught, database.read_scope() as session:
        session.execute(text("SELECT 1"))
    assert "sesame" not in caught.value.message


def test_a_lost_postgres_connection_is_replaced(postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.read_scope() as session:
        number = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    killer = Database(postgres_url)
    with killer.session_scope() as session:
        session.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})
    killer.close()
    assert _count(database) == 0
    database.close()


def test_constraints_are_named_by_one_convention_on_both_databases() -> None:

    class Sample(Base):
        __tablename__ = "samples_for_names"
        id: Mapped[str] = mapped_column(String(4), primary_key=True)
        at: Mapped[datetime] = mapped_column(UtcDateTime, unique=True)

    table = Sample.__table__
    names = {str(constraint.name) for constraint in table.constraints}  # type: ignore[attr-defined]
    Base.metadata.remove(table)  # type: ignore[arg-type]
    assert names == {"pk_samples_for_names", "uq_samples_for_names_at"}
