"""Render jobs as clients see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from statistics import median

from sqlalchemy.orm import Session

from app.core.clock import Clock, utc_now
from app.core.pagination import PageRequest, Slice
from app.modules.videos import repository
from app.modules.videos.models import JobKind, JobStatus, RenderJob, Stage
from app.modules.videos.outlook import SUCCEEDED, Outlook, Running, outlook
from app.modules.videos.pipeline.settle import ACTIVE
from app.modules.videos.providers.underway import TakeElsewhere, longest_left_s, takes_of
from app.modules.videos.renders import job_of
from app.modules.videos.repository import JobFacts, JobFilter
from app.modules.videos.schemas import Failure, JobCredits, ProviderTake, Receipt, RenderJobOut


class Jobs:
    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock

    def get(self, session: Session, workspace_id: str, job_id: str) -> RenderJobOut:
        """Raises JobNotFound."""
        return self.show(session, job_of(session, workspace_id, job_id))

    def show(self, session: Session, job: RenderJob) -> RenderJobOut:
        takes = takes_of(session, [job.id]).get(job.id, [])
        return _shown(job, self.outlooks(session, {job.id: job.status})[job.id], takes, self._clock())

    def list(self, session: Session, workspace_id: str, wanted: JobFilter, page: PageRequest) -> Slice[RenderJobOut]:
        """Newest first."""
        found = repository.list_jobs(session, workspace_id, wanted, page)
        outlooks = self.outlooks(session, {job.id: job.status for job in found.rows})
        takes, now = takes_of(session, [job.id for job in found.rows]), self._clock()
        return found.map(lambda job: _shown(job, outlooks[job.id], takes.get(job.id, []), now))

    def outlooks(self, session: Session, jobs: Mapping[str, str]) -> Mapping[str, Outlook]:
        """Progress and remaining time by job, given their statuses. Free for jobs that have succeeded."""
        unfinished = [job_id for job_id, status in jobs.items() if status != JobStatus.SUCCEEDED]
        return dict.fromkeys(jobs, SUCCEEDED) | self._unfinished(session, unfinished)

    def _unfinished(self, session: Session, job_ids: Collection[str]) -> dict[str, Outlook]:
        facts, tallies = repository.job_facts(session, job_ids), repository.tallies(session, job_ids)
        active = [job for job in facts if job.status in ACTIVE]
        since = repository.last_takes(session, [job.id for job in active if job.stage == Stage.CHUNKS])
        takes = takes_of(session, [job.id for job in active if job.stage == Stage.TAKES])
        pace, now = _pace(session) if active else None, self._clock()

        def running(job: JobFacts) -> Running:
            elsewhere = takes.get(job.id, [])
            known = _running(session, job, since.get(job.id))
            return replace(known, waits=bool(elsewhere), takes_left_s=longest_left_s(elsewhere, now))

        return {job.id: outlook(running(job), tallies.get(job.id, {}), pace=pace, now=now) for job in facts}


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


def _shown(job: RenderJob, seen: Outlook, takes: Sequence[TakeElsewhere], now: datetime) -> RenderJobOut:
    return RenderJobOut(
        id=job.id,
        status=JobStatus(job.status),
        stage=Stage(job.stage),
        progress=seen.progress,
        eta_seconds=seen.eta_seconds,
        adjustments=job.adjustments,
        error=failure_of(job.error_code, job.error_message),
        kind=JobKind(job.kind),
        video_id=job.video_id,
        revision=job.revision,
        credits=JobCredits(held=job.credits_held, charged=_charged(job)),
        takes=[_take(take, now) for take in takes],
        receipt=Receipt.model_validate(job.receipt) if job.receipt else None,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def _take(take: TakeElsewhere, now: datetime) -> ProviderTake:
    elapsed = take.elapsed_s(now)
    return ProviderTake(
        provider=take.provider,
        provider_id=take.provider_id,
        status=take.status,
        said=take.said,
        elapsed_seconds=None if elapsed is None else round(elapsed, 1),
        usual_seconds=take.usual_s,
        slow_seconds=take.slow_s,
        duration=None if take.length_ms is None else take.length_ms / 1000,
        usd=None if take.cost_microusd is None else take.cost_microusd / 1e6,
    )


def failure_of(code: str | None, message: str | None) -> Failure | None:
    return Failure(code=code, message=message or "") if code else None


def _charged(job: RenderJob) -> int | None:
    if job.status in ACTIVE:
        return None
    return int(job.receipt["credits"]["charged"]) if job.receipt else 0
