"""Videos of an installation that had no search, after its upgrade."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from app.core.database import Database
from app.core.migrations import SCRIPTS, migrate
from app.core.pagination import PageRequest
from app.modules.videos.finding import Sort, VideoFilter, list_videos

AT = "2026-01-01 00:00:00.000001"


@pytest.fixture(params=["sqlite", "postgres"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """At the first revision, with videos: finished, failed, and many more of the same moment."""
    sqlite = request.param == "sqlite"
    database = Database(
        f"sqlite:///{tmp_path}/old.sqlite3" if sqlite else request.getfixturevalue("empty_postgres_url")
    )
    with database.engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        _insert(connection, "workspaces", id="w", name="Test", webhook_secret="s", created_at=AT)
        _video(connection, "finished", title="Größe", metadata={"a": ["amber"]}, revision=2, last_revision=2)
        for number, script in ((1, "Old words."), (2, "New words.")):
            _insert(
                connection,
                "video_revisions",
                video_id="finished",
                number=number,
                workspace_id="w",
                job_id="j",
                composition=json.dumps({"scenes": [{"script": script}]}),
                files="{}",
                frames=100,
                fps="30000/1001",
                width=2,
                height=2,
                size=1,
                sha256="",
                created_at=AT,
            )
        _video(connection, "failed", title="Failed")
        _job(connection, "failed", "Tin drums.")
        for number in range(1200):
            _video(connection, f"many-{number:04d}", title=f"Many {number}")
    return database


def _video(connection: sa.Connection, id_: str, *, title: str, metadata: Any = None, **others: Any) -> None:
    values = {"kind": "avatar", "source": "generated", "status": "failed", "revision": None, "last_revision": 1}
    dates = {"created_at": AT, "updated_at": AT}
    known = {"id": id_, "workspace_id": "w", "title": title, "metadata": json.dumps(metadata or {})}
    _insert(connection, "videos", **values | known | dates | others)


def _job(connection: sa.Connection, video_id: str, script: str) -> None:
    numbers = {"revision": 1, "credits_held": 0, "expected_s": 1}
    words = {"status": "failed", "stage": "chunks", "composition": json.dumps({"scenes": [{"script": script}]})}
    _insert(connection, "render_jobs", id="j", workspace_id="w", video_id=video_id, created_at=AT, **numbers, **words)


def _insert(connection: sa.Connection, table: str, **values: Any) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    connection.execute(
        sa.text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in values)})"), values
    )


def test_all_that_was_there_is_found_after_an_upgrade(old: Database) -> None:
    migrate(old.url.render_as_string(hide_password=False))

    def found(sort: Sort = Sort.NEWEST, **wanted: Any) -> list[str]:
        with old.read_scope() as session:
            return [row.id for row in list_videos(session, "w", VideoFilter(**wanted), PageRequest(limit=5), sort).rows]

    assert found(search="grosse amber new") == ["finished"]
    assert found(search="old") == []
    assert found(search="tin") == ["failed"]
    assert len(found(search="many 11")) == 5
    assert found(search="many 1199") == ["many-1199"]
    assert found(min_duration=3337, max_duration=3337) == ["finished"]
    assert found(Sort.TITLE)[:2] == ["failed", "finished"]
    with old.read_scope() as session:
        assert session.execute(sa.text("SELECT count(*) FROM video_texts")).scalar_one() == 1202
    old.close()
