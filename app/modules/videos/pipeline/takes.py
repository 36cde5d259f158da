"""The effects around an avatar provider. Every paid call is written down before it is made, and never made twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.avatars.base import (
    AvatarProvider,
    Delivery,
    NotMade,
    ProviderRefused,
    ResultUnavailable,
    TakeState,
    configured,
)
from app.core.clock import utc_now
from app.core.errors import TenexError
from app.media.errors import ChildFailed, NotPlayable
from app.media.usage import Usage
from app.modules.videos.composition import Picture
from app.modules.videos.models import TaskStatus
from app.modules.videos.pipeline.intents import Intents, intent_for, made
from app.modules.videos.pipeline.lookout import Account, Lookout
from app.modules.videos.pipeline.plan import PlannedTake, request_of
from app.modules.videos.pipeline.progress import TaskProgress
from app.modules.videos.pipeline.submitting import Pauses, Submitting
from app.modules.videos.pipeline.workshop import Workshop, active

WAIT_DEADLINE_S = 48 * 3600.0
_MEASURE_DEADLINE_S = 120.0
#: However late it is, a take is looked for once more.
_LAST_LOOK_S = 3.0


class TakeOverdue(TenexError):
    """The provider did not finish in the time it promises."""

    status = 504
    code = "take_overdue"


class TakeGone(TenexError):
    """The take was accepted, and is not there any more: it may have been paid for."""

    status = 502
    code = "take_gone"


class ResultAway(TenexError):
    """The take is made, and did not come home for as long as that is tried."""

    status = 502
    code = ResultUnavailable.code


class TakeSteps:
    """``patience_s``: how long a provider is tried that is not there; one that asks to wait gets eight times of it."""

    def __init__(self, workshop: Workshop, progress: TaskProgress, *, patience_s: float) -> None:
        self._at, self._progress, self._patience_s = workshop, progress, patience_s
        self._intents = Intents(workshop.database)
        self.submit = Submitting(self._intents, workshop.providers, patience_s=patience_s).submit
        self._lookout = Lookout(workshop.providers, turn=self._turn, noticed=self._noticed, heard=self._heard)
        self._landings = dict[Account, asyncio.Semaphore]()

    def open(self, job_id: str, workspace_id: str, take: PlannedTake) -> str | None:
        """The intent to go on with, or None when the take is stored. Jobs that want the same take share one intent.

        Raises ``JobEnded``: nothing is asked for, let alone paid, for a job that is over.
        """
        found = self._at.artifacts.find(workspace_id, take.fingerprint)
        with self._at.database.session_scope() as session:
            active(session, job_id)
            if found is not None:
                status = TaskStatus.MADE if found.job_id == job_id else TaskStatus.REUSED
                self._progress.finish(session, job_id, take.fingerprint, status)
                return None
            self._progress.start(session, job_id, take.fingerprint)
            return intent_for(session, workspace_id, job_id, take).id

    async def wait(self, intent_id: str, take: PlannedTake, provider_id: str) -> None:
        """Until the take is finished, however long the provider is silent meanwhile; looked for less and less often.

        Its deadline counts from when it was asked for. Raises TakeOverdue, and with the provider's own words when it
        failed. A crash only means to look again.
        """
        intent = await asyncio.to_thread(self._intents.get, intent_id)
        account, known = (intent.workspace_id, take.provider), (await self._provider(intent_id, take)).capabilities
        left = known.deadline_s - (utc_now() - (intent.sent_at or intent.updated_at)).total_seconds()
        try:
            async with asyncio.timeout(max(left, _LAST_LOOK_S)):
                report = await self._lookout.finished(account, intent_id, provider_id, known)
        except TimeoutError as error:
            raise TakeOverdue(
                f"{take.provider} did not finish the take {provider_id} within {known.deadline_s:g} s. "
                "It was not paid for again; render again to look for its result."
            ) from error
        if report.state is TakeState.FAILED:
            told = f"{take.provider} could not make the take: {report.reason or 'no reason given'}"
            await asyncio.to_thread(self._intents.failed, intent_id, told)
            raise TakeGone(told) if report.gone else ProviderRefused(told)

    async def _turn(self, account: Account, every_s: float) -> bool:
        return await asyncio.to_thread(self._intents.take_look, *account, timedelta(seconds=every_s))

    async def _noticed(self, account: Account, since: datetime) -> set[str]:
        return await asyncio.to_thread(self._intents.noticed, *account, since)

    async def _heard(self, words: Mapping[str, str]) -> None:
        await asyncio.to_thread(self._intents.heard, words)

    async def fetch(
        self, job_id: str, workspace_id: str, intent_id: str, take: PlannedTake, picture: Picture, provider_id: str
    ) -> None:
        """Bring the take home and store it, when it is its turn. A failed download is tried again; the take is never
        paid for again.
        """
        pauses = Pauses(self._patience_s)
        while True:
            provider = await self._provider(intent_id, take)
            try:
                async with self._landing(workspace_id, provider), asyncio.timeout(take.fetch_s):
                    return await self._fetch(provider, job_id, workspace_id, intent_id, take, picture, provider_id)
            except NotMade as error:
                await asyncio.to_thread(self._intents.failed, intent_id, str(error))
                raise
            except (ResultUnavailable, TimeoutError) as error:
                if not await pauses.another():
                    told = str(error) or f"What {take.provider} made did not come within {take.fetch_s:g} s."
                    raise ResultAway(f"{told} Render again: it is fetched, not paid for again.") from error

    def _landing(self, workspace_id: str, provider: AvatarProvider) -> contextlib.AbstractAsyncContextManager[Any]:
        """Its turn among those of its account: one that sends its files in drops is in nobody else's way."""
        most, account = provider.capabilities.fetches_at_once, (workspace_id, provider.name)
        return self._landings.setdefault(account, asyncio.Semaphore(most)) if most else contextlib.nullcontext()

    async def _fetch(
        self,
        provider: AvatarProvider,
        job_id: str,
        workspace_id: str,
        intent_id: str,
        take: PlannedTake,
        picture: Picture,
        provider_id: str,
    ) -> None:
        with self._at.folder() as folder:
            fetched = await provider.fetch(provider_id, request_of(take, picture), folder)
            duration_ms = fetched.duration_ms
            if take.delivery is Delivery.RECORDING:
                duration_ms = await self._measured_ms(take, fetched.path)

            def note(session: Session) -> None:
                self._progress.finish(
                    session, job_id, take.fingerprint, TaskStatus.MADE, Usage(cpu_s=fetched.cpu_s, peak_mb=0.0)
                )
                price = provider.capabilities.microusd_a_minute
                made(session, intent_id, length_ms=duration_ms, microusd_a_minute=price)

            await asyncio.to_thread(
                self._at.artifacts.keep,
                workspace_id=workspace_id,
                job_id=job_id,
                kind="take",
                fingerprint=take.fingerprint,
                path=fetched.path,
                facts={"duration_ms": duration_ms, "delivery": take.delivery},
                note=note,
            )

    async def _measured_ms(self, take: PlannedTake, path: Path) -> int:
        """How long the recording lasts. Raises ``ResultUnavailable`` when what came is not a whole video."""
        target, task = "app.modules.videos.pipeline.children:measure_take", {"take": str(path)}
        try:
            outcome = await self._at.nursery.run(target, task, deadline_s=_MEASURE_DEADLINE_S)
        except ChildFailed as error:
            if error.code != NotPlayable.code:
                raise
            raise ResultUnavailable(f"What {take.provider} sent is not a whole video. {error}") from error
        return int(outcome.result["duration_ms"])

    async def _provider(self, intent_id: str, take: PlannedTake) -> AvatarProvider:
        """That of the workspace, as it is configured now. Raises ProviderMissing."""
        intent = await asyncio.to_thread(self._intents.get, intent_id)
        return configured(await asyncio.to_thread(self._at.providers.of, intent.workspace_id), take.provider)
