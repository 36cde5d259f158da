"""The edge of the HTTP API: every request has an id, every error has the same shape.

From the outside in: ``MeasureRequests``, ``Boundary`` (request id, access log, errors), ``RateLimit``, ``CheckBodies``,
the application. All are pure ASGI: ``@app.middleware("http")`` costs 110 microseconds a request.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.answers import answer_error, answer_invalid, answer_unexpected
from app.core.bodies import CheckBodies
from app.core.errors import TenexError
from app.core.ids import new_id
from app.core.metrics import MeasureRequests, Metrics, route_of
from app.core.ratelimit import UNLIMITED, FixedWindows, RateLimit
from app.core.settings import Settings

REQUEST_ID = "X-Request-Id"
_REQUEST_ID_FORM = re.compile(r"[A-Za-z0-9._-]{1,128}")
_QUIET = ("/health", "/metrics")
log = structlog.get_logger(__name__)


def install_edge(
    app: FastAPI,
    *,
    settings: Settings,
    metrics: Metrics,
    unlimited: Iterable[str] = UNLIMITED,
    streamed: Iterable[str] = (),
) -> None:
    """Puts the edge around an application: middleware and error handlers.

    ``unlimited`` are path prefixes without a rate limit, ``streamed`` those whose bodies are not read ahead.
    """
    # Starlette calls the one that was added last first.
    app.add_middleware(CheckBodies, most_bytes=settings.max_body_bytes, streamed=tuple(streamed))
    app.add_middleware(RateLimit, windows=FixedWindows(settings.rate_limit_per_minute), unlimited=tuple(unlimited))
    app.add_middleware(Boundary)
    app.add_middleware(MeasureRequests, metrics=metrics)
    app.add_exception_handler(TenexError, _on_tenex_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid)


class Boundary:
    """Pure ASGI: names the request, logs its answer, and turns whatever escapes into an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _REQUEST_ID_FORM.fullmatch(given) else new_id()
        status, began = 0, time.perf_counter()

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_named)
            # The boundary: nothing above could do better than to answer and to log.
            except Exception as error:
                if status:
                    log.exception("a request failed after its answer had begun", route=route_of(scope))
                    raise
                named = isinstance(error, TenexError)
                answer = answer_error(error) if named else answer_unexpected(error, request_id=request_id)
                await answer(scope, receive, send_named)
            finally:
                _log_access(scope, status, time.perf_counter() - began)


async def _on_tenex_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, TenexError)
    return answer_error(error)


_CODES = {401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "payload_too_large"}


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """What the router itself answers: no such path, or not with this method."""
    assert isinstance(error, HTTPException)
    detail = str(error.detail)
    if error.status_code == 404 and detail == "Not Found":
        detail = "There is nothing at this address. /openapi.json lists what there is."
    elif error.status_code == 405:
        detail = f"{request.method} is not possible at this address. /openapi.json lists what is."
    code = _CODES.get(error.status_code, "invalid_request" if error.status_code < 500 else "internal_error")
    return JSONResponse({"detail": detail, "code": code}, status_code=error.status_code, headers=error.headers)


async def _on_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return answer_invalid(error)


def _log_access(scope: Scope, status: int, seconds: float) -> None:
    if scope["path"] in _QUIET:
        return
    # The template, not the path: a download link is as good as the file.
    route = route_of(scope)
    log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))
