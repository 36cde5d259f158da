"""Pages of what vendors list, in which tests change what is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]
#: Small, so that a few entries make several pages.
PAGE = 2


def token_page(
    rows: Sequence[Json], query: dict[str, list[str]], *, repeats: bool = False
) -> tuple[list[Json], str | None]:
    """The page that a token names, and the token of the next one. ``repeats``: always the first token."""
    first = int(query.get("token", query.get("cursor", ["p0"]))[0].removeprefix("p"))
    size = min(PAGE, int(query.get("limit", ["20"])[0]))
    following = first + size
    if repeats:
        return list(rows[first:following]), "p0"
    return list(rows[first:following]), f"p{following}" if following < len(rows) else None


def look(id_: str, name: str, **more: Any) -> Json:
    """Of HeyGen. ``owned`` says in which list it is."""
    return {
        "id": id_,
        "name": name,
        "avatar_type": "studio_avatar",
        "group_id": f"g_{id_}",
        "gender": "female",
        "tags": ["business"],
        "supported_api_engines": ["avatar_iii", "avatar_iv"],
        "default_voice_id": "voice_1",
        "preferred_orientation": "landscape",
        "image_width": 1920,
        "image_height": 1080,
        "preview_image_url": f"https://files.example/{id_}.webp?expires=1",
        "preview_video_url": f"https://files.example/{id_}.mp4?expires=1",
        "unknown_field": {"a": 1},
    } | more


def heygen_voice(id_: str, name: str, **more: Any) -> Json:
    return {
        "voice_id": id_,
        "name": name,
        "language": "English",
        "gender": "female",
        "type": "public",
        "preview_audio_url": f"https://files.example/{id_}.mp3",
        "support_pause": True,
        "support_locale": False,
        "unknown_field": 1,
    } | more


def presenter(id_: str, name: str, **more: Any) -> Json:
    """Of D-ID's clips."""
    return {
        "presenter_id": id_,
        "name": name,
        "gender": "female",
        "owner_id": "PUBLIC_D-ID",
        "preview_url": f"https://clips.example/{id_}.png",
        "talking_preview_url": f"https://clips.example/{id_}.mp4",
        "image_url": f"https://clips.example/{id_}-image.png",
        "modified_at": "2026-01-01T00:00:00.000",
        "is_greenscreen": True,
        "voice": {"type": "elevenlabs", "voice_id": "v_1"},
        "unknown_field": 1,
    } | more


def scene_avatar(id_: str, name: str, **more: Any) -> Json:
    return {
        "id": id_,
        "object": "scene_avatar",
        "status": "done",
        "name": name,
        "owner_id": "google-oauth2|1",
        "voice_id": "cloned_1",
        "image_url": f"https://scenes.example/{id_}.png",
        "created_at": "2026-01-01T00:00:00.000",
        "modified_at": "2026-01-01T00:00:00.000",
    } | more


def did_voice(id_: str, name: str, provider: str, **more: Any) -> Json:
    language = {
        "language": "English",
        "locale": "en-US",
        "accent": "American",
        "previewUrl": f"https://v.example/{id_}",
    }
    return {
        "id": id_,
        "name": name,
        "gender": "female",
        "access": "public",
        "provider": provider,
        "languages": [language],
        "styles": ["cheerful"],
    } | more


def replica(id_: str, name: str, **more: Any) -> Json:
    """Of Tavus."""
    return {
        "replica_id": id_,
        "replica_name": name,
        "status": "completed",
        "training_progress": "100/100",
        "thumbnail_video_url": f"https://cdn.example/{id_}.mp4",
        "model_name": "phoenix-4",
        "created_at": "2026-01-01T00:00:00Z",
    } | more
