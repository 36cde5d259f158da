"""The effects around an avatar provider. Every paid call is written down before it is made, and never made twice."""

from __future__ import annotations

import asyncio
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.avatars.base import AmbiguousSubmit, AvatarProvider, ProviderRefused, TakeState
from app.core.clock import utc_now
from app.core.errors import TenexError
from app.core.ids import new_id
from app.modules.videos.composition import Picture
from app.modules.videos.models import TakeIntent, TakeStatus, TaskStatus
from app.modules.videos.pipeline.plan import PlannedTake, request_of
from app.modules.videos.pipeline.progress import TaskProgress
from app.modules.videos.pipeline.steps import Workshop

FETCH_DEADLINE_S = 600.0
SUBMIT_DEADLINE_S = 120.0
POLL_DEADLINE_S = 60.0


class SubmitUnknown(TenexError):
    """It cannot be told whether the provider took the request; asking again might pay twice."""

    status = 502
    code = "submit_unknown"


class TakeSteps:
    def __init__(self, workshop: Workshop, progress: TaskProgress) -> None:
        self._at, self._progress = workshop, progress

    def open(self, job_id: str, workspace_id: str, take: PlannedTake) -> str | None:
        """The intent to go on with, or None when the take is stored. Jobs that want the same take share one intent."""
        found = self._at.artifacts.find(workspace_id, take.fingerprint)
        with self._at.database.session_scope() as session:
            if found is not None:
                status = TaskStatus.MADE if found.job_id == job_id else TaskStatus.REUSED
                self._progress.finish(session, job_id, take.fingerprint, status)
                return None
            self._progress.start(session, job_id, take.fingerprint)
            latest = _latest(session, workspace_id, take.fingerprint)
            if latest is not None and latest.status != TakeStatus.FAILED:
                return latest.id
            intent = _new_intent(workspace_id, job_id, take, attempt=1 if latest is None else latest.attempt + 1)
            session.add(intent)
            return intent.id

    async def submit(self, intent_id: str, take: PlannedTake, picture: Picture) -> str:
        """The provider's id of the take; submits only what was certainly never submitted before."""
        provider = self._provider(take)
        intent = await asyncio.to_thread(self._load, intent_id)
        if intent.provider_id is not None:
            return intent.provider_id
        if intent.status == TakeStatus.PLANNED:
            await asyncio.to_thread(self._mark, intent_id, TakeStatus.SUBMITTING)
            provider_id = await self._submit_once(provider, intent_id, take, picture)
        else:
            provider_id = await self._reconcile(provider, intent_id)
        await asyncio.to_thread(self._mark, intent_id, TakeStatus.SUBMITTED, provider_id)
        return provider_id

    async def _submit_once(self, provider: AvatarProvider, intent_id: str, take: PlannedTake, picture: Picture) -> str:
        try:
            return await provider.submit(request_of(take, picture), client_ref=intent_id)
        except AmbiguousSubmit:
            await asyncio.to_thread(self._mark, intent_id, TakeStatus.UNKNOWN)
            return await self._reconcile(provider, intent_id)
        except TenexError as error:
            await asyncio.to_thread(self._mark, intent_id, TakeStatus.PLANNED if error.retryable else TakeStatus.FAILED)
            raise

    async def _reconcile(self, provider: AvatarProvider, intent_id: str) -> str:
        found = await provider.find(intent_id)
        if found is None:
            raise SubmitUnknown(
                f"It is not known whether {provider.name} accepted the request, so it was not sent again. "
                f"Look for the reference {intent_id} in your account there, then render again."
            )
        return found

    async def poll(self, take: PlannedTake, provider_id: str) -> bool:
        """Whether the take is finished. Raises with the provider's own words when it failed."""
        report = await self._provider(take).poll(provider_id)
        if report.state is TakeState.FAILED:
            await asyncio.to_thread(self._mark_failed, take, provider_id)
            raise ProviderRefused(f"{take.provider} could not make the take: {report.reason or 'no reason given'}")
        return report.state is TakeState.READY

    async def fetch(
        self, job_id: str, workspace_id: str, intent_id: str, take: PlannedTake, picture: Picture, provider_id: str
    ) -> None:
        """Bring the take home and store it. A failed download is tried again; the take is never paid for again."""
        with self._at.folder() as folder:
            fetched = await self._provider(take).fetch(provider_id, request_of(take, picture), folder)

            def keep() -> None:
                self._at.artifacts.keep(
                    workspace_id=workspace_id,
                    job_id=job_id,
                    kind="take",
                    fingerprint=take.fingerprint,
                    path=fetched.path,
                    facts={"duration_ms": fetched.duration_ms, "delivery": take.delivery},
                )
                with self._at.database.session_scope() as session:
                    self._progress.finish(session, job_id, take.fingerprint, TaskStatus.MADE, cpu_s=fetched.cpu_s)
                    session.get_one(TakeIntent, intent_id).status = TakeStatus.READY

            await asyncio.to_thread(keep)

    def _provider(self, take: PlannedTake) -> AvatarProvider:
        return self._at.providers[take.provider]

    def _load(self, intent_id: str) -> TakeIntent:
        with self._at.database.read_scope() as session:
            return session.get_one(TakeIntent, intent_id)

    def _mark(self, intent_id: str, status: TakeStatus, provider_id: str | None = None) -> None:
        with self._at.database.session_scope() as session:
            intent = session.get_one(TakeIntent, intent_id)
            intent.status, intent.updated_at = status, utc_now()
            intent.provider_id = provider_id or intent.provider_id

    def _mark_failed(self, take: PlannedTake, provider_id: str) -> None:
        with self._at.database.session_scope() as session:
            session.execute(
                sa.update(TakeIntent)
                .where(TakeIntent.provider == take.provider, TakeIntent.provider_id == provider_id)
                .values(status=TakeStatus.FAILED, updated_at=utc_now())
            )


def _latest(session: Session, workspace_id: str, fingerprint: str) -> TakeIntent | None:
    mine = (TakeIntent.workspace_id == workspace_id, TakeIntent.fingerprint == fingerprint)
    return session.scalars(sa.select(TakeIntent).where(*mine).order_by(TakeIntent.attempt.desc()).limit(1)).first()


def _new_intent(workspace_id: str, job_id: str, take: PlannedTake, *, attempt: int) -> TakeIntent:
    moment = utc_now()
    values: dict[str, Any] = {"created_at": moment, "updated_at": moment, "status": TakeStatus.PLANNED}
    return TakeIntent(
        id=new_id(), workspace_id=workspace_id, fingerprint=take.fingerprint, attempt=attempt, job_id=job_id,
        provider=take.provider, **values,
    )  # fmt: skip
