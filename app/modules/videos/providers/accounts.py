"""A workspace's accounts with avatar providers: added, tested, given other keys, removed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.avatars.base import Standing
from app.core.clock import utc_now
from app.core.database import insert_if_absent
from app.core.errors import Conflict, InvalidRequest, NotFound, TenexError
from app.core.outbound import Outbound, SourceRefused
from app.core.vault import Vault
from app.modules.videos.models import ProviderAccount
from app.modules.videos.providers.kinds import VENDORS, Kind
from app.modules.videos.providers.known import Connector
from app.modules.videos.providers.schemas import AccountStatus, AddProvider, ChangeProvider, ProviderOut


class ProviderNotFound(NotFound):
    code = "provider_not_found"


class ProviderExists(Conflict):
    code = "provider_exists"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What came of asking a provider whether a key is good."""

    standing: Standing | None
    problem: str | None


class ProviderAccounts:
    """``taken``: names that no account can have. ``retired``: whether it may be with an API that was retired."""

    def __init__(
        self, *, vault: Vault, outbound: Outbound, connector: Connector, taken: Collection[str], retired: bool
    ) -> None:
        self._vault, self._outbound, self._connector, self._taken = vault, outbound, connector, taken
        self._retired = retired

    def list(self, session: Session, workspace_id: str) -> list[ProviderOut]:
        """By name."""
        mine = sa.select(ProviderAccount).where(ProviderAccount.workspace_id == workspace_id)
        return [_shown(account) for account in session.scalars(mine.order_by(ProviderAccount.name))]

    def get(self, session: Session, workspace_id: str, name: str) -> ProviderOut:
        """Raises ProviderNotFound."""
        return _shown(_account(session, workspace_id, name))

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
        account, key = _account(session, workspace_id, name), wanted.key.get_secret_value()
        account.sealed, account.key_ends, account.updated_at = self._vault.seal(key), key[-4:], utc_now()
        if wanted.base_url is not None:
            account.base_url = self._address(wanted.base_url)
        session.flush()

    def remove(self, session: Session, workspace_id: str, name: str) -> None:
        """Takes that its provider has not finished are not brought home any more. Raises ProviderNotFound."""
        session.delete(_account(session, workspace_id, name))
        session.flush()

    async def ask(self, account: ProviderAccount) -> Tested:
        """Whether the key is good, by the provider itself."""
        try:
            return Tested(standing=await self._connector.connect(account).standing(), problem=None)
        except TenexError as error:
            return Tested(standing=None, problem=str(error))

    def account(self, session: Session, workspace_id: str, name: str) -> ProviderAccount:
        """Raises ProviderNotFound."""
        return _account(session, workspace_id, name)

    def record(self, session: Session, workspace_id: str, name: str, tested: Tested) -> ProviderOut:
        """Raises ProviderNotFound."""
        account = _account(session, workspace_id, name)
        account.status = (AccountStatus.FAILING if tested.problem else AccountStatus.WORKING).value
        account.problem = tested.problem[:2000] if tested.problem else None
        account.balance = tested.standing.balance if tested.standing else account.balance
        account.tested_at = utc_now()
        session.flush()
        return _shown(account)

    def _address(self, url: str) -> str:
        try:
            self._outbound.check(url)
        except SourceRefused as error:
            raise InvalidRequest(f"The base_url cannot be used. {error}") from error
        if "?" in url or "#" in url:
            raise InvalidRequest("The base_url is an address without a query.")
        return url.rstrip("/")


def _account(session: Session, workspace_id: str, name: str) -> ProviderAccount:
    account = session.get(ProviderAccount, (workspace_id, name))
    if account is None:
        raise ProviderNotFound("There is no such provider in this workspace.")
    return account


def _shown(account: ProviderAccount) -> ProviderOut:
    return ProviderOut(
        name=account.name,
        kind=Kind(account.kind),
        base_url=account.base_url,
        key_ends=account.key_ends,
        status=AccountStatus(account.status),
        problem=account.problem,
        balance=account.balance,
        tested_at=account.tested_at,
        created_at=account.created_at,
        updated_at=account.updated_at,
    )
