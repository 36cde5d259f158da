"""The tasks of a job: what is planned, running, made or reused. Progress, ETA and receipt are read from here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.database import Database
from app.media.usage import NOTHING, Usage
from app.modules.videos.models import RenderTask, TaskStatus

_REPORT_EVERY_S = 0.9


def now_and_then(write: Callable[[float], None]) -> Callable[[float], None]:
    """A callback for a running child: has a share written down in a thread, about once a second."""
    last = time.monotonic()
    writing: set[asyncio.Future[Any]] = set()

    def report(share: float) -> None:
        nonlocal last
        if writing or time.monotonic() - last < _REPORT_EVERY_S:
            return
        last = time.monotonic()
        task = asyncio.ensure_future(asyncio.to_thread(write, share))
        writing.add(task)
        task.add_done_callback(writing.discard)

    return report


class TaskProgress:
    def __init__(self, database: Database) -> None:
        self._database = database

    def expect(self, session: Session, job_id: str, kind: str, frames: Mapping[str, int], *, reused: set[str]) -> None:
        """Write down what the job needs; what is already written down stays as it is."""
        known = set(
            session.scalars(
                sa.select(RenderTask.fingerprint).where(RenderTask.job_id == job_id, RenderTask.fingerprint.in_(frames))
            )
        )
        for name, count in frames.items():
            if name not in known:
                status = TaskStatus.REUSED if name in reused else TaskStatus.QUEUED
                done = count if name in reused else 0
                session.add(
                    RenderTask(
                        job_id=job_id, fingerprint=name, kind=kind, status=status, frames=count, frames_done=done
                    )
                )
        session.flush()

    def forget(self, session: Session, job_id: str, fingerprints: set[str]) -> None:
        """What the job does not need any more."""
        mine = (RenderTask.job_id == job_id, RenderTask.fingerprint.in_(fingerprints))
        session.execute(sa.delete(RenderTask).where(*mine).execution_options(synchronize_session=False))

    def start(self, session: Session, job_id: str, fingerprint: str) -> None:
        values = {"status": TaskStatus.RUNNING, "frames_done": 0, "attempts": RenderTask.attempts + 1}
        session.execute(_update(job_id, fingerprint).values(values))

    def finish(
        self,
        session: Session,
        job_id: str,
        fingerprint: str,
        status: TaskStatus,
        usage: Usage = NOTHING,
    ) -> None:
        """Idempotent: a task that is finished stays as it first finished."""
        open_tasks = RenderTask.status.in_((TaskStatus.QUEUED, TaskStatus.RUNNING))
        values = {
            "status": status,
            "frames_done": RenderTask.frames,
            "cpu_ms": RenderTask.cpu_ms + round(usage.cpu_s * 1000),
            "peak_mb": round(usage.peak_mb),
        }
        session.execute(_update(job_id, fingerprint).where(open_tasks).values(values))

    def left(self, session: Session, job_id: str, kind: str) -> int:
        """How many are not done."""
        is_open = RenderTask.status.in_((TaskStatus.QUEUED, TaskStatus.RUNNING))
        mine = (RenderTask.job_id == job_id, RenderTask.kind == kind, is_open)
        return session.scalar(sa.select(sa.func.count()).select_from(RenderTask).where(*mine)) or 0

    def reporter(self, job_id: str, fingerprint: str, frames: int) -> Callable[[float], None]:
        """A callback for a running child: writes its share of ``frames`` down, about once a second."""
        return now_and_then(lambda share: self._write(job_id, fingerprint, int(share * frames)))

    def _write(self, job_id: str, fingerprint: str, done: int) -> None:
        running = RenderTask.status == TaskStatus.RUNNING
        with self._database.session_scope() as session:
            session.execute(_update(job_id, fingerprint).where(running).values(frames_done=done))


def _update(job_id: str, fingerprint: str) -> sa.Update:
    return (
        sa.update(RenderTask)
        .where(RenderTask.job_id == job_id, RenderTask.fingerprint == fingerprint)
        .execution_options(synchronize_session=False)
    )
