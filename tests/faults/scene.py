"""Where faults are played out: an installation with a scripted vendor, and what a user can see of it afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from app.avatars.fake import FakeProvider, Script
from app.modules.videos.composition import AspectRatio, Resolution
from app.modules.videos.models import JobStatus, RenderJob, Video
from app.modules.videos.renders import Change, Order
from app.modules.videos.schemas import CreateAvatar
from tests.site import Site, Worker

GRANTED = 10_000
LINE = "We grew paper boats."
LONG = " ".join(
    f"Part {number} is about paper boats, and about the people who fold them by the harbour every morning."
    for number in range(1, 25)
)


class Scene(Site):
    """A site with a vendor whose faults are scripted."""

    def __init__(self, data: Path, database_url: str | None = None) -> None:
        super().__init__(data, database_url, fake_provider=True, provider_patience_seconds="2")
        self.vendor = FakeProvider(self.settings.data / "fake-vendor")
        wanted = CreateAvatar(name="Vera", provider="fake", provider_avatar_id="vera", voice_id="any")
        with self.database.session_scope() as session:
            self.avatar_id = self.services.avatars.create(session, self.workspace_id, wanted).id

    def plays(self, **script: object) -> None:
        """What the vendor does from now on."""
        self.vendor.write(Script(**script))  # pyright: ignore[reportArgumentType]

    def from_vendor(self, script: str = LINE) -> Order:
        return Order(
            script=script, avatar_id=self.avatar_id, aspect_ratio=AspectRatio.SQUARE, resolution=Resolution.P720
        )

    def drawn(self, script: str = LINE, voice_id: str | None = None) -> Order:
        """By the embedded presenter."""
        return Order(
            script=script,
            avatar_id="maya",
            voice_id=voice_id,
            aspect_ratio=AspectRatio.SQUARE,
            resolution=Resolution.P720,
        )

    def again(self, job: RenderJob) -> RenderJob:
        """The same, asked for once more, at its end."""
        return self.wait(self.order_again(job.video_id, Change()).id)

    def cancel(self, job_id: str) -> None:
        """As the API does: the commit, then the engine."""
        with self.database.session_scope() as session:
            self.services.renders.cancel(session, self.workspace_id, job_id)
        self.services.renders.stop(job_id)

    def video(self, job: RenderJob) -> Video:
        with self.database.read_scope() as session:
            return session.get_one(Video, job.video_id)

    # what must hold after any fault ----------------------------------------------------------------------------------

    def cost_nothing(self) -> None:
        self.cost(0)

    def cost(self, spent: int) -> None:
        with self.database.read_scope() as session:
            statement = self.services.platform.credits.statement(session, self.workspace_id)
            assert not self.services.platform.credits.audit(session)
        assert (statement.held, statement.spent, statement.available) == (0, spent, GRANTED - spent)

    def failed(self, job: RenderJob, code: str, *words: str) -> None:
        """The job says so, with these words, and its credits are back."""
        assert (job.status, job.error_code) == (JobStatus.FAILED, code), job.error_message
        assert all(word in (job.error_message or "") for word in words), job.error_message
        self.cost_nothing()

    def succeeded(self, job: RenderJob) -> None:
        """There is a video, and it was charged for once."""
        assert job.status == JobStatus.SUCCEEDED, f"{job.error_code}: {job.error_message}"
        assert job.receipt is not None
        self.cost(job.receipt["credits"]["charged"])
        assert self.file(job).stat().st_size == self.revision(job).size > 0

    def blobs(self, prefix: str = "") -> list[str]:
        return [blob.key for blob in self.services.platform.blobs.list(prefix)]

    def scratch(self) -> list[Path]:
        """What attempts left behind; nothing may stay there once no work runs."""
        return list((self.settings.data / "scratch").glob("*"))


@contextmanager
def scene(data: Path, database_url: str | None = None) -> Iterator[Scene]:
    opened = Scene(data, database_url)
    try:
        yield opened
    finally:
        opened.close()


def renderers(worker: Worker) -> list[psutil.Process]:
    """The living children that draw, speak, mix or package for a worker, and the ffmpeg they run."""
    return [
        process
        for nursery in psutil.Process(worker.pid).children()
        for process in nursery.children(recursive=True)
        if process.status() != psutil.STATUS_ZOMBIE
    ]


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Look until it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.02)
