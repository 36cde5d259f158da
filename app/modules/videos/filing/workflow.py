"""One file from beginning to end: what was uploaded is looked into, and what is derived from it is made once.

receive   parts are joined, or the address is fetched
study     what it is; of a deck also a PDF, of anything else all that is derived
pages     of a deck only: runs of pages, in parallel on any worker
publish   facts and files, and (only then) the file is ready
"""

from __future__ import annotations

from typing import Any

from app.engine.durable import Child, Durable, WorkFailed
from app.engine.names import Queue
from app.modules.videos.filing.steps import PAGES_DEADLINE_S, STUDY_DEADLINE_S, FilingSteps
from app.modules.videos.pipeline.receiving import RECEIVE_DEADLINE_S

_PAGES_AT_ONCE = 20
Json = dict[str, Any]


class FilingWorkflow:
    def __init__(self, *, durable: Durable, steps: FilingSteps) -> None:
        self._durable, self._steps = durable, steps

    async def file(self, file_id: str, attempt: int) -> None:
        """Make a file ready, or say why not."""
        try:
            await self._take_in(file_id, attempt)
        except WorkFailed as error:
            await self._durable.step(self._steps.fail, file_id, attempt, error.code, str(error))

    async def _take_in(self, file_id: str, attempt: int) -> None:
        workspace_id = await self._durable.step(self._steps.begin, file_id, attempt)
        await self._durable.long_step(
            lambda: self._steps.receive(file_id), name="receive", deadline_s=RECEIVE_DEADLINE_S
        )
        studied = await (await self._child("study", file_id, attempt, workspace_id, "all")).result()
        count = studied["facts"].get("page_count", 0)
        runs = [
            await self._child("pages", file_id, attempt, workspace_id, str(first), studied, first)
            for first in range(0, count, _PAGES_AT_ONCE)
        ]
        for run in runs:
            await run.result()
        await self._durable.step(self._steps.publish, file_id, attempt, studied)

    async def _child(self, kind: str, file_id: str, attempt: int, workspace_id: str, name: str, *what: Any) -> Child:
        return await self._durable.child(
            kind,
            file_id,
            attempt,
            *what,
            id=f"{file_id}/{attempt}/{kind}/{name}",
            queue=Queue.CHUNKS,
            workspace_id=workspace_id,
        )

    async def study(self, file_id: str, attempt: int) -> Json:
        return await self._durable.long_step(
            lambda: self._steps.study(file_id, attempt), name="study", deadline_s=STUDY_DEADLINE_S
        )

    async def pages(self, file_id: str, attempt: int, studied: Json, first: int) -> None:
        stop = min(first + _PAGES_AT_ONCE, studied["facts"]["page_count"])
        await self._durable.long_step(
            lambda: self._steps.render_pages(file_id, attempt, studied, first, stop),
            name="pages",
            deadline_s=PAGES_DEADLINE_S,
        )
