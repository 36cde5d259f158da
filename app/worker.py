"""A worker process: starts the engine, registers the workflows, and runs until it is told to stop."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

import structlog

from app.bootstrap import build_platform, build_worker
from app.core.migrations import migrate
from app.core.settings import Settings

log = structlog.get_logger(__name__)


def run(settings: Settings, *, parent_pid: int | None = None) -> None:
    """Work until SIGTERM or SIGINT, or until the process ``parent_pid`` is gone."""
    migrate(settings.database)
    platform = build_platform(settings)
    platform.nursery.start()
    engine, workflows = build_worker(platform)
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    engine.start(workflows)
    log.info("worker ready", executor=engine.executor_id, pid=os.getpid())
    while not stopping.wait(1.0):
        if parent_pid is not None and os.getppid() != parent_pid:
            break
    engine.stop()
    platform.close()


if __name__ == "__main__":
    run(Settings.load())
