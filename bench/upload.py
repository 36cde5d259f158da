"""Uploads through this server against an endpoint that only writes what it reads to a file.

The API in a process of its own, served as ``tenex up`` does; a client that keeps its connection and sends parts of
16 MiB. ``make bench NAME=upload``, or for a quick try ``python -m bench.upload 0.5``.

``cpu_over_bare``: processor time of the server for a part through ``PUT /uploads/<token>`` over that for the same bytes
through the bare endpoint, behind the same middleware: the sum of rounds that take turns. ``api_peak_mb``: the largest
size of the server's process while ``gigabytes`` go through the route; ``api_idle_mb``: before. Each part replaces the
one before, so that 50 MB of the disk are enough.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI, Request

from app.core.settings import Settings
from app.core.signing import load_secret
from app.storage.opening import open_storage
from bench.api import CLOCK, serve, serving
from bench.measure import MemoryWatch, report

GIGABYTES = 5.0
PART = 16 << 20
KEY = "bench/upload"
#: Below the route, where bodies are not read ahead, but not a token.
BARE = "/uploads/bench/bare"
ROUNDS = 20
PARTS = 4


class Sender:
    """Sends the same part again and again, over one connection."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection, self._body = connection, os.urandom(PART)

    def send(self, path: str) -> None:
        self._connection.request("PUT", path, body=self._body)
        answer = self._connection.getresponse()
        body = answer.read()
        assert answer.status == 200, f"{path}: {answer.status} {body[:300]!r}"
        assert json.loads(body)["size"] == PART

    def spend(self, path: str) -> float:
        """Processor seconds of the server for so many parts."""
        before = self._clock()
        for _ in range(PARTS):
            self.send(path)
        return self._clock() - before

    def _clock(self) -> float:
        self._connection.request("GET", CLOCK)
        return float(self._connection.getresponse().read())


def main(gigabytes: float) -> None:
    with tempfile.TemporaryDirectory(prefix="tenex-bench-") as folder, serving(Path(folder), "bench.upload") as served:
        server, port = served
        route = link(Settings(data=Path(folder)))
        with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sender = Sender(connection)
            with MemoryWatch([server], every_s=0.05) as idle:
                time.sleep(0.2)
            rounds = [(sender.spend(route), sender.spend(BARE)) for _ in range(ROUNDS + 1)][1:]
            began = time.monotonic()
            with MemoryWatch([server], every_s=0.05) as memory:
                sent = 0
                while sent < gigabytes * 1e9:
                    sender.send(route)
                    sent += PART
    ours, bare = (sum(spent) / (ROUNDS * PARTS * PART / 1e9) for spent in zip(*rounds, strict=True))
    print(f"server CPU, s a gigabyte: the route {ours:.3f}, bare {bare:.3f}")
    print(f"{sent / 1e6 / (time.monotonic() - began):.0f} MB/s by the clock, one client on the same host")
    report(
        "upload",
        cpu_over_bare=ours / bare,
        api_peak_mb=memory.peak_mb,
        api_idle_mb=idle.peak_mb,
        gigabytes=sent / 1e9,
    )


def link(settings: Settings) -> str:
    """Where a part of a new upload is sent to."""
    storage = open_storage(settings, load_secret(settings))
    upload = storage.blobs.begin_multipart(KEY)
    return urlsplit(storage.part_links.part_url(KEY, upload, 1, PART).url).path


def add_bare(app: FastAPI) -> None:
    folder = Settings.load().data

    async def bare(request: Request, name: str = "bare") -> dict[str, int]:
        size = 0
        with (folder / name).open("wb") as file:
            async for chunk in request.stream():
                size += file.write(chunk)
        return {"size": size}

    app.add_api_route(BARE, bare, methods=["PUT"])


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(int(sys.argv[2]), add_bare)
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else GIGABYTES)
