"""What benchmarks measure with: processor time and memory of whole process trees, and the line they end with."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import psutil


def report(name: str, **figures: float) -> None:
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}
    print(f"BENCH {json.dumps({'name': name, **rounded})}", flush=True)


def cpu_of(roots: Sequence[int]) -> float:
    """Processor seconds of processes and all below them: the living by their own clocks, the dead by their parents'."""
    total = 0.0
    for process in _trees(roots):
        try:
            times: Any = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def children_of(roots: Sequence[int]) -> float:
    """Processor seconds of all processes below these that have ended."""
    nurseries = [child for root in roots for child in psutil.Process(root).children()]
    times: list[Any] = [process.cpu_times() for process in nurseries]
    return sum(each.children_user + each.children_system for each in times)


def _trees(roots: Sequence[int]) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for pid in roots:
        try:
            root = psutil.Process(pid)
            found += [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
    return found


class MemoryWatch:
    """The largest proportional size, in MB, that any one of the process trees had."""

    def __init__(self, roots: Sequence[int], *, every_s: float = 0.25) -> None:
        self._roots, self._every_s = roots, every_s
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak_mb = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(self._every_s):
            for root in self._roots:
                self.peak_mb = max(self.peak_mb, sum(_share(process) for process in _trees([root])))


def _share(process: psutil.Process) -> float:
    try:
        full: Any = process.memory_full_info()
    except psutil.Error:
        return 0.0
    return getattr(full, "pss", full.rss) / 1e6
