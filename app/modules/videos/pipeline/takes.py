"""The effects around an avatar provider. Every paid call is written down before it is made, and never made twice."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from app.avatars.base import (
    AmbiguousSubmit,
    AvatarProvider,
    Capabilities,
    Delivery,
    ProviderBusy,
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
from app.modules.videos.models import TakeStatus, TaskStatus
from app.modules.videos.pipeline.intents import Intents, Turn, intent_for, made
from app.modules.videos.pipeline.lookout import Account, Lookout
from app.modules.videos.pipeline.plan import PlannedTake, request_of
from app.modules.videos.pipeline.progress import TaskProgress
from app.modules.videos.pipeline.workshop import Workshop, active

SUBMIT_DEADLINE_S = 600.0
WAIT_DEADLINE_S = 48 * 3600.0
_MEASURE_DEADLINE_S = 120.0
_LOOK_EVERY_S, _ROOM_EVERY_S = 0.3, 1.0
#: However late it is, a take is looked for once more.
_LAST_LOOK_S = 3.0
#: Between requests to a provider that takes none; one that asks to wait is waited for so many times longer.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _BUSY_PATIENCE = 0.5, 60.0, 8
#: Pauses before a request that may have arrived is sent again under its reference.
_REPEATS_S = (0.5, 5.0, 20.0)


_WAITED_FOR = (Turn.THEIRS, Turn.FULL)


class SubmitUnknown(TenexError):
    """It cannot be told whether the provider took the request; asking again might pay twice."""

    status = 502
    code = "submit_unknown"


class TakeOverdue(TenexError):
    """The provider did not finish in the time it promises."""

    status = 504
    code = "take_overdue"


class TakeGone(TenexError):
    """The take was accepted, and is not there any more: it may have been paid for."""

    status = 502
    code = "take_gone"


class ProviderAway(TenexError):
    """The provider took nothing for as long as it is waited for."""

    status = 503
    code = "provider_busy"


class TakeSteps:
    """``patience_s``: how long a provider is tried that is not there; one that asks to wait gets eight times of it."""

    def __init__(self, workshop: Workshop, progress: TaskProgress, *, patience_s: float) -> None:
        self._at, self._progress, self._patience_s = workshop, progress, patience_s
        self._intents = Intents(workshop.database)
        self._lookout = Lookout(workshop.providers, noticed=self._noticed, heard=self._heard)
        self._doors = defaultdict[Account, asyncio.Lock](asyncio.Lock)

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

    async def submit(self, job_id: str, intent_id: str, take: PlannedTake, picture: Picture) -> str:
        """The provider's id of the take; submits only what was certainly never submitted before.

        A provider that is busy, or cannot be reached, is asked again for a while. Raises ``ProviderAway``.
        """
        began, pause = time.monotonic(), _FIRST_PAUSE_S
        while True:
            try:
                return await self._submitted(job_id, intent_id, take, picture)
            except ProviderBusy as error:
                patience = self._patience_s * (1 if error.wait_s is None else _BUSY_PATIENCE)
                wait = max(pause, error.wait_s or 0.0)
                if time.monotonic() + wait - began > patience:
                    raise ProviderAway(f"{error} It was tried for {time.monotonic() - began:.0f} s.") from error
                await self._heard({intent_id: f"Trying again: {error}"})
                await asyncio.sleep(wait)
                pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _submitted(self, job_id: str, intent_id: str, take: PlannedTake, picture: Picture) -> str:
        turn = await self._turn(intent_id, job_id, take)
        if turn is Turn.SENT:
            return str((await asyncio.to_thread(self._intents.get, intent_id)).provider_id)
        if turn is Turn.OURS:
            provider_id = await self._send(intent_id, job_id, take, picture)
        else:
            provider_id = await self._look_up(intent_id, job_id, take, picture)
        await asyncio.to_thread(self._intents.mark, intent_id, TakeStatus.SUBMITTED, provider_id)
        return provider_id

    async def _turn(self, intent_id: str, job_id: str, take: PlannedTake) -> Turn:
        """What there is to do once no other job is sending the same request, and the account has room for it.

        Of all that wait for room at an account, one asks for it, and the others wait for that one.
        """
        intent = await asyncio.to_thread(self._intents.get, intent_id)
        known = (await self._provider(intent_id, take)).capabilities
        door = self._doors[intent.workspace_id, take.provider]
        if intent.status != TakeStatus.PLANNED or not door.locked():
            turn = await self._turn_unless(_WAITED_FOR[:1], intent_id, job_id, known)
            if turn is not Turn.FULL:
                return turn
        await self._heard({intent_id: f"Waiting: {take.provider} works on as much as it may for this account."})
        async with door:
            return await self._turn_unless(_WAITED_FOR, intent_id, job_id, known)

    async def _turn_unless(self, passing: Sequence[Turn], intent_id: str, job_id: str, known: Capabilities) -> Turn:
        while True:
            turn = await asyncio.to_thread(self._intents.take_turn, intent_id, job_id, known)
            if turn not in passing:
                return turn
            await asyncio.sleep(_LOOK_EVERY_S if turn is Turn.THEIRS else _ROOM_EVERY_S)

    async def _send(self, intent_id: str, job_id: str, take: PlannedTake, picture: Picture) -> str:
        try:
            provider = await self._provider(intent_id, take)
            async with asyncio.timeout(SUBMIT_DEADLINE_S):
                return await provider.submit(request_of(take, picture), client_ref=intent_id)
        except (AmbiguousSubmit, TimeoutError):
            await asyncio.to_thread(self._intents.mark, intent_id, TakeStatus.UNKNOWN)
            return await self._look_up(intent_id, job_id, take, picture)
        except asyncio.CancelledError:
            # Canceled or overdue, and perhaps accepted all the same: from now on it is in doubt.
            await asyncio.to_thread(self._intents.mark, intent_id, TakeStatus.UNKNOWN)
            raise
        except TenexError as error:
            status = TakeStatus.PLANNED if error.retryable else TakeStatus.FAILED
            await asyncio.to_thread(self._intents.mark, intent_id, status)
            raise

    async def _look_up(self, intent_id: str, job_id: str, take: PlannedTake, picture: Picture) -> str:
        provider = await self._provider(intent_id, take)
        intent = await asyncio.to_thread(self._intents.get, intent_id)
        if (utc_now() - intent.created_at).total_seconds() < provider.capabilities.repeatable_s:
            return await self._repeat(provider, intent_id, take, picture)
        if not provider.capabilities.looks_up:
            await asyncio.to_thread(self._intents.mark, intent_id, TakeStatus.UNKNOWN)
            raise SubmitUnknown(
                f"It is not known whether {provider.name} accepted the request, and it cannot be asked, so it is never "
                f"sent again. Look in its own pages for the reference {intent_id}. To have the take made in any case, "
                "change the script, or choose an avatar of another provider."
            )
        found = await provider.find(intent_id)
        if found is not None:
            return found
        if await asyncio.to_thread(self._intents.ask_again, intent_id, job_id):
            return await self._send(intent_id, job_id, take, picture)
        raise SubmitUnknown(
            f"It is not known whether {provider.name} accepted the request, so it was not sent again. Render again: "
            f"the reference {intent_id} is looked up there once more, and sent again only if it never arrived."
        )

    async def _repeat(self, provider: AvatarProvider, intent_id: str, take: PlannedTake, picture: Picture) -> str:
        """Send it again under its reference: the provider answers as it answered, or would have answered, the first.

        A refusal says nothing of the first, which may have come with another key: it stays in doubt.
        """
        for pause in _REPEATS_S:
            await asyncio.sleep(pause)
            with contextlib.suppress(AmbiguousSubmit):
                return await provider.submit(request_of(take, picture), client_ref=intent_id)
        raise SubmitUnknown(
            f"{provider.name} has not said whether it accepted the request. Render again: the same request, under the "
            f"reference {intent_id}, is sent once more, and is not paid for twice."
        )

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
            await asyncio.to_thread(self._intents.mark, intent_id, TakeStatus.FAILED)
            failure = TakeGone if report.gone else ProviderRefused
            raise failure(f"{take.provider} could not make the take: {report.reason or 'no reason given'}")

    async def _noticed(self, account: Account, since: datetime) -> set[str]:
        return await asyncio.to_thread(self._intents.noticed, *account, since)

    async def _heard(self, words: Mapping[str, str]) -> None:
        await asyncio.to_thread(self._intents.heard, words)

    async def fetch(
        self, job_id: str, workspace_id: str, intent_id: str, take: PlannedTake, picture: Picture, provider_id: str
    ) -> None:
        """Bring the take home and store it. A failed download is tried again; the take is never paid for again."""
        with self._at.folder() as folder:
            provider = await self._provider(intent_id, take)
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
