"""What Tavus lists, API v2: replicas, which are being renamed to faces. Each has a voice of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

from app.avatars.catalogue import Listed, Readiness
from app.avatars.vendors.listing import Ask, Row, by_number, text_in

_PAGE = 100
_STATES = {"started": Readiness.PROCESSING, "error": Readiness.FAILED}


async def replicas(ask: Ask) -> AsyncIterator[Listed]:
    for owner in ("user", "system"):
        path = f"/v2/replicas?verbose=true&replica_type={owner}&limit={_PAGE}"
        async for row in by_number(ask, path, rows="data", total="total_count", key="replica_id"):
            yield _replica(row, owned=owner == "user")


def _replica(row: Row, *, owned: bool) -> Listed:
    status, model = text_in(row, "status") or "", text_in(row, "model_name")
    own_id = text_in(row, "replica_id", "face_id") or ""
    waiting = ", ".join(each for each in (status, text_in(row, "training_progress")) if each)
    return Listed(
        id=own_id,
        name=text_in(row, "replica_name", "face_name") or own_id,
        owned=owned,
        engines=(model,) if model else (),
        preview_video_url=text_in(row, "thumbnail_video_url"),
        readiness=_STATES.get(status, Readiness.READY),
        reason=(text_in(row, "error_message") or waiting) if status in _STATES else "",
    )
