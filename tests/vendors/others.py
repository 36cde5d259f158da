"""D-ID, Synthesia and Tavus, which keep no request from being carried out twice, and an engine of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.vendors.calls import Manner, sign_moment_and_body
from tests.vendors.lists import PAGE, did_voice, presenter, replica, scene_avatar, token_page
from tests.vendors.simulator import Answer, Json, Simulator


class DIdSimulator(Simulator):
    """API 4.2: four products with one life."""

    probe = "/credits"
    manner = Manner(field="webhook")
    _states: ClassVar[dict[str, str]] = {
        "waiting": "started", "strange": "thinking", "made": "done",
        "failed": "error",
    }  # fmt: skip
    _errors: ClassVar[dict[str, tuple[int, str]]] = {
        "money": (402, "InsufficientCreditsError"),
        "plan": (403, "PermissionError"),
        "content": (451, "TextModerationError"),
        "unknown": (404, "NotFoundError"),
        "busy": (429, "TooManyRequestsError"),
        "running": (409, "NotReadyError"),
        "key": (401, "AuthorizationError"),
        "gone": (404, "NotFoundError"),
    }

    def __init__(self, film: bytes) -> None:
        super().__init__(film)
        self.lists = {
            "/clips/presenters": [presenter("p_1", "Amy"), presenter("p_2", "Ben"), presenter("p_3", "Cid")],
            "/scenes/avatars": [scene_avatar("s_1", "Mine")],
            "/expressives/avatars": [],
            "/tts/voices": [
                did_voice("en-US-JennyNeural", "Jenny", "microsoft"),
                did_voice("voice_1", "Vic", "microsoft"),
                did_voice("v_1", "Rachel", "elevenlabs"),
            ],
        }

    def signed(self, headers: Mapping[str, str]) -> bool:
        return headers.get("Authorization") == f"Basic {self.key}"

    def problem(self, path: str, body: Json) -> str:
        visual = {"/talks": "source_url", "/clips": "presenter_id", "/scenes": "avatar_id", "/expressives": "avatar_id"}
        unknown = set(body) - {visual.get(path), "script", "name", "user_data", "webhook", "config", "background"}
        script = body.get("script", {})
        good = script.get("type") == "text" and 3 <= len(script.get("input", "")) <= 40_000
        good = good and 1 <= len(body.get("user_data", "")) <= 1000 and body.get(visual.get(path, ""))
        return "" if good and not unknown else f"{path}: {sorted(unknown)}"

    def ref(self, body: Json) -> str:
        return body["user_data"]

    def accepted(self, video_id: str, path: str) -> Answer:
        return 201, {"id": video_id, "object": path.strip("/s"), "created_by": "u", "status": "created"}

    def shown(self, video_id: str, status: str, link: str | None) -> Json:
        told: Json = {"id": video_id, "status": self._states.get(status, status), "user_data": self._ref_of(video_id)}
        told |= {"result_url": link} if link else {"pending_url": "s3://not-downloadable/x"}
        failure = {"error": {"kind": "RenderError", "description": "The avatar lost its face"}}
        return told | (failure if status == "failed" else {})

    def listed(self, path: str, query: dict[str, list[str]]) -> Json | None:
        if path == self.probe:
            return {"credits": [], "remaining": 17, "total": 20}
        product = path.strip("/")
        if "/" in product:
            return None
        mine = [name for name, video in reversed(self.videos.items()) if video["path"] == path]
        first, size = int(query.get("token", ["0"])[0]), int(query["limit"][0])
        more = {"token": str(first + size)} if len(mine) > first + size else {}
        return {product: [self.shown(name, "waiting", None) for name in mine[first : first + size]]} | more

    def catalogue(self, path: str, query: dict[str, list[str]], *, repeats: bool) -> Any:
        if path not in self.lists:
            return None
        if path == "/tts/voices":
            return self.lists[path]
        rows, token = token_page(self.lists[path], query, repeats=repeats)
        return {path.rpartition("/")[2]: rows} | ({"token": token} if token else {})

    def error(self, kind: str) -> Answer:
        status, code = self._errors[kind]
        return status, {"kind": code, "description": "No."}

    def _ref_of(self, video_id: str) -> str:
        return self.ref(self.videos[video_id]["body"])


class SynthesiaSimulator(Simulator):
    """API v2: it tells no reasons."""

    probe = "/v2/videos"
    manner = Manner(sign=sign_moment_and_body, again_s=(300.0, 300.0), patience_s=6.0)
    _states: ClassVar[dict[str, str]] = {
        "waiting": "in_progress",
        "strange": "approved",
        "made": "complete",
        "failed": "error",
    }
    _errors: ClassVar[dict[str, int]] = {
        "money": 402,
        "plan": 403,
        "content": 400,
        "unknown": 404,
        "busy": 429,
        "running": 409,
        "key": 403,
        "gone": 404,
    }

    def signed(self, headers: Mapping[str, str]) -> bool:
        return headers.get("Authorization") == self.key

    def problem(self, path: str, body: Json) -> str:
        known = {"input", "test", "title", "callbackId", "visibility", "aspectRatio"}
        (scene,) = body.get("input", [{}])
        good = all(scene.get(name) for name in ("avatar", "background", "scriptText"))
        good = good and scene["avatarSettings"]["style"] in ("rectangular", "circular", "voiceOnly")
        good = good and body.get("aspectRatio") in ("16:9", "9:16", "1:1", "4:5", "5:4") and body["test"] is False
        return "" if path == "/v2/videos" and good and not set(body) - known else f"{path}: {sorted(body)}"

    def ref(self, body: Json) -> str:
        return body["callbackId"]

    def accepted(self, video_id: str, path: str) -> Answer:
        return 200, self.shown(video_id, "waiting", None)

    def shown(self, video_id: str, status: str, link: str | None) -> Json:
        told = {
            "id": video_id,
            "status": self._states.get(status, status),
            "callbackId": self.ref(self.videos[video_id]["body"]),
        }
        return told | ({"download": link, "duration": "0:00:59.000000"} if link else {})

    def told(self, video_id: str, status: str, link: str | None) -> Json:
        event = {"made": "completed"}.get(status, status)
        return {"type": f"video.{event}", "data": self.shown(video_id, status, link)}

    def listed(self, path: str, query: dict[str, list[str]]) -> Json | None:
        if path != "/v2/videos":
            return None
        first = int(query.get("offset", ["0"])[0])
        page = list(reversed(self.videos))[first : first + int(query["limit"][0])]
        return {"videos": [self.shown(name, "waiting", None) for name in page], "nextOffset": first + len(page)}

    def error(self, kind: str) -> Answer:
        return self._errors[kind], {"error": "No.", "context": "Because"}


class TavusSimulator(Simulator):
    """API v2: replicas with voices of their own."""

    probe = "/v2/videos"
    manner = Manner(field="callback_url")
    _states: ClassVar[dict[str, str]] = {
        "waiting": "generating",
        "strange": "dreaming",
        "made": "ready",
        "failed": "error",
    }
    _errors: ClassVar[dict[str, int]] = {
        "money": 402,
        "plan": 403,
        "content": 400,
        "unknown": 404,
        "busy": 429,
        "running": 409,
        "key": 401,
        "gone": 404,
    }

    def __init__(self, film: bytes) -> None:
        super().__init__(film)
        stock = [replica("r_1", "Anna"), replica("r_2", "Carter"), replica("r_3", "Luna", model_name="phoenix-3")]
        self.lists = {"system": stock, "user": []}

    def signed(self, headers: Mapping[str, str]) -> bool:
        return headers.get("x-api-key") == self.key

    def problem(self, path: str, body: Json) -> str:
        good = path == "/v2/videos" and body.get("replica_id") and body.get("script") and body.get("video_name")
        return "" if good and len(body) == 3 + ("callback_url" in body) else f"{path}: {sorted(body)}"

    def ref(self, body: Json) -> str:
        return body["video_name"].removeprefix("10ex ")

    def accepted(self, video_id: str, path: str) -> Answer:
        return 200, {"video_id": video_id, "status": "queued", "hosted_url": "https://tavus.example/x"}

    def shown(self, video_id: str, status: str, link: str | None) -> Json:
        told: Json = {"video_id": video_id, "video_name": self.videos[video_id]["body"]["video_name"]}
        told |= {"status": self._states.get(status, status), "download_url": link, "generation_progress": "97/100"}
        return told | ({"status_details": "The avatar lost its face"} if status == "failed" else {})

    def listed(self, path: str, query: dict[str, list[str]]) -> Json | None:
        if path != "/v2/videos":
            return None
        size, page = int(query["limit"][0]), int(query["page"][0])
        found = list(reversed(self.videos))[size * page : size * (page + 1)]
        return {"data": [self.shown(name, "waiting", None) for name in found], "total_count": len(self.videos)}

    def catalogue(self, path: str, query: dict[str, list[str]], *, repeats: bool) -> Any:
        """Pages from 0, as of its videos."""
        if path != "/v2/replicas":
            return None
        rows, page = self.lists[query["replica_type"][0]], 0 if repeats else int(query["page"][0])
        return {"data": rows[PAGE * page : PAGE * (page + 1)], "total_count": len(rows) + (99 if repeats else 0)}

    def error(self, kind: str) -> Answer:
        words = {"message": "Invalid access token"} if kind == "key" else {"error": "No."}
        return self._errors[kind], dict(words)


class EngineSimulator(Simulator):
    """The contract of docs/providers.md."""

    probe = "/health"
    manner = Manner(field="callback_url")
    _states: ClassVar[dict[str, str]] = {
        "waiting": "running", "strange": "warming_up",
        "made": "done", "failed": "failed",
    }  # fmt: skip
    _errors: ClassVar[dict[str, tuple[int, str]]] = {
        "money": (402, "out_of_credits"),
        "plan": (403, "not_in_plan"),
        "content": (400, "content_rejected"),
        "unknown": (404, "unknown_avatar"),
        "busy": (429, "busy"),
        "running": (409, "in_progress"),
        "key": (401, "unauthorized"),
        "gone": (404, "unknown_take"),
    }

    def __init__(self, film: bytes) -> None:
        super().__init__(film)
        self._answered: dict[str, Answer] = {}
        faces = [{"id": "face.png", "name": "Face"}, {"id": "look_1"}, {"id": "other.png", "name": "Other"}]
        self.lists = {"avatars": faces, "voices": [{"id": "voice_1", "name": "One", "languages": ["en-GB"]}]}

    def signed(self, headers: Mapping[str, str]) -> bool:
        return headers.get("Authorization") == f"Bearer {self.key}"

    def problem(self, path: str, body: Json) -> str:
        wanted = {"ref", "script", "avatar", "voice", "background", "width", "height", "fps"}
        return "" if path == "/takes" and set(body) - {"callback_url"} == wanted else f"{path}: {sorted(body)}"

    def ref(self, body: Json) -> str:
        return body["ref"]

    def accepted(self, video_id: str, path: str) -> Answer:
        return 202, {"id": video_id}

    def shown(self, video_id: str, status: str, link: str | None) -> Json:
        told: Json = {
            "id": video_id,
            "ref": self.ref(self.videos[video_id]["body"]),
            "status": self._states.get(status, status),
        }
        told |= {"video_url": link.removeprefix(self.url)} if link else {}
        failure = {"error": {"code": "render_failed", "message": "The avatar lost its face"}}
        return told | (failure if status == "failed" else {})

    def listed(self, path: str, query: dict[str, list[str]]) -> Json | None:
        if path == self.probe:
            return {"balance": "2 GPUs"}
        if path != "/takes":
            return None
        found = [self.shown(name, "waiting", None) for name in self.videos]
        return {"takes": [each for each in found if each["ref"] == query["ref"][0]]}

    def catalogue(self, path: str, query: dict[str, list[str]], *, repeats: bool) -> Any:
        """Without a list of that name in ``lists``, it is not offered."""
        name = path.strip("/")
        if name not in self.lists:
            return None
        rows, following = token_page(self.lists[name], query, repeats=repeats)
        return {name: rows} | ({"next": following} if following else {})

    def error(self, kind: str) -> Answer:
        status, code = self._errors[kind]
        return status, {"error": {"code": code, "message": "No."}}

    def repeated(self, headers: Mapping[str, str]) -> Answer | None:
        return self._answered.get(headers["Idempotency-Key"])

    def remember(self, headers: Mapping[str, str], answer: Answer) -> None:
        self._answered[headers["Idempotency-Key"]] = answer
