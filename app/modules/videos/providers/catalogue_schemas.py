"""What clients see of what providers list."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from app.avatars.catalogue import Orientation, Readiness
from app.modules.videos.providers.models import CatalogueEntry, Listing

_LINK = "The provider's own link, which may expire: sync again for a fresh one"


class ListingStatus(StrEnum):
    """``never``: no list has come yet; ``not_offered``: the provider has none. Neither refuses anything."""

    LISTED = "listed"
    NEVER = "never"
    NOT_OFFERED = "not_offered"


class ListingOut(BaseModel):
    """How one list of a provider stands."""

    status: ListingStatus
    count: int = Field(description="How many are there", examples=[1280])
    gone: int = Field(description="How many were there once", examples=[3])
    verified_at: datetime | None = Field(description="When it was asked for, the last time that it came whole")
    tried_at: datetime | None
    problem: str | None = Field(description="Why it did not come when it was tried last", examples=[None])

    @classmethod
    def of(cls, listing: Listing | None, *, offered: bool) -> ListingOut:
        if listing is None:
            status = ListingStatus.NEVER if offered else ListingStatus.NOT_OFFERED
            return cls(status=status, count=0, gone=0, verified_at=None, tried_at=None, problem=None)
        known = ListingStatus.LISTED if listing.verified_at else ListingStatus.NEVER
        return cls(
            status=known if listing.offered else ListingStatus.NOT_OFFERED,
            count=listing.present,
            gone=listing.gone,
            verified_at=listing.verified_at,
            tried_at=listing.tried_at,
            problem=listing.problem,
        )


class CatalogueOut(BaseModel):
    """What is known of what an account lists."""

    avatars: ListingOut
    voices: ListingOut


class _EntryOut(BaseModel):
    id: str = Field(description="As avatar profiles name it", examples=["look_1"])
    name: str = Field(examples=["Ann in the office"])
    owned: bool = Field(description="The account's own, not one that everybody can use")
    gender: str | None = Field(examples=["female"])
    tags: list[str]
    engines: list[str] = Field(description="The provider's engines that it works with", examples=[["avatar_iv"]])
    usable: bool = Field(description="It is there, and ready")
    readiness: Readiness
    reason: str | None = Field(description="Why it is not ready, in the provider's words", examples=[None])
    first_seen_at: datetime
    verified_at: datetime = Field(description="When it was seen last")
    gone_at: datetime | None = Field(description="Since when it is not listed any more", examples=[None])


class ListedAvatar(_EntryOut):
    """An avatar of a provider: `id` goes into `provider_avatar_id` of a profile."""

    orientation: Orientation | None
    aspect_ratios: list[str] = Field(description="That it was made for, as far as it is known", examples=[["16:9"]])
    width: int | None
    height: int | None
    default_voice_id: str | None = Field(description="Spoken with unless a profile names another")
    preview_image_url: str | None = Field(description=_LINK)
    preview_video_url: str | None = Field(description=_LINK)


class ListedVoice(_EntryOut):
    """A voice of a provider: `id` goes into `voice_id` of a profile."""

    languages: list[str] = Field(description="As the provider writes them", examples=[["en-US"], ["English"]])
    preview_audio_url: str | None = Field(description=_LINK)


def avatar_of_entry(entry: CatalogueEntry) -> ListedAvatar:
    return ListedAvatar(
        **_common(entry),
        orientation=None if entry.orientation is None else Orientation(entry.orientation),
        aspect_ratios=entry.aspect_ratios,
        width=entry.width,
        height=entry.height,
        default_voice_id=entry.default_voice,
        preview_image_url=entry.preview_image_url,
        preview_video_url=entry.preview_video_url,
    )


def voice_of_entry(entry: CatalogueEntry) -> ListedVoice:
    return ListedVoice(
        **_common(entry),
        languages=entry.languages,
        preview_audio_url=entry.preview_audio_url,
    )


def _common(entry: CatalogueEntry) -> dict[str, Any]:
    return {
        "id": entry.provider_id,
        "name": entry.name,
        "owned": entry.owned,
        "gender": entry.gender,
        "tags": entry.tags,
        "engines": entry.engines,
        "usable": entry.gone_at is None and entry.readiness == Readiness.READY.value,
        "readiness": Readiness(entry.readiness),
        "reason": entry.reason,
        "first_seen_at": entry.first_seen_at,
        "verified_at": entry.verified_at,
        "gone_at": entry.gone_at,
    }
