"""Fetching what a user names by address, without becoming their way into the network this server stands in.

Every connection, also one that a redirect leads to, resolves its host once, refuses if any of the addresses is not
public, and connects to an address that was checked: no second look-up can answer otherwise.

SourceRefused                400  the address itself cannot be used
├── AddressNotPublic         400  it leads, or is redirected, into a private network
├── SourceUnavailable        400  the other server does not answer, or not with the file   (retryable by kind)
└── SourceTooLarge           413  there is more than may be fetched
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import re
import socket
import ssl
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import httpcore2

from app.core.errors import InvalidRequest, TooLarge

MOST_REDIRECTS = 5
_TIMEOUTS = {"connect": 15.0, "read": 60.0, "write": 60.0, "pool": 60.0}
_ATTEMPTS = 4
_PAUSE_S = 1.0
_PIECE, _MOST_ANSWER = 1 << 20, 4 << 20
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HOST = re.compile(r"[A-Za-z0-9._:-]+")
#: What stays as it is in a path or query: all that has a meaning there, and what is encoded already.
_KEPT = "/?:@!$&'()*+,;=-._~%"
_REDIRECTS = (301, 302, 303, 307, 308)
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class SourceRefused(InvalidRequest):
    code = "source_refused"


class AddressNotPublic(SourceRefused):
    code = "address_not_public"


class SourceUnavailable(SourceRefused):
    code = "source_unavailable"

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class SourceTooLarge(TooLarge):
    code = "too_large"


class NotSent(Exception):
    """No connection was made: the other server has seen nothing of the request."""


class Unanswered(Exception):
    """The request went out, and no whole answer came back: it may have been carried out."""


class _Broken(Exception):
    """The connection ended before the file did; what there is can be gone on from."""


_PASSING = (_Broken, httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What another server says. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """``size`` in bytes; ``filename`` is the last part of the address, as it was written."""

    size: int
    filename: str


class Outbound:
    """Fetches from public addresses. ``allowed``: host names that may also be private, as an operator decided."""

    def __init__(self, *, allowed: Collection[str] = ()) -> None:
        self._allowed = frozenset(host.lower() for host in allowed)

    def check(self, url: str) -> None:
        """What can be told without asking anyone: scheme, host, and an address written as a number.

        Raises SourceRefused, AddressNotPublic.
        """
        host = _host_of(_spelled(url))
        if host.lower() not in self._allowed:
            _refuse_private(host, _literal(host))

    async def fetch(self, url: str, target: Path, *, most_bytes: int) -> Fetched:
        """Write what is at the address to ``target``. A connection that breaks is taken up where it broke.

        Raises SourceRefused and its kinds. The caller sets the deadline.
        """
        with target.open("wb") as file:
            async with self._pool() as pool:
                for attempt in range(_ATTEMPTS):
                    try:
                        return await self._attempt(pool, url, file, most_bytes)
                    except _PASSING as error:
                        if attempt == _ATTEMPTS - 1:
                            raise _silent(url, error) from error
                        await asyncio.sleep(_PAUSE_S * 2**attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def call(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"", answer_s: float = 30.0
    ) -> Answer:
        """Ask once; redirects are answers, so that nobody else sees the headers.

        Raises NotSent, Unanswered, and AddressNotPublic.
        """
        url, limits = _spelled(url), _TIMEOUTS | {"read": answer_s}
        self.check(url)
        sent = [("User-Agent", "10ex-videos"), ("Content-Length", str(len(body))), *headers.items()]
        async with self._pool() as pool:
            try:
                asking = pool.stream(method, url, headers=sent, content=body, extensions={"timeout": limits})
                async with asyncio.timeout(answer_s + _TIMEOUTS["connect"]), asking as answer:
                    return Answer(status=answer.status, headers=_headers_of(answer), body=await _little(answer))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout, httpcore2.PoolTimeout) as error:
                raise NotSent(str(error) or type(error).__name__) from error
            except TimeoutError as error:  # it came in drops
                raise Unanswered(f"no whole answer within {answer_s:g} s") from error
            except _PASSING as error:
                raise Unanswered(str(error) or type(error).__name__) from error

    def _pool(self) -> httpcore2.AsyncConnectionPool:
        return httpcore2.AsyncConnectionPool(ssl_context=_trust(), network_backend=_GuardedBackend(self._allowed))

    async def _attempt(self, pool: httpcore2.AsyncConnectionPool, url: str, file: BinaryIO, most_bytes: int) -> Fetched:
        for _ in range(MOST_REDIRECTS + 1):
            url = _spelled(url)
            self.check(url)
            asking = pool.stream("GET", url, headers=_asking_from(file.tell()), extensions={"timeout": _TIMEOUTS})
            async with asking as answer:
                told = _headers_of(answer)
                if answer.status in _REDIRECTS and "location" in told:
                    url = urljoin(url, told["location"])
                    continue
                await _receive(url, answer, told, file, most_bytes)
                return Fetched(size=file.tell(), filename=urlsplit(url).path.rpartition("/")[2])
        raise SourceUnavailable(
            f"{_shown(url)} was redirected more than {MOST_REDIRECTS} times. Name the address of the file itself.",
            retryable=False,
        )


@cache
def _trust() -> ssl.SSLContext:
    """Whose certificates are believed. Read once: it takes longer than a call."""
    return httpcore2.default_ssl_context()


def _asking_from(start: int) -> list[tuple[str, str]]:
    headers = [("User-Agent", "10ex-videos"), ("Accept-Encoding", "identity")]
    return [*headers, ("Range", f"bytes={start}-")] if start else headers


async def _receive(
    url: str, answer: httpcore2.Response, told: Mapping[str, str], file: BinaryIO, most_bytes: int
) -> None:
    if answer.status not in (200, 206):
        raise SourceUnavailable(
            f"{_shown(url)} answered {answer.status} instead of the file. "
            "See that it can be opened without signing in, then try again.",
            retryable=answer.status >= 500 or answer.status == 429,
        )
    if answer.status == 200:
        file.seek(0)
        file.truncate()
    declared = told.get("content-length", "")
    whole = file.tell() + int(declared) if declared.isdigit() else None
    if whole is not None and whole > most_bytes:
        raise _too_large(url, most_bytes)
    pending = bytearray()
    async for piece in answer.aiter_stream():
        pending += piece
        if file.tell() + len(pending) > most_bytes:
            raise _too_large(url, most_bytes)
        if len(pending) >= _PIECE:
            await asyncio.to_thread(file.write, bytes(pending))
            pending.clear()
    await asyncio.to_thread(_finish, file, bytes(pending))
    if whole is not None and file.tell() < whole:
        raise _Broken(f"{file.tell()} of {whole} bytes arrived")


async def _little(answer: httpcore2.Response) -> bytes:
    """The body, of which no more is read than any sensible answer has."""
    body = bytearray()
    async for piece in answer.aiter_stream():
        body += piece
        if len(body) > _MOST_ANSWER:
            raise _Broken(f"more than {_MOST_ANSWER} bytes are no answer")
    return bytes(body)


def _finish(file: BinaryIO, rest: bytes) -> None:
    file.write(rest)
    file.flush()
    os.fsync(file.fileno())


class _GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that it resolved and checked itself."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed
        self._network = cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())

    async def connect_tcp(self, host: str, port: int, *arguments: Any, **options: Any) -> httpcore2.AsyncNetworkStream:
        addresses = await _resolve(host, port)
        if host.lower() not in self._allowed:
            _refuse_private(host, addresses)
        for address in addresses[:-1]:
            with contextlib.suppress(httpcore2.ConnectError, httpcore2.ConnectTimeout):
                return await self._network.connect_tcp(str(address), port, *arguments, **options)
        return await self._network.connect_tcp(str(addresses[-1]), port, *arguments, **options)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _resolve(host: str, port: int) -> list[Address]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(f"{host} has no address") from error
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _refuse_private(host: str, addresses: Iterable[Address]) -> None:
    if not all(is_public(address) for address in addresses):
        raise AddressNotPublic(
            f"{host} leads into a private network, from which nothing is fetched. Upload the file instead, or let the "
            "operator of this server add the host to TENEX_PRIVATE_SOURCES."
        )


def is_public(address: Address) -> bool:
    """Whether anyone on the internet means the same host by it, also through an address wrapped in another."""
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour
        if wrapped is None and address in _NAT64:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if wrapped is not None:
            return is_public(wrapped)
        if address.teredo is not None or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast


def _spelled(url: str) -> str:
    """The address as it goes over the wire: people write spaces, and letters of their own. Raises SourceRefused."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
        plain = host if host.isascii() else host.encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port is not None else ""
    except (ValueError, UnicodeError) as error:
        raise SourceRefused(f"{_shown(url)} is not an address: {error}.") from error
    if not _HOST.fullmatch(plain):
        raise SourceRefused(f"{_shown(url)} cannot be fetched: name an http:// or https:// address of a file.")
    who, at, _ = parts.netloc.rpartition("@")
    place = f"{who}{at}[{plain}]{port}" if ":" in plain else f"{who}{at}{plain}{port}"
    return urlunsplit((parts.scheme, place, quote(parts.path, _KEPT), quote(parts.query, _KEPT), ""))


