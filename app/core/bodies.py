"""What request bodies may be: not too large, and JSON that can be stored."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import cast

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.answers import answer_error
from app.core.errors import InvalidRequest, TenexError, TooLarge


class InvalidText(InvalidRequest):
    code = "invalid_text"


class InvalidJson(InvalidRequest):
    code = "invalid_json"


class CheckBodies:
    """Pure ASGI: reads a body whole before the application sees it, up to ``most_bytes``, and looks at its JSON.

    Paths below ``streamed`` are passed on unread: they bring their own limits.
    """

    def __init__(self, app: ASGIApp, *, most_bytes: int, streamed: Iterable[str] = ()) -> None:
        self._app, self._most_bytes, self._streamed = app, most_bytes, tuple(streamed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            checked = await self._checked(scope, receive)
        except TenexError as error:
            await answer_error(error)(scope, receive, send)
            return
        if checked is not None:
            await self._app(scope, checked, send)

    async def _checked(self, scope: Scope, receive: Receive) -> Receive | None:
        """Where the application receives the request from; None if the client left before its end."""
        check_address(scope)
        headers = Headers(scope=scope)
        if not _has_body(headers) or scope["path"].startswith(self._streamed):
            return receive
        body = await self._read(headers, receive)
        if body is None:
            return None
        if "json" in headers.get("content-type", ""):
            check_json(body)
        return _replay(body, receive)

    async def _read(self, headers: Headers, receive: Receive) -> bytes | None:
        """The body, or None if the client left before its end."""
        declared = headers.get("content-length", "")
        if declared.isdigit() and int(declared) > self._most_bytes:
            raise self._too_large()
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self._most_bytes:
                raise self._too_large()
            if not message.get("more_body", False):
                return bytes(body)

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"The body of this request is larger than {self._most_bytes} bytes, the most that is read. Send less.",
            extra={"limit": self._most_bytes},
        )


def check_address(scope: Scope) -> None:
    """Raises InvalidText for a NUL in path or query: no database column could hold it."""
    if "\0" in scope["path"] or b"%00" in scope.get("query_string", b""):
        raise InvalidText("The address holds a NUL character (%00). Remove it.")


def check_json(body: bytes) -> None:
    """Raises InvalidText or InvalidJson for what Python would read and a database or a client could not.

    What is not JSON at all passes: the application says so with the place of the mistake.
    """
    try:
        text = body.decode()
        value = json.loads(text.removeprefix("\ufeff"), parse_constant=_refuse_constant, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise InvalidText(f"The body is not UTF-8 (byte {error.start}). JSON is sent as UTF-8.") from error
    except RecursionError as error:
        raise InvalidJson("The body is nested too deeply to be read.") from error
    except ValueError:
        return
    # A parsed string can hold neither unless it was written as an escape.
    if "\\u" in text:
        _check_strings(value)


def _refuse_constant(name: str) -> float:
    raise InvalidJson(f"{name} is not JSON. Send a number, a string or null.")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise InvalidJson(f"{digits[:40]} is too large a number to be read.")
    return number


def _check_strings(value: object) -> None:
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            _check_string(part)
        elif isinstance(part, dict):
            for name, item in cast("dict[str, object]", part).items():
                waiting += (name, item)
        elif isinstance(part, list):
            waiting += cast("list[object]", part)


def _check_string(text: str) -> None:
    if "\0" in text:
        raise InvalidText("A text in the body holds a NUL character (\\u0000). Remove it.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        surrogate = f"\\u{ord(text[error.start]):04x}"
        raise InvalidText(
            f"A text in the body holds half of a character ({surrogate} without its other half). Send whole characters."
        ) from error


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
