"""Synthesia, API v2 (docs.synthesia.io): avatars before a background. Keys expire, by default after 30 days.

There is no key against doing things twice: the reference is ``callbackId``, by which a request that may have arrived is
looked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from app.avatars.base import Standing, TakeRequest, TakeState
from app.avatars.vendors.hooks import Signature
from app.avatars.vendors.listing import by_token, first_with
from app.avatars.vendors.remote import ALL_SHAPES, Remote, Seen, recording, shape_of, state_in, title_of
from app.avatars.vendors.wire import Json, Said, within
from app.core.errors import InvalidRequest

_STATES = dict.fromkeys(("error", "rejected", "deleted"), TakeState.FAILED) | {"complete": TakeState.READY}
_NO_REASON = "Synthesia tells no reason; its own pages may"
_PAGE = 100


class Synthesia(Remote):
    vendor = "Synthesia"
    base_url = "https://api.synthesia.io"
    known = recording(
        max_script_chars=5000,
        first_poll_s=10.0,
        longest_poll_s=60.0,
        deadline_s=3600.0,
        most_a_minute=60,
        shapes=ALL_SHAPES,
    )
    key_refused = (401, 403)
    signature = Signature(header="synthesia-signature", moment="synthesia-timestamp", dated=True)

    def check(self, *, avatar: str, voice: str, background: str) -> None:  # noqa: ARG002 - there are no lists of them
        if not background:
            raise InvalidRequest("An avatar of Synthesia needs a background: one of its ids, such as green_screen.")

    def _headers(self, key: str) -> Mapping[str, str]:
        return {"Authorization": key}

    def _asked(self, request: TakeRequest) -> tuple[str, Json]:
        scene: Json = {"avatar": request.avatar, "background": request.background, "scriptText": request.script}
        scene["avatarSettings"] = {"style": "rectangular", "voice": request.voice}
        shape = {"aspectRatio": shape_of(request) or "16:9"}
        return "/v2/videos", {"test": False, "visibility": "private", "input": [scene], **shape}

    def _named(self, client_ref: str) -> tuple[Json, Mapping[str, str]]:
        return {"title": title_of(client_ref), "callbackId": client_ref}, {}

    @staticmethod
    def called_about(told: Json) -> tuple[str | None, ...]:
        return within(told, "data", "id"), within(told, "data", "callbackId")

    def _id_in(self, said: Said, path: str) -> str | None:  # noqa: ARG002
        return within(said.told, "id")

    def _place(self, provider_id: str) -> str:
        return f"/v2/videos/{quote(provider_id, safe='')}"

    def _seen(self, told: Json) -> Seen:
        status = within(told, "status")
        state = state_in(_STATES, status)
        reason = f"{status}: {_NO_REASON}" if state is TakeState.FAILED else str(status)
        return Seen(state=state, link=within(told, "download"), reason=reason, gone=status == "deleted")

    def _fault(self, said: Said) -> tuple[str, str]:
        words = (within(said.told, name) for name in ("error", "context"))
        return "", "; ".join(str(each) for each in words if each)

    async def find(self, client_ref: str) -> str | None:
        rows = by_token(
            self._listed, f"/v2/videos?limit={_PAGE}", rows="videos", following=_next_offset, parameter="offset"
        )
        found = await first_with(rows, "callbackId", client_ref)
        return None if found is None else str(within(found, "id"))

    async def standing(self) -> Standing:
        await self._listed("/v2/videos?limit=1")
        return Standing()


def _next_offset(told: Json) -> str | None:
    following = within(told, "nextOffset")
    return str(following) if len(within(told, "videos") or ()) >= _PAGE and following is not None else None