def _host_of(url: str) -> str:
    """Raises SourceRefused."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SourceRefused(f"{_shown(url)} is not an address: {error}.") from error
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise SourceRefused(f"{_shown(url)} cannot be fetched: name an http:// or https:// address of a file.")
    if parts.username is not None or parts.password is not None:
        raise SourceRefused("The address holds a user name or password. Name one that needs neither.")
    return host


def _literal(host: str) -> list[Address]:
    """The address a host is written as, also in the old ways (127.1, 0x7f000001, 2130706433), or by the known name."""
    if host.lower().rstrip(".") == "localhost" or host.lower().endswith(".localhost"):
        return [ipaddress.IPv4Address("127.0.0.1")]
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        pass
    try:
        return [ipaddress.IPv4Address(socket.inet_aton(host))]
    except (OSError, ValueError, UnicodeError):
        return []


def _headers_of(answer: httpcore2.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}


def _too_large(url: str, most_bytes: int) -> SourceTooLarge:
    return SourceTooLarge(
        f"{_shown(url)} is larger than {most_bytes} bytes, the most that is taken.", extra={"limit": most_bytes}
    )


def _silent(url: str, error: Exception) -> SourceUnavailable:
    return SourceUnavailable(
        f"{_shown(url)} does not answer ({error or type(error).__name__}). See that it can be reached, then try again.",
        retryable=True,
    )


def _shown(url: str) -> str:
    """The address without its query, which may hold what is secret."""
    return url.partition("?")[0].partition("#")[0][:200]
