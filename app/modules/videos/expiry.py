"""Giving up uploads that nobody goes on with."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.clock import Clock, utc_now
from app.core.database import Database
from app.modules.videos.errors import UploadOver
from app.modules.videos.models import (
    FileStatus,
    JobStatus,
    LibraryFile,
    Upload,
    UploadStatus,
    UploadTarget,
    Video,
    VideoStatus,
)
from app.modules.videos.uploads import EXPIRED, intake_job
from app.storage.base import BlobStore

_AT_ONCE = 100


class Expiry:
    def __init__(self, *, database: Database, blobs: BlobStore, clock: Clock = utc_now) -> None:
        self._database, self._blobs, self._clock = database, blobs, clock

    def expire(self) -> int:
        """Give up the uploads whose time is over; how many. Their parts are removed after the commit."""
        with self._database.session_scope() as session:
            late = sa.select(Upload).where(Upload.status == UploadStatus.OPEN, Upload.expires_at <= self._clock())
            abandoned = session.scalars(late.limit(_AT_ONCE).with_for_update(skip_locked=True)).all()
            for upload in abandoned:
                self._give_up(session, upload)
        for upload in abandoned:
            if upload.multipart_id is not None:
                self._blobs.abort_multipart(upload.blob, upload.multipart_id)
        return len(abandoned)

    def _give_up(self, session: Session, upload: Upload) -> None:
        upload.status = UploadStatus.EXPIRED
        if upload.target == UploadTarget.VIDEO:
            self._fail_video(session, session.get_one(Video, upload.id))
        else:
            file = session.get_one(LibraryFile, upload.id)
            file.status, file.updated_at = FileStatus.FAILED, self._clock()
            file.error_code, file.error_message = UploadOver.code, EXPIRED

    def _fail_video(self, session: Session, video: Video) -> None:
        """As a job that failed at once, so that the reason is where all reasons are."""
        video.status, video.updated_at = VideoStatus.FAILED, self._clock()
        video.last_revision += 1
        job = intake_job(video, self._clock)
        job.status, job.finished_at = JobStatus.FAILED, self._clock()
        job.error_code, job.error_message = UploadOver.code, EXPIRED
        session.add(job)
