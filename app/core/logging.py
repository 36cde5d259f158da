"""Logs: structured, for people or for machines, without secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.core.settings import Settings

REDACTED = "[redacted]"
#: Libraries that tell of every start and migration of theirs, and advise against SQLite, which is our default.
_CHATTY = ("dbos", "mcp.server.streamable_http_manager")
_SECRET_NAMES = frozenset({"authorization", "cookie", "password", "secret", "webhook_secret", "jwt_key", "plaintext"})
_SECRETS = re.compile(
    r"(tnx_[a-z0-9]+_)[A-Za-z0-9_-]+|((?i:bearer)\s+)[A-Za-z0-9._~+/=-]+|(://[^:/@\s]*:)[^@/\s]+(?=@)"
)


def configure_logging(settings: Settings) -> None:
    """Sends this process's logs, also those of libraries, to standard error in the format that was set."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_last_processors(settings))
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))


def _last_processors(settings: Settings) -> list[Processor]:
    as_json = settings.log_format == "json"
    renderer: Processor = (
        structlog.processors.JSONRenderer(default=str)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redact,
        renderer,
    ]


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A processor that blanks API keys, bearer tokens, passwords in URLs, and fields that are named like secrets."""
    return _redacted(event)


def _redacted(pairs: Mapping[Any, object]) -> dict[Any, object]:
    return {
        name: REDACTED if str(name).lower() in _SECRET_NAMES else _without_secrets(value)
        for name, value in pairs.items()
    }


def _without_secrets(value: object) -> object:
    if isinstance(value, str):
        return _SECRETS.sub(lambda match: f"{match[1] or match[2] or match[3]}{REDACTED}", value)
    if isinstance(value, dict):
        return _redacted(cast("dict[object, object]", value))
    if isinstance(value, list | tuple):
        return [_without_secrets(item) for item in cast("Sequence[object]", value)]
    return value
