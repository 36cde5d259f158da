"""Render jobs as clients see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy.orm import Session

from app.core.clock import Clock, utc_now
from app.core.pagination import PageRequest, Slice
from app.modules.videos import repository
from app.modules.videos.models import JobStatus, RenderJob, Stage
from app.modules.videos.outlook import Outlook, Running, outlook
from app.modules.videos.pipeline.settle import ACTIVE
from app.modules.videos.renders import job_of
from app.modules.videos.repository import JobFilter
from app.modules.videos.schemas import Failure, JobCredits, Receipt, RenderJobOut


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """What the outlook of a job is told from."""

    id: str
    status: str
    stage: str
    expected_s: int
    created_at: datetime
    started_at: datetime | None


class Jobs:
    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock

    def get(self, session: Session, workspace_id: str, job_id: str) -> RenderJobOut:
        """Raises JobNotFound."""
        return self.show(session, job_of(session, workspace_id, job_id))

    def show(self, session: Session, job: RenderJob) -> RenderJobOut:
        return _shown(job, self.outlooks(session, [_facts(job)])[job.id])

    def list(self, session: Session, workspace_id: str, wanted: JobFilter, page: PageRequest) -> Slice[RenderJobOut]:
        """Newest first."""
        found = repository.list_jobs(session, workspace_id, wanted, page)
        outlooks = self.outlooks(session, [_facts(job) for job in found.rows])
        return found.map(lambda job: _shown(job, outlooks[job.id]))

    def outlooks(self, session: Session, jobs: Collection[JobFacts]) -> Mapping[str, Outlook]:
        """Progress and remaining time by job. Costs next to nothing for jobs that have succeeded."""
        active = [job for job in jobs if job.status in ACTIVE]
        tallies = repository.tallies(session, [job.id for job in jobs if job.status != JobStatus.SUCCEEDED])
        since = repository.last_takes(session, [job.id for job in active if job.stage == Stage.CHUNKS])
        pace, now = _pace(session) if active else None, self._clock()
        return {
            job.id: outlook(_running(session, job, since.get(job.id)), tallies.get(job.id, {}), pace=pace, now=now)
            for job in jobs
        }


def facts_of(row: repository.Columns) -> JobFacts | None:
    """The last job in a row of ``repository.list_videos``, if the video had one."""
    if row.job_id is None:
        return None
    return JobFacts(
        id=row.job_id,
        status=row.job_status,
        stage=row.stage,
        expected_s=row.expected_s,
        created_at=row.job_created_at,
        started_at=row.started_at,
    )


def _facts(job: RenderJob) -> JobFacts:
    return JobFacts(
        id=job.id,
        status=job.status,
        stage=job.stage,
        expected_s=job.expected_s,
        created_at=job.created_at,
        started_at=job.started_at,
    )


def _running(session: Session, job: JobFacts, last_take: datetime | None) -> Running:
    started = job.started_at
    return Running(
        status=JobStatus(job.status),
        stage=Stage(job.stage),
        expected_s=job.expected_s,
        started_at=started,
        drawing_since=max(started, last_take) if started and last_take else started,
        ahead_s=repository.seconds_ahead(session, job.created_at) if job.status == JobStatus.QUEUED else 0,
    )


def _pace(session: Session) -> float | None:
    """Seconds that a second of video took in recent jobs: the median."""
    paces = [job.took_s / job.made_s for job in repository.recent_jobs(session) if job.made_s]
    return median(paces) if paces else None


def _shown(job: RenderJob, seen: Outlook) -> RenderJobOut:
    return RenderJobOut(
        id=job.id,
        status=JobStatus(job.status),
        stage=Stage(job.stage),
        progress=seen.progress,
        eta_seconds=seen.eta_seconds,
        error=failure_of(job.error_code, job.error_message),
        video_id=job.video_id,
        revision=job.revision,
        credits=JobCredits(held=job.credits_held, charged=_charged(job)),
        receipt=Receipt.model_validate(job.receipt) if job.receipt else None,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def failure_of(code: str | None, message: str | None) -> Failure | None:
    return Failure(code=code, message=message or "") if code else None


def _charged(job: RenderJob) -> int | None:
    if job.status in ACTIVE:
        return None
    return int(job.receipt["credits"]["charged"]) if job.receipt else 0
