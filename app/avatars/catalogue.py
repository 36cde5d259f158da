"""What a provider lists: its avatars and its voices, in words of ours.

TenexError
├── CatalogueNotOffered   the provider has no such list
├── ListingUnusable       what it lists does not end, comes round again, or is no list
└── ListingOverdue        it took longer than there was time
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.core.errors import Conflict, TenexError

#: By their usual names, the first that is near enough. Pictures of 1072 × 1920 are meant to be 9:16, too.
_SHAPES = {"16:9": 16 / 9, "9:16": 9 / 16, "1:1": 1.0, "4:5": 4 / 5, "5:4": 5 / 4, "4:3": 4 / 3, "3:4": 3 / 4}
_NEAR = 0.02
#: Before the id of an avatar: how takes are asked for, not which avatar it is.
STUDIO = "studio:"


class CatalogueNotOffered(Conflict):
    code = "catalogue_not_offered"


class ListingUnusable(TenexError):
    status = 502
    code = "listing_unusable"
    retryable = True


class ListingOverdue(TenexError):
    status = 504
    code = "listing_overdue"
    retryable = True


def as_listed(avatar: str) -> str:
    """The id by which its provider lists it."""
    return avatar.removeprefix(STUDIO)


class ListKind(StrEnum):
    """What can be listed."""

    AVATAR = "avatar"
    VOICE = "voice"


class Readiness(StrEnum):
    """``processing``: the provider is still making it, or waits for a consent. Only ``ready`` can be rendered with."""

    READY = "ready"
    PROCESSING = "processing"
    FAILED = "failed"


class Orientation(StrEnum):
    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"
    SQUARE = "square"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One avatar or voice. ``id`` is spelled as profiles name it; ``owned``: the account's own, not one for everybody.

    ``width`` and ``height`` are in pixels. Links are the provider's own, and may expire. ``reason`` says in its words
    why it is not ready.
    """

    id: str
    name: str
    owned: bool
    gender: str | None = None
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    width: int | None = None
    height: int | None = None
    preferred_orientation: str | None = None
    named_shapes: tuple[str, ...] = ()
    default_voice: str | None = None
    preview_image_url: str | None = None
    preview_video_url: str | None = None
    preview_audio_url: str | None = None
    readiness: Readiness = Readiness.READY
    reason: str = ""

    @property
    def aspect_ratios(self) -> tuple[str, ...]:
        """Those that the provider names; else that of its picture, if it has a usual one."""
        return self.named_shapes or tuple(_shape_of(self.width, self.height))

    @property
    def orientation(self) -> Orientation | None:
        """As the provider says, or as its picture is; None where neither is known."""
        if self.preferred_orientation in list(Orientation):
            return Orientation(self.preferred_orientation)
        if not self.width or not self.height:
            return None
        if self.width == self.height:
            return Orientation.SQUARE
        return Orientation.LANDSCAPE if self.width > self.height else Orientation.PORTRAIT


def _shape_of(width: int | None, height: int | None) -> Iterator[str]:
    if width and height:
        shape = width / height
        yield from [name for name, exact in _SHAPES.items() if abs(shape / exact - 1) < _NEAR][:1]
