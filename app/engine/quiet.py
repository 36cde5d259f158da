"""The log of the engine, less what is no news: a cancelled workflow is no error, leaving work to others no warning."""

from __future__ import annotations

import logging

from dbos import error as dbos_error

_CANCELLED = (dbos_error.DBOSAwaitedWorkflowCancelledError, dbos_error.DBOSWorkflowCancelledError)


class _NoNews(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], _CANCELLED))


def quiet_engine_log() -> None:
    """Errors only, and not those that a cancellation raises."""
    log = logging.getLogger("dbos")
    log.setLevel(logging.ERROR)
    log.addFilter(_NoNews())
