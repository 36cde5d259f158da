"""From an upload to a video that is ready: ten minutes of 1080p in H.264 and AAC, which needs no conversion.

The API and a worker in processes of their own; parts are sent as clients send them. ``cpu_s_beyond_copy``: processor
time of both from the announcement until the video is ready, less that of the API for the same bytes through an
endpoint that only writes what it reads to a file (see ``bench.upload``): the median of rounds in which they take turns.
``ready_s``: by the clock, from completing the upload until it is ready; Mux publishes a median of 9 s for 5 to 20
minutes. ``worker_peak_mb``: the largest size of the worker with all its children.

``make bench NAME=intake``, or for a quick try ``python -m bench.intake 60``.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from app.bootstrap import build_services, prepare
from app.core.settings import Settings
from app.media.ffmpeg import run_ffmpeg
from bench.api import serving
from bench.measure import MemoryWatch, cpu_of, report
from bench.upload import BARE

SECONDS = 600
ROUNDS = 3
PIECE_S = 20
PART = 16 << 20
UPLOADS = "/api/v1/videos/uploads"


def main(seconds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="tenex-bench-") as folder:
        data, source = Path(folder) / "data", Path(folder) / "talk.mp4"
        record(source, seconds)
        data.mkdir()
        key = workspace_key(data)
        with serving(data, "bench.upload") as (server, port), working(data) as worker:
            client = Client(connection=HTTPConnection("127.0.0.1", port, timeout=300), key=key)
            with closing(client.connection):
                client.take_in(short(source))  # what is imported or built once
                rounds = [measured(client, source, (server, worker)) for _ in range(ROUNDS)]
                with MemoryWatch([worker]) as memory:  # afterwards: it holds up those it looks at
                    client.take_in(source)
    for one in rounds:
        print(f"to ready {one.whole_s:.2f} CPU-s, the bytes alone {one.copy_s:.2f}, ready after {one.ready_s:.1f} s")
    report(
        "intake",
        cpu_s_beyond_copy=statistics.median(one.whole_s - one.copy_s for one in rounds),
        cpu_s_of_copy=statistics.median(one.copy_s for one in rounds),
        ready_s=statistics.median(one.ready_s for one in rounds),
        worker_peak_mb=memory.peak_mb,
        video_seconds=seconds,
        megabytes=rounds[0].size / 1e6,
    )


def record(target: Path, seconds: int) -> None:
    """A moving picture with grain, as large as the recording of a meeting; one piece of it, again and again."""
    piece = target.with_name("piece.mp4")
    picture = ("-f", "lavfi", "-i", f"testsrc2=s=1920x1080:r=25:d={PIECE_S}", "-vf", "noise=alls=8:allf=t")
    encoded = ("-c:v", "libx264", "-preset", "veryfast", "-b:v", "5M", "-pix_fmt", "yuv420p")
    run_ffmpeg((*picture, *encoded, str(piece)), timeout_s=600)
    looped = ("-stream_loop", str(-(-seconds // PIECE_S) - 1), "-i", str(piece))
    sound = ("-f", "lavfi", "-i", f"sine=440:d={seconds}", "-c:a", "aac", "-b:a", "128k")
    front = ("-t", str(seconds), "-c:v", "copy", "-movflags", "+faststart")
    run_ffmpeg((*looped, *sound, *front, str(target)), timeout_s=600)


def short(source: Path) -> Path:
    target = source.with_name("short.mp4")
    run_ffmpeg(("-i", str(source), "-t", "10", "-c", "copy", str(target)), timeout_s=60)
    return target


def workspace_key(data: Path) -> str:
    settings = Settings(data=data)
    prepare(settings)
    services = build_services(settings)
    with services.database.session_scope() as session:
        workspace = services.accounts.create_workspace(session, name="Bench")
        key = services.accounts.create_key(session, workspace_id=workspace.id, name="bench", scopes=("*",))
    services.close()
    return key.plaintext


@contextmanager
def working(data: Path) -> Iterator[int]:
    """A worker process."""
    environment = os.environ | {"TENEX_DATA": str(data), "TENEX_LOG_LEVEL": "warning"}
    worker = subprocess.Popen([sys.executable, "-m", "app.worker"], env=environment)
    try:
        yield worker.pid
    finally:
        worker.terminate()
        worker.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One kept connection."""

    connection: HTTPConnection
    key: str

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        return self._asked(method, path, json.dumps(body) if body is not None else None, headers)

    def put(self, path: str, body: bytes) -> None:
        self._asked("PUT", path, body, {})

    def _asked(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        content = answer.read()
        assert answer.status < 300, f"{method} {path}: {answer.status} {content[:500]!r}"
        return json.loads(content)

    def take_in(self, file: Path) -> float:
        """Send a recording and wait until it is ready; seconds from completing it until then."""
        upload = self.ask("POST", UPLOADS, {"filename": file.name, "size": file.stat().st_size})
        with file.open("rb") as content:
            while upload["parts"]:
                for part in upload["parts"]:
                    content.seek(part["offset"])
                    self.put(urlsplit(part["url"]).path, content.read(part["size"]))
                upload = self.ask("GET", f"{UPLOADS}/{upload['id']}")
        began = time.monotonic()
        video = self.ask("POST", f"{UPLOADS}/{upload['id']}/complete")
        while video["status"] == "rendering":
            time.sleep(0.5)
            video = self.ask("GET", f"/api/v1/videos/{upload['id']}")
        assert (video["status"], video["media"]["converted"]) == ("ready", False), video
        return time.monotonic() - began

    def copy(self, file: Path) -> None:
        """The same bytes to where they are only written down, and kept: room for new bytes has its price as well."""
        name = uuid4().hex
        with file.open("rb") as content:
            for number, piece in enumerate(iter(partial(content.read, PART), b"")):
                self.put(f"{BARE}?name={name}-{number}", piece)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    whole_s: float
    copy_s: float
    ready_s: float
    size: int


def measured(client: Client, source: Path, processes: tuple[int, int]) -> Round:
    before = cpu_of(processes[:1])
    client.copy(source)
    copied = cpu_of(processes[:1])
    start = cpu_of(processes)
    ready_s = client.take_in(source)
    whole = cpu_of(processes) - start
    return Round(whole_s=whole, copy_s=copied - before, ready_s=ready_s, size=source.stat().st_size)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
