"""Asking for a render over HTTP: once for a key, answered with the video as it then is."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.core.answers import answer_kept
from app.core.auth import Principal
from app.core.idempotency import request_digest
from app.modules.videos.access import body_of, services_of
from app.modules.videos.renders import Ordered


def asked_once(
    request: Request, caller: Principal, key: str | None, body: BaseModel, ask: Callable[[Session], Ordered]
) -> Response:
    """202 with the video, in the one transaction in which ``ask`` orders it; the same again for the same key."""
    videos = services_of(request).videos
    return answered_once(
        request, caller, key, body, lambda session: videos.get(session, caller.workspace_id, ask(session).video.id)
    )


def answered_once(
    request: Request, caller: Principal, key: str | None, body: BaseModel, ask: Callable[[Session], BaseModel]
) -> Response:
    """202 with what ``ask`` answers, in the one transaction in which it orders it; the same again for the same key."""
    services = services_of(request)
    digest = request_digest("POST", request.url.path, body_of(body))
    with (
        services.database.session_scope() as session,
        services.idempotency.once(session, workspace_id=caller.workspace_id, key=key, digest=digest) as slot,
    ):
        answer = slot.answer
        if answer is None:
            answer = slot.keep(status=202, body=ask(session).model_dump_json())
    return answer_kept(answer)
