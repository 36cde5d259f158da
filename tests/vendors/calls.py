"""The calls of a vendor about videos that have ended: signed as it signs, tried again as it tries, and gone wrong."""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx2

HOUR_S = 3600.0
#: As the world sees an installation, and with what vendors sign.
OUTSIDE, SECRET = "https://10ex.example", "whsec_of_this_account"
#: How often what is due is looked for.
_LOOK_S = 0.02
Sign = Callable[[bytes, str, str], dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a vendor calls. ``field``: of a request for a video, with the address for that one. ``sign``: the headers of
    a body, a secret and a moment. ``again_s``: its pauses before it calls again where nobody took the call in
    ``patience_s``."""

    field: str = ""
    sign: Sign | None = None
    again_s: tuple[float, ...] = ()
    patience_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    video_id: str
    address: str
    body: bytes
    due: float
    secret: str
    #: How old it says that it is.
    aged_s: float = 0.0
    tries: int = 0


class Calls:
    """``registered``, ``secret``: an address for all videos, and with what calls to it are signed. ``reach``: where an
    address of the world is on this machine. ``answers``: what each call was answered, by its video; 0 if it was not.
    """

    def __init__(self, manner: Manner, now: Callable[[], float]) -> None:
        self._manner, self._now = manner, now
        self.registered, self.secret = "", ""
        self.reach: dict[str, str] = {}
        self.answers: list[tuple[str, int]] = []
        self._due: list[_Call] = []
        self._lock = threading.Lock()

    def address(self, asked: dict[str, Any]) -> str:
        """Where to call about a request; nothing if nobody wants that."""
        return asked.get(self._manner.field) or self.registered

    def plan(self, video_id: str, address: str, told: Any, *faults: str) -> None:
        """One call, or what becomes of it: see ``faults`` of the simulator."""
        call = _Call(
            video_id=video_id,
            address=address,
            body=json.dumps(told).encode(),
            due=self._now(),
            secret=self.secret if address == self.registered else "",
        )
        planned = [call]
        if "missing" in faults:
            planned = []
        if "twice" in faults:
            planned = [call, call]
        if "late" in faults:
            planned = [replace(call, due=call.due + HOUR_S)]
        if "replayed" in faults:
            planned = [call, replace(call, aged_s=HOUR_S)]
        if "forged" in faults:
            planned = [replace(call, secret="whsec_of_a_stranger")]
        with self._lock:
            self._due += planned

    def make(self) -> None:
        """Those that are due."""
        with self._lock:
            now = self._now()
            due = [call for call in self._due if call.due <= now]
            self._due = [call for call in self._due if call.due > now]
        for call in due:
            status = self._answer(call)
            self.answers.append((call.video_id, status))
            if not 200 <= status < 300 and call.tries < len(self._manner.again_s):
                pause = self._manner.again_s[call.tries]
                with self._lock:
                    self._due.append(replace(call, due=now + pause, tries=call.tries + 1))

    def make_forever(self, closing: threading.Event, look: Callable[[], None]) -> None:
        while not closing.wait(_LOOK_S):
            look()
            self.make()

    def _answer(self, call: _Call) -> int:
        address = call.address
        for outside, here in self.reach.items():
            address = address.replace(outside, here)
        signed: dict[str, str] = {}
        if self._manner.sign is not None and call.secret:
            signed = self._manner.sign(call.body, call.secret, str(int(time.time() - call.aged_s)))
        headers = {"Content-Type": "application/json"} | signed
        try:
            return httpx2.post(address, content=call.body, headers=headers, timeout=self._manner.patience_s).status_code
        except httpx2.HTTPError:
            return 0


def sign_body(body: bytes, secret: str, moment: str) -> dict[str, str]:
    """HeyGen: the moment goes with it, and is not signed."""
    signature = hmac.new(secret.encode(), body, "sha256").hexdigest()
    return {"Heygen-Signature": signature, "Heygen-Timestamp": moment, "Heygen-Event-Id": signature[:16]}


def sign_moment_and_body(body: bytes, secret: str, moment: str) -> dict[str, str]:
    """Synthesia."""
    signature = hmac.new(secret.encode(), f"{moment}.".encode() + body, "sha256").hexdigest()
    return {"Synthesia-Signature": signature, "Synthesia-Timestamp": moment}
