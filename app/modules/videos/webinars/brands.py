"""The brand of a workspace: what its webinars look like unless they say otherwise."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.database import insert_if_absent
from app.modules.videos.errors import FileNotFound, InvalidWebinar
from app.modules.videos.models import StoredBrand
from app.modules.videos.scenery import Brand
from app.modules.videos.webinars.brand_schemas import BrandIn, BrandOut
from app.modules.videos.webinars.branding import brand_of

_DEFAULT = Brand()


def show(session: Session, workspace_id: str) -> BrandOut:
    """Defaults where nothing was asked for."""
    wanted = _stored(session, workspace_id)
    return BrandOut(
        ground=wanted.ground or _DEFAULT.ground,
        card=wanted.card or _DEFAULT.card,
        text=wanted.text or _DEFAULT.text,
        accent=wanted.accent or _DEFAULT.accent,
        font_id=wanted.font_id,
        logo_id=wanted.logo_id,
        logo_corner=wanted.logo_corner or _DEFAULT.logo_corner,
        logo_size=wanted.logo_size or _DEFAULT.logo_size / 1000,
    )


def store(session: Session, workspace_id: str, wanted: BrandIn) -> None:
    """In place of the one before. Raises FileNotFound and InvalidWebinar for what cannot be used."""
    brand_of(session, workspace_id, wanted)
    document, moment = wanted.model_dump(mode="json", exclude_none=True), utc_now()
    if not insert_if_absent(session, StoredBrand, workspace_id=workspace_id, wanted=document, updated_at=moment):
        stored = session.get_one(StoredBrand, workspace_id, with_for_update=True)
        stored.wanted, stored.updated_at = document, moment


def forget(session: Session, workspace_id: str) -> None:
    stored = session.get(StoredBrand, workspace_id)
    if stored is not None:
        session.delete(stored)


def resolved(session: Session, workspace_id: str, wanted: BrandIn | None) -> Brand:
    """That of the workspace, with what is wanted otherwise; what is wanted as null is the default.

    Raises FileNotFound, InvalidWebinar.
    """
    stored = _stored(session, workspace_id).model_dump(exclude_none=True)
    asked = wanted.model_dump(exclude_unset=True) if wanted is not None else {}
    try:
        return brand_of(session, workspace_id, BrandIn(**(stored | asked)))
    except FileNotFound:
        if not {"font_id", "logo_id"} & stored.keys() - asked.keys():
            raise
        raise InvalidWebinar(
            "A file of the workspace's brand, its logo or its font, was deleted. PUT /api/v1/videos/brand with another "
            "one, or ask for this webinar with a brand whose logo_id and font_id are null."
        ) from None


def _stored(session: Session, workspace_id: str) -> BrandIn:
    stored = session.get(StoredBrand, workspace_id)
    return BrandIn() if stored is None else BrandIn(**stored.wanted)
