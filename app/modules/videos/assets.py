"""Videos as assets: finding, showing, naming, restoring and deleting them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.pagination import PageRequest, Slice
from app.media.time import decimal_seconds, parse_rate
from app.modules.videos import repository
from app.modules.videos.composition import Composition, aspect_of
from app.modules.videos.errors import InvalidMetadata, RevisionNotFound, VideoNotFound
from app.modules.videos.file_links import FileLinks, Shown
from app.modules.videos.finding import Sort, VideoFilter, list_videos
from app.modules.videos.jobs import Jobs, failure_of
from app.modules.videos.metadata import merged, metadata_fault
from app.modules.videos.models import Kind, Revision, Video, VideoStatus
from app.modules.videos.outlook import Outlook
from app.modules.videos.pipeline.settle import Settlement
from app.modules.videos.removal import Remains, clear_away, remove_video
from app.modules.videos.renders import active_job, last_composition, video_of
from app.modules.videos.repository import SUMMARY_NAMES, Columns
from app.modules.videos.revisions import show_revision
from app.modules.videos.schemas import (
    ChangeVideo,
    RevisionOut,
    Storyboard,
    VideoOut,
    VideoSummary,
)
from app.modules.videos.texts import note_names
from app.storage.base import BlobStore


class Videos:
    def __init__(self, *, jobs: Jobs, links: FileLinks, settlement: Settlement, blobs: BlobStore) -> None:
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
        shown = Shown(id=row.id, title=row.title, revision=row.revision or 0)
        files = self._links.of(shown, row.files or {}, row.facts)
        script = row.script
        if row.kind in (Kind.WEBINAR, Kind.CLIP):  # all of its scenes
            script = last_composition(session, video_of(session, workspace_id, video_id)).script or None
        return VideoOut.model_validate(_summary(row, seen) | {"script": script} | files)

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

    def remove(self, session: Session, workspace_id: str, video_id: str, *, force: bool = False) -> Remains:
        """Delete the rows of a video and of all derived from it. Raises VideoNotFound, VideoReferenced.

        After the commit the caller clears away what is left, and stops the jobs.
        """
        return remove_video(session, self._settlement, workspace_id, video_id, force=force)

    def clear_away(self, remains: Remains) -> None:
        clear_away(remains, self._blobs)

    def storyboard(self, session: Session, token: str) -> tuple[Storyboard, float]:
        """What a link to a storyboard shows, and how long the video lasts, in seconds.

        Raises InvalidLink, LinkExpired, VideoNotFound.
        """
        video_id, number = self._links.open_storyboard(token)
        video, row = session.get(Video, video_id), session.get(Revision, (video_id, number))
        if video is None or row is None or not row.facts:
            raise VideoNotFound("The video of this link was deleted.")
        shown = Shown(id=video.id, title=video.title, revision=number)
        return self._links.storyboard(shown, row.files, row.facts), decimal_seconds(row.frames / _rate(row.fps))

    def _revision(self, video: Video, row: Revision) -> RevisionOut:
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
            **_asked_for(row),
            **self._links.of(Shown(id=video.id, title=video.title, revision=row.number), row.files, row.facts),
        )


def _asked_for(row: Revision) -> dict[str, Any]:
    """What the revision was made from; nothing of it is known of a recording that was uploaded."""
    if not row.composition:
        names = ("resolution", "avatar_id", "voice_id", "background", "script")
        shape = {"fps": _shown_rate(row.fps), "aspect_ratio": aspect_of(row.width, row.height)}
        return dict.fromkeys(names) | shape
    composition = Composition.model_validate(row.composition)
    speaker = composition.speaker
    return {
        "fps": float(composition.picture.fps),
        "aspect_ratio": composition.picture.aspect_ratio,
        "resolution": composition.picture.resolution,
        "avatar_id": speaker.avatar_id if speaker else None,
        "voice_id": speaker.voice_id if speaker else None,
        "background": speaker.background if speaker else None,
        "script": composition.script,
    }


def patched(present: Mapping[str, Any], patch: Mapping[str, Any] | None) -> dict[str, Any]:
    """Metadata after a merge patch. Raises InvalidMetadata when it has become too large."""
    result = merged(present, patch)
    fault = metadata_fault(result)
    if fault is not None:
        raise InvalidMetadata(f"Merged with what is there, {fault}. Remove entries by setting them to null.")
    return result


def _summary(row: Columns, seen: Outlook | None) -> dict[str, Any]:
    """The values of a VideoSummary, as they are stored: the model turns and checks them faster than Python would."""
    values = dict(zip(SUMMARY_NAMES, row, strict=False))
    frames, fps = values.pop("frames"), values.pop("exact_fps")
    values["duration"] = None if frames is None else decimal_seconds(frames / _rate(fps))
    if frames is not None and values["fps"] is None:
        values["fps"], values["aspect_ratio"] = _shown_rate(fps), aspect_of(values["width"], values["height"])
    values["render"] = _render_state(values, seen) if seen else None
    return values


def _render_state(values: Mapping[str, Any], seen: Outlook) -> dict[str, Any]:
    return {
        "id": values["job_id"],
        "status": values["job_status"],
        "stage": values["stage"],
        "progress": seen.progress,
        "eta_seconds": seen.eta_seconds,
        "adjustments": values["adjustments"],
        "error": failure_of(values["error_code"], values["error_message"]),
    }


@lru_cache(maxsize=64)
def _rate(text: str) -> Fraction:
    return parse_rate(text)


def _shown_rate(rate: str) -> float:
    """Frames per second as people write them: 29.97 for 30000/1001."""
    return round(float(_rate(rate)), 3)
