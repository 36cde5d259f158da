"""``/health`` and ``/metrics``: for whoever runs this server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from pydantic import BaseModel, Field

from app.bootstrap import Services
from app.core.clock import utc_now
from app.core.database import Database
from app.core.errors import TenexError
from app.core.metrics import Metrics
from app.modules.videos.repository import Workload, workload
from app.storage.base import BlobStore

#: With a free worker a job starts within a second.
_LATE_S = 60.0
router = APIRouter(tags=["operation"])


class DatabaseHealth(BaseModel):
    ok: bool
    problem: str | None = None


class StorageHealth(BaseModel):
    ok: bool
    free_bytes: int | None = Field(description="Null for a bucket, which has no end")
    problem: str | None = None


class JobsHealth(BaseModel):
    queued: int
    rendering: int
    oldest_queued_seconds: float | None = Field(description="Grows when no worker takes new jobs")


class Health(BaseModel):
    """``degraded``: requests are answered, but renders fail or wait. ``down``: answered with 503."""

    status: Literal["ok", "degraded", "down"]
    version: str
    database: DatabaseHealth
    storage: StorageHealth
    jobs: JobsHealth | None


@router.get("/health", summary="Whether the server works", responses={503: {"model": Health}})
def health(request: Request, response: Response) -> Health:
    """Database, storage, and whether jobs are taken up. No credentials needed."""
    services: Services = request.app.state.services
    database, jobs = _look_at_jobs(services.database)
    storage = _look_at(services.platform.blobs)
    late = jobs is not None and (jobs.oldest_queued_seconds or 0.0) > _LATE_S
    if not database.ok:
        response.status_code = 503
    status = "down" if not database.ok else "ok" if storage.ok and not late else "degraded"
    return Health(status=status, version=request.app.version, database=database, storage=storage, jobs=jobs)


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
def metrics(request: Request) -> Response:
    """Requests of this process, and jobs of the whole installation. No credentials needed."""
    figures: Metrics = request.app.state.metrics
    return Response(figures.render(), media_type=figures.content_type)


class JobFigures(Collector):
    """Reads the jobs of the whole installation whenever Prometheus asks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is read when the collector is registered."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("tenex_database_up", "Whether the database answers")
        try:
            with self._database.read_scope() as session:
                load = workload(session)
        except TenexError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from _families(load)


def _families(load: Workload) -> Iterator[GaugeMetricFamily]:
    jobs = GaugeMetricFamily("tenex_render_jobs", "Render jobs by status", labels=["status"])
    for status, count in load.jobs.items():
        jobs.add_metric([status], count)
    yield jobs
    chunks = GaugeMetricFamily("tenex_render_queue_depth", "Parts of running jobs that wait for a worker")
    chunks.add_metric([], load.waiting_parts)
    yield chunks
    oldest = GaugeMetricFamily("tenex_render_oldest_queued_seconds", "How long the first job in the queue has waited")
    oldest.add_metric([], _age(load.oldest_queued) or 0.0)
    yield oldest
    took = GaugeMetricFamily("tenex_render_seconds", "Seconds the latest jobs took", labels=["quantile"])
    for quantile, seconds in load.render_seconds.items():
        took.add_metric([quantile], seconds)
    yield took


def _look_at_jobs(database: Database) -> tuple[DatabaseHealth, JobsHealth | None]:
    try:
        with database.read_scope() as session:
            load = workload(session, with_figures=False)
    except TenexError as error:
        return DatabaseHealth(ok=False, problem=error.code), None
    return DatabaseHealth(ok=True), JobsHealth(
        queued=load.jobs.get("queued", 0),
        rendering=load.jobs.get("rendering", 0),
        oldest_queued_seconds=_age(load.oldest_queued),
    )


def _look_at(blobs: BlobStore) -> StorageHealth:
    state = blobs.state()
    return StorageHealth(ok=state.problem is None, free_bytes=state.free_bytes, problem=state.problem)


def _age(moment: datetime | None) -> float | None:
    return round((utc_now() - moment).total_seconds(), 1) if moment else None
