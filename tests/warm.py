"""Workers that are forked from a process which has imported all they need: a test need not wait for that, two seconds
each time. From then on they are as others are.

``python -m tests.warm`` serves a socket on standard input. A request is ``{"module", "environment"}`` as JSON, sent
along with what is to be standard output and standard error, and with a pipe for the code with which the worker ends;
the answer is its process id.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import traceback
from contextlib import suppress

from app.media.children import ENVIRONMENT
from app.media.nursery import importing

_REQUEST_BYTES, _MOST_FILES = 1 << 17, 1 << 20


class Forked:
    """A worker, as far as tests use it. ``ended`` is where its code comes from."""

    def __init__(self, pid: int, ended: int) -> None:
        self.pid, self._ended = pid, ended
        self._code: int | None = None

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            if self._code is None and not self._over(0):
                os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        if self._code is None:
            if not self._over(timeout):
                raise subprocess.TimeoutExpired("a worker", timeout or 0)
            self._code = int(os.read(self._ended, 16))
            os.close(self._ended)
        return self._code

    def _over(self, timeout: float | None) -> bool:
        return bool(select.select([self._ended], [], [], timeout)[0])


class Template:
    """The process they are forked from, started with the first of them."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, module: str | None, environment: dict[str, str]) -> Forked:
        """``tenex worker``, or a module that takes its place."""
        if self._socket is None:
            self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            command = [sys.executable, "-m", "tests.warm"]
            self._process = subprocess.Popen(command, stdin=theirs.fileno(), env=ENVIRONMENT | os.environ)
            theirs.close()
        request = json.dumps({"module": module, "environment": environment}).encode()
        ended, tell = os.pipe()
        socket.send_fds(self._socket, [request], [1, 2, tell])
        os.close(tell)
        return Forked(int(self._socket.recv(32)), ended)

    def close(self) -> None:
        if self._socket is not None and self._process is not None:
            self._socket.close()
            self._process.wait()


def main() -> None:
    server = socket.socket(fileno=os.dup(0))
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    with importing():
        for name in ("app.cli.server", "app.worker"):
            importlib.import_module(name)
        for name in importlib.import_module("app.bootstrap").PRELOAD:
            importlib.import_module(name)
    telling: dict[int, int] = {}
    wake, ring = os.pipe()
    os.set_blocking(ring, False)
    signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([server, wake], [], [])
        if wake in ready:
            os.read(wake, 512)
            _tell_ends(telling)
        if server in ready:
            request, descriptors, _, _ = socket.recv_fds(server, _REQUEST_BYTES, 3)
            if not request:
                return
            out, err, tell = descriptors
            pid = os.fork()
            if not pid:
                _live(json.loads(request), out, err)
            telling[pid] = tell
            os.close(out)
            os.close(err)
            server.sendall(str(pid).encode())


def _tell_ends(telling: dict[int, int]) -> None:
    for pid in tuple(telling):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            tell = telling.pop(pid)
            os.write(tell, str(os.waitstatus_to_exitcode(status)).encode())
            os.close(tell)


def _live(request: dict[str, object], out: int, err: int) -> None:
    """The whole life of a worker."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.closerange(3, _MOST_FILES)
        os.environ.clear()
        os.environ.update(request["environment"])  # pyright: ignore[reportArgumentType]
        _run(request["module"])
        code = 0
    except Exception:
        traceback.print_exc()
        raise
    finally:
        os._exit(code)


def _run(module: object) -> None:
    if module is None:
        importlib.import_module("app.cli.server").worker()
    else:
        runpy.run_module(str(module), run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
