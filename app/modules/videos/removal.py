"""Deleting a video with all that came from it.

Rows go first, in one commit; then what they pointed to. A crash in between leaves files that no row points to,
which cost space and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.modules.videos.models import Artifact, Reference, RenderJob, RenderTask, Upload, UploadStatus, Video
from app.modules.videos.pipeline.settle import ACTIVE, Settlement
from app.modules.videos.references import OURS, check_unused
from app.modules.videos.renders import video_of
from app.storage.base import BlobStore

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What is left of removed videos, to be cleared away after the commit."""

    job_ids: tuple[str, ...]
    blob_prefixes: tuple[str, ...]
    blobs: tuple[str, ...]
    multiparts: tuple[tuple[str, str], ...]


def remove_video(
    session: Session, settlement: Settlement, workspace_id: str, video_id: str, *, force: bool = False
) -> Remains:
    """Delete the video, the videos derived from it, their revisions and jobs, and the artifacts that only they used.

    Jobs that are running are canceled: their credits are given back. Raises VideoNotFound, and VideoReferenced when
    another module uses one of them, unless this is to be done with ``force``.
    """
    family = _family(session, workspace_id, video_of(session, workspace_id, video_id).id)
    # In the order in which a job ends, job before video, so that the two do not lock each other out ...
    stopped = _cancel_jobs(session, settlement, family)
    session.execute(sa.select(Video.id).where(Video.id.in_(family)).with_for_update())
    if not force:
        check_unused(session, family)
    # ... and once more now that no new one can be asked for.
    stopped += _cancel_jobs(session, settlement, family)
    blobs = _remove_artifacts(session, workspace_id, family)
    unfinished = _unfinished_uploads(session, family)
    session.flush()
    session.execute(sa.delete(Upload).where(Upload.id.in_(family)))
    session.execute(sa.delete(Reference).where(Reference.module == OURS, Reference.ref_id.in_(family)))
    session.execute(sa.delete(Video).where(Video.id.in_(family)))
    prefixes = tuple(f"videos/{member}" for member in family)
    return Remains(job_ids=tuple(stopped), blob_prefixes=prefixes, blobs=tuple(blobs), multiparts=tuple(unfinished))


def clear_away(remains: Remains, blobs: BlobStore) -> None:
    """Delete the files, and the parts of uploads that will not be completed. Can be repeated."""
    for key, upload_id in remains.multiparts:
        blobs.abort_multipart(key, upload_id)
    for prefix in remains.blob_prefixes:
        for found in blobs.list(prefix):
            blobs.delete(found.key)
    for key in remains.blobs:
        blobs.delete(key)


def _family(session: Session, workspace_id: str, video_id: str) -> list[str]:
    """The video and all that was derived from it, directly or not."""
    family = [video_id]
    generation = family
    while generation:
        children = sa.select(Video.id).where(Video.workspace_id == workspace_id, Video.parent_id.in_(generation))
        generation = list(session.scalars(children))
        family += generation
    return family


def _cancel_jobs(session: Session, settlement: Settlement, family: Collection[str]) -> list[str]:
    jobs = session.scalars(
        sa.select(RenderJob).where(RenderJob.video_id.in_(family), RenderJob.status.in_(ACTIVE))
    ).all()
    return [job.id for job in jobs if settlement.cancel(session, job)]


def _remove_artifacts(session: Session, workspace_id: str, family: Collection[str]) -> list[str]:
    """Delete the artifacts that no job of another video used; returns their blobs."""
    mine = sa.select(RenderJob.id).where(RenderJob.video_id.in_(family))
    used = set(session.scalars(sa.select(RenderTask.fingerprint).where(RenderTask.job_id.in_(mine)).distinct()))
    removed: list[str] = []
    for names in _in_parts(sorted(used)):
        others = (
            sa.select(RenderTask.fingerprint)
            .join(RenderJob, RenderJob.id == RenderTask.job_id)
            .where(
                RenderTask.fingerprint.in_(names),
                RenderJob.workspace_id == workspace_id,
                RenderJob.video_id.not_in(family),
            )
        )
        gone = set(names) - set(session.scalars(others))
        statement = (
            sa.delete(Artifact)
            .where(Artifact.workspace_id == workspace_id, Artifact.fingerprint.in_(gone))
            .returning(Artifact.blob)
        )
        removed += session.scalars(statement)
    return removed


def _unfinished_uploads(session: Session, family: Collection[str]) -> list[tuple[str, str]]:
    """Blob and multipart id of those that may still have parts."""
    uploads = sa.select(Upload.blob, Upload.multipart_id).where(
        Upload.id.in_(family), Upload.multipart_id.is_not(None), Upload.status != UploadStatus.DONE
    )
    return [(row.blob, str(row.multipart_id)) for row in session.execute(uploads)]


def _in_parts(names: list[str]) -> list[list[str]]:
    """SQLite and Postgres both limit how many values one statement takes."""
    return [names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE)]
