"""The life of a render job as server-sent events.

A stream holds no thread: it looks every half second, for some milliseconds in a thread of the pool.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool

from app.core.errors import NotFound, Unavailable
from app.modules.videos.schemas import RenderJobOut

LOOK_EVERY_S = 0.5
HEARTBEAT_EVERY_S = 15.0
_RETRY_MS = 2000


def event_id(job: RenderJobOut) -> str:
    """Names what a client knows of the job."""
    return f"{job.status}.{job.stage}.{job.progress:.4f}"


async def follow(
    read: Callable[[], RenderJobOut], *, known: str | None, stopping: Callable[[], bool]
) -> AsyncIterator[str]:
    """``progress`` events until the job ends, then ``done``. ``known``: the id of the last event that arrived before.

    Ends early when the job is deleted or the server stops; what the client then sees is a broken connection, after
    which it asks again.
    """
    yield f"retry: {_RETRY_MS}\n\n"
    told, quiet_s, progress = known, 0.0, _progress_of(known)
    while not stopping():
        try:
            job = await run_in_threadpool(read)
        except NotFound:
            return
        except Unavailable:
            await asyncio.sleep(LOOK_EVERY_S)
            continue
        progress = job.progress = max(progress, job.progress)
        if job.finished_at is not None:
            yield _event("done", job)
            return
        if event_id(job) != told:
            told, quiet_s = event_id(job), 0.0
            yield _event("progress", job)
        elif quiet_s >= HEARTBEAT_EVERY_S:
            quiet_s = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(LOOK_EVERY_S)
        quiet_s += LOOK_EVERY_S


def _event(kind: str, job: RenderJobOut) -> str:
    return f"id: {event_id(job)}\nevent: {kind}\ndata: {job.model_dump_json()}\n\n"


def _progress_of(known: str | None) -> float:
    """A client that comes back never sees the progress go backwards."""
    try:
        progress = float(".".join((known or "").split(".")[2:]))
    except ValueError:
        return 0.0
    return progress if 0.0 <= progress < 1.0 else 0.0
