"""``/api/v1/videos/avatars``, ``voices`` and ``backgrounds``: who can speak, how, and where."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from app.avatars.studio.backdrop import BACKDROPS
from app.core.pagination import DEFAULT_LIMIT, Page
from app.core.parameters import CursorParam, LimitParam
from app.modules.videos.access import PREFIX, AvatarId, Reader, Writer, services_of
from app.modules.videos.schemas import AvatarOut, BackgroundOut, ChangeAvatar, CreateAvatar, VoiceOut

router = APIRouter(prefix=PREFIX, tags=["avatars"])
_BUILT_IN = {409: {"description": "The profile is built in"}}


@router.get("/avatars", summary="List avatar profiles")
def list_avatars(
    request: Request, caller: Reader, limit: LimitParam = DEFAULT_LIMIT, cursor: CursorParam = None
) -> Page[AvatarOut]:
    """Your own, newest first, then the built-in ones."""
    services = services_of(request)
    page = services.cursors.request(of="avatars", limit=limit, cursor=cursor)
    with services.database.read_scope() as session:
        found = services.avatars.list(session, caller.workspace_id, page)
    return services.cursors.page(AvatarOut, found)


@router.post("/avatars", status_code=201, summary="Make an avatar profile")
def create_avatar(body: CreateAvatar, request: Request, caller: Writer) -> AvatarOut:
    """A presenter with a voice and a background of your choice, under an id that videos can name."""
    services = services_of(request)
    with services.database.session_scope() as session:
        return services.avatars.create(session, caller.workspace_id, body)


@router.get("/avatars/{avatar_id}", summary="Get an avatar profile")
def get_avatar(avatar_id: AvatarId, request: Request, caller: Reader) -> AvatarOut:
    services = services_of(request)
    with services.database.read_scope() as session:
        return services.avatars.get(session, caller.workspace_id, avatar_id)


@router.patch("/avatars/{avatar_id}", summary="Change an avatar profile", responses={**_BUILT_IN})
def change_avatar(avatar_id: AvatarId, body: ChangeAvatar, request: Request, caller: Writer) -> AvatarOut:
    """Videos that were asked for before keep what they had."""
    services = services_of(request)
    with services.database.session_scope() as session:
        return services.avatars.change(session, caller.workspace_id, avatar_id, body)


@router.delete("/avatars/{avatar_id}", status_code=204, summary="Delete an avatar profile", responses={**_BUILT_IN})
def delete_avatar(avatar_id: AvatarId, request: Request, caller: Writer) -> None:
    """Videos that were made with it stay."""
    services = services_of(request)
    with services.database.session_scope() as session:
        services.avatars.remove(session, caller.workspace_id, avatar_id)


@router.get("/voices", summary="List voices")
def list_voices(
    request: Request,
    _caller: Reader,
    language: Annotated[
        str | None, Query(max_length=35, description="A language, or a language of a region", examples=["en", "en-GB"])
    ] = None,
    gender: Literal["female", "male", "neutral"] | None = None,
    engine: Literal["espeak", "piper", "festival", "flite"] | None = None,
) -> Page[VoiceOut]:
    """The voices that can speak on this server now; all of them, on one page."""
    voices = [
        VoiceOut.model_validate(voice, from_attributes=True)
        for voice in services_of(request).voices.all()
        if _speaks(voice.language, language) and gender in (None, voice.gender) and engine in (None, voice.engine)
    ]
    return Page[VoiceOut](items=voices)


@router.get("/backgrounds", summary="List backgrounds")
def list_backgrounds(_caller: Reader) -> Page[BackgroundOut]:
    """The places the built-in presenters can stand in; all of them, on one page."""
    return Page[BackgroundOut](items=[BackgroundOut(id=name, name=name.capitalize()) for name in BACKDROPS])


def _speaks(language: str, wanted: str | None) -> bool:
    """RFC 4647, basic filtering: ``en`` matches ``en-GB``, and neither case nor underscores matter."""
    if wanted is None:
        return True
    tag, range_ = language.lower(), wanted.lower().replace("_", "-")
    return tag == range_ or tag.startswith(f"{range_}-")
