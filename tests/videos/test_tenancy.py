"""Nobody reaches what is another workspace's. Held against the application's own routes, so that none is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from httpx2 import Response

from app.core.settings import Settings
from app.main import create_app
from tests.videos.installation import Caller, Installation

#: What may be reached without a key: what runs the server, what describes the API, and links that are signed.
OPEN = {
    "/health",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs/assets",
    "/files/{token}/{name}",
    "/uploads/{token}",
    "/storyboards/{token}.vtt",
    "/api/v1/videos/hooks/{workspace_id}/{provider}/{token}",
}
#: A body that each operation accepts. Without one the answer would be 422, whoever asks.
BODIES: dict[str, dict[str, Any]] = {
    "create_video": {"script": "Hello.", "avatar_id": "maya"},
    "change_video": {"title": "Mine"},
    "create_webinar": {"scenes": [{"duration": 1}]},
    "change_webinar": {"scenes": [{"duration": 1}]},
    "create_clips": {"ranges": [{"start": 0, "end": 0.5}]},
    "change_clip": {"aspect_ratio": "1:1"},
    "put_transcript": {"words": [{"start": 0, "end": 0.2, "text": "Hello."}]},
    "render_again": {"aspect_ratio": "9:16"},
    "put_reference": {"label": "Mine"},
    "add_provider": {"kind": "heygen", "key": "sk_of_nobody", "base_url": "https://vendor.invalid"},
    "change_provider": {"key": "sk_of_nobody", "base_url": "https://vendor.invalid"},
    "agree_with_provider": {"most_at_once": 1},
    "create_avatar": {"name": "Mine", "provider_avatar_id": "maya"},
    "change_avatar": {"name": "Mine"},
    "put_brand": {"card": "#000000"},
    "create_upload": {"filename": "mine.mp4", "size": 10},
    "create_file": {"filename": "mine.pdf", "size": 10},
}
LISTS = ("", "/uploads", "/files", "/renders", "/avatars", "/api/v1/credits/ledger")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    name: str
    method: str
    path: str

    def call(self, caller: Caller, **ids: str) -> Response:
        """A new kind of id in a path fails here: say in ``_belongings`` what it names."""
        return caller.call(self.method, self.path.format(**ids), json=BODIES.get(self.name))


def _operations() -> list[Operation]:
    found: list[Operation] = []
    for route in iter_route_contexts(create_app(Settings(data=Path("unused"))).routes):
        if (route.path or "") not in OPEN:
            methods = sorted((route.methods or set()) - {"HEAD"})
            path = str(route.path).replace(":path}", "}")
            found += [Operation(name=str(route.name), method=method, path=path) for method in methods]
    return found


OPERATIONS = _operations()
WITH_ID = [operation for operation in OPERATIONS if "{" in operation.path]


@pytest.mark.parametrize("operation", WITH_ID, ids=lambda operation: operation.name)
def test_what_belongs_to_another_workspace_is_not_there(
    operation: Operation, caller: Caller, stranger: Caller, installation: Installation
) -> None:
    """And the answer is word for word the one for what never was."""
    ids = _belongings(caller, installation)
    answer, nothing = (
        operation.call(stranger, **ids),
        operation.call(stranger, **dict.fromkeys(ids, "1") | {"module": "none"}),
    )
    assert (answer.status_code, answer.json()["code"].endswith("_not_found")) == (404, True)
    assert {name: answer.json()[name] for name in ("code", "detail")} == {
        "code": nothing.json()["code"],
        "detail": nothing.json()["detail"].replace("'1'", repr(ids["avatar_id"])),
    }
    assert operation.call(caller, **ids).status_code in (200, 202, 204, 409)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_nothing_is_told_to_whoever_has_no_key(
    operation: Operation, caller: Caller, installation: Installation
) -> None:
    address = operation.path.format(**_belongings(caller, installation))
    answer = installation.client.request(operation.method, address, json=BODIES.get(operation.name))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def test_no_route_is_left_out(installation: Installation) -> None:
    described = {
        (method.upper(), path)
        for path, methods in installation.client.get("/openapi.json").json()["paths"].items()
        for method in methods
        if path not in OPEN
    }
    assert {(operation.method, operation.path) for operation in OPERATIONS} == described
    routes = {str(route.path).replace(":path}", "}") for route in iter_route_contexts(installation.app.routes)}
    assert routes - {operation.path for operation in OPERATIONS} - OPEN == {"/mcp"}  # see tests/mcp


@pytest.mark.parametrize("path", LISTS)
def test_lists_hold_nothing_of_another_workspace(
    caller: Caller, stranger: Caller, installation: Installation, path: str
) -> None:
    ids = set(_belongings(caller, installation).values())
    assert ids & _ids(caller.get(path).json()["items"])
    assert not ids & _ids(stranger.get(path).json()["items"])


@pytest.mark.parametrize(("path", "name"), [("", "parent_id"), ("/renders", "video_id")])
def test_a_filter_by_anothers_id_finds_nothing(
    caller: Caller, stranger: Caller, installation: Installation, path: str, name: str
) -> None:
    stranger.make()
    theirs = _belongings(caller, installation)["video_id"]
    assert stranger.get(path, **{name: theirs}).json() == {"items": [], "next_cursor": None}


def test_the_cursor_of_another_workspace_shows_only_ones_own(caller: Caller, stranger: Caller) -> None:
    own = stranger.make()["id"]
    theirs = [caller.make()["id"] for _ in range(2)]
    cursor = caller.get("", limit=1).json()["next_cursor"]
    answer = stranger.get("", cursor=cursor)
    assert not set(theirs) & {video["id"] for video in answer.json().get("items", [])}
    assert {video["id"] for video in stranger.get().json()["items"]} == {own}


def _belongings(caller: Caller, installation: Installation) -> dict[str, str]:
    """Something of each kind that a path can name."""
    profile = caller.post("/avatars", {"name": "Theirs", "provider_avatar_id": "maya"}).json()
    video = installation.ready(caller)
    upload = caller.post("/uploads", {"filename": "theirs.mp4", "size": 10}).json()
    clips = caller.post(f"/{video['id']}/clips", {"ranges": [{"start": 0, "end": 0.5}]}).json()["clips"]
    search = caller.post(f"/{video['id']}/clips", {"count": 1, "min_seconds": 1, "dry_run": True}).json()["search"]
    account = {"kind": "heygen", "key": "sk_of_theirs", "base_url": "https://vendor.invalid"}
    return {
        "provider": caller.post("/providers", account).json()["name"],
        "clip_id": clips[0]["id"],
        "search_id": search["id"],
        "video_id": video["id"],
        "job_id": video["render"]["id"],
        "avatar_id": profile["id"],
        "upload_id": upload["id"],
        "file_id": caller.post("/files", {"filename": "theirs.pdf", "size": 10}).json()["id"],
        "number": "1",
        "module": "webinars",
        "ref_id": "w-1",
    }


def _ids(items: list[dict[str, Any]]) -> set[str]:
    return {value for item in items for name, value in item.items() if name in ("id", "job_id")}
