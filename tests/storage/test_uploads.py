"""Parts that are sent to this server: whole and of the announced size, or not kept at all."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.core.http import install_edge
from app.core.metrics import Metrics
from app.core.settings import Settings
from app.core.signing import InvalidLink
from app.storage.base import InvalidPart
from app.storage.local import LocalStore
from app.storage.signed_links import SignedLinks, SignedPartLinks
from app.storage.uploads import uploads_router
from tests.storage.serving import served

KEY = "w1/uploads/recording.mov"
DATA = os.urandom(3_000_000)


@dataclass
class Clock:
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def links(clock: Clock) -> SignedPartLinks:
    return SignedPartLinks(b"secret", base_url="https://videos.example.com/", lifetime=timedelta(hours=1), clock=clock)


@pytest.fixture
def upload(local_store: LocalStore) -> str:
    return local_store.begin_multipart(KEY)


def app_of(store: LocalStore, links: SignedPartLinks) -> FastAPI:
    app = FastAPI()
    app.include_router(uploads_router(store, links))
    install_edge(
        app, settings=Settings(rate_limit_per_minute=1, max_body_bytes=1024), metrics=Metrics(), streamed=("/uploads/",)
    )
    return app


@pytest.fixture
def client(local_store: LocalStore, links: SignedPartLinks) -> TestClient:
    return TestClient(app_of(local_store, links), base_url="https://videos.example.com")


def arrived(store: LocalStore, upload: str) -> list[tuple[int, int]]:
    return [(part.number, part.size) for part in store.parts(KEY, upload)]


def drafts(store: LocalStore) -> list[Path]:
    return list((store.root / ".incoming").iterdir())


def test_a_part_is_sent_with_its_link_alone(
    client: TestClient, links: SignedPartLinks, local_store: LocalStore, upload: str
) -> None:
    for number, data in ((2, b"the rest"), (1, DATA)):
        request = links.part_url(KEY, upload, number, len(data))
        assert request.url.startswith("https://videos.example.com/uploads/")
        assert request.expires_at == datetime(2026, 1, 1, 1, tzinfo=UTC)
        answer = client.request(request.method, request.url, headers=dict(request.headers), content=data)
        assert (answer.status_code, answer.json()) == (200, {"number": number, "size": len(data)})
    local_store.complete_multipart(KEY, upload, [1, 2])
    assert b"".join(local_store.read(KEY)) == DATA + b"the rest"
    assert drafts(local_store) == []


def test_a_body_without_a_length_is_taken_as_well(
    client: TestClient, links: SignedPartLinks, local_store: LocalStore, upload: str
) -> None:
    url = links.part_url(KEY, upload, 1, len(DATA)).url
    halves = iter([DATA[:1_500_000], DATA[1_500_000:]])
    assert client.put(url, content=halves).json() == {"number": 1, "size": len(DATA)}
    assert arrived(local_store, upload) == [(1, len(DATA))]


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(("difference", "status", "code"), [(1, 413, "part_too_large"), (-1, 400, "part_too_small")])
def test_another_size_is_refused_and_nothing_kept(
    client: TestClient,
    links: SignedPartLinks,
    local_store: LocalStore,
    upload: str,
    announced: bool,
    difference: int,
    status: int,
    code: str,
) -> None:
    url = links.part_url(KEY, upload, 1, 2_000_000).url
    client.put(url, content=DATA[:2_000_000])
    other = DATA[: 2_000_000 + difference]
    answer = client.put(url, content=other if announced else iter([other]))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (answer.json()["expected"], answer.json()["received"]) == (2_000_000, len(other))
    assert arrived(local_store, upload) == [(1, 2_000_000)]
    assert drafts(local_store) == []


def test_an_empty_part_can_be_sent(client: TestClient, links: SignedPartLinks, upload: str) -> None:
    assert client.put(links.part_url(KEY, upload, 1, 0).url).json() == {"number": 1, "size": 0}


def test_a_link_stops_working_and_says_so(
    client: TestClient, links: SignedPartLinks, clock: Clock, upload: str, local_store: LocalStore
) -> None:
    request = links.part_url(KEY, upload, 1, 4)
    clock.now = request.expires_at
    answer = client.put(request.url, content=b"late")
    assert (answer.status_code, answer.json()["code"]) == (403, "link_expired")
    assert arrived(local_store, upload) == []


def test_a_changed_or_borrowed_link_is_refused(client: TestClient, links: SignedPartLinks, upload: str) -> None:
    token = urlsplit(links.part_url(KEY, upload, 1, 4).url).path.split("/")[2]
    for place in range(0, len(token) - 1, 11):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(InvalidLink):
            links.open(changed)
    download = SignedLinks(b"secret", base_url="https://videos.example.com", lifetime=timedelta(days=9000))
    borrowed = urlsplit(download.url(KEY, filename="a", content_type="video/mp4")).path.split("/")[2]
    for wrong in ("x", borrowed):
        answer = client.put(f"/uploads/{wrong}", content=b"data")
        assert (answer.status_code, answer.json()["code"]) == (403, "link_invalid")


def test_a_part_of_an_ended_upload_is_not_found(
    client: TestClient, links: SignedPartLinks, local_store: LocalStore, upload: str
) -> None:
    local_store.abort_multipart(KEY, upload)
    answer = client.put(links.part_url(KEY, upload, 1, 4).url, content=b"data")
    assert (answer.status_code, answer.json()["code"]) == (404, "upload_not_found")


def test_no_link_is_made_for_a_part_that_cannot_be(links: SignedPartLinks, upload: str) -> None:
    for number in (0, 10_001):
        with pytest.raises(InvalidPart):
            links.part_url(KEY, upload, number, 1)


def test_a_full_disk_is_named_and_keeps_nothing(small_disk: Path, links: SignedPartLinks) -> None:
    store = LocalStore(small_disk)
    upload = store.begin_multipart(KEY)
    answer = TestClient(app_of(store, links)).put(
        urlsplit(links.part_url(KEY, upload, 1, len(DATA)).url).path, content=DATA
    )
    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
    assert (arrived(store, upload), drafts(store)) == ([], [])


@pytest.fixture
def port(local_store: LocalStore, links: SignedPartLinks) -> Iterator[int]:
    with served(app_of(local_store, links)) as port:
        yield port


def test_a_broken_connection_leaves_nothing(
    port: int, links: SignedPartLinks, local_store: LocalStore, upload: str
) -> None:
    path = urlsplit(links.part_url(KEY, upload, 1, len(DATA)).url).path
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(DATA)}\r\n\r\n".encode())
        connection.sendall(DATA[:2_000_000])
        _until(lambda: drafts(local_store) != [] and drafts(local_store)[0].stat().st_size > 0)
    _until(lambda: drafts(local_store) == [])
    assert arrived(local_store, upload) == []


def test_a_client_that_sends_far_too_much_reads_why_before_it_has_sent_it(
    port: int, links: SignedPartLinks, upload: str
) -> None:
    path = urlsplit(links.part_url(KEY, upload, 1, 4).url).path
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("PUT", path, body=DATA)
    answer = connection.getresponse()
    assert (answer.status, b"part_too_large" in answer.read()) == (413, True)
    connection.close()


def _until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError(f"it did not come true within {seconds:g} s")
