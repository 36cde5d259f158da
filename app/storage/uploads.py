"""``PUT /uploads/<token>``: one part of an upload, streamed to the disk. The token is the authority, not a key."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import suppress

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from app.core.errors import InvalidRequest, TooLarge
from app.storage.base import Part, UploadNotFound
from app.storage.files import PIECE
from app.storage.local import LocalStore
from app.storage.local_parts import PartDraft
from app.storage.signed_links import UPLOADS, PartUpload, SignedPartLinks


class PartTooLarge(TooLarge):
    code = "part_too_large"


class PartTooSmall(InvalidRequest):
    code = "part_too_small"


def uploads_router(store: LocalStore, part_links: SignedPartLinks) -> APIRouter:
    """The route that takes what ``part_links`` point to."""
    router = APIRouter(include_in_schema=False)

    @router.put(f"{UPLOADS}/{{token}}")
    async def upload(token: str, request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        wanted = part_links.open(token)
        _check_announced(request.headers.get("content-length", ""), wanted)
        try:
            part = await _receive(request.stream(), store, wanted)
        except ClientDisconnect:
            return Response(status_code=400)  # Nobody is there to read it.
        except UploadNotFound:
            await _drain(request, wanted)
            raise
        return JSONResponse({"number": part.number, "size": part.size})

    return router


async def _drain(request: Request, wanted: PartUpload) -> None:
    """Read what is on its way: most clients listen only when they have sent all of it."""
    left = wanted.size
    with suppress(ClientDisconnect, RuntimeError):  # what was read already cannot be read again
        async for chunk in request.stream():
            left -= len(chunk)
            if left <= 0:
                return


async def _receive(body: AsyncIterable[bytes], store: LocalStore, wanted: PartUpload) -> Part:
    """Only whole pieces leave the event loop: a thread is busy while it writes, not while a slow client sends."""
    draft = await run_in_threadpool(store.open_part, wanted.key, wanted.upload_id, wanted.number)
    try:
        received = 0
        async for piece in _in_pieces(body):
            received += len(piece)
            if received > wanted.size:
                raise _too_large(wanted, received)
            await run_in_threadpool(draft.write, piece)
        return await run_in_threadpool(_keep, draft, wanted, received)
    finally:
        draft.close()


async def _in_pieces(body: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    """The same bytes in pieces of about a megabyte: a server hands on 64 KB at most at a time."""
    waiting, size = list[bytes](), 0
    async for chunk in body:
        waiting.append(chunk)
        size += len(chunk)
        if size >= PIECE:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _keep(draft: PartDraft, wanted: PartUpload, received: int) -> Part:
    if received < wanted.size:
        raise PartTooSmall(
            f"Part {wanted.number} has {wanted.size} bytes, {received} arrived and nothing was kept. Send it again.",
            extra={"expected": wanted.size, "received": received},
        )
    return draft.keep()


def _check_announced(content_length: str, wanted: PartUpload) -> None:
    """Refuse what is too large before it is read. Raises PartTooLarge."""
    if content_length.isdigit() and int(content_length) > wanted.size:
        raise _too_large(wanted, int(content_length))


def _too_large(wanted: PartUpload, received: int) -> PartTooLarge:
    return PartTooLarge(
        f"Part {wanted.number} has {wanted.size} bytes and more were sent; nothing was kept. "
        "Cut the file at the sizes that were agreed, or begin a new upload.",
        extra={"expected": wanted.size, "received": received},
    )
