"""What only ``tenex mcp`` can get wrong: its environment, its connection, and its standard output."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest

from tests.mcp.conftest import agent_of, on_stdio, said
from tests.videos.installation import Caller, Installation

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}


def test_without_a_key_it_says_what_to_set() -> None:
    with _started() as child:
        out, told = child.communicate(timeout=60)
    assert (child.returncode, out) == (5, "")
    assert "TENEX_API_KEY is not set" in told


def test_it_prints_messages_and_nothing_else_and_leaves_when_its_input_ends() -> None:
    """Nothing has to be reachable before a tool is called."""
    settings = {"TENEX_API_KEY": "tnx_unused", "TENEX_API_BASE": "http://127.0.0.1:9"}
    with _started(**settings) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.writelines(json.dumps(message) + "\n" for message in (INITIALIZE, READY, LIST))
        child.stdin.flush()
        answers = [json.loads(child.stdout.readline()) for _ in range(2)]
        rest, _ = child.communicate(timeout=60)
    assert (child.returncode, rest) == (0, "")
    assert [answer["id"] for answer in answers] == [1, 2]
    assert answers[0]["result"]["protocolVersion"] == "2025-06-18"
    assert {tool["name"] for tool in answers[1]["result"]["tools"]} == {"generate_avatar_video", "get_video_status"}


def test_a_server_that_does_not_answer_is_named(caller: Caller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    agent = agent_of(caller, lambda _base, key: on_stdio(base, key))
    answer = agent.call("get_video_status", video_id="01936f2e-8d7a-7c11-9c7e-3f2b8a6d5e41")
    assert answer.is_error
    assert [word for word in (base, "tenex up", "TENEX_API_BASE", "api_unreachable") if word not in said(answer)] == []


def test_a_key_that_does_not_work_is_told_as_such(server: Installation, caller: Caller) -> None:
    with server.services.database.session_scope() as session:
        server.services.accounts.revoke_key(session, workspace_id=caller.workspace_id, key_id=caller.key_id)
    answer = agent_of(caller, on_stdio).call("get_video_status", video_id="01936f2e-8d7a-7c11-9c7e-3f2b8a6d5e41")
    assert answer.is_error
    assert "unauthorized" in said(answer)


@pytest.mark.parametrize("end", ["/", "/api/v1", "/api/v1/"])
def test_the_base_may_be_written_as_people_write_it(caller: Caller, end: str) -> None:
    agent = agent_of(caller, lambda base, key: on_stdio(base + end, key))
    video = caller.make()
    answer = agent.call("get_video_status", video_id=video["id"])
    assert not answer.is_error, said(answer)


def test_waiting_listens_and_does_not_ask_again_and_again(caller: Caller) -> None:
    video = caller.make()
    before = int(caller.get("/backgrounds").headers["ratelimit-remaining"])
    agent_of(caller, on_stdio).call("get_video_status", video_id=video["id"], wait_seconds=4)
    after = int(caller.get("/backgrounds").headers["ratelimit-remaining"])
    assert before - after == 1 + 3  # this look, and: the video, its job's events, the video


def _started(**settings: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TENEX_")}
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "app.cli", "mcp"]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=clean | settings, text=True)
