"""Links to stored files, as browsers, players and download managers use them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.core.http import install_edge
from app.core.metrics import Metrics
from app.core.settings import Settings
from app.core.signing import InvalidLink
from app.storage.local import LocalStore
from app.storage.router import files_router
from app.storage.signed_links import SignedLinks

DATA = bytes(range(256)) * 4


@dataclass
class Clock:
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    store = LocalStore(tmp_path)
    store.put("w1/a.mp4", DATA)
    return store


@pytest.fixture
def links(clock: Clock) -> SignedLinks:
    return SignedLinks(b"secret", base_url="https://videos.example.com/", lifetime=timedelta(hours=1), clock=clock)


@pytest.fixture
def client(store: LocalStore, links: SignedLinks, clock: Clock) -> TestClient:
    app = FastAPI()
    app.include_router(files_router(store, links, clock))
    install_edge(app, settings=Settings(), metrics=Metrics())
    return TestClient(app, base_url="https://videos.example.com")


@pytest.fixture
def url(links: SignedLinks) -> str:
    return links.url("w1/a.mp4", filename="welcome.mp4", content_type="video/mp4")


def test_a_link_downloads_the_file_under_its_name(client: TestClient, url: str) -> None:
    assert url.startswith("https://videos.example.com/files/")
    assert url.endswith("/welcome.mp4")
    answer = client.get(url)
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == "1024"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-disposition"] == 'attachment; filename="welcome.mp4"'
    assert answer.headers["cache-control"] == "private, max-age=3600"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_name_in_any_script_survives(client: TestClient, links: SignedLinks) -> None:
    url = links.url("w1/a.mp4", filename='Grüße "für" 你好/..mp4', content_type="video/mp4")
    answer = client.get(url)
    assert answer.status_code == 200
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe%20%22f%C3%BCr%22%20%E4%BD%A0%E5%A5%BD")


def test_what_a_browser_shows_in_place_is_inline(client: TestClient, links: SignedLinks) -> None:
    url = links.url("w1/a.mp4", filename="poster.jpg", content_type="image/jpeg", inline=True)
    assert client.get(url).headers["content-disposition"] == 'inline; filename="poster.jpg"'


def test_head_tells_everything_but_the_bytes(client: TestClient, url: str) -> None:
    answer = client.head(url)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "1024"
    assert answer.headers["etag"] == client.get(url).headers["etag"]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=1000-", 1000, 1023),
        ("bytes=-24", 1000, 1023),
        ("bytes=0-99999", 0, 1023),
        ("bytes=-99999", 0, 1023),
        ("Bytes = 5-6", 5, 6),
    ],
)
def test_a_range_is_served_alone(client: TestClient, url: str, asked: str, first: int, last: int) -> None:
    answer = client.get(url, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {first}-{last}/1024"
    assert answer.content == DATA[first : last + 1]
    assert answer.headers["content-length"] == str(last - first + 1)
    head = client.head(url, headers={"Range": asked})
    assert (head.status_code, head.headers["content-range"]) == (206, f"bytes {first}-{last}/1024")


def test_several_ranges_come_in_parts(client: TestClient, url: str) -> None:
    answer = client.get(url, headers={"Range": "bytes=0-1,100-101"})
    assert answer.status_code == 206
    assert answer.headers["content-type"].startswith("multipart/byteranges; boundary=")
    assert b"Content-Range: bytes 100-101/1024\r\n\r\n" + DATA[100:102] in answer.content


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=5000-6000", "bytes=-0", "bytes=0-1,2000-"])
def test_a_range_outside_of_the_file_is_refused_with_its_size(client: TestClient, url: str, asked: str) -> None:
    answer = client.get(url, headers={"Range": asked})
    assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == "bytes */1024"


@pytest.mark.parametrize(
    "asked", ["bytes", "bytes=", "bytes=a-b", "lines=1-2", "bytes=1--2", "bytes=5-2", "bytes=9" + "9" * 5000 + "-"]
)
def test_a_range_that_cannot_be_read_is_the_clients_mistake(client: TestClient, url: str, asked: str) -> None:
    assert client.get(url, headers={"Range": asked}).status_code in {400, 416}


def test_a_resumed_download_continues_only_the_same_file(client: TestClient, url: str, store: LocalStore) -> None:
    etag = client.get(url).headers["etag"]
    same = client.get(url, headers={"Range": "bytes=1000-", "If-Range": etag})
    assert (same.status_code, same.content) == (206, DATA[1000:])
    store.put("w1/a.mp4", DATA[::-1])
    changed = client.get(url, headers={"Range": "bytes=1000-", "If-Range": etag})
    assert (changed.status_code, changed.content) == (200, DATA[::-1])


def test_what_a_client_has_is_not_sent_again(client: TestClient, url: str, store: LocalStore) -> None:
    etag = client.get(url).headers["etag"]
    for known in (etag, f'W/{etag}, "other"', "*"):
        answer = client.get(url, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    store.put("w1/a.mp4", DATA[::-1])
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 200


def test_a_link_stops_working_and_says_so(client: TestClient, url: str, clock: Clock, links: SignedLinks) -> None:
    expires = links.expires_at()
    clock.now = expires - timedelta(seconds=1)
    assert client.get(url).headers["cache-control"] == "private, max-age=1"
    clock.now = expires
    answer = client.get(url)
    assert (answer.status_code, answer.json()["code"]) == (403, "link_expired")
    assert "2026-01-01 01:00:00 UTC" in answer.json()["detail"]


def test_a_changed_link_is_refused_wherever_it_was_changed(links: SignedLinks, url: str) -> None:
    token = urlsplit(url).path.split("/")[2]
    # The last character carries bits that decoding drops.
    for place in range(0, len(token) - 1, 7):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(InvalidLink):
            links.open(changed)


@pytest.mark.parametrize(
    "token", ["x", "é", "a" * 43, base64.urlsafe_b64encode(b"\0" * 32 + b"{}").decode().rstrip("=")]
)
def test_a_made_up_link_is_refused(client: TestClient, token: str) -> None:
    answer = client.get(f"/files/{token}/a.mp4")
    assert (answer.status_code, answer.json()["code"]) == (403, "link_invalid")


def test_a_link_of_another_server_is_refused(client: TestClient) -> None:
    other = SignedLinks(b"other", base_url="https://videos.example.com", lifetime=timedelta(hours=1))
    assert client.get(other.url("w1/a.mp4", filename="a", content_type="video/mp4")).status_code == 403


def test_a_link_to_a_deleted_file_is_not_found(client: TestClient, url: str, store: LocalStore) -> None:
    store.delete("w1/a.mp4")
    answer = client.get(url)
    assert (answer.status_code, answer.json()["code"]) == (404, "blob_not_found")
