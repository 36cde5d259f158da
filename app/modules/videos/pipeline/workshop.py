"""What the steps of renders and of intakes work with, and the one way in which they make an artifact.

Find it or make it: a step waits for the processor, looks whether the artifact is there, makes it in a limited child
process if not, and records it together with its task in one commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import shutil
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.avatars.base import Providers
from app.core.database import Database
from app.core.errors import TenexError
from app.core.ids import new_id
from app.media.children import Limits, Nursery, Outcome
from app.media.usage import Usage
from app.modules.videos.models import RenderJob, TaskStatus
from app.modules.videos.pipeline.artifacts import Artifacts
from app.modules.videos.pipeline.progress import TaskProgress
from app.modules.videos.pipeline.settle import ACTIVE, Settlement
from app.storage.base import BlobStore

#: In each folder of an attempt; held as long as its process lives.
_LOCK = ".lock"


class JobEnded(TenexError):
    """The job is no longer active: it was cancelled, or another attempt ended it."""

    status = 409
    code = "job_ended"


class ArtifactLost(TenexError):
    status = 500
    code = "artifact_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What the steps work with."""

    database: Database
    blobs: BlobStore
    artifacts: Artifacts
    providers: Providers
    nursery: Nursery
    settlement: Settlement
    scratch: Path
    prints: Path

    @contextlib.contextmanager
    def folder(self) -> Generator[Path]:
        """A folder of this attempt's own, gone afterwards."""
        path = self.scratch / new_id()
        path.mkdir(parents=True)
        with (path / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield path
            finally:
                shutil.rmtree(path, ignore_errors=True)


def sweep_scratch(scratch: Path) -> int:
    """Remove the folders of attempts whose process was killed: nobody holds their locks any more. Returns how many."""
    swept = 0
    for path in scratch.glob(f"*/{_LOCK}"):
        with contextlib.suppress(OSError), path.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path.parent, ignore_errors=True)
            swept += 1
    return swept


class Making:
    """Makes artifacts, in a worker process one at a time at each of its two places, also after a takeover."""

    def __init__(self, workshop: Workshop) -> None:
        self._at = workshop
        self.progress = TaskProgress(workshop.database)
        self.processor = asyncio.Semaphore(1)
        #: Where sound is mixed beside the last pictures, so that no worker is left with some for having mixed.
        self.desk = asyncio.Semaphore(1)

    @contextlib.asynccontextmanager
    async def making(
        self, job_id: str, workspace_id: str, *fingerprints: str, at: asyncio.Semaphore | None = None
    ) -> AsyncGenerator[list[str]]:
        """Wait for the processor, or for the place that is named, then say which of the artifacts are not there yet:
        the first of them is to be made now. Raises JobEnded.
        """
        async with at or self.processor:
            yield await asyncio.to_thread(self._start, job_id, workspace_id, fingerprints)

    async def run(
        self,
        target: str,
        task: dict[str, Any],
        deadline_s: float,
        on_told: Callable[[Any], None] | None = None,
        limits: Limits | None = None,
    ) -> Outcome:
        """Run ``module:function`` in a limited child. Errors as in ``Nursery.run``."""
        return await self._at.nursery.run(target, task, deadline_s=deadline_s, limits=limits, on_told=on_told)

    async def keep(
        self,
        job_id: str,
        workspace_id: str,
        kind: str,
        name: str,
        path: Path,
        facts: dict[str, Any],
        usage: Usage,
        *,
        following: str | None = None,
    ) -> None:
        """Store what was made, and finish its task in the same commit, in which that of the ``following`` one begins.
        Raises JobEnded when the video was deleted.
        """

        def note(session: Session) -> None:
            if session.get(RenderJob, job_id) is None:
                raise JobEnded("The video was deleted while this was made.")
            self.progress.finish(session, job_id, name, TaskStatus.MADE, usage)
            if following is not None:
                self.progress.start(session, job_id, following)

        await asyncio.to_thread(
            self._at.artifacts.keep,
            workspace_id=workspace_id,
            job_id=job_id,
            kind=kind,
            fingerprint=name,
            path=path,
            facts=facts,
            note=note,
        )

    @contextlib.asynccontextmanager
    async def file(self, workspace_id: str, fingerprint: str) -> AsyncGenerator[Path]:
        """An artifact as a local file, for as long as the context lasts. Raises ArtifactLost."""
        stored = await asyncio.to_thread(self._at.artifacts.find, workspace_id, fingerprint)
        if stored is None:
            raise ArtifactLost(f"The artifact {fingerprint} was removed while the job ran. Render again.")
        async with self.blob(stored.blob) as path:
            yield path

    @contextlib.asynccontextmanager
    async def blob(self, key: str) -> AsyncGenerator[Path]:
        """A blob as a local file. Bringing it here from a bucket may take minutes, in which the worker goes on."""
        with contextlib.ExitStack() as stack:
            yield await asyncio.to_thread(stack.enter_context, self._at.blobs.as_file(key))

    def store_files(self, files: Mapping[str, Path], prefix: str, types: Mapping[str, str]) -> dict[str, Any]:
        """The files by role as blobs below the prefix, all of them or none; what a revision keeps of them."""
        stored: dict[str, Any] = {}
        try:
            for role, file in files.items():
                key = f"{prefix}/{file.name}"
                blob = self._at.blobs.put(key, file, content_type=types[role])
                stored[role] = {"blob": key, "type": types[role], "size": blob.size, "sha256": blob.sha256}
        except BaseException:
            for done in stored.values():
                self._at.blobs.delete(done["blob"])
            raise
        return stored

    def _start(self, job_id: str, workspace_id: str, fingerprints: Sequence[str]) -> list[str]:
        asked = {name: self._at.artifacts.find(workspace_id, name) for name in fingerprints}
        found = {name: stored for name, stored in asked.items() if stored is not None}
        missing = [name for name in fingerprints if name not in found]
        with self._at.database.session_scope() as session:
            active(session, job_id)
            for name, stored in found.items():
                made_here = stored.job_id == job_id
                self.progress.finish(session, job_id, name, TaskStatus.MADE if made_here else TaskStatus.REUSED)
            if missing:
                self.progress.start(session, job_id, missing[0])
        return missing


def active(session: Session, job_id: str) -> RenderJob:
    """The job, if it has not ended. Raises JobEnded."""
    job = session.get(RenderJob, job_id)
    if job is None or job.status not in ACTIVE:
        raise JobEnded("The job is no longer active.")
    return job
