"""What an engine of one's own lists, by the contract of docs/providers.md: what it leaves out is not known."""

from __future__ import annotations

from collections.abc import AsyncIterator

from app.avatars.catalogue import Listed, Readiness
from app.avatars.vendors.listing import Ask, Row, by_token, size_in, text_in, texts_in
from app.avatars.vendors.wire import whole, within

_PAGE = 200
_STATES = {"processing": Readiness.PROCESSING, "failed": Readiness.FAILED}


async def entries(ask: Ask, name: str, base_url: str) -> AsyncIterator[Listed]:
    """``name``: ``avatars`` or ``voices``. Addresses of previews may be relative, like those of takes."""
    path = f"/{name}?limit={_PAGE}"
    rows = by_token(ask, path, rows=name, following=lambda told: text_in(told, "next"), parameter="cursor")
    async for row in rows:
        yield _entry(row, base_url)


def _entry(row: Row, base_url: str) -> Listed:
    status = text_in(row, "status") or ""

    def address(name: str) -> str | None:
        return whole(base_url, text_in(row, name))

    return Listed(
        id=text_in(row, "id") or "",
        name=text_in(row, "name", "id") or "",
        owned=within(row, "owned") is not False,
        gender=text_in(row, "gender"),
        languages=texts_in(row, "languages"),
        tags=texts_in(row, "tags"),
        engines=texts_in(row, "engines"),
        width=size_in(row, "width"),
        height=size_in(row, "height"),
        preferred_orientation=text_in(row, "orientation"),
        named_shapes=texts_in(row, "aspect_ratios"),
        default_voice=text_in(row, "default_voice"),
        preview_image_url=address("preview_image_url"),
        preview_video_url=address("preview_video_url"),
        preview_audio_url=address("preview_audio_url"),
        readiness=_STATES.get(status, Readiness.READY),
        reason=text_in(row, "reason") or (status if status in _STATES else ""),
    )
