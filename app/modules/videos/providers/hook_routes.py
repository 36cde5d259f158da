"""``/api/v1/videos/hooks/…``: where providers call. Whoever knows the address may."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from app.modules.videos.access import services_of
from app.modules.videos.providers.hooks import HOOKS

router = APIRouter(include_in_schema=False)


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post(f"{HOOKS}/{{workspace_id}}/{{provider}}/{{token}}", status_code=204)
def take_call(
    workspace_id: str, provider: str, token: str, request: Request, body: Annotated[bytes, Depends(_body)]
) -> None:
    """Calls about takes that nobody waits for, or knows, are answered the same: they may be late, or come twice."""
    services = services_of(request)
    with services.database.session_scope() as session:
        services.provider_hooks.take(session, (workspace_id, provider), token, request.headers, body)


@router.options(f"{HOOKS}/{{workspace_id}}/{{provider}}/{{token}}", status_code=204)
def show_that_it_is_there(workspace_id: str, provider: str, token: str) -> None:
    """Some providers ask before they register an address."""
