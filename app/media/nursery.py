"""The warm process that children are forked from.

It has imported the heavy modules, and forks a child per task: that costs milliseconds where a fresh interpreter costs
two seconds. A worker forks it from itself as it begins, so that both share what they imported (``forked``); elsewhere,
and in place of one that was killed, it is started as ``python -m app.media.nursery MODULE...``. It knows the worker
only by a socket; when that closes, for whatever reason, it kills its children and leaves. Children also carry a
parent-death signal.

Protocol, over the socket: a frame is a 4-byte big-endian length and that many bytes of JSON,
``{"target": "module:function", "task": {...}, "limits": {...}}``, sent along with the writing end of a pipe. The child
writes JSON lines to the pipe: ``{"pid"}`` first, ``{"told"}`` any number of times, then ``{"result", "usage"}`` or
``{"error"}``.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict
from types import FrameType
from typing import Any, TextIO

from app.core.errors import TenexError, storage_full
from app.media.ffmpeg import die_with_parent, keep_memory, name_process
from app.media.usage import Usage

MEGABYTE = 1024 * 1024
#: More than a process may have open.
_MOST_FILES = 1 << 20
Task = dict[str, Any]
#: How far it is (0..1), or what else a target tells while it runs, as plain JSON.
Tell = Callable[[Any], None]
#: A target takes its task, and returns plain JSON.
Target = Callable[[Task, Tell], dict[str, Any]]


def main() -> None:
    """Serve the worker on standard input until it goes away."""
    worker = socket.socket(fileno=os.dup(0))
    with importing():
        for name in sys.argv[1:]:
            importlib.import_module(name)
    _serve(worker)


@contextlib.contextmanager
def importing() -> Generator[None]:
    """What is made meanwhile stays for ever: it is not looked through for garbage, neither now, which takes a sixth of
    the time, nor later, when forked processes would lose the memory that they share.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def forked(names: Sequence[str], ours: socket.socket, theirs: socket.socket) -> int:
    """Fork one that serves ``ours`` at ``theirs``, and return its process id. This process must have no other thread,
    and no file open that matters.
    """
    with importing():
        for name in names:
            importlib.import_module(name)
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        ours.close()
        os.closerange(3, theirs.fileno())
        os.closerange(theirs.fileno() + 1, _MOST_FILES)
        name_process("nursery")
        _serve(theirs)
        code = 0
    finally:
        os._exit(code)


def _serve(worker: socket.socket) -> None:
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)  # or a child would keep the connection open after us
    children: set[int] = set()
    wake, ring = os.pipe()
    os.set_blocking(ring, False)
    signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, _wake_only)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with selectors.DefaultSelector() as selector:
        selector.register(worker, selectors.EVENT_READ)
        selector.register(wake, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is worker:
                    request = _receive(worker)
                    if request is None:
                        _kill_all(children)
                        return
                    children.add(_fork(*request, worker))
                else:
                    os.read(wake, 512)
                    _reap(children)


def _wake_only(_number: int, _frame: FrameType | None) -> None:
    """A handler must exist for the wake-up descriptor to be written."""


def _receive(worker: socket.socket) -> tuple[dict[str, Any], int] | None:
    header, descriptors, _, _ = socket.recv_fds(worker, 4, 1)
    if not header:
        return None
    body = b""
    length = int.from_bytes(header, "big")
    while len(body) < length:
        part = worker.recv(length - len(body))
        if not part:
            return None
        body += part
    return json.loads(body), descriptors[0]


def _fork(request: dict[str, Any], pipe: int, worker: socket.socket) -> int:
    nursery = os.getpid()
    pid = os.fork()
    if pid:
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        os.close(pipe)
        return pid
    code = 1
    try:
        worker.close()
        code = _live(request, pipe, nursery)
    finally:
        os._exit(code)


def _live(request: dict[str, Any], pipe: int, nursery: int) -> int:
    """The whole life of a child."""
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    die_with_parent()
    if os.getppid() != nursery:
        return 1
    _limit(request["limits"])
    keep_memory()
    with os.fdopen(pipe, "w", encoding="utf-8", buffering=1) as out:
        _say(out, {"pid": os.getpid()})
        try:
            result = _target(request["target"])(request["task"], lambda what: _say(out, {"told": what}))
        except TenexError as error:
            _say(out, {"error": {"message": str(error), "code": error.code, "retryable": error.retryable}})
            return 1
        except MemoryError:
            _say(
                out,
                {
                    "error": {
                        "message": "The task needs more memory than it may use.",
                        "code": "out_of_memory",
                        "retryable": False,
                    }
                },
            )
            return 1
        except Exception as error:
            full = storage_full(error) if isinstance(error, OSError) else None
            if full is not None:
                _say(out, {"error": {"message": str(full), "code": full.code, "retryable": full.retryable}})
                return 1
            message = f"{type(error).__name__}: {error}"
            _say(out, {"error": {"message": message, "code": "child_failed", "retryable": True}})
            raise
        _say(out, {"result": result, "usage": asdict(Usage.now())})
    return 0


def _limit(limits: dict[str, int]) -> None:
    os.nice(limits["nice"])
    memory, cpu = limits["memory_mb"] * MEGABYTE, limits["cpu_s"]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _target(name: str) -> Target:
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


def _say(out: TextIO, message: dict[str, Any]) -> None:
    out.write(json.dumps(message) + "\n")


def _reap(children: set[int]) -> None:
    for pid in tuple(children):
        with contextlib.suppress(ChildProcessError):
            done, _ = os.waitpid(pid, os.WNOHANG)
            if not done:
                continue
        children.discard(pid)


def _kill_all(children: set[int]) -> None:
    for pid in children:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
