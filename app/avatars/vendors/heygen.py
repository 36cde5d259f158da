"""HeyGen, API v3 (developers.heygen.com): looks that say a script, or a photograph, at 25 frames a second.

An avatar is the id of a look, or ``image:`` and the https address of a photograph. With ``studio:`` before it, a long
script is one video of up to fifty scenes: one request, which is made whole or not at all.

Every request carries its reference as ``Idempotency-Key``: for a day, one that is sent again is answered as the first
was.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from app.avatars.base import Standing, TakeReport, TakeRequest, TakeState
from app.avatars.catalogue import STUDIO, Listed
from app.avatars.vendors import looks
from app.avatars.vendors.hooks import Signature
from app.avatars.vendors.remote import ALL_SHAPES, Remote, Seen, recording, shape_of, state_in, title_of
from app.avatars.vendors.wire import Json, Said, within
from app.core.errors import InvalidRequest
from app.speech.parts import split_parts

_UNDER_WAY = ("waiting", "pending", "processing")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
#: With a host, and without the name and password that would then be told to others.
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?/[^\s@]*")
_IMAGE = "image"
#: Of a scene, and of a video of scenes: half an hour at most, when nobody speaks slowly.
_SCENE_CHARS, _STUDIO_CHARS = 5000, 24_000
_STATES = {"completed": TakeState.READY, "failed": TakeState.FAILED}


class HeyGen(Remote):
    vendor = "HeyGen"
    base_url = "https://api.heygen.com"
    known = recording(
        max_script_chars=_SCENE_CHARS,
        first_poll_s=10.0,
        longest_poll_s=60.0,
        deadline_s=3600.0,
        # A day; the last hour is left for the request itself.
        repeatable_s=timedelta(hours=23).total_seconds(),
        shapes=ALL_SHAPES,
        rate=25,
        most_at_once=10,
        looks_at=100,
        # Avatar IV, a digital twin at 1080p, as published in 2026: 0.0667 dollars a second.
        microusd_a_minute=4_000_000,
        lists_avatars=True,
        lists_voices=True,
        unlisted=(f"{_IMAGE}:",),
        longer_scripts=((STUDIO, _STUDIO_CHARS),),
    )
    money = ("insufficient_credit", "trial_limit_exceeded", "quota_exceeded")
    plan = ("plan_upgrade_required",)
    signature = Signature(header="heygen-signature", moment="heygen-timestamp", dated=False)
    content = ("content_policy_violation", "moderation")

    def check(self, *, avatar: str, voice: str, background: str) -> None:  # noqa: ARG002 - its lists are not read here
        check_colour(background)
        kind, found, address = avatar.removeprefix(STUDIO).partition(":")
        if found and (kind != _IMAGE or not _ADDRESS.fullmatch(address)):
            raise InvalidRequest(
                "An avatar of HeyGen is the id of a look, or image: and the https address of a photograph, such as "
                f"image:https://example.com/ann.jpg, with or without {STUDIO} before it; “{avatar}” is neither."
            )

    def _headers(self, key: str) -> Mapping[str, str]:
        return {"x-api-key": key}

    def _asked(self, request: TakeRequest) -> tuple[str, Json]:
        body: Json = {
            "resolution": "1080p" if min(request.width, request.height) >= 1080 else "720p",
            "aspect_ratio": shape_of(request) or "auto",
        }
        if not request.avatar.startswith(STUDIO):
            return "/v3/videos", body | _said_by(request.avatar, request, request.script, colour="value")
        who, parts = request.avatar.removeprefix(STUDIO), split_parts(request.script, _SCENE_CHARS)
        inputs = [_said_by(who, request, part, colour="color") for part in parts]
        scenes = [{"type": "avatar_video", "input": each} for each in inputs]
        return "/v3/videos", body | {"type": "studio", "scenes": scenes}

    def _named(self, client_ref: str) -> tuple[Json, Mapping[str, str]]:
        named = {"title": title_of(client_ref), "callback_id": client_ref}
        return named | self._call_back("callback_url"), {"Idempotency-Key": client_ref}

    @staticmethod
    def called_about(told: Json) -> tuple[str | None, ...]:
        return within(told, "event_data", "video_id"), within(told, "event_data", "callback_id")

    def _id_in(self, said: Said, path: str) -> str | None:  # noqa: ARG002
        return within(said.told, "data", "video_id")

    def _place(self, provider_id: str) -> str:
        return f"/v3/videos/{quote(provider_id, safe='')}"

    def _seen(self, told: Json) -> Seen:
        status = within(told, "data", "status")
        failure = (within(told, "data", name) for name in ("failure_code", "failure_message"))
        reason = ": ".join(str(each) for each in failure if each) or str(status)
        link = within(told, "data", "video_url")
        return Seen(state=state_in(_STATES, status), link=link, reason=reason)

    def _fault(self, said: Said) -> tuple[str, str]:
        return str(within(said.told, "error", "code") or ""), str(within(said.told, "error", "message") or "")

    async def poll_many(self, provider_ids: Sequence[str]) -> Mapping[str, TakeReport]:
        """One call says which are under way; the others are asked for one by one, since it says no more of them."""
        if len(provider_ids) == 1:
            return await super().poll_many(provider_ids)
        said = await self._wire.read(f"/v3/videos/statuses?video_ids={','.join(quote(each) for each in provider_ids)}")
        if said.status in self.key_refused:
            raise self._refusal(said)
        under_way = set(_under_way(said.told))
        told = {each: TakeReport(state=TakeState.WAITING) for each in provider_ids if each in under_way}
        rest = await super().poll_many([each for each in provider_ids if each not in under_way])
        return {**told, **rest}

    async def find(self, client_ref: str) -> str | None:
        told = await self._listed(f"/v3/videos?limit=100&title={quote(title_of(client_ref))}")
        found: list[Any] = within(told, "data") or []
        same = (each for each in found if within(each, "title") == title_of(client_ref))
        return next((str(within(each, "id")) for each in same), None)

    async def standing(self) -> Standing:
        told = await self._listed("/v3/users/me")
        left, currency = (within(told, "data", "wallet", name) for name in ("remaining_balance", "currency"))
        return Standing(balance=None if left is None else f"{left} {currency or ''}".strip())

    def list_avatars(self) -> AsyncIterator[Listed]:
        return looks.looks(self._listed)

    def list_voices(self) -> AsyncIterator[Listed]:
        return looks.voices(self._listed)


def _under_way(told: Json) -> Iterator[str]:
    """Videos that are not finished yet, of an answer that lists some. Its list is called ``items`` as in batches."""
    listed: list[Any] = within(told, "data", "items") or within(told, "data", "videos") or []
    for each in listed:
        if within(each, "status") in _UNDER_WAY:
            yield str(within(each, "video_id") or within(each, "id"))


def check_colour(background: str) -> None:
    """Raises InvalidRequest for a background that is given, and no colour."""
    if background and not _COLOUR.fullmatch(background):
        raise InvalidRequest(f"The background of an avatar of HeyGen is a colour like #1F2937; “{background}” is none.")


def _said_by(avatar: str, request: TakeRequest, script: str, *, colour: str) -> Json:
    """What is said, and who is seen: a look, or a photograph. ``colour``: what that of a background is called."""
    kind, _, address = avatar.partition(":")
    photograph = {"type": "image", "image": {"type": "url", "url": address}}
    seen = photograph if kind == _IMAGE else {"type": "avatar", "avatar_id": avatar}
    ground = {"background": {"type": "color", colour: request.background}} if request.background else {}
    return {**seen, "script": script, "voice_id": request.voice, **ground}
