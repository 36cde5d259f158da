"""The two tools, over HTTP and on stdio: the same promises for both."""

from __future__ import annotations

from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult

from app.avatars.studio.cast import CAST
from tests.mcp.conftest import Agent, Connect, agent_of, said
from tests.videos.installation import MP4, SCRIPT, Caller, Installation

ASKED = {"script": SCRIPT, "avatar_id": "maya", "aspect_ratio": "9:16"}


def test_both_tools_say_what_they_take_and_what_they_answer(agent: Agent) -> None:
    async def look(client: Client) -> dict[str, Any]:
        return {tool.name: tool for tool in (await client.list_tools()).tools}

    tools = agent.use(look)
    assert set(tools) == {"generate_avatar_video", "get_video_status"}
    make, status = tools["generate_avatar_video"], tools["get_video_status"]
    assert set(make.input_schema["properties"]) == {"script", "avatar_id", "aspect_ratio"}
    assert make.input_schema["required"] == ["script", "avatar_id"]
    assert make.input_schema["properties"]["aspect_ratio"]["default"] == "16:9"
    assert status.input_schema["required"] == ["video_id"]
    assert {"video_id", "status"} <= set(make.output_schema["properties"])
    assert {"status", "progress", "download_url", "error"} <= set(status.output_schema["properties"])
    assert all(name in make.input_schema["properties"]["avatar_id"]["description"] for name in CAST)
    assert all(tool.description and tool.title for tool in tools.values())


def test_a_video_is_asked_for_and_belongs_to_the_workspace_of_the_key(agent: Agent, caller: Caller) -> None:
    made = _facts(agent.call("generate_avatar_video", **ASKED))
    video = caller.get(f"/{made['video_id']}").json()
    assert made["status"] == video["status"] == "rendering"
    assert made["render_id"] == video["render"]["id"]
    assert (video["script"], video["avatar_id"], video["aspect_ratio"]) == (SCRIPT, "maya", "9:16")
    assert caller.credits()["held"] > 0
    assert made["video_id"] in made["next_step"]


def test_without_a_shape_it_is_wide(agent: Agent, caller: Caller) -> None:
    made = _facts(agent.call("generate_avatar_video", script=SCRIPT, avatar_id="omar"))
    assert caller.get(f"/{made['video_id']}").json()["aspect_ratio"] == "16:9"


def test_a_finished_video_comes_with_links_that_work(agent: Agent, caller: Caller, server: Installation) -> None:
    video = server.ready(caller)
    state = _facts(agent.call("get_video_status", video_id=video["id"]))
    assert (state["status"], state["progress"], state["duration"], state["error"]) == ("ready", 1.0, 4.0, None)
    assert caller.client.get(state["download_url"]).content == MP4
    assert caller.client.get(state["poster_url"]).status_code == 200
    assert caller.client.get(state["captions"]["vtt_url"]).status_code == 200


def test_a_failed_video_says_why(agent: Agent, caller: Caller, server: Installation) -> None:
    video = caller.make()
    server.fail(video["render"]["id"], code="provider_refused", message="The vendor said no.")
    state = _facts(agent.call("get_video_status", video_id=video["id"], wait_seconds=30))
    assert state["status"] == "failed"
    assert state["error"] == {"code": "provider_refused", "message": "The vendor said no."}


def test_whoever_waits_hears_of_every_step_forward(agent: Agent, caller: Caller, server: Installation) -> None:
    video = caller.make()
    job_id, told = video["render"]["id"], list[tuple[float, str | None]]()

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        """Each step is made when the one before it has been heard."""
        assert total == 1.0
        told.append((progress, message))
        if len(told) == 1:
            server.begin(job_id, (50, 100))
        elif len(told) == 2:
            server.finish(job_id)

    async def wait(client: Client) -> CallToolResult:
        asked = {"video_id": video["id"], "wait_seconds": 60}
        return await client.call_tool("get_video_status", asked, progress_callback=hear)

    state = _facts(agent.use(wait))
    assert state["status"] == "ready"
    assert told == [(0.0, "queued"), (0.5, "chunks"), (1.0, "done")]


