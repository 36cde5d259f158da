from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.core.database import Database
from app.core.errors import InvalidCursor
from app.core.ids import new_id
from app.core.pagination import Cursors, Key, PageRequest, Position, by_creation, cut, keyset
from app.modules.accounts.models import Workspace

START = datetime(2026, 1, 1, tzinfo=UTC)
CURSORS = Cursors(b"secret")


def _fill(database: Database, count: int, *, per_moment: int = 1) -> None:
    with database.session_scope() as session:
        session.add_all(
            Workspace(
                id=new_id(),
                name=str(number),
                webhook_secret="s",
                created_at=START + timedelta(microseconds=number // per_moment),
            )
            for number in range(count)
        )


def _page(database: Database, wanted: PageRequest) -> tuple[list[str], Position | None]:
    with database.read_scope() as session:
        rows = session.scalars(keyset(select(Workspace), Workspace.created_at, Workspace.id, wanted)).all()
    page = cut(rows, wanted, by_creation)
    return [row.name for row in page.rows], page.next


def _walk(database: Database, limit: int) -> list[list[str]]:
    pages: list[list[str]] = []
    after: Position | None = None
    while True:
        names, after = _page(database, PageRequest(limit=limit, after=after))
        pages.append(names)
        if after is None:
            return pages
        after = CURSORS.decode(CURSORS.encode(after, of="rows"), of="rows")


def test_a_client_that_loops_sees_every_row_once_newest_first(any_database: Database) -> None:
    _fill(any_database, 25)
    pages = _walk(any_database, 10)
    assert [len(page) for page in pages] == [10, 10, 5]
    assert [name for page in pages for name in page] == [str(number) for number in range(24, -1, -1)]


def test_rows_of_the_same_moment_are_neither_lost_nor_repeated(any_database: Database) -> None:
    _fill(any_database, 20, per_moment=7)
    names = [name for page in _walk(any_database, 3) for name in page]
    assert sorted(names, key=int) == [str(number) for number in range(20)]


def test_a_page_that_ends_with_the_last_row_is_the_last_page(any_database: Database) -> None:
    _fill(any_database, 10)
    assert [len(page) for page in _walk(any_database, 5)] == [5, 5]


def test_an_empty_list_is_one_empty_page(database: Database) -> None:
    assert _walk(database, 5) == [[]]


def test_rows_added_meanwhile_do_not_shift_the_pages(database: Database) -> None:
    _fill(database, 6)
    first, after = _page(database, PageRequest(limit=3))
    _fill(database, 0)
    with database.session_scope() as session:
        session.add(Workspace(id=new_id(), name="new", webhook_secret="s", created_at=START + timedelta(days=1)))
    second, _ = _page(database, PageRequest(limit=3, after=after))
    assert first + second == ["5", "4", "3", "2", "1", "0"]


def test_a_page_is_read_from_the_index_without_sorting(database: Database) -> None:
    from app.modules.videos.models import Video

    page = PageRequest(limit=50, after=Position(key=START, id="x"))
    statement = keyset(select(Video).where(Video.workspace_id == "w"), Video.created_at, Video.id, page)
    with database.read_scope() as session:
        compiled = statement.compile(session.get_bind(), compile_kwargs={"render_postcompile": True})
        rows = session.connection().exec_driver_sql(
            f"EXPLAIN QUERY PLAN {compiled}",
            tuple(["w", "2026-01-01 00:00:00.000000", "x", 51, 0][: len(compiled.params)]),
        )
        plan = " ".join(str(row[-1]) for row in rows)
    assert "USING INDEX ix_videos_page" in plan
    assert "created_at" in plan
    assert "TEMP B-TREE" not in plan


def test_a_cursor_says_nothing_to_its_reader_and_survives_a_url() -> None:
    cursor = CURSORS.encode(Position(key=START, id=new_id()), of="rows")
    assert cursor.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("key", [START + timedelta(microseconds=1), 7, -1, "", 'größe 🎉 \\ "', "\U0001f600" * 200])
def test_a_cursor_leads_back_to_its_position(key: Key) -> None:
    position = Position(key=key, id=new_id())
    assert CURSORS.decode(CURSORS.encode(position, of="rows"), of="rows") == position


def test_a_cursor_of_another_list_or_order_is_refused() -> None:
    cursor = CURSORS.encode(Position(key=START, id=new_id()), of="rows -created_at")
    for other in ("rows created_at", "others -created_at", ""):
        with pytest.raises(InvalidCursor, match="another"):
            CURSORS.request(of=other, cursor=cursor)


def test_a_list_can_be_read_oldest_first(any_database: Database) -> None:
    _fill(any_database, 10, per_moment=3)
    names, after = list[str](), None
    with any_database.read_scope() as session:
        while True:
            page = PageRequest(limit=4, after=after)
            statement = keyset(select(Workspace), Workspace.created_at, Workspace.id, page, descending=False)
            found = cut(session.scalars(statement).all(), page, by_creation)
            names, after = names + [row.name for row in found.rows], found.next
            if after is None:
                break
    assert names == [str(number) for number in range(10)]


@pytest.mark.parametrize("forged", ["", "x", "not a cursor", "é", "=" * 50, "A" * 5000, "\0"])
def test_a_made_up_cursor_is_refused(forged: str) -> None:
    with pytest.raises(InvalidCursor) as caught:
        CURSORS.decode(forged, of="rows")
    assert (caught.value.status, caught.value.code) == (400, "invalid_cursor")


def test_a_cursor_changed_in_any_place_is_refused() -> None:
    cursor = CURSORS.encode(Position(key=START, id=new_id()), of="rows")
    for place in range(len(cursor) - 1):
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        with pytest.raises(InvalidCursor):
            CURSORS.decode(changed, of="rows")


def test_a_cursor_of_another_server_is_refused() -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.decode(Cursors(b"another secret").encode(Position(key=START, id=new_id()), of="rows"), of="rows")


@pytest.mark.parametrize(("asked", "given"), [(1, 1), (50, 50), (200, 200), (201, 200), (10**9, 200)])
def test_a_limit_over_the_cap_is_the_cap(asked: int, given: int) -> None:
    assert CURSORS.request(of="rows", limit=asked).limit == given
