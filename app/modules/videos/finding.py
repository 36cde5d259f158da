"""The list of videos: filters, search and order, at a cost for each page that does not grow with how many there are.

Three ways lead to a page:

- *walk*: where an index holds the order and all filters, the page is read from it.
- *gather*: where one filter alone leaves few enough videos, those are looked at and sorted.
- *sieve*: else the list is gone through in its order, and the filters are asked of each video; after so many of them
  the page ends, whatever it holds, and the next one goes on from there.

Words, tags and kinds are terms of an index that is in the order in which videos were made: see ``matches.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.core.pagination import (
    KeyColumn,
    PageRequest,
    Position,
    Slice,
    by_creation,
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
#: What terms and their numbers tell already.
_AMONG_TERMS = frozenset({"parent_id", "kind", *_WITHIN})
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
    asked = _Asked(
        session=session,
        workspace_id=workspace_id,
        wanted=wanted,
        page=page,
        sort=sort,
        effort=effort,
        values=_values(wanted),
    )
    if wanted.search or wanted.tags:
        return asked.shown(asked.by_terms())
    if asked.given <= _HELD.get(sort.field, frozenset()):
        return asked.walk()
    return asked.shown(asked.gather_or_sieve())


def _values(wanted: VideoFilter) -> dict[str, Any]:
    given = {name: value for name in _CONDITIONS if (value := getattr(wanted, name)) is not None}
    if "kind" in given:
        given.pop("source", None)  # each kind has one only
    return given


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One page that is asked for. ``values``: the filters that were given, by the name of their parameter."""

    session: Session
    workspace_id: str
    wanted: VideoFilter
    page: PageRequest
    sort: Sort
    effort: Effort
    values: Mapping[str, Any]

    @property
    def given(self) -> frozenset[str]:
        return frozenset(self.values)

    def walk(self) -> Slice[Columns]:
        statement = _walking(self.given, self.sort, onward=self.page.after is not None)
        rows = self._run(statement, {**self.values, **keyset_values(self.page)})
        return cut(rows, self.page, by_creation if self.sort.field == "created_at" else self._position)

    def by_terms(self) -> Slice[Position]:
        wanted = self.wanted
        marks = marks_of(wanted.kind, wanted.parent_id, wanted.tags)
        terms = wanted_terms(self.workspace_id, wanted.search, marks)
        span = Span(
            start=None if wanted.created_after is None else number_at(wanted.created_after),
            stop=None if wanted.created_before is None else number_at(wanted.created_before),
        )
        if self.sort.field == "created_at":
            return self._sieve(self._matching(terms, span), self.given - _AMONG_TERMS)
        newest = self._matches(terms, span, self.effort.gathered, descending=True)
        return self._gather([place.id for place in newest])

    def gather_or_sieve(self) -> Slice[Position]:
        """Where most pass, a page is soon full. Else one of the filters may leave so few on that those are sorted."""
        near = self._sieve(self._along(self.effort.block), self.given)
        if near.next is None or len(near.rows) == self.page.limit:
            return near
        for held in _HELD.values():
            if self.given & held:
                one_more = _ids(self.given & held).limit(self.effort.gathered + 1)
                ids: Sequence[str] = [row.id for row in self._run(one_more, self.values)]
                if len(ids) <= self.effort.gathered:
                    return self._gather(ids)
        return self._sieve(self._along(self.effort.sieved), self.given)

    def shown(self, places: Slice[Position]) -> Slice[Columns]:
        """The videos at these places. One that is gone, or another workspace's, is left out."""
        ids = [place.id for place in places.rows]
        rows = {row.id: row for row in self._run(_shown(self._dialect), self._named(ids))} if ids else {}
        return Slice(rows=[rows[id_] for id_ in ids if id_ in rows], next=places.next, of=places.of)

    def _gather(self, ids: Sequence[str]) -> Slice[Position]:
        """The page of these, sorted."""
        among = _among(self.given, self.sort, self._dialect)
        statement = keyset(among, _KEYS[self.sort.field], Video.id, self.page, descending=self.sort.descending)
        places = [self._position(row) for row in self._run(statement, {**self._named(ids), **self.values})]
        return cut(places, self.page, lambda place: place)

    def _sieve(self, candidates: Iterable[Sequence[Position]], filters: frozenset[str]) -> Slice[Position]:
        """The page of those that pass. Candidates come in the order of the list, and an empty block at its end."""
        found: list[Position] = []
        looked_at: Position | None = None
        for block in candidates:
            found += self._passing(block, filters)
            looked_at = block[-1] if block else None
            if len(found) > self.page.limit:
                looked_at = found[self.page.limit - 1]
                break
        return Slice(rows=found[: self.page.limit], next=looked_at, of=self.page.of)

    def _passing(self, places: Sequence[Position], filters: frozenset[str]) -> Sequence[Position]:
        if not (places and filters):
            return places
        values = {**self._named([place.id for place in places]), **self.values}
        passed = {row.id for row in self._run(_among(filters, self.sort, self._dialect), values)}
        return [place for place in places if place.id in passed]

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
        mine = sa.select(key.label("sort_key"), Video.id).where(Video.workspace_id == self.workspace_id)
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

    @property
    def _dialect(self) -> str:
        return self.session.get_bind().dialect.name

    def _named(self, ids: Sequence[str]) -> dict[str, Any]:
        return {"ids": json.dumps(list(ids)) if self._dialect == "sqlite" else list(ids)}

    def _position(self, row: Any) -> Position:
        return Position(key=row.sort_key, id=row.id)


