"""Asking a provider for a take: written down before it is asked, within what its account may do, and never twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict

from app.avatars.base import AmbiguousSubmit, AvatarProvider, ProviderBusy, Providers, configured
from app.core.clock import utc_now
from app.core.errors import TenexError
from app.modules.videos.composition import Picture
from app.modules.videos.models import TakeIntent, TakeStatus
from app.modules.videos.pipeline.intents import Intents, Turn
from app.modules.videos.pipeline.lookout import Account
from app.modules.videos.pipeline.plan import PlannedTake, request_of

SUBMIT_DEADLINE_S = 600.0
_LOOK_EVERY_S, _ROOM_EVERY_S = 0.3, 1.0
#: Between requests to a provider that takes none; one that asks to wait is waited for so many times longer.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _BUSY_PATIENCE = 0.5, 60.0, 8


class SubmitUnknown(TenexError):
    """It cannot be told whether the provider took the request; asking again might pay twice."""

    status = 502
    code = "submit_unknown"


class ProviderAway(TenexError):
    """The provider took nothing for as long as it is waited for."""

    status = 503
    code = "provider_busy"


class Pauses:
    """Longer and longer ones, until there were enough. ``patience_s``: of a provider that is not there; one that asks
    to wait gets eight times of it.
    """

    def __init__(self, patience_s: float) -> None:
        self.waited_s, self._patience_s, self._next_s = 0.0, patience_s, _FIRST_PAUSE_S

    async def another(self, asked_s: float | None = None) -> bool:
        """Pause once more; False if it was enough."""
        patience = self._patience_s * (1 if asked_s is None else _BUSY_PATIENCE)
        pause = max(self._next_s, asked_s or 0.0)
        if self.waited_s + pause > patience:
            return False
        await asyncio.sleep(pause)
        self.waited_s += pause
        self._next_s = min(self._next_s * 2, _LONGEST_PAUSE_S)
        return True


class Submitting:
    def __init__(self, intents: Intents, providers: Providers, *, patience_s: float) -> None:
        self._intents, self._providers, self._patience_s = intents, providers, patience_s
        self._doors = defaultdict[Account, asyncio.Lock](asyncio.Lock)

    async def submit(self, job_id: str, intent_id: str, take: PlannedTake, picture: Picture) -> str:
        """The provider's id of the take; submits only what was certainly never submitted before.

        A provider that is busy, or cannot be reached, is asked again for a while. Raises ``ProviderAway``,
        ``SubmitUnknown``, ``JobEnded``, and what the provider refuses.
        """
        pauses = Pauses(self._patience_s)
        while True:
            try:
                provider_id = await self._submitted(job_id, intent_id, take, picture)
            except ProviderBusy as error:
                await self._say(intent_id, f"Trying again: {error}")
                if not await pauses.another(error.wait_s):
                    raise await self._given_up(intent_id, error, pauses.waited_s) from error
                continue
            if provider_id is not None:
                await asyncio.to_thread(self._intents.accepted, intent_id, provider_id)
                return provider_id

    async def _given_up(self, intent_id: str, error: ProviderBusy, waited_s: float) -> TenexError:
        tried = f"{error} It was tried for {waited_s:.0f} s."
        if (await self._intent(intent_id)).status == TakeStatus.PLANNED:
            return ProviderAway(tried)
        return SubmitUnknown(f"It is not known whether a request was accepted. {tried} Render again to look once more.")

    async def _submitted(self, job_id: str, intent_id: str, take: PlannedTake, picture: Picture) -> str | None:
        """None where another job came first: then it is to be asked once more whose turn it is."""
        turn = await self._turn(intent_id, job_id, take)
        if turn is Turn.SENT:
            return (await self._intent(intent_id)).provider_id
        if turn is Turn.OURS:
            return await self._send(intent_id, job_id, take, picture)
        return await self._look_up(intent_id, job_id, take, picture)

    async def _turn(self, intent_id: str, job_id: str, take: PlannedTake) -> Turn:
        """What there is to do once no other job is sending the same request, and the account has room for it.

        Of all that wait for room at an account, one asks for it, and the others wait for that one.
        """
        intent, known = await self._intent(intent_id), (await self._provider(intent_id, take)).capabilities

        async def turn(*passing: Turn) -> Turn:
            while True:
                now = await asyncio.to_thread(self._intents.take_turn, intent_id, job_id, known)
                if now not in passing:
                    return now
                await asyncio.sleep(_LOOK_EVERY_S if now is Turn.THEIRS else _ROOM_EVERY_S)

        door = self._doors[intent.workspace_id, take.provider]
        if intent.status != TakeStatus.PLANNED or not door.locked():
            first = await turn(Turn.THEIRS)
            if first is not Turn.FULL:
                return first
        await self._say(intent_id, f"Waiting: {take.provider} works on as much as it may for this account.")
        async with door:
            return await turn(Turn.THEIRS, Turn.FULL)

    async def _send(self, intent_id: str, job_id: str, take: PlannedTake, picture: Picture) -> str | None:
        async def became(status: TakeStatus, said: str = "") -> None:
            await asyncio.to_thread(self._intents.answered, intent_id, job_id, status, said)

        try:
            provider = await self._provider(intent_id, take)
            async with asyncio.timeout(SUBMIT_DEADLINE_S):
                return await provider.submit(request_of(take, picture), client_ref=intent_id)
        except (AmbiguousSubmit, TimeoutError):
            await became(TakeStatus.UNKNOWN)
            return await self._look_up(intent_id, job_id, take, picture)
        except asyncio.CancelledError:
            # Canceled or overdue, and perhaps accepted all the same: from now on it is in doubt.
            await became(TakeStatus.UNKNOWN)
            raise
        except TenexError as error:
            await became(TakeStatus.PLANNED if error.retryable else TakeStatus.FAILED, str(error))
            raise

    async def _look_up(self, intent_id: str, job_id: str, take: PlannedTake, picture: Picture) -> str | None:
        provider, intent = await self._provider(intent_id, take), await self._intent(intent_id)
        if (utc_now() - intent.created_at).total_seconds() < provider.capabilities.repeatable_s:
            return await self._repeat(provider, intent_id, take, picture)
        if not provider.capabilities.looks_up:
            raise SubmitUnknown(
                f"It is not known whether {provider.name} accepted the request, and it cannot be asked, so it is never "
                f"sent again. Look in its own pages for the reference {intent_id}. To have the take made in any case, "
                "change the script, or choose an avatar of another provider."
            )
        found = await _found(provider, intent)
        if found is not None:
            return found
        match await asyncio.to_thread(self._intents.ask_again, intent_id, job_id):
            case Turn.OURS:
                return await self._send(intent_id, job_id, take, picture)
            case Turn.THEIRS:
                return None
            case _:
                raise SubmitUnknown(
                    f"It is not known whether {provider.name} accepted the request, so it was not sent again. Render "
                    f"again: the reference {intent_id} is looked up there once more, and sent again only if it never "
                    "arrived."
                )

    async def _repeat(self, provider: AvatarProvider, intent_id: str, take: PlannedTake, picture: Picture) -> str:
        """Send it again under its reference: the provider answers as it answered, or would have answered, the first.

        A refusal says nothing of the first, which may have come with another key: it stays in doubt.
        """
        pauses = Pauses(self._patience_s)
        while await pauses.another():
            with contextlib.suppress(AmbiguousSubmit):
                return await provider.submit(request_of(take, picture), client_ref=intent_id)
        raise SubmitUnknown(
            f"{provider.name} has not said whether it accepted the request. Render again: the same request, under the "
            f"reference {intent_id}, is sent once more, and is not paid for twice."
        )

    async def _intent(self, intent_id: str) -> TakeIntent:
        return await asyncio.to_thread(self._intents.get, intent_id)

    async def _say(self, intent_id: str, words: str) -> None:
        await asyncio.to_thread(self._intents.heard, {intent_id: words})

    async def _provider(self, intent_id: str, take: PlannedTake) -> AvatarProvider:
        """That of the workspace, as it is configured now. Raises ProviderMissing."""
        workspace_id = (await self._intent(intent_id)).workspace_id
        return configured(await asyncio.to_thread(self._providers.of, workspace_id), take.provider)


async def _found(provider: AvatarProvider, intent: TakeIntent) -> str | None:
    """What is listed under the reference, also by a provider that lists what it accepted only after a while."""
    found = await provider.find(intent.id)
    since = (utc_now() - (intent.sent_at or intent.updated_at)).total_seconds()
    if found is None and since < provider.capabilities.settles_s:
        await asyncio.sleep(provider.capabilities.settles_s - since)
        found = await provider.find(intent.id)
    return found
