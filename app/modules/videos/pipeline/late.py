"""Takes that their providers finished after everybody had given up: brought home, so that the next render has them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.avatars.base import TakeState, configured
from app.core.clock import Clock, utc_now
from app.core.errors import TenexError
from app.modules.videos.composition import Composition
from app.modules.videos.models import UNDER_WAY, ProviderAccount, RenderJob, TakeIntent
from app.modules.videos.pipeline.intents import Intents
from app.modules.videos.pipeline.plan import plan_takes
from app.modules.videos.pipeline.settle import ACTIVE
from app.modules.videos.pipeline.takes import TakeSteps
from app.modules.videos.pipeline.workshop import Workshop

#: For so long after it was asked for, a take that nobody waits for is looked for; and so many of them at a time.
_LOOKED_FOR = timedelta(days=7)
_AT_ONCE = 50
#: Whoever sent a request has heard of it after so long, or never will.
_SETTLED = timedelta(minutes=3)
_DEADLINE_S = 900.0
log = structlog.get_logger(__name__)


class LateTakes:
    def __init__(self, workshop: Workshop, takes: TakeSteps, *, clock: Clock = utc_now) -> None:
        self._at, self._takes, self._clock = workshop, takes, clock
        self._intents = Intents(workshop.database)

    def collect(self, going_on: Callable[[], bool]) -> int:
        """Bring home what is made by now; how many."""
        return asyncio.run(self._collect(going_on))

    async def _collect(self, going_on: Callable[[], bool]) -> int:
        brought = 0
        for intent, job in await asyncio.to_thread(self._given_up):
            if not going_on():
                break
            try:
                async with asyncio.timeout(_DEADLINE_S):
                    brought += await self._bring(intent, job)
            except (TenexError, TimeoutError) as error:
                log.info("a late take cannot be had", provider=intent.provider, intent=intent.id, error=str(error))
        return brought

    def _given_up(self) -> Sequence[tuple[TakeIntent, RenderJob]]:
        with self._at.database.read_scope() as session:
            return _given_up(session, self._clock())

    async def _bring(self, intent: TakeIntent, job: RenderJob) -> bool:
        providers = await asyncio.to_thread(self._at.providers.of, intent.workspace_id)
        provider, provider_id = configured(providers, intent.provider), intent.provider_id
        if provider_id is None:
            provider_id = await provider.find(intent.id) if provider.capabilities.looks_up else None
            if provider_id is None:
                return False
            await asyncio.to_thread(self._intents.accepted, intent.id, provider_id)
        if (await provider.poll(provider_id)).state is not TakeState.READY:
            return False
        composition = Composition.model_validate(job.composition)
        planned = {take.fingerprint: take for take in plan_takes(composition, providers)}
        take = planned.get(intent.fingerprint)
        if take is None:  # the job fell back on somebody else since, or the account is another one now
            return False
        await self._takes.fetch(job.id, job.workspace_id, intent.id, take, composition.picture, provider_id)
        return True


def _given_up(session: Session, now: datetime) -> Sequence[tuple[TakeIntent, RenderJob]]:
    """Takes that were accepted, or may have been, and were not brought home, and whose job is over; any of them first,
    so that one who never comes is in nobody's way.
    """
    theirs = (ProviderAccount.workspace_id == TakeIntent.workspace_id, ProviderAccount.name == TakeIntent.provider)
    query = (
        sa.select(TakeIntent, RenderJob)
        .join(RenderJob, RenderJob.id == TakeIntent.job_id)
        .join(ProviderAccount, sa.and_(*theirs))
        .where(
            TakeIntent.status.in_(UNDER_WAY),
            TakeIntent.sent_at > now - _LOOKED_FOR,
            sa.or_(TakeIntent.provider_id.is_not(None), TakeIntent.sent_at < now - _SETTLED),
            RenderJob.status.not_in(ACTIVE),
        )
        .order_by(sa.func.random())
        .limit(_AT_ONCE)
    )
    return [(intent, job) for intent, job in session.execute(query)]
