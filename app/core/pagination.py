"""Pages by position: as fast on page 1,000 as on page 1, and stable while rows are added.

A page starts after a position: what the list is ordered by, and the id of the row. Clients see it as an opaque, signed
cursor, which is good for the list and the order it was made for and for no other.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Integer, Select, bindparam, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.core.errors import InvalidCursor
from app.core.signing import Signer

DEFAULT_LIMIT = 50
MOST_PER_PAGE = 200
_MAC_BYTES = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S", bound="Select[*tuple[Any, ...]]")
#: What a list can be ordered by.
Key: TypeAlias = datetime | int | str
KeyColumn: TypeAlias = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The place of a row in its list: what the list is ordered by, then the id."""

    key: Key
    id: str


class Page(BaseModel, Generic[T]):
    """One page of a list. Ask again with ``next_cursor`` until it is null."""

    items: list[T]
    next_cursor: str | None = Field(
        default=None,
        description="Where the next page starts; null on the last page. Opaque: URL-encode it and send it back",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Generic[T]):
    """One page of rows, and the position the next page starts after, if there is one."""

    rows: Sequence[T]
    next: Position | None
    of: str = ""

    def map(self, turn: Callable[[T], R]) -> Slice[R]:
        return Slice(rows=[turn(row) for row in self.rows], next=self.next, of=self.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which page is wanted: at most ``limit`` rows after ``after``; from the start if that is None.

    ``of`` names the list and its order: a cursor of another one is refused.
    """

    limit: int = DEFAULT_LIMIT
    after: Position | None = None
    of: str = ""


class Cursors:
    """Turns positions into cursors and back."""

    def __init__(self, secret: bytes) -> None:
        self._signer = Signer(secret, "cursor", size=_MAC_BYTES)

    def encode(self, position: Position, *, of: str) -> str:
        payload = json.dumps(
            [of, _plain(position.key), position.id], separators=(",", ":"), ensure_ascii=False
        ).encode()
        return base64.urlsafe_b64encode(self._signer.sign(payload) + payload).rstrip(b"=").decode()

    def decode(self, cursor: str, *, of: str) -> Position:
        """The position of a cursor. Raises InvalidCursor unless this server made it, for this list and order."""
        try:
            raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error) as error:
            raise _invalid() from error
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not self._signer.verify(payload, mac):
            raise _invalid()
        made_for, key, id_ = json.loads(payload)
        if made_for != of:
            raise InvalidCursor("This cursor belongs to another list, or to another order. Start again without one.")
        return Position(key=_key(key), id=id_)

    def request(self, *, of: str, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> PageRequest:
        """What a client asked for. A limit above the cap is the cap. Raises InvalidCursor."""
        after = self.decode(cursor, of=of) if cursor else None
        return PageRequest(limit=min(limit, MOST_PER_PAGE), after=after, of=of)

    def page(self, kind: type[T], items: Slice[T]) -> Page[T]:
        """The answer for one slice: ``cursors.page(VideoOut, rows.map(VideoOut.of))``."""
        after = None if items.next is None else self.encode(items.next, of=items.of)
        return Page[kind](items=list(items.rows), next_cursor=after)


def keyset(statement: S, key: KeyColumn, id_: KeyColumn, page: PageRequest, *, descending: bool = True) -> S:
    """The statement, in its order, from the position on, with one row more than the page holds: see ``cut``."""
    if page.after is not None:
        place, start = tuple_(key, id_), (page.after.key, page.after.id)
        statement = statement.where(place < start if descending else place > start)
    return statement.order_by(*ordered(key, id_, descending=descending)).limit(page.limit + 1)


def keyset_once(statement: S, key: KeyColumn, id_: KeyColumn, *, onward: bool, descending: bool = True) -> S:
    """Like ``keyset``, for a statement that is kept and run with ``keyset_values`` of each page.

    ``onward``: for the pages after the first. Building a wide statement takes longer than running it.
    """
    if onward:
        place = tuple_(key, id_)
        start = tuple_(bindparam("after_key", type_=key.type), bindparam("after_id", type_=id_.type))
        statement = statement.where(place < start if descending else place > start)
    return statement.order_by(*ordered(key, id_, descending=descending)).limit(bindparam("rows", type_=Integer()))


def keyset_values(page: PageRequest) -> dict[str, Any]:
    place = {} if page.after is None else {"after_key": page.after.key, "after_id": page.after.id}
    return {**place, "rows": page.limit + 1}


def ordered(*columns: KeyColumn, descending: bool) -> list[ColumnElement[Any]]:
    return [column.desc() if descending else column.asc() for column in columns]


def cut(rows: Sequence[T], page: PageRequest, position: Callable[[T], Position]) -> Slice[T]:
    """The page itself: drops the extra row, whose presence says that there is a next page."""
    kept = rows[: page.limit]
    more = len(rows) > page.limit
    return Slice(rows=kept, next=position(kept[-1]) if more else None, of=page.of)


def by_creation(row: Any) -> Position:
    """The position of a row in a list that is ordered by ``created_at``."""
    return Position(key=row.created_at, id=row.id)


def _plain(key: Key) -> int | str | list[int]:
    """As JSON. An instant is the one number of a list: its microseconds."""
    return [(key - _EPOCH) // _MICROSECOND] if isinstance(key, datetime) else key


def _key(plain: int | str | list[int]) -> Key:
    return _EPOCH + plain[0] * _MICROSECOND if isinstance(plain, list) else plain


def _invalid() -> InvalidCursor:
    return InvalidCursor(
        "This cursor was not made by this server. Start again without one, or send next_cursor unchanged."
    )
