"""The platform in this process: for tools that run inside the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.core.auth import Principal
from app.core.database import Database
from app.core.pagination import MOST_PER_PAGE, PageRequest
from app.modules.videos.assets import Videos
from app.modules.videos.avatars import Avatars
from app.modules.videos.jobs import Jobs
from app.modules.videos.renders import Order, Renders
from app.modules.videos.schemas import CreateVideo, RenderJobOut, VideoOut

LOOK_EVERY_S = 1.0
R = TypeVar("R")


class HasVideos(Protocol):
    """What the gateway inside the server needs of the services."""

    @property
    def database(self) -> Database: ...
    @property
    def renders(self) -> Renders: ...
    @property
    def videos(self) -> Videos: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def avatars(self) -> Avatars: ...


class LocalGateway:
    """Calls the services in this process."""

    def __init__(self, services: HasVideos, caller: Principal) -> None:
        self._services, self._caller = services, caller

    async def create(self, wanted: CreateVideo) -> VideoOut:
        self._caller.require("videos:write")
        order = Order(**{name: getattr(wanted, name) for name in CreateVideo.model_fields})
        workspace_id, services = self._caller.workspace_id, self._services

        def create() -> VideoOut:
            with services.database.session_scope() as session:
                ordered = services.renders.create(session, workspace_id, order)
                return services.videos.get(session, workspace_id, ordered.video.id)

        return await run_in_threadpool(create)

    async def get(self, video_id: str) -> VideoOut:
        return await self._read(lambda session: self._services.videos.get(session, self._caller.workspace_id, video_id))

    async def follow(self, job_id: str) -> AsyncGenerator[RenderJobOut]:
        while True:
            job = await self._read(lambda session: self._services.jobs.get(session, self._caller.workspace_id, job_id))
            yield job
            if job.finished_at is not None:
                return
            await asyncio.sleep(LOOK_EVERY_S)

    async def avatars(self) -> list[str]:
        page = PageRequest(limit=MOST_PER_PAGE)
        found = await self._read(lambda session: self._services.avatars.list(session, self._caller.workspace_id, page))
        return [avatar.id for avatar in found.rows]

    async def _read(self, question: Callable[[Session], R]) -> R:
        self._caller.require("videos:read")

        def ask() -> R:
            with self._services.database.read_scope() as session:
                return question(session)

        return await run_in_threadpool(ask)
