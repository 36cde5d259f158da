"""``/api/v1/videos/renders`` and ``/api/v1/videos/{id}/renders``: asking for renders, and watching them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.core.auth import Principal
from app.core.pagination import DEFAULT_LIMIT, Page
from app.core.parameters import CursorParam, IdempotencyKey, LimitParam
from app.modules.videos.access import (
    PREFIX,
    CreatedAfter,
    CreatedBefore,
    JobId,
    Reader,
    VideoId,
    Writer,
    services_of,
)
from app.modules.videos.asking import asked_once
from app.modules.videos.events import event_id, follow
from app.modules.videos.models import JobStatus
from app.modules.videos.renders import Change
from app.modules.videos.repository import JobFilter
from app.modules.videos.schemas import RenderAgain, RenderJobOut, VideoOut

fixed = APIRouter(prefix=f"{PREFIX}/renders", tags=["renders"])
of_video = APIRouter(prefix=PREFIX, tags=["renders"])
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "`progress` whenever something changed, then one `done`; the data is the render job",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'id: rendering.chunks.0.42\nevent: progress\ndata: {"id": "01936f2e-...", ...}\n\n',
            }
        },
    },
    204: {"description": "The job has ended, and `Last-Event-ID` says that you know"},
}


@of_video.post(
    "/{video_id}/renders",
    status_code=202,
    summary="Render a video again",
    response_model=VideoOut,
    responses={
        402: {"description": "Not enough credits"},
        409: {"description": "It is being rendered already, or it has no script"},
    },
)
def render_again(
    video_id: VideoId, body: RenderAgain, request: Request, caller: Writer, idempotency_key: IdempotencyKey = None
) -> Response:
    """With another voice, avatar, shape, resolution or script: a new revision of the same id, or a copy.

    What did not change is not made again, and not charged again. The earlier revision is shown until then.
    """
    renders = services_of(request).renders
    change = Change(**{name: getattr(body, name) for name in RenderAgain.model_fields})
    return asked_once(
        request,
        caller,
        idempotency_key,
        body,
        lambda session: renders.render_again(session, caller.workspace_id, video_id, change),
    )


@fixed.get("", summary="List render jobs")
def list_jobs(
    request: Request,
    caller: Reader,
    limit: LimitParam = DEFAULT_LIMIT,
    cursor: CursorParam = None,
    status: JobStatus | None = None,
    video_id: Annotated[str | None, Query(max_length=100)] = None,
    created_after: CreatedAfter = None,
    created_before: CreatedBefore = None,
) -> Page[RenderJobOut]:
    """Newest first. Filters can be combined."""
    services = services_of(request)
    wanted = JobFilter(status=status, video_id=video_id, created_after=created_after, created_before=created_before)
    page = services.cursors.request(of="renders", limit=limit, cursor=cursor)
    with services.database.read_scope() as session:
        found = services.jobs.list(session, caller.workspace_id, wanted, page)
    return services.cursors.page(RenderJobOut, found)


@fixed.get("/{job_id}", summary="Get a render job")
def get_job(job_id: JobId, request: Request, caller: Reader) -> RenderJobOut:
    """Poll this until `status` is `succeeded`, `failed` or `canceled`, or listen to its events."""
    return _read(request, caller, job_id)


@fixed.get("/{job_id}/events", summary="Follow a render job", response_class=StreamingResponse, responses=_EVENTS)
def follow_job(
    job_id: JobId,
    request: Request,
    caller: Reader,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=100)] = None,
) -> Response:
    """Server-sent events until the job has ended. Goes on where a broken connection left off (`Last-Event-ID`)."""
    job = _read(request, caller, job_id)
    if last_event_id == event_id(job) and job.finished_at is not None:
        return Response(status_code=204)
    events: AsyncIterator[str] = follow(
        lambda: _read(request, caller, job_id), known=last_event_id, stopping=request.app.state.stopping
    )
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


@fixed.post(
    "/{job_id}/cancel",
    summary="Cancel a render job",
    responses={409: {"description": "The job has already ended"}},
)
def cancel_job(job_id: JobId, request: Request, caller: Writer) -> RenderJobOut:
    """Ends it now and gives its credits back; what runs is stopped within two seconds."""
    services = services_of(request)
    with services.database.session_scope() as session:
        job = services.jobs.show(session, services.renders.cancel(session, caller.workspace_id, job_id))
    services.renders.stop(job_id)
    return job


def _read(request: Request, caller: Principal, job_id: str) -> RenderJobOut:
    services = services_of(request)
    with services.database.read_scope() as session:
        return services.jobs.get(session, caller.workspace_id, job_id)
