"""What a client meets at the edge, whatever it sends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI, Query
from pydantic import BaseModel, Field
from starlette.testclient import TestClient

from app.core.errors import NotFound, StorageFull
from app.core.http import install_edge
from app.core.metrics import Metrics
from app.core.settings import Settings


class Note(BaseModel):
    text: str = Field(max_length=5000)
    stars: float = 0
    extra: dict[str, Any] = {}


def _router() -> APIRouter:
    router = APIRouter(prefix="/notes")

    @router.post("")
    def create(note: Note) -> Note:
        return note

    @router.get("")
    def search(q: Annotated[str, Query(max_length=10)] = "") -> str:
        return q

    @router.get("/{note_id}")
    def get(note_id: str) -> None:
        raise NotFound(f"There is no note {note_id}.", extra={"note_id": note_id})

    @router.get("/{note_id}/pages")
    def pages(note_id: str) -> None:
        raise StorageFull("The disk is full.")

    @router.delete("/{note_id}")
    def delete(note_id: str) -> None:
        raise ZeroDivisionError("a secret of the inside")

    return router


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def client(metrics: Metrics) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(_router(), prefix="/api")
    install_edge(app, settings=Settings(rate_limit_per_minute=100), metrics=metrics)
    with TestClient(app) as opened:
        yield opened


def test_a_named_error_has_detail_code_and_facts(client: TestClient) -> None:
    answer = client.get("/api/notes/7")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "There is no note 7.", "code": "not_found", "note_id": "7"}


def test_a_server_side_error_keeps_its_own_status(client: TestClient) -> None:
    answer = client.get("/api/notes/7/pages")
    assert answer.status_code == 507
    assert answer.json()["code"] == "storage_full"


def test_an_unexpected_error_tells_nothing_but_a_request_id(client: TestClient) -> None:
    answer = client.delete("/api/notes/7", headers={"X-Request-Id": "req-1"})
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "secret" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "req-1"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "not_found"), ("PUT", "/api/notes", 405, "method_not_allowed")],
)
def test_what_the_router_refuses_has_the_same_shape(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()) == {"detail", "code"}
    assert answer.json()["code"] == code


def test_every_answer_has_a_request_id_and_a_made_up_one_is_not_taken_over(client: TestClient) -> None:
    assert client.get("/api/notes", headers={"X-Request-Id": "abc.1"}).headers["x-request-id"] == "abc.1"
    invented = client.get("/api/notes", headers={"X-Request-Id": "a b\tc"}).headers["x-request-id"]
    assert len(invented) == 36


def test_an_invalid_payload_is_told_in_the_shape_of_fastapi(client: TestClient) -> None:
    answer = client.post("/api/notes", json={"text": 1})
    assert answer.status_code == 422
    fault = answer.json()["detail"][0]
    assert fault["loc"] == ["body", "text"]
    assert {"msg", "type"} <= set(fault)


def test_a_huge_invalid_text_is_not_sent_back(client: TestClient) -> None:
    answer = client.post("/api/notes", json={"text": "x" * 100_000, "stars": "y" * 100_000})
    assert answer.status_code == 422
    assert len(answer.content) < 2_000


def test_thousands_of_faults_are_not_all_told(client: TestClient) -> None:
    answer = client.get("/api/notes?" + "&".join(["q=12345678901"] * 3))
    assert answer.status_code == 422
    answer = client.post("/api/notes", json={"text": None, "extra": [None] * 10_000, "stars": "x"})
    assert answer.status_code == 422
    assert len(answer.content) < 5_000


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"text": "half \\ud83d of a character"}', "invalid_text"),
        (b'{"text": "a NUL \\u0000"}', "invalid_text"),
        (b'{"text": "x", "extra": {"\\u0000": 1}}', "invalid_text"),
        (b'{"text": "x", "extra": {"a": [["\\udc00"]]}}', "invalid_text"),
        (b'{"text": "raw \xed\xa0\xbd"}', "invalid_text"),
        (b'{"text": "latin \xe9"}', "invalid_text"),
        ('{"text": "x"}'.encode("utf-16"), "invalid_text"),
        (b'{"text": "x", "stars": NaN}', "invalid_json"),
        (b'{"text": "x", "extra": {"a": -Infinity}}', "invalid_json"),
        (b'{"text": "x", "stars": 1e999}', "invalid_json"),
        (b'{"text": "x", "extra": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}", "invalid_json"),
    ],
)
def test_json_that_cannot_be_stored_is_refused_with_a_reason(client: TestClient, body: bytes, code: str) -> None:
    answer = client.post("/api/notes", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["code"] == code


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\x00", b'{"text": "a raw \x00"}', b"[1]", b"null", b'{"text": ' + b"9" * 5000 + b"}"]
)
def test_what_is_no_valid_note_is_the_clients_mistake(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/notes", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.json()["detail"]


def test_whole_characters_pass_escaped_or_not(client: TestClient) -> None:
    text = 'emoji 😀, ltr \u200e, "quotes", \\u0000 written out'
    for body in (json.dumps({"text": text}), json.dumps({"text": text}, ensure_ascii=False)):
        answer = client.post("/api/notes", content=body.encode(), headers={"Content-Type": "application/json"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["text"] == text


def test_a_nul_in_the_address_is_refused(client: TestClient) -> None:
    for path in ("/api/notes?q=%00", "/api/notes/%00"):
        answer = client.get(path)
        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid_text"


def test_a_body_over_the_limit_is_refused_with_and_without_a_declared_length(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 65_536

    declared = client.post("/api/notes", content=b" " * 1_048_577, headers={"Content-Type": "application/json"})
    streamed = client.post("/api/notes", content=pieces(), headers={"Content-Type": "application/json"})
    for answer in (declared, streamed):
        assert answer.status_code == 413
        assert answer.json()["code"] == "payload_too_large"
        assert answer.json()["limit"] == 1_048_576
        assert "ratelimit-remaining" in answer.headers


def test_requests_are_counted_by_route_and_not_by_address(client: TestClient, metrics: Metrics) -> None:
    client.get("/api/notes/1")
    client.get("/api/notes/2")
    client.get("/nowhere/3")
    page = metrics.render().decode()
    assert 'tenex_http_requests_total{method="GET",route="/api/notes/{note_id}",status="404"} 2.0' in page
    assert 'tenex_http_requests_total{method="GET",route="none",status="404"} 1.0' in page
    assert "nowhere" not in page
