"""HeyGen's API v3 on this machine, as its contract and its users' complaints describe it, with a ledger of what it
charged.

Videos are made by a clock; links are signed, and expire. ``faults`` are used up from their front, one for each call:

- submit: ``busy`` (429), ``edge`` (502 with a page of HTML, not accepted), ``lost`` (accepted, then 502), ``drop``
  (accepted, then the line is cut), ``mute`` (accepted, and answered with nothing), ``slow`` (accepted, and answered an
  hour later), ``running`` (409), or an error code.
- poll: ``blip`` (503), ``cut`` (no answer), ``page`` (HTML), ``stuck``, ``strange`` (an unknown status), ``no_link``
  (completed, without a link), ``fail`` (the render fails), ``gone`` (404), ``revoked`` (401).
- media: ``expired`` (403), ``early`` (404), ``short`` (half of the bytes), ``page`` (HTML as MP4), ``empty``,
  ``private`` (a redirect into a private network).
"""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "sk_V2_simulator_secret_x7Qa"
_REQUIRED = ("type", "avatar_id", "script", "voice_id")
_KNOWN = {*_REQUIRED, "title", "resolution", "aspect_ratio", "background", "callback_id", "callback_url"}
_IDEMPOTENCY = re.compile(r"[A-Za-z0-9_\-:.]{1,255}")
_LINK_S = 30.0
_ERRORS = {
    "insufficient_credit": 402,
    "plan_upgrade_required": 402,
    "content_policy_violation": 400,
    "avatar_not_found": 404,
    "forbidden": 403,
    "quota_exceeded": 429,
}


