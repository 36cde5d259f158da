"""Looks for jobs and workflows that disagree, so that no job just stops: run every few seconds by every worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import sqlalchemy as sa
import structlog

from app.core.database import Database
from app.modules.videos.models import JobStatus, RenderJob
from app.modules.videos.pipeline.settle import ACTIVE, Settlement

#: How many jobs one look takes; the oldest first.
_MOST = 500
log = structlog.get_logger(__name__)


class Flows(Protocol):
    """What the watch asks of the engine."""

    def ended(self, ids: list[str]) -> Mapping[str, str]:
        """Those of the workflows that have ended, and how."""
        ...

    def cancel(self, id: str) -> None: ...  # noqa: A002


class Watch:
    def __init__(self, *, database: Database, settlement: Settlement, flows: Flows) -> None:
        self._database, self._settlement, self._flows = database, settlement, flows

    def look(self) -> None:
        """End active jobs whose workflow is over, and stop workflows whose job is over."""
        self._fail_abandoned()
        self._stop_needless()

    def _fail_abandoned(self) -> None:
        ended = self._flows.ended(self._jobs(ACTIVE))
        for job_id, how in ended.items():
            with self._database.session_scope() as session:
                job = session.get(RenderJob, job_id)
                message = (
                    f"The engine ended the job ({how}) before it was finished. No credits were taken; render again."
                )
                if job is not None and self._settlement.fail(session, job, code="engine_failed", message=message):
                    log.error("job had been abandoned", job=job_id, how=how)

    def _stop_needless(self) -> None:
        """A crash between the commit of a cancellation and the call to the engine leaves the work running."""
        canceled = self._jobs((JobStatus.CANCELED,), newest=True)
        for job_id in set(canceled) - set(self._flows.ended(canceled)):
            self._flows.cancel(job_id)

    def _jobs(self, statuses: tuple[JobStatus, ...], *, newest: bool = False) -> list[str]:
        order = RenderJob.created_at.desc() if newest else RenderJob.created_at
        query = (
            sa.select(RenderJob.id)
            .where(RenderJob.status.in_(statuses))
            .order_by(order)
            .limit(_MOST if not newest else 20)
        )
        with self._database.read_scope() as session:
            return list(session.scalars(query))
