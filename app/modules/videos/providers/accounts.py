"""A workspace's accounts with avatar providers: added, tested, given other keys, removed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.avatars.base import Standing
from app.avatars.catalogue import ListKind
from app.core.clock import utc_now
from app.core.database import insert_if_absent
from app.core.errors import Conflict, InvalidRequest, NotFound, TenexError
from app.core.outbound import Outbound, SourceRefused
from app.core.vault import Vault
from app.modules.videos.models import UNDER_WAY, ProviderAccount, RenderJob, TakeIntent
from app.modules.videos.pipeline.settle import ACTIVE
from app.modules.videos.providers import entries
from app.modules.videos.providers.catalogue_schemas import CatalogueOut, ListingOut
from app.modules.videos.providers.entries import ListName
from app.modules.videos.providers.hooks import HookAddresses
from app.modules.videos.providers.kinds import VENDORS, Kind
from app.modules.videos.providers.known import Connector
from app.modules.videos.providers.models import Listing
from app.modules.videos.providers.schemas import (
    AccountStatus,
    AddProvider,
    ChangeProvider,
    ChangeTerms,
    ProviderOut,
)

_MICRO = 1_000_000
T = TypeVar("T", int, int | None)


class ProviderNotFound(NotFound):
    code = "provider_not_found"


class ProviderExists(Conflict):
    code = "provider_exists"


class ProviderInUse(Conflict):
    code = "provider_in_use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What came of asking a provider whether a key is good."""

    standing: Standing | None
    problem: str | None


class ProviderAccounts:
    """``taken``: names that no account can have. ``retired``: whether it may be with an API that was retired."""

    def __init__(
        self,
        *,
        vault: Vault,
        outbound: Outbound,
        connector: Connector,
        hooks: HookAddresses,
        taken: Collection[str],
        retired: bool,
    ) -> None:
        self._vault, self._outbound, self._connector, self._taken = vault, outbound, connector, taken
        self._hooks, self._retired = hooks, retired

    def list(self, session: Session, workspace_id: str) -> list[ProviderOut]:
        """By name."""
        mine = sa.select(ProviderAccount).where(ProviderAccount.workspace_id == workspace_id)
        known = entries.listings_of(session, workspace_id)
        return [self._shown(account, known) for account in session.scalars(mine.order_by(ProviderAccount.name))]

    def get(self, session: Session, workspace_id: str, name: str) -> ProviderOut:
        """Raises ProviderNotFound."""
        return self._with_lists(session, account_of(session, workspace_id, name))

    def add(self, session: Session, workspace_id: str, wanted: AddProvider) -> str:
        """Returns its name. Raises ProviderExists, InvalidRequest."""
        if wanted.kind is Kind.HEYGEN_V2 and not self._retired:
            raise InvalidRequest(
                "HeyGen has retired its API v2. Add an account of kind heygen instead; if the old one still answers "
                "you, the server's operator can allow it with TENEX_HEYGEN_V2=true."
            )
        name, key, moment = wanted.name or wanted.kind.value, wanted.key.get_secret_value(), utc_now()
        address = wanted.base_url or VENDORS[wanted.kind].base_url
        if not address:
            raise InvalidRequest("Say where your engine is: base_url.")
        made = name not in self._taken and insert_if_absent(
            session,
            ProviderAccount,
            workspace_id=workspace_id,
            name=name,
            kind=wanted.kind.value,
            base_url=self._address(address),
            sealed=self._vault.seal(key),
            key_ends=key[-4:],
            status=AccountStatus.FAILING.value,
            problem="It was not tested yet.",
            created_at=moment,
            updated_at=moment,
        )
        if not made:
            raise ProviderExists(
                f"There is a provider {name} already. Choose another name, or send its key to "
                f"PUT /api/v1/videos/providers/{name}."
            )
        return name

    def change(self, session: Session, workspace_id: str, name: str, wanted: ChangeProvider) -> None:
        """Raises ProviderNotFound, InvalidRequest."""
        account, key = account_of(session, workspace_id, name), wanted.key.get_secret_value()
        account.sealed, account.key_ends, account.updated_at = self._vault.seal(key), key[-4:], utc_now()
        if wanted.base_url is not None:
            self._move(session, account, self._address(wanted.base_url))
        session.flush()

    def agree(self, session: Session, workspace_id: str, name: str, terms: ChangeTerms) -> ProviderOut:
        """Raises ProviderNotFound, InvalidRequest."""
        account = account_of(session, workspace_id, name)
        if "most_at_once" in terms.model_fields_set:
            account.most_at_once = terms.most_at_once
        if "most_per_minute" in terms.model_fields_set:
            account.most_a_minute = terms.most_per_minute
        if "usd_per_minute" in terms.model_fields_set:
            price = terms.usd_per_minute
            account.microusd_a_minute = None if price is None else int(price * _MICRO)
        if "hook_secret" in terms.model_fields_set:
            if VENDORS[Kind(account.kind)].signature is None:
                raise InvalidRequest(f"{account.kind} signs nothing: its calls have no secret. Leave it out.")
            secret = terms.hook_secret
            account.sealed_hook_secret = None if secret is None else self._vault.seal(secret.get_secret_value())
        account.updated_at = utc_now()
        session.flush()
        return self._with_lists(session, account)

    def remove(self, session: Session, workspace_id: str, name: str) -> None:
        """Raises ProviderNotFound, ProviderInUse."""
        account = account_of(session, workspace_id, name)
        waiting = _under_way(session, account)
        if waiting:
            raise ProviderInUse(
                f"{waiting} of its takes are under way, and would be paid for without coming home. Wait for their "
                "jobs. If you cancel them, what was accepted is lost when you remove it.",
                extra={"takes": waiting},
            )
        session.delete(account)
        session.flush()

    async def ask(self, account: ProviderAccount) -> Tested:
        """Whether the key is good, by the provider itself."""
        try:
            return Tested(standing=await self._connector.connect(account).standing(), problem=None)
        except TenexError as error:
            return Tested(standing=None, problem=str(error))

    def account(self, session: Session, workspace_id: str, name: str) -> ProviderAccount:
        """Raises ProviderNotFound."""
        return account_of(session, workspace_id, name)

    def record(self, session: Session, workspace_id: str, name: str, tested: Tested) -> ProviderOut:
        """Raises ProviderNotFound."""
        account = account_of(session, workspace_id, name)
        account.status = (AccountStatus.FAILING if tested.problem else AccountStatus.WORKING).value
        account.problem = tested.problem[:2000] if tested.problem else None
        account.balance = (tested.standing.balance or "")[:200] or None if tested.standing else account.balance
        account.tested_at = utc_now()
        session.flush()
        return self._with_lists(session, account)

    def _move(self, session: Session, account: ProviderAccount, address: str) -> None:
        """What was listed elsewhere says nothing of what is there."""
        if address != account.base_url:
            account.base_url = address
            for kind in ListKind:
                entries.forget(session, ListName(workspace_id=account.workspace_id, provider=account.name, kind=kind))

    def _address(self, url: str) -> str:
        try:
            self._outbound.check(url)
        except SourceRefused as error:
            raise InvalidRequest(f"The base_url cannot be used. {error}") from error
        if "?" in url or "#" in url:
            raise InvalidRequest("The base_url is an address without a query.")
        return url.rstrip("/")

    def _with_lists(self, session: Session, account: ProviderAccount) -> ProviderOut:
        return self._shown(account, entries.listings_of(session, account.workspace_id, [account.name]))

    def _shown(self, account: ProviderAccount, known: Iterable[Listing]) -> ProviderOut:
        usual = VENDORS[Kind(account.kind)].known
        price = _or(account.microusd_a_minute, usual.microusd_a_minute)
        return ProviderOut(
            name=account.name,
            kind=Kind(account.kind),
            base_url=account.base_url,
            key_ends=account.key_ends,
            status=AccountStatus(account.status),
            problem=account.problem,
            balance=account.balance,
            catalogue=catalogue_of(account, known),
            most_at_once=_or(account.most_at_once, usual.most_at_once),
            most_per_minute=_or(account.most_a_minute, usual.most_a_minute),
            usd_per_minute=None if price is None else price / _MICRO,
            usual_seconds=account.usual_s,
            slow_seconds=account.slow_s,
            hook_url=self._hooks.of(account),
            hook_signed=account.sealed_hook_secret is not None,
            tested_at=account.tested_at,
            created_at=account.created_at,
            updated_at=account.updated_at,
        )


