"""Pages by position, newest first: as fast on page 1,000 as on page 1, and stable while rows are added.

A page starts after a position ``(created_at, id)``. Clients see it as an opaque, signed cursor.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field
from sqlalchemy import Integer, Select, bindparam, tuple_
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The place of a row in its list."""

    created_at: datetime
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

    def map(self, turn: Callable[[T], R]) -> Slice[R]:
        return Slice(rows=[turn(row) for row in self.rows], next=self.next)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which page is wanted: at most ``limit`` rows after ``after``; from the start if that is None."""

    limit: int = DEFAULT_LIMIT
    after: Position | None = None


class Cursors:
    """Turns positions into cursors and back."""

    def __init__(self, secret: bytes) -> None:
        self._signer = Signer(secret, "cursor", size=_MAC_BYTES)

    def encode(self, position: Position) -> str:
        microseconds = (position.created_at - _EPOCH) // _MICROSECOND
        payload = json.dumps([microseconds, position.id], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._signer.sign(payload) + payload).rstrip(b"=").decode()

    def decode(self, cursor: str) -> Position:
        """The position of a cursor. Raises InvalidCursor unless this server made it."""
        try:
            raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error) as error:
            raise _invalid() from error
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not self._signer.verify(payload, mac):
            raise _invalid()
        microseconds, id_ = json.loads(payload)
        return Position(created_at=_EPOCH + microseconds * _MICROSECOND, id=id_)

    def request(self, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> PageRequest:
        """What a client asked for. A limit above the cap is the cap. Raises InvalidCursor."""
        after = self.decode(cursor) if cursor else None
        return PageRequest(limit=min(limit, MOST_PER_PAGE), after=after)

    def page(self, kind: type[T], items: Slice[T]) -> Page[T]:
        """The answer for one slice: ``cursors.page(VideoOut, rows.map(VideoOut.of))``."""
        return Page[kind](items=list(items.rows), next_cursor=self.encode(items.next) if items.next else None)


def keyset(
    statement: S,
    created_at: InstrumentedAttribute[datetime],
    id_: InstrumentedAttribute[str],
    page: PageRequest,
) -> S:
    """The statement, newest first, from the position on, with one row more than the page holds: see ``cut``."""
    if page.after is not None:
        statement = statement.where(tuple_(created_at, id_) < (page.after.created_at, page.after.id))
    return statement.order_by(created_at.desc(), id_.desc()).limit(page.limit + 1)


def keyset_once(
    statement: S, created_at: InstrumentedAttribute[datetime], id_: InstrumentedAttribute[str], *, onward: bool
) -> S:
    """Like ``keyset``, for a statement that is kept and run with ``keyset_values`` of each page.

    ``onward``: for the pages after the first. Building a wide statement takes longer than running it.
    """
    if onward:
        place = tuple_(bindparam("after_at", type_=created_at.type), bindparam("after_id", type_=id_.type))
        statement = statement.where(tuple_(created_at, id_) < place)
    return statement.order_by(created_at.desc(), id_.desc()).limit(bindparam("rows", type_=Integer()))


def keyset_values(page: PageRequest) -> dict[str, Any]:
    place = {} if page.after is None else {"after_at": page.after.created_at, "after_id": page.after.id}
    return {**place, "rows": page.limit + 1}


def cut(rows: Sequence[T], page: PageRequest, position: Callable[[T], Position]) -> Slice[T]:
    """The page itself: drops the extra row, whose presence says that there is a next page."""
    kept = rows[: page.limit]
    more = len(rows) > page.limit
    return Slice(rows=kept, next=position(kept[-1]) if more else None)


def _invalid() -> InvalidCursor:
    return InvalidCursor(
        "This cursor was not made by this server. Start again without one, or send next_cursor unchanged."
    )
