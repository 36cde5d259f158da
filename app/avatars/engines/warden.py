"""The process that stands between a worker and an engine's program: it keeps the limits, and leaves nothing behind.

Started by its path, so that it needs nothing but Python: ``python -I -S warden.py``. The first line of its input is
what to run, as JSON (``command``, ``folder``, ``work``, ``timeout_s``, ``memory_mb``, ``disk_mb``). When its input
ends, for whatever reason, so does the program. Its one line of output is how that ended:
``{"ended", "code", "words", "cpu_s"}``, where ``ended`` is ``exit``, ``missing``, ``timeout``, ``memory``, ``disk`` or
``stopped``.

All that the program starts is killed, also what left its group or its session: on Linux, orphans become children of
this process (PR_SET_CHILD_SUBREAPER). Elsewhere only the program's group is.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

_PDEATHSIG, _SUBREAPER = 1, 36
_MEGABYTE = 1024 * 1024
#: Of what the program says, the end is kept: so much fits into the error of a job.
_WORDS = 1200
_LOOK_S, _WEIGH_S = 0.1, 1.0
#: How long it may take until what was killed is gone.
_GONE_S = 10.0
_LIBC: ctypes.CDLL | None = ctypes.CDLL(None) if sys.platform == "linux" else None


def main() -> None:
    """Run one program to its end, whichever that is."""
    task = json.loads(sys.stdin.buffer.readline())
    if _LIBC is not None:
        _LIBC.prctl(_SUBREAPER, 1, 0, 0, 0)
    reader, writer = os.pipe()
    try:
        program = _started(task, writer)
    except OSError as error:
        _say({"ended": "missing", "code": error.errno, "words": str(error)})
        return
    os.close(writer)
    said = _Watch(task, program, reader).until_it_ends()
    _kill_all(program)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    _say(said | {"cpu_s": used.ru_utime + used.ru_stime})


def _started(task: dict[str, Any], writer: int) -> subprocess.Popen[bytes]:
    memory, disk = task["memory_mb"] * _MEGABYTE, task["disk_mb"] * _MEGABYTE
    warden = os.getpid()

    def limit() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != warden:
            os._exit(1)
        os.nice(5)
        # Not the address space: drivers of graphics cards reserve far more of it than they ever use.
        _limit(resource.RLIMIT_DATA, memory)
        _limit(resource.RLIMIT_FSIZE, disk)
        _limit(resource.RLIMIT_CORE, 0)

    return subprocess.Popen(
        task["command"],
        cwd=task["folder"],
        stdin=subprocess.DEVNULL,
        stdout=writer,
        stderr=writer,
        start_new_session=True,
        preexec_fn=limit,
    )


def _limit(kind: int, most: int) -> None:
    hard = resource.getrlimit(kind)[1]
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (allowed, allowed))


class _Watch:
    """Looks at the program until it ends, or has to."""

    def __init__(self, task: dict[str, Any], program: subprocess.Popen[bytes], reader: int) -> None:
        self._task, self._program, self._reader = task, program, reader
        self._words, self._deadline = b"", time.monotonic() + task["timeout_s"]
        self._weigh_at = 0.0

    def until_it_ends(self) -> dict[str, Any]:
        with selectors.DefaultSelector() as selector:
            selector.register(0, selectors.EVENT_READ)
            selector.register(self._reader, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in selector.select(_LOOK_S)}
                if self._reader in ready and not self._heard():
                    selector.unregister(self._reader)
                ended = self._ended(stopped=0 in ready)
                if ended is not None:
                    self._hear_the_rest()
                    words = self._words.decode("utf-8", "replace").strip()
                    return {"ended": ended, "code": self._program.poll(), "words": words}

    def _ended(self, *, stopped: bool) -> str | None:
        if stopped:
            return "stopped"
        if self._program.poll() is not None:
            return "exit"
        now = time.monotonic()
        if now >= self._deadline:
            return "timeout"
        if now < self._weigh_at:
            return None
        self._weigh_at = now + _WEIGH_S
        if _written(self._task["work"]) > self._task["disk_mb"] * _MEGABYTE:
            return "disk"
        return "memory" if _weighs_more(self._task["memory_mb"] * _MEGABYTE) else None

    def _heard(self) -> bool:
        words = os.read(self._reader, 65_536)
        self._words = (self._words + words)[-_WORDS:]
        return bool(words)

    def _hear_the_rest(self) -> None:
        """What lies in the pipe; children that live on may hold it open."""
        os.set_blocking(self._reader, False)
        with contextlib.suppress(BlockingIOError):
            while self._heard():
                pass


def _written(work: str) -> int:
    """Bytes on the disk below a folder."""
    total = 0
    for folder, _, files in os.walk(work):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512
    return total


def _weighs_more(limit: int) -> bool:
    """Whether all processes together hold more; what they share is only counted once, which takes longer to find."""
    below = _below(os.getpid())
    return sum(map(_resident, below)) > limit and sum(map(_proportional, below)) > limit


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _proportional(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError), open(f"/proc/{pid}/smaps_rollup", "rb") as file:
        return sum(int(line.split()[1]) * 1024 for line in file if line.startswith(b"Pss:"))
    return 0


def _below(root: int) -> set[int]:
    """All descendants of a process."""
    parents = dict(_parents())
    found = {root}
    while grown := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= grown
    return found - {root}


def _parents() -> Iterator[tuple[int, int]]:
    if not os.path.isdir("/proc/self"):
        return
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{name}/stat", "rb") as file:
                yield int(name), int(file.read().rpartition(b")")[2].split()[1])


def _kill_all(program: subprocess.Popen[bytes]) -> None:
    """Until nothing is left: what is killed may have started something a moment before."""
    give_up = time.monotonic() + _GONE_S
    while time.monotonic() < give_up:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(program.pid, signal.SIGKILL)
        for pid in _below(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)


def _say(said: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps({"cpu_s": 0.0} | said), flush=True)  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
