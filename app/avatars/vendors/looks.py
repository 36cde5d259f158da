"""What HeyGen lists, API v3: looks, of which each is an avatar, and voices; for everybody (``public``) or one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator

from app.avatars.catalogue import Listed, ListingUnusable, Readiness
from app.avatars.vendors.listing import Ask, Row, by_token, size_in, text_in, texts_in
from app.avatars.vendors.wire import Json, within

#: Most that a page may have.
_LOOKS, _VOICES = 50, 100
_STATES = {
    "processing": Readiness.PROCESSING,
    "pending_consent": Readiness.PROCESSING,
    "failed": Readiness.FAILED,
}


async def looks(ask: Ask) -> AsyncIterator[Listed]:
    for owner in ("private", "public"):
        path = f"/v3/avatars/looks?ownership={owner}&limit={_LOOKS}"
        async for row in by_token(ask, path, rows="data", following=_following):
            yield _look(row, owned=owner == "private")


async def voices(ask: Ask) -> AsyncIterator[Listed]:
    for owner in ("private", "public"):
        path = f"/v3/voices?type={owner}&limit={_VOICES}"
        async for row in by_token(ask, path, rows="data", following=_following):
            yield _voice(row, owned=owner == "private")


def _look(row: Row, *, owned: bool) -> Listed:
    status = text_in(row, "status") or ""
    made_as = text_in(row, "avatar_type")
    failure = (within(row, "error", name) for name in ("code", "message"))
    return Listed(
        id=text_in(row, "id") or "",
        name=text_in(row, "name", "id") or "",
        owned=owned,
        gender=text_in(row, "gender"),
        tags=texts_in(row, "tags") + ((made_as,) if made_as else ()),
        engines=texts_in(row, "supported_api_engines"),
        width=size_in(row, "image_width"),
        height=size_in(row, "image_height"),
        preferred_orientation=text_in(row, "preferred_orientation"),
        default_voice=text_in(row, "default_voice_id"),
        preview_image_url=text_in(row, "preview_image_url"),
        preview_video_url=text_in(row, "preview_video_url"),
        readiness=_STATES.get(status, Readiness.READY),
        reason=(": ".join(str(each) for each in failure if each) or status) if status in _STATES else "",
    )


def _voice(row: Row, *, owned: bool) -> Listed:
    language = text_in(row, "language")
    return Listed(
        id=text_in(row, "voice_id") or "",
        name=text_in(row, "name", "voice_id") or "",
        owned=owned,
        gender=text_in(row, "gender"),
        languages=(language,) if language else (),
        preview_audio_url=text_in(row, "preview_audio_url"),
    )


def _following(told: Json) -> str | None:
    if within(told, "has_more") is not True:
        return None
    token = text_in(told, "next_token")
    if token is None:
        raise ListingUnusable("HeyGen says that its list goes on, and not where. Nothing was changed here; ask again.")
    return token
