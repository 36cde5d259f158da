"""``/api/v1/credits``: what a workspace has, and how it came to that."""

from __future__ import annotations

from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Request

from app.core.auth import Principal
from app.core.database import Database
from app.core.pagination import DEFAULT_LIMIT, Cursors, Page
from app.core.parameters import CursorParam, LimitParam
from app.modules.accounts.dependencies import caller_with
from app.modules.credits.schemas import CreditEntryOut, CreditsOut
from app.modules.credits.service import Credits

router = APIRouter(prefix="/api/v1/credits", tags=["credits"])
Reader = Annotated[Principal, Depends(caller_with("credits:read"))]


class HasCredits(Protocol):
    """What these endpoints need of ``request.app.state.services``."""

    @property
    def database(self) -> Database: ...
    @property
    def cursors(self) -> Cursors: ...
    @property
    def credits(self) -> Credits: ...


@router.get("", summary="Get the credits of the workspace")
def get_credits(request: Request, caller: Reader) -> CreditsOut:
    """Balance, holds and caps."""
    services: HasCredits = request.app.state.services
    with services.database.read_scope() as session:
        return CreditsOut.of(services.credits.statement(session, caller.workspace_id))


@router.get("/ledger", summary="List the movements of credits")
def list_entries(
    request: Request, caller: Reader, limit: LimitParam = DEFAULT_LIMIT, cursor: CursorParam = None
) -> Page[CreditEntryOut]:
    """Every movement, newest first. Nothing in it is ever changed or removed."""
    services: HasCredits = request.app.state.services
    wanted = services.cursors.request(of="ledger", limit=limit, cursor=cursor)
    with services.database.read_scope() as session:
        entries = services.credits.entries(session, caller.workspace_id, wanted)
        return services.cursors.page(CreditEntryOut, entries.map(CreditEntryOut.of))
