"""What accounts list, brought up to date: when somebody asks, when an account is tested, and now and then.

The provider is asked without a transaction, and what it lists is written down in one: a list that does not come whole,
or not in time, changes nothing but ``problem``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.avatars.base import Capabilities
from app.avatars.catalogue import CatalogueNotOffered, Listed, ListingOverdue, ListingUnusable, ListKind
from app.avatars.vendors.remote import Remote
from app.core.clock import Clock, utc_now
from app.core.database import Database
from app.core.errors import TenexError
from app.core.pagination import PageRequest, Slice
from app.modules.videos.errors import CatalogueNotSynced
from app.modules.videos.models import ProviderAccount
from app.modules.videos.providers import entries
from app.modules.videos.providers.accounts import account_of, catalogue_of
from app.modules.videos.providers.catalogue_schemas import CatalogueOut, ListingStatus
from app.modules.videos.providers.entries import EntryFilter, ListName
from app.modules.videos.providers.kinds import VENDORS, Kind
from app.modules.videos.providers.known import Connector
from app.modules.videos.providers.models import CatalogueEntry, Listing

#: How long a request waits, one that asks for the list and one that is about something else; and nobody does.
ASKED_S, BESIDE_S, UNASKED_S = 60.0, 20.0, 300.0
MOST_ENTRIES = 20_000
#: A list that did not come is not asked for again sooner.
_PAUSE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came of asking for one list. ``listed`` is None where it did not come, and ``problem`` says why."""

    kind: ListKind
    listed: Sequence[Listed] | None = None
    problem: str | None = None
    offered: bool = True


class Catalogues:
    def __init__(self, *, database: Database, connector: Connector, clock: Clock = utc_now) -> None:
        self._database, self.connector, self._clock = database, connector, clock

    def sync(self, workspace_id: str, provider: str, *, within_s: float) -> CatalogueOut:
        """Ask for both lists, now. What the provider has against it is told in ``problem``. Raises ProviderNotFound."""
        with self._database.read_scope() as session:
            account = account_of(session, workspace_id, provider)
        asked_at = self._clock()
        heard = asyncio.run(self._hear(account, within_s))
        with self._database.session_scope() as session:
            # Kept from being removed until the end of this transaction: lists belong to it.
            now = account_of(session, workspace_id, provider, share=True)
            if now.updated_at == account.updated_at:
                for each in heard:
                    _record(session, account, each, asked_at)
            return catalogue_of(now, entries.listings_of(session, workspace_id, [provider]))

    def page(self, session: Session, name: ListName, wanted: EntryFilter, page: PageRequest) -> Slice[CatalogueEntry]:
        """By name. Raises ProviderNotFound, CatalogueNotOffered, CatalogueNotSynced."""
        account = account_of(session, name.workspace_id, name.provider)
        _require_known(account, name, entries.listing_of(session, name))
        return entries.page_of(session, name, wanted, page)

    def refresh(self, older_than: timedelta, going_on: Callable[[], bool] = lambda: True) -> int:
        """Bring up to date what nobody has for so long. Returns how many accounts were asked."""
        asked = 0
        for workspace_id, provider in self._due(older_than):
            if not going_on():
                break
            try:
                self.sync(workspace_id, provider, within_s=UNASKED_S)
            except TenexError:
                continue  # the account is gone, or somebody else writes: it comes round again
            asked += 1
        return asked

    def _due(self, older_than: timedelta) -> list[tuple[str, str]]:
        now = self._clock()
        with self._database.read_scope() as session:
            rows = session.execute(sa.select(ProviderAccount.workspace_id, ProviderAccount.name, ProviderAccount.kind))
            accounts = [(row.workspace_id, row.name, Kind(row.kind)) for row in rows]
            listings = session.scalars(sa.select(Listing)).all()
        known = {(each.workspace_id, each.provider, each.kind): each for each in listings}
        return [
            (workspace_id, name)
            for workspace_id, name, vendor in accounts
            if any(
                _is_due(known.get((workspace_id, name, kind.value)), now, older_than)
                for kind in _offered(VENDORS[vendor].known)
            )
        ]

    async def _hear(self, account: ProviderAccount, within_s: float) -> list[Heard]:
        kinds = _offered(VENDORS[Kind(account.kind)].known)
        try:
            vendor = self.connector.connect(account)
        except TenexError as error:
            return [Heard(kind=kind, problem=str(error)) for kind in kinds]
        return list(await asyncio.gather(*(_ask(vendor, kind, within_s) for kind in kinds)))


