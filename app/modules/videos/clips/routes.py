"""Clips of a video, searches for them, and transcripts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from app.core.pagination import DEFAULT_LIMIT, Page
from app.core.parameters import CursorParam, IdempotencyKey, LimitParam
from app.modules.videos.access import PREFIX, Reader, VideoId, Writer, services_of
from app.modules.videos.asking import answered_once
from app.modules.videos.clips.schemas import (
    ChangeClip,
    ClipOut,
    ClipsOrdered,
    CreateClips,
    PutTranscript,
    SearchOut,
    TranscriptOut,
    WordTime,
)
from app.modules.videos.clips.transcripts import Transcript, words_in
from app.modules.videos.scenery import SaidWord

SearchId = Annotated[str, Path(max_length=100, examples=["01936f2e-8d7c-7a10-8e55-aa12bc34de56"])]
fixed = APIRouter(prefix=PREFIX, tags=["clips"])
of_video = APIRouter(prefix=PREFIX, tags=["clips"])


@of_video.post(
    "/{video_id}/clips",
    status_code=202,
    summary="Cut clips from a video",
    response_model=ClipsOrdered,
    responses={
        400: {"description": "A range or length that is not possible; `detail` says which and why"},
        402: {"description": "Not enough credits"},
        409: {"description": "The video is not ready, or the Idempotency-Key was used with another request"},
    },
)
def create_clips(
    video_id: VideoId, body: CreateClips, request: Request, caller: Writer, idempotency_key: IdempotencyKey = None
) -> Response:
    """Ranges become clips at once. With `count`, moments are found first: follow `search.id`.

    Each clip is a video of kind `clip`, with its own render job, and costs what its seconds cost.
    """
    clips = services_of(request).clips
    return answered_once(
        request, caller, idempotency_key, body, lambda session: clips.ask(session, caller.workspace_id, video_id, body)
    )


@of_video.get("/{video_id}/clips", summary="List the clips of a video")
def list_clips(
    video_id: VideoId, request: Request, caller: Reader, limit: LimitParam = DEFAULT_LIMIT, cursor: CursorParam = None
) -> Page[ClipOut]:
    """Newest first, each with its video."""
    services = services_of(request)
    page = services.cursors.request(of="clips", limit=limit, cursor=cursor)
    with services.database.read_scope() as session:
        found = services.clips.list(session, caller.workspace_id, video_id, page)
    return services.cursors.page(ClipOut, found)


@fixed.get("/clips/{clip_id}", summary="Get a clip")
def get_clip(clip_id: Annotated[str, Path(max_length=100)], request: Request, caller: Reader) -> ClipOut:
    """Which part of its source it is, why, and the video."""
    services = services_of(request)
    with services.database.read_scope() as session:
        return services.clips.get(session, caller.workspace_id, clip_id)


@fixed.put(
    "/clips/{clip_id}",
    status_code=202,
    summary="Render a clip again, changed",
    responses={
        400: {"description": "A range or length that is not possible"},
        402: {"description": "Not enough credits"},
        409: {"description": "It is being rendered already, it is no clip, or its source is not ready"},
    },
)
def change_clip(
    clip_id: Annotated[str, Path(max_length=100)], body: ChangeClip, request: Request, caller: Writer
) -> ClipOut:
    """A new revision in another shape, style or range. What is left out stays as it is."""
    services = services_of(request)
    with services.database.session_scope() as session:
        return services.clips.change(session, caller.workspace_id, clip_id, body)


@fixed.get("/clip-searches/{search_id}", summary="Get a search for clips")
def get_clip_search(search_id: SearchId, request: Request, caller: Reader) -> SearchOut:
    """Until it has `succeeded` or `failed`."""
    services = services_of(request)
    with services.database.read_scope() as session:
        return services.clips.find(session, caller.workspace_id, search_id)


@of_video.get("/{video_id}/transcript", summary="Get what is said in a video")
def get_transcript(video_id: VideoId, request: Request, caller: Reader) -> TranscriptOut:
    """Every word with its time, from the best source there is."""
    services = services_of(request)
    with services.database.read_scope() as session:
        return _shown(video_id, services.transcripts.get(session, caller.workspace_id, video_id))


@of_video.put(
    "/{video_id}/transcript",
    summary="Put what is said in a video",
    responses={400: {"description": "Times that cannot be right; `detail` names the word"}},
)
def put_transcript(video_id: VideoId, body: PutTranscript, request: Request, caller: Writer) -> TranscriptOut:
    """In place of what was known. Clips that are asked for from now on use it, and the video is found by its words."""
    services = services_of(request)
    exact = body.subtitles is None
    words = words_in(body.subtitles) if body.subtitles is not None else tuple(map(_word, body.words or ()))
    with services.database.session_scope() as session:
        kept = services.transcripts.put(session, caller.workspace_id, video_id, words, body.language, exact=exact)
        return _shown(video_id, kept)


def _word(word: WordTime) -> SaidWord:
    return SaidWord(start_ms=round(word.start * 1000), end_ms=round(word.end * 1000), text=word.text)


def _shown(video_id: str, transcript: Transcript) -> TranscriptOut:
    return TranscriptOut(
        video_id=video_id,
        source=transcript.source,
        language=transcript.language,
        exact=transcript.exact,
        text=transcript.text,
        words=[
            WordTime(start=word.start_ms / 1000, end=word.end_ms / 1000, text=word.text) for word in transcript.words
        ],
    )
