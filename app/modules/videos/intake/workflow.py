"""One intake from beginning to end: an uploaded recording becomes ready, or the job ends with the reason why not.

receive   parts are joined, or the address is fetched
check     what is in the file, and what has to be done to it
convert   only what browsers do not play: segments in parallel on any worker, and the sound
prepare   join or rewrap, poster, preview, storyboard, subtitles
publish   the revision, and (only then) the video is ready
"""

from __future__ import annotations

from typing import Any

from app.engine.durable import Child, Durable, WorkFailed
from app.engine.names import Queue
from app.modules.videos.intake.steps import (
    CHECK_DEADLINE_S,
    CONVERT_DEADLINE_S,
    PREPARE_DEADLINE_S,
    IntakeSteps,
)
from app.modules.videos.pipeline.receiving import RECEIVE_DEADLINE_S

Json = dict[str, Any]


class IntakeWorkflow:
    def __init__(self, *, durable: Durable, steps: IntakeSteps) -> None:
        self._durable, self._steps = durable, steps

    async def intake(self, job_id: str) -> None:
        """Make the recording of a job ready, or end the job with the reason why not."""
        try:
            await self._take_in(job_id)
        except WorkFailed as error:
            await self._durable.step(self._steps.fail, job_id, error.code, str(error))

    async def _take_in(self, job_id: str) -> None:
        workspace_id = await self._durable.step(self._steps.begin, job_id)
        await self._durable.long_step(
            lambda: self._steps.receive(job_id), name="receive", deadline_s=RECEIVE_DEADLINE_S
        )
        found = await (await self._child("check", job_id, workspace_id)).result()
        # Not all of what was found: hundreds of segments would each carry the list of all.
        source = {"blob": found["blob"], "conversion": found["conversion"]}
        started = [await self._child("segment", job_id, workspace_id, source, part) for part in found["segments"]]
        if found["sound"] is not None:
            started.append(await self._child("sound", job_id, workspace_id, source, found["sound"]))
        for child in started:
            await child.result()
        prepared = await (await self._child("prepare", job_id, workspace_id, found)).result()
        await self._durable.step(self._steps.publish, job_id, found, prepared)
        await self._durable.step(self._steps.tidy, job_id, workspace_id, found)

    async def _child(self, kind: str, job_id: str, workspace_id: str, *what: Json) -> Child:
        name = what[-1]["fingerprint"][:16] if kind in ("segment", "sound") else "all"
        return await self._durable.child(
            kind,
            job_id,
            workspace_id,
            *what,
            id=f"{job_id}/{kind}/{name}",
            queue=Queue.CHUNKS,
            workspace_id=workspace_id,
        )

    async def check(self, job_id: str, _workspace_id: str) -> Json:
        return await self._durable.long_step(
            lambda: self._steps.check(job_id), name="check", deadline_s=CHECK_DEADLINE_S
        )

    async def segment(self, job_id: str, workspace_id: str, source: Json, part: Json) -> None:
        await self._durable.long_step(
            lambda: self._steps.convert_segment(job_id, workspace_id, source, part),
            name="segment",
            deadline_s=CONVERT_DEADLINE_S,
        )

    async def sound(self, job_id: str, workspace_id: str, source: Json, part: Json) -> None:
        await self._durable.long_step(
            lambda: self._steps.convert_sound(job_id, workspace_id, source, part),
            name="sound",
            deadline_s=CONVERT_DEADLINE_S,
        )

    async def prepare(self, job_id: str, workspace_id: str, found: Json) -> Json:
        return await self._durable.long_step(
            lambda: self._steps.prepare(job_id, workspace_id, found), name="prepare", deadline_s=PREPARE_DEADLINE_S
        )
