"""What nothing points to is removed, and never what something points to."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.core.clock import utc_now
from app.core.database import Database, insert_if_absent
from app.core.ids import new_id
from app.modules.accounts.models import Workspace
from app.modules.credits.service import Credits
from app.modules.videos.collector import GRACE, Collected, Collector
from app.modules.videos.models import (
    Artifact,
    FilePage,
    JobStatus,
    Kind,
    LibraryFile,
    RenderJob,
    Revision,
    Upload,
    Video,
)
from app.modules.videos.pipeline.settle import Settlement
from app.modules.videos.removal import clear_away, remove_video
from app.modules.videos.renders import new_video
from app.modules.videos.uploads import intake_job
from app.storage.local import LocalStore

HOURS = timedelta(hours=1)


@dataclass
class World:
    """Workspaces, videos and files, in which whoever writes may crash after every step. Its clock is turned by hand."""

    database: Database
    blobs: LocalStore
    chance: random.Random
    now_s: float = 0.0
    pending: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.workspaces = [new_id(), new_id()]
        with self.database.session_scope() as session:
            for number, id_ in enumerate(self.workspaces):
                name = f"Number {number}"
                session.add(Workspace(id=id_, name=name, webhook_secret="secret", created_at=utc_now()))

    def pass_time(self, by: timedelta) -> None:
        """Everything stored so far becomes older."""
        for path in self.blobs.root.rglob("*"):
            if path.is_file():
                stamp = path.stat().st_mtime - by.total_seconds()
                os.utime(path, (stamp, stamp))

    def collect(self) -> Collected:
        return Collector(database=self.database, blobs=self.blobs).collect()

    # what may happen -------------------------------------------------------------------------------------------------

    def make_video(self) -> None:
        workspace_id = self.chance.choice(self.workspaces)
        with self.database.session_scope() as session:
            video = new_video(workspace_id, "A video", {}, kind=Kind.UPLOAD)
            session.add(video)
            session.flush()
            blob = f"videos/{video.id}/upload-{new_id()}/original.mp4"
            session.add(
                Upload(
                    id=video.id,
                    workspace_id=workspace_id,
                    target="video",
                    status="received",
                    filename="a.mp4",
                    size=3,
                    blob=blob,
                    part_size=2**24,
                    created_at=utc_now(),
                    expires_at=utc_now(),
                )
            )
        self.blobs.put(blob, b"abc")

    def start_job(self) -> None:
        """A job stores the files of a revision. Whether, and when, it writes them down, shows later."""
        video_id = self._any_video()
        if video_id is None:
            return
        with self.database.session_scope() as session:
            video = session.get_one(Video, video_id)
            video.last_revision += 1
            job = intake_job(video, utc_now)
            session.add(job)
            session.flush()
            job_id, number = job.id, job.revision
        files = {role: f"videos/{video_id}/{number}-{new_id()}/{role}" for role in ("video.mp4", "poster.jpg")}
        for key in files.values():
            self.blobs.put(key, b"film")
        self.pending.append(lambda: self._end_job(job_id, files))

    def _end_job(self, job_id: str, files: dict[str, str]) -> None:
        with self.database.session_scope() as session:
            job = session.get(RenderJob, job_id)
            if job is None:
                return
            job.status = self.chance.choice((JobStatus.SUCCEEDED, JobStatus.SUCCEEDED, JobStatus.FAILED))
            if job.status == JobStatus.SUCCEEDED:
                session.add(
                    Revision(
                        video_id=job.video_id,
                        number=job.revision,
                        workspace_id=job.workspace_id,
                        job_id=job.id,
                        composition={},
                        files={role: {"blob": key} for role, key in files.items()},
                        frames=1,
                        fps="25",
                        width=2,
                        height=2,
                        size=4,
                        sha256="",
                        created_at=utc_now(),
                    )
                )

    def end_job(self) -> None:
        if self.pending:
            self.pending.pop(self.chance.randrange(len(self.pending)))()

    def keep_artifact(self) -> None:
        """Two attempts store the same thing; the first that is written down counts; one may crash before."""
        workspace_id, name = self.chance.choice(self.workspaces), f"{self.chance.randrange(40):064x}"
        key = f"artifacts/{workspace_id}/{name[:2]}/{name}-{new_id()}.mp4"
        self.blobs.put(key, b"chunk")
        if self.chance.random() < 0.3:
            return
        with self.database.session_scope() as session:
            insert_if_absent(
                session,
                Artifact,
                workspace_id=workspace_id,
                fingerprint=name,
                kind="chunk",
                blob=key,
                size=5,
                sha256="",
                facts={},
                job_id=new_id(),
                created_at=utc_now(),
                used_at=utc_now(),
            )

    def make_file(self) -> None:
        """A deck that was stored; whether it and its page are written down, shows later, or never."""
        workspace_id, file_id = self.chance.choice(self.workspaces), new_id()
        with self.database.session_scope() as session:
            row = {"workspace_id": workspace_id, "name": "a.pdf", "title": "a", "details": {}, "files": {}}
            moment = {"created_at": utc_now(), "updated_at": utc_now()}
            session.add(LibraryFile(id=file_id, status="processing", attempt=1, **row, **moment))
        keys = {role: f"files/{file_id}/1-{new_id()}/{role}" for role in ("original.pdf", "page.png")}
        for key in keys.values():
            self.blobs.put(key, b"page")
        self.pending.append(lambda: self._end_file(file_id, keys))

    def _end_file(self, file_id: str, keys: dict[str, str]) -> None:
        with self.database.session_scope() as session:
            file = session.get_one(LibraryFile, file_id)
            file.status = self.chance.choice(("ready", "ready", "failed"))
            if file.status == "ready":
                file.files = {"original": {"blob": keys["original.pdf"]}}
                page = {"page": {"blob": keys["page.png"]}}
                session.add(FilePage(file_id=file_id, number=1, width=2, height=2, text="", files=page))

    def forget_artifact(self) -> None:
        with self.database.session_scope() as session:
            rows = session.scalars(sa.select(Artifact)).all()
            if rows:
                session.delete(self.chance.choice(rows))

    def remove_video(self) -> None:
        video_id = self._any_video()
        if video_id is None:
            return
        with self.database.session_scope() as session:
            workspace_id = session.get_one(Video, video_id).workspace_id
            remains = remove_video(session, Settlement(Credits()), workspace_id, video_id)
        if self.chance.random() < 0.5:
            clear_away(remains, self.blobs)

    def leave_parts(self) -> None:
        self.blobs.begin_multipart(f"videos/{new_id()}/upload-{new_id()}/original")

    def _any_video(self) -> str | None:
        with self.database.read_scope() as session:
            ids = sorted(session.scalars(sa.select(Video.id)))
        return self.chance.choice(ids) if ids else None

    # what must hold --------------------------------------------------------------------------------------------------

    def named(self) -> set[str]:
        """Every blob that a row points to."""
        with self.database.read_scope() as session:
            files = session.scalars(sa.select(Revision.files)).all()
            artifacts = session.scalars(sa.select(Artifact.blob)).all()
            uploads = session.scalars(sa.select(Upload.blob)).all()
            decks = session.scalars(sa.select(LibraryFile.files)).all()
            pages = session.scalars(sa.select(FilePage.files)).all()
        by_role = (*files, *decks, *pages)
        return {file["blob"] for one in by_role for file in one.values()} | {*artifacts, *uploads}

    def stored(self) -> set[str]:
        return {blob.key for blob in self.blobs.list()}


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database=database, blobs=LocalStore(tmp_path / "blobs"), chance=random.Random(0))


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_only_orphans_go_and_in_the_end_all_of_them(world: World, seed: int) -> None:
    world.chance = random.Random(seed)
    happenings = [
        world.make_video,
        world.make_video,
        world.make_file,
        world.start_job,
        world.start_job,
        world.end_job,
        world.keep_artifact,
        world.keep_artifact,
        world.forget_artifact,
        world.remove_video,
        world.leave_parts,
        lambda: world.pass_time(world.chance.uniform(0, 30) * HOURS),
    ]
    removed = 0
    for _ in range(120):
        world.chance.choice(happenings)()
        if world.chance.random() < 0.2:
            removed += world.collect().blobs
        missing = world.named() - world.stored()
        assert missing == set(), "something that is pointed to was removed"
    while world.pending:
        world.end_job()
        assert world.named() <= world.stored()
    world.pass_time(GRACE + HOURS)
    removed += world.collect().blobs
    assert removed > 0
    assert world.stored() == world.named()
    assert list(world.blobs.multiparts()) == []


def test_what_was_stored_a_moment_ago_is_left_alone(world: World) -> None:
    world.blobs.put(f"videos/{new_id()}/1-{new_id()}/video.mp4", b"about to be written down")
    assert world.collect() == Collected(blobs=0, size=0, uploads=0)
    world.pass_time(GRACE + HOURS)
    assert world.collect() == Collected(blobs=1, size=24, uploads=0)


def test_what_it_does_not_know_it_does_not_touch(world: World) -> None:
    for key in ("readme.txt", "videos/readme.txt", "backups/2026/database.sqlite3", "artifacts/one"):
        world.blobs.put(key, b"mine")
    world.pass_time(GRACE + HOURS)
    assert world.collect().blobs == 0
    assert len(world.stored()) == 4


def test_it_ends_when_it_is_told_to(world: World) -> None:
    world.blobs.put(f"videos/{new_id()}/1-{new_id()}/video.mp4", b"orphan")
    world.pass_time(GRACE + HOURS)
    collector = Collector(database=world.database, blobs=world.blobs)
    assert collector.collect(going_on=lambda: False).blobs == 0
    assert collector.collect().blobs == 1
