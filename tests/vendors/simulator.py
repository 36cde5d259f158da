"""Vendors on this machine, as their contracts and their users' complaints describe them, with a ledger of what each
charged.

Videos are made by a clock that tests can put forward (``advance``), and by it links and keys expire; so many videos
may be in hand at once, and be paid for (``most``, ``balance``). ``faults`` are used up from their front, one for each
call:

- submit: ``busy`` (429), ``edge`` (502 with a page of HTML, not accepted), ``lost`` (accepted, then 502), ``drop``
  (accepted, then the line is cut), ``mute`` (accepted, and answered with nothing), ``slow`` (accepted, and answered an
  hour later), ``running`` (409), or a refusal: ``money``, ``plan``, ``content``, ``unknown``, ``retired`` (410).
- poll: ``blip`` (503), ``cut`` (no answer), ``page`` (HTML), ``stuck``, ``strange`` (an unknown status), ``no_link``
  (made, without a link), ``fail`` (the render fails), ``gone`` (404), ``revoked`` (the key is refused), ``retired``.
- list: ``blip`` (503), ``cut`` (no answer), ``page`` (HTML), ``deep`` (JSON that is nested without end), ``mute`` (no
  list in the answer), ``repeats`` (the first cursor again), ``slow`` (no answer for an hour), ``forbidden`` (403, not
  in the vendor's own words). ``list 2``: where only a second page is meant.
- media: ``expired`` (403), ``early`` (404), ``short`` (half of the bytes), ``page`` (HTML as MP4), ``empty``,
  ``private`` (a redirect into a private network), ``huge`` (20 GB).
- call, about one video: ``missing``, ``twice``, ``late`` (an hour), ``replayed`` (once more, as from an hour ago),
  ``forged`` (before the end, by somebody without the secret), ``disordered`` (then one that it is not made yet),
  ``unsubscribed`` (first, one of something else), ``early`` (before the request for the video is answered).
"""

from __future__ import annotations

import json
import random
import threading
import time
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from tests.vendors.calls import Calls, Manner

KEY = "sk_V2_simulator_secret_x7Qa"
#: How long a link leads to its file.
_LINK_S = 30.0
Json = dict[str, Any]
Answer = tuple[int, Json]
_RETIRED: Answer = (410, {"message": "This version has been retired"})


