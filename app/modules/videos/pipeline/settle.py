"""How a job ends: exactly once.

Each ending is one transaction that moves the job out of an active state and moves the money with it. The conditional
update decides who comes first when a success, a failure and a cancellation meet; the others find nothing left to do.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.modules.credits.service import Credits
from app.modules.videos.models import JobStatus, RenderJob, Stage, Upload, UploadStatus, Video, VideoStatus

ACTIVE = (JobStatus.QUEUED, JobStatus.RENDERING)


class Settlement:
    def __init__(self, credits: Credits) -> None:  # noqa: A002 - the field's own word
        self._credits = credits

    def succeed(self, session: Session, job: RenderJob, *, charged: int, receipt: dict[str, Any]) -> bool:
        """Capture what is due. False when the job had already ended; the caller then must not publish."""
        if not _end(session, job, JobStatus.SUCCEEDED, stage=Stage.DONE, receipt=receipt):
            return False
        self._credits.capture(session, job_id=job.id, amount=charged)
        return True

    def succeed_free(self, session: Session, job: RenderJob) -> bool:
        """For a job that costs nothing and held nothing. False as above."""
        return _end(session, job, JobStatus.SUCCEEDED, stage=Stage.DONE)

    def fail(self, session: Session, job: RenderJob, *, code: str, message: str) -> bool:
        """Release the hold and keep the reason."""
        if not _end(session, job, JobStatus.FAILED, error_code=code[:64], error_message=message[:2000]):
            return False
        self._credits.release(session, job_id=job.id)
        _leave_rendering(session, job)
        return True

    def cancel(self, session: Session, job: RenderJob) -> bool:
        if not _end(session, job, JobStatus.CANCELED):
            return False
        self._credits.release(session, job_id=job.id)
        _leave_rendering(session, job)
        return True


def _end(session: Session, job: RenderJob, status: JobStatus, **values: Any) -> bool:
    session.flush()
    ended = session.execute(
        sa.update(RenderJob)
        .where(RenderJob.id == job.id, RenderJob.status.in_(ACTIVE))
        .values(status=status, finished_at=utc_now(), **values)
        .returning(RenderJob.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    session.refresh(job)
    return ended is not None


def _leave_rendering(session: Session, job: RenderJob) -> None:
    """A video that has an output keeps it; one that has none has failed. Its upload can be completed again."""
    video = session.get_one(Video, job.video_id)
    session.execute(
        sa.update(Upload)
        .where(Upload.id == video.id, Upload.status == UploadStatus.RECEIVED)
        .values(status=UploadStatus.FAILED)
        .execution_options(synchronize_session=False)
    )
    video.status = VideoStatus.FAILED if video.revision is None else VideoStatus.READY
    video.updated_at = utc_now()
