"""The effects of a render, one method each. Each can run again: it finds what was left, or replaces it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.core.clock import utc_now
from app.core.errors import TenexError
from app.core.ids import new_id
from app.engine.durable import WorkFailed
from app.media.children import Outcome
from app.media.usage import Usage
from app.modules.videos.composition import Captions, Composition
from app.modules.videos.models import JobStatus, RenderJob, Revision, Stage, Video, VideoStatus
from app.modules.videos.pipeline.falling_back import fallen_back
from app.modules.videos.pipeline.intents import never_made
from app.modules.videos.pipeline.layout import Chunk, Layout, Sound, lay_out
from app.modules.videos.pipeline.listening import Listening, listenings
from app.modules.videos.pipeline.naming import scenes_with
from app.modules.videos.pipeline.needs import Needs, needs_of_chunks, needs_of_sound, needs_of_survey, needs_of_words
from app.modules.videos.pipeline.plan import PlannedTake, plan_takes
from app.modules.videos.pipeline.receipt import receipt_of
from app.modules.videos.pipeline.scenes import Survey
from app.modules.videos.pipeline.sequences import sequences_of
from app.modules.videos.pipeline.surveying import SurveyPlan, survey_plan
from app.modules.videos.pipeline.takes import TakeGone
from app.modules.videos.pipeline.timeline import time_line
from app.modules.videos.pipeline.workshop import Making, Workshop, active
from app.modules.videos.revisions import show_revision
from app.modules.videos.scenery import Asset
from app.storage.base import BlobNotFound

CHUNK_DEADLINE_S = 900.0
MIX_DEADLINE_S = 3600.0
SURVEY_DEADLINE_S = 1800.0
WORDS_DEADLINE_S = 600.0
PACKAGE_DEADLINE_S = 900.0
#: More chunks than two minutes of a webinar have.
_MANY_CHUNKS = 12
_TYPES = {
    "video": "video/mp4",
    "preview": "video/mp4",
    "poster": "image/jpeg",
    "vtt": "text/vtt",
    "srt": "application/x-subrip",
    "transcript-json": "application/json",
    "transcript-txt": "text/plain",
    "chapters-vtt": "text/vtt",
    "chapters-json": "application/json",
}


class Steps:
    def __init__(self, workshop: Workshop, making: Making) -> None:
        self._at, self._making = workshop, making
        self.progress = making.progress

    # plan and lay out ------------------------------------------------------------------------------------------------

    def begin(self, job_id: str) -> dict[str, Any]:
        """Mark the job as rendering and plan its takes. Returns
        ``{"workspace_id", "picture", "takes", "falls_back", "listenings", "missing", "survey"}``.
        """
        with self._at.database.session_scope() as session:
            job = active(session, job_id)
            job.status, job.stage = JobStatus.RENDERING, Stage.TAKES
            job.started_at = job.started_at or utc_now()
        takes = plan_takes(_composition(job), self._at.providers.of(job.workspace_id))
        heard = list(listenings(_composition(job)))
        wanted = {"take": {take.fingerprint: 0 for take in takes}, "words": {each.fingerprint: 0 for each in heard}}
        missing = self._expect(job, wanted, Stage.TAKES)
        return {
            "workspace_id": job.workspace_id,
            "picture": job.composition["picture"],
            "takes": [take.model_dump(mode="json") for take in takes],
            "falls_back": any(scene.speaker and scene.speaker.fallbacks for scene in _composition(job).scenes),
            "listenings": [each.model_dump(mode="json") for each in heard],
            "missing": missing,
            "survey": survey_plan(_composition(job), takes).model_dump(mode="json"),
        }

    def fall_back(self, job_id: str, failures: dict[str, list[str]]) -> dict[str, Any]:
        """Give the scenes of takes that failed to the next of their speakers. Returns the new plan, as ``begin`` does.

        Raises the failure itself where a take may have been made, or nobody is left to speak. Done again after a crash,
        it finds nothing left to give.
        """
        with self._at.database.session_scope() as session:
            job = active(session, job_id)
            takes = plan_takes(_composition(job), self._at.providers.of(job.workspace_id))
            scenes = {take.scene: failures[take.fingerprint] for take in takes if take.fingerprint in failures}
            for name, (code, message) in failures.items():
                if code == TakeGone.code or not never_made(session, job.workspace_id, name):
                    raise WorkFailed(message, code=code)
            composition, told = fallen_back(_composition(job), scenes)
            job.composition, job.adjustments = composition.model_dump(mode="json"), [*job.adjustments, *told]
            self.progress.forget(session, job_id, set(failures))
        return self.begin(job_id)

    async def survey(
        self, job_id: str, workspace_id: str, document: dict[str, Any], takes: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Look into slides and takes for what the layout depends on. Returns a ``Survey``."""
        plan, timeline = SurveyPlan.model_validate(document), None
        if plan.timed:
            timeline = time_line(*await asyncio.to_thread(self._lengths, job_id, takes))
        needs = needs_of_survey(plan, timeline)
        async with self._making.processor, self._files(job_id, workspace_id, needs) as files:
            told = timeline.model_dump(mode="json") if timeline is not None else None
            task = {"plan": document, "files": files, "timeline": told}
            name = "app.modules.videos.pipeline.surveying:survey"
            return (await self._making.run(name, task, SURVEY_DEADLINE_S)).result

    def lay_out(self, job_id: str, takes: list[dict[str, Any]], surveyed: dict[str, Any]) -> dict[str, Any]:
        """The timeline, now that every take is known. Returns the layout, which of its parts are not there yet, and in
        which sequences its chunks are made.
        """
        layout = lay_out(*self._lengths(job_id, takes), Survey.model_validate(surveyed))
        wanted = {
            "chunk": {chunk.fingerprint: chunk.frames for chunk in layout.chunks},
            "mix": {sound.fingerprint: 0 for sound in layout.sounds},
        }
        with self._at.database.read_scope() as session:
            job = active(session, job_id)
        missing = self._expect(job, wanted, Stage.CHUNKS)
        sequences = sequences_of(layout.chunks, missing)
        return {"layout": layout.model_dump(mode="json"), "missing": missing, "sequences": sequences}

    def _lengths(
        self, job_id: str, takes: list[dict[str, Any]]
    ) -> tuple[Composition, list[PlannedTake], dict[str, int]]:
        """The composition, its takes, and how long each of them is."""
        planned = [PlannedTake.model_validate(take) for take in takes]
        with self._at.database.read_scope() as session:
            job = active(session, job_id)
        stored = self._at.artifacts.present(job.workspace_id, {take.fingerprint for take in planned})
        return _composition(job), planned, {name: int(take.facts["duration_ms"]) for name, take in stored.items()}

    def _expect(self, job: RenderJob, tasks: Mapping[str, Mapping[str, int]], stage: Stage) -> list[str]:
        """Write down what the job needs, by kind, with its frames; returns what of it is not there yet."""
        names = [name for wanted in tasks.values() for name in wanted]
        found = set(self._at.artifacts.present(job.workspace_id, names))
        with self._at.database.session_scope() as session:
            active(session, job.id).stage = stage
            self._at.artifacts.touch(session, job.workspace_id, found)
            for kind, wanted in tasks.items():
                self.progress.expect(session, job.id, kind, wanted, reused=found)
        return [name for name in names if name not in found]

    # make ------------------------------------------------------------------------------------------------------------

    async def make_sequence(self, job_id: str, workspace_id: str, documents: list[dict[str, Any]]) -> None:
        """Draw and encode those of the chunks that are not there, and store each as soon as it is made."""
        chunks = {chunk.fingerprint: chunk for chunk in map(Chunk.model_validate, documents)}
        async with self._making.making(job_id, workspace_id, *chunks) as missing:
            if missing:
                with self._at.folder() as folder:
                    await self._draw(job_id, workspace_id, [chunks[name] for name in missing], folder)

    async def _draw(self, job_id: str, workspace_id: str, chunks: Sequence[Chunk], folder: Path) -> None:
        outs = [folder / f"{number}.mp4" for number in range(len(chunks))]
        reports = [self.progress.reporter(job_id, chunk.fingerprint, chunk.frames) for chunk in chunks]
        keeping = list[asyncio.Future[None]]()

        def on_told(told: dict[str, Any]) -> None:
            number = int(told["chunk"])
            if "done" in told:
                reports[number](told["done"])
                return
            following = chunks[number + 1].fingerprint if number + 1 < len(chunks) else None
            name, usage = chunks[number].fingerprint, Usage(**told["usage"])
            kept = self._making.keep(job_id, workspace_id, "chunk", name, outs[number], {}, usage, following=following)
            keeping.append(asyncio.ensure_future(kept))

        async with self._files(job_id, workspace_id, needs_of_chunks(chunks)) as files:
            task = {
                "chunks": [chunk.model_dump(mode="json") for chunk in chunks],
                "outs": [str(out) for out in outs],
                "files": files,
                "prints": str(self._at.prints),
            }
            try:
                await self._run("draw_sequence", task, CHUNK_DEADLINE_S, on_told)
            finally:
                await asyncio.gather(*keeping)

    async def make_words(self, job_id: str, workspace_id: str, document: dict[str, Any]) -> None:
        """Find out when the words of a script are heard in a recording, unless that is known."""
        wanted = Listening.model_validate(document)
        needs = Needs(assets=(wanted.clip.asset,))
        async with self._making.making(job_id, workspace_id, wanted.fingerprint) as missing:
            if missing:
                with self._at.folder() as folder:
                    out = folder / "words.json"
                    async with self._files(job_id, workspace_id, needs) as files:
                        task = {"listening": document, "files": files, "out": str(out)}
                        name = "app.modules.videos.pipeline.listening:listen_to"
                        outcome = await self._making.run(name, task, WORDS_DEADLINE_S)
                    await self._making.keep(
                        job_id, workspace_id, "words", wanted.fingerprint, out, outcome.result, outcome.usage
                    )

    async def make_mix(self, job_id: str, workspace_id: str, document: dict[str, Any]) -> None:
        """Mix a part of what is heard and master it, unless that is there: beside pictures in the end, when each worker
        has only some of them left, and before that in their place, where it takes no memory beside theirs.
        """
        sound = Sound.model_validate(document)
        left = await asyncio.to_thread(self._left_to_draw, job_id)
        place = self._making.processor if left > _MANY_CHUNKS else self._making.desk
        async with self._making.making(job_id, workspace_id, sound.fingerprint, at=place) as missing:
            if missing:
                with self._at.folder() as folder:
                    await self._mix(job_id, workspace_id, sound, folder)

    def _left_to_draw(self, job_id: str) -> int:
        with self._at.database.read_scope() as session:
            return self.progress.left(session, job_id, "chunk")

    async def _mix(self, job_id: str, workspace_id: str, sound: Sound, folder: Path) -> None:
        out = folder / "mix.aac"
        async with self._files(job_id, workspace_id, needs_of_sound(sound.soundtrack)) as files:
            task = {"soundtrack": sound.soundtrack.model_dump(mode="json"), "files": files, "out": str(out)}
            outcome = await self._making.run("app.modules.videos.pipeline.mixing:mix", task, MIX_DEADLINE_S)
        await self._making.keep(job_id, workspace_id, "mix", sound.fingerprint, out, outcome.result, outcome.usage)

    async def make_package_at_once(self, job_id: str, workspace_id: str, layout: Layout) -> dict[str, Any] | None:
        """The same as ``make_package`` if the processor is free now; else None."""
        return None if self._making.processor.locked() else await self.make_package(job_id, workspace_id, layout)

    async def make_package(self, job_id: str, workspace_id: str, layout: Layout) -> dict[str, Any]:
        """Join chunks and sound, make poster, preview and captions, and store them. Returns files and facts."""
        async with self._making.processor:
            with self._at.database.session_scope() as session:
                job = active(session, job_id)
                job.stage = Stage.PACKAGE
                composition = _composition(job)
                prefix = f"videos/{job.video_id}/{job.revision}-{new_id()}"
            with self._at.folder() as folder:
                async with contextlib.AsyncExitStack() as files:
                    task = await self._package_task(files, job_id, workspace_id, layout, composition, folder)
                    outcome = await self._run("package", task, PACKAGE_DEADLINE_S)
                paths = _paths(outcome)
                types = {role: _TYPES.get(role, "image/jpeg") for role in paths}
                files = await asyncio.to_thread(self._making.store_files, paths, prefix, types)
        return {"files": files, "facts": outcome.result["facts"]}

    async def _package_task(
        self,
        files: contextlib.AsyncExitStack,
        job_id: str,
        workspace_id: str,
        layout: Layout,
        composition: Composition,
        folder: Path,
    ) -> dict[str, Any]:
        async def path_of(name: str) -> str:
            return str(await files.enter_async_context(self._making.file(workspace_id, name)))

        width, height = composition.picture.size
        words = self._files(job_id, workspace_id, needs_of_words(layout.timeline))
        return {
            "timeline": layout.timeline.model_dump(mode="json"),
            "fps": str(composition.picture.rate),
            "width": width,
            "height": height,
            "chunks": [await path_of(chunk.fingerprint) for chunk in layout.chunks],
            "sounds": [await path_of(sound.fingerprint) for sound in layout.sounds],
            "files": await files.enter_async_context(words),
            "captions": composition.captions is not Captions.NONE,
            "measured": composition.lufs is not None,
            "folder": str(folder),
        }

    # end -------------------------------------------------------------------------------------------------------------

    def publish(self, job_id: str, layout: dict[str, Any], packaged: dict[str, Any]) -> None:
        """Record the revision, make the video ready and settle the job: one commit, so all of it or none."""
        laid_out = Layout.model_validate(layout)
        with self._at.database.session_scope() as session:
            job = session.get_one(RenderJob, job_id)
            composition = _composition(job)
            receipt = receipt_of(session, job, composition.picture.rate, laid_out.warnings)
            if not self._at.settlement.succeed(session, job, charged=receipt["credits"]["charged"], receipt=receipt):
                return
            revision, video = _revision(job, composition, laid_out, packaged), session.get_one(Video, job.video_id)
            session.add(revision)
            video.status = VideoStatus.READY
            show_revision(session, video, revision)

    def fail(self, job_id: str, code: str, message: str) -> None:
        """End the job with its reason and release the hold."""
        with self._at.database.session_scope() as session:
            job = session.get(RenderJob, job_id)
            if job is not None:
                self._at.settlement.fail(session, job, code=code, message=message)

    # shared ----------------------------------------------------------------------------------------------------------

    async def _run(
        self, target: str, task: dict[str, Any], deadline_s: float, on_told: Callable[[Any], None] | None = None
    ) -> Outcome:
        name = f"app.modules.videos.pipeline.children:{target}"
        return await self._making.run(name, task, deadline_s, on_told)

    @contextlib.asynccontextmanager
    async def _files(self, job_id: str, workspace_id: str, needs: Needs) -> AsyncGenerator[dict[str, str]]:
        """Takes by fingerprint and assets by digest, as local files. Raises AssetGone."""
        async with contextlib.AsyncExitStack() as files:
            paths = {
                name: await files.enter_async_context(self._making.file(workspace_id, name)) for name in needs.takes
            }
            for asset in needs.assets:
                try:
                    paths[asset.sha256] = await files.enter_async_context(self._making.blob(asset.blob))
                except BlobNotFound as error:
                    raise await asyncio.to_thread(self._gone, job_id, asset) from error
            yield {name: str(path) for name, path in paths.items()}

    def _gone(self, job_id: str, asset: Asset) -> AssetGone:
        with self._at.database.read_scope() as session:
            where = scenes_with(_composition(active(session, job_id)), asset)
        return AssetGone(
            f"{where}{': ' if where else ''}{asset.origin} was deleted while the video was made. Put it back, or "
            "choose another, and render again."
        )


class AssetGone(TenexError):
    status = 409
    code = "asset_gone"


def _paths(outcome: Outcome) -> dict[str, Path]:
    return {role: Path(file) for role, file in outcome.result["files"].items()}


def _composition(job: RenderJob) -> Composition:
    return Composition.model_validate(job.composition)


def _revision(job: RenderJob, composition: Composition, layout: Layout, packaged: dict[str, Any]) -> Revision:
    (width, height), files = composition.picture.size, packaged["files"]
    framings = layout.model_dump(mode="json", include={"framings"}) if layout.framings else {}
    return Revision(
        video_id=job.video_id,
        number=job.revision,
        workspace_id=job.workspace_id,
        job_id=job.id,
        composition=job.composition,
        files=files,
        facts=packaged["facts"] | framings or None,
        frames=layout.timeline.frames,
        fps=str(composition.picture.rate),
        width=width,
        height=height,
        size=files["video"]["size"],
        sha256=files["video"]["sha256"],
        created_at=utc_now(),
    )
