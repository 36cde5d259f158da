"""``/api/v1/videos/{video_id}/references``: which other modules use a video."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request

from app.core.pagination import DEFAULT_LIMIT, Page
from app.core.parameters import CursorParam, LimitParam
from app.modules.videos.access import PREFIX, Reader, VideoId, Writer, services_of
from app.modules.videos.fields import RefId
from app.modules.videos.schemas import ReferenceOut, SetReference

router = APIRouter(prefix=f"{PREFIX}/{{video_id}}/references", tags=["videos"])
ModuleName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,31}$", examples=["webinars"])]
RefIdParam = Annotated[RefId, Path(description="The module's own id of what uses the video", examples=["w-2027-03"])]


@router.get("", summary="List who uses a video")
def list_references(
    video_id: VideoId, request: Request, caller: Reader, limit: LimitParam = DEFAULT_LIMIT, cursor: CursorParam = None
) -> Page[ReferenceOut]:
    """By module, then by id."""
    services = services_of(request)
    page = services.cursors.request(of="references", limit=limit, cursor=cursor)
    with services.database.read_scope() as session:
        found = services.references.list(session, caller.workspace_id, video_id, page)
    return services.cursors.page(ReferenceOut, found)


@router.put("/{module}/{ref_id:path}", summary="Say that a module uses a video")
def put_reference(
    video_id: VideoId,
    module: ModuleName,
    ref_id: RefIdParam,
    request: Request,
    caller: Writer,
    body: SetReference | None = None,
) -> ReferenceOut:
    """From then on the video is deleted only with `force`. May be sent again: label and link are the last ones sent."""
    services = services_of(request)
    with services.database.session_scope() as session:
        wanted = body or SetReference()
        return services.references.put(session, caller.workspace_id, video_id, module, ref_id, wanted)


@router.delete("/{module}/{ref_id:path}", status_code=204, summary="Say that a module no longer uses a video")
def delete_reference(
    video_id: VideoId, module: ModuleName, ref_id: RefIdParam, request: Request, caller: Writer
) -> None:
    """Also when it never did."""
    services = services_of(request)
    with services.database.session_scope() as session:
        services.references.remove(session, caller.workspace_id, video_id, module, ref_id)
