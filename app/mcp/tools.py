"""The tools: ``generate_avatar_video`` and ``get_video_status``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import aclosing, contextmanager, suppress
from datetime import datetime
from importlib.metadata import version
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field, ValidationError

from app.avatars.studio.cast import CAST
from app.core.errors import TenexError
from app.mcp.gateway import Gateway
from app.modules.videos.composition import AspectRatio
from app.modules.videos.models import VideoStatus
from app.modules.videos.schemas import CaptionLinks, CreateVideo, Failure, RenderState, VideoOut

LONGEST_WAIT_S = 300
_INSTRUCTIONS = (
    "Makes presenter videos: an avatar speaks a script. generate_avatar_video answers at once with a video_id; then "
    "call get_video_status with wait_seconds until status is ready or failed."
)
_PRESENTERS = ", ".join(f"{one.id} ({one.gender})" for one in CAST.values())
GatewayOf = Callable[[Context[Any, Any]], Gateway]
Tell = Callable[[RenderState], Awaitable[None]]


class GeneratedVideo(BaseModel):
    """A video that is being made."""

    video_id: str = Field(description="For get_video_status, and for other modules that show the video")
    render_id: str = Field(description="The render job")
    title: str
    status: VideoStatus
    eta_seconds: int | None = Field(description="Seconds until it should be ready; null when that is not known")
    next_step: str


class VideoState(BaseModel):
    """Where a video is. Links work until download_expires_at; ask again for new ones."""

    video_id: str
    title: str
    status: VideoStatus = Field(description="rendering, then ready or failed")
    stage: str | None = Field(description="What the render job is doing")
    progress: float = Field(description="0 to 1")
    eta_seconds: int | None
    error: Failure | None
    duration: float | None = Field(description="Seconds")
    aspect_ratio: AspectRatio | None
    download_url: str | None = Field(description="The MP4")
    download_expires_at: datetime | None
    poster_url: str | None
    captions: CaptionLinks | None


def build_server(gateway_of: GatewayOf) -> MCPServer[Any]:
    """A server with both tools; each call asks ``gateway_of`` on whose behalf it acts."""
    server: MCPServer[Any] = MCPServer(
        "tenex", title="10ex videos", instructions=_INSTRUCTIONS, version=version("tenex-videos"), log_level="WARNING"
    )

    @server.tool(title="Make a presenter video", structured_output=True)
    async def generate_avatar_video(  # pyright: ignore[reportUnusedFunction]
        context: Context[Any, Any],
        script: Annotated[str, Field(description="What is said: plain text, at most 20,000 characters")],
        avatar_id: Annotated[
            str, Field(description=f"Who speaks. Built in: {_PRESENTERS}; or the id of a profile of the workspace")
        ],
        aspect_ratio: Annotated[AspectRatio, Field(description="The shape of the picture")] = AspectRatio.WIDE,
    ) -> GeneratedVideo:
        """Make a video in which an avatar speaks the script. Returns at once, while the video is rendered."""
        return await generate(gateway_of(context), script=script, avatar_id=avatar_id, aspect_ratio=aspect_ratio)

    @server.tool(title="Get the status of a video", structured_output=True)
    async def get_video_status(  # pyright: ignore[reportUnusedFunction]
        context: Context[Any, Any],
        video_id: Annotated[str, Field(description="As generate_avatar_video returned it")],
        wait_seconds: Annotated[
            int, Field(ge=0, le=LONGEST_WAIT_S, description="Wait so long for the video to be finished, with progress")
        ] = 0,
    ) -> VideoState:
        """How far a video is and, once it is ready, its links."""
        return await watch(gateway_of(context), video_id, seconds=wait_seconds, tell=_Progress(context))

    return server


async def generate(gateway: Gateway, *, script: str, avatar_id: str, aspect_ratio: AspectRatio) -> GeneratedVideo:
    """Raises ToolError with words that a model can act on."""
    with _told():
        try:
            video = await gateway.create(CreateVideo(script=script, avatar_id=avatar_id, aspect_ratio=aspect_ratio))
        except TenexError as error:
            if error.code != "avatar_not_found":
                raise
            known = ", ".join(await gateway.avatars())
            raise ToolError(f"There is no avatar {avatar_id!r}. Call again with one of: {known}.") from error
    assert video.render is not None
    return GeneratedVideo(
        video_id=video.id,
        render_id=video.render.id,
        title=video.title,
        status=video.status,
        eta_seconds=video.render.eta_seconds,
        next_step=f"Call get_video_status with video_id {video.id} and wait_seconds 60 until status is ready.",
    )


async def watch(gateway: Gateway, video_id: str, *, seconds: int, tell: Tell) -> VideoState:
    """The state as soon as the video is finished, and after so many seconds at the latest. Raises ToolError."""
    with _told():
        video = await gateway.get(video_id)
        if video.render is None or video.status is not VideoStatus.RENDERING or not seconds:
            return await _shown(video, tell)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), aclosing(gateway.follow(video.render.id)) as states:
                async for job in states:
                    await tell(job)
        return await _shown(await gateway.get(video_id), tell)


class _Progress:
    """Tells the caller of a tool how far a job is. It only ever grows, as the protocol demands."""

    def __init__(self, context: Context[Any, Any]) -> None:
        self._context, self._told = context, -1.0

    async def __call__(self, job: RenderState) -> None:
        if job.progress > self._told:
            self._told = job.progress
            await self._context.report_progress(job.progress, 1.0, job.stage)


async def _shown(video: VideoOut, tell: Tell) -> VideoState:
    if video.render is not None:
        await tell(video.render)
    return _state(video)


@contextmanager
def _told() -> Generator[None]:
    try:
        yield
    except TenexError as error:
        raise ToolError(f"{error.message} ({error.code})") from error
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise ToolError(f"The call cannot be made as it is. {faults}") from error


def _state(video: VideoOut) -> VideoState:
    render = video.render
    return VideoState(
        video_id=video.id,
        title=video.title,
        status=video.status,
        stage=render.stage if render else None,
        progress=render.progress if render else 1.0,
        eta_seconds=render.eta_seconds if render else None,
        error=render.error if render else None,
        duration=video.duration,
        aspect_ratio=video.aspect_ratio,
        download_url=video.download_url,
        download_expires_at=video.download_expires_at,
        poster_url=video.preview.poster_url if video.preview else None,
        captions=video.captions,
    )
