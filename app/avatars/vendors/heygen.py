"""HeyGen, API v3 (developers.heygen.com): looks that say a script, at 25 frames a second.

Every request carries its reference as ``Idempotency-Key``: for a day, one that is sent again is answered as the first
was. Links of results are made anew by every look at a video, so that an expired one costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote

from app.avatars.base import (
    AmbiguousSubmit,
    Capabilities,
    ContentRejected,
    Delivery,
    FetchedTake,
    KeyRefused,
    OutOfCredits,
    ProviderBusy,
    ProviderRefused,
    ResultUnavailable,
    Standing,
    TakeReport,
    TakeRequest,
    TakeState,
)
from app.avatars.vendors.wire import Json, Said, Wire, within
from app.core.errors import InvalidRequest
from app.core.outbound import Outbound, SourceRefused, SourceTooLarge

BASE_URL = "https://api.heygen.com"
_CAPABILITIES = Capabilities(
    delivery=Delivery.RECORDING,
    by_passage=False,
    max_script_chars=5000,
    first_poll_s=10.0,
    longest_poll_s=60.0,
    deadline_s=3600.0,
    # A day; the last hour is left for the request itself.
    repeatable_s=timedelta(hours=23).total_seconds(),
)
_SHAPES = {Fraction(16, 9): "16:9", Fraction(9, 16): "9:16", Fraction(1): "1:1", Fraction(4, 5): "4:5"}
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_MOST_BYTES = 4 * 1024**3
_CONTENT = ("content_policy_violation", "moderation")
_MONEY = ("insufficient_credit", "trial_limit_exceeded", "plan_upgrade_required", "quota_exceeded")


class HeyGen:
    """``first_poll_s``: how soon it is asked how far a take is."""

    def __init__(self, *, name: str, key: str, base_url: str, outbound: Outbound, first_poll_s: float) -> None:
        self.name = name
        self._outbound = outbound
        self._wire = Wire(name=name, base_url=base_url, headers={"x-api-key": key}, outbound=outbound)
        self._first_poll_s = first_poll_s

    @property
    def capabilities(self) -> Capabilities:
        longest = max(self._first_poll_s, min(_CAPABILITIES.longest_poll_s, 6 * self._first_poll_s))
        return replace(_CAPABILITIES, first_poll_s=self._first_poll_s, longest_poll_s=longest)

    async def standing(self) -> Standing:
        said = await self._wire.read("/v3/users/me")
        if not said.ok:
            raise self._refusal(said)
        left = within(said.told, "data", "wallet", "remaining_balance")
        currency = within(said.told, "data", "wallet", "currency") or ""
        return Standing(balance=None if left is None else f"{left} {currency}".strip())

    def check(self, *, avatar: str, voice: str, background: str) -> None:  # noqa: ARG002 - its lists are not read here
        if background and not _COLOUR.fullmatch(background):
            raise InvalidRequest(
                f"The background of an avatar of HeyGen is a colour like #1F2937; “{background}” is none."
            )

    def ingredients(self, request: TakeRequest) -> Mapping[str, Any]:
        return {"vendor": "heygen-v3", **self._body(request)}

    def _body(self, request: TakeRequest) -> Json:
        body: Json = {
            "type": "avatar",
            "avatar_id": request.avatar,
            "script": request.script,
            "voice_id": request.voice,
            "resolution": "1080p" if min(request.width, request.height) >= 1080 else "720p",
            "aspect_ratio": _SHAPES.get(Fraction(request.width, request.height), "auto"),
        }
        return body | ({"background": {"type": "color", "value": request.background}} if request.background else {})

    async def submit(self, request: TakeRequest, *, client_ref: str) -> str:
        body = self._body(request) | {"title": _title(client_ref), "callback_id": client_ref}
        said = await self._wire.submit("/v3/videos", body, {"Idempotency-Key": client_ref})
        if said.status == 409:
            raise AmbiguousSubmit(f"{self.name} is still working on the first request of this take.")
        if not said.ok:
            raise self._refusal(said)
        video_id = within(said.told, "data", "video_id")
        if not isinstance(video_id, str) or not video_id:
            raise AmbiguousSubmit(f"{self.name} took the request and did not name the video.")
        return video_id

    async def find(self, client_ref: str) -> str | None:
        said = await self._wire.read(f"/v3/videos?limit=100&title={quote(_title(client_ref))}")
        if not said.ok:
            raise self._refusal(said)
        found: Any = within(said.told, "data") or []
        same = (each for each in found if within(each, "title") == _title(client_ref))
        return next((str(within(each, "id")) for each in same), None)

    async def poll(self, provider_id: str) -> TakeReport:
        try:
            said = await self._wire.read(f"/v3/videos/{quote(provider_id, safe='')}")
        except ProviderBusy as error:
            return TakeReport(state=TakeState.WAITING, reason=str(error))
        if said.status == 404:
            return TakeReport(state=TakeState.FAILED, reason="It is not there any more: somebody has deleted it.")
        if said.status in (401, 402, 403):
            raise self._refusal(said)
        status, link = within(said.told, "data", "status"), within(said.told, "data", "video_url")
        if status == "failed":
            code, words = (within(said.told, "data", name) for name in ("failure_code", "failure_message"))
            return TakeReport(state=TakeState.FAILED, reason=": ".join(str(each) for each in (code, words) if each))
        ready = status == "completed" and bool(link)
        return TakeReport(state=TakeState.READY if ready else TakeState.WAITING, reason=str(status or said.status))

    async def fetch(self, provider_id: str, request: TakeRequest, folder: Path) -> FetchedTake:  # noqa: ARG002
        """The link is asked for each time: it expires."""
        said = await self._wire.read(f"/v3/videos/{quote(provider_id, safe='')}")
        if said.status in (401, 403):
            raise self._refusal(said)
        link = within(said.told, "data", "video_url")
        if not isinstance(link, str) or not link:
            raise ResultUnavailable(f"{self.name} says that the take is made, and names no file yet.")
        path = folder / "take.mp4"
        try:
            await self._outbound.fetch(link, path, most_bytes=_MOST_BYTES)
        except (SourceRefused, SourceTooLarge) as error:
            raise ResultUnavailable(f"The take at {self.name} could not be fetched. {error}") from error
        return FetchedTake(path=path, duration_ms=0)

    def _refusal(self, said: Said) -> ProviderRefused | ProviderBusy:
        """What an answer that is no success means, with the vendor's own words."""
        code = str(within(said.told, "error", "code") or said.status)
        words = f"{self.name}: {within(said.told, 'error', 'message') or 'no reason given'} ({code})."
        if said.status == 401:
            return KeyRefused(f"{words} Send a good key: PUT /api/v1/videos/providers/{self.name}.")
        if said.status == 402 or code in _MONEY:
            return OutOfCredits(f"{words} Add credits or another plan there, then render again.")
        if said.status == 429 or said.status >= 500 or said.status < 400:
            return ProviderBusy(words)
        if any(each in code for each in _CONTENT):
            return ContentRejected(f"{words} Change the script, then render again.")
        return ProviderRefused(words)


def _title(client_ref: str) -> str:
    return f"10ex {client_ref}"
