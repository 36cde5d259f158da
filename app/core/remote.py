"""What a client of the API meets: no answer, or the API's own error told again."""

from __future__ import annotations

from typing import Any

import httpx2

from app.core.errors import TenexError, Unavailable


class ApiUnreachable(Unavailable):
    code = "api_unreachable"


class ApiRefused(TenexError):
    """The API's own error, with its code."""

    def __init__(self, message: str, *, status: int, code: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def refusal_of(answer: httpx2.Response) -> ApiRefused:
    """The error that an answer tells of; also when it comes from something that is not the API."""
    try:
        body: Any = answer.json()
        message, code = str(body["detail"]), str(body.get("code", "invalid_request"))
    except (ValueError, TypeError, KeyError, AttributeError):
        message, code = f"The API answered {answer.status_code}: {answer.text[:500]}", "invalid_answer"
    return ApiRefused(message, status=answer.status_code, code=code)
