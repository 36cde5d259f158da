"""``/api/v1/videos/providers/{provider}/avatars``, ``voices`` and ``catalogue/sync``: what a provider lists."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from app.avatars.catalogue import ListKind, Orientation
from app.core.pagination import DEFAULT_LIMIT, Page
from app.core.parameters import CursorParam, LimitParam
from app.modules.videos.access import PREFIX, Reader, Writer, services_of
from app.modules.videos.fields import SearchText
from app.modules.videos.providers.catalogue_schemas import (
    CatalogueOut,
    ListedAvatar,
    ListedVoice,
    avatar_of_entry,
    voice_of_entry,
)
from app.modules.videos.providers.catalogues import ASKED_S, require_offered
from app.modules.videos.providers.entries import EntryFilter, ListName
from app.modules.videos.providers.routes import ProviderName

router = APIRouter(prefix=f"{PREFIX}/providers", tags=["providers"])
_UNKNOWN = {409: {"description": "It has no such list, or it is not known yet"}}

Words = Annotated[
    SearchText, Query(description="Words of the name, each as the beginning of a word; case does not count")
]
Gender = Annotated[str | None, Query(max_length=32, description="As the provider writes it", examples=["female"])]
Engine = Annotated[str | None, Query(max_length=100, description="Works with it", examples=["avatar_iv"])]
Owned = Annotated[bool | None, Query(description="The account's own, or those that everybody can use")]
Usable = Annotated[bool | None, Query(description="There and ready, or not")]
IncludeGone = Annotated[bool, Query(description="Also what is not listed any more")]


@router.post(
    "/{provider}/catalogue/sync",
    summary="Ask a provider which avatars and voices it has",
    responses={409: {"description": "It has no such lists"}},
)
def sync_catalogue(provider: ProviderName, request: Request, caller: Writer) -> CatalogueOut:
    """There and then, for at most a minute; costs nothing. What is not listed any more is `gone`. A list that does not
    come whole changes nothing: `problem` says why.
    """
    synced = services_of(request).catalogues.sync(caller.workspace_id, provider, within_s=ASKED_S)
    return require_offered(provider, synced)


@router.get("/{provider}/avatars", summary="List the avatars of a provider", responses={**_UNKNOWN})
def list_catalogue_avatars(
    provider: ProviderName,
    request: Request,
    caller: Reader,
    limit: LimitParam = DEFAULT_LIMIT,
    cursor: CursorParam = None,
    q: Words = "",
    gender: Gender = None,
    engine: Engine = None,
    aspect_ratio: Annotated[str | None, Query(max_length=16, examples=["16:9"])] = None,
    orientation: Orientation | None = None,
    owned: Owned = None,
    usable: Usable = None,
    include_gone: IncludeGone = False,
) -> Page[ListedAvatar]:
    """By name, as they were when the provider was asked last. Nobody is asked now: `verified_at` says how old each is,
    and links to previews may have expired.
    """
    services = services_of(request)
    name = ListName(workspace_id=caller.workspace_id, provider=provider, kind=ListKind.AVATAR)
    wanted = EntryFilter(
        search=q,
        gender=gender,
        engine=engine,
        aspect_ratio=aspect_ratio,
        orientation=orientation,
        owned=owned,
        usable=usable,
        include_gone=include_gone,
    )
    page = services.cursors.request(of=f"avatars of {provider}", limit=limit, cursor=cursor)
    with services.database.read_scope() as session:
        found = services.catalogues.page(session, name, wanted, page)
    return services.cursors.page(ListedAvatar, found.map(avatar_of_entry))


@router.get("/{provider}/voices", summary="List the voices of a provider", responses={**_UNKNOWN})
def list_catalogue_voices(
    provider: ProviderName,
    request: Request,
    caller: Reader,
    limit: LimitParam = DEFAULT_LIMIT,
    cursor: CursorParam = None,
    q: Words = "",
    gender: Gender = None,
    language: Annotated[
        str | None, Query(max_length=50, description="As the provider writes it; `en` finds `en-GB`", examples=["en"])
    ] = None,
    engine: Engine = None,
    owned: Owned = None,
    usable: Usable = None,
    include_gone: IncludeGone = False,
) -> Page[ListedVoice]:
    """Likewise."""
    services = services_of(request)
    name = ListName(workspace_id=caller.workspace_id, provider=provider, kind=ListKind.VOICE)
    wanted = EntryFilter(
        search=q,
        gender=gender,
        language=language,
        engine=engine,
        owned=owned,
        usable=usable,
        include_gone=include_gone,
    )
    page = services.cursors.request(of=f"voices of {provider}", limit=limit, cursor=cursor)
    with services.database.read_scope() as session:
        found = services.catalogues.page(session, name, wanted, page)
    return services.cursors.page(ListedVoice, found.map(voice_of_entry))