class Simulator(ABC):
    """``ledger``: an entry for every video that was charged. ``asked``: every request, with its headers.
    ``most_at_once``: videos it ever had in hand; with ``most`` of them it is busy. ``balance``: how many it makes until
    it wants money. ``key_until``: when the key expires. ``stuck_in``: its word for a state that no video leaves.
    ``wait_s``: how long it asks to wait when it is busy. With ``chance``, any of the ``usual`` faults happens so
    ``often``.
    """

    #: Where the account is asked for.
    probe: ClassVar[str]
    manner: ClassVar[Manner] = Manner()

    def __init__(self, film: bytes) -> None:
        self.film, self.key, self.latency_s, self.rendered = film, KEY, 0.0, True
        self.faults: dict[str, list[str]] = defaultdict(list)
        self.chance: random.Random | None = None
        self.often, self.usual = 0.0, dict[str, list[str]]()
        self.ledger: list[str] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.videos: dict[str, Json] = {}
        #: What it lists, by a name of the simulator's own; tests change it.
        self.lists: dict[str, list[Json]] = {}
        self.lock, self.closing = threading.RLock(), threading.Event()
        self.url, self.most_at_once, self.wait_s = "", 0, 0
        self.most: int | None = None
        self.balance: int | None = None
        self.key_until: float | None = None
        self.stuck_in = ""
        self._ahead_s = 0.0
        self.calls = Calls(self.manner, self.now)

    # what differs ----------------------------------------------------------------------------------------------------

    @abstractmethod
    def signed(self, headers: Mapping[str, str]) -> bool:
        """Whether the key is there, as this vendor wants it."""

    @abstractmethod
    def problem(self, path: str, body: Json) -> str:
        """What the vendor has against a request; nothing if it is good."""

    @abstractmethod
    def ref(self, body: Json) -> str:
        """By which the customer knows it."""

    @abstractmethod
    def accepted(self, video_id: str, path: str) -> Answer: ...

    @abstractmethod
    def shown(self, video_id: str, status: str, link: str | None) -> Json:
        """``status``: ``waiting``, ``strange``, ``made`` or ``failed``, or a word of the vendor's own."""

    @abstractmethod
    def listed(self, path: str, query: dict[str, list[str]]) -> Json | None:
        """None where there is no such list."""

    def catalogue(self, path: str, query: dict[str, list[str]], *, repeats: bool) -> Any:
        """A page of the avatars or voices; None where that is no list of them."""
        return None

    @abstractmethod
    def error(self, kind: str) -> Answer: ...

    def told(self, video_id: str, status: str, link: str | None) -> Json:
        """What it says when it calls."""
        return self.shown(video_id, status, link)

    def shown_at(self, path: str, query: dict[str, list[str]]) -> str:
        """The id of the video that is asked for."""
        return unquote(path.rpartition("/")[2])

    def repeated(self, headers: Mapping[str, str]) -> Answer | None:
        """The answer of before, where the vendor does not do things twice."""
        return None

    def remember(self, headers: Mapping[str, str], answer: Answer) -> None:
        """For such a vendor."""
        return

    # what does not ---------------------------------------------------------------------------------------------------

    def now(self) -> float:
        return time.time() + self._ahead_s

    def advance(self, seconds: float) -> None:
        self._ahead_s += seconds

    def let_in(self, headers: Mapping[str, str]) -> bool:
        return self.signed(headers) and (self.key_until is None or self.now() < self.key_until)

    def limit(self) -> str:
        """By which a request for a video is refused; nothing if it is not."""
        if self.balance is not None and len(self.ledger) >= self.balance:
            return "money"
        return "busy" if self.most is not None and self._in_hand() >= self.most else ""

    def _in_hand(self) -> int:
        """Videos that are being made."""
        made = self.now() - self.latency_s if self.rendered else 0.0
        return sum(video["created"] > made and not video["failed"] for video in self.videos.values())

    def next_fault(self, call: str) -> str:
        with self.lock:
            if self.chance is not None and self.chance.random() < self.often:
                return self.chance.choice(self.usual[call])
            return self.faults[call].pop(0) if self.faults[call] else ""

    def accept(self, path: str, headers: Mapping[str, str], body: Json) -> Answer:
        with self.lock:
            before = self.repeated(headers)
            if before is not None:
                return before
            if refused := self.limit():
                return self.error(refused)
            video_id = f"v_{len(self.videos) + 1}"
            call = self.next_fault("call") if self.calls.address(body) else "missing"
            self.videos[video_id] = {"path": path, "body": body, "created": self.now(), "failed": False, "call": call}
            self.ledger.append(video_id)
            self.most_at_once = max(self.most_at_once, self._in_hand())
            answer = self.accepted(video_id, path)
            self.remember(headers, answer)
        if call == "forged":
            self._call(video_id, "made", call)
        if call == "early":
            self.tell()
            self.calls.make()
        return answer

    def state(self, video_id: str, fault: str) -> Json:
        video = self.videos[video_id]
        if fault == "fail" and not video["failed"]:
            video["failed"] = True
            self.ledger.remove(video_id)  # only success is charged
        if video["failed"]:
            return self.shown(video_id, "failed", None)
        made = self._is_made(video) and fault != "stuck"
        status = "strange" if fault == "strange" else "made" if made else self.stuck_in or "waiting"
        return self.shown(video_id, status, self._link(video_id) if status == "made" and fault != "no_link" else None)

    def tell(self) -> None:
        """Plan the calls about videos that have ended since: all are planned when it returns, whoever began to."""
        with self.lock:
            ended = [name for name, video in self.videos.items() if video["failed"] or self._is_made(video)]
            due = {name: fault for name in ended if (fault := self.videos[name].pop("call", None)) is not None}
            for name, fault in due.items():
                video = self.videos[name]
                if fault == "unsubscribed":
                    self.calls.plan(
                        name, self.calls.address(video["body"]), {"event_type": "photo_avatar_train.success"}
                    )
                self._call(name, "failed" if video["failed"] else "made", "" if fault == "forged" else fault)
                if fault == "disordered":
                    self._call(name, "waiting")

    def _call(self, video_id: str, status: str, fault: str = "") -> None:
        told = self.told(video_id, status, self._link(video_id) if status == "made" else None)
        self.calls.plan(video_id, self.calls.address(self.videos[video_id]["body"]), told, fault)

    def _is_made(self, video: Json) -> bool:
        return self.rendered and not self.stuck_in and self.now() >= video["created"] + self.latency_s

    def _link(self, video_id: str) -> str:
        return f"{self.url}/media/{video_id}.mp4?expires={self.now() + _LINK_S:.3f}"