def require_offered(provider: str, catalogue: CatalogueOut) -> CatalogueOut:
    """Raises CatalogueNotOffered where the provider has neither list."""
    if all(each.status is ListingStatus.NOT_OFFERED for each in (catalogue.avatars, catalogue.voices)):
        raise _not_offered(provider, "avatars or voices")
    return catalogue


async def _ask(vendor: Remote, kind: ListKind, within_s: float) -> Heard:
    lists: Mapping[ListKind, Callable[[], AsyncIterator[Listed]]] = {
        ListKind.AVATAR: vendor.list_avatars,
        ListKind.VOICE: vendor.list_voices,
    }
    try:
        async with asyncio.timeout(within_s):
            return Heard(kind=kind, listed=await _all_of(lists[kind]()))
    except CatalogueNotOffered:
        return Heard(kind=kind, offered=False)
    except TenexError as error:
        return Heard(kind=kind, problem=str(error))
    except TimeoutError:
        late = ListingOverdue(
            f"{vendor.name} did not list all of its {kind.value}s within {within_s:g} s. Nothing was changed. Ask "
            "again or wait: unless TENEX_CATALOGUE_HOURS is 0, it is asked once more, with more time."
        )
        return Heard(kind=kind, problem=str(late))


async def _all_of(rows: AsyncIterator[Listed]) -> list[Listed]:
    found = list[Listed]()
    async for each in rows:
        if len(found) == MOST_ENTRIES:
            raise ListingUnusable(f"It lists more than {MOST_ENTRIES}, which are not kept. Nothing was changed.")
        found.append(each)
    return found


def _record(session: Session, account: ProviderAccount, heard: Heard, asked_at: datetime) -> None:
    name = ListName(workspace_id=account.workspace_id, provider=account.name, kind=heard.kind)
    if heard.listed is not None:
        entries.record(session, name, heard.listed, asked_at)
    elif heard.offered:
        entries.record_problem(session, name, heard.problem or "", asked_at)
    else:
        entries.record_absence(session, name, asked_at)


def _is_due(listing: Listing | None, now: datetime, older_than: timedelta) -> bool:
    if listing is None:
        return True
    known_at = listing.verified_at if listing.offered else listing.tried_at
    stale = known_at is None or known_at <= now - older_than
    return stale and listing.tried_at <= now - min(older_than, _PAUSE)


def _offered(known: Capabilities) -> list[ListKind]:
    return [
        kind for kind, lists in ((ListKind.AVATAR, known.lists_avatars), (ListKind.VOICE, known.lists_voices)) if lists
    ]


def _require_known(account: ProviderAccount, name: ListName, listing: Listing | None) -> None:
    offered = name.kind in _offered(VENDORS[Kind(account.kind)].known)
    if not offered or (listing is not None and not listing.offered):
        raise _not_offered(name.provider, f"{name.kind.value}s")
    if listing is None or listing.verified_at is None:
        why = f" When it was tried: {listing.problem}" if listing is not None and listing.problem else ""
        raise CatalogueNotSynced(
            f"It is not known yet which {name.kind.value}s {name.provider} lists.{why} Ask for them: "
            f"POST /api/v1/videos/providers/{name.provider}/catalogue/sync."
        )


def _not_offered(provider: str, what: str) -> CatalogueNotOffered:
    return CatalogueNotOffered(
        f"{provider} has no list of its {what}. Take ids from its own pages; that one has vanished there only shows "
        "when something is rendered with it."
    )
