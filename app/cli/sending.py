"""Sending a file to the API in parts, over networks that break: what arrived is never sent again."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2

from app.cli.errors import UploadFailed
from app.cli.progress import Moment
from app.core.remote import ApiRefused, ApiUnreachable, refusal_of

VIDEOS = "/api/v1/videos"
RECORDINGS, FILES = "/uploads", "/files"
_PIECE = 256 * 1024
_PARTS_AT_ONCE = 3
_TIMEOUTS = httpx2.Timeout(60.0, connect=10.0)
_PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0)
_LOOK_EVERY_S = 0.5
#: Of the way into the library: what is sent. Then it is looked into.
_SENT = 0.5
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
Json = dict[str, Any]


class Interrupted(Exception):
    """Somebody asked to stop."""


class Api:
    """A context. Requests are repeated while the API, or the network, is away for a while."""

    def __init__(self, *, base: str, key: str, stopping: threading.Event, patience_s: float) -> None:
        self._base = base.rstrip("/").removesuffix("/api/v1")
        self._stopping, self._patience_s = stopping, patience_s
        headers = {"Authorization": f"Bearer {key}"}
        self._client = httpx2.Client(base_url=self._base, headers=headers, timeout=_TIMEOUTS)
        # Links need no key, and may lead to somebody else's server.
        self._bare = httpx2.Client(timeout=_TIMEOUTS)

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._bare.close()

    def ask(self, method: str, path: str, **options: Any) -> Json:
        """The JSON of a successful answer. Raises ApiRefused, ApiUnreachable, Interrupted."""
        answer = self._persist(lambda: self._client.request(method, VIDEOS + path, **options))
        if answer.is_success:
            return answer.json()
        raise refusal_of(answer)

    def send(self, part: Json, body: Callable[[], Iterator[bytes]]) -> None:
        """Send one part. A link that expired, or an upload that is over, is the caller's to look at: ApiRefused."""
        headers = {**part["headers"], "Content-Length": str(part["size"])}
        answer = self._persist(lambda: self._bare.request(part["method"], part["url"], content=body(), headers=headers))
        if not answer.is_success:
            raise refusal_of(answer)

    def fetch(self, url: str, target: Path) -> None:
        """Download what a link leads to; the target is whole or not there. Raises ApiRefused, ApiUnreachable."""
        draft = target.with_name(f"{target.name}.part")
        try:
            with self._bare.stream("GET", url) as answer, draft.open("wb") as file:
                if not answer.is_success:
                    answer.read()
                    raise refusal_of(answer)
                for piece in answer.iter_bytes(_PIECE):
                    self.wait(0)
                    file.write(piece)
            draft.replace(target)
        except httpx2.HTTPError as error:
            raise ApiUnreachable(
                f"The download broke off ({error}). The video is kept: GET /api/v1/videos has links to it."
            ) from error
        finally:
            draft.unlink(missing_ok=True)

    def wait(self, seconds: float) -> None:
        """Raises Interrupted."""
        if self._stopping.wait(seconds):
            raise Interrupted

    def _persist(self, request: Callable[[], httpx2.Response]) -> httpx2.Response:
        """The answer, once there is one that waiting would not better; the last one when patience ends."""
        pauses, waited = iter(_PAUSES_S), 0.0
        while True:
            answer, problem = _attempt(request)
            if answer is not None and answer.status_code not in _PASSING:
                return answer
            pause = next(pauses, _PAUSES_S[-1])
            if waited + pause > self._patience_s:
                break
            waited += pause
            self.wait(pause)
        if answer is not None:
            return answer
        raise ApiUnreachable(
            f"{self._base} does not answer ({problem}). What was sent is kept: run the same command again to go on. "
            "Is the address right (TENEX_API_BASE)?"
        )


def _attempt(request: Callable[[], httpx2.Response]) -> tuple[httpx2.Response | None, str]:
    try:
        return request(), ""
    except httpx2.HTTPError as error:
        return None, str(error) or type(error).__name__


