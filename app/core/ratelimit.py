"""So many requests a minute for each API key, and for each address that sends none that works.

Counts are kept by this process: several API processes allow as many times the limit.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.answers import answer_error
from app.core.errors import TenexError

WINDOW_S = 60.0
UNLIMITED = ("/health", "/metrics", "/files/", "/uploads/", "/storyboards/")


class RateLimited(TenexError):
    """More requests than allowed; in the platform's own shape for this one error."""

    status = 429
    code = "rate_limited"
    retryable = True

    def __init__(self, allowance: Allowance) -> None:
        self._retry_after_s = max(1, math.ceil(allowance.resets_in_s))
        self._standing = allowance.headers
        super().__init__(f"More than {allowance.limit} requests in a minute. Try again in {self._retry_after_s} s.")

    def as_body(self) -> dict[str, Any]:
        return {"error": self.code, "message": self.message} | super().as_body()

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self._retry_after_s), **self._standing}


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Where one caller stands: ``used`` of ``limit`` requests, until the window ends in ``resets_in_s`` seconds."""

    limit: int
    used: int
    resets_in_s: float

    @property
    def exceeded(self) -> bool:
        return self.used > self.limit

    @property
    def headers(self) -> dict[str, str]:
        """As in the IETF draft on RateLimit header fields."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "RateLimit-Reset": str(math.ceil(self.resets_in_s)),
        }


class FixedWindows:
    """Counts by caller, in windows that start with a caller's first request. For use by one thread."""

    def __init__(self, limit: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock = limit, clock
        self._windows: dict[str, tuple[float, int]] = {}
        self._next_sweep = clock() + WINDOW_S

    @property
    def callers(self) -> int:
        """How many callers are remembered: those of the last two minutes at most."""
        return len(self._windows)

    def hit(self, caller: str) -> Allowance:
        """Count one more request, and say where that leaves the caller."""
        return self._count(caller, 1)

    def look(self, caller: str) -> Allowance:
        """Where the caller would stand with one more request."""
        standing = self._count(caller, 0)
        return Allowance(limit=standing.limit, used=standing.used + 1, resets_in_s=standing.resets_in_s)

    def _count(self, caller: str, more: int) -> Allowance:
        now = self._clock()
        self._sweep(now)
        started, used = self._windows.get(caller, (now, 0))
        if now - started >= WINDOW_S:
            started, used = now, 0
        if more:
            self._windows[caller] = (started, used + more)
        return Allowance(limit=self._limit, used=used + more, resets_in_s=started + WINDOW_S - now)

    def _sweep(self, now: float) -> None:
        if now < self._next_sweep:
            return
        self._next_sweep = now + WINDOW_S
        self._windows = {key: window for key, window in self._windows.items() if now - window[0] < WINDOW_S}


class RateLimit:
    """Pure ASGI: refuses with 429, and tells every caller where they stand.

    A caller is the digest of the whole credentials, so that nobody can use up the allowance of a key by knowing its
    prefix. An answer of 401 counts against the address as well: inventing a new key for each request does not help.
    """

    def __init__(self, app: ASGIApp, *, windows: FixedWindows, unlimited: Iterable[str] = UNLIMITED) -> None:
        self._app, self._windows, self._unlimited = app, windows, tuple(unlimited)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._unlimited):
            await self._app(scope, receive, send)
            return
        address, credentials = _address(scope), Headers(scope=scope).get("authorization")
        allowance = self._standing_of(credentials, address)
        if allowance.exceeded:
            await answer_error(RateLimited(allowance))(scope, receive, send)
            return

        async def send_with_standing(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(allowance.headers)
                if credentials is not None and message["status"] == 401:
                    self._windows.hit(address)
            await send(message)

        await self._app(scope, receive, send_with_standing)

    def _standing_of(self, credentials: str | None, address: str) -> Allowance:
        if credentials is None:
            return self._windows.hit(address)
        refused = self._windows.look(address)
        return refused if refused.exceeded else self._windows.hit(_digest(credentials))


def _digest(credentials: str) -> str:
    return hashlib.sha256(credentials.encode()).hexdigest()


def _address(scope: Scope) -> str:
    """The client's address; of an IPv6 one the first half, which is what one customer of a provider has."""
    host = scope["client"][0] if scope.get("client") else "unknown"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)
