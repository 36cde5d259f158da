from __future__ import annotations

from dataclasses import dataclass

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.testclient import TestClient

from app.core.ratelimit import FixedWindows, RateLimit


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(clock: Clock) -> FastAPI:
    app = FastAPI()

    @app.get("/{path:path}")
    def anything(request: Request) -> Response:
        known = request.headers.get("authorization") in {None, "Bearer good", "Bearer other"}
        return JSONResponse({}, status_code=200 if known else 401)

    app.add_middleware(RateLimit, windows=FixedWindows(3, clock=clock))
    return app


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


GOOD = {"Authorization": "Bearer good"}
OTHER = {"Authorization": "Bearer other"}


def test_the_request_after_the_last_one_is_refused_in_the_platforms_shape(client: TestClient, clock: Clock) -> None:
    assert [client.get("/", headers=GOOD).status_code for _ in range(3)] == [200] * 3
    clock.now = 19.5
    refused = client.get("/", headers=GOOD)
    message = "More than 3 requests in a minute. Try again in 41 s."
    assert refused.status_code == 429
    assert refused.json() == {"error": "rate_limited", "message": message, "detail": message, "code": "rate_limited"}
    assert refused.headers["retry-after"] == refused.headers["ratelimit-reset"] == "41"
    assert refused.headers["ratelimit-remaining"] == "0"


def test_every_answer_tells_what_is_left(client: TestClient, clock: Clock) -> None:
    client.get("/", headers=GOOD)
    clock.now = 10
    headers = client.get("/", headers=GOOD).headers
    assert (headers["ratelimit-limit"], headers["ratelimit-remaining"], headers["ratelimit-reset"]) == ("3", "1", "50")


def test_after_a_minute_a_caller_starts_again(client: TestClient, clock: Clock) -> None:
    for _ in range(4):
        client.get("/", headers=GOOD)
    clock.now = 60
    assert client.get("/", headers=GOOD).status_code == 200


def test_one_key_does_not_use_up_what_another_has(client: TestClient) -> None:
    for _ in range(4):
        client.get("/", headers=GOOD)
    assert client.get("/", headers=OTHER).status_code == 200
    assert client.get("/").status_code == 200


def test_a_new_wrong_key_for_each_request_does_not_help(client: TestClient) -> None:
    statuses = [client.get("/", headers={"Authorization": f"Bearer guess-{n}"}).status_code for n in range(5)]
    assert statuses == [401, 401, 401, 429, 429]


def test_addresses_are_counted_apart_and_an_ipv6_network_is_one(app: FastAPI) -> None:
    def status(host: str) -> int:
        return TestClient(app, client=(host, 1)).get("/").status_code

    assert [status(f"2001:db8::{n}") for n in range(1, 5)] == [200, 200, 200, 429]
    assert status("2001:db8:0:1::1") == 200
    assert status("192.0.2.1") == 200


@pytest.mark.parametrize("path", ["/health", "/metrics", "/files/token/name.mp4"])
def test_probes_and_downloads_are_not_counted(client: TestClient, path: str) -> None:
    answers = [client.get(path) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert "ratelimit-limit" not in answers[0].headers


def test_callers_who_went_away_are_forgotten(clock: Clock) -> None:
    windows = FixedWindows(3, clock=clock)
    for number in range(1000):
        windows.hit(str(number))
    clock.now = 61
    windows.hit("another")
    assert windows.callers == 1
