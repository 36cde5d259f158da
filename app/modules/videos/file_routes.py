"""``/api/v1/videos/files``: decks, images, sound, subtitles and fonts, for webinars and clips to come."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.core.pagination import DEFAULT_LIMIT, Page
from app.core.parameters import CursorParam, IdempotencyKey, LimitParam
from app.documents.kinds import Kind
from app.modules.videos.access import PREFIX, FileId, Reader, Writer, services_of
from app.modules.videos.files import FileFilter
from app.modules.videos.library_schemas import CreateFile, FileOut, FilePageOut, UploadOut
from app.modules.videos.models import FileStatus, UploadTarget
from app.modules.videos.upload_routes import announced

router = APIRouter(prefix=f"{PREFIX}/files", tags=["files"])


@router.post(
    "",
    status_code=201,
    summary="Announce a file",
    response_model=UploadOut,
    responses={
        400: {"description": "The file is empty, or the address cannot be fetched from"},
        409: {"description": "The Idempotency-Key was used with another request"},
        413: {"description": "The file is larger than what is taken in"},
    },
)
def create_file(body: CreateFile, request: Request, caller: Writer, idempotency_key: IdempotencyKey = None) -> Response:
    """As with a recording: `PUT` its `parts`, then complete it. The content tells what it is, not the name:

    PDF, PPTX, PPT, ODP · PNG, JPEG, WebP, GIF, BMP, TIFF · MP3, M4A, AAC, WAV, FLAC, Ogg · SRT, WebVTT, ASS · TTF,
    OTF, WOFF.
    """
    services = services_of(request)
    return announced(services, caller, router.prefix, body, idempotency_key, services.uploads.announce_file)


@router.get("", summary="List files")
def list_files(
    request: Request,
    caller: Reader,
    limit: LimitParam = DEFAULT_LIMIT,
    cursor: CursorParam = None,
    kind: Kind | None = None,
    status: FileStatus | None = None,
) -> Page[FileOut]:
    """Newest first. Filters can be combined."""
    services = services_of(request)
    page = services.cursors.request(of="files", limit=limit, cursor=cursor)
    with services.database.read_scope() as session:
        found = services.files.list(session, caller.workspace_id, FileFilter(kind=kind, status=status), page)
    return services.cursors.page(FileOut, found)


@router.get("/{file_id}", summary="Get a file")
def get_file(file_id: FileId, request: Request, caller: Reader) -> FileOut:
    """With links to it and to what was derived from it, which work until `download_expires_at`."""
    services = services_of(request)
    with services.database.read_scope() as session:
        return services.files.get(session, caller.workspace_id, file_id)


@router.get("/{file_id}/pages", summary="List the pages of a deck")
def list_file_pages(
    file_id: FileId, request: Request, caller: Reader, limit: LimitParam = DEFAULT_LIMIT, cursor: CursorParam = None
) -> Page[FilePageOut]:
    """In the order in which they are shown: pictures, text and speaker's notes."""
    services = services_of(request)
    page = services.cursors.request(of="pages", limit=limit, cursor=cursor)
    with services.database.read_scope() as session:
        found = services.files.pages(session, caller.workspace_id, file_id, page)
    return services.cursors.page(FilePageOut, found)


@router.post(
    "/{file_id}/complete",
    status_code=202,
    summary="Complete the upload of a file",
    responses={409: {"description": "Parts are missing, or the upload has expired"}},
)
def complete_file(file_id: FileId, request: Request, caller: Writer) -> FileOut:
    """All parts are there: the file is `processing` while it is looked into, then `ready`, or `failed` and says why.

    Can be repeated; completing a failed one looks into it again.
    """
    services = services_of(request)
    with services.database.read_scope() as session:
        services.files.get(session, caller.workspace_id, file_id)
    services.uploads.complete(caller.workspace_id, file_id, UploadTarget.FILE)
    with services.database.read_scope() as session:
        return services.files.get(session, caller.workspace_id, file_id)


@router.delete("/{file_id}", status_code=204, summary="Delete a file")
def delete_file(file_id: FileId, request: Request, caller: Writer) -> None:
    """With all that was derived from it."""
    services = services_of(request)
    with services.database.session_scope() as session:
        remains = services.files.remove(session, caller.workspace_id, file_id)
    services.files.clear_away(remains)
