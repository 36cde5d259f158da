"""Going through what a vendor lists, page by page, to an end: also where the vendor knows none.

Vendors have handed out one cursor again and again, and pages without end. A list that is not whole must not pass for
one that is: what is missing from it would count as gone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast
from urllib.parse import quote

from app.avatars.catalogue import ListingUnusable
from app.avatars.vendors.wire import Json, within

#: Answers a question that costs nothing. Raises what a refusal means.
Ask = Callable[[str], Awaitable[Json]]
Row = Json
MOST_PAGES = 400
_LONGEST, _LONGEST_TAG, _MOST_TAGS = 4000, 200, 50


async def by_token(
    ask: Ask, path: str, *, rows: str, following: Callable[[Json], str | None], parameter: str = "token"
) -> AsyncIterator[Row]:
    """Every row of a list whose pages each name the next one. ``path`` has a query already.

    Raises ListingUnusable where a cursor comes round again, where pages do not end, and for an answer without rows.
    """
    seen, address = set[str](), path
    for _ in range(MOST_PAGES):
        told = await ask(address)
        for row in rows_in(told, rows, path):
            yield row
        cursor = following(told)
        if cursor is None:
            return
        if cursor in seen:
            raise ListingUnusable(f"{_short(path)} hands out one cursor twice, so that its list has no end. {_LATER}")
        seen.add(cursor)
        address = f"{path}&{parameter}={quote(cursor, safe='')}"
    raise _endless(path)


async def by_number(ask: Ask, path: str, *, rows: str, total: str, key: str) -> AsyncIterator[Row]:
    """Every row, once, of a list with numbered pages, until as many were seen as it says there are.

    Whether the first page is 0 or 1 need not be known: a page that was seen already counts for nothing. Raises
    ListingUnusable as above, and where two pages in a row bring nothing new.
    """
    seen, idle = set[str](), 0
    for page in range(MOST_PAGES):
        told = await ask(f"{path}&page={page}")
        fresh = [row for row in rows_in(told, rows, path) if str(row.get(key)) not in seen]
        for row in fresh:
            seen.add(str(row.get(key)))
            yield row
        most = within(told, total)
        if len(seen) >= most if isinstance(most, int) else not fresh:
            return
        idle = 0 if fresh else idle + 1
        if idle > 1:
            raise ListingUnusable(
                f"{_short(path)} says that it lists {most}, and brings {len(seen)} of them again and again. {_LATER}"
            )
    raise _endless(path)


async def first_with(rows: AsyncIterator[Row], name: str, value: str) -> Row | None:
    """The first in which something has this value; None when all were seen, and it was in none."""
    async for row in rows:
        if within(row, name) == value:
            return row
    return None


def rows_in(told: Json, name: str, path: str) -> list[Row]:
    """Those that are objects. Raises ListingUnusable where there is no list."""
    found = within(told, name)
    if not isinstance(found, list):
        raise ListingUnusable(f"{_short(path)} answered without its list “{name}”. {_LATER}")
    return objects_in(cast("list[Any]", found))


def objects_in(found: list[Any]) -> list[Row]:
    return [cast("Row", row) for row in found if isinstance(row, dict)]


def text_in(row: Row, *names: str) -> str | None:
    """The first of these that is text, not empty, and no longer than anything sensible."""
    values = (within(row, name) for name in names)
    return next((value for value in values if isinstance(value, str) and 0 < len(value) <= _LONGEST), None)


def texts_in(row: Row, name: str) -> tuple[str, ...]:
    found = within(row, name)
    if not isinstance(found, list):
        return ()
    values = (value for value in cast("list[Any]", found)[:_MOST_TAGS] if isinstance(value, str))
    return tuple(value for value in values if 0 < len(value) <= _LONGEST_TAG)


def size_in(row: Row, name: str) -> int | None:
    found = within(row, name)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 < found < 100_000 else None


_LATER = "Nothing was changed here; ask again later, or tell the provider."


def _short(path: str) -> str:
    return path.partition("?")[0]


def _endless(path: str) -> ListingUnusable:
    return ListingUnusable(f"{_short(path)} has more than {MOST_PAGES} pages. {_LATER}")
