"""A whole installation for tests: a database, a data folder, and real worker processes that can be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, Protocol

import psutil
import sqlalchemy as sa

from app.bootstrap import Services, build_services, prepare
from app.core.settings import Settings
from app.media.children import ENVIRONMENT
from app.modules.accounts.service import Accounts
from app.modules.videos.avatars import ensure_built_in
from app.modules.videos.composition import Composition
from app.modules.videos.models import JobStatus, Kind, RenderJob, RenderTask, Revision
from app.modules.videos.renders import Change, Order, new_video

_DATABASE = "tenex.sqlite3"
ENDED = (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELED)


class Worker(Protocol):
    """A worker process, as far as it is of use here."""

    pid: int

    def kill(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int: ...


#: What starts them: a program of its own for each. Tests fork them (``warm.py``).
Start = Callable[[str | None, dict[str, str]], Worker]


def program(module: str | None, environment: dict[str, str]) -> Worker:
    command = [sys.executable, "-m", *(("app.cli", "worker") if module is None else (module,))]
    return subprocess.Popen(command, env=environment)


def furnish(data: Path) -> Path:
    """Put into a new data folder the database that the first start makes there, which takes 0.2 seconds each time."""
    path = data / _DATABASE
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_database())
    return data


@cache
def _database() -> bytes:
    with TemporaryDirectory() as folder:
        prepare(Settings(data=Path(folder)))
        return (Path(folder) / _DATABASE).read_bytes()


class Site:
    """One installation in ``data``, on SQLite or the Postgres of ``database_url``; ``others`` are more settings."""

    start: ClassVar[Start] = staticmethod(program)

    def __init__(
        self, data: Path, database_url: str | None = None, *, fake_provider: bool = False, **others: str
    ) -> None:
        self.settings = Settings(data=data, database_url=database_url, fake_provider=fake_provider, **others)
        self._others = {f"TENEX_{name.upper()}": value for name, value in others.items()}
        if database_url is None:
            furnish(data)
        prepare(self.settings)
        self.services: Services = build_services(self.settings)
        self.database = self.services.platform.database
        self.workers: list[Worker] = []
        with self.database.session_scope() as session:
            ensure_built_in(session)
        self.workspace_id = self.new_workspace()

    def new_workspace(self) -> str:
        """A workspace with credits, in which nothing was made yet."""
        with self.database.session_scope() as session:
            workspace_id = Accounts(database=self.database).create_workspace(session, name="Test").id
            self.services.platform.credits.grant(session, workspace_id=workspace_id, amount=10_000, key="first")
            return workspace_id

    def start_worker(self, module: str | None = None, **environment: str) -> Worker:
        """A process of its own: ``tenex worker``, or a module that takes its place."""
        settings = {"TENEX_DATA": str(self.settings.data), "TENEX_LOG_FORMAT": "json", **self._others}
        if self.settings.database_url is not None:
            settings["TENEX_DATABASE_URL"] = self.settings.database_url
        if self.settings.fake_provider:
            settings["TENEX_FAKE_PROVIDER"] = "true"
        start = program if "PYTHONPATH" in environment else Site.start
        worker = start(module, ENVIRONMENT | os.environ | settings | environment)
        self.workers.append(worker)
        return worker

    def order(self, order: Order) -> RenderJob:
        with self.database.session_scope() as session:
            return self.services.renders.create(session, self.workspace_id, order).job

    def order_composition(self, composition: Composition) -> RenderJob:
        with self.database.session_scope() as session:
            video = new_video(self.workspace_id, "Composed", {}, kind=Kind.WEBINAR)
            return self.services.renders.add(session, video, composition).job

    def render_composition(self, composition: Composition, seconds: float = 120.0) -> RenderJob:
        """Order, wait, and insist on success."""
        job = self.wait(self.order_composition(composition).id, seconds)
        assert job.status == JobStatus.SUCCEEDED, f"{job.error_code}: {job.error_message}"
        return job

    def order_again(self, video_id: str, change: Change) -> RenderJob:
        with self.database.session_scope() as session:
            return self.services.renders.render_again(session, self.workspace_id, video_id, change).job

    def job(self, job_id: str) -> RenderJob:
        with self.database.read_scope() as session:
            return session.get_one(RenderJob, job_id)

    def tasks(self, job_id: str) -> list[RenderTask]:
        with self.database.read_scope() as session:
            return list(session.scalars(sa.select(RenderTask).where(RenderTask.job_id == job_id)))

    def revision(self, job: RenderJob) -> Revision:
        with self.database.read_scope() as session:
            return session.get_one(Revision, (job.video_id, job.revision))

    def file(self, job: RenderJob, role: str = "video") -> Path:
        """The stored file of a finished job."""
        with self.services.platform.blobs.as_file(self.revision(job).files[role]["blob"]) as path:
            return path

    def wait(self, job_id: str, seconds: float = 120.0) -> RenderJob:
        """The job, once it has ended."""
        began = time.monotonic()
        status = sa.select(RenderJob.status).where(RenderJob.id == job_id)  # which takes next to nothing
        while (passed := time.monotonic() - began) < seconds:
            with self.database.read_scope() as session:
                if session.scalars(status).one() in ENDED:
                    return self.job(job_id)
            time.sleep(min(0.25, max(0.02, passed / 200)))
        job = self.job(job_id)
        states = [(task.kind, task.status, task.attempts) for task in self.tasks(job_id)]
        raise AssertionError(f"after {seconds:g} s the job is {job.status} at {job.stage}: {states}")

    def render(self, order: Order, seconds: float = 120.0) -> RenderJob:
        """Order, wait, and insist on success."""
        job = self.wait(self.order(order).id, seconds)
        assert job.status == JobStatus.SUCCEEDED, f"{job.error_code}: {job.error_message}"
        return job

    def processes(self) -> list[str]:
        """Command lines of all living processes that belong to this installation."""
        return [" ".join(line) for line in _command_lines() if any(str(self.settings.data) in part for part in line)]

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.services.close()


@contextmanager
def site(data: Path, database_url: str | None = None, *, fake_provider: bool = False, **others: str) -> Iterator[Site]:
    opened = Site(data, database_url, fake_provider=fake_provider, **others)
    try:
        yield opened
    finally:
        opened.close()


def _command_lines() -> Iterator[list[str]]:
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                yield process.cmdline()
        except psutil.Error:
            continue
