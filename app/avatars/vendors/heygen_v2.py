"""HeyGen, API v2 (docs.heygen.com), which it announced to retire at the end of October 2026: off unless asked for.

An avatar is its id, or ``photo:`` and the id of a talking photo. It has no key against doing things twice, and no list
in which a reference is documented to be found: a request that may have arrived stays in doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from app.avatars.base import AmbiguousSubmit, Standing, TakeRequest, TakeState
from app.avatars.vendors.heygen import HeyGen, check_colour
from app.avatars.vendors.remote import ALL_SHAPES, Remote, Seen, recording, state_in, title_of
from app.avatars.vendors.wire import Json, Said, within
from app.core.errors import InvalidRequest

_PHOTO = "photo"
_STATES = {"completed": TakeState.READY, "failed": TakeState.FAILED}
#: A minute of what was bought, in the units of the balance (docs.heygen.com/reference/get-remaining-quota-v2).
_UNITS = 60


class HeyGenV2(Remote):
    vendor = "HeyGen"
    base_url = HeyGen.base_url
    known = recording(
        max_script_chars=5000,
        first_poll_s=10.0,
        longest_poll_s=60.0,
        deadline_s=3600.0,
        looks_up=False,
        shapes=ALL_SHAPES,
        rate=25,
        most_at_once=10,
    )
    money, plan = HeyGen.money, HeyGen.plan
    content = HeyGen.content
    successor = "Add an account of kind heygen instead: POST /api/v1/videos/providers."

    def check(self, *, avatar: str, voice: str, background: str) -> None:  # noqa: ARG002 - its lists are not read here
        check_colour(background)
        kind, found, name = avatar.partition(":")
        if found and (kind != _PHOTO or not name):
            raise InvalidRequest(
                f"An avatar of HeyGen's API v2 is an id, or photo: and that of a talking photo; “{avatar}” is neither."
            )

    def _headers(self, key: str) -> Mapping[str, str]:
        return {"x-api-key": key}

    def _asked(self, request: TakeRequest) -> tuple[str, Json]:
        voice = {"type": "text", "voice_id": request.voice, "input_text": request.script}
        scene: Json = {"character": _character(request.avatar), "voice": voice}
        if request.background:
            scene["background"] = {"type": "color", "value": request.background}
        dimension = {"width": request.width, "height": request.height}
        return "/v2/video/generate", {"video_inputs": [scene], "dimension": dimension}

    def _named(self, client_ref: str) -> tuple[Json, Mapping[str, str]]:
        return {"title": title_of(client_ref), "callback_id": client_ref, **self._call_back("callback_url")}, {}

    @staticmethod
    def called_about(told: Json) -> tuple[str | None, ...]:
        return HeyGen.called_about(told)

    def _id_in(self, said: Said, path: str) -> str | None:  # noqa: ARG002
        return within(said.told, "data", "video_id")

    def _place(self, provider_id: str) -> str:
        return f"/v1/video_status.get?video_id={quote(provider_id, safe='')}"

    def _seen(self, told: Json) -> Seen:
        status = within(told, "data", "status")
        failure = (within(told, "data", "error", name) for name in ("code", "message", "detail"))
        reason = ": ".join(str(each) for each in failure if each) or str(status)
        link = within(told, "data", "video_url")
        return Seen(state=state_in(_STATES, status), link=link, reason=reason)

    def _fault(self, said: Said) -> tuple[str, str]:
        """Of v2 an object; of v1 in the answer itself."""
        error: Any = within(said.told, "error") or said.told
        return str(within(error, "code") or ""), str(within(error, "message") or "")

    async def find(self, client_ref: str) -> str | None:
        raise AmbiguousSubmit(f"HeyGen's API v2 cannot be asked what it has under the reference {client_ref}.")

    async def standing(self) -> Standing:
        told = await self._listed("/v2/user/remaining_quota")
        left = within(told, "data", "remaining_quota")
        return Standing(balance=f"{left / _UNITS:g} credits" if isinstance(left, int | float) else None)


def _character(avatar: str) -> Json:
    kind, _, name = avatar.partition(":")
    if kind == _PHOTO:
        return {"type": "talking_photo", "talking_photo_id": name}
    return {"type": "avatar", "avatar_id": avatar, "avatar_style": "normal"}
