"""Tavus, API v2 (docs.tavus.io): replicas, each with a voice of its own, in the shape they were recorded in.

There is no key against doing things twice, and no field for a reference but the name of the video: by it, a request
that may have arrived is looked for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from urllib.parse import quote

from app.avatars.base import Standing, TakeRequest, TakeState
from app.avatars.catalogue import Listed
from app.avatars.vendors import replicas
from app.avatars.vendors.listing import by_number, first_with
from app.avatars.vendors.remote import Remote, Seen, recording, ref_in, state_in, title_of
from app.avatars.vendors.wire import Json, Said, within
from app.core.errors import InvalidRequest

_STATES = {"ready": TakeState.READY, "error": TakeState.FAILED, "deleted": TakeState.FAILED}


class Tavus(Remote):
    vendor = "Tavus"
    base_url = "https://tavusapi.com"
    known = recording(
        max_script_chars=5000,
        first_poll_s=10.0,
        longest_poll_s=60.0,
        deadline_s=3600.0,
        chooses_voice=False,
        lists_avatars=True,
    )

    def check(self, *, avatar: str, voice: str, background: str) -> None:  # noqa: ARG002 - its lists are not read here
        if background:
            raise InvalidRequest("A replica of Tavus has no background of ours. Leave it out.")

    def _headers(self, key: str) -> Mapping[str, str]:
        return {"x-api-key": key}

    def _asked(self, request: TakeRequest) -> tuple[str, Json]:
        return "/v2/videos", {"replica_id": request.avatar, "script": request.script}

    def _named(self, client_ref: str) -> tuple[Json, Mapping[str, str]]:
        return {"video_name": title_of(client_ref), **self._call_back("callback_url")}, {}

    @staticmethod
    def called_about(told: Json) -> tuple[str | None, ...]:
        return within(told, "video_id"), ref_in(within(told, "video_name"))

    def _id_in(self, said: Said, path: str) -> str | None:  # noqa: ARG002
        return within(said.told, "video_id")

    def _place(self, provider_id: str) -> str:
        return f"/v2/videos/{quote(provider_id, safe='')}"

    def _seen(self, told: Json) -> Seen:
        status, details = within(told, "status"), within(told, "status_details")
        link = within(told, "download_url")
        return Seen(state=state_in(_STATES, status), link=link, reason=str(details or status), gone=status == "deleted")

    def _fault(self, said: Said) -> tuple[str, str]:
        return "", str(within(said.told, "error") or within(said.told, "message") or "")

    async def find(self, client_ref: str) -> str | None:
        rows = by_number(self._listed, "/v2/videos?limit=100", rows="data", total="total_count", key="video_id")
        found = await first_with(rows, "video_name", title_of(client_ref))
        return None if found is None else str(within(found, "video_id"))

    async def standing(self) -> Standing:
        await self._listed("/v2/videos?limit=1&page=0")
        return Standing()

    def list_avatars(self) -> AsyncIterator[Listed]:
        return replicas.replicas(self._listed)
