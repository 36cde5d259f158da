"""D-ID, API 4.2 (docs.d-id.com): photographs and presenters that say a script.

An avatar is the https address of a photograph, or ``clip:``, ``scene:`` or ``expressive:`` and an id of D-ID's. A voice
is one of Microsoft's, or ``elevenlabs:``, ``amazon:``, ``google:`` and an id. There is no key against doing things
twice: the reference is ``user_data``, by which a request that may have arrived is looked for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from urllib.parse import quote

from app.avatars.base import Standing, TakeRequest, TakeState
from app.avatars.catalogue import Listed
from app.avatars.vendors import presenters
from app.avatars.vendors.listing import by_token, first_with, text_in
from app.avatars.vendors.remote import Remote, Seen, recording, state_in, title_of
from app.avatars.vendors.wire import Json, Said, within
from app.core.errors import InvalidRequest

_PRODUCTS = {
    "clip": ("clips", "presenter_id"),
    "scene": ("scenes", "avatar_id"),
    "expressive": ("expressives", "avatar_id"),
}
_TALKS = "talks"
_ALL = (_TALKS, *(name for name, _ in _PRODUCTS.values()))
_STATES = {"done": TakeState.READY, "error": TakeState.FAILED, "rejected": TakeState.FAILED}
_VOICES = ("microsoft", "elevenlabs", "amazon", "google", "azure-openai")


class DId(Remote):
    vendor = "D-ID"
    base_url = "https://api.d-id.com"
    known = recording(
        max_script_chars=10_000,
        first_poll_s=2.0,
        longest_poll_s=10.0,
        deadline_s=600.0,
        lists_avatars=True,
        lists_voices=True,
        unlisted=("https:",),
        plain_voices=f"{presenters.PLAIN}:",
    )
    content = ("Moderation", "CelebrityRecognized")

    def check(self, *, avatar: str, voice: str, background: str) -> None:  # noqa: ARG002 - its lists are not read here
        if avatar.partition(":")[0] not in (*_PRODUCTS, "https"):
            raise InvalidRequest(
                "An avatar of D-ID is the https address of a photograph, or clip:ID, scene:ID or expressive:ID; "
                f"“{avatar}” is neither."
            )
        if background:
            raise InvalidRequest("An avatar of D-ID has no background of ours. Leave it out.")

    def _headers(self, key: str) -> Mapping[str, str]:
        return {"Authorization": f"Basic {key}"}

    def _asked(self, request: TakeRequest) -> tuple[str, Json]:
        kind, _, avatar = request.avatar.partition(":")
        product, field = _PRODUCTS.get(kind, (_TALKS, "source_url"))
        engine, _, voice = request.voice.partition(":")
        if engine not in _VOICES:
            engine, voice = _VOICES[0], request.voice
        speaks = {"type": engine, "voice_id": voice}
        script = {"type": "text", "input": request.script, "provider": speaks}
        return f"/{product}", {field: avatar if kind in _PRODUCTS else request.avatar, "script": script}

    def _named(self, client_ref: str) -> tuple[Json, Mapping[str, str]]:
        return {"name": title_of(client_ref), "user_data": client_ref, **self._call_back("webhook")}, {}

    @staticmethod
    def called_about(told: Json) -> tuple[str | None, ...]:
        own = within(told, "id")
        return *(f"{product}/{own}" for product in _ALL), within(told, "user_data")

    def _id_in(self, said: Said, path: str) -> str | None:
        found = within(said.told, "id")
        return f"{path.strip('/')}/{found}" if isinstance(found, str) and found else None

    def _place(self, provider_id: str) -> str:
        return f"/{quote(provider_id, safe='/')}"

    def _seen(self, told: Json) -> Seen:
        status = within(told, "status")
        failure = (within(told, "error", name) for name in ("kind", "description"))
        reason = ": ".join(str(each) for each in failure if each) or str(status)
        return Seen(state=state_in(_STATES, status), link=within(told, "result_url"), reason=reason)

    def _fault(self, said: Said) -> tuple[str, str]:
        return str(within(said.told, "kind") or ""), str(within(said.told, "description") or "")

    async def find(self, client_ref: str) -> str | None:
        for product in _ALL:
            rows = by_token(
                self._of_plan, f"/{product}?limit=100", rows=product, following=lambda told: text_in(told, "token")
            )
            found = await first_with(rows, "user_data", client_ref)
            if found is not None:
                return f"{product}/{within(found, 'id')}"
        return None

    async def standing(self) -> Standing:
        told = await self._listed("/credits")
        left = within(told, "remaining")
        return Standing(balance=None if left is None else f"{left} credits")

    async def list_avatars(self) -> AsyncIterator[Listed]:
        for product in presenters.PRODUCTS:
            async for listed in presenters.presenters(self._of_plan, *product):
                yield listed

    async def list_voices(self) -> AsyncIterator[Listed]:
        said = await self._wire.read("/tts/voices")
        if not said.ok:
            raise self._refusal(said)
        for listed in presenters.voices(said):
            yield listed

    async def _of_plan(self, path: str) -> Json:
        """A product that the account's plan does not include has no avatars, and no takes. Only D-ID's own words count
        as that.
        """
        said = await self._wire.read(path)
        if said.status in (403, 404) and self._fault(said)[0] in ("PermissionError", "NotFoundError"):
            return {name: [] for name in ("presenters", "avatars", *_ALL)}
        if not said.ok:
            raise self._refusal(said)
        return said.told