class HeyGenSimulator:
    """``ledger``: an entry for every video that was charged. ``asked``: every request, with its headers."""

    def __init__(self, film: bytes) -> None:
        self.film, self.key, self.latency_s, self.rendered = film, KEY, 0.0, True
        self.faults: dict[str, list[str]] = defaultdict(list)
        self.chance: random.Random | None = None
        self.often, self.usual = 0.0, dict[str, list[str]]()
        self.ledger: list[str] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.videos: dict[str, dict[str, Any]] = {}
        self._answered: dict[str, dict[str, Any]] = {}
        self._lock, self.closing = threading.RLock(), threading.Event()
        self.url = ""

    def next_fault(self, call: str) -> str:
        """With ``chance``, any of ``usual`` now and then."""
        with self._lock:
            if self.chance is not None and self.chance.random() < self.often:
                return self.chance.choice(self.usual[call])
            return self.faults[call].pop(0) if self.faults[call] else ""

    def accept(self, key: str | None, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request, which for a known key is the first one, whatever is in the body."""
        with self._lock:
            if key is not None and key in self._answered:
                return self._answered[key]
            video_id = f"v_{len(self.videos) + 1}"
            self.videos[video_id] = {"body": body, "created": time.time(), "failed": False}
            self.ledger.append(video_id)
            answer = {"data": {"video_id": video_id, "status": "waiting", "output_format": "mp4"}}
            if key is not None:
                self._answered[key] = answer
            return answer

    def shown(self, video_id: str, fault: str) -> dict[str, Any]:
        video = self.videos[video_id]
        if fault == "fail" and not video["failed"]:
            video["failed"] = True
            self.ledger.remove(video_id)  # only success is charged
        if video["failed"]:
            failure = {
                "failure_code": "render_failed",
                "failure_message": "The avatar lost its face",
                "video_url": None,
            }
            return {"data": {"id": video_id, "status": "failed", **failure}}
        done = self.rendered and time.time() >= video["created"] + self.latency_s and fault not in ("stuck", "strange")
        status = "strange_new_status" if fault == "strange" else "completed" if done else "processing"
        link = f"{self.url}/media/{video_id}.mp4?expires={time.time() + _LINK_S:.3f}"
        more = {"video_url": link if done and fault != "no_link" else None, "unknown_field": {"a": 1}}
        return {"data": {"id": video_id, "title": video["body"].get("title"), "status": status, **more}}


@contextmanager
def heygen(film: bytes) -> Iterator[HeyGenSimulator]:
    simulator = HeyGenSimulator(film)
    handler = type("Handler", (_Handler,), {"simulator": simulator})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    simulator.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield simulator
    finally:
        simulator.closing.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    simulator: HeyGenSimulator

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        raw = self.rfile.read(length)
        if not self._known("POST"):
            return None
        fault = self.simulator.next_fault("submit")
        if fault in _ERRORS:
            return self._error(_ERRORS[fault], fault)
        if fault == "busy":
            return self._error(429, "rate_limit_exceeded", {"Retry-After": "1"})
        if fault == "edge":
            return self._page(502)
        if fault == "running":
            return self._error(409, "request_in_progress")
        body = json.loads(raw)
        key = self.headers.get("Idempotency-Key")
        problem = _problem(body, key)
        if problem:
            return self._error(400, "invalid_parameter", message=problem)
        answer = self.simulator.accept(key, body)
        if fault == "slow":
            self.simulator.closing.wait(3600)
        if fault in ("drop", "slow"):
            return self._cut()
        if fault == "lost":
            return self._page(502)
        return self._json(200, {} if fault == "mute" else answer)

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        if path.path.startswith("/media/"):
            return self._media(parse_qs(path.query))
        if not self._known("GET"):
            return None
        if path.path == "/v3/users/me":
            wallet = {"currency": "usd", "remaining_balance": 12.5}
            return self._json(200, {"data": {"username": "u", "billing_type": "wallet", "wallet": wallet}})
        if path.path == "/v3/videos":
            return self._listed(parse_qs(path.query))
        return self._video(unquote(path.path.rpartition("/")[2]))

    def _video(self, video_id: str) -> None:
        fault = self.simulator.next_fault("poll")
        if fault == "blip":
            return self._page(503)
        if fault == "page":
            return self._page(200)
        if fault == "cut":
            return self._cut()
        if fault == "revoked":
            return self._error(401, "unauthorized")
        if fault == "gone" or video_id not in self.simulator.videos:
            return self._error(404, "video_not_found")
        return self._json(200, self.simulator.shown(video_id, fault))

    def _listed(self, query: dict[str, list[str]]) -> None:
        wanted = query.get("title", [""])[0]
        videos = self.simulator.videos.items()
        found = [{"id": name, "title": video["body"].get("title")} for name, video in videos]
        same = [video for video in found if wanted in (video["title"] or "")]
        return self._json(200, {"data": same, "has_more": False, "next_token": None})

    def _media(self, query: dict[str, list[str]]) -> None:
        self.simulator.asked.append(("GET", self.path, dict(self.headers)))
        fault, film = self.simulator.next_fault("media"), self.simulator.film
        if fault == "expired" or float(query["expires"][0]) < time.time():
            return self._send(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
        if fault == "early":
            return self._send(404, b"", "text/plain")
        if fault == "private":
            self.send_response(302)
            self.send_header("Location", "http://10.0.0.1/film.mp4")
            self.end_headers()
            return None
        if fault == "page":
            return self._page(200)
        if fault == "short":
            self.send_response(200)
            self.send_header("Content-Length", str(len(film)))
            self.end_headers()
            self.wfile.write(film[: len(film) // 2])
            return self._cut()
        return self._send(200, b"" if fault == "empty" else film, "video/mp4")

    def _known(self, method: str) -> bool:
        self.simulator.asked.append((method, self.path, dict(self.headers)))
        if self.headers.get("x-api-key") == self.simulator.key:
            return True
        self._error(401, "unauthorized")
        return False

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _page(self, status: int) -> None:
        self._send(status, b"<!doctype html><title>Bad gateway</title>", "text/html")

    def _error(self, status: int, code: str, headers: dict[str, str] | None = None, message: str = "No.") -> None:
        self._json(status, {"error": {"code": code, "message": message}}, headers)

    def _json(self, status: int, told: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(told).encode(), "application/json", headers)

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, *_: object) -> None:
        pass


def _problem(body: dict[str, Any], key: str | None) -> str:
    missing, unknown = [name for name in _REQUIRED if not body.get(name)], set(body) - _KNOWN
    if missing or unknown:
        return f"missing {missing}, unknown {sorted(unknown)}"
    if body["type"] != "avatar" or not 1 <= len(body["script"]) <= 5000:
        return "type or script"
    if body.get("aspect_ratio") not in ("16:9", "9:16", "4:5", "5:4", "1:1", "auto"):
        return "aspect_ratio"
    return "" if key is None or _IDEMPOTENCY.fullmatch(key) else "Idempotency-Key"
