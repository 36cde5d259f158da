"""A worker process: starts the engine, registers the workflows, and runs until it is told to stop."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import threading
from collections.abc import Generator
from types import FrameType

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.bootstrap import PRELOAD, build_housekeeping, build_platform, build_worker, prepare
from app.core.errors import TenexError
from app.core.settings import Settings
from app.engine.durable import Durable
from app.media.children import Nursery
from app.modules.videos.clips.searching import SearchWatch
from app.modules.videos.filing.watch import FilingWatch
from app.modules.videos.pipeline.watch import Watch

WATCH_EVERY_S = 5
PRUNE_EVERY_S = 600
#: How long the engine remembers what it did. Jobs, receipts and files are kept by the application itself.
HISTORY_S = 86_400.0
#: The workflows that are asked for; the others are their children, and go with them.
ORDERED = ("render", "intake", "file", "moments")
log = structlog.get_logger(__name__)


def run(settings: Settings, *, parent_pid: int | None = None, durable: Durable | None = None) -> None:
    """Work until SIGTERM or SIGINT, or until the process ``parent_pid`` is gone."""
    nursery = Nursery(PRELOAD)
    nursery.start()  # first, while nothing is open yet that it should not have
    prepare(settings)
    platform = build_platform(settings, nursery)
    engine, workflows = build_worker(platform, durable)
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    engine.start(workflows)
    log.info("worker ready", executor=engine.executor_id, pid=os.getpid())
    housekeeping = build_housekeeping(platform)
    housekeeping.start()
    watch = Watch(database=platform.database, settlement=platform.settlement, flows=engine)
    filing = FilingWatch(database=platform.database, flows=engine)
    searches = SearchWatch(database=platform.database, flows=engine)
    for tick in itertools.count(1):
        if stopping.wait(1.0) or (parent_pid is not None and os.getppid() != parent_pid):
            break
        with _outages_logged():
            if tick % WATCH_EVERY_S == 0:
                watch.look()
                filing.look()
                searches.look()
            if tick % PRUNE_EVERY_S == 0:
                engine.prune(ORDERED, older_than_s=HISTORY_S)
    housekeeping.stop()
    engine.stop()
    platform.close()


@contextlib.contextmanager
def _outages_logged() -> Generator[None]:
    """A database that does not answer for a while must not end the worker."""
    try:
        yield
    except (SQLAlchemyError, TenexError) as error:
        log.warning("could not look after jobs, trying again", error=str(error))


if __name__ == "__main__":
    run(Settings.load())
