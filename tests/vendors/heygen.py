"""HeyGen, API v3, and v2 as it was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.vendors.calls import Manner, sign_body
from tests.vendors.lists import heygen_voice, look, token_page
from tests.vendors.simulator import Answer, Json, Simulator

_REQUIRED = ("type", "script", "voice_id")
#: By type: who is seen.
_SEEN = {"avatar": "avatar_id", "image": "image"}
_OF_ALL = {"type", "title", "resolution", "aspect_ratio", "callback_id", "callback_url"}
_KNOWN = {*_REQUIRED, *_OF_ALL, "background"}
#: Of a video of scenes.
_MOST_SCENES = 50
#: How long an answer is given again.
_REPLAYED_S = 24 * 3600
_IDEMPOTENCY = re.compile(r"[A-Za-z0-9_\-:.]{1,255}")
_STATES = {"waiting": "processing", "strange": "strange_new_status", "made": "completed", "failed": "failed"}
_ERRORS = {
    "money": (402, "insufficient_credit"),
    "plan": (402, "plan_upgrade_required"),
    "content": (400, "content_policy_violation"),
    "unknown": (404, "avatar_not_found"),
    "busy": (429, "rate_limit_exceeded"),
    "running": (409, "request_in_progress"),
    "key": (401, "unauthorized"),
    "gone": (404, "video_not_found"),
}


#: An hour is reached after six tries, a day after eleven.
_MANNER = Manner(field="callback_url", sign=sign_body, again_s=tuple(60.0 * 2**number for number in range(10)))


class HeyGenSimulator(Simulator):
    probe = "/v3/users/me"
    manner = _MANNER

    def __init__(self, film: bytes) -> None:
        super().__init__(film)
        self._answered: dict[str, tuple[float, Answer]] = {}
        self.lists = {
            "public looks": [look("look_1", "Ann in the office"), look("look_2", "Ann outdoors"), look("look_3", "Bo")],
            "private looks": [],
            "public voices": [heygen_voice("voice_1", "Clara"), heygen_voice("voice_2", "Dan", gender="male")],
            "private voices": [],
        }

    def signed(self, headers: Mapping[str, str]) -> bool:
        return headers.get("x-api-key") == self.key

    def problem(self, path: str, body: Json) -> str:
        if path != "/v3/videos":
            return path
        if body.get("aspect_ratio") not in ("16:9", "9:16", "4:5", "5:4", "1:1", "auto"):
            return "aspect_ratio"
        return _scenes_problem(body) if body.get("type") == "studio" else _input_problem(body, _KNOWN, "value")

    def ref(self, body: Json) -> str:
        return body["callback_id"]

    def accepted(self, video_id: str, path: str) -> Answer:
        return 200, {"data": {"video_id": video_id, "status": "waiting", "output_format": "mp4"}}

    def shown(self, video_id: str, status: str, link: str | None) -> Json:
        failure = {"failure_code": "render_failed", "failure_message": "The avatar lost its face"}
        more = failure if status == "failed" else {"unknown_field": {"a": 1}}
        title = self.videos[video_id]["body"].get("title")
        return {
            "data": {"id": video_id, "title": title, "status": _STATES.get(status, status), "video_url": link, **more}
        }

    def told(self, video_id: str, status: str, link: str | None) -> Json:
        return _told(video_id, status, link, self.ref(self.videos[video_id]["body"]))

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
        """For a known key the first answer of a day, whatever is in the body."""
        at, answer = self._answered.get(headers.get("Idempotency-Key") or "", (0.0, None))
        return answer if self.now() < at + _REPLAYED_S else None

    def remember(self, headers: Mapping[str, str], answer: Answer) -> None:
        key = headers.get("Idempotency-Key")
        if key is not None and _IDEMPOTENCY.fullmatch(key):
            self._answered[key] = (self.now(), answer)


def _told(video_id: str, status: str, link: str | None, ref: str) -> Json:
    event = {"made": "success", "failed": "fail"}.get(status, status)
    more = {"msg": "The avatar lost its face"} if status == "failed" else {"url": link, "folder_id": None}
    return {"event_type": f"avatar_video.{event}", "event_data": {"video_id": video_id, "callback_id": ref, **more}}


def _scenes_problem(body: Json) -> str:
    scenes = body.get("scenes", [])
    if set(body) - _OF_ALL - {"scenes"} or not 1 <= len(scenes) <= _MOST_SCENES:
        return f"studio: {sorted(body)}, {len(scenes)} scenes"
    if any(set(scene) != {"type", "input"} or scene["type"] != "avatar_video" for scene in scenes):
        return "scenes"
    return next(
        filter(None, (_input_problem(scene["input"], {*_REQUIRED, "background"}, "color") for scene in scenes)), ""
    )


def _input_problem(body: Json, known: set[str], colour: str) -> str:
    """What speaks, in a video or in a scene of one. ``colour``: what that of a background is called there."""
    seen = _SEEN.get(body.get("type", ""), "type")
    missing = [name for name in (*_REQUIRED, seen) if not body.get(name)]
    unknown = set(body) - known - {seen}
    if missing or unknown:
        return f"missing {missing}, unknown {sorted(unknown)}"
    if body["type"] == "image" and not _is_url_asset(body["image"]):
        return "image"
    if "background" in body and set(body["background"]) != {"type", colour}:
        return "background"
    return "" if 1 <= len(body["script"]) <= 5000 else "script"


def _is_url_asset(asset: Json) -> bool:
    return set(asset) == {"type", "url"} and asset["type"] == "url" and asset["url"].startswith("https://")


class HeyGenV2Simulator(Simulator):
    """API v2 and v1: nothing keeps a request from being carried out twice, and nothing finds one."""

    probe = "/v2/user/remaining_quota"
    manner = _MANNER

    def signed(self, headers: Mapping[str, str]) -> bool:
        return headers.get("x-api-key") == self.key

    def problem(self, path: str, body: Json) -> str:
        fit = all(_is_size(body.get("dimension", {}).get(side)) for side in ("width", "height"))
        unknown = set(body) - {"video_inputs", "dimension", "title", "callback_id", "callback_url", "caption", "test"}
        if path != "/v2/video/generate" or unknown or not fit:
            return f"{path}: unknown {sorted(unknown)}, {body.get('dimension')}"
        (scene,) = body["video_inputs"]
        who, voice = scene["character"], scene["voice"]
        named = {"avatar": who.get("avatar_id"), "talking_photo": who.get("talking_photo_id")}.get(who["type"])
        good = named and voice["type"] == "text" and voice["voice_id"] and 1 <= len(voice["input_text"]) <= 5000
        return "" if good and set(scene) <= {"character", "voice", "background"} else "video_inputs"

    def ref(self, body: Json) -> str:
        return body["callback_id"]

    def accepted(self, video_id: str, path: str) -> Answer:
        return 200, {"error": None, "data": {"video_id": video_id}}

    def shown_at(self, path: str, query: dict[str, list[str]]) -> str:
        return query["video_id"][0] if path == "/v1/video_status.get" else ""

    def shown(self, video_id: str, status: str, link: str | None) -> Json:
        failure = {"code": 40119, "message": "The avatar lost its face", "detail": "render"}
        data: Json = {"id": video_id, "status": _STATES.get(status, status), "video_url": link, "caption_url": None}
        data |= {"callback_id": self.ref(self.videos[video_id]["body"]), "created_at": 1_760_000_000}
        data["error"] = failure if status == "failed" else None
        return {"code": 100, "message": "Success", "data": data}

    def told(self, video_id: str, status: str, link: str | None) -> Json:
        return _told(video_id, status, link, self.ref(self.videos[video_id]["body"]))

    def listed(self, path: str, query: dict[str, list[str]]) -> Json | None:
        quota = {"remaining_quota": 3600, "details": {"api": 3600}}
        return {"error": None, "data": quota} if path == self.probe else None

    def error(self, kind: str) -> Answer:
        status, code = _ERRORS[kind]
        if kind == "gone":  # of v1
            return status, {"code": 400_404, "message": "No."}
        return status, {"data": None, "error": {"code": code, "message": "No."}}


def _is_size(side: object) -> bool:
    return isinstance(side, int) and 128 <= side <= 4096 and side % 2 == 0
