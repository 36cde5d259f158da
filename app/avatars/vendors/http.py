"""An engine of one's own behind HTTP, by the contract of docs/providers.md: MuseTalk, LatentSync or anything else.

``POST /takes`` asks for a take, ``GET /takes/{id}`` shows it, ``GET /takes?ref=`` finds it, ``GET /health`` answers. A
request that is sent again under its reference has to be answered as the first was. ``GET /avatars`` and ``GET /voices``
may be there, or answer 404.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from app.avatars.base import Standing, TakeRequest, TakeState
from app.avatars.catalogue import CatalogueNotOffered, Listed
from app.avatars.vendors import engines
from app.avatars.vendors.remote import ALL_SHAPES, Remote, Seen, recording, state_in
from app.avatars.vendors.wire import Json, Said, whole, within

_STATES = {"done": TakeState.READY, "failed": TakeState.FAILED}


class HttpEngine(Remote):
    vendor = "The engine"
    base_url = ""
    known = recording(
        max_script_chars=40_000,
        first_poll_s=2.0,
        longest_poll_s=20.0,
        deadline_s=6 * 3600.0,
        repeatable_s=timedelta(days=7).total_seconds(),
        chooses_voice=False,
        shapes=ALL_SHAPES,
        lists_avatars=True,
        lists_voices=True,
    )
    key_refused = (401, 403)
    money = ("out_of_credits",)
    content = ("content_rejected",)

    def check(self, *, avatar: str, voice: str, background: str) -> None:
        """What it takes, only the engine knows."""

    def _headers(self, key: str) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {key}"}

    def _asked(self, request: TakeRequest) -> tuple[str, Json]:
        return "/takes", {
            "script": request.script,
            "avatar": request.avatar,
            "voice": request.voice,
            "background": request.background,
            "width": request.width,
            "height": request.height,
            "fps": float(request.fps),
        }

    def _named(self, client_ref: str) -> tuple[Json, Mapping[str, str]]:
        return {"ref": client_ref, **self._call_back("callback_url")}, {"Idempotency-Key": client_ref}

    @staticmethod
    def called_about(told: Json) -> tuple[str | None, ...]:
        return within(told, "id"), within(told, "ref")

    def _id_in(self, said: Said, path: str) -> str | None:  # noqa: ARG002
        return within(said.told, "id")

    def _place(self, provider_id: str) -> str:
        return f"/takes/{quote(provider_id, safe='')}"

    def _seen(self, told: Json) -> Seen:
        status, link = within(told, "status"), within(told, "video_url")
        failure = (within(told, "error", name) for name in ("code", "message"))
        reason = ": ".join(str(each) for each in failure if each) or str(status)
        return Seen(state=state_in(_STATES, status), link=whole(self._wire.base_url, link), reason=reason)

    def _fault(self, said: Said) -> tuple[str, str]:
        return str(within(said.told, "error", "code") or ""), str(within(said.told, "error", "message") or "")

    async def find(self, client_ref: str) -> str | None:
        told = await self._listed(f"/takes?ref={quote(client_ref)}")
        found: list[Any] = within(told, "takes") or []
        return next((str(within(each, "id")) for each in found if within(each, "ref") == client_ref), None)

    async def standing(self) -> Standing:
        told = await self._listed("/health")
        balance = within(told, "balance")
        return Standing(balance=None if balance is None else str(balance))

    def list_avatars(self) -> AsyncIterator[Listed]:
        return engines.entries(self._offered, "avatars", self._wire.base_url)

    def list_voices(self) -> AsyncIterator[Listed]:
        return engines.entries(self._offered, "voices", self._wire.base_url)

    async def _offered(self, path: str) -> Json:
        said = await self._wire.read(path)
        if said.status == 404:
            raise CatalogueNotOffered(f"{self.name} does not answer GET {path.partition('?')[0]}, which it need not.")
        if not said.ok:
            raise self._refusal(said)
        return said.told
