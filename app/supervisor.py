"""Keeps child processes running: starts them, starts again those that die, and leaves none behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

_LOOK_EVERY_S = 0.2
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
#: A program that ran this long was well: its next death counts as the first one again.
_WELL_AFTER_S = 20.0
_LAST_LINES = 12
_SWEEP_LOOKS, _SWEEP_LOOK_S = 25, 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run. ``descriptors`` stay open in it; ``log`` takes what it prints, else it prints where we do."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    descriptors: tuple[int, ...] = ()
    log: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Died:
    """A program ended by itself. ``pause_s``: how long until it is started again; None when it was given up."""

    program: Program
    code: int
    pause_s: float | None

    def __str__(self) -> str:
        how = f"was killed by signal {-self.code}" if self.code < 0 else f"ended with code {self.code}"
        then = "giving up" if self.pause_s is None else f"starting it again in {self.pause_s:g} s"
        return f"{self.program.name} {how}; {then}"


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    again_at: float = 0.0

    def launch(self) -> None:
        with contextlib.ExitStack() as files:
            out: IO[bytes] | None = None
            if self.program.log is not None:
                self.program.log.parent.mkdir(parents=True, exist_ok=True)
                out = files.enter_context(self.program.log.open("ab"))
            self.process = subprocess.Popen(
                self.program.command,
                env=self.program.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                pass_fds=self.program.descriptors,
                # A session of its own: a Ctrl-C at the terminal reaches only us, and we stop the children in order.
                start_new_session=True,
            )
        self.started = time.monotonic()

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, number)

    def sweep(self) -> None:
        """Let what a child that is gone left in its group end by itself, and kill what does not."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            self._await_group()
            os.killpg(self.process.pid, signal.SIGKILL)
            self._await_group()

    def _await_group(self) -> None:
        """Wait a little for the group to be gone; ProcessLookupError says that it is."""
        assert self.process is not None
        for _ in range(_SWEEP_LOOKS):
            os.killpg(self.process.pid, 0)
            time.sleep(_SWEEP_LOOK_S)


class Supervisor:
    """A context: the programs run inside it, watched by a thread, and none is left after it.

    ``tell`` hears of each death. With ``patience`` a program that dies that often in a row, without being well in
    between, is given up and ``lost`` is set; without it, it is started again for ever.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        tell: Callable[[Died], None],
        patience: int | None = None,
        grace_s: float = 4.0,
    ) -> None:
        self._children = [_Child(program) for program in programs]
        self._tell, self._patience, self._grace_s = tell, patience, grace_s
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._look_after_all, name="supervisor", daemon=True)
        self.lost: Died | None = None

    def __enter__(self) -> Supervisor:
        try:
            for child in self._children:
                child.launch()
        except OSError:
            self.kill()
            raise
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that run now."""
        running = (child.process for child in self._children)
        return tuple(process.pid for process in running if process is not None and process.returncode is None)

    def stop(self) -> None:
        """Ask every child to end, kill those that do not within the grace, and wait for all. Idempotent."""
        self._stopping.set()
        if self._watch.is_alive():
            self._watch.join()
        for child in self._children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + self._grace_s
        for child in self._children:
            self._await_end(child, deadline)

    def kill(self) -> None:
        """End every child now. May be called from a signal handler while ``stop`` waits."""
        self._stopping.set()
        for child in self._children:
            child.signal(signal.SIGKILL)

    @staticmethod
    def _await_end(child: _Child, deadline: float) -> None:
        if child.process is None:
            return
        try:
            child.process.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.signal(signal.SIGKILL)
            child.process.wait()
        child.sweep()

    def _look_after_all(self) -> None:
        while not self._stopping.wait(_LOOK_EVERY_S):
            for child in self._children:
                self._look_after(child)

    def _look_after(self, child: _Child) -> None:
        if child.process is not None:
            if child.process.poll() is None:
                return
            self._note_death(child, child.process.returncode)
        elif self.lost is None and time.monotonic() >= child.again_at and not self._stopping.is_set():
            child.launch()

    def _note_death(self, child: _Child, code: int) -> None:
        child.sweep()
        child.process = None
        child.deaths = 1 if time.monotonic() - child.started > _WELL_AFTER_S else child.deaths + 1
        given_up = self._patience is not None and child.deaths >= self._patience
        pause = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (child.deaths - 1))
        child.again_at = time.monotonic() + pause
        died = Died(program=child.program, code=code, pause_s=None if given_up else pause)
        if given_up:
            self.lost = died
        self._tell(died)


def last_lines(log: Path) -> str:
    """The end of what a program printed, for an error message; empty when there is nothing."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-_LAST_LINES:])
