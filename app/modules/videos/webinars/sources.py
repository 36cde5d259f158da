"""What of the library a webinar is made of, as it is now: pages, images, sound and recordings, as assets.

What is named but cannot be used is refused with the reason; the caller says in which scene it was named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.documents.kinds import Kind
from app.media.examined import Examined
from app.modules.videos.errors import InvalidWebinar
from app.modules.videos.files import file_of
from app.modules.videos.models import FilePage, FileStatus, LibraryFile, Revision, Video, VideoStatus
from app.modules.videos.renders import video_of
from app.modules.videos.scenery import Asset, AssetKind


def pages_of(session: Session, workspace_id: str, file_id: str) -> list[FilePage]:
    """Those of a deck that is ready, in order. Raises FileNotFound, InvalidWebinar."""
    _ready(session, workspace_id, file_id, Kind.DECK)
    query = sa.select(FilePage).where(FilePage.file_id == file_id).order_by(FilePage.number)
    return list(session.scalars(query))


def page_asset(page: FilePage) -> Asset:
    origin = f"Page {page.number} of the file {page.file_id}"
    return _asset(AssetKind.IMAGE, page.files["page"], origin, width=page.width, height=page.height)


def image_asset(session: Session, workspace_id: str, file_id: str) -> Asset:
    """Raises FileNotFound, InvalidWebinar."""
    file = _ready(session, workspace_id, file_id, Kind.IMAGE)
    size = {name: (file.facts or {})[name] for name in ("width", "height")}
    return _asset(AssetKind.IMAGE, file.files["image"], f"The image {file.name} ({file.id})", **size)


def sound_asset(session: Session, workspace_id: str, file_id: str) -> Asset:
    """Raises FileNotFound, InvalidWebinar."""
    file = _ready(session, workspace_id, file_id, Kind.AUDIO)
    heard = {"duration_ms": (file.facts or {})["duration_ms"], "has_sound": True}
    return _asset(AssetKind.SOUND, file.files["original"], f"The sound {file.name} ({file.id})", **heard)


def font_asset(session: Session, workspace_id: str, file_id: str) -> Asset:
    """Raises FileNotFound, InvalidWebinar."""
    file = _ready(session, workspace_id, file_id, Kind.FONT)
    stored = file.files.get("font", file.files["original"])
    return _asset(AssetKind.FONT, stored, f"The font {file.name} ({file.id})")


def recording_asset(session: Session, workspace_id: str, video_id: str) -> Asset:
    """The revision that a video shows; of a transparent one the original, since copies are not transparent.

    Raises VideoNotFound, InvalidWebinar.
    """
    video, revision = _shown(session, workspace_id, video_id)
    alpha = _is_transparent(revision.facts or {})
    return _asset(
        AssetKind.VIDEO,
        revision.files["original" if alpha else "video"],
        f"The video “{video.title}” ({video.id})",
        width=revision.width,
        height=revision.height,
        duration_ms=video.duration_ms or 0,
        has_sound=_has_sound(revision.facts or {}),
        alpha=alpha,
    )


def captions_asset(session: Session, workspace_id: str, video_id: str) -> Asset | None:
    """What is said in a recording, as far as it came with captions. Raises VideoNotFound, InvalidWebinar."""
    video, revision = _shown(session, workspace_id, video_id)
    stored = revision.files.get("vtt", revision.files.get("vtt-0"))
    if stored is None:
        return None
    return _asset(AssetKind.CAPTIONS, stored, f"The captions of the video “{video.title}” ({video.id})")


def _shown(session: Session, workspace_id: str, video_id: str) -> tuple[Video, Revision]:
    video = video_of(session, workspace_id, video_id)
    if video.status != VideoStatus.READY or video.revision is None:
        raise InvalidWebinar(f"The video {video.id} (“{video.title}”) is {video.status}, not ready. Wait for it.")
    return video, session.get_one(Revision, (video.id, video.revision))


def _asset(kind: AssetKind, stored: Mapping[str, Any], origin: str, **facts: Any) -> Asset:
    return Asset(kind=kind, blob=stored["blob"], sha256=stored["sha256"], origin=origin, **facts)


def _has_sound(facts: dict[str, Any]) -> bool:
    return "examined" not in facts or facts["examined"]["sound"] is not None


def _is_transparent(facts: dict[str, Any]) -> bool:
    """Oblong pixels, woven fields and HDR are only put right in the copy."""
    if "examined" not in facts:
        return False
    picture = Examined.model_validate(facts["examined"]).picture
    return picture.alpha and not picture.interlaced and picture.pixel_aspect == 1 and picture.colour.hdr is None


def _ready(session: Session, workspace_id: str, file_id: str, kind: Kind) -> LibraryFile:
    file = file_of(session, workspace_id, file_id)
    if file.status != FileStatus.READY:
        raise InvalidWebinar(f"The file {file.name} ({file.id}) is {file.status}, not ready. Wait until it is.")
    if file.kind != kind:
        raise InvalidWebinar(
            f"The file {file.name} ({file.id}) is of kind {file.kind}; a file of kind {kind} is needed."
        )
    return file