class Sender:
    """One file on its way to ``place``: /uploads or /files. ``tell`` hears how many bytes are there."""

    def __init__(self, api: Api, file: Path, place: str, tell: Callable[[int], None]) -> None:
        self._api, self._file, self._place, self._tell = api, file, place, tell
        self._lock = threading.Lock()
        self._under_way: dict[int, int] = {}
        self._arrived = 0

    @property
    def _is_file(self) -> bool:
        return self._place == FILES

    def begin(self, sha256: str, wanted: Mapping[str, Any]) -> Json:
        """The upload of these bytes that was begun before, else a new one."""
        known = self._api.ask("GET", "/uploads", params={"sha256": sha256, "limit": 50})["items"]
        size = self._file.stat().st_size
        for status in ("done", "received", "open"):
            for upload in known:
                if (upload["status"], upload["size"], upload["file_id"] is None) == (status, size, not self._is_file):
                    return upload
        body = {"filename": self._file.name, "size": size, "sha256": sha256, **wanted}
        return self._api.ask("POST", self._place, json=body)

    def send(self, upload_id: str) -> None:
        """Send every part that has not arrived, and complete the upload."""
        while True:
            upload = self._api.ask("GET", f"/uploads/{upload_id}")
            if upload["status"] != "open":
                break
            self._note_arrived(upload["received_bytes"])
            if not upload["parts"]:
                break
            self._send_all(upload["parts"])
        if upload["status"] in ("open", "failed"):
            self._api.ask("POST", f"{self._place}/{upload_id}/complete")

    def _send_all(self, parts: list[Json]) -> None:
        with ThreadPoolExecutor(_PARTS_AT_ONCE) as pool:
            sent = [pool.submit(self._send_one, part) for part in parts]
            try:
                for one in sent:
                    one.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _send_one(self, part: Json) -> None:
        try:
            self._api.send(part, lambda: self._pieces(part))
        except ApiRefused as error:
            # A link that has expired, or storage that changed its mind: the next look brings new links.
            if error.status not in (400, 403):
                raise
            self._api.wait(1.0)

    def _pieces(self, part: Json) -> Iterator[bytes]:
        left, self._under_way[part["number"]] = part["size"], 0
        with self._file.open("rb") as file:
            file.seek(part["offset"])
            while left > 0 and (piece := file.read(min(_PIECE, left))):
                self._api.wait(0)
                yield piece
                left -= len(piece)
                with self._lock:
                    self._under_way[part["number"]] += len(piece)
                    self._tell(self._arrived + sum(self._under_way.values()))

    def _note_arrived(self, size: int) -> None:
        with self._lock:
            self._arrived, self._under_way = size, {}
            self._tell(size)


def awaited(api: Api, path: str, tell: Callable[[Json], None]) -> Json:
    """The video or file once it is ready or has failed."""
    while True:
        found = api.ask("GET", path)
        tell(found)
        if found["status"] in ("ready", "failed"):
            return found
        api.wait(_LOOK_EVERY_S)


def delivered(api: Api, file: Path, place: str, show: Callable[[Moment], None]) -> str:
    """The id of a file in the library, once it is ready there; what arrived before is not sent again.

    ``show`` hears how much of both is done. Raises UploadFailed.
    """
    size = max(1, file.stat().st_size)
    sha256 = digest(file, lambda _read: None)
    with slowly(lambda sent: show(Moment(stage="sending", share=_SENT * min(1.0, sent / size), eta_s=None))) as tell:
        sender = Sender(api, file, place, tell)
        begun = sender.begin(sha256, {})
        sender.send(begun["id"])
    path = f"{FILES}/{begun['id']}" if place == FILES else f"/{begun['id']}"
    found = awaited(api, path, lambda found: show(_taken_in(found)))
    if found["status"] == "failed":
        reason: Json = found["error"] if "error" in found else found["render"]["error"]
        raise UploadFailed(f"{file.name} was not taken in: {reason['message']}", code=reason["code"])
    return str(begun["id"])


def _taken_in(found: Json) -> Moment:
    """Of a video that is looked into and made playable, or of another file, of which less is known."""
    job: Json = found.get("render") or {"stage": "check", "progress": 0.0, "eta_seconds": None}
    share = _SENT + (1 - _SENT) * float(job["progress"])
    return Moment(stage=job["stage"], share=share, eta_s=job["eta_seconds"])


def digest(file: Path, tell: Callable[[int], None]) -> str:
    """SHA-256 of a file, in hex."""
    result, read = hashlib.sha256(), 0
    with file.open("rb") as content:
        while piece := content.read(8 * _PIECE):
            result.update(piece)
            read += len(piece)
            tell(read)
    return result.hexdigest()


@contextlib.contextmanager
def slowly(tell: Callable[[int], None], every_s: float = 0.1) -> Generator[Callable[[int], None]]:
    """The same, called so seldom that it costs nothing; at the end once more with the last number."""
    said_at, latest = 0.0, 0

    def seldom(number: int) -> None:
        nonlocal said_at, latest
        latest = number
        if time.monotonic() - said_at >= every_s:
            said_at = time.monotonic()
            tell(number)

    yield seldom
    tell(latest)
