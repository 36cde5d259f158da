"""The providers of a workspace, ready to be asked: those that are built in, and its accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from app.avatars.base import AvatarProvider
from app.avatars.vendors.remote import Remote, Terms
from app.core.database import Database
from app.core.outbound import Outbound
from app.core.vault import Vault
from app.modules.videos.models import ProviderAccount
from app.modules.videos.providers.kinds import VENDORS, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """Makes a vendor of an account. ``first_poll_s``: how soon it is asked how far a take is. ``call_at``: where it may
    call, if it can reach us.
    """

    vault: Vault
    outbound: Outbound
    first_poll_s: float
    call_at: Callable[[ProviderAccount], str | None]

    def connect(self, account: ProviderAccount) -> Remote:
        """Raises Unsealable."""
        return VENDORS[Kind(account.kind)](
            name=account.name,
            key=self.vault.open(account.sealed),
            base_url=account.base_url,
            outbound=self.outbound,
            first_poll_s=self.first_poll_s,
            terms=Terms(
                most_at_once=account.most_at_once,
                most_a_minute=account.most_a_minute,
                microusd_a_minute=account.microusd_a_minute,
            ),
            call_at=self.call_at(account),
        )


class KnownProviders:
    def __init__(self, *, database: Database, built_in: Mapping[str, AvatarProvider], connector: Connector) -> None:
        self._database, self.built_in, self._connector = database, built_in, connector

    def of(self, workspace_id: str) -> Mapping[str, AvatarProvider]:
        query = sa.select(ProviderAccount).where(ProviderAccount.workspace_id == workspace_id)
        with self._database.read_scope() as session:
            accounts = {account.name: account for account in session.scalars(query)}
        return _Connected(self.built_in, accounts, self._connector)


class _Connected(Mapping[str, AvatarProvider]):
    """An account's key is only opened when it is needed: one that cannot be read is in nobody else's way."""

    def __init__(
        self, built_in: Mapping[str, AvatarProvider], accounts: Mapping[str, ProviderAccount], connector: Connector
    ) -> None:
        self._built_in, self._accounts, self._connector = built_in, accounts, connector

    def __getitem__(self, name: str) -> AvatarProvider:
        if name in self._built_in:
            return self._built_in[name]
        return self._connector.connect(self._accounts[name])

    def __contains__(self, name: object) -> bool:
        return name in self._built_in or name in self._accounts

    def __iter__(self) -> Iterator[str]:
        yield from self._built_in
        yield from self._accounts

    def __len__(self) -> int:
        return len(self._built_in) + len(self._accounts)
