"""Calling a vendor: what went out, what came back, and what that means for a request that costs money."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urljoin

from app.avatars.base import AmbiguousSubmit, ProviderBusy
from app.core.outbound import NotSent, Outbound, Unanswered

#: Between two requests, where a vendor that has too many does not say how long.
_WAIT_S, _LONGEST_WAIT_S = 10.0, 600.0
SUBMIT_ANSWER_S, READ_ANSWER_S = 110.0, 30.0
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A vendor's answer; ``told`` is empty where it is no JSON object, as of servers in between. ``rows``: what it
    holds where it is a JSON array. ``wait_s``: how long it asks to wait, if it does.
    """

    status: int
    told: Json
    wait_s: float = _WAIT_S
    rows: list[Any] | None = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """``name`` is what people call the account; ``headers`` hold its key and go to ``base_url`` only."""

    name: str
    base_url: str
    headers: Mapping[str, str]
    outbound: Outbound

    async def read(self, path: str) -> Said:
        """What costs nothing. Raises ProviderBusy where no answer came."""
        try:
            return await self._call("GET", path, {}, b"", READ_ANSWER_S)
        except (NotSent, Unanswered) as error:
            raise ProviderBusy(f"{self.name} does not answer ({error}).") from error

    async def submit(self, path: str, body: Json, headers: Mapping[str, str]) -> Said:
        """What costs money. Raises ProviderBusy if it did not leave, AmbiguousSubmit if nobody knows whether it
        arrived: no answer, one of a server in between, or one that cannot be read.
        """
        document = json.dumps(body, ensure_ascii=False).encode()
        try:
            said = await self._call("POST", path, headers, document, SUBMIT_ANSWER_S)
        except NotSent as error:
            raise ProviderBusy(f"{self.name} cannot be reached ({error}); nothing was sent.") from error
        except Unanswered as error:
            raise AmbiguousSubmit(f"{self.name} did not answer the request ({error}).") from error
        if said.status >= 500 or (said.ok and not said.told):
            raise AmbiguousSubmit(f"{self.name} answered {said.status}, without saying what became of the request.")
        return said

    async def _call(self, method: str, path: str, headers: Mapping[str, str], body: bytes, answer_s: float) -> Said:
        sent = {"Accept": "application/json", "Content-Type": "application/json", **self.headers, **headers}
        url = self.base_url.rstrip("/") + path
        answer = await self.outbound.call(method, url, headers=sent, body=body, answer_s=answer_s)
        told = _document(answer.body)
        rows = cast("list[Any]", told) if isinstance(told, list) else None
        known = cast("Json", told) if isinstance(told, dict) else {}
        return Said(status=answer.status, told=known, rows=rows, wait_s=_wait_s(answer.headers))


def _wait_s(headers: Mapping[str, str]) -> float:
    told = headers.get("retry-after") or headers.get("ratelimit-reset") or ""
    return min(float(told), _LONGEST_WAIT_S) if told.isdecimal() else _WAIT_S


def _document(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def whole(base_url: str, address: object) -> str | None:
    """An address that may be relative; None of what is none."""
    try:
        return urljoin(f"{base_url.rstrip('/')}/", address) if isinstance(address, str) else None
    except ValueError:
        return None


def within(told: Any, *names: str) -> Any:
    """What is there under names of nested objects; None where anything is missing or of another kind."""
    for name in names:
        told = cast("Json", told).get(name) if isinstance(told, dict) else None
    return told
