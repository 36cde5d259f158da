"""``/api/v1/videos/brand``: how the webinars of a workspace look."""

from __future__ import annotations

from fastapi import APIRouter, Request

from app.modules.videos.access import PREFIX, Reader, Writer, services_of
from app.modules.videos.webinars import brands
from app.modules.videos.webinars.brand_schemas import BrandIn, BrandOut

router = APIRouter(prefix=f"{PREFIX}/brand", tags=["webinars"])


@router.get("", summary="Get the brand of the workspace")
def get_brand(request: Request, caller: Reader) -> BrandOut:
    """Colours, font and logo, with the defaults of what was never set."""
    with services_of(request).database.read_scope() as session:
        return brands.show(session, caller.workspace_id)


@router.put(
    "",
    summary="Set the brand of the workspace",
    responses={
        400: {"description": "Text could not be read on the cards, or a file is of another kind"},
        404: {"description": "There is no such font or logo"},
    },
)
def put_brand(body: BrandIn, request: Request, caller: Writer) -> BrandOut:
    """The whole brand: what is left out is the default. Webinars that are asked for from now on look like this; those
    that there are stay as they are.
    """
    with services_of(request).database.session_scope() as session:
        brands.store(session, caller.workspace_id, body)
        return brands.show(session, caller.workspace_id)


@router.delete("", status_code=204, summary="Forget the brand of the workspace")
def delete_brand(request: Request, caller: Writer) -> None:
    """Back to the defaults. The files of font and logo stay in the library."""
    with services_of(request).database.session_scope() as session:
        brands.forget(session, caller.workspace_id)
