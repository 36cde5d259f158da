"""The effects of a render, one method each. Each can run again: it finds what was left, or replaces it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import Any

from app.core.clock import utc_now
from app.core.ids import new_id
from app.media.children import Outcome
from app.modules.videos.composition import Captions, Composition, Picture
from app.modules.videos.models import JobStatus, RenderJob, Revision, Stage, Video, VideoStatus
from app.modules.videos.pipeline.layout import Chunk, Layout, Timeline, lay_out
from app.modules.videos.pipeline.plan import PlannedTake, plan_takes
from app.modules.videos.pipeline.receipt import receipt_of
from app.modules.videos.pipeline.workshop import Making, Workshop, active
from app.modules.videos.revisions import show_revision

CHUNK_DEADLINE_S = 900.0
MIX_DEADLINE_S = 900.0
PACKAGE_DEADLINE_S = 900.0
_TYPES = {
    "video": "video/mp4",
    "preview": "video/mp4",
    "poster": "image/jpeg",
    "vtt": "text/vtt",
    "srt": "application/x-subrip",
}


class Steps:
    def __init__(self, workshop: Workshop, making: Making) -> None:
        self._at, self._making = workshop, making
        self.progress = making.progress

    # plan and lay out ------------------------------------------------------------------------------------------------

    def begin(self, job_id: str) -> dict[str, Any]:
        """Mark the job as rendering and plan its takes. Returns ``{"workspace_id", "picture", "takes", "missing"}``."""
        with self._at.database.session_scope() as session:
            job = active(session, job_id)
            job.status, job.stage = JobStatus.RENDERING, Stage.TAKES
            job.started_at = job.started_at or utc_now()
        takes = plan_takes(_composition(job), self._at.providers)
        wanted = {take.fingerprint: 0 for take in takes}
        missing = self._expect(job, {"take": wanted}, Stage.TAKES)
        return {
            "workspace_id": job.workspace_id,
            "picture": job.composition["picture"],
            "takes": [take.model_dump(mode="json") for take in takes],
            "missing": missing,
        }

    def lay_out(self, job_id: str, takes: list[dict[str, Any]]) -> dict[str, Any]:
        """The timeline, now that every take is known. Returns the layout and which of its parts are not there yet."""
        planned = [PlannedTake.model_validate(take) for take in takes]
        with self._at.database.read_scope() as session:
            job = active(session, job_id)
        stored = self._at.artifacts.present(job.workspace_id, {take.fingerprint for take in planned})
        durations = {name: int(take.facts["duration_ms"]) for name, take in stored.items()}
        layout = lay_out(_composition(job), planned, durations)
        chunks = {chunk.fingerprint: chunk.stop - chunk.first for chunk in layout.chunks}
        missing = self._expect(job, {"chunk": chunks, "mix": {layout.mix: 0}}, Stage.CHUNKS)
        return {"layout": layout.model_dump(mode="json"), "missing": missing}

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

    async def make_chunk(self, job_id: str, workspace_id: str, document: dict[str, Any]) -> None:
        """Draw and encode one chunk, unless it is there."""
        chunk = Chunk.model_validate(document)
        async with self._making.making(job_id, workspace_id, chunk.fingerprint) as already:
            if not already:
                with self._at.folder() as folder:
                    await self._draw(job_id, workspace_id, chunk, folder)

    async def _draw(self, job_id: str, workspace_id: str, chunk: Chunk, folder: Path) -> None:
        out = folder / "chunk.mp4"
        async with self._making.file(workspace_id, chunk.take.fingerprint) as take:
            task = {
                "chunk": chunk.model_dump(mode="json"),
                "take": str(take),
                "out": str(out),
                "prints": str(self._at.prints),
            }
            report = self.progress.reporter(job_id, chunk.fingerprint, chunk.stop - chunk.first)
            outcome = await self._run("draw_chunk", task, CHUNK_DEADLINE_S, report)
        await self._making.keep(job_id, workspace_id, "chunk", chunk.fingerprint, out, {}, outcome)

    async def make_mix(self, job_id: str, workspace_id: str, document: dict[str, Any], picture: dict[str, Any]) -> None:
        """Lay the sound of all takes on one track and master it, unless that is there."""
        layout, fps = Layout.model_validate(document), str(Picture.model_validate(picture).rate)
        async with self._making.making(job_id, workspace_id, layout.mix) as already:
            if not already:
                with self._at.folder() as folder:
                    await self._mix(job_id, workspace_id, layout, fps, folder)

    async def _mix(self, job_id: str, workspace_id: str, layout: Layout, fps: str, folder: Path) -> None:
        out = folder / "mix.m4a"
        async with self._take_files(workspace_id, layout.timeline) as takes:
            task = {
                "timeline": layout.timeline.model_dump(mode="json"),
                "fps": fps,
                "takes": takes,
                "out": str(out),
            }
            outcome = await self._run("mix", task, MIX_DEADLINE_S)
        await self._making.keep(job_id, workspace_id, "mix", layout.mix, out, outcome.result, outcome)

    async def make_package(self, job_id: str, workspace_id: str, layout: Layout) -> dict[str, Any]:
        """Join chunks and sound, make poster, preview and captions, and store them. Returns the files by role."""
        async with self._making.processor:
            with self._at.database.session_scope() as session:
                job = active(session, job_id)
                job.stage = Stage.PACKAGE
                composition = _composition(job)
                prefix = f"videos/{job.video_id}/{job.revision}-{new_id()}"
            with self._at.folder() as folder:
                async with contextlib.AsyncExitStack() as files:
                    task = await self._package_task(files, workspace_id, layout, composition, folder)
                    outcome = await self._run("package", task, PACKAGE_DEADLINE_S)
                return await asyncio.to_thread(self._making.store_files, _paths(outcome), prefix, _TYPES)

    async def _package_task(
        self,
        files: contextlib.AsyncExitStack,
        workspace_id: str,
        layout: Layout,
        composition: Composition,
        folder: Path,
    ) -> dict[str, Any]:
        async def path_of(name: str) -> str:
            return str(await files.enter_async_context(self._making.file(workspace_id, name)))

        width, height = composition.picture.size
        return {
            "timeline": layout.timeline.model_dump(mode="json"),
            "fps": str(composition.picture.rate),
            "width": width,
            "height": height,
            "chunks": [await path_of(chunk.fingerprint) for chunk in layout.chunks],
            "sound": await path_of(layout.mix),
            "takes": await files.enter_async_context(self._take_files(workspace_id, layout.timeline)),
            "captions": composition.captions is Captions.SIDECAR,
            "folder": str(folder),
        }

    # end -------------------------------------------------------------------------------------------------------------

    def publish(self, job_id: str, layout: dict[str, Any], files: dict[str, Any]) -> None:
        """Record the revision, make the video ready and settle the job: one commit, so all of it or none."""
        timeline = Layout.model_validate(layout).timeline
        with self._at.database.session_scope() as session:
            job = session.get_one(RenderJob, job_id)
            composition = _composition(job)
            receipt = receipt_of(session, job, composition.picture.rate)
            if not self._at.settlement.succeed(session, job, charged=receipt["credits"]["charged"], receipt=receipt):
                return
            revision, video = _revision(job, composition, timeline, files), session.get_one(Video, job.video_id)
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
        self, target: str, task: dict[str, Any], deadline_s: float, report: Callable[[float], None] | None = None
    ) -> Outcome:
        name = f"app.modules.videos.pipeline.children:{target}"
        return await self._making.run(name, task, deadline_s, report)

    @contextlib.asynccontextmanager
    async def _take_files(self, workspace_id: str, timeline: Timeline) -> AsyncGenerator[dict[str, str]]:
        async with contextlib.AsyncExitStack() as files:
            names = sorted({segment.take.fingerprint for segment in timeline.segments})
            yield {name: str(await files.enter_async_context(self._making.file(workspace_id, name))) for name in names}


def _paths(outcome: Outcome) -> dict[str, Path]:
    return {role: Path(file) for role, file in outcome.result["files"].items()}


def _composition(job: RenderJob) -> Composition:
    return Composition.model_validate(job.composition)


def _revision(job: RenderJob, composition: Composition, timeline: Timeline, files: dict[str, Any]) -> Revision:
    width, height = composition.picture.size
    return Revision(
        video_id=job.video_id,
        number=job.revision,
        workspace_id=job.workspace_id,
        job_id=job.id,
        composition=job.composition,
        files=files,
        frames=timeline.frames,
        fps=str(composition.picture.rate),
        width=width,
        height=height,
        size=files["video"]["size"],
        sha256=files["video"]["sha256"],
        created_at=utc_now(),
    )
