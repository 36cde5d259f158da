"""What an intake found out and made, handed from step to step as plain JSON."""

from __future__ import annotations

from typing import Any

from app.modules.videos.composition import Value
from app.modules.videos.models import Upload


class Converted(Value):
    """Something to convert, under its fingerprint; of a picture the frames ``first <= n < stop``."""

    fingerprint: str
    first: int = 0
    stop: int = 0


class Found(Value):
    """A file that was looked into. ``conversion`` is None when it plays as it is."""

    blob: str
    size: int
    sha256: str
    examined: dict[str, Any]
    conversion: dict[str, Any] | None
    segments: tuple[Converted, ...]
    sound: Converted | None

    @classmethod
    def of(cls, upload: Upload, checked: dict[str, Any]) -> Found:
        return cls(blob=upload.blob, **checked)


class Prepared(Value):
    """The stored files by role, and what a revision keeps of the recording."""

    files: dict[str, Any]
    facts: dict[str, Any]
