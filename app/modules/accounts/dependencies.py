"""What endpoints ask for: who is calling, with a scope they need.

@router.get("/credits")
def get_credits(caller: Annotated[Principal, Depends(caller_with("credits:read"))]) -> ...: ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Protocol

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.core.auth import Principal
from app.modules.accounts.service import Accounts

_scheme = HTTPBearer(
    scheme_name="ApiKey", description="An API key, `tnx_<prefix>_<secret>`, or a user JWT", auto_error=False
)


class HasAccounts(Protocol):
    """What these dependencies need of ``request.app.state.services``."""

    @property
    def accounts(self) -> Accounts: ...


def current_principal(
    request: Request, _documented: Annotated[HTTPAuthorizationCredentials | None, Security(_scheme)]
) -> Principal:
    """Who is calling. Raises Unauthorized."""
    services: HasAccounts = request.app.state.services
    return services.accounts.authenticate(request.headers.get("authorization"))


def caller_with(scope: str) -> Callable[..., Principal]:
    """A dependency that answers with the caller, who has the scope. Raises Unauthorized, InsufficientScope."""

    # Calls current_principal instead of depending on it: each dependency costs another hop to a thread.
    def check(
        request: Request, documented: Annotated[HTTPAuthorizationCredentials | None, Security(_scheme)]
    ) -> Principal:
        principal = current_principal(request, documented)
        principal.require(scope)
        return principal

    return check
