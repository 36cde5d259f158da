"""The list of videos: every filter, order and search, alone and together, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import chain, combinations, product
from typing import Any

import pytest
from sqlalchemy import event

from app.core.database import Database
from app.core.ids import new_id
from app.core.pagination import PageRequest, Slice
from app.modules.accounts.models import Workspace
from app.modules.videos.finding import Effort, Sort, VideoFilter, list_videos
from app.modules.videos.models import Kind, Video, VideoStatus
from app.modules.videos.repository import Columns
from app.modules.videos.texts import note_names, note_transcript

START = datetime(2026, 1, 1, tzinfo=UTC)
OWNER, NEIGHBOUR = new_id(), new_id()
PARENT = new_id()
SPOKEN = ("Paper boats on the river.", "Nothing but rain.", "Papierboote, und der Fluss.")
BY_INDEX: dict[str, Any] = {
    "status": VideoStatus.READY,
    "source": Kind.CLIP.source,
    "kind": Kind.CLIP,
    "parent_id": PARENT,
    "created_after": START + timedelta(seconds=10),
    "created_before": START + timedelta(seconds=40),
}
WANTED: dict[str, Any] = BY_INDEX | {"min_duration": 2000, "max_duration": 7000, "search": "PAP", "tags": ("Spring",)}
#: So little that every way to a page is taken, and every page that ends early, by a few dozen videos.
LITTLE = Effort(gathered=5, sieved=7, block=3, tried=4)


def _combinations(names: tuple[str, ...], *sizes: int) -> list[tuple[str, ...]]:
    return list(chain.from_iterable(combinations(names, size) for size in sizes))


def _videos() -> Iterator[Video]:
    """Some of each sort in two workspaces: many of one moment, title and duration."""
    kinds = (Kind.CLIP, Kind.AVATAR, Kind.UPLOAD)
    sorts = product((OWNER, NEIGHBOUR), (VideoStatus.READY, VideoStatus.FAILED), kinds, (PARENT, None), (5, 25, 45))
    for number, (workspace_id, status, kind, parent_id, at) in enumerate(sorts):
        moment = START + timedelta(seconds=at)
        yield Video(
            id=new_id(),
            workspace_id=workspace_id,
            status=status,
            kind=kind,
            source=kind.source,
            title=("Élan", "delta", "Echo", "zulu", "ash")[number % 5],
            details={},
            tags=[["spring", "Boats"], ["SPRING"], []][number % 3],
            duration_ms=None if status == VideoStatus.FAILED else number % 4 * 2000,
            parent_id=parent_id,
            created_at=moment,
            updated_at=moment + timedelta(seconds=number % 7),
        )


@pytest.fixture(scope="module")
def videos(shared_database: Database) -> list[tuple[Video, str]]:
    """The videos of both workspaces, with what is said in each."""
    made = list(_videos())
    with shared_database.session_scope() as session:
        session.add_all(
            Workspace(id=id_, name="Test", webhook_secret="s", created_at=START) for id_ in (OWNER, NEIGHBOUR)
        )
        session.flush()
        parent = {"workspace_id": NEIGHBOUR, "status": "failed", "source": "uploaded", "kind": "upload", "details": {}}
        session.add(Video(id=PARENT, title="", created_at=START, updated_at=START, **parent))
        session.flush()
        session.add_all(made)
        said = [SPOKEN[number // 2 % 3] for number in range(len(made))]
        for video, transcript in zip(made, said, strict=True):
            note_names(session, video)
            note_transcript(session, video, transcript)
    return list(zip(made, said, strict=True))


def _fits(video: Video, said: str, wanted: VideoFilter) -> bool:
    lasts = -1 if video.duration_ms is None else video.duration_ms
    equal = {name: getattr(wanted, name) for name in ("status", "source", "kind", "parent_id")}
    return (
        video.workspace_id == OWNER
        and all(value is None or getattr(video, name) == value for name, value in equal.items())
        and (wanted.created_after is None or video.created_at >= wanted.created_after)
        and (wanted.created_before is None or video.created_at < wanted.created_before)
        and (wanted.min_duration is None or lasts >= wanted.min_duration)
        and (wanted.max_duration is None or 0 <= lasts <= wanted.max_duration)
        and (not wanted.search or "Pap" in said)
        and (not wanted.tags or any(tag.lower() == "spring" for tag in video.tags))
    )


_KEYS: dict[str, Callable[[Video], Any]] = {
    "created_at": lambda video: video.created_at,
    "updated_at": lambda video: video.updated_at,
    "duration": lambda video: -1 if video.duration_ms is None else video.duration_ms,
    "title": lambda video: video.title.lower().replace("é", "e"),
}


def _walk(database: Database, wanted: VideoFilter, sort: Sort, effort: Effort, limit: int = 4) -> list[Any]:
    seen, page = list[Any](), PageRequest(limit=limit)
    with database.read_scope() as session:
        while True:
            found: Slice[Columns] = list_videos(session, OWNER, wanted, page, sort, effort)
            assert len(found.rows) <= limit
            seen += found.rows
            if found.next is None:
                return seen
            page = PageRequest(limit=limit, after=found.next)


@pytest.mark.parametrize("effort", [Effort(), LITTLE], ids=["much", "little"])
@pytest.mark.parametrize("sort", Sort)
def test_filters_find_their_videos_and_no_others_each_once_in_order(
    shared_database: Database, videos: list[tuple[Video, str]], sort: Sort, effort: Effort
) -> None:
    names = tuple(WANTED)
    several = _combinations(names, 0, 1, 2, len(names) - 1, len(names))
    for chosen in several + (_combinations(tuple(BY_INDEX), 3, 4, 5) if sort is Sort.NEWEST else []):
        wanted = VideoFilter(**{name: WANTED[name] for name in chosen})
        # Of those that terms find, only the newest are sorted otherwise: see the next test.
        cut_off = bool(wanted.search or wanted.tags) and sort.field != "created_at"
        found = _walk(shared_database, wanted, sort, Effort() if cut_off else effort)
        fitting = {video.id: video for video, said in videos if _fits(video, said, wanted)}
        assert len(found) == len(fitting), chosen
        keys = [_KEYS[sort.field](fitting[row.id]) for row in found]
        assert keys == sorted(keys, reverse=sort.descending), chosen
        if not (wanted.search or wanted.tags):
            order = [(key, row.id) for key, row in zip(keys, found, strict=True)]
            assert order == sorted(order, reverse=sort.descending), chosen


def test_of_many_matches_the_newest_are_sorted(shared_database: Database, videos: list[tuple[Video, str]]) -> None:
    wanted = VideoFilter(search="paper")
    found = _walk(shared_database, wanted, Sort.TITLE, Effort(gathered=5))
    newest = _walk(shared_database, wanted, Sort.NEWEST, Effort())[:5]
    assert {row.id for row in found} == {row.id for row in newest}


def test_a_page_that_had_to_look_at_too_many_is_short_and_not_the_last(
    shared_database: Database, videos: list[tuple[Video, str]]
) -> None:
    wanted = VideoFilter(search="pap", status=VideoStatus.FAILED, min_duration=1)
    with shared_database.read_scope() as session:
        page = list_videos(session, OWNER, wanted, PageRequest(limit=2), effort=Effort(sieved=3))
    assert page.rows == []
    assert page.next is not None


def test_a_kind_that_is_never_of_a_source_is_not_looked_for(database: Database) -> None:
    wanted = VideoFilter(kind=Kind.AVATAR, source=Kind.UPLOAD.source)
    assert _asked(database, wanted) == []


@pytest.mark.parametrize(
    ("index", "names", "sort"),
    [
        ("page", ("created_after", "created_before"), Sort.NEWEST),
        ("page", (), Sort.OLDEST),
        ("parent", ("parent_id", "kind", "status", "source"), Sort.NEWEST),
        ("kind", ("kind", "source"), Sort.NEWEST),
        ("status_kind", ("kind", "status", "source"), Sort.NEWEST),
        ("source", ("source", "created_after"), Sort.NEWEST),
        ("status_source", ("source", "status"), Sort.NEWEST),
        ("status", ("status",), Sort.OLDEST),
        ("updated", (), Sort.LAST_UPDATED),
        ("title", (), Sort.TITLE),
        ("duration", (), Sort.SHORTEST),
        ("duration", ("min_duration", "max_duration"), Sort.LONGEST),
    ],
)
def test_the_narrowest_filter_chooses_the_index_and_nothing_is_sorted(
    database: Database, index: str, names: tuple[str, ...], sort: Sort
) -> None:
    wanted = VideoFilter(**{name: WANTED[name] for name in names})
    plan = _plan(database, wanted, sort)[0]
    assert plan[0].startswith(f"SEARCH videos USING INDEX ix_videos_{index} "), (asdict(wanted), plan)
    assert not any("TEMP B-TREE" in step for step in plan), plan


def test_a_search_is_read_from_its_index_without_sorting(database: Database) -> None:
    for sort in (Sort.NEWEST, Sort.OLDEST):
        plan = _plan(database, VideoFilter(search="paper bo", tags=("spring",)), sort)[0]
        assert plan[0].startswith("SCAN video_terms VIRTUAL TABLE INDEX"), plan
        assert not any("TEMP B-TREE" in step for step in plan), plan


def test_a_filter_and_another_order_take_what_one_index_finds_by_id(database: Database) -> None:
    with database.session_scope() as session:
        session.add(Workspace(id=OWNER, name="Test", webhook_secret="s", created_at=START))
        session.flush()
        session.add_all(video for video in _videos() if video.workspace_id == OWNER and not video.parent_id)
    wanted = VideoFilter(status=VideoStatus.FAILED)
    near, passing, narrow, gathered, shown = _plan(database, wanted, Sort.TITLE, Effort(block=5))
    assert near[0].startswith("SEARCH videos USING COVERING INDEX ix_videos_title ")
    assert narrow[0].startswith("SEARCH videos USING COVERING INDEX ix_videos_status ")
    for plan in (passing, gathered, shown):
        assert plan[0].startswith("SEARCH videos USING INDEX sqlite_autoindex_videos_1 (id=?)"), plan


def _asked(
    database: Database, wanted: VideoFilter, sort: Sort = Sort.NEWEST, effort: Effort = LITTLE
) -> list[tuple[str, Any]]:
    """The queries of this list."""
    asked: list[tuple[str, Any]] = []
    with database.read_scope() as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
        list_videos(session, OWNER, wanted, PageRequest(), sort, effort)
    return asked


def _plan(database: Database, wanted: VideoFilter, sort: Sort, effort: Effort = LITTLE) -> list[list[str]]:
    """How SQLite runs them."""
    with database.read_scope() as session:
        run = session.connection().exec_driver_sql
        return [
            [row[3] for row in run(f"EXPLAIN QUERY PLAN {statement}", values)]
            for statement, values in _asked(database, wanted, sort, effort)
        ]
