"""Errors as HTTP answers: ``{"detail", "code", ...facts}``, and FastAPI's own shape for a payload that is not valid."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, cast

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from app.core.errors import TenexError
from app.core.idempotency import Answer

MOST_FAULTS = 50
LONGEST_ECHO = 200
_LARGEST_ECHO = 10**18
#: What is in them is not told again, wrong as it may be.
_SECRET_FIELDS = frozenset({"key", "password", "secret"})
log = structlog.get_logger(__name__)


def answer_error(error: TenexError) -> Response:
    """The answer to a named error; those that are not the client's doing are logged."""
    if error.status >= 500:
        log.error("a request failed", code=error.code, error=error.message, exc_info=error)
    return JSONResponse(json_safe(error.as_body()), status_code=error.status, headers=dict(error.headers))


def answer_unexpected(error: Exception, *, request_id: str) -> Response:
    """The answer to an error nobody expected: logged whole, told without a word about the inside."""
    log.error("a request failed unexpectedly", exc_info=error)
    detail = f"Something went wrong on the server. It was logged: tell its operator this request id, {request_id}."
    return JSONResponse(
        {"detail": detail, "code": TenexError.code, "request_id": request_id},
        status_code=500,
    )


def answer_invalid(error: RequestValidationError) -> Response:
    """422, with the first faults, and no more of the input than helps to find them."""
    return JSONResponse({"detail": [_fault(fault) for fault in error.errors()[:MOST_FAULTS]]}, status_code=422)


def answer_kept(answer: Answer) -> Response:
    """An answer that is given once or again, byte for byte the same; the header tells which."""
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else {}
    return Response(answer.body, status_code=answer.status, media_type="application/json", headers=headers)


def _fault(fault: Mapping[str, Any]) -> dict[str, Any]:
    place = [_short(step) if isinstance(step, str) else step for step in fault["loc"]]
    told = {"type": fault["type"], "loc": place, "msg": _short(fault["msg"])}
    given = fault.get("input")
    if _SECRET_FIELDS.intersection(map(str, fault["loc"])):
        return told
    if isinstance(given, str):
        told["input"] = _short(given)
    elif isinstance(given, float | bool) or (isinstance(given, int) and abs(given) < _LARGEST_ECHO):
        told["input"] = json_safe(given)
    return told


def _short(text: str) -> str:
    kept = text if len(text) <= LONGEST_ECHO else f"{text[:LONGEST_ECHO]}..."
    return str(json_safe(kept))


def json_safe(value: Any) -> Any:
    """The value as something JSON can hold: half characters and infinities are replaced, objects become their text."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value)
        return {str(key): json_safe(item) for key, item in pairs.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [json_safe(item) for item in cast("Iterable[object]", value)]
    return json_safe(str(value))
