"""Files in the store, as assets of a composition."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from app.core.clock import utc_now
from app.core.ids import new_id
from app.modules.videos.clips.schemas import CreateClips, SearchOut
from app.modules.videos.models import Kind, Revision, VideoStatus
from app.modules.videos.renders import new_video
from app.modules.videos.scenery import Asset, AssetKind
from tests.media.barcodes import record
from tests.site import Site

FPS = Fraction(25)


def stored(place: Site, path: Path, kind: AssetKind, **facts: Any) -> Asset:
    blob = place.services.platform.blobs.put(f"test/{new_id()}{path.suffix}", path)
    return Asset(kind=kind, blob=blob.key, sha256=blob.sha256, origin=path.name, **facts)


def slide(place: Site, folder: Path, grey: int) -> Asset:
    path = folder / f"grey-{grey}.png"
    cv2.imwrite(str(path), np.full((720, 1280, 3), grey, np.uint8))
    return stored(place, path, AssetKind.IMAGE, width=1280, height=720)


def film(place: Site, folder: Path, fps: Fraction, frames: int) -> Asset:
    path = record(folder / f"{float(fps):.3f}-{frames}.mp4", fps, frames, size=(1280, 720))
    return stored(place, path, AssetKind.VIDEO, width=1280, height=720, duration_ms=round(frames / fps * 1000))


def uploaded(
    place: Site, path: Path, title: str, seconds: float, size: tuple[int, int] = (1920, 1080), *, fps: int = 25
) -> str:
    """A video that is ready, as an intake would leave it."""
    video = new_video(place.workspace_id, title, {}, kind=Kind.UPLOAD, status=VideoStatus.READY)
    blob = place.services.platform.blobs.put(f"videos/{video.id}/1/{path.name}", path)
    video.duration_ms, video.revision, video.last_revision = round(seconds * 1000), 1, 1
    stored = {"blob": blob.key, "type": "video/mp4", "size": blob.size, "sha256": blob.sha256}
    revision = Revision(
        video_id=video.id,
        number=1,
        workspace_id=place.workspace_id,
        job_id=new_id(),
        composition={},
        files={"video": stored, "poster": stored, "preview": stored},
        facts=None,
        frames=round(seconds * fps),
        fps=str(fps),
        width=size[0],
        height=size[1],
        size=blob.size,
        sha256=blob.sha256,
        created_at=utc_now(),
    )
    with place.database.session_scope() as session:
        session.add(video)
        session.flush()
        session.add(revision)
        return video.id


def searched(place: Site, video: str, wanted: dict[str, Any]) -> SearchOut:
    """A search for clips of a video, once it has ended."""
    with place.database.session_scope() as session:
        asked = place.services.clips.ask(session, place.workspace_id, video, CreateClips.model_validate(wanted))
    assert asked.search is not None
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with place.database.read_scope() as session:
            found = place.services.clips.find(session, place.workspace_id, asked.search.id)
        if found.finished_at is not None:
            return found
        time.sleep(0.1)
    raise AssertionError("the search has not ended after two minutes")
