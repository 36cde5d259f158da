"""The effects of an intake, one method each. Each can run again: it finds what was left, or replaces it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.core.clock import utc_now
from app.core.ids import new_id
from app.media.children import Limits, Outcome
from app.media.errors import ChildLost, ToolTimedOut
from app.media.examined import EXAMINE_DEADLINE_S, EXAMINE_LIMITS, Bounds
from app.media.refusals import Corrupt
from app.modules.videos.intake.found import Converted, Found, Prepared
from app.modules.videos.models import (
    JobStatus,
    RenderJob,
    RenderTask,
    Revision,
    Stage,
    Upload,
    UploadStatus,
    Video,
    VideoStatus,
)
from app.modules.videos.pipeline.receiving import Receiving, UploadLost, check_digest
from app.modules.videos.pipeline.settle import ACTIVE
from app.modules.videos.pipeline.workshop import Making, Workshop, active
from app.modules.videos.revisions import show_revision
from app.modules.videos.texts import note_transcript

CHECK_DEADLINE_S = 1200.0
CONVERT_DEADLINE_S = 3600.0
PREPARE_DEADLINE_S = 3600.0
_CONVERT_LIMITS = Limits(memory_mb=6144, cpu_s=3600)


class IntakeSteps:
    def __init__(self, workshop: Workshop, making: Making, receiving: Receiving, bounds: Bounds) -> None:
        self._at, self._making, self._receiving, self._bounds = workshop, making, receiving, bounds

    # receive ---------------------------------------------------------------------------------------------------------

    def begin(self, job_id: str) -> str:
        """Mark the job as running. Returns its workspace."""
        with self._at.database.session_scope() as session:
            job = active(session, job_id)
            job.status, job.stage = JobStatus.RENDERING, Stage.RECEIVE
            job.started_at = job.started_at or utc_now()
            return job.workspace_id

    async def receive(self, job_id: str) -> None:
        """The file as one blob."""
        upload = await asyncio.to_thread(self._upload, job_id)
        await self._receiving.receive(upload.id)

    # check -----------------------------------------------------------------------------------------------------------

    async def check(self, job_id: str) -> dict[str, Any]:
        """Look into the file and decide what has to be done to it. Returns a ``Found``. Raises its refusals."""
        async with self._making.processor:
            upload = await asyncio.to_thread(self._begin_check, job_id)
            async with self._making.blob(upload.blob) as path:
                task = {"path": str(path), "bounds": self._bounds.model_dump(mode="json")}
                outcome = await self._looked_at(task)
            found = Found.of(upload, outcome.result)
            await asyncio.to_thread(self._end_check, job_id, upload, found)
            return found.model_dump(mode="json")

    async def _looked_at(self, task: dict[str, Any]) -> Outcome:
        """A file that ends the process which reads it, or never lets it end, is at fault itself."""
        try:
            with contextlib.suppress(ChildLost):
                return await self._run("check", task, EXAMINE_DEADLINE_S, limits=EXAMINE_LIMITS)
            return await self._run("check", task, EXAMINE_DEADLINE_S, limits=EXAMINE_LIMITS)
        except ChildLost as error:
            raise Corrupt(
                "Reading the file ended the process that read it, twice. It is damaged or made to do harm; export it "
                "again from the program that made it."
            ) from error
        except ToolTimedOut as error:
            raise Corrupt(
                f"The file could not be read within {EXAMINE_DEADLINE_S:g} seconds. It is damaged or made to do harm; "
                "export it again from the program that made it."
            ) from error

    def _begin_check(self, job_id: str) -> Upload:
        with self._at.database.session_scope() as session:
            job = active(session, job_id)
            job.stage = Stage.CHECK
            video = session.get_one(Video, job.video_id)
            video.status = VideoStatus.RENDERING
            return session.get_one(Upload, job.video_id)

    def _end_check(self, job_id: str, upload: Upload, found: Found) -> None:
        """Write down what is to be made. Raises ChecksumMismatch."""
        check_digest(upload, found.sha256)
        segments = {part.fingerprint: part.stop - part.first for part in found.segments}
        sounds = {found.sound.fingerprint: 0} if found.sound else {}
        known = set(self._at.artifacts.present(upload.workspace_id, {*segments, *sounds}))
        with self._at.database.session_scope() as session:
            active(session, job_id).stage = Stage.CHUNKS
            self._making.progress.expect(session, job_id, "chunk", segments, reused=known)
            self._making.progress.expect(session, job_id, "mix", sounds, reused=known)

    # convert ---------------------------------------------------------------------------------------------------------

    async def convert_segment(
        self, job_id: str, workspace_id: str, source: dict[str, Any], part: dict[str, Any]
    ) -> None:
        """Encode one run of frames, unless it is there."""
        frames = int(part["stop"]) - int(part["first"])
        report = self._making.progress.reporter(job_id, part["fingerprint"], frames)
        await self._convert("segment", job_id, workspace_id, source, part, "segment.mp4", report)

    async def convert_sound(self, job_id: str, workspace_id: str, source: dict[str, Any], part: dict[str, Any]) -> None:
        """Encode the sound, unless it is there."""
        await self._convert("sound", job_id, workspace_id, source, part, "sound.m4a")

    async def _convert(
        self,
        kind: str,
        job_id: str,
        workspace_id: str,
        source: dict[str, Any],
        part: dict[str, Any],
        name: str,
        report: Callable[[float], None] | None = None,
    ) -> None:
        async with self._making.making(job_id, workspace_id, part["fingerprint"]) as missing:
            if not missing:
                return
            with self._at.folder() as folder:
                out = folder / name
                async with self._making.blob(source["blob"]) as path:
                    task = {"source": str(path), "conversion": source["conversion"], "part": part, "out": str(out)}
                    outcome = await self._run(kind, task, CONVERT_DEADLINE_S, _CONVERT_LIMITS, report)
                await self._making.keep(job_id, workspace_id, kind, part["fingerprint"], out, {}, outcome.usage)

    # prepare ---------------------------------------------------------------------------------------------------------

    async def prepare(self, job_id: str, workspace_id: str, document: dict[str, Any]) -> dict[str, Any]:
        """The file that plays, pictures of it, and its subtitles, all stored. Returns a ``Prepared``."""
        found = Found.model_validate(document)
        async with self._making.processor:
            prefix = await asyncio.to_thread(self._begin_prepare, job_id)
            with self._at.folder() as folder:
                async with contextlib.AsyncExitStack() as files:
                    task = await self._task(files, workspace_id, found, folder)
                    outcome = await self._run("prepare", task, PREPARE_DEADLINE_S, limits=_CONVERT_LIMITS)
                made = outcome.result
                paths = {role: Path(path) for role, path in made["files"].items()}
                stored = await asyncio.to_thread(self._making.store_files, paths, prefix, made["types"])
        original = {"blob": found.blob, "type": made["original_type"], "size": found.size, "sha256": found.sha256}
        files_of = {"video": original, **stored, "original": original}
        return Prepared(files=files_of, facts=made["facts"]).model_dump(mode="json")

    async def _task(
        self, files: contextlib.AsyncExitStack, workspace_id: str, found: Found, folder: Path
    ) -> dict[str, Any]:
        async def path_of(part: Converted) -> str:
            return str(await files.enter_async_context(self._making.file(workspace_id, part.fingerprint)))

        return {
            "source": str(await files.enter_async_context(self._making.blob(found.blob))),
            "examined": found.examined,
            "conversion": found.conversion,
            "segments": [await path_of(part) for part in found.segments],
            "sound": await path_of(found.sound) if found.sound else None,
            "folder": str(folder),
        }

    def _begin_prepare(self, job_id: str) -> str:
        with self._at.database.session_scope() as session:
            job = active(session, job_id)
            job.stage = Stage.PACKAGE
            return f"videos/{job.video_id}/{job.revision}-{new_id()}"

    # end -------------------------------------------------------------------------------------------------------------

    def publish(self, job_id: str, found: dict[str, Any], prepared: dict[str, Any]) -> None:
        """Record the revision, make the video ready and end the job: one commit, so all of it or none."""
        files = prepared["files"]
        if not self._at.blobs.size(files["video"]["blob"]):
            raise UploadLost("The file that was stored is gone. Complete the upload again.")
        with self._at.database.session_scope() as session:
            job = session.get_one(RenderJob, job_id)
            if not self._at.settlement.succeed_free(session, job):
                return
            revision = _revision(job, Found.model_validate(found), files, prepared["facts"])
            video = session.get_one(Video, job.video_id)
            session.add(revision)
            video.status = VideoStatus.READY
            show_revision(session, video, revision)
            note_transcript(session, video, prepared["facts"]["spoken"])
            upload = session.get_one(Upload, job.video_id)
            upload.status, upload.size = UploadStatus.DONE, Found.model_validate(found).size

    def tidy(self, job_id: str, workspace_id: str, found: dict[str, Any]) -> None:
        """Segments have done their work, unless the same file is being taken in once more: then that job tidies."""
        parts = Found.model_validate(found)
        names = {part.fingerprint for part in (*parts.segments, *([parts.sound] if parts.sound else []))}
        for name in names - self._wanted_by_others(job_id, workspace_id, names):
            stored = self._at.artifacts.find(workspace_id, name)
            if stored is not None:
                self._at.artifacts.forget(workspace_id, name)
                self._at.blobs.delete(stored.blob)

    def _wanted_by_others(self, job_id: str, workspace_id: str, names: set[str]) -> set[str]:
        """Those that another running job of the workspace has written down as its own."""
        wanted = (
            sa.select(RenderTask.fingerprint)
            .join(RenderJob, RenderJob.id == RenderTask.job_id)
            .where(
                RenderJob.workspace_id == workspace_id,
                RenderJob.status.in_(ACTIVE),
                RenderJob.id != job_id,
                RenderTask.fingerprint.in_(names),
            )
        )
        with self._at.database.read_scope() as session:
            return set(session.scalars(wanted)) if names else set()

    def fail(self, job_id: str, code: str, message: str) -> None:
        """End the job with its reason."""
        with self._at.database.session_scope() as session:
            job = session.get(RenderJob, job_id)
            if job is not None:
                self._at.settlement.fail(session, job, code=code, message=message)

    # shared ----------------------------------------------------------------------------------------------------------

    def _upload(self, job_id: str) -> Upload:
        with self._at.database.read_scope() as session:
            return session.get_one(Upload, active(session, job_id).video_id)

    async def _run(
        self,
        target: str,
        task: dict[str, Any],
        deadline_s: float,
        limits: Limits,
        on_told: Callable[[float], None] | None = None,
    ) -> Outcome:
        name = f"app.modules.videos.intake.children:{target}"
        return await self._making.run(name, task, deadline_s, on_told, limits)


def _revision(job: RenderJob, found: Found, files: Mapping[str, Any], facts: dict[str, Any]) -> Revision:
    shown = facts["shown"]
    return Revision(
        video_id=job.video_id,
        number=job.revision,
        workspace_id=job.workspace_id,
        job_id=job.id,
        composition={},
        files=dict(files),
        facts=facts | {"examined": found.examined, "reasons": (found.conversion or {}).get("reasons", [])},
        frames=shown["frames"],
        fps=shown["fps"],
        width=shown["width"],
        height=shown["height"],
        size=files["video"]["size"],
        sha256=files["video"]["sha256"],
        created_at=utc_now(),
    )
