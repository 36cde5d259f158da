"""Looking how far takes are: once for all that wait at an account, however many renders that is. Workers take turns:
all together they ask an account no more often than one of them would.

Each take is looked for less and less often; those that are due within a moment of each other share a call. A provider
that calls to say that something has changed is looked at sooner, and believed no more than that.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.avatars.base import AvatarProvider, Capabilities, Providers, TakeReport, TakeState, configured
from app.core.clock import utc_now
from app.core.errors import TenexError

#: Of the pause until the next look: so much sooner may one be taken along with others.
_SLACK = 0.3
_GROWTH = 1.5
#: Calls at once for one account.
_CALLS = 4
_NOTICED_EVERY_S = 2.0
log = structlog.get_logger(__name__)
#: Workspace and name of a provider.
Account = tuple[str, str]
#: The intents about which an account's provider has called since a moment.
Noticed = Callable[[Account, datetime], Awaitable[set[str]]]
#: Whether this worker may ask an account now, which all together do once in so many seconds.
Turn = Callable[[Account, float], Awaitable[bool]]
#: What a provider says of takes that are under way, by intent.
Heard = Callable[[Mapping[str, str]], Awaitable[None]]


@dataclass(slots=True, eq=False)
class _Waiting:
    """A take that somebody waits for. ``at``: when it is looked for next, by the monotonic clock."""

    intent_id: str
    provider_id: str
    done: asyncio.Future[TakeReport]
    pause_s: float
    longest_s: float
    at: float
    said: str = ""

    def end(self, outcome: TakeReport | Exception) -> None:
        if self.done.done():
            return
        if isinstance(outcome, Exception):
            self.done.set_exception(outcome)
        else:
            self.done.set_result(outcome)

    def later(self) -> None:
        self.at = time.monotonic() + self.pause_s
        self.pause_s = min(self.pause_s * _GROWTH, self.longest_s)


@dataclass(slots=True)
class _Round:
    """All that wait at one account, and the task that looks for them."""

    waiting: set[_Waiting] = field(default_factory=set[_Waiting])
    joined: asyncio.Event = field(default_factory=asyncio.Event)
    heard_until: datetime = field(default_factory=utc_now)
    every_s: float = 0.0
    task: asyncio.Task[None] | None = None


class Lookout:
    def __init__(self, providers: Providers, *, turn: Turn, noticed: Noticed, heard: Heard) -> None:
        self._providers, self._turn, self._noticed, self._heard = providers, turn, noticed, heard
        self._rounds: dict[Account, _Round] = {}

    async def finished(self, account: Account, intent_id: str, provider_id: str, known: Capabilities) -> TakeReport:
        """Waits until the take is made or has failed. Raises what its provider refuses."""
        place = self._rounds.setdefault(account, _Round())
        done = asyncio.get_running_loop().create_future()
        own = _Waiting(intent_id, provider_id, done, known.first_poll_s, known.longest_poll_s, time.monotonic())
        place.every_s = _SLACK * known.first_poll_s
        place.waiting.add(own)
        place.joined.set()
        if place.task is None:
            place.task = asyncio.create_task(self._look(account, place))
        try:
            return await done
        finally:
            place.waiting.discard(own)

    async def _look(self, account: Account, place: _Round) -> None:
        """Until nobody waits any more. An error that nobody foresaw ends those who wait, not the looking for others."""
        while place.waiting:
            try:
                await self._once(account, place)
            except (SQLAlchemyError, TenexError) as error:  # of the database: what providers say ends in _ask
                log.warning("could not look for takes, trying again", provider=account[1], error=str(error))
                await asyncio.sleep(_NOTICED_EVERY_S)
            except Exception as error:
                log.exception("looking for takes failed unexpectedly", provider=account[1])
                for each in tuple(place.waiting):
                    each.end(error)
                await asyncio.sleep(0)
        place.task = None
        self._rounds.pop(account, None)

    async def _once(self, account: Account, place: _Round) -> None:
        place.joined.clear()
        now = time.monotonic()
        due = [each for each in place.waiting if each.at <= now + _SLACK * each.pause_s]
        if due and await self._turn(account, place.every_s):
            await self._ask(account, due)
            return
        if due:
            await asyncio.sleep(place.every_s * random.uniform(0.5, 1))  # noqa: S311 - so that nobody is always late
            return
        soon = min(min(each.at for each in place.waiting) - now, _NOTICED_EVERY_S)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(place.joined.wait(), max(soon, 0))
        since, place.heard_until = place.heard_until, utc_now()
        called = await self._noticed(account, since)
        for each in place.waiting:
            if each.intent_id in called:
                each.at = 0.0

    async def _ask(self, account: Account, due: Sequence[_Waiting]) -> None:
        for each in due:
            each.later()
        providers = await asyncio.to_thread(self._providers.of, account[0])
        try:
            provider = configured(providers, account[1])
        except TenexError as error:
            _refused(due, error)
            return
        limit, some = asyncio.Semaphore(_CALLS), provider.capabilities.looks_at
        groups = [due[start : start + some] for start in range(0, len(due), some)]
        told = await asyncio.gather(*(_asked(provider, group, limit) for group in groups))
        news = {intent_id: words for each in told for intent_id, words in each.items()}
        if news:
            await self._heard(news)


async def _asked(provider: AvatarProvider, group: Sequence[_Waiting], limit: asyncio.Semaphore) -> dict[str, str]:
    """What is new of those that are not finished, by intent. What is said against one says nothing of the others."""
    try:
        async with limit:
            reports = await provider.poll_many([each.provider_id for each in group])
    except TenexError as error:
        if len(group) > 1 and not error.retryable:
            one_by_one = [await _asked(provider, [each], limit) for each in group]
            return {intent_id: words for told in one_by_one for intent_id, words in told.items()}
        _refused(group, error)
        return {}
    except Exception as error:
        log.exception("an answer of a provider could not be read", provider=provider.name)
        for each in group:
            each.end(error)
        return {}
    news = dict[str, str]()
    for each in group:
        report = reports[each.provider_id]
        if report.state is not TakeState.WAITING:
            each.end(report)
        elif report.reason and report.reason != each.said:
            each.said = news[each.intent_id] = report.reason
    return news


def _refused(some: Sequence[_Waiting], error: TenexError) -> None:
    """What may pass by changes nothing."""
    if not error.retryable:
        for each in some:
            each.end(error)