def test_waiting_ends_when_its_time_is_over(agent: Agent, caller: Caller) -> None:
    video = caller.make()
    state = _facts(agent.call("get_video_status", video_id=video["id"], wait_seconds=1))
    assert (state["status"], state["stage"], state["download_url"]) == ("rendering", "queued", None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"avatar_id": "nobody"}, ["'nobody'", *CAST]),
        ({"script": " "}, ["empty_script", "at least one word"]),
        ({"script": "word " * 5_000}, ["script_too_long", "20,000"]),
        ({"script": "bell \a rings"}, ["control_characters", "U+0007"]),
        ({"aspect_ratio": "21:9"}, ["aspect_ratio", "16:9"]),
        ({"avatar_id": ""}, ["avatar_id"]),
    ],
    ids=["avatar", "empty", "long", "control", "shape", "no avatar"],
)
def test_what_is_wrong_with_a_call_is_told_in_words_to_act_on(
    agent: Agent, caller: Caller, wrong: dict[str, str], words: list[str]
) -> None:
    answer = agent.call("generate_avatar_video", **ASKED | wrong)
    assert answer.is_error
    assert [word for word in words if word not in said(answer)] == []
    assert caller.get().json()["items"] == []
    assert caller.credits()["held"] == 0


def test_without_credits_the_tool_says_so_and_nothing_is_made(connect: Connect, server: Installation) -> None:
    poor = server.caller(balance=0)
    answer = agent_of(poor, connect).call("generate_avatar_video", **ASKED)
    assert answer.is_error
    assert "insufficient_credits" in said(answer)
    assert poor.get().json()["items"] == []


def test_a_video_of_another_workspace_is_as_unknown_as_none(agent: Agent, server: Installation) -> None:
    theirs = server.caller().make()["id"]

    async def ask(client: Client) -> list[CallToolResult]:
        unknown = (theirs, "", "avatars", "../../credits", "01936f2e-8d7a-7c11-9c7e-3f2b8a6d5e41")
        return [await client.call_tool("get_video_status", {"video_id": video_id}) for video_id in unknown]

    for answer in agent.use(ask):
        assert answer.is_error
        assert "There is no such video in this workspace. (video_not_found)" in said(answer)


def test_another_workspaces_avatar_is_as_unknown_as_none(agent: Agent, server: Installation) -> None:
    theirs = server.caller().post("/avatars", {"name": "Theirs", "provider_avatar_id": "maya"}).json()
    answer = agent.call("generate_avatar_video", **ASKED | {"avatar_id": theirs["id"]})
    assert answer.is_error
    assert "Call again with one of: " in said(answer)
    assert theirs["id"] not in said(answer).partition("Call again")[2]


def test_a_profile_of_the_workspace_can_be_named(agent: Agent, caller: Caller) -> None:
    mine = caller.post("/avatars", {"name": "Mine", "provider_avatar_id": "omar"}).json()
    made = _facts(agent.call("generate_avatar_video", **ASKED | {"avatar_id": mine["id"]}))
    assert caller.get(f"/{made['video_id']}").json()["avatar_id"] == mine["id"]


def test_a_key_for_reading_makes_nothing(connect: Connect, server: Installation) -> None:
    reader = server.caller(scopes=("videos:read",))
    answer = agent_of(reader, connect).call("generate_avatar_video", **ASKED)
    assert answer.is_error
    assert "insufficient_scope" in said(answer)


@pytest.mark.parametrize(
    ("tool", "arguments"), [("generate_avatar_video", ASKED), ("get_video_status", {})], ids=["generate", "status"]
)
def test_each_call_counts_as_one_request(agent: Agent, caller: Caller, tool: str, arguments: dict[str, Any]) -> None:
    asked = arguments or {"video_id": caller.make()["id"]}

    async def call_between(client: Client) -> int:
        await client.list_tools()
        before = _left(caller)
        assert not (await client.call_tool(tool, asked)).is_error
        return before - _left(caller)

    assert agent.use(call_between) == 2  # the call, and the second look at what is left


def _left(caller: Caller) -> int:
    """Requests that the key has left in this minute."""
    return int(caller.get("/backgrounds").headers["ratelimit-remaining"])


def _facts(answer: CallToolResult) -> dict[str, Any]:
    assert not answer.is_error, said(answer)
    assert answer.structured_content is not None
    return answer.structured_content
