"""``/api/v1/videos/uploads``: bringing recordings in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.core.answers import answer_kept
from app.core.auth import Principal
from app.core.idempotency import request_digest
from app.core.pagination import DEFAULT_LIMIT, Page
from app.core.parameters import CursorParam, IdempotencyKey, LimitParam
from app.modules.videos.access import PREFIX, HasVideos, Reader, UploadId, Writer, body_of, services_of
from app.modules.videos.library_schemas import CreateFile, CreateUpload, UploadOut, UploadSummary
from app.modules.videos.models import Upload, UploadStatus, UploadTarget
from app.modules.videos.schemas import VideoOut
from app.modules.videos.uploads import DEFAULT_PARTS, MOST_PARTS_SHOWN, Announced

router = APIRouter(prefix=f"{PREFIX}/uploads", tags=["uploads"])
_MostParts = Annotated[
    int,
    Query(ge=0, le=MOST_PARTS_SHOWN, description="How many missing parts to list, with the requests that send them"),
]


@router.post(
    "",
    status_code=201,
    summary="Announce an upload",
    response_model=UploadOut,
    responses={
        400: {"description": "The file is empty, or the address cannot be fetched from"},
        409: {"description": "The Idempotency-Key was used with another request"},
        413: {"description": "The file is larger than what is taken in"},
    },
)
def create_upload(
    body: CreateUpload, request: Request, caller: Writer, idempotency_key: IdempotencyKey = None
) -> Response:
    """Makes a video in `uploading`, and says how to send it: `PUT` each of `parts`, in any order and several at once,
    again if need be; get the upload again for the next ones; complete it when none is missing.

    With `source_url` there is nothing to send and nothing to complete: the file is fetched.
    """
    services = services_of(request)
    return announced(services, caller, router.prefix, body, idempotency_key, services.uploads.announce)


@router.get("", summary="List uploads")
def list_uploads(
    request: Request,
    caller: Reader,
    limit: LimitParam = DEFAULT_LIMIT,
    cursor: CursorParam = None,
    status: UploadStatus | None = None,
    sha256: Annotated[
        str | None, Query(pattern="^[0-9a-fA-F]{64}$", description="Only of this file, to go on with an upload")
    ] = None,
) -> Page[UploadSummary]:
    """Newest first. Filters can be combined."""
    services = services_of(request)
    page = services.cursors.request(of="uploads", limit=limit, cursor=cursor)
    with services.database.read_scope() as session:
        found = services.uploads.list(
            session, caller.workspace_id, page, status=status, sha256=sha256.lower() if sha256 else None
        )
    return services.cursors.page(UploadSummary, found)


@router.get("/{upload_id}", summary="Get an upload")
def get_upload(upload_id: UploadId, request: Request, caller: Writer, parts: _MostParts = DEFAULT_PARTS) -> UploadOut:
    """What has arrived, and the next parts to send. This is also how an interrupted upload goes on."""
    return services_of(request).uploads.show(caller.workspace_id, upload_id, most=parts)


@router.post(
    "/{upload_id}/complete",
    status_code=202,
    summary="Complete an upload",
    responses={409: {"description": "Parts are missing, or the upload has expired"}},
)
def complete_upload(upload_id: UploadId, request: Request, caller: Writer) -> VideoOut:
    """All parts are there: the video is `rendering` while the file is looked at, then `ready`, or `failed` with the
    reason in `render.error`. Can be repeated; completing a failed one looks at the file again.
    """
    services = services_of(request)
    services.uploads.complete(caller.workspace_id, upload_id, UploadTarget.VIDEO)
    with services.database.read_scope() as session:
        return services.videos.get(session, caller.workspace_id, upload_id)


def announced(
    services: HasVideos,
    caller: Principal,
    path: str,
    body: CreateUpload | CreateFile,
    key: str | None,
    announce: Callable[[Session, str, Announced], Upload],
) -> Response:
    """The answer to an announcement: one upload for a key, and links that work each time.

    What is kept is the id: links are made anew, since they expire before a repetition may come.
    """
    digest = request_digest("POST", path, body_of(body))
    wanted = Announced(**{name: getattr(body, name) for name in type(body).model_fields})
    with (
        services.database.session_scope() as session,
        services.idempotency.once(session, workspace_id=caller.workspace_id, key=key, digest=digest) as slot,
    ):
        kept = slot.answer or slot.keep(status=201, body=announce(session, caller.workspace_id, wanted).id)
    shown = services.uploads.show(caller.workspace_id, kept.body)
    return answer_kept(kept.with_body(shown.model_dump_json()))
