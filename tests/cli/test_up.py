"""``tenex up``: it answers, it mends itself, and it leaves no process behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil

from tests.cli.conftest import SECONDS, command


@contextmanager
def running(environment: dict[str, str], port: int, workers: int = 1) -> Iterator[subprocess.Popen[str]]:
    """A server that has said it is ready."""
    server = subprocess.Popen(
        command("up", "--port", str(port), "--workers", str(workers), "--json"),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        assert server.stdout is not None
        ready = json.loads(server.stdout.readline())
        assert ready["docs"] == f"http://127.0.0.1:{port}/docs"
        yield server
    finally:
        for process in family(server):
            process.kill()
        server.kill()
        server.wait()


def family(server: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(server.pid).children(recursive=True) if server.poll() is None else []


def ended(processes: list[psutil.Process], seconds: float) -> bool:
    return not psutil.wait_procs(processes, timeout=seconds)[1]


def test_it_stops_on_ctrl_c_and_leaves_no_process(environment: dict[str, str], port: int, data: Path) -> None:
    with running(environment, port, workers=2) as server:
        assert httpx2.get(f"http://127.0.0.1:{port}/health").status_code == 200
        assert (data / "tenex.sqlite3").exists()
        children = family(server)
        assert len(children) >= 3
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=SECONDS) == 0
        assert ended(children, 1)


def test_an_api_that_is_killed_comes_back_and_clients_only_wait(environment: dict[str, str], port: int) -> None:
    with running(environment, port) as server:
        api = next(child for child in psutil.Process(server.pid).children() if "api" in child.cmdline())
        os.kill(api.pid, signal.SIGKILL)
        api.wait(SECONDS)
        assert httpx2.get(f"http://127.0.0.1:{port}/health", timeout=SECONDS).status_code == 200
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=SECONDS) == 0


def test_its_children_leave_when_it_is_killed(environment: dict[str, str], port: int) -> None:
    with running(environment, port) as server:
        children = family(server)
        server.kill()
        server.wait()
        assert ended(children, SECONDS)
