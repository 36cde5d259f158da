"""Takes at avatar providers, as the jobs that need them show them: how far they are, what is usual, what they cost."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.modules.videos.models import ProviderAccount, RenderJob, RenderTask, TakeIntent, TakeStatus, TaskStatus

_ENDED = (TakeStatus.READY, TakeStatus.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeElsewhere:
    """``usual_s``, ``slow_s``: after which half, and nine in ten, of its account's latest takes were made."""

    provider: str
    provider_id: str | None
    status: TakeStatus
    said: str | None
    sent_at: datetime | None
    ready_at: datetime | None
    length_ms: int | None
    cost_microusd: int | None
    usual_s: int | None
    slow_s: int | None
    made: bool  # for this job, not found

    def elapsed_s(self, now: datetime) -> float | None:
        return None if self.sent_at is None else ((self.ready_at or now) - self.sent_at).total_seconds()

    def left_s(self, now: datetime) -> float | None:
        """How much longer it should take; None if its account has no history yet, or it is slower than nearly all."""
        if self.usual_s is None or self.slow_s is None:
            return None
        elapsed = self.elapsed_s(now) or 0.0
        return next((float(usual - elapsed) for usual in (self.usual_s, self.slow_s) if elapsed < usual), None)


def takes_of(session: Session, job_ids: Collection[str]) -> dict[str, list[TakeElsewhere]]:
    """Of each job, in the order in which they were asked for."""
    if not job_ids:
        return {}
    newer = aliased(TakeIntent)
    latest = (
        sa.select(sa.func.max(newer.attempt))
        .where(newer.workspace_id == TakeIntent.workspace_id, newer.fingerprint == TakeIntent.fingerprint)
        .scalar_subquery()
    )
    same = (TakeIntent.workspace_id == RenderJob.workspace_id, TakeIntent.fingerprint == RenderTask.fingerprint)
    theirs = (ProviderAccount.workspace_id == TakeIntent.workspace_id, ProviderAccount.name == TakeIntent.provider)
    statement = (
        sa.select(RenderTask.job_id, RenderTask.status, TakeIntent, ProviderAccount.usual_s, ProviderAccount.slow_s)
        .join(RenderJob, RenderJob.id == RenderTask.job_id)
        .join(TakeIntent, sa.and_(*same, TakeIntent.attempt == latest))
        .join(ProviderAccount, sa.and_(*theirs))
        .where(RenderTask.job_id.in_(job_ids), RenderTask.kind == "take")
        .order_by(TakeIntent.created_at, TakeIntent.id)
    )
    found: dict[str, list[TakeElsewhere]] = {}
    for job_id, task, intent, usual_s, slow_s in session.execute(statement):
        found.setdefault(job_id, []).append(_take(intent, usual_s, slow_s, made=task == TaskStatus.MADE))
    return found


def _take(intent: TakeIntent, usual_s: int | None, slow_s: int | None, *, made: bool) -> TakeElsewhere:
    return TakeElsewhere(
        provider=intent.provider,
        provider_id=intent.provider_id,
        status=TakeStatus(intent.status),
        said=intent.said,
        sent_at=intent.sent_at,
        ready_at=intent.ready_at,
        length_ms=intent.length_ms,
        cost_microusd=intent.cost_microusd,
        usual_s=usual_s,
        slow_s=slow_s,
        made=made,
    )


def longest_left_s(takes: Iterable[TakeElsewhere], now: datetime) -> float | None:
    """Until all that are under way should be made; None if that is not known of one."""
    left = [take.left_s(now) for take in takes if take.status not in _ENDED]
    known = [each for each in left if each is not None]
    return max(known, default=0.0) if len(known) == len(left) else None


def waited_s(takes: Iterable[TakeElsewhere], since: datetime | None) -> float:
    """How long a job that began then waited for the last of them."""
    ready = [take.ready_at for take in takes if take.made and take.ready_at is not None]
    return max(0.0, (max(ready) - since).total_seconds()) if ready and since is not None else 0.0


def cost_microusd(takes: Iterable[TakeElsewhere]) -> int | None:
    """What those that were made for a job cost at their providers; None if that is not known of any."""
    known = [take.cost_microusd for take in takes if take.made and take.cost_microusd is not None]
    return sum(known) if known else None
