"""What D-ID lists, API 4.2: presenters of three products, under one spelling of ids, and voices of five engines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any, cast

from app.avatars.catalogue import Listed, ListingUnusable, Readiness
from app.avatars.vendors.listing import Ask, Row, by_token, objects_in, text_in
from app.avatars.vendors.wire import Said, within

_PAGE = 100
#: Product, where its avatars are, and what the answer and the id in it are called.
PRODUCTS = (
    ("clip", "/clips/presenters", "presenters", "presenter_id"),
    ("scene", "/scenes/avatars", "avatars", "id"),
    ("expressive", "/expressives/avatars", "avatars", "id"),
)
#: Whose voices are named without a word before them.
PLAIN = "microsoft"
_FAILED = ("error", "rejected")


async def presenters(ask: Ask, product: str, path: str, rows: str, key: str) -> AsyncIterator[Listed]:
    async for row in by_token(ask, f"{path}?limit={_PAGE}", rows=rows, following=lambda told: text_in(told, "token")):
        yield _presenter(row, product, key)


def voices(said: Said) -> Iterable[Listed]:
    """Of an answer that is an array. Raises ListingUnusable if it is none."""
    if said.rows is None:
        raise ListingUnusable("D-ID answered /tts/voices with no list. Nothing was changed here; ask again later.")
    return map(_voice, objects_in(said.rows))


def spelled(engine: str | None, voice: str) -> str:
    """A voice, as profiles name it."""
    return voice if engine in (None, PLAIN) else f"{engine}:{voice}"


def _presenter(row: Row, product: str, key: str) -> Listed:
    own_id, status = text_in(row, key) or "", text_in(row, "status") or "done"
    voice = text_in(within(row, "voice") or {}, "voice_id")
    signs = {"greenscreen": "is_greenscreen", "streamable": "is_streamable"}
    failure = (within(row, "error", name) for name in ("kind", "description"))
    ready = status == "done"
    return Listed(
        id=f"{product}:{own_id}" if own_id else "",
        name=text_in(row, "name", key) or "",
        owned=not _is_public(text_in(row, "owner_id") or "", own_id),
        gender=text_in(row, "gender"),
        tags=tuple(sign for sign, name in signs.items() if within(row, name) is True),
        engines=(product,),
        # A scene's own voice_id does not say whose voice it is: it is left out.
        default_voice=spelled(text_in(within(row, "voice") or {}, "type"), voice) if voice else None,
        preview_image_url=text_in(row, "image_url", "thumbnail_url", "preview_url"),
        preview_video_url=text_in(row, "talking_preview_url", "video_url"),
        readiness=Readiness.READY if ready else Readiness.FAILED if status in _FAILED else Readiness.PROCESSING,
        reason="" if ready else ": ".join(str(each) for each in failure if each) or status,
    )


def _voice(row: Row) -> Listed:
    own_id, languages = text_in(row, "id") or "", objects_in(_list_in(row, "languages"))
    engine = text_in(row, "provider")
    named = [text_in(each, "locale", "language") for each in languages]
    previews = [text_in(each, "previewUrl") for each in languages]
    return Listed(
        id=spelled(engine, own_id) if own_id else "",
        name=text_in(row, "name", "id") or "",
        owned=text_in(row, "access") in ("private", "external-private"),
        gender=text_in(row, "gender"),
        languages=tuple(dict.fromkeys(name for name in named if name)),
        tags=tuple(str(style) for style in _list_in(row, "styles") if isinstance(style, str) and style),
        engines=(engine,) if engine else (),
        preview_audio_url=next((preview for preview in previews if preview), None),
    )


def _is_public(owner: str, own_id: str) -> bool:
    """No field says so. Those for everybody are seen with an owner like PUBLIC_D-ID, or an id like v2_public_…"""
    return "public" in owner.lower() or "public_" in own_id.lower()


def _list_in(row: Row, name: str) -> list[Any]:
    found = within(row, name)
    return cast("list[Any]", found) if isinstance(found, list) else []
