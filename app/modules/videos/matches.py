"""Looking up terms: which videos have them all, in the order in which they were made.

SQLite's full-text index keeps for each term its videos in that order, and intersects such lists from either end without
reading them whole. Postgres knows no order: it collects all that have a rare term and sorts them, and finds common ones
faster by looking at one video after the other. How common they are is seen by looking at the next few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.pagination import Position
from app.modules.videos.models import VideoText

_Row: TypeAlias = sa.Row[int, str]
_Number: TypeAlias = sa.ColumnElement[int] | InstrumentedAttribute[int]
_number, _id = VideoText.number, VideoText.video_id
_index = sa.table("video_terms", sa.column("rowid", sa.Integer()), sa.column("video_terms"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The numbers from ``start`` on, and before ``stop``; None is no bound."""

    start: int | None = None
    stop: int | None = None

    def after(self, place: Position, *, descending: bool) -> Span:
        """What is left of it for a list that has come to this place."""
        number = cast("int", place.key)
        return replace(self, stop=number) if descending else replace(self, start=number + 1)

    def holds(self, number: _Number) -> list[sa.ColumnElement[bool]]:
        lower = [] if self.start is None else [number >= self.start]
        return lower if self.stop is None else [*lower, number < self.stop]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The first ``most`` videos of this span that have all these terms, by their numbers."""

    workspace_id: str
    terms: tuple[str, ...]
    span: Span
    most: int
    descending: bool = True

    def order(self, number: _Number) -> sa.ColumnElement[int]:
        return number.desc() if self.descending else number.asc()


def matches(session: Session, search: Search, *, tried: int) -> Sequence[Position]:
    """What is searched for. ``tried``: how many videos are looked at on Postgres before its index is.

    One of another workspace may be among them: the caller's own query of the rows leaves it out.
    """
    sqlite = session.get_bind().dialect.name == "sqlite"
    found = _by_full_text(session, search) if sqlite else _by_either(session, search, tried)
    return [Position(key=row.number, id=row.video_id) for row in found]


def _by_full_text(session: Session, search: Search) -> Sequence[_Row]:
    rowid, asked = _index.c.rowid, " ".join(f'"{term}"' for term in search.terms)
    statement = (
        sa.select(_number, _id)
        .select_from(_index)
        .join(VideoText, _number == rowid)
        .where(_index.c.video_terms.op("MATCH")(asked), *search.span.holds(rowid))
        .order_by(search.order(rowid))
        .limit(search.most)
    )
    return session.execute(statement).all()


def _by_either(session: Session, search: Search, tried: int) -> Sequence[_Row]:
    found, whole = _by_looking(session, search, tried)
    # Where one in four is a match, all that are wanted are near.
    wide = 4 * search.most
    if not whole and len(found) < search.most and wide > tried and len(found) * 4 > tried:
        found, whole = _by_looking(session, search, wide)
    return found if whole or len(found) == search.most else _by_index(session, search)


def _by_looking(session: Session, search: Search, window: int) -> tuple[Sequence[_Row], bool]:
    """Those among the next few, and whether there are no others."""
    mine = sa.select(_number).where(VideoText.workspace_id == search.workspace_id)
    ahead = mine.where(*search.span.holds(_number)).order_by(search.order(_number))
    last: int | None = session.scalars(ahead.offset(window - 1).limit(1)).one_or_none()
    # A subquery with a limit is carried out as it stands, and no further than it is asked for.
    near = ahead.add_columns(_id, VideoText.terms).limit(window).subquery()
    number: sa.ColumnElement[int] = near.c.number
    statement = (
        sa.select(number, near.c.video_id)
        .where(near.c.terms.op("@@")(_query(search.terms)))
        .order_by(search.order(number))
        .limit(search.most)
    )
    return session.execute(statement).all(), last is None


def _by_index(session: Session, search: Search) -> Sequence[_Row]:
    # Postgres guesses how common terms are, and would rather read the whole table than an index. Only that of the
    # terms is left to it: the number is hidden in a sum, and of which workspace a term is says the term.
    session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    hidden: sa.ColumnElement[int] = _number + 0
    statement = (
        sa.select(_number, _id)
        .where(VideoText.terms.op("@@")(_query(search.terms)), *search.span.holds(hidden))
        .order_by(search.order(hidden))
        .limit(search.most)
    )
    return session.execute(statement).all()


def _query(terms: tuple[str, ...]) -> sa.ColumnElement[Any]:
    return sa.cast(" & ".join(f"'{term}'" for term in terms), TSQUERY)
