"""What the tools need of the platform, whether they run inside the server or beside it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from app.modules.videos.schemas import CreateVideo, RenderJobOut, VideoOut


class Gateway(Protocol):
    """Speaks for one caller. Raises the errors of the services."""

    async def create(self, wanted: CreateVideo) -> VideoOut: ...

    async def get(self, video_id: str) -> VideoOut: ...

    def follow(self, job_id: str) -> AsyncGenerator[RenderJobOut]:
        """What becomes of a render job: now, whenever that may have changed, and when it has ended."""
        ...

    async def avatars(self) -> list[str]:
        """The ids of the avatar profiles that can be named."""
        ...
