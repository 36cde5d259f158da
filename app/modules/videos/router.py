"""``/api/v1/videos``: making, finding, changing and deleting videos."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app.core.pagination import DEFAULT_LIMIT, Page
from app.core.parameters import CursorParam, IdempotencyKey, LimitParam
from app.modules.videos import (
    avatar_routes,
    file_routes,
    reference_routes,
    render_routes,
    storyboards,
    upload_routes,
)
from app.modules.videos.access import (
    PREFIX,
    CreatedAfter,
    CreatedBefore,
    Reader,
    VideoId,
    Writer,
    services_of,
)
from app.modules.videos.asking import asked_once
from app.modules.videos.clips import routes as clip_routes
from app.modules.videos.fields import SearchText, Seconds, TagNames, milliseconds
from app.modules.videos.finding import Sort, VideoFilter, list_name
from app.modules.videos.models import Kind, Source, VideoStatus
from app.modules.videos.providers import catalogue_routes, hook_routes
from app.modules.videos.providers import routes as provider_routes
from app.modules.videos.renders import Order
from app.modules.videos.schemas import ChangeVideo, CreateVideo, RevisionOut, VideoOut, VideoSummary
from app.modules.videos.webinars import brand_routes
from app.modules.videos.webinars import routes as webinar_routes

JSON = "application/json"
_SEARCH = (
    "Words of title, tags, metadata or what is said, in any order. All have to be there, each as the beginning of a "
    "word; case and accents do not count"
)
_SORT = "Videos without a duration count as the shortest. With `q` or `tag`, the newest 10,000 that match are sorted"
router = APIRouter()
# Their fixed paths come before the one with an id.
router.include_router(render_routes.fixed)
router.include_router(avatar_routes.router)
router.include_router(provider_routes.router)
router.include_router(hook_routes.router)
router.include_router(catalogue_routes.router)
router.include_router(upload_routes.router)
router.include_router(file_routes.router)
router.include_router(webinar_routes.router)
router.include_router(brand_routes.router)
router.include_router(clip_routes.fixed)
videos = APIRouter(prefix=PREFIX, tags=["videos"])


@videos.post(
    "",
    status_code=202,
    summary="Make a presenter video from a script",
    response_model=VideoOut,
    responses={
        402: {"description": "Not enough credits"},
        404: {"description": "There is no such avatar profile"},
        409: {"description": "The Idempotency-Key was used with another request"},
    },
)
def create_video(
    body: CreateVideo, request: Request, caller: Writer, idempotency_key: IdempotencyKey = None
) -> Response:
    """Answers at once; the video is `rendering` until its job (`render.id`) has succeeded."""
    renders = services_of(request).renders
    order = Order(**{name: getattr(body, name) for name in CreateVideo.model_fields})
    return asked_once(
        request, caller, idempotency_key, body, lambda session: renders.create(session, caller.workspace_id, order)
    )


@videos.get("", summary="List videos", response_model=Page[VideoSummary])
def list_videos(
    request: Request,
    caller: Reader,
    limit: LimitParam = DEFAULT_LIMIT,
    cursor: CursorParam = None,
    status: VideoStatus | None = None,
    source: Source | None = None,
    kind: Kind | None = None,
    parent_id: Annotated[str | None, Query(max_length=100, description="Only what was derived from this one")] = None,
    created_after: CreatedAfter = None,
    created_before: CreatedBefore = None,
    min_duration: Annotated[Seconds | None, Query(description="Seconds, or longer")] = None,
    max_duration: Annotated[Seconds | None, Query(description="Seconds, or shorter")] = None,
    tag: Annotated[TagNames, Query(description="Only with this tag; repeated, with all of them")] = (),
    q: Annotated[SearchText, Query(description=_SEARCH, examples=["paper bo"])] = "",
    sort: Annotated[Sort, Query(description=_SORT)] = Sort.NEWEST,
) -> Response:
    """Newest first, unless `sort` says otherwise. Filters can be combined.

    A page may hold fewer videos than `limit`, even none, and not be the last: where a filter leaves few on in an order
    or search that has many, a page ends after 10,000 were looked at. Follow `next_cursor` until it is null.
    """
    services = services_of(request)
    wanted = VideoFilter(
        status=status,
        source=source,
        kind=kind,
        parent_id=parent_id,
        created_after=created_after,
        created_before=created_before,
        min_duration=milliseconds(min_duration),
        max_duration=milliseconds(max_duration),
        search=q,
        tags=tuple(tag),
    )
    page = services.cursors.request(of=list_name(wanted, sort), limit=limit, cursor=cursor)
    with services.database.read_scope() as session:
        found = services.videos.list(session, caller.workspace_id, wanted, page, sort)
    # As bytes: FastAPI would check and convert every item once more.
    return Response(services.cursors.page(VideoSummary, found).model_dump_json(), media_type=JSON)


@videos.get("/{video_id}", summary="Get a video", response_model=VideoOut)
def get_video(video_id: VideoId, request: Request, caller: Reader) -> Response:
    """With its script, and links to preview, file and captions that work until `download_expires_at`."""
    services = services_of(request)
    with services.database.read_scope() as session:
        video = services.videos.get(session, caller.workspace_id, video_id)
    return Response(video.model_dump_json(), media_type=JSON)


@videos.patch("/{video_id}", summary="Change title, metadata or tags")
def change_video(video_id: VideoId, body: ChangeVideo, request: Request, caller: Writer) -> VideoOut:
    """What is left out stays as it is."""
    services = services_of(request)
    with services.database.session_scope() as session:
        services.videos.change(session, caller.workspace_id, video_id, body)
        return services.videos.get(session, caller.workspace_id, video_id)


@videos.delete(
    "/{video_id}",
    status_code=204,
    summary="Delete a video",
    responses={409: {"description": "Another module uses the video, or one derived from it"}},
)
def delete_video(
    video_id: VideoId,
    request: Request,
    caller: Writer,
    force: Annotated[bool, Query(description="Also when other modules use it")] = False,
) -> None:
    """With its files, its revisions and all videos derived from it. A job that is running is canceled first."""
    services = services_of(request)
    with services.database.session_scope() as session:
        remains = services.videos.remove(session, caller.workspace_id, video_id, force=force)
    for job_id in remains.job_ids:
        services.renders.stop(job_id)
    services.videos.clear_away(remains)


@videos.get("/{video_id}/revisions", summary="List the revisions of a video")
def list_revisions(
    video_id: VideoId, request: Request, caller: Reader, limit: LimitParam = DEFAULT_LIMIT, cursor: CursorParam = None
) -> Page[RevisionOut]:
    """Every finished output, newest first, with links to its files."""
    services = services_of(request)
    page = services.cursors.request(of="revisions", limit=limit, cursor=cursor)
    with services.database.read_scope() as session:
        found = services.videos.revisions(session, caller.workspace_id, video_id, page)
    return services.cursors.page(RevisionOut, found)


@videos.post("/{video_id}/revisions/{number}/restore", summary="Show another revision")
def restore_revision(
    video_id: VideoId, number: Annotated[int, Path(ge=1, le=2**31 - 1)], request: Request, caller: Writer
) -> VideoOut:
    """The video shows this revision from now on. Nothing is rendered and nothing is lost."""
    services = services_of(request)
    with services.database.session_scope() as session:
        services.videos.restore(session, caller.workspace_id, video_id, number)
        return services.videos.get(session, caller.workspace_id, video_id)


router.include_router(videos)
router.include_router(storyboards.router)
router.include_router(render_routes.of_video)
router.include_router(clip_routes.of_video)
router.include_router(reference_routes.router)
