"""What only the endpoint ``/mcp`` can get wrong: credentials, state, and counting."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response

from tests.videos.installation import SCRIPT, Caller, Installation, served

ACCEPT = "application/json, text/event-stream"
CALL = {"name": "generate_avatar_video", "arguments": {"script": SCRIPT, "avatar_id": "maya"}}


@pytest.fixture(scope="module")
def narrow(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A server that takes three requests a minute."""
    data = tmp_path_factory.mktemp("narrow")
    shutil.copyfile(sqlite_template, data / "tenex.sqlite3")
    with served(data, rate_limit_per_minute=3) as running:
        yield running


@pytest.mark.parametrize("credentials", [None, "Bearer tnx_abcdef_" + "0" * 64, "Basic x"])
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_without_a_key_that_works_there_is_no_answer(
    server: Installation, method: str, credentials: str | None
) -> None:
    headers = {"Accept": ACCEPT} | ({"Authorization": credentials} if credentials else {})
    answer = server.client.request(method, "/mcp", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_revoked_key_is_refused_at_once(server: Installation, caller: Caller) -> None:
    assert _post(caller, _message("tools/list")).status_code == 200
    with server.services.database.session_scope() as session:
        server.services.accounts.revoke_key(session, workspace_id=caller.workspace_id, key_id=caller.key_id)
    assert _post(caller, _message("tools/list")).status_code == 401


def test_a_tool_can_be_called_without_a_session(caller: Caller) -> None:
    answer = _post(caller, _message("tools/call", CALL))
    assert "mcp-session-id" not in answer.headers
    made = _result(answer)["structuredContent"]
    assert [video["id"] for video in caller.get().json()["items"]] == [made["video_id"]]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_there_is_no_stream_to_hold_open_and_no_session_to_end(caller: Caller, method: str) -> None:
    answer = caller.client.request(method, "/mcp", headers=_headers(caller) | {"Accept": "text/event-stream"})
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"


def test_many_calls_in_one_body_are_refused_not_counted_as_one(caller: Caller) -> None:
    answer = _post(caller, [_message("tools/call", CALL), _message("tools/call", CALL)])
    assert answer.status_code == 400
    assert caller.get().json()["items"] == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"jsonrpc": "2.0"}'])
def test_a_body_that_is_no_message_is_the_clients_mistake(caller: Caller, body: bytes) -> None:
    answer = caller.client.post("/mcp", content=body, headers=_headers(caller))
    assert answer.status_code == 400


def test_each_call_is_one_request_of_the_same_allowance_as_the_api(narrow: Installation) -> None:
    caller = narrow.caller()
    left = [
        int(answer.headers["ratelimit-remaining"])
        for answer in (caller.get(), _post(caller, _message("tools/call", CALL)), caller.get())
    ]
    assert left == [2, 1, 0]
    refused = _post(caller, _message("tools/call", CALL))
    assert refused.status_code == 429
    assert refused.json()["error"] == refused.json()["code"] == "rate_limited"
    assert int(refused.headers["retry-after"]) > 0


def _message(method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}


def _headers(caller: Caller) -> dict[str, str]:
    return {"Authorization": f"Bearer {caller.key}", "Accept": ACCEPT, "Content-Type": "application/json"}


def _post(caller: Caller, body: Any) -> Response:
    return caller.client.post("/mcp", json=body, headers=_headers(caller))


def _result(answer: Response) -> dict[str, Any]:
    """The one message that came back, as JSON or as an event."""
    text = answer.text
    if answer.headers["content-type"].startswith("text/event-stream"):
        text = next(line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {"))
    return json.loads(text)["result"]
