"""``/api/v1/videos/providers``: the workspace's accounts with avatar providers."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Request

from app.core.pagination import Page
from app.modules.videos.access import PREFIX, Reader, Writer, services_of
from app.modules.videos.providers.catalogues import BESIDE_S
from app.modules.videos.providers.schemas import AccountStatus, AddProvider, ChangeProvider, ChangeTerms, ProviderOut

ProviderName = Annotated[str, Path(max_length=64, description="The name of the account", examples=["heygen"])]
router = APIRouter(prefix=f"{PREFIX}/providers", tags=["providers"])


@router.get("", summary="List accounts with avatar providers")
def list_providers(request: Request, caller: Reader) -> Page[ProviderOut]:
    """All of them, by name, on one page. Keys are never shown."""
    services = services_of(request)
    with services.database.read_scope() as session:
        return Page[ProviderOut](items=services.accounts_elsewhere.list(session, caller.workspace_id))


@router.post(
    "",
    status_code=201,
    summary="Add an account with an avatar provider",
    responses={409: {"description": "There is one of that name"}},
)
def add_provider(body: AddProvider, request: Request, caller: Writer) -> ProviderOut:
    """Avatar profiles can name it as their `provider` from now on. It is tested at once, and kept also if that fails:
    see `status` and `problem`. If it works, it is asked for its avatars and voices: see `catalogue`.
    """
    services = services_of(request)
    with services.database.session_scope() as session:
        name = services.accounts_elsewhere.add(session, caller.workspace_id, body)
    return _tested(request, caller.workspace_id, name)


@router.get("/{provider}", summary="Get an account with an avatar provider")
def get_provider(provider: ProviderName, request: Request, caller: Reader) -> ProviderOut:
    services = services_of(request)
    with services.database.read_scope() as session:
        return services.accounts_elsewhere.get(session, caller.workspace_id, provider)


@router.put("/{provider}", summary="Give an account another key")
def change_provider(provider: ProviderName, body: ChangeProvider, request: Request, caller: Writer) -> ProviderOut:
    """The old key is forgotten. Renders that wait for the provider go on with the new one. It is tested at once."""
    services = services_of(request)
    with services.database.session_scope() as session:
        services.accounts_elsewhere.change(session, caller.workspace_id, provider, body)
    return _tested(request, caller.workspace_id, provider)


@router.patch("/{provider}", summary="Change what is agreed with a provider")
def agree_with_provider(provider: ProviderName, body: ChangeTerms, request: Request, caller: Writer) -> ProviderOut:
    """How many takes it works on at once, how many requests it takes in a minute, what a minute costs, and the secret
    of its calls. Limits hold across all workers.
    """
    services = services_of(request)
    with services.database.session_scope() as session:
        return services.accounts_elsewhere.agree(session, caller.workspace_id, provider, body)


@router.post("/{provider}/test", summary="Test an account with an avatar provider")
def test_provider(provider: ProviderName, request: Request, caller: Writer) -> ProviderOut:
    """Asks the provider whether the key is good, what is left, and what its avatars and voices are. Costs nothing."""
    return _tested(request, caller.workspace_id, provider)


@router.delete(
    "/{provider}",
    status_code=204,
    summary="Remove an account with an avatar provider",
    responses={409: {"description": "Some of its takes are under way"}},
)
def delete_provider(provider: ProviderName, request: Request, caller: Writer) -> None:
    """Its key is forgotten. Videos that were made with it stay; avatar profiles that name it cannot be rendered."""
    services = services_of(request)
    with services.database.session_scope() as session:
        services.accounts_elsewhere.remove(session, caller.workspace_id, provider)


def _tested(request: Request, workspace_id: str, name: str) -> ProviderOut:
    services = services_of(request)
    with services.database.read_scope() as session:
        account = services.accounts_elsewhere.account(session, workspace_id, name)
    tested = asyncio.run(services.accounts_elsewhere.ask(account))
    with services.database.session_scope() as session:
        shown = services.accounts_elsewhere.record(session, workspace_id, name, tested)
    if shown.status is not AccountStatus.WORKING:
        return shown
    return shown.model_copy(update={"catalogue": services.catalogues.sync(workspace_id, name, within_s=BESIDE_S)})
