"""Who uses a video: other modules of the platform say so, and it is then not deleted by accident."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.clock import Clock, utc_now
from app.core.pagination import PageRequest, Position, Slice, cut, keyset
from app.modules.videos.errors import VideoReferenced
from app.modules.videos.models import Reference
from app.modules.videos.renders import video_of
from app.modules.videos.schemas import ReferenceOut, SetReference

_MOST_NAMED = 5
#: The module that a webinar refers to its recordings as; ``ref_id`` is the webinar.
OURS = "videos"


class References:
    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock

    def put(
        self, session: Session, workspace_id: str, video_id: str, module: str, ref_id: str, wanted: SetReference
    ) -> ReferenceOut:
        """From now on this module uses the video as this. Label and link are those of the last call.

        Raises VideoNotFound.
        """
        # Locked, so that whoever deletes the video sees the reference, or this sees that it is gone.
        video = video_of(session, workspace_id, video_id, lock=True)
        reference = session.get(Reference, (video.id, module, ref_id))
        if reference is None:
            reference = Reference(video_id=video.id, module=module, ref_id=ref_id, created_at=self._clock())
            session.add(reference)
        reference.label, reference.url = wanted.label, wanted.url
        session.flush()
        return _shown(reference)

    def remove(self, session: Session, workspace_id: str, video_id: str, module: str, ref_id: str) -> None:
        """Nothing happens when there is none. Raises VideoNotFound."""
        video = video_of(session, workspace_id, video_id)
        session.execute(sa.delete(Reference).where(_is(video.id, module, ref_id)))

    def list(self, session: Session, workspace_id: str, video_id: str, page: PageRequest) -> Slice[ReferenceOut]:
        """By module, then by id. Raises VideoNotFound."""
        video = video_of(session, workspace_id, video_id)
        mine = sa.select(Reference).where(Reference.video_id == video.id)
        rows = session.scalars(keyset(mine, Reference.module, Reference.ref_id, page, descending=False)).all()
        return cut(rows, page, lambda row: Position(key=row.module, id=row.ref_id)).map(_shown)


def check_unused(session: Session, video_ids: Collection[str]) -> None:
    """Raises VideoReferenced when a module uses one of these videos, whose rows the caller has locked."""
    used = Reference.video_id.in_(video_ids)
    place = (Reference.module, Reference.ref_id, Reference.video_id)
    first = session.scalars(sa.select(Reference).where(used).order_by(*place).limit(_MOST_NAMED)).all()
    if not first:
        return
    total = session.scalars(sa.select(sa.func.count()).select_from(Reference).where(used)).one()
    raise VideoReferenced(
        f"This video is used by {_told(first, total)}. Have it taken out there, or delete it all the same with "
        "?force=true.",
        extra={"references": [_fact(reference) for reference in first], "total": total},
    )


def _told(first: Sequence[Reference], total: int) -> str:
    named = [
        f"{reference.module} {reference.ref_id}" + (f" ({reference.label})" if reference.label else "")
        for reference in first
    ]
    return ", ".join(named) + (f" and {total - len(first)} more" if total > len(first) else "")


def _fact(reference: Reference) -> dict[str, str | None]:
    names = ("video_id", "module", "ref_id", "label", "url")
    return {name: getattr(reference, name) for name in names}


def _is(video_id: str, module: str, ref_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(Reference.video_id == video_id, Reference.module == module, Reference.ref_id == ref_id)


def _shown(reference: Reference) -> ReferenceOut:
    return ReferenceOut(
        module=reference.module,
        ref_id=reference.ref_id,
        label=reference.label,
        url=reference.url,
        created_at=reference.created_at,
    )
