"""Keeps what videos are found by: the words of title, metadata and tags, and of what is said in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.database import insert_if_absent
from app.modules.videos.models import Video, VideoText
from app.modules.videos.words import tag_mark, terms_of, words_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PER_MICROSECOND = 4096


def note_names(session: Session, video: Video) -> None:
    """Take up title, metadata and tags as they are now. For a video that is new, or that the caller has locked."""
    text = _text_of(session, video)
    if text is None:
        _insert(session, video, spoken="")
    else:
        text.terms = terms_in(video, text.spoken)


def note_transcript(session: Session, video: Video, transcript: str) -> None:
    """What is said in the video, in place of what was noted before."""
    spoken = " ".join(dict.fromkeys(words_of(transcript)))
    session.flush()
    # Somebody may be giving it another title just now.
    session.refresh(video, with_for_update=True)
    text = _text_of(session, video)
    if text is None:
        _insert(session, video, spoken=spoken)
    elif text.spoken != spoken:
        text.spoken, text.terms = spoken, terms_in(video, spoken)


def terms_in(video: Video, spoken: str) -> str:
    """The terms of a video. ``spoken``: the words of its transcript."""
    words = [word for name in (video.title, *video.tags, *values_in(video.details)) for word in words_of(name)]
    return terms_of(video.workspace_id, [*words, *spoken.split()], marks_of(video.kind, video.parent_id, video.tags))


def marks_of(kind: str | None, parent_id: str | None, tags: Iterable[str]) -> list[str]:
    """What never changes of a video, or only with its names, is among its terms; a filter by it then costs nothing."""
    facts = {"kind": kind, "parent": parent_id}
    return [*map(tag_mark, tags), *(f"{name}:{value}" for name, value in facts.items() if value is not None)]


def values_in(metadata: object) -> Iterator[str]:
    """The texts and numbers in metadata, however deep. Its keys are no names of the video."""
    if isinstance(metadata, Mapping):
        for value in cast("Mapping[str, Any]", metadata).values():
            yield from values_in(value)
    elif isinstance(metadata, list):
        for value in cast("Iterable[object]", metadata):
            yield from values_in(value)
    elif isinstance(metadata, str | int | float) and not isinstance(metadata, bool):
        yield str(metadata)


def number_at(moment: datetime) -> int:
    """The first of the numbers of this moment: they are in the order of time."""
    return (moment - _EPOCH) // _MICROSECOND * _PER_MICROSECOND


def _text_of(session: Session, video: Video) -> VideoText | None:
    return session.scalars(sa.select(VideoText).where(VideoText.video_id == video.id)).one_or_none()


def _insert(session: Session, video: Video, *, spoken: str) -> None:
    session.flush()
    values = {"workspace_id": video.workspace_id, "spoken": spoken, "terms": terms_in(video, spoken)}
    number = number_at(video.created_at)
    # The next one if another video was made within the same microsecond.
    while not insert_if_absent(session, VideoText, number=number, video_id=video.id, **values):
        number += 1