def account_of(session: Session, workspace_id: str, name: str, *, share: bool = False) -> ProviderAccount:
    """``share``: it cannot be changed or removed until this transaction ends. Raises ProviderNotFound."""
    locked = {"read": True} if share else None
    account = session.get(ProviderAccount, (workspace_id, name), with_for_update=locked, populate_existing=share)
    if account is None:
        raise ProviderNotFound("There is no such provider in this workspace.")
    return account


def _or(told: int | None, usual: T) -> int | T:
    return usual if told is None else told


def _under_way(session: Session, account: ProviderAccount) -> int:
    """Takes that a job waits for."""
    mine = (TakeIntent.workspace_id == account.workspace_id, TakeIntent.provider == account.name)
    waiting = RenderJob.id == TakeIntent.job_id, RenderJob.status.in_(ACTIVE), TakeIntent.status.in_(UNDER_WAY)
    query = sa.select(sa.func.count()).select_from(TakeIntent).join(RenderJob, waiting[0]).where(*mine, *waiting[1:])
    return session.scalar(query) or 0


def catalogue_of(account: ProviderAccount, known: Iterable[Listing]) -> CatalogueOut:
    """How its lists stand, of all that are known."""
    mine = {each.kind: each for each in known if each.provider == account.name}
    vendor = VENDORS[Kind(account.kind)].known
    return CatalogueOut(
        avatars=ListingOut.of(mine.get(ListKind.AVATAR), offered=vendor.lists_avatars),
        voices=ListingOut.of(mine.get(ListKind.VOICE), offered=vendor.lists_voices),
    )