SimulatorT = TypeVar("SimulatorT", bound=Simulator)


@contextmanager
def serving(simulator: SimulatorT) -> Iterator[SimulatorT]:
    handler = type("Handler", (_Handler,), {"simulator": simulator})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    simulator.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    calling = (simulator.closing, simulator.tell)
    threading.Thread(target=simulator.calls.make_forever, args=calling, daemon=True).start()
    try:
        yield simulator
    finally:
        simulator.closing.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    simulator: Simulator

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self._known("POST"):
            return None
        fault = self.simulator.next_fault("submit")
        if fault in ("money", "plan", "content", "unknown", "busy", "running"):
            return self._answer(self.simulator.error(fault))
        if fault == "retired":
            return self._answer(_RETIRED)
        if fault == "edge":
            return self._page(502)
        body = json.loads(raw)
        if self.simulator.problem(self.path, body):
            return self._answer((400, {"error": self.simulator.problem(self.path, body)}))
        answer = self.simulator.accept(self.path, self.headers, body)
        if fault == "slow":
            self.simulator.closing.wait(3600)
        if fault in ("drop", "slow"):
            return self._cut()
        if fault == "lost":
            return self._page(502)
        return self._answer((answer[0], {}) if fault == "mute" else answer)

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        query = parse_qs(path.query)
        if path.path.startswith("/media/"):
            return self._media(query)
        if not self._known("GET"):
            return None
        if self.simulator.catalogue(path.path, query, repeats=False) is not None:
            return self._catalogue(path.path, query)
        listed = self.simulator.listed(path.path, query)
        if listed is not None:
            return self._answer((200, listed))
        return self._video(self.simulator.shown_at(path.path, query))

    def _catalogue(self, path: str, query: dict[str, list[str]]) -> None:
        onward = any(query.get(name, ["0"])[0] not in ("0", "p0") for name in ("token", "cursor", "page"))
        faults = self.simulator.faults["list 2" if onward and self.simulator.faults["list 2"] else "list"]
        fault = faults.pop(0) if faults else ""
        if fault in ("blip", "page"):
            return self._page(503 if fault == "blip" else 200)
        if fault == "deep":
            return self._send(200, b"[" * 100_000, "application/json")
        if fault == "slow":
            self.simulator.closing.wait(3600)
        if fault in ("cut", "slow"):
            return self._cut()
        if fault == "forbidden":
            return self._page(403)
        answer = self.simulator.catalogue(path, query, repeats=fault == "repeats")
        return self._answer((200, {"unrelated": 1} if fault == "mute" else answer))

    def _video(self, video_id: str) -> None:
        fault = self.simulator.next_fault("poll")
        if fault == "retired":
            return self._answer(_RETIRED)
        if fault == "blip":
            return self._page(503)
        if fault == "page":
            return self._page(200)
        if fault == "cut":
            return self._cut()
        if fault == "revoked":
            return self._answer(self.simulator.error("key"))
        if fault == "gone" or video_id not in self.simulator.videos:
            return self._answer(self.simulator.error("gone"))
        return self._answer((200, self.simulator.state(video_id, fault)))

    def _media(self, query: dict[str, list[str]]) -> None:
        self.simulator.asked.append(("GET", self.path, dict(self.headers)))
        fault, film = self.simulator.next_fault("media"), self.simulator.film
        if fault == "expired" or float(query["expires"][0]) < self.simulator.now():
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
        if fault == "huge":
            self.send_response(200)
            self.send_header("Content-Length", str(20 * 1024**3))
            return self.end_headers()
        if fault == "short":
            self.send_response(200)
            self.send_header("Content-Length", str(len(film)))
            self.end_headers()
            self.wfile.write(film[: len(film) // 2])
            return self._cut()
        return self._send(200, b"" if fault == "empty" else film, "video/mp4")

    def _known(self, method: str) -> bool:
        self.simulator.asked.append((method, self.path, dict(self.headers)))
        if self.simulator.let_in(self.headers):
            return True
        self._answer(self.simulator.error("key"))
        return False

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _page(self, status: int) -> None:
        self._send(status, b"<!doctype html><title>Bad gateway</title>", "text/html")

    def _answer(self, answer: Answer) -> None:
        self._send(answer[0], json.dumps(answer[1]).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        wait = {"Retry-After": str(self.simulator.wait_s)} if status == 429 and self.simulator.wait_s else {}
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **wait}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, *_: object) -> None:
        pass
