"""``/api/v1/videos/webinars``: asking for webinars. They are videos like all others from then on."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.core.parameters import IdempotencyKey
from app.modules.videos.access import PREFIX, VideoId, Writer, services_of
from app.modules.videos.asking import asked_once
from app.modules.videos.schemas import VideoOut
from app.modules.videos.webinars.schemas import CreateWebinar

router = APIRouter(prefix=f"{PREFIX}/webinars", tags=["webinars"])


@router.post(
    "",
    status_code=202,
    summary="Make a webinar from slides and who presents them",
    response_model=VideoOut,
    responses={
        400: {"description": "It cannot be made as it was asked for; `detail` names the scene"},
        402: {"description": "Not enough credits"},
        404: {"description": "Something that it names does not exist"},
        409: {"description": "The Idempotency-Key was used with another request"},
    },
)
def create_webinar(
    body: CreateWebinar, request: Request, caller: Writer, idempotency_key: IdempotencyKey = None
) -> Response:
    """Slides, a host over or beside them, and B-roll become one MP4 with chapters and captions.

    Answers at once; the video is `rendering` until its job (`render.id`) has succeeded.
    """
    webinars = services_of(request).webinars
    return asked_once(
        request, caller, idempotency_key, body, lambda session: webinars.create(session, caller.workspace_id, body)
    )


@router.put(
    "/{video_id}",
    status_code=202,
    summary="Render a webinar again, changed",
    responses={
        400: {"description": "It cannot be made as it was asked for; `detail` names the scene"},
        402: {"description": "Not enough credits"},
        409: {"description": "It is being rendered already, or it is no webinar"},
    },
)
def change_webinar(video_id: VideoId, body: CreateWebinar, request: Request, caller: Writer) -> VideoOut:
    """A new revision of the same id: the whole webinar as it is to be.

    What did not change is not made again, and not charged again. The earlier revision is shown until then.
    """
    services = services_of(request)
    with services.database.session_scope() as session:
        services.webinars.replace(session, caller.workspace_id, video_id, body)
        return services.videos.get(session, caller.workspace_id, video_id)