@cache
def _walking(given: frozenset[str], sort: Sort, *, onward: bool) -> sa.Select[*tuple[Any, ...]]:
    """The statement for these filters, with a parameter of the same name for each; there are some hundreds at most."""
    key = _KEYS[sort.field]
    mine = Video.workspace_id == sa.bindparam("workspace_id")
    columns = SUMMARY if sort.field == "created_at" else SUMMARY.add_columns(key.label("sort_key"))
    statement = columns.where(mine, *_indexed(given))
    return keyset_once(statement, key, Video.id, onward=onward, descending=sort.descending)


@cache
def _among(given: frozenset[str], sort: Sort, dialect: str) -> sa.Select[*tuple[Any, ...]]:
    """The places of those of the parameter ``ids`` that pass these filters."""
    conditions = [condition for name, condition in _CONDITIONS.items() if name in given]
    return sa.select(_KEYS[sort.field].label("sort_key"), Video.id).where(*_of_ids(dialect), *conditions)


@cache
def _shown(dialect: str) -> sa.Select[*tuple[Any, ...]]:
    return SUMMARY.where(*_of_ids(dialect))


def _of_ids(dialect: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """All ids are one parameter: ten thousand of them take longer to read than to look up."""
    # The condition on the workspace is hidden from indexes: only the ids are few.
    mine = sa.func.coalesce(Video.workspace_id, "") == sa.bindparam("workspace_id")
    if dialect == "sqlite":
        listed = sa.func.json_each(sa.bindparam("ids", type_=sa.Text())).table_valued("value")
        return Video.id.in_(sa.select(listed.c.value)), mine
    return Video.id == sa.any_(sa.bindparam("ids", type_=ARRAY(sa.String()))), mine


@cache
def _ids(given: frozenset[str]) -> sa.Select[*tuple[Any, ...]]:
    """Those that pass these filters, which one index holds."""
    return sa.select(Video.id).where(Video.workspace_id == sa.bindparam("workspace_id"), *_indexed(given))


def _indexed(given: frozenset[str]) -> list[sa.ColumnElement[bool]]:
    equal = [_equals(name, given) for name in _EQUAL if name in given]
    return equal + [condition for name, condition in (_WITHIN | _LASTING).items() if name in given]


def _equals(name: str, given: frozenset[str]) -> sa.ColumnElement[bool]:
    column = _EQUAL[name]
    # SQLite cannot tell which index is the better one, and may walk all videos that are ready to find the few of one
    # parent. An expression has no index, so that the narrower filter's is taken.
    narrower = {"status": {"parent_id"}, "source": {"parent_id"}, "kind": {"parent_id"}, "parent_id": set[str]()}
    return (sa.func.coalesce(column, "") if narrower[name] & given else column) == sa.bindparam(name)
