"""The list page of a large installation against an endpoint that does nothing, both behind the same door.

A million ready videos on SQLite, nine in ten of them in one workspace; the API in a process of its own, served as
``tenex up`` does; a client that keeps its connection. ``make bench NAME=api``, or for a quick try
``python -m bench.api 20000``.

``page_1_over_empty``: processor time of the server for one page of 50 over that for the empty endpoint, which has the
same authentication, rate limit, log and thread, and no query of its own. ``page_1000_over_page_1``: the same for a page
that was reached by following 999 cursors. Medians of rounds that take turns. ``pages_per_second``: by the clock, asked
for by four clients at once. ``api_peak_mb``: the largest size of the server's process in all this.

Making the videos takes about a minute, and 5 GB of the temporary folder.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Response

from app.core.logging import configure_logging
from app.core.settings import Settings
from app.main import create_app
from app.modules.videos.access import PREFIX, Reader
from bench.measure import MemoryWatch, report
from tests.videos.installation import Caller, installed

VIDEOS = 1_000_000
WORKSPACES = 10
PAGE = 50
FAR = 1000
ROUNDS = 25
REQUESTS = 40
CLIENTS = 4
CROWD_S = 8.0
EMPTY = "/bench/empty"
CLOCK = "/bench/clock"
FIRST = f"{PREFIX}?limit={PAGE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """One kept connection of a workspace."""

    connection: HTTPConnection
    key: str

    def get(self, path: str) -> bytes:
        self.connection.request("GET", path, headers={"Authorization": f"Bearer {self.key}"})
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, f"{path}: {answer.status} {body[:300]!r}"
        return body

    def page(self, path: str) -> dict[str, Any]:
        return json.loads(self.get(path))


def main(videos: int) -> None:
    with tempfile.TemporaryDirectory(prefix="tenex-bench-") as folder:
        began = time.monotonic()
        seeded = seed(Path(folder), videos)
        print(f"{videos} videos in {time.monotonic() - began:.0f} s, {_size_mb(Path(folder)):.0f} MB", flush=True)
        with serving(Path(folder)) as (server, port), MemoryWatch([server], every_s=0.5) as memory:
            visitor = visitor_of(port, seeded)
            pages = min(FAR, seeded.in_workspace // PAGE)
            far = walk(visitor, pages)
            empty, first, last = measured(visitor, (EMPTY, FIRST, far))
            rate = crowd(lambda: visitor_of(port, seeded), FIRST)
    print(f"server CPU, ms: empty {empty * 1e3:.2f}, page 1 {first * 1e3:.2f}, page {pages} {last * 1e3:.2f}")
    report(
        "api",
        page_1_over_empty=first / empty,
        page_1000_over_page_1=last / first,
        pages_per_second=rate,
        api_peak_mb=memory.peak_mb,
        videos=videos,
    )


# the videos ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """A key of the workspace that has most of the videos, and how many it has."""

    key: str
    in_workspace: int


def seed(data: Path, videos: int) -> Seeded:
    """Make one video of each workspace through the API, then copies of it, a second apart, in its tables."""
    configure_logging(Settings(data=data, log_level="warning"))
    with installed(data) as place:
        callers = [place.caller() for _ in range(WORKSPACES)]
        originals = [_original(caller, place.ready(caller, metadata={"campaign": "spring"})) for caller in callers]
    with closing(sqlite3.connect(data / "tenex.sqlite3", isolation_level=None)) as database:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-500000", "locking_mode=EXCLUSIVE"):
            database.execute(f"PRAGMA {pragma}")
        _copy(database, originals, videos)
        most = "SELECT count(*) FROM videos GROUP BY workspace_id ORDER BY 1 DESC LIMIT 1"
        return Seeded(key=callers[0].key, in_workspace=database.execute(most).fetchone()[0])


def _original(caller: Caller, video: dict[str, Any]) -> tuple[str, str]:
    return caller.workspace_id, video["id"]


def _copy(database: sqlite3.Connection, originals: list[tuple[str, str]], videos: int) -> None:
    """Nine in ten are copies of the first original, the rest of the others in turn."""
    database.execute("BEGIN")
    database.execute("CREATE TEMP TABLE original (place INTEGER PRIMARY KEY, workspace_id TEXT, video_id TEXT)")
    database.executemany("INSERT INTO original VALUES (?, ?, ?)", [(i, *pair) for i, pair in enumerate(originals)])
    for table, named_by in (("videos", "id"), ("video_revisions", "video_id"), ("render_jobs", "video_id")):
        database.execute(_copying(database, table, named_by), {"videos": videos, "others": len(originals) - 1})
    database.execute("COMMIT")


def _copying(database: sqlite3.Connection, table: str, named_by: str) -> str:
    """The statement that fills one table: every column as in the original, but for ids and the time of making."""
    at = "strftime('%Y-%m-%d %H:%M:%S', '2026-01-01', n || ' seconds') || printf('.%06d', n * 7919 % 1000000)"
    id_ = "printf('%08x-0000-7000-8000-%012x', n >> 8, n * {})".format
    other = {"created_at": at, "job_id": id_(2), named_by: id_(1)}
    if table == "render_jobs":
        other["id"] = id_(2)
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(other.get(column, f'row."{column}"') for column in columns)
    return f"""
        WITH RECURSIVE numbers(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < :videos)
        INSERT INTO {table} SELECT {values} FROM numbers
        JOIN original ON place = CASE WHEN n % 10 THEN 0 ELSE 1 + n / 10 % :others END
        JOIN {table} AS row ON row.{named_by} = original.video_id
    """


# measuring -----------------------------------------------------------------------------------------------------------


def walk(visitor: Visitor, pages: int) -> str:
    """The path of the page of this number, reached as clients do. Every video on the way is new, and older."""
    path, seen = FIRST, list[str]()
    for _ in range(pages - 1):
        page = visitor.page(path)
        assert len(page["items"]) == PAGE, f"after {len(seen)} videos there was a page of {len(page['items'])}"
        seen += [item["created_at"] + item["id"] for item in page["items"]]
        path = f"{FIRST}&cursor={page['next_cursor']}"
    assert seen == sorted(set(seen), reverse=True), "a video came twice, or out of its order"
    return path


def measured(visitor: Visitor, paths: tuple[str, ...]) -> list[float]:
    """Server processor seconds for one request of each path: medians of rounds in which they take turns."""
    rounds = [[spent(visitor, path) for path in paths] for _ in range(ROUNDS + 1)]
    return [statistics.median(turns) for turns in zip(*rounds[1:], strict=True)]


def spent(visitor: Visitor, path: str) -> float:
    before = float(visitor.get(CLOCK))
    for _ in range(REQUESTS):
        visitor.get(path)
    return (float(visitor.get(CLOCK)) - before) / REQUESTS


def crowd(arrive: Callable[[], Visitor], path: str) -> float:
    """Answers in a second to several clients, each of whom asks again as soon as it has its answer."""
    until = time.monotonic() + CROWD_S

    def ask(_number: int) -> int:
        visitor, answers = arrive(), 0
        while time.monotonic() < until:
            visitor.get(path)
            answers += 1
        return answers

    with ThreadPoolExecutor(CLIENTS) as clients:
        return sum(clients.map(ask, range(CLIENTS))) / CROWD_S


def visitor_of(port: int, seeded: Seeded) -> Visitor:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Visitor(connection=connection, key=seeded.key)


def _size_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


# the server ----------------------------------------------------------------------------------------------------------


@contextmanager
def serving(data: Path, module: str = "bench.api", **settings: str) -> Iterator[tuple[int, int]]:
    """The API in a process of its own: its process id and its port. Nobody is rate limited; all else is as it is."""
    environment = os.environ | {"TENEX_DATA": str(data), "TENEX_RATE_LIMIT_PER_MINUTE": "1000000000"} | settings
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener, (data / "log").open("wb") as log:
        command = [sys.executable, "-m", module, "serve", str(listener.fileno())]
        server = subprocess.Popen(
            command, env=environment, pass_fds=(listener.fileno(),), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            port = listener.getsockname()[1]
            _await_health(port)
            yield server.pid, port
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()


def _await_health(port: int) -> None:
    # The listening socket is open: the request waits in it until the server takes it.
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", "/health")
        assert connection.getresponse().status == 200, "the API does not feel well"


def serve(descriptor: int, add_endpoints: Callable[[FastAPI], None]) -> None:
    """What ``tenex up`` runs as its API, with the endpoints of a benchmark and one that tells its processor time."""
    settings = Settings.load()
    configure_logging(settings)
    app = create_app(settings)
    app.add_api_route(CLOCK, lambda: Response(str(time.process_time())))
    add_endpoints(app)
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=3
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


def add_empty(app: FastAPI) -> None:
    def empty(caller: Reader) -> Response:
        return Response(b'{"items":[],"next_cursor":null}', media_type="application/json")

    app.add_api_route(EMPTY, empty)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(int(sys.argv[2]), add_empty)
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else VIDEOS)
