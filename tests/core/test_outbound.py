"""Fetching by address, from real servers, and what is refused before or behind a redirect."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from app.core.outbound import (
    AddressNotPublic,
    Fetched,
    Outbound,
    SourceRefused,
    SourceTooLarge,
    SourceUnavailable,
    is_public,
)

BODY = bytes(range(256)) * 8000
PUBLIC = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
PRIVATE = [
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]
#: Ways to write an address of this machine, or none at all.
TRICKS = [
    "http://127.0.0.1/a",
    "http://127.1/a",
    "http://2130706433/a",
    "http://0x7f000001/a",
    "http://017700000001/a",
    "http://[::1]/a",
    "http://[::ffff:127.0.0.1]/a",
    "http://localhost/a",
    "http://LOCALHOST/a",
    "http://169.254.169.254/latest/meta-data",
]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[str | None]] = []
    breaks_left = 0

    def do_GET(self) -> None:
        match self.path.partition("?")[0]:
            case "/film.mp4":
                self._send(BODY)
            case "/breaks":
                self._send_with_breaks()
            case "/endless":
                self._chunks_without_end()
            case "/inside":
                self._redirect("http://127.0.0.2:9/secret")
            case "/Pr%C3%A4sentation%20eins.mp4":
                self._send(BODY)
            case "/elsewhere":
                self._redirect("/film.mp4")
            case "/round":
                self._redirect("/round")
            case "/file":
                self._redirect("file:///etc/passwd")
            case _:
                self.send_error(404)

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_with_breaks(self) -> None:
        asked = self.headers.get("Range")
        type(self).asked.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(BODY) - start))
        self.end_headers()
        if type(self).breaks_left:
            type(self).breaks_left -= 1
            self.wfile.write(BODY[start : start + 1_200_000])
            self.close_connection = True
            return
        self.wfile.write(BODY[start:])

    def _chunks_without_end(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")
        except OSError:
            self.close_connection = True

    def _redirect(self, target: str) -> None:
        self.send_response(302)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    Handler.asked, Handler.breaks_left = [], 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def fetch(url: str, target: Path, *, allowed: tuple[str, ...] = ("127.0.0.1",), most_bytes: int = 10**7) -> Fetched:
    return asyncio.run(Outbound(allowed=allowed).fetch(url, target, most_bytes=most_bytes))


@pytest.mark.parametrize("text", PUBLIC)
def test_addresses_of_the_internet_are_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PRIVATE)
def test_addresses_of_networks_and_hosts_are_not(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


def test_a_file_arrives_whole_also_behind_a_redirect(address: str, tmp_path: Path) -> None:
    for path in ("/film.mp4?signature=secret", "/elsewhere"):
        fetched = fetch(address + path, tmp_path / "film")
        assert (tmp_path / "film").read_bytes() == BODY
        assert fetched == Fetched(size=len(BODY), filename="film.mp4")


@pytest.mark.parametrize("path", ["/Präsentation eins.mp4", "/Pr%C3%A4sentation%20eins.mp4?a=ü b"])
def test_an_address_may_be_written_as_people_do(address: str, tmp_path: Path, path: str) -> None:
    assert fetch(address + path, tmp_path / "film").size == len(BODY)


@pytest.mark.parametrize("url", ["http://a b/", "http://exa\tmple .com/", "http://%6cocalhost/", "http://ⓛocalhost/"])
def test_a_host_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(SourceRefused):
        Outbound().check(url)


@pytest.mark.parametrize("url", TRICKS)
def test_this_machine_is_not_fetched_from_however_it_is_written(url: str, tmp_path: Path) -> None:
    with pytest.raises(AddressNotPublic, match="Upload the file instead"):
        fetch(url, tmp_path / "film", allowed=())


def test_a_redirect_into_the_network_is_not_followed(address: str, tmp_path: Path) -> None:
    with pytest.raises(AddressNotPublic, match=r"127\.0\.0\.2"):
        fetch(f"{address}/inside", tmp_path / "film")


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://example.com/a", "gopher://example.com/", "/etc/passwd", "http://", "http://[", ""],
)
def test_what_is_no_web_address_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(SourceRefused):
        fetch(url, tmp_path / "film")


def test_a_redirect_to_a_file_of_this_machine_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="http"):
        fetch(f"{address}/file", tmp_path / "film")


def test_a_password_in_an_address_is_refused_without_repeating_it(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused) as refused:
        fetch("https://me:hunter2@example.com/film.mp4", tmp_path / "film")
    assert "hunter2" not in str(refused.value)


def test_redirects_end(address: str, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="redirected more than 5 times"):
        fetch(f"{address}/round", tmp_path / "film")


def test_an_answer_that_is_not_the_file_is_told(address: str, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="answered 404") as told:
        fetch(f"{address}/nothing?token=secret", tmp_path / "film")
    assert "secret" not in str(told.value)
    assert not told.value.retryable


@pytest.mark.parametrize("path", ["/film.mp4", "/endless"])
def test_more_than_may_be_fetched_is_refused_whether_it_was_declared_or_not(
    address: str, tmp_path: Path, path: str
) -> None:
    with pytest.raises(SourceTooLarge, match="larger than 100000 bytes"):
        fetch(address + path, tmp_path / "film", most_bytes=100_000)
    assert (tmp_path / "film").stat().st_size <= 100_000


def test_a_connection_that_breaks_is_taken_up_where_it_broke(address: str, tmp_path: Path) -> None:
    Handler.breaks_left = 1
    assert fetch(f"{address}/breaks", tmp_path / "film").size == len(BODY)
    assert (tmp_path / "film").read_bytes() == BODY
    assert Handler.asked[0] is None
    assert str(Handler.asked[1]).startswith("bytes=1")


def test_a_server_that_is_not_there_may_be_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.outbound._PAUSE_S", 0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(SourceUnavailable, match="does not answer") as told:
        fetch(f"http://127.0.0.1:{port}/film.mp4", tmp_path / "film")
    assert told.value.retryable
