"""The platform through its public API: for tools that run on somebody's own machine."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import httpx2

from app.core.ids import is_id
from app.core.remote import ApiUnreachable, refusal_of
from app.modules.videos.errors import VideoNotFound
from app.modules.videos.schemas import CreateVideo, RenderJobOut, VideoOut

_TIMEOUT_S = 60.0
_VIDEOS = "/api/v1/videos"


class RemoteGateway:
    """A context: its connections are open inside it."""

    def __init__(self, *, api_base: str, api_key: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._base = api_base.rstrip("/").removesuffix("/api/v1")
        headers = {"Authorization": f"Bearer {api_key}"}
        self._client = httpx2.AsyncClient(base_url=self._base, headers=headers, timeout=_TIMEOUT_S, transport=transport)

    async def __aenter__(self) -> RemoteGateway:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def create(self, wanted: CreateVideo) -> VideoOut:
        body = wanted.model_dump(mode="json", exclude_unset=True)
        return VideoOut.model_validate(await self._ask("POST", _VIDEOS, json=body))

    async def get(self, video_id: str) -> VideoOut:
        if not is_id(video_id):  # "avatars" would be another list
            raise VideoNotFound("There is no such video in this workspace.")
        return VideoOut.model_validate(await self._ask("GET", f"{_VIDEOS}/{video_id}"))

    async def follow(self, job_id: str) -> AsyncGenerator[RenderJobOut]:
        """One request, however long it takes: its events."""
        with self._reached():
            async with self._client.sse(f"{_VIDEOS}/renders/{job_id}/events") as events:
                if not events.response.is_success:
                    await events.response.aread()
                    raise refusal_of(events.response)
                async for event in events:
                    if event.data:
                        yield RenderJobOut.model_validate_json(event.data)

    async def avatars(self) -> list[str]:
        page = await self._ask("GET", f"{_VIDEOS}/avatars", params={"limit": 200})
        return [avatar["id"] for avatar in page["items"]]

    async def _ask(self, method: str, path: str, **options: Any) -> Any:
        with self._reached():
            answer = await self._client.request(method, path, **options)
        if answer.is_success:
            return answer.json()
        raise refusal_of(answer)

    @contextmanager
    def _reached(self) -> Generator[None]:
        try:
            yield
        except httpx2.HTTPError as error:
            raise ApiUnreachable(
                f"The API at {self._base} does not answer ({error}). Start it with `tenex up`, or set TENEX_API_BASE."
            ) from error
