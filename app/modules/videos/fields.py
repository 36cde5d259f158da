"""The kinds of value that requests about videos are made of, and what is checked of each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from app.modules.videos.composition import FrameRate
from app.modules.videos.metadata import metadata_fault
from app.modules.videos.words import tag_key, words_of

LONGEST_TITLE = 200
LONGEST_TAG = 64
MOST_TAGS = 50
LONGEST_SEARCH = 200
LONGEST_VIDEO_S = 1_000_000
_BARE_OFFSET = re.compile(r"(T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) (\d{2}:?\d{2})")


def _spelled_rate(value: object) -> object:
    """25, 25.0 and "25" are one frame rate."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}"
    return value


def _plain_title(value: str) -> str:
    title = value.strip()
    if not title:
        raise ValueError("a title has at least one visible character")
    if not title.isprintable():
        raise ValueError("a title is one line without control characters")
    return title


def _plain_ref_id(value: str) -> str:
    if not value.isprintable() or value != value.strip():
        raise ValueError("an id has printable characters only, and no space at either end")
    return value


def _plain_tags(values: list[str]) -> list[str]:
    """In order, and each once, as it was spelled first."""
    tags = {tag_key(tag): tag for tag in reversed([_plain_tag(value) for value in values])}
    if len(tags) > MOST_TAGS:
        raise ValueError(f"a video has at most {MOST_TAGS} tags; these are {len(tags)}")
    return [tags[key] for key in sorted(tags)]


def _plain_tag(value: str) -> str:
    tag = unicodedata.normalize("NFC", value.strip())
    if not 0 < len(tag) <= LONGEST_TAG:
        raise ValueError(f"a tag has 1 to {LONGEST_TAG} characters; this has {len(tag)}")
    if not tag.isprintable():
        raise ValueError("a tag is one line without control characters")
    return tag


def _search(value: str) -> str:
    if next(words_of(value), None) is None:
        raise ValueError("a search has at least one letter, digit or symbol: leave q out to list all")
    return value


def milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def _small_metadata(value: dict[str, Any]) -> dict[str, Any]:
    fault = metadata_fault(value)
    if fault is not None:
        raise ValueError(fault)
    return value


def _with_plus(value: object) -> object:
    """An offset whose plus sign was not URL-encoded arrives with a space in its place."""
    return _BARE_OFFSET.sub(r"\1+\2", value) if isinstance(value, str) else value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("this date is out of range") from error


Rate = Annotated[
    FrameRate,
    BeforeValidator(_spelled_rate),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "enum": [float(rate) if "." in rate else int(rate) for rate in FrameRate]},
                {"type": "string", "enum": list(FrameRate)},
            ]
        }
    ),
]
Title = Annotated[str, Field(max_length=LONGEST_TITLE), AfterValidator(_plain_title)]
Tags = Annotated[list[str], AfterValidator(_plain_tags)]
#: Tags to look for: one that no video could have is a mistake.
TagNames = Annotated[Sequence[Annotated[str, AfterValidator(_plain_tag)]], Field(max_length=MOST_TAGS)]
SearchText = Annotated[str, Field(max_length=LONGEST_SEARCH), AfterValidator(_search)]
#: What another module calls the thing of its own that uses a video.
RefId = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_plain_ref_id)]
WebAddress = Annotated[str, Field(max_length=2000, pattern=r"^https?://[^\s\x00-\x1f]+$")]
Seconds = Annotated[float, Field(ge=0, le=LONGEST_VIDEO_S)]
Metadata = Annotated[dict[str, Any], AfterValidator(_small_metadata)]
#: Zoneless instants are read as UTC.
Instant = Annotated[datetime, BeforeValidator(_with_plus), AfterValidator(_in_utc)]
#: The id of an avatar profile, voice or background.
Name = Annotated[str, Field(min_length=1, max_length=200)]
