"""The list of videos: filters, search and order, at a cost for each page that does not grow with how many there are.

Three ways lead to a page:

- *walk*: where an index holds the order and all filters, the page is read from it.
- *gather*: where one filter alone leaves few enough videos, those are looked at and sorted.
- *sieve*: else the list is gone through in its order, and the filters are asked of each video; after so many of them
  the page ends, whatever it holds, and the next one goes on from there.

Words, tags and kinds are terms of an index that is in the order in which videos were made: see ``matches.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.pagination import (
    KeyColumn,
    PageRequest,
    Position,
    Slice,
    cut,
    keyset,
    keyset_once,
    keyset_values,
)
from app.modules.videos.matches import Search, Span, matches
from app.modules.videos.models import DURATION_KEY, Kind, Source, Video, VideoStatus
from app.modules.videos.repository import SUMMARY, Columns
from app.modules.videos.texts import marks_of, number_at
from app.modules.videos.words import wanted_terms

_KEY = "sort_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How many videos a page is worth: gathered, sieved, and of these at once; and looked at before an index is."""

    gathered: int = 10_000
    sieved: int = 10_000
    block: int = 250
    tried: int = 1_000


FULL_EFFORT = Effort()


class Sort(StrEnum):
    """What a list is ordered by, then by id; with a minus from the greatest on."""

    OLDEST = "created_at"
    NEWEST = "-created_at"
    UPDATED = "updated_at"
    LAST_UPDATED = "-updated_at"
    SHORTEST = "duration"
    LONGEST = "-duration"
    TITLE = "title"
    TITLE_BACKWARDS = "-title"

    @property
    def descending(self) -> bool:
        return self.startswith("-")

    @property
    def field(self) -> str:
        return self.removeprefix("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFilter:
    """None is any. Instants are a half-open range: from ``created_after`` on, and before ``created_before``.

    Durations are in milliseconds, both ends included. ``search``: words that all have to be there. ``tags``: likewise.
    """

    status: VideoStatus | None = None
    source: Source | None = None
    kind: Kind | None = None
    parent_id: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    search: str = ""
    tags: tuple[str, ...] = ()


_duration = sa.literal_column(DURATION_KEY, sa.BigInteger())
_KEYS: dict[str, KeyColumn] = {
    "created_at": Video.created_at,
    "updated_at": Video.updated_at,
    "duration": _duration,
    "title": Video.title_key,
}
#: Filters by equality, from the one that leaves fewest videos on.
_EQUAL = {"parent_id": Video.parent_id, "kind": Video.kind, "source": Video.source, "status": Video.status}
_WITHIN = {
    "created_after": Video.created_at >= sa.bindparam("created_after"),
    "created_before": Video.created_at < sa.bindparam("created_before"),
}
_LASTING = {
    "min_duration": _duration >= sa.bindparam("min_duration"),
    "max_duration": _duration.between(0, sa.bindparam("max_duration")),
}
_CONDITIONS = {name: column == sa.bindparam(name) for name, column in _EQUAL.items()} | _WITHIN | _LASTING
_BY_CREATION = frozenset((*_EQUAL, *_WITHIN))
#: The filters that the index of an order holds.
_HELD: dict[str, frozenset[str]] = {"created_at": _BY_CREATION, "duration": frozenset(_LASTING)}


def list_name(wanted: VideoFilter, sort: Sort) -> str:
    """What its cursors are good for."""
    terms = (wanted.search or wanted.tags) and sort.field == "created_at"
    return f"videos {sort}{' by terms' if terms else ''}"


def list_videos(
    session: Session,
    workspace_id: str,
    wanted: VideoFilter,
    page: PageRequest,
    sort: Sort = Sort.NEWEST,
    effort: Effort = FULL_EFFORT,
) -> Slice[Columns]:
    """In this order, with the revision that is shown and the last job. A page may be short, and not be the last."""
    if wanted.kind and wanted.source and wanted.kind.source is not wanted.source:
        return Slice(rows=[], next=None, of=page.of)
    asked = _Asked(session=session, workspace_id=workspace_id, wanted=wanted, page=page, sort=sort, effort=effort)
    if wanted.search or wanted.tags:
        return asked.by_terms()
    if asked.given <= _HELD.get(sort.field, frozenset()):
        return asked.walk()
    return asked.gather_or_sieve()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One page that is asked for."""

    session: Session
    workspace_id: str
    wanted: VideoFilter
    page: PageRequest
    sort: Sort
    effort: Effort

    @property
    def values(self) -> dict[str, Any]:
        """The filters that were given, by the name of their parameter."""
        named = (*_EQUAL, *_WITHIN, *_LASTING)
        given = {name: value for name in named if (value := getattr(self.wanted, name)) is not None}
        if "kind" in given:
            given.pop("source", None)  # each kind has one only
        return given

    @property
    def given(self) -> frozenset[str]:
        return frozenset(self.values)

    def walk(self) -> Slice[Columns]:
        statement = _walking(self.given, self.sort, onward=self.page.after is not None)
        rows = self._run(statement, self.values | keyset_values(self.page))
        return cut(rows, self.page, self._position)

    def by_terms(self) -> Slice[Columns]:
        wanted = self.wanted
        marks = marks_of(wanted.kind, wanted.parent_id, wanted.tags)
        terms = wanted_terms(self.workspace_id, wanted.search, marks)
        span = Span(
            start=None if wanted.created_after is None else number_at(wanted.created_after),
            stop=None if wanted.created_before is None else number_at(wanted.created_before),
        )
        if self.sort.field == "created_at":
            return self._sieve(self._matching(terms, span))
        newest = self._matches(terms, span, self.effort.gathered, descending=True)
        return self._gather([place.id for place in newest])

    def gather_or_sieve(self) -> Slice[Columns]:
        """Where most pass, a page is soon full. Else one of the filters may leave so few on that those are sorted."""
        near = self._sieve(self._along(self.effort.block))
        if near.next is None or len(near.rows) == self.page.limit:
            return near
        for held in _HELD.values():
            if self.given & held:
                one_more = _ids(self.given & held).limit(self.effort.gathered + 1)
                ids: Sequence[str] = [row.id for row in self._run(one_more, self.values)]
                if len(ids) <= self.effort.gathered:
                    return self._gather(ids)
        return self._sieve(self._along(self.effort.sieved))

    def _gather(self, ids: Sequence[str]) -> Slice[Columns]:
        """The page of these, sorted."""
        key, descending = _KEYS[self.sort.field], self.sort.descending
        statement = keyset(_among(self.given, self.sort), key, Video.id, self.page, descending=descending)
        return cut(self._run(statement, {"ids": ids, **self.values}), self.page, self._position)

    def _sieve(self, candidates: Iterable[Sequence[Position]]) -> Slice[Columns]:
        """The page of those that pass the filters. Candidates come in the order of the list; the last may end early."""
        found: list[tuple[Position, Columns]] = []
        looked_at: Position | None = None
        for block in candidates:
            if not block:
                looked_at = None
                break
            values = {"ids": [place.id for place in block], **self.values}
            rows = {row.id: row for row in self._run(_among(self.given, self.sort), values)}
            found += [(place, rows[place.id]) for place in block if place.id in rows]
            looked_at = block[-1]
            if len(found) > self.page.limit:
                looked_at = found[self.page.limit - 1][0]
                break
        rows_found = [row for _, row in found[: self.page.limit]]
        return Slice(rows=rows_found, next=looked_at, of=self.page.of)

    def _matching(self, terms: tuple[str, ...], span: Span) -> Iterator[Sequence[Position]]:
        """What the terms find: first as many as the page takes, then if need be many more. Empty at their end."""
        after, descending = self.page.after, self.sort.descending
        for most in (self.page.limit + 1, self.effort.sieved):
            onward = span if after is None else span.after(after, descending=descending)
            found = self._matches(terms, onward, most, descending=descending)
            for start in range(0, len(found), self.effort.block):
                yield found[start : start + self.effort.block]
            if len(found) < most:
                yield []
                return
            after = found[-1]

    def _matches(self, terms: tuple[str, ...], span: Span, most: int, *, descending: bool) -> Sequence[Position]:
        return matches(
            self.session,
            Search(workspace_id=self.workspace_id, terms=terms, span=span, most=most, descending=descending),
            tried=self.effort.tried,
        )

    def _along(self, most: int) -> Iterator[Sequence[Position]]:
        """The next of all videos in this order. Empty at their end."""
        key, after, block = _KEYS[self.sort.field], self.page.after, self.effort.block
        mine = sa.select(key.label(_KEY), Video.id).where(Video.workspace_id == self.workspace_id)
        for _ in range(0, most, block):
            page = PageRequest(limit=block - 1, after=after)
            rows = self._run(keyset(mine, key, Video.id, page, descending=self.sort.descending), {})
            found = [self._position(row) for row in rows]
            yield found
            if len(found) < block:
                yield []
                return
            after = found[-1]

    def _run(self, statement: sa.Select[*tuple[Any, ...]], values: Mapping[str, Any]) -> Sequence[Columns]:
        named = {"workspace_id": self.workspace_id, **values}
        return self.session.connection().execute(statement, named).all()

    def _position(self, row: Any) -> Position:
        return Position(key=getattr(row, _KEY if hasattr(row, _KEY) else self.sort.field), id=row.id)


@cache
def _walking(given: frozenset[str], sort: Sort, *, onward: bool) -> sa.Select[*tuple[Any, ...]]:
    """The statement for these filters, with a parameter of the same name for each; there are some hundreds at most."""
    statement = _sorted_by(sort).where(Video.workspace_id == sa.bindparam("workspace_id"), *_indexed(given))
    return keyset_once(statement, _KEYS[sort.field], Video.id, onward=onward, descending=sort.descending)


@cache
def _among(given: frozenset[str], sort: Sort) -> sa.Select[*tuple[Any, ...]]:
    """Those of the parameter ``ids`` that pass these filters."""
    # The condition on the workspace is hidden from indexes: only the ids are few.
    mine = sa.func.coalesce(Video.workspace_id, "") == sa.bindparam("workspace_id")
    conditions = [condition for name, condition in _CONDITIONS.items() if name in given]
    return _sorted_by(sort).where(Video.id.in_(sa.bindparam("ids", expanding=True)), mine, *conditions)


@cache
def _ids(given: frozenset[str]) -> sa.Select[*tuple[Any, ...]]:
    """Those that pass these filters, which one index holds."""
    return sa.select(Video.id).where(Video.workspace_id == sa.bindparam("workspace_id"), *_indexed(given))


def _sorted_by(sort: Sort) -> sa.Select[*tuple[Any, ...]]:
    """With what it is sorted by as the last column, unless that is among the others."""
    return SUMMARY if sort.field in ("created_at", "updated_at") else SUMMARY.add_columns(_KEYS[sort.field].label(_KEY))


def _indexed(given: frozenset[str]) -> list[sa.ColumnElement[bool]]:
    equal = [_equals(name, given) for name in _EQUAL if name in given]
    return equal + [condition for name, condition in (_WITHIN | _LASTING).items() if name in given]


def _equals(name: str, given: frozenset[str]) -> sa.ColumnElement[bool]:
    column = _EQUAL[name]
    # SQLite cannot tell which index is the better one, and may walk all videos that are ready to find the few of one
    # parent. An expression has no index, so that the narrower filter's is taken.
    narrower = {"status": {"parent_id"}, "source": {"parent_id"}, "kind": {"parent_id"}, "parent_id": set[str]()}
    return (sa.func.coalesce(column, "") if narrower[name] & given else column) == sa.bindparam(name)
