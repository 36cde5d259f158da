"""One render from beginning to end. Read it from the top: every effect is a step, and what ran is not run again."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from app.avatars.base import Delivery
from app.engine.durable import Child, Durable, WorkFailed
from app.engine.names import Queue, Turn
from app.modules.videos.composition import Picture
from app.modules.videos.pipeline.layout import Layout
from app.modules.videos.pipeline.plan import PlannedTake
from app.modules.videos.pipeline.steps import (
    CHUNK_DEADLINE_S,
    MIX_DEADLINE_S,
    PACKAGE_DEADLINE_S,
    SURVEY_DEADLINE_S,
    WORDS_DEADLINE_S,
    Steps,
)
from app.modules.videos.pipeline.surveying import SurveyPlan
from app.modules.videos.pipeline.takes import WAIT_DEADLINE_S, TakeSteps

Json = dict[str, Any]


class RenderWorkflow:
    def __init__(self, *, durable: Durable, steps: Steps, takes: TakeSteps) -> None:
        self._durable, self._steps, self._takes = durable, steps, takes

    async def render(self, job_id: str) -> None:
        """Make the video of a job, or end the job with the reason why not."""
        try:
            await self._make(job_id)
        except WorkFailed as error:
            await self._durable.step(self._steps.fail, job_id, error.code, str(error))

    async def _make(self, job_id: str) -> None:
        plan = await self._durable.step(self._steps.begin, job_id)
        plan = await self._make_takes(job_id, plan)
        await self._listen(job_id, plan)
        surveyed = await self._survey(job_id, plan)
        laid_out = await self._durable.step(self._steps.lay_out, job_id, plan["takes"], surveyed)
        layout = laid_out["layout"]
        await self._make_parts(job_id, plan, laid_out)
        packaged = await self._package(job_id, plan, layout)
        await self._durable.step(self._steps.publish, job_id, layout, packaged)

    async def _listen(self, job_id: str, plan: Json) -> None:
        missing = set(plan["missing"])
        wanted = {each["fingerprint"]: each for each in plan["listenings"] if each["fingerprint"] in missing}
        started = [
            await self._child("words", job_id, plan, each, label=f"words/{name[:16]}") for name, each in wanted.items()
        ]
        for child in started:
            await child.result()

    async def _survey(self, job_id: str, plan: Json) -> Json:
        """A video without slides and phrases needs none. To look for faces takes long: any worker may do it."""
        wanted = SurveyPlan.model_validate(plan["survey"])
        if wanted.empty:
            return {}
        if wanted.reframes:
            child = await self._child("survey", job_id, plan, plan, label="survey")
            return await child.result()
        return await self.survey(job_id, plan["workspace_id"], plan, plan["picture"])

    async def _make_takes(self, job_id: str, plan: Json) -> Json:
        """Returns the plan by which they were made: where a provider certainly made nothing, and charged nothing, whom
        its speaker falls back on has taken its place.
        """
        while failures := await self._try_takes(job_id, plan):
            plan = await self._durable.step(self._steps.fall_back, job_id, failures)
        return plan

    async def _try_takes(self, job_id: str, plan: Json) -> dict[str, list[str]]:
        """The takes that failed, with code and message. Raises WorkFailed at once if nobody could take their place."""
        missing = set(plan["missing"])
        first = {take["fingerprint"]: take for take in reversed(plan["takes"]) if take["fingerprint"] in missing}
        elsewhere = any(take["delivery"] == Delivery.RECORDING for take in first.values())
        if elsewhere and len(first) == 1:  # nobody has to look whether it is there
            (take,) = first.values()
            return await _failure_of(take, plan, self.take(job_id, plan["workspace_id"], take, plan["picture"]))
        started = {
            name: await self._durable.child(
                "take",
                job_id,
                plan["workspace_id"],
                take,
                plan["picture"],
                id=f"{job_id}/take/{name[:16]}",
                queue=Queue.RENDERS,
                workspace_id=plan["workspace_id"],
            )
            for name, take in reversed(first.items())
        }
        failures = dict[str, list[str]]()
        for name, child in started.items():
            failures |= await _failure_of(first[name], plan, child.result())
        return failures

    async def _make_parts(self, job_id: str, plan: Json, laid_out: Json) -> None:
        """Long sequences before short ones, so that all workers have enough to the end, and sound beside the first of
        them: a worker takes two parts, and who looked before all are there could take two sequences, and leave another
        worker with the sound.
        """
        layout, missing = laid_out["layout"], set(laid_out["missing"])
        sounds = {sound["fingerprint"]: sound for sound in layout["sounds"] if sound["fingerprint"] in missing}
        sequences = [[layout["chunks"][number] for number in numbers] for numbers in laid_out["sequences"]]
        mixed = [("mix", name, sound) for name, sound in sounds.items()]
        drawn = [("sequence", chunks[0]["fingerprint"], chunks) for chunks in sequences]
        parts = [*drawn[:1], *mixed, *drawn[1:]]
        started = [
            await self._child(
                kind, job_id, plan, part, label=f"part-{place:05}/{kind}/{name[:16]}", more=place + 1 < len(parts)
            )
            for place, (kind, name, part) in enumerate(parts)
        ]
        for child in started:
            await child.result()

    async def _package(self, job_id: str, plan: Json, layout: Json) -> Json:
        """Here if this worker is free, which spares the way through the queue; else wherever one is, before parts of
        other videos: who ordered ten clips has the first of them soon.
        """
        at_once = await self._durable.long_step(
            lambda: self._steps.make_package_at_once(job_id, plan["workspace_id"], Layout.model_validate(layout)),
            name="package at once",
            deadline_s=PACKAGE_DEADLINE_S,
        )
        if at_once is not None:
            return at_once
        package = await self._child("package", job_id, plan, layout, label="package", turn=Turn.NEXT)
        return await package.result()

    async def _child(
        self,
        kind: str,
        job_id: str,
        plan: Json,
        what: Any,
        *,
        label: str,
        turn: Turn = Turn.ITS_OWN,
        more: bool = False,
    ) -> Child:
        """``label`` names it within the job; of those that begin to wait in the same second, the first goes first."""
        return await self._durable.child(
            kind,
            job_id,
            plan["workspace_id"],
            what,
            plan["picture"],
            id=f"{job_id}/{label}",
            queue=Queue.CHUNKS,
            workspace_id=plan["workspace_id"],
            turn=turn,
            more=more,
        )

    async def take(self, job_id: str, workspace_id: str, take_document: Json, picture_document: Json) -> None:
        """Ask a provider for a take, wait for it without holding a slot, and bring it home."""
        take, picture = PlannedTake.model_validate(take_document), Picture.model_validate(picture_document)
        intent_id = await self._durable.step(self._takes.open, job_id, workspace_id, take)
        if intent_id is None:
            return
        provider_id = await self._durable.long_step(
            lambda: self._takes.submit(job_id, intent_id, take, picture), name="submit", deadline_s=WAIT_DEADLINE_S
        )
        await self._durable.long_step(
            lambda: self._takes.wait(intent_id, take, provider_id), name="wait", deadline_s=WAIT_DEADLINE_S
        )
        await self._durable.long_step(
            lambda: self._takes.fetch(job_id, workspace_id, intent_id, take, picture, provider_id),
            name="fetch",
            deadline_s=WAIT_DEADLINE_S,
        )

    async def sequence(self, job_id: str, workspace_id: str, chunks: list[Json], _picture: Json) -> None:
        await self._durable.long_step(
            lambda: self._steps.make_sequence(job_id, workspace_id, chunks),
            name="sequence",
            deadline_s=CHUNK_DEADLINE_S,
        )

    async def survey(self, job_id: str, workspace_id: str, plan: Json, _picture: Json) -> Json:
        return await self._durable.long_step(
            lambda: self._steps.survey(job_id, workspace_id, plan["survey"], plan["takes"]),
            name="survey",
            deadline_s=SURVEY_DEADLINE_S,
        )

    async def words(self, job_id: str, workspace_id: str, listening: Json, _picture: Json) -> None:
        await self._durable.long_step(
            lambda: self._steps.make_words(job_id, workspace_id, listening), name="words", deadline_s=WORDS_DEADLINE_S
        )

    async def mix(self, job_id: str, workspace_id: str, sound: Json, _picture: Json) -> None:
        await self._durable.long_step(
            lambda: self._steps.make_mix(job_id, workspace_id, sound), name="mix", deadline_s=MIX_DEADLINE_S
        )

    async def package(self, job_id: str, workspace_id: str, layout: Json, _picture: Json) -> Json:
        return await self._durable.long_step(
            lambda: self._steps.make_package(job_id, workspace_id, Layout.model_validate(layout)),
            name="package",
            deadline_s=PACKAGE_DEADLINE_S,
        )


async def _failure_of(take: Json, plan: Json, making: Awaitable[Any]) -> dict[str, list[str]]:
    try:
        await making
    except WorkFailed as error:
        if not plan["falls_back"]:
            raise
        return {take["fingerprint"]: [error.code, str(error)]}
    return {}
