"""What a job reused, what it made, and what that cost."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.media.time import decimal_seconds
from app.modules.videos.models import RenderJob, RenderTask, TaskStatus
from app.modules.videos.pricing import charge
from app.modules.videos.providers.underway import cost_microusd, takes_of, waited_s


def receipt_of(session: Session, job: RenderJob, fps: Fraction, warnings: Sequence[str] = ()) -> dict[str, Any]:
    """Counts by kind of artifact, seconds made and reused, processor time, the credits, and what came out otherwise."""
    tasks = session.scalars(sa.select(RenderTask).where(RenderTask.job_id == job.id)).all()
    elsewhere = takes_of(session, [job.id]).get(job.id, [])
    spent = cost_microusd(elsewhere)
    made = sum(task.frames for task in tasks if task.status == TaskStatus.MADE)
    reused = sum(task.frames for task in tasks if task.status == TaskStatus.REUSED)
    return {
        "takes": _counts(tasks, "take"),
        "chunks": _counts(tasks, "chunk"),
        "mixes": _counts(tasks, "mix"),
        "seconds_made": decimal_seconds(made / fps),
        "seconds_reused": decimal_seconds(reused / fps),
        "cpu_seconds": sum(task.cpu_ms for task in tasks) / 1000,
        "peak_memory_mb": max((task.peak_mb for task in tasks), default=0),
        "credits": {"held": job.credits_held, "charged": charge(made, fps, job.credits_held)},
        "seconds_waited": round(waited_s(elsewhere, job.started_at), 3),
        "provider_usd": None if spent is None else spent / 1e6,
        "warnings": list(warnings),
    }


def _counts(tasks: Any, kind: str) -> dict[str, int]:
    own = [task for task in tasks if task.kind == kind]
    return {
        "made": sum(task.status == TaskStatus.MADE for task in own),
        "reused": sum(task.status == TaskStatus.REUSED for task in own),
    }
