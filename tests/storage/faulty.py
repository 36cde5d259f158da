"""A server between a client and the object store, which does to each connection what it was told to."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_MOST = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one connection.

    ``busy`` answers 503, ``silent`` nothing; ``cut_request`` and ``cut_answer`` end it after so many bytes of that
    direction; ``lose_answer`` ends it in place of the answer to a request that holds ``marker``.
    """

    kind: Literal["busy", "silent", "cut_answer", "cut_request", "lose_answer"]
    after: int = 0
    marker: bytes = b""


@dataclass(slots=True, kw_only=True)
class FaultyServer:
    """Passes on what it gets, but for the connections that have a fault to come: one each, in order."""

    endpoint: str
    faults: deque[Fault] = field(default_factory=deque[Fault])
    connections: int = 0

    def will(self, *faults: Fault) -> None:
        self.faults.extend(faults)


@contextmanager
def faulty(endpoint: str) -> Iterator[FaultyServer]:
    """In front of the server at the endpoint."""
    to = (urlsplit(endpoint).hostname or "", urlsplit(endpoint).port or 80)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = FaultyServer(endpoint=f"http://127.0.0.1:{listener.getsockname()[1]}")
        threading.Thread(target=_accept, args=(listener, server, to), daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, server: FaultyServer, to: tuple[str, int]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        server.connections += 1
        fault = server.faults.popleft() if server.faults else None
        threading.Thread(target=_serve, args=(client, fault, to), daemon=True).start()


def _serve(client: socket.socket, fault: Fault | None, to: tuple[str, int]) -> None:
    with client:
        if fault is not None and fault.kind in ("busy", "silent"):
            client.recv(_MOST)
            if fault.kind == "busy":
                client.sendall(_BUSY)
            client.recv(_MOST)  # until the client goes
            return
        with socket.create_connection(to) as store:
            stop = _stops(fault)
            back = threading.Thread(target=_pass_on, args=(store, client, stop["answer"]), daemon=True)
            back.start()
            _pass_on(client, store, stop["request"])
            back.join()


#: How much of a piece is passed on before the connection ends; None if all is and it goes on.
Stop = Callable[[bytes], int | None]


def _stops(fault: Fault | None) -> dict[str, Stop]:
    stops: dict[str, Stop] = {"answer": lambda piece: None, "request": lambda piece: None}
    if fault is None:
        return stops
    if fault.kind == "lose_answer":
        seen = threading.Event()
        stops["request"] = lambda piece: seen.set() if fault.marker in piece else None
        stops["answer"] = lambda piece: 0 if seen.is_set() else None
    else:
        left = fault.after

        def count(piece: bytes) -> int | None:
            nonlocal left
            left -= len(piece)
            return None if left > 0 else len(piece) + left

        stops[fault.kind.removeprefix("cut_")] = count
    return stops


def _pass_on(source: socket.socket, target: socket.socket, stop: Stop) -> None:
    """Until the source ends or is stopped; then both have ended."""
    try:
        while piece := source.recv(_MOST):
            most = stop(piece)
            target.sendall(piece[:most])
            if most is not None:
                break
    except OSError:
        pass
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
