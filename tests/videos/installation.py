"""An application without workers, workspaces to call it from, and a hand that finishes jobs."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from httpx2 import Client, Response
from starlette.testclient import TestClient

from app.bootstrap import Services
from app.core.clock import utc_now
from app.core.ids import new_id
from app.core.settings import Settings
from app.main import create_app
from app.modules.videos.models import RenderJob, RenderTask, Revision, Video, VideoStatus
from app.modules.videos.revisions import show_revision

VIDEOS = "/api/v1/videos"
SCRIPT = "Welcome to the show. Today we talk about paper boats."
MP4 = b"not really a film, but bytes all the same " * 50
ROLES = {
    "video": ("video.mp4", "video/mp4"),
    "poster": ("poster.jpg", "image/jpeg"),
    "preview": ("preview.mp4", "video/mp4"),
    "vtt": ("captions.vtt", "text/vtt"),
    "srt": ("captions.srt", "application/x-subrip"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A workspace, and a client that calls with its key."""

    client: Client
    workspace_id: str
    key_id: str
    key: str

    def call(self, method: str, path: str = "", **options: Any) -> Response:
        """``path`` below ``/api/v1/videos``, or absolute."""
        headers = {"Authorization": f"Bearer {self.key}"} | options.pop("headers", {})
        address = path if path.startswith("/api") else VIDEOS + path
        return self.client.request(method, address, headers=headers, **options)

    def get(self, path: str = "", **params: Any) -> Response:
        return self.call("GET", path, params=params)

    def post(self, path: str = "", body: Any = None, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("POST", path, json=body, headers=named)

    def patch(self, path: str, body: Any) -> Response:
        return self.call("PATCH", path, json=body)

    def delete(self, path: str) -> Response:
        return self.call("DELETE", path)

    def make(self, **wanted: Any) -> dict[str, Any]:
        """Ask for a video that can be made."""
        answer = self.post("", {"script": SCRIPT, "avatar_id": "maya"} | wanted)
        assert answer.status_code == 202, answer.text
        return answer.json()

    def credits(self) -> dict[str, Any]:
        return self.get("/api/v1/credits").json()


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    app: FastAPI
    client: Client
    services: Services

    def caller(self, *, balance: int = 100_000, scopes: tuple[str, ...] = ("*",)) -> Caller:
        with self.services.database.session_scope() as session:
            workspace = self.services.accounts.create_workspace(session, name="Test")
            new = self.services.accounts.create_key(session, workspace_id=workspace.id, name="test", scopes=scopes)
            if balance:
                self.services.credits.grant(session, workspace_id=workspace.id, amount=balance, key="first")
        return Caller(client=self.client, workspace_id=workspace.id, key_id=new.key.id, key=new.plaintext)

    def begin(self, job_id: str, *chunks: tuple[int, int]) -> None:
        """The job is drawing: of each chunk, so many frames of so many."""
        with self.services.database.session_scope() as session:
            job = session.get_one(RenderJob, job_id)
            job.status, job.stage, job.started_at = "rendering", "chunks", utc_now()
            session.add(RenderTask(job_id=job_id, fingerprint=f"take-{job_id}", kind="take", status="made"))
            for number, (done, frames) in enumerate(chunks):
                status = "made" if done == frames else "running"
                values = {"kind": "chunk", "status": status, "frames": frames, "frames_done": done}
                session.add(RenderTask(job_id=job_id, fingerprint=f"chunk-{number}-{job_id}", **values))

    def finish(self, job_id: str, *, charged: int = 2) -> None:
        """What the pipeline does at its end, with small files."""
        with self.services.database.session_scope() as session:
            job = session.get_one(RenderJob, job_id)
            job.started_at = job.started_at or utc_now()
            assert self.services.platform.settlement.succeed(session, job, charged=charged, receipt=_receipt(charged))
            revision, video = _revision(job, self._store(job)), session.get_one(Video, job.video_id)
            session.add(revision)
            video.status = VideoStatus.READY
            show_revision(session, video, revision)

    def fail(self, job_id: str, *, code: str, message: str) -> None:
        with self.services.database.session_scope() as session:
            job = session.get_one(RenderJob, job_id)
            assert self.services.platform.settlement.fail(session, job, code=code, message=message)

    def ready(self, caller: Caller, **wanted: Any) -> dict[str, Any]:
        """A finished video."""
        made = caller.make(**wanted)
        self.finish(made["render"]["id"])
        return caller.get(f"/{made['id']}").json()

    def blobs(self, prefix: str) -> list[str]:
        return [blob.key for blob in self.services.platform.blobs.list(prefix)]

    def _store(self, job: RenderJob) -> dict[str, Any]:
        prefix, files = f"videos/{job.video_id}/{job.revision}-{new_id()}", dict[str, Any]()
        for role, (name, kind) in ROLES.items():
            blob = self.services.platform.blobs.put(f"{prefix}/{name}", MP4)
            files[role] = {"blob": blob.key, "type": kind, "size": blob.size, "sha256": blob.sha256}
        return files


@contextmanager
def installed(data: Path, **settings: Any) -> Iterator[Installation]:
    app = create_app(Settings(data=data, rate_limit_per_minute=1_000_000, **settings))
    with TestClient(app) as client:
        yield Installation(app=app, client=client, services=app.state.services)


@contextmanager
def served(data: Path, **settings: Any) -> Iterator[Installation]:
    """The same on a port, for clients that bring their own connections."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        app = create_app(Settings(data=data, port=port, **{"rate_limit_per_minute": 1_000_000} | settings))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=3))
        app.state.stopping = lambda: server.should_exit
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server")
        thread.start()
        try:
            with Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                assert client.get("/health").status_code == 200
                yield Installation(app=app, client=client, services=app.state.services)
        finally:
            server.should_exit = True
            thread.join()


def _receipt(charged: int) -> dict[str, Any]:
    none = {"made": 0, "reused": 0}
    return {
        "takes": {"made": 1, "reused": 0},
        "chunks": {"made": 1, "reused": 0},
        "mixes": none,
        "seconds_made": 4.0,
        "seconds_reused": 0.0,
        "cpu_seconds": 1.5,
        "peak_memory_mb": 120,
        "credits": {"held": 8, "charged": charged},
    }


def _revision(job: RenderJob, files: dict[str, Any]) -> Revision:
    return Revision(
        video_id=job.video_id,
        number=job.revision,
        workspace_id=job.workspace_id,
        job_id=job.id,
        composition=job.composition,
        files=files,
        frames=100,
        fps="25",
        width=1920,
        height=1080,
        size=files["video"]["size"],
        sha256=files["video"]["sha256"],
        created_at=utc_now(),
    )
