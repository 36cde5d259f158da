"""Filters of the list of videos, in every combination, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import chain, combinations, product
from typing import Any

import pytest
from sqlalchemy import event

from app.core.database import Database
from app.core.ids import new_id
from app.core.pagination import PageRequest
from app.modules.accounts.models import Workspace
from app.modules.videos.models import Kind, Source, Video, VideoStatus
from app.modules.videos.repository import VideoFilter, list_videos

START = datetime(2026, 1, 1, tzinfo=UTC)
OWNER, NEIGHBOUR = new_id(), new_id()
PARENT = new_id()
WANTED: dict[str, Any] = {
    "status": VideoStatus.READY,
    "source": Source.GENERATED,
    "kind": Kind.CLIP,
    "parent_id": PARENT,
    "created_after": START + timedelta(seconds=10),
    "created_before": START + timedelta(seconds=40),
}
COMBINATIONS = tuple(chain.from_iterable(combinations(WANTED, size) for size in range(len(WANTED) + 1)))


def _videos() -> Iterator[Video]:
    """Three of each sort in two workspaces; all of one sort are of different moments, many of one moment."""
    sorts = product((OWNER, NEIGHBOUR), (VideoStatus.READY, VideoStatus.FAILED), Source, (Kind.CLIP, Kind.AVATAR))
    for sort, parent_id in product(sorts, (PARENT, None)):
        workspace_id, status, source, kind = sort
        for at in (5, 25, 45):
            moment = START + timedelta(seconds=at)
            values = {"workspace_id": workspace_id, "status": status, "source": source, "kind": kind}
            yield Video(
                id=new_id(), title="", details={}, parent_id=parent_id, created_at=moment, updated_at=moment, **values
            )


@pytest.fixture
def videos(any_database: Database) -> list[Video]:
    made = list(_videos())
    with any_database.session_scope() as session:
        session.add_all(
            Workspace(id=id_, name="Test", webhook_secret="s", created_at=START) for id_ in (OWNER, NEIGHBOUR)
        )
        session.flush()
        parent = {"workspace_id": OWNER, "status": "failed", "source": "uploaded", "kind": "upload", "details": {}}
        session.add(Video(id=PARENT, title="", created_at=START, updated_at=START, **parent))
        session.flush()
        session.add_all(made)
    return made


def _fits(video: Video, wanted: VideoFilter) -> bool:
    equal = {name: getattr(wanted, name) for name in ("status", "source", "kind", "parent_id")}
    return (
        video.workspace_id == OWNER
        and all(value is None or getattr(video, name) == value for name, value in equal.items())
        and (wanted.created_after is None or video.created_at >= wanted.created_after)
        and (wanted.created_before is None or video.created_at < wanted.created_before)
    )


def _walk(database: Database, wanted: VideoFilter) -> list[str]:
    seen, page = list[str](), PageRequest(limit=4)
    with database.read_scope() as session:
        while True:
            found = list_videos(session, OWNER, wanted, page)
            seen += [row.id for row in found.rows]
            if found.next is None:
                return seen
            page = PageRequest(limit=4, after=found.next)


def test_every_combination_of_filters_finds_its_videos_and_no_others_newest_first(
    any_database: Database, videos: list[Video]
) -> None:
    newest_first = sorted(videos, key=lambda video: (video.created_at, video.id), reverse=True)
    for names in COMBINATIONS:
        wanted = VideoFilter(**{name: WANTED[name] for name in names})
        found = [id_ for id_ in _walk(any_database, wanted) if id_ != PARENT]
        assert found == [video.id for video in newest_first if _fits(video, wanted)], names


@pytest.mark.parametrize(
    ("index", "names"),
    [
        ("page", ("created_after", "created_before")),
        ("parent", ("parent_id", "kind", "status", "source")),
        ("kind", ("kind", "source")),
        ("status_kind", ("kind", "status", "source")),
        ("source", ("source", "created_after")),
        ("status_source", ("source", "status")),
        ("status", ("status",)),
    ],
)
def test_the_narrowest_filter_chooses_the_index_and_nothing_is_sorted(
    database: Database, index: str, names: tuple[str, ...]
) -> None:
    wanted = VideoFilter(**{name: WANTED[name] for name in names})
    plan = _plan(database, wanted)
    assert plan[0].startswith(f"SEARCH videos USING INDEX ix_videos_{index} "), (asdict(wanted), plan)
    assert not any("TEMP B-TREE" in step for step in plan), plan


def _plan(database: Database, wanted: VideoFilter) -> list[str]:
    """How SQLite runs the query of this list."""
    asked: list[tuple[str, Any]] = []
    with database.read_scope() as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
        list_videos(session, OWNER, wanted, PageRequest())
        statement, values = asked[0]
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
