"""Run a function in a limited child process that can be killed at any time (see ``nursery``)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from app.media.errors import ChildFailed, ChildLost, ToolTimedOut
from app.media.nursery import forked
from app.media.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one child may use."""

    memory_mb: int = 4096  # address space, which libraries reserve generously
    cpu_s: int = 3600
    nice: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a child returned, and what it used."""

    result: dict[str, Any]
    usage: Usage


#: Heavy imports of the renderers; a name that is missing would stop the nursery from starting.
PRELOAD = ("numpy", "cv2", "av", "thorvg_python", "espeakng_loader", "app.modules.videos.pipeline.children")


#: One thread to a child, and memory in large pages where the kernel offers them: 3 to 8 % less time for a chunk.
#: Libraries read it as they are loaded.
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}


class Nursery:
    """Owns the warm process. ``close`` ends it with all its children."""

    def __init__(self, preload: Sequence[str] = PRELOAD) -> None:
        self._preload = tuple(preload)
        self._lock = threading.Lock()
        self._await_end: Callable[[], object] = lambda: None
        self._socket: socket.socket | None = None

    def start(self) -> None:
        """Now, so that the first task need not wait for it. In a process that was started in ``ENVIRONMENT`` and has
        but one thread, it is forked from that: what both import is imported once, and held in memory once.
        """
        with self._lock:
            if sys.platform == "linux" and ENVIRONMENT.keys() <= os.environ.keys() and threading.active_count() == 1:
                self._forked()
            else:
                self._started()

    def close(self) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.close()
            self._await_end()
            self._await_end, self._socket = (lambda: None), None

    async def run(
        self,
        target: str,
        task: dict[str, Any],
        *,
        deadline_s: float,
        limits: Limits | None = None,
        on_told: Callable[[Any], None] | None = None,
    ) -> Outcome:
        """Run ``module:function`` with ``task`` and wait for its result. ``on_told`` hears what it tells until then.

        Raises ``ToolTimedOut`` at the deadline, ``ChildFailed`` with the child's own error, ``ChildLost`` when it died.
        However this ends, also by cancellation, no process of the child is left.
        """
        body = json.dumps({"target": target, "task": task, "limits": asdict(limits or Limits())}).encode()
        child = await self._born(body)
        try:
            async with asyncio.timeout(deadline_s):
                return await child.listen(on_told)
        except TimeoutError as error:
            raise ToolTimedOut(f"{target} did not finish within {deadline_s:g} s and was stopped.") from error
        finally:
            child.kill()

    async def _born(self, body: bytes) -> _Child:
        birth = asyncio.ensure_future(asyncio.to_thread(self._submit, body))
        try:
            return await asyncio.shield(birth)
        except asyncio.CancelledError:
            (await birth).kill()
            raise

    def _submit(self, body: bytes) -> _Child:
        """A child that has said hello. A nursery that was killed says nothing: another is started, once."""
        child = self._asked(body) or self._asked(body)
        if child is None:
            raise ChildLost("No rendering process could be started: the one that starts them ended at once.")
        return child

    def _asked(self, body: bytes) -> _Child | None:
        ours, theirs = os.pipe()
        with self._lock:
            connection = self._started()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._deliver(connection, body, theirs)
        os.close(theirs)
        child = _Child(ours)
        if child.born:
            return child
        child.kill()
        with self._lock:
            if self._socket is connection:
                self._socket = None
        return None

    @staticmethod
    def _deliver(connection: socket.socket, body: bytes, pipe: int) -> None:
        socket.send_fds(connection, [len(body).to_bytes(4, "big")], [pipe])
        connection.sendall(body)

    def _forked(self) -> None:
        ours, theirs = socket.socketpair()
        pid = forked(self._preload, ours, theirs)
        self._await_end, self._socket = partial(os.waitpid, pid, 0), ours
        theirs.close()

    def _started(self) -> socket.socket:
        if self._socket is None:
            ours, theirs = socket.socketpair()
            environment = ENVIRONMENT | os.environ
            command = [sys.executable, "-m", "app.media.nursery", *self._preload]
            process = subprocess.Popen(command, stdin=theirs.fileno(), env=environment)
            self._await_end, self._socket = partial(process.wait, timeout=10), ours
            theirs.close()
        return self._socket


class _Child:
    """One running child; ``pipe`` is where it talks, and its first line says which process group it leads."""

    def __init__(self, pipe: int) -> None:
        self._pipe = os.fdopen(pipe, "rb", buffering=0)  # unbuffered: what follows the first line is read elsewhere
        self._transport: asyncio.ReadTransport | None = None
        hello = self._pipe.readline()
        self._pid: int | None = json.loads(hello)["pid"] if hello else None
        self.born = bool(hello)

    async def listen(self, on_told: Callable[[Any], None] | None) -> Outcome:
        reader = asyncio.StreamReader(limit=16 * 1024 * 1024)
        protocol = asyncio.StreamReaderProtocol(reader)
        self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, self._pipe)
        while line := await reader.readline():
            message: dict[str, Any] = json.loads(line)
            if "told" in message:
                if on_told is not None:
                    on_told(message["told"])
            elif "error" in message:
                error = message["error"]
                raise ChildFailed(error["message"], code=error["code"], retryable=error["retryable"])
            else:
                self._pid = None
                return Outcome(result=message["result"], usage=Usage(**message["usage"]))
        raise ChildLost("A rendering process ended without a word: it was killed, or the machine ran out of memory.")

    def kill(self) -> None:
        """Kill what is left of the child and of all it started."""
        (self._transport or self._pipe).close()
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)
