"""Where providers call when a take has changed; it is then looked for sooner."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.clock import Clock, utc_now
from app.core.errors import InvalidRequest, NotFound
from app.core.signing import Signer
from app.core.vault import Vault
from app.modules.videos.models import UNDER_WAY, ProviderAccount, TakeIntent
from app.modules.videos.providers.kinds import VENDORS, Kind

HOOKS = "/api/v1/videos/hooks"


class HookNotFound(NotFound):
    code = "hook_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class HookAddresses:
    """The address of each account, which nobody can guess."""

    signer: Signer
    base_url: str

    def of(self, account: ProviderAccount) -> str:
        token = self.signer.sign(_facts(account)).hex()
        return f"{self.base_url}{HOOKS}/{account.workspace_id}/{account.name}/{token}"

    def is_right(self, account: ProviderAccount, token: str) -> bool:
        try:
            return self.signer.verify(_facts(account), bytes.fromhex(token))
        except ValueError:
            return False

    def to_send_along(self, account: ProviderAccount) -> str | None:
        """With each request, unless the provider cannot reach it or calls a registered address with a signature."""
        return self.of(account) if self.base_url.startswith("https://") and not account.sealed_hook_secret else None


class ProviderHooks:
    def __init__(self, *, vault: Vault, addresses: HookAddresses, clock: Clock = utc_now) -> None:
        self._vault, self._addresses, self._clock = vault, addresses, clock

    def take(
        self, session: Session, place: tuple[str, str], token: str, headers: Mapping[str, str], body: bytes
    ) -> None:
        """Note that the provider has called about its takes. Raises HookNotFound, CallNotSigned, InvalidRequest."""
        account = session.get(ProviderAccount, place)
        if account is None or not self._addresses.is_right(account, token):
            raise HookNotFound("There is nothing at this address. GET /api/v1/videos/providers tells the right one.")
        vendor, now = VENDORS[Kind(account.kind)], self._clock()
        if vendor.signature is not None and account.sealed_hook_secret is not None:
            vendor.signature.check(headers, body, self._vault.open(account.sealed_hook_secret), now)
        try:
            told = json.loads(body)
        except ValueError as error:
            raise InvalidRequest(f"This is not JSON: {error}.") from error
        names = [name for name in vendor.called_about(told) if name]
        mine = (TakeIntent.workspace_id == account.workspace_id, TakeIntent.provider == account.name)
        about = sa.or_(TakeIntent.provider_id.in_(names), TakeIntent.id.in_(names))
        noted = sa.update(TakeIntent).where(*mine, about, TakeIntent.status.in_(UNDER_WAY)).values(noticed_at=now)
        session.execute(noted.execution_options(synchronize_session=False))


def _facts(account: ProviderAccount) -> bytes:
    return f"{account.workspace_id}/{account.name}/{account.created_at.isoformat()}".encode()
