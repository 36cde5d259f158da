"""What workers do beside their work: give up abandoned uploads, remove what nothing points to, forget old answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.core.chores import Chores
from app.core.errors import TenexError

LOOK_EVERY_S = 20.0
log = structlog.get_logger(__name__)


#: How often, and what to do. It is handed a question to ask now and then: whether to go on.
Chore = tuple[timedelta, Callable[[Callable[[], bool]], object]]


class Housekeeping:
    """A thread of its own, since going through a large storage takes hours.

    Stopping ends a long chore at its next question whether to go on.
    """

    def __init__(self, chores: Chores, work: Mapping[str, Chore]) -> None:
        self._chores, self.work = chores, work
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_on, name="housekeeping", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=5)

    def _going_on(self) -> bool:
        return not self._stopping.is_set()

    def _keep_on(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            for name, (every, work) in self.work.items():
                self._do(name, every, work)

    def _do(self, name: str, every: timedelta, work: Callable[[Callable[[], bool]], object]) -> None:
        """Whatever goes wrong in a chore must not end the others: it comes round again."""
        try:
            if self._going_on() and self._chores.claim(name, every=every):
                done = work(self._going_on)
                log.info("housekeeping", chore=name, done=done)
        except (SQLAlchemyError, TenexError, OSError) as error:
            log.warning("housekeeping failed, it will be tried again", chore=name, error=str(error))
        except Exception:
            log.exception("housekeeping failed unexpectedly, it will be tried again", chore=name)
