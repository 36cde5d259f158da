"""Removes what nothing points to: blobs of crashes and cancelled jobs, parts of uploads that were forgotten.

A blob is an orphan when it is older than ``GRACE`` and no row names it. Its key says whose rows those would be:

    artifacts/<workspace>/<..>/<fingerprint>-...   the artifact of that fingerprint
    videos/<video>/...                             the revisions and the upload of that video, or its running job
    files/<file>/...                               that file, its pages and its upload, or the work on it

Keys are unique to each attempt, so a key that no row names after the grace will never be named; but for work that is
still running, whose record may be about to be written. Nothing of a video or file that is being worked on is touched,
and a key of any other form is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.clock import Clock, utc_now
from app.core.database import Database
from app.modules.videos.models import (
    Artifact,
    FilePage,
    FileStatus,
    LibraryFile,
    RenderJob,
    Revision,
    Upload,
    UploadStatus,
)
from app.modules.videos.pipeline.settle import ACTIVE
from app.storage.base import BlobStore, Listed

GRACE = timedelta(hours=24)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """How much was removed."""

    blobs: int
    size: int
    uploads: int


class Collector:
    def __init__(
        self, *, database: Database, blobs: BlobStore, grace: timedelta = GRACE, clock: Clock = utc_now
    ) -> None:
        self._database, self._blobs, self._grace, self._clock = database, blobs, grace, clock

    def collect(self, *, going_on: Callable[[], bool] = lambda: True) -> Collected:
        """Go through all that is stored once. Ends early when ``going_on`` says no; can be repeated at any time."""
        before, removed, size = self._clock() - self._grace, 0, 0
        for batch in _batches(blob for blob in self._blobs.list() if blob.modified < before):
            if not going_on():
                break
            for blob in self._orphans(batch):
                self._blobs.delete(blob.key)
                removed, size = removed + 1, size + blob.size
        return Collected(blobs=removed, size=size, uploads=self._abort_forgotten(before))

    def _orphans(self, batch: list[Listed]) -> Iterator[Listed]:
        with self._database.read_scope() as session:
            kept = _kept(session, [blob.key.split("/") for blob in batch])
        yield from (blob for blob in batch if not kept(blob.key))

    def _abort_forgotten(self, before: datetime) -> int:
        """A crash between beginning an upload with the storage and writing its id down, or after giving it up."""
        aborted = 0
        for batch in _batches(part for part in self._blobs.multiparts() if part.started < before):
            with self._database.read_scope() as session:
                ids = [unfinished.upload_id for unfinished in batch]
                statuses = (UploadStatus.OPEN, UploadStatus.RECEIVED, UploadStatus.FAILED)
                living = sa.select(Upload.multipart_id).where(
                    Upload.blob.in_([unfinished.key for unfinished in batch]), Upload.status.in_(statuses)
                )
                wanted = set(session.scalars(living)) & set(ids)
            for unfinished in batch:
                if unfinished.upload_id not in wanted:
                    self._blobs.abort_multipart(unfinished.key, unfinished.upload_id)
                    aborted += 1
        return aborted


def _kept(session: Session, paths: Collection[list[str]]) -> Callable[[str], bool]:
    """Says of a key whether something points to it, or it is not ours to judge."""
    artifacts = _artifacts(session, [path for path in paths if path[0] == "artifacts"])
    video_ids, file_ids = (
        {path[1] for path in paths if path[0] == place and len(path) > 2} for place in ("videos", "files")
    )
    busy = _busy_videos(session, video_ids) | _busy_files(session, file_ids)
    named = _named_by_videos(session, video_ids) | _named_by_files(session, file_ids)
    named |= _named_by_uploads(session, video_ids | file_ids)

    def kept(key: str) -> bool:
        match key.split("/"):
            case ["artifacts", _, _, _]:
                return key in artifacts
            case ["videos" | "files", owner_id, _, *_]:
                return owner_id in busy or key in named
            case _:
                return True

    return kept


def _artifacts(session: Session, paths: Iterable[list[str]]) -> set[str]:
    """The blobs that count, of the artifacts these keys were made for."""
    fingerprints = {path[-1].split("-")[0] for path in paths}
    rows = sa.select(Artifact.blob).where(
        Artifact.workspace_id.in_({path[1] for path in paths}), Artifact.fingerprint.in_(fingerprints)
    )
    return set(session.scalars(rows)) if fingerprints else set()


def _busy_videos(session: Session, video_ids: Collection[str]) -> set[str]:
    rows = sa.select(RenderJob.video_id).where(RenderJob.video_id.in_(video_ids), RenderJob.status.in_(ACTIVE))
    return set(session.scalars(rows)) if video_ids else set()


def _busy_files(session: Session, file_ids: Collection[str]) -> set[str]:
    rows = sa.select(LibraryFile.id).where(LibraryFile.id.in_(file_ids), LibraryFile.status == FileStatus.PROCESSING)
    return set(session.scalars(rows)) if file_ids else set()


def _named_by_videos(session: Session, video_ids: Collection[str]) -> set[str]:
    rows = sa.select(Revision.files).where(Revision.video_id.in_(video_ids))
    return _blobs_in(session.scalars(rows)) if video_ids else set()


def _named_by_files(session: Session, file_ids: Collection[str]) -> set[str]:
    if not file_ids:
        return set()
    files = session.scalars(sa.select(LibraryFile.files).where(LibraryFile.id.in_(file_ids)))
    pages = session.scalars(sa.select(FilePage.files).where(FilePage.file_id.in_(file_ids)))
    return _blobs_in(files) | _blobs_in(pages)


def _named_by_uploads(session: Session, ids: Collection[str]) -> set[str]:
    rows = sa.select(Upload.blob).where(Upload.id.in_(ids), Upload.status != UploadStatus.EXPIRED)
    return set(session.scalars(rows)) if ids else set()


def _blobs_in(documents: Iterable[dict[str, Any]]) -> set[str]:
    """Of files by role."""
    return {file["blob"] for files in documents for file in files.values()}


def _batches(blobs: Iterable[Any]) -> Iterator[list[Any]]:
    waiting = iter(blobs)
    while batch := list(islice(waiting, _AT_ONCE)):
        yield batch
