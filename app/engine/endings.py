"""Tells those who wait for other work that it has ended.

One look into the database is for all in this process who wait. Whoever ends work rings, so that they need not look all
the time, however many they are.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from contextvars import Context
from pathlib import Path
from typing import Self

import structlog
from dbos import DBOS
from sqlalchemy.exc import SQLAlchemyError

from app.engine.bell import AGAIN_S, LISTEN_S, Bell

#: How soon an end is seen for which nobody rang, such as one on another machine; and where all ring who end work.
_UNRUNG_S, _ALL_RING_S = 0.2, 2.0
#: After so long, what a workflow returned is written down.
_WRITTEN_S = 0.01
_ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
log = structlog.get_logger(__name__)


def ended(ids: Collection[str]) -> dict[str, str]:
    """Those of the workflows that have ended, and how: SUCCESS, ERROR, CANCELLED, ..."""
    if not ids:
        return {}
    flows = DBOS.list_workflows(workflow_ids=list(ids), status=list(_ENDED), load_input=False, load_output=False)
    return {flow.workflow_id: flow.status for flow in flows}


class Endings:
    """Of one process, to be used within its event loop. ``every_s``: how often it looks though nobody rang; ``look``:
    which of these workflows have ended.
    """

    def __init__(
        self, bell: Bell, *, every_s: float = _UNRUNG_S, look: Callable[[Collection[str]], Collection[str]] = ended
    ) -> None:
        self._bell, self._every_s, self._ended = bell, every_s, look
        self._awaited: dict[asyncio.Future[None], str] = {}
        self._watching: asyncio.Task[None] | None = None
        self._joined = asyncio.Event()

    @classmethod
    def at(cls, folder: Path, url: str) -> Self:
        """Those of the installation with this folder and this database."""
        return cls(Bell(folder / "ended"), every_s=_ALL_RING_S if url.startswith("sqlite") else _UNRUNG_S)

    def tell(self) -> None:
        """Work ends here now."""
        asyncio.get_running_loop().call_later(_WRITTEN_S, self._bell.ring)

    async def of(self, workflow_id: str) -> None:
        """Wait until it has ended, however it did."""
        future = asyncio.get_running_loop().create_future()
        self._awaited[future] = workflow_id
        self._joined.set()
        if self._watching is None or self._watching.done():
            # In a context of its own: in that of a workflow, what it asks the engine would be a step.
            self._watching = asyncio.create_task(self._watch(), context=Context())
            self._watching.add_done_callback(self._give_up)
        try:
            await future
        finally:
            del self._awaited[future]

    async def _watch(self) -> None:
        again: Iterator[float] = iter(())
        while self._awaited:
            heard = self._bell.rung_at()
            self._joined.clear()
            await self._look()
            if await self._rung(heard, min(self._every_s, next(again, self._every_s))):
                again = iter(AGAIN_S)

    def _give_up(self, watch: asyncio.Task[None]) -> None:
        """What ended the watch ends all who wait: nobody would tell them."""
        error = None if watch.cancelled() else watch.exception()
        for future in self._awaited:
            if error is not None and not future.done():
                future.set_exception(error)

    async def _look(self) -> None:
        try:
            those = await asyncio.to_thread(self._ended, set(self._awaited.values()))
        except SQLAlchemyError as error:
            log.warning("database did not answer, trying again", error=str(error))
            return
        for future, workflow_id in self._awaited.items():
            if workflow_id in those and not future.done():
                future.set_result(None)

    async def _rung(self, heard: int, seconds: float) -> bool:
        """Whether somebody rings within so many seconds, or until another begins to wait."""
        until = time.monotonic() + seconds
        while self._bell.rung_at() == heard and time.monotonic() < until and not self._joined.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(LISTEN_S):
                    await self._joined.wait()
        return self._bell.rung_at() != heard
