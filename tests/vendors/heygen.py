"""HeyGen, API v3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.vendors.lists import heygen_voice, look, token_page
from tests.vendors.simulator import Answer, Json, Simulator

_REQUIRED = ("type", "avatar_id", "script", "voice_id")
_KNOWN = {*_REQUIRED, "title", "resolution", "aspect_ratio", "background", "callback_id", "callback_url"}
_IDEMPOTENCY = re.compile(r"[A-Za-z0-9_\-:.]{1,255}")
_STATES = {"waiting": "processing", "strange": "strange_new_status", "made": "completed", "failed": "failed"}
_ERRORS = {
    "money": (402, "insufficient_credit"),
    "content": (400, "content_policy_violation"),
    "unknown": (404, "avatar_not_found"),
    "busy": (429, "rate_limit_exceeded"),
    "running": (409, "request_in_progress"),
    "key": (401, "unauthorized"),
    "gone": (404, "video_not_found"),
}


class HeyGenSimulator(Simulator):
    probe = "/v3/users/me"

    def __init__(self, film: bytes) -> None:
        super().__init__(film)
        self._answered: dict[str, Answer] = {}
        self.lists = {
            "public looks": [look("look_1", "Ann in the office"), look("look_2", "Ann outdoors"), look("look_3", "Bo")],
            "private looks": [],
            "public voices": [heygen_voice("voice_1", "Clara"), heygen_voice("voice_2", "Dan", gender="male")],
            "private voices": [],
        }

    def signed(self, headers: Mapping[str, str]) -> bool:
        return headers.get("x-api-key") == self.key

    def problem(self, path: str, body: Json) -> str:
        missing, unknown = [name for name in _REQUIRED if not body.get(name)], set(body) - _KNOWN
        if path != "/v3/videos" or missing or unknown:
            return f"{path}: missing {missing}, unknown {sorted(unknown)}"
        if body["type"] != "avatar" or not 1 <= len(body["script"]) <= 5000:
            return "type or script"
        return "" if body.get("aspect_ratio") in ("16:9", "9:16", "4:5", "5:4", "1:1", "auto") else "aspect_ratio"

    def ref(self, body: Json) -> str:
        return body["callback_id"]

    def accepted(self, video_id: str, path: str) -> Answer:
        return 200, {"data": {"video_id": video_id, "status": "waiting", "output_format": "mp4"}}

    def shown(self, video_id: str, status: str, link: str | None) -> Json:
        failure = {"failure_code": "render_failed", "failure_message": "The avatar lost its face"}
        more = failure if status == "failed" else {"unknown_field": {"a": 1}}
        title = self.videos[video_id]["body"].get("title")
        return {"data": {"id": video_id, "title": title, "status": _STATES[status], "video_url": link, **more}}

    def listed(self, path: str, query: dict[str, list[str]]) -> Json | None:
        if path == self.probe:
            wallet = {"currency": "usd", "remaining_balance": 12.5}
            return {"data": {"username": "u", "billing_type": "wallet", "wallet": wallet}}
        if path == "/v3/videos/statuses":
            return {"data": self._statuses(query["video_ids"][0].split(","))}
        if path != "/v3/videos":
            return None
        wanted = query.get("title", [""])[0]
        found = [{"id": name, "title": video["body"].get("title")} for name, video in self.videos.items()]
        same = [video for video in found if wanted in (video["title"] or "")]
        return {"data": same, "has_more": False, "next_token": None}

    def _statuses(self, wanted: list[str]) -> Json:
        assert len(wanted) <= 100
        shown = {name: self.state(name, "")["data"]["status"] for name in wanted if name in self.videos}
        items = [{"video_id": name, "status": status} for name, status in shown.items()]
        return {"items": items, "not_found": [name for name in wanted if name not in shown]}

    def catalogue(self, path: str, query: dict[str, list[str]], *, repeats: bool) -> Any:
        kind = {"/v3/avatars/looks": ("looks", "ownership"), "/v3/voices": ("voices", "type")}.get(path)
        if kind is None:
            return None
        rows, token = token_page(self.lists[f"{query[kind[1]][0]} {kind[0]}"], query, repeats=repeats)
        return {"data": rows, "has_more": token is not None, "next_token": token}

    def error(self, kind: str) -> Answer:
        status, code = _ERRORS[kind]
        return status, {"error": {"code": code, "message": "No."}}

    def repeated(self, headers: Mapping[str, str]) -> Answer | None:
        """For a known key the first answer, whatever is in the body."""
        return self._answered.get(headers.get("Idempotency-Key") or "")

    def remember(self, headers: Mapping[str, str], answer: Answer) -> None:
        key = headers.get("Idempotency-Key")
        if key is not None and _IDEMPOTENCY.fullmatch(key):
            self._answered[key] = answer
