"""A scene for each test; no process of it is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.faults.scene import Scene, scene


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Scene]:
    """On SQLite. When it is closed, all that its workers started is gone."""
    with scene(tmp_path / "data") as opened:
        yield opened
        started = [child for worker in opened.workers for child in _below(worker.pid)]
    assert not psutil.wait_procs(started, timeout=10)[1]


def _below(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
