"""``/openapi.json``: what FastAPI knows of the API, and what it cannot know: the errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

ABOUT = """\
Presenter videos from a script: make them, watch them render, download them, make them again in another shape.

**Begin.** `tenex workspace create NAME --credits 1000` makes a workspace and its key. Press *Authorize* below, enter
the key, and send `POST /api/v1/videos` from this page: its example is complete. Then follow the job until it is done.

**Credentials.** Every request carries an API key: `Authorization: Bearer tnx_<prefix>_<secret>`.

**Lists** come in pages: send `next_cursor` back as `cursor` until it is null. `limit` is 50 unless you say otherwise,
and at most 200. A cursor is good for the list and the order it came from. `GET /api/v1/videos` takes filters, a search
(`q`), tags and an order (`sort`), all at once.

**Errors** are `{"detail": "what happened and what to do", "code": "machine_readable"}`, some with more facts. A body or
parameter that does not fit this description answers 422 with a list of faults.

**Repeating.** With an `Idempotency-Key`, a POST that makes something can be sent again without making it twice.

**Limits.** `RateLimit-Limit` says how many requests a minute each key has, `RateLimit-Remaining` how many are left.

**Agents.** The same as tools of the Model Context Protocol: at `/mcp` with the same key, or on stdio with `tenex mcp`.
"""
TAGS = [
    {"name": "videos", "description": "Videos and their revisions"},
    {"name": "webinars", "description": "Slides, a host and B-roll as one video"},
    {"name": "clips", "description": "Short clips cut from long videos, and what is said in them"},
    {"name": "uploads", "description": "Bringing recordings in"},
    {"name": "files", "description": "Decks, images, sound, subtitles and fonts"},
    {"name": "renders", "description": "Render jobs: progress, events, cancelling"},
    {"name": "avatars", "description": "Who can speak, how, and where"},
    {"name": "providers", "description": "Accounts with avatar providers elsewhere, and what they list"},
    {"name": "credits", "description": "What the workspace has, holds and has spent"},
    {"name": "operation", "description": "For whoever runs this server"},
]
_EVERYWHERE = {
    "400": "The request cannot be understood",
    "401": "No valid credentials",
    "403": "The credentials do not allow this",
    "413": "The body is too large",
    "429": "Too many requests",
    "500": "Something went wrong on the server, and was logged",
    "503": "Something the server needs does not answer",
    "507": "The server's disk is full",
}
_WITH_PATH = {"404": "There is no such thing in this workspace"}
#: What the examples of errors carry; those of 404 and 409 depend on what was asked.
_CODES = {
    "400": "invalid_request",
    "401": "unauthorized",
    "402": "insufficient_credits",
    "403": "insufficient_scope",
    "413": "payload_too_large",
    "429": "rate_limited",
    "500": "internal_error",
    "503": "unavailable",
    "507": "storage_full",
}
_CONFLICTS = {
    "create_video": "idempotency_key_reuse",
    "create_webinar": "idempotency_key_reuse",
    "change_webinar": "render_in_progress",
    "create_clips": "not_ready",
    "change_clip": "render_in_progress",
    "create_upload": "idempotency_key_reuse",
    "complete_upload": "upload_incomplete",
    "create_file": "idempotency_key_reuse",
    "complete_file": "upload_incomplete",
    "render_again": "render_in_progress",
    "delete_video": "video_referenced",
    "cancel_job": "job_finished",
    "add_provider": "provider_exists",
    "delete_provider": "provider_in_use",
    "sync_catalogue": "catalogue_not_offered",
    "list_catalogue_avatars": "catalogue_not_synced",
    "list_catalogue_voices": "catalogue_not_synced",
    "change_avatar": "built_in_avatar",
    "delete_avatar": "built_in_avatar",
}
_MISSING = {
    "{provider}": "provider_not_found",
    "{job_id}": "job_not_found",
    "{number}": "revision_not_found",
    "{file_id}": "file_not_found",
    "{upload_id}": "upload_not_found",
    "{search_id}": "clip_search_not_found",
    "{clip_id}": "video_not_found",
    "{video_id}": "video_not_found",
}
_PROBLEM = {
    "type": "object",
    "description": "What went wrong. Some errors come with more facts.",
    "required": ["detail", "code"],
    "properties": {
        "detail": {"type": "string", "description": "For people: what happened, why, and what to do next"},
        "code": {"type": "string", "description": "For programs", "examples": ["not_found"]},
    },
    "additionalProperties": True,
}
_RATE_LIMITED = {
    "type": "object",
    "required": ["error", "message", "detail", "code"],
    "properties": {
        "error": {"const": "rate_limited"},
        "message": {"type": "string"},
        "detail": {"type": "string"},
        "code": {"const": "rate_limited"},
    },
}
_HEADERS = {
    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"},
    "RateLimit-Limit": {"schema": {"type": "integer"}},
    "RateLimit-Remaining": {"schema": {"type": "integer"}},
    "RateLimit-Reset": {"schema": {"type": "integer"}, "description": "Seconds"},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes, tags=TAGS)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"], schemas["RateLimited"] = _PROBLEM, _RATE_LIMITED
        for path, operation in _operations(document):
            _add_errors(path, operation)
        app.openapi_schema = document
    return app.openapi_schema


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        if path.startswith("/api/"):
            for operation in methods.values():
                yield path, operation


def _add_errors(path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    for status, about in (_EVERYWHERE | (_WITH_PATH if "{" in path else {})).items():
        responses.setdefault(status, {"description": about})
    for status, response in responses.items():
        if status[0] in "45" and status != "422":
            code = _code(path, operation["operationId"], status)
            response.setdefault("content", _problem(code, response["description"]))
            if status == "429":
                response["headers"] = _HEADERS
    operation["responses"] = dict(sorted(responses.items()))


def _code(path: str, operation: str, status: str) -> str:
    """The code that this error of this operation usually has."""
    if status == "404":
        return next((code for part, code in _MISSING.items() if part in path), "avatar_not_found")
    return _CONFLICTS[operation] if status == "409" else _CODES[status]


def _problem(code: str, about: str) -> dict[str, Any]:
    limited = code == "rate_limited"
    schema = {"$ref": f"#/components/schemas/{'RateLimited' if limited else 'Problem'}"}
    facts = {"error": code, "message": f"{about}."} if limited else {}
    return {"application/json": {"schema": schema, "example": facts | {"detail": f"{about}.", "code": code}}}
