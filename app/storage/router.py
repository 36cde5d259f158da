"""``/files/<token>/<name>``: the bytes behind a link, with ranges, for browsers and players."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from app.core.clock import Clock, utc_now
from app.core.errors import InvalidRequest, TenexError
from app.storage.local import LocalStore
from app.storage.opening import Storage
from app.storage.signed_links import FILES, Download, SignedLinks, SignedPartLinks
from app.storage.uploads import uploads_router

_SPAN = r"(?:\d{1,18}-\d{0,18}|-\d{1,18})"
_RANGE = re.compile(rf"\s*bytes\s*=\s*{_SPAN}(?:\s*,\s*{_SPAN})*\s*", re.IGNORECASE)
_FIRST = re.compile(r"(\d+)-|-(\d+)")


class InvalidRange(InvalidRequest):
    code = "invalid_range"


class RangeNotSatisfiable(TenexError):
    status = 416
    code = "range_not_satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(f"The file has {size} bytes; the range lies outside of it.", extra={"size": size})

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Range": f"bytes */{self.extra['size']}"}


class _BlobResponse(FileResponse):
    chunk_size = 256 * 1024


def local_routers(storage: Storage) -> list[APIRouter]:
    """What this server serves of the storage: none with a bucket, which clients talk to themselves."""
    match storage:
        case Storage(blobs=LocalStore() as store, links=SignedLinks() as links, part_links=SignedPartLinks() as parts):
            return [files_router(store, links), uploads_router(store, parts)]
        case _:
            return []


def files_router(store: LocalStore, links: SignedLinks, clock: Clock = utc_now) -> APIRouter:
    """The route that serves what ``links`` points to."""
    router = APIRouter(include_in_schema=False)

    @router.api_route(f"{FILES}/{{token}}/{{name}}", methods=["GET", "HEAD"])
    def download(token: str, name: str, request: Request) -> Response:  # noqa: ARG001 # pyright: ignore[reportUnusedFunction]
        # The name in the path is there for people and their tools; the one that counts is signed.
        allowed = links.open(token)
        return _respond(request, store, allowed, expires_in=timedelta(seconds=allowed.expires - clock().timestamp()))

    return router


def _respond(request: Request, store: LocalStore, download: Download, *, expires_in: timedelta) -> Response:
    path = store.path(download.key)
    stat = path.stat()
    headers = {
        "ETag": _etag(download.key, stat),
        "Cache-Control": f"private, max-age={max(0, int(expires_in.total_seconds()))}",
        "X-Content-Type-Options": "nosniff",
        # What users upload is shown by browsers, and must not run as a page of ours.
        "Content-Security-Policy": "sandbox; default-src 'none'; media-src 'self'; img-src 'self'",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if _is_known(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if (asked := request.headers.get("range")) and "if-range" not in request.headers:
        _check_range(asked, stat.st_size)
    return _BlobResponse(
        path,
        stat_result=stat,
        headers=headers,
        media_type=download.content_type,
        filename=download.filename,
        content_disposition_type="inline" if download.inline else "attachment",
    )


def _etag(key: str, stat: os.stat_result) -> str:
    return f'"{hashlib.sha256(f"{key} {stat.st_size} {stat.st_mtime_ns}".encode()).hexdigest()[:32]}"'


def _is_known(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has this version (RFC 9110, 13.1.2: the weak comparison)."""
    if if_none_match is None:
        return False
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in known or "*" in known


def _check_range(asked: str, size: int) -> None:
    """Raises InvalidRange, RangeNotSatisfiable, in the shape of all errors; the response does the rest."""
    if not _RANGE.fullmatch(asked):
        raise InvalidRange(
            "The Range header cannot be read. Send bytes=<first>-<last>, bytes=<first>- or bytes=-<last n>."
        )
    for first, suffix in _FIRST.findall(asked):
        if (first and int(first) >= size) or (suffix and (int(suffix) == 0 or size == 0)):
            raise RangeNotSatisfiable(size)
