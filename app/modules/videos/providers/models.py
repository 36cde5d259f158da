"""What accounts with avatar providers list, as it was when they were asked last."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKeyConstraint, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, IdText, JsonDocument, KeyText, UtcDateTime


class Listing(Base):
    """One list of an account. ``kind``: ``avatar`` or ``voice``. ``verified_at``: when it was asked for, the last time
    that it came whole; ``problem``: why it did not the time after.
    """

    __tablename__ = "provider_listings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "provider"],
            ["provider_accounts.workspace_id", "provider_accounts.name"],
            name="fk_provider_listings_account",
            ondelete="CASCADE",
        ),
    )

    workspace_id: Mapped[str] = mapped_column(IdText, primary_key=True)
    provider: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    offered: Mapped[bool] = mapped_column(Boolean)
    present: Mapped[int] = mapped_column(Integer)
    gone: Mapped[int] = mapped_column(Integer)
    problem: Mapped[str | None] = mapped_column(String(2000))
    tried_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CatalogueEntry(Base):
    """One avatar or voice that an account lists, or did. ``facets``: what it is found by, see ``entries.py``."""

    __tablename__ = "catalogue_entries"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "provider", "kind"],
            ["provider_listings.workspace_id", "provider_listings.provider", "provider_listings.kind"],
            name="fk_catalogue_entries_listing",
            ondelete="CASCADE",
        ),
        Index("ix_catalogue_entries_page", "workspace_id", "provider", "kind", "name_key", "provider_id"),
    )

    workspace_id: Mapped[str] = mapped_column(IdText, primary_key=True)
    provider: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    provider_id: Mapped[str] = mapped_column(KeyText, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(KeyText)
    facets: Mapped[str] = mapped_column(Text)
    owned: Mapped[bool] = mapped_column(Boolean)
    gender: Mapped[str | None] = mapped_column(String(32))
    orientation: Mapped[str | None] = mapped_column(String(16))
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    languages: Mapped[list[Any]] = mapped_column(JsonDocument)
    tags: Mapped[list[Any]] = mapped_column(JsonDocument)
    engines: Mapped[list[Any]] = mapped_column(JsonDocument)
    aspect_ratios: Mapped[list[Any]] = mapped_column(JsonDocument)
    default_voice: Mapped[str | None] = mapped_column(String(200))
    preview_image_url: Mapped[str | None] = mapped_column(Text)
    preview_video_url: Mapped[str | None] = mapped_column(Text)
    preview_audio_url: Mapped[str | None] = mapped_column(Text)
    readiness: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(500))
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verified_at: Mapped[datetime] = mapped_column(UtcDateTime)
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
