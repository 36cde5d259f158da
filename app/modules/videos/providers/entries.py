"""All SQL behind catalogues: what was listed is written down as a whole, found page by page, and looked up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.avatars.catalogue import Listed, ListKind, Orientation, Readiness
from app.core.database import insert_if_absent
from app.core.pagination import PageRequest, Position, Slice, cut, keyset
from app.modules.videos.providers.models import CatalogueEntry, Listing
from app.modules.videos.words import title_key, words_of

LONGEST_ID = 200
_LONGEST_VOICE, _LONGEST_TAG, _MOST_TAGS = 100, 100, 50
_AT_ONCE = 400
_KEYS = ("workspace_id", "provider", "kind", "provider_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListName:
    """One list of one account."""

    workspace_id: str
    provider: str
    kind: ListKind

    @property
    def key(self) -> tuple[str, str, str]:
        return self.workspace_id, self.provider, self.kind.value


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """None is any. ``search``: words of the name, which all have to be there. ``language`` also finds its regions."""

    search: str = ""
    gender: str | None = None
    language: str | None = None
    engine: str | None = None
    aspect_ratio: str | None = None
    orientation: Orientation | None = None
    owned: bool | None = None
    usable: bool | None = None
    include_gone: bool = False


# writing -------------------------------------------------------------------------------------------------------------


def record(session: Session, name: ListName, listed: Iterable[Listed], asked_at: datetime) -> None:
    """Write down a list that came whole, as it was at ``asked_at``: what is not in it is gone since.

    Of two that were asked for at once, the one that was asked for last counts, whichever comes first.
    """
    named = {each.id: each for each in listed if _can_be_named(each.id)}
    rows = [_row(name, each, asked_at) for each in named.values()]
    listing = _locked(session, name, asked_at)
    if listing.verified_at is not None and listing.verified_at > asked_at:
        return
    for start in range(0, len(rows), _AT_ONCE):
        session.connection().execute(_written(session), rows[start : start + _AT_ONCE])
    missing = (*_in(name), CatalogueEntry.verified_at < asked_at, CatalogueEntry.gone_at.is_(None))
    session.execute(sa.update(CatalogueEntry).where(*missing).values(gone_at=asked_at))
    if listing.tried_at <= asked_at:
        listing.problem, listing.tried_at = None, asked_at
    listing.offered, listing.verified_at = True, asked_at
    listing.present, listing.gone = len(rows), _gone(session, name)
    session.flush()


def record_problem(session: Session, name: ListName, problem: str, asked_at: datetime) -> None:
    """Why a list did not come. What is known stays."""
    listing = _locked(session, name, asked_at)
    if listing.verified_at is None or listing.verified_at < asked_at:
        listing.problem, listing.tried_at = _plain(problem, 2000), max(listing.tried_at, asked_at)
    session.flush()


def record_absence(session: Session, name: ListName, asked_at: datetime) -> None:
    """The provider has no such list, or not any more: nothing is known of it."""
    forget(session, name)
    _locked(session, name, asked_at).offered = False
    session.flush()


def forget(session: Session, name: ListName) -> None:
    listing = session.get(Listing, name.key)
    if listing is not None:
        session.delete(listing)
        session.flush()


def _locked(session: Session, name: ListName, asked_at: datetime) -> Listing:
    values = {"offered": True, "present": 0, "gone": 0, "tried_at": asked_at}
    workspace_id, provider, kind = name.key
    insert_if_absent(session, Listing, workspace_id=workspace_id, provider=provider, kind=kind, **values)
    return session.get_one(Listing, name.key, with_for_update=True, populate_existing=True)


def _written(session: Session) -> Any:
    """Insert, or bring up to date: all but when it was first seen."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(CatalogueEntry)
    kept = {*_KEYS, "first_seen_at"}
    names = CatalogueEntry.__mapper__.columns.keys()
    newer = {column: statement.excluded[column] for column in names if column not in kept}
    return statement.on_conflict_do_update(index_elements=list(_KEYS), set_=newer)


def _row(name: ListName, listed: Listed, asked_at: datetime) -> Mapping[str, Any]:
    shown = _plain(listed.name, 200) or listed.id
    return {
        "workspace_id": name.workspace_id,
        "provider": name.provider,
        "kind": name.kind.value,
        "provider_id": listed.id,
        "name": shown,
        "name_key": title_key(shown, 200),
        "facets": _facets(listed, shown),
        "owned": listed.owned,
        "gender": _plain(listed.gender, 32),
        "orientation": listed.orientation,
        "width": listed.width,
        "height": listed.height,
        "languages": _plain_all(listed.languages),
        "tags": _plain_all(listed.tags),
        "engines": _plain_all(listed.engines),
        "aspect_ratios": _plain_all(listed.aspect_ratios),
        "default_voice": _voice(listed.default_voice),
        "preview_image_url": _link(listed.preview_image_url),
        "preview_video_url": _link(listed.preview_video_url),
        "preview_audio_url": _link(listed.preview_audio_url),
        "readiness": listed.readiness.value,
        "reason": _plain(listed.reason, 500),
        "first_seen_at": asked_at,
        "verified_at": asked_at,
        "gone_at": None,
    }


def _can_be_named(own_id: str) -> bool:
    return 0 < len(own_id) <= LONGEST_ID and own_id.isprintable()


def _voice(own_id: str | None) -> str | None:
    """One that a profile can name."""
    return own_id if own_id and len(own_id) <= _LONGEST_VOICE and _can_be_named(own_id) else None


