"""Videos as assets: finding, showing, naming, restoring and deleting them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.pagination import PageRequest, Slice
from app.media.time import decimal_seconds, parse_rate
from app.modules.videos import repository
from app.modules.videos.composition import Composition
from app.modules.videos.errors import InvalidMetadata, RevisionNotFound, VideoNotFound
from app.modules.videos.finding import Sort, VideoFilter, list_videos
from app.modules.videos.jobs import Jobs, failure_of
from app.modules.videos.metadata import merged, metadata_fault
from app.modules.videos.models import Revision, Video, VideoStatus
from app.modules.videos.outlook import Outlook
from app.modules.videos.pipeline.settle import Settlement
from app.modules.videos.removal import Remains, clear_away, remove_video
from app.modules.videos.renders import active_job, video_of
from app.modules.videos.repository import SUMMARY_NAMES, Columns
from app.modules.videos.revisions import show_revision
from app.modules.videos.schemas import (
    CaptionLinks,
    ChangeVideo,
    Preview,
    RevisionOut,
    VideoOut,
    VideoSummary,
)
from app.modules.videos.texts import note_names
from app.storage.base import BlobStore
from app.storage.links import Links

_UNFIT_FOR_FILES = re.compile(r"[^A-Za-z0-9]+")
_LONGEST_STEM = 60


class Videos:
    def __init__(self, *, jobs: Jobs, links: Links, settlement: Settlement, blobs: BlobStore) -> None:
        self._jobs, self._links, self._settlement, self._blobs = jobs, links, settlement, blobs

    def list(
        self, session: Session, workspace_id: str, wanted: VideoFilter, page: PageRequest, sort: Sort = Sort.NEWEST
    ) -> Slice[VideoSummary]:
        """In this order. A page may hold fewer than it could, even none, and not be the last."""
        found = list_videos(session, workspace_id, wanted, page, sort)
        jobs = {row.job_id: row.job_status for row in found.rows if row.job_id is not None}
        outlooks = self._jobs.outlooks(session, jobs)
        return found.map(lambda row: VideoSummary.model_validate(_summary(row, outlooks.get(row.job_id))))

    def get(self, session: Session, workspace_id: str, video_id: str) -> VideoOut:
        """Raises VideoNotFound."""
        row = repository.find_video(session, workspace_id, video_id)
        if row is None:
            raise VideoNotFound("There is no such video in this workspace.")
        seen = self._jobs.outlooks(session, {row.job_id: row.job_status})[row.job_id] if row.job_id else None
        return VideoOut.model_validate(
            _summary(row, seen) | {"script": row.script} | self._files(row.title, row.files or {})
        )

    def change(self, session: Session, workspace_id: str, video_id: str, change: ChangeVideo) -> None:
        """Raises VideoNotFound, InvalidMetadata."""
        video = video_of(session, workspace_id, video_id, lock=True)
        if "title" in change.model_fields_set:
            video.title = change.title
        if "metadata" in change.model_fields_set:
            video.details = patched(video.details, change.metadata)
        if "tags" in change.model_fields_set:
            video.tags = change.tags
        video.updated_at = utc_now()
        note_names(session, video)
        session.flush()

    def revisions(self, session: Session, workspace_id: str, video_id: str, page: PageRequest) -> Slice[RevisionOut]:
        """Newest first. Raises VideoNotFound."""
        video = video_of(session, workspace_id, video_id)
        return repository.list_revisions(session, video.id, page).map(lambda row: self._revision(video, row))

    def restore(self, session: Session, workspace_id: str, video_id: str, number: int) -> None:
        """Show an earlier revision, or a later one, again. Raises VideoNotFound, RevisionNotFound."""
        video = video_of(session, workspace_id, video_id, lock=True)
        revision = session.get(Revision, (video.id, number))
        if revision is None:
            raise RevisionNotFound(f"This video has no revision {number}. GET its revisions to see those it has.")
        show_revision(session, video, revision)
        if active_job(session, video) is None:
            video.status = VideoStatus.READY
        session.flush()

    def remove(self, session: Session, workspace_id: str, video_id: str) -> Remains:
        """Delete the rows of a video and of all derived from it. Raises VideoNotFound.

        After the commit the caller clears away what is left, and stops the jobs.
        """
        return remove_video(session, self._settlement, workspace_id, video_id)

    def clear_away(self, remains: Remains) -> None:
        clear_away(remains, self._blobs)

    def _revision(self, video: Video, row: Revision) -> RevisionOut:
        composition = Composition.model_validate(row.composition)
        scene = composition.scenes[0]
        return RevisionOut(
            number=row.number,
            shown=row.number == video.revision,
            created_at=row.created_at,
            job_id=row.job_id,
            duration=decimal_seconds(row.frames / _rate(row.fps)),
            size=row.size,
            sha256=row.sha256,
            width=row.width,
            height=row.height,
            fps=float(composition.picture.fps),
            aspect_ratio=composition.picture.aspect_ratio,
            resolution=composition.picture.resolution,
            avatar_id=scene.speaker.avatar_id,
            voice_id=scene.speaker.voice_id,
            background=scene.speaker.background,
            script=scene.script,
            **self._files(video.title, row.files),
        )

    def _files(self, title: str, files: Mapping[str, Any]) -> dict[str, Any]:
        if "video" not in files:
            return {"preview": None, "download_url": None, "download_expires_at": None, "captions": None}
        stem = file_stem(title)

        def link(role: str, ending: str, *, inline: bool = False) -> str:
            file = files[role]
            return self._links.url(file["blob"], filename=f"{stem}{ending}", content_type=file["type"], inline=inline)

        return {
            "preview": Preview(
                poster_url=link("poster", ".jpg", inline=True), video_url=link("preview", "-preview.mp4", inline=True)
            ),
            "download_url": link("video", ".mp4"),
            "download_expires_at": self._links.expires_at(),
            "captions": CaptionLinks(vtt_url=link("vtt", ".vtt", inline=True), srt_url=link("srt", ".srt"))
            if "vtt" in files
            else None,
        }


def patched(present: Mapping[str, Any], patch: Mapping[str, Any] | None) -> dict[str, Any]:
    """Metadata after a merge patch. Raises InvalidMetadata when it has become too large."""
    result = merged(present, patch)
    fault = metadata_fault(result)
    if fault is not None:
        raise InvalidMetadata(f"Merged with what is there, {fault}. Remove entries by setting them to null.")
    return result


def file_stem(title: str) -> str:
    """A file name, without its ending, that every system takes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return _UNFIT_FOR_FILES.sub("-", plain).strip("-").lower()[:_LONGEST_STEM].rstrip("-") or "video"


def _summary(row: Columns, seen: Outlook | None) -> dict[str, Any]:
    """The values of a VideoSummary, as they are stored: the model turns and checks them faster than Python would."""
    values = dict(zip(SUMMARY_NAMES, row, strict=False))
    frames, fps = values.pop("frames"), values.pop("exact_fps")
    values["duration"] = None if frames is None else decimal_seconds(frames / _rate(fps))
    values["render"] = _render_state(values, seen) if seen else None
    return values


def _render_state(values: Mapping[str, Any], seen: Outlook) -> dict[str, Any]:
    return {
        "id": values["job_id"],
        "status": values["job_status"],
        "stage": values["stage"],
        "progress": seen.progress,
        "eta_seconds": seen.eta_seconds,
        "error": failure_of(values["error_code"], values["error_message"]),
    }


@lru_cache(maxsize=64)
def _rate(text: str) -> Fraction:
    return parse_rate(text)