def _plain_all(texts: Iterable[str]) -> list[str]:
    plain = (_plain(text, _LONGEST_TAG) for text in texts)
    return [text for text in plain if text is not None][:_MOST_TAGS]


def _link(url: str | None) -> str | None:
    """One that can be shown to people: to the web, and to nothing else."""
    return url if url and url.isprintable() and url.startswith(("https://", "http://")) else None


def _plain(text: str | None, most: int) -> str | None:
    """On one line, without what a database cannot hold."""
    one_line = " ".join("".join(sign if sign.isprintable() else " " for sign in text or "").split())
    return one_line[:most] or None


def _gone(session: Session, name: ListName) -> int:
    counted = sa.select(sa.func.count()).select_from(CatalogueEntry)
    return session.execute(counted.where(*_in(name), CatalogueEntry.gone_at.is_not(None))).scalar_one()


# finding -------------------------------------------------------------------------------------------------------------


def page_of(session: Session, name: ListName, wanted: EntryFilter, page: PageRequest) -> Slice[CatalogueEntry]:
    """By name."""
    statement = sa.select(CatalogueEntry).where(*_in(name), *_passing(wanted))
    key = CatalogueEntry.name_key
    rows = session.scalars(keyset(statement, key, CatalogueEntry.provider_id, page, descending=False)).all()
    return cut(rows, page, lambda row: Position(key=row.name_key, id=row.provider_id))


def listing_of(session: Session, name: ListName) -> Listing | None:
    return session.get(Listing, name.key)


def listings_of(session: Session, workspace_id: str, providers: Collection[str] | None = None) -> Sequence[Listing]:
    """Of these accounts; of all of the workspace if none are named."""
    mine = sa.select(Listing).where(Listing.workspace_id == workspace_id)
    return session.scalars(mine if providers is None else mine.where(Listing.provider.in_(providers))).all()


def entry_of(session: Session, name: ListName, provider_id: str) -> CatalogueEntry | None:
    return session.get(CatalogueEntry, (*name.key, provider_id))


def avatars_of(
    session: Session, workspace_id: str, named: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], CatalogueEntry]:
    """Those of them that are known, by provider and the provider's id."""
    if not named:
        return {}
    place = sa.tuple_(CatalogueEntry.provider, CatalogueEntry.provider_id)
    found = sa.select(CatalogueEntry).where(
        CatalogueEntry.workspace_id == workspace_id,
        CatalogueEntry.kind == ListKind.AVATAR.value,
        place.in_(list(named)),
    )
    return {(entry.provider, entry.provider_id): entry for entry in session.scalars(found)}


def names_in(session: Session, name: ListName) -> Sequence[tuple[str, str]]:
    """The ids and names of all that is there."""
    columns = sa.select(CatalogueEntry.provider_id, CatalogueEntry.name)
    rows = session.execute(columns.where(*_in(name), CatalogueEntry.gone_at.is_(None)))
    return [(row.provider_id, row.name) for row in rows]


def _in(name: ListName) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        CatalogueEntry.workspace_id == name.workspace_id,
        CatalogueEntry.provider == name.provider,
        CatalogueEntry.kind == name.kind.value,
    )


def _passing(wanted: EntryFilter) -> Iterator[sa.ColumnElement[bool]]:
    for facet in _asked_for(wanted):
        yield CatalogueEntry.facets.contains(facet, autoescape=True)
    if wanted.gender is not None:
        yield sa.func.lower(CatalogueEntry.gender) == wanted.gender.lower()
    if wanted.orientation is not None:
        yield CatalogueEntry.orientation == wanted.orientation.value
    if wanted.owned is not None:
        yield CatalogueEntry.owned.is_(wanted.owned)
    if wanted.usable is not None:
        ready = sa.and_(CatalogueEntry.readiness == Readiness.READY.value, CatalogueEntry.gone_at.is_(None))
        yield ready if wanted.usable else sa.not_(ready)
    if not wanted.include_gone:
        yield CatalogueEntry.gone_at.is_(None)


# Facets are lines: a word that something is found by, after the letter of what it is. A line is found whole, but a word
# of a name by its beginning. A list has some thousands of entries, of which a page looks at few: no index is needed.


def _facets(listed: Listed, name: str) -> str:
    words = (f"w:{word}" for word in words_of(name))
    spoken = (f"l:{part}" for language in _plain_all(listed.languages) for part in _with_ranges(_tag(language)))
    engines = (f"e:{_tag(engine)}" for engine in _plain_all(listed.engines))
    shapes = (f"a:{_tag(shape)}" for shape in _plain_all(listed.aspect_ratios))
    lines = dict.fromkeys((*words, *spoken, *engines, *shapes))
    return "".join(f"\n{line}" for line in lines) + "\n"


def _asked_for(wanted: EntryFilter) -> Iterator[str]:
    yield from (f"\nw:{word}" for word in dict.fromkeys(words_of(wanted.search)))
    whole = {"l": wanted.language, "e": wanted.engine, "a": wanted.aspect_ratio}
    yield from (f"\n{letter}:{_tag(value)}\n" for letter, value in whole.items() if value is not None)


def _with_ranges(tag: str) -> Iterator[str]:
    """``en-gb`` is found by ``en``, too (RFC 4647, basic filtering)."""
    parts = tag.split("-")
    yield from ("-".join(parts[:length]) for length in range(1, len(parts) + 1))


def _tag(text: str) -> str:
    return " ".join(text.casefold().replace("_", "-").split())
