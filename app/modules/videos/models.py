"""The tables of the videos module."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from sqlalchemy import (
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, validates

from app.core.database import Base, IdText, JsonDocument, KeyText, RowNumber, TermSet, UtcDateTime
from app.modules.accounts.models import Workspace
from app.modules.videos.words import title_key

LONGEST_TITLE_KEY = 200


class VideoStatus(StrEnum):
    UPLOADING = "uploading"
    RENDERING = "rendering"
    READY = "ready"
    FAILED = "failed"


class Source(StrEnum):
    UPLOADED = "uploaded"
    GENERATED = "generated"


class Kind(StrEnum):
    UPLOAD = "upload"
    AVATAR = "avatar"
    WEBINAR = "webinar"
    CLIP = "clip"

    @property
    def source(self) -> Source:
        """Every kind has one: only an upload was not made here."""
        match self:
            case Kind.UPLOAD:
                return Source.UPLOADED
            case Kind.AVATAR | Kind.WEBINAR | Kind.CLIP:
                return Source.GENERATED
            case _:
                assert_never(self)


class JobKind(StrEnum):
    """``render`` makes a video from a composition, ``intake`` makes an uploaded recording ready."""

    RENDER = "render"
    INTAKE = "intake"


class JobStatus(StrEnum):
    QUEUED = "queued"
    RENDERING = "rendering"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class Stage(StrEnum):
    """Where a running job is, in this order: a render plans and makes takes where an intake receives and checks."""

    QUEUED = "queued"
    PLAN = "plan"
    TAKES = "takes"
    RECEIVE = "receive"
    CHECK = "check"
    CHUNKS = "chunks"
    PACKAGE = "package"
    PUBLISH = "publish"
    DONE = "done"


class TaskStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    MADE = "made"
    REUSED = "reused"


class UploadStatus(StrEnum):
    """``open``: waits for parts. ``received``: whole, or named by an address; its job goes on with it."""

    OPEN = "open"
    RECEIVED = "received"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"


class UploadTarget(StrEnum):
    """What the bytes of an upload become."""

    VIDEO = "video"
    FILE = "file"


class FileStatus(StrEnum):
    """Of a file in the library that is no video."""

    UPLOADING = "uploading"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


class SearchStatus(StrEnum):
    """Of a search for moments that are worth a clip."""

    QUEUED = "queued"
    SEARCHING = "searching"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class TakeStatus(StrEnum):
    """An avatar provider's work on one take. ``unknown``: a submit may have arrived, and is looked up first."""

    PLANNED = "planned"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    READY = "ready"
    FAILED = "failed"


#: A provider may be at work on it.
UNDER_WAY = (TakeStatus.SUBMITTING, TakeStatus.SUBMITTED, TakeStatus.UNKNOWN)


#: One without a duration counts as the shortest: SQLite and Postgres would place nulls at different ends.
DURATION_KEY = "coalesce(duration_ms, -1)"


class Video(Base):
    """The asset that other modules refer to by id."""

    __tablename__ = "videos"
    __table_args__ = (
        Index("ix_videos_page", "workspace_id", "created_at", "id"),
        Index("ix_videos_status", "workspace_id", "status", "created_at", "id"),
        Index("ix_videos_status_kind", "workspace_id", "status", "kind", "created_at", "id"),
        Index("ix_videos_status_source", "workspace_id", "status", "source", "created_at", "id"),
        Index("ix_videos_source", "workspace_id", "source", "created_at", "id"),
        Index("ix_videos_kind", "workspace_id", "kind", "created_at", "id"),
        Index("ix_videos_parent", "workspace_id", "parent_id", "created_at", "id"),
        Index("ix_videos_updated", "workspace_id", "updated_at", "id"),
        Index("ix_videos_title", "workspace_id", "title_key", "id"),
        Index("ix_videos_duration", "workspace_id", text(DURATION_KEY), "id"),
    )

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText, ForeignKey(Workspace.id))
    parent_id: Mapped[str | None] = mapped_column(IdText, ForeignKey("videos.id"))
    kind: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(200))
    title_key: Mapped[str] = mapped_column(KeyText)
    details: Mapped[dict[str, Any]] = mapped_column("metadata", JsonDocument)
    tags: Mapped[list[str]] = mapped_column(JsonDocument, default=list)
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    revision: Mapped[int | None] = mapped_column(Integer)
    last_revision: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @validates("title")
    def _key_of(self, _name: str, title: str) -> str:
        """A title is never without what it is sorted by."""
        self.title_key = title_key(title, LONGEST_TITLE_KEY)
        return title


class VideoText(Base):
    """What a video is found by. Kept by ``texts.py``, in the transaction of what it mirrors.

    ``number`` is in the order in which videos were made. SQLite has a full-text index over ``terms`` beside this table,
    kept by triggers (migration 0002); on Postgres it is the index below.
    """

    __tablename__ = "video_texts"
    __table_args__ = (
        Index("ix_video_texts_walk", "workspace_id", "number"),
        Index("ix_video_texts_terms", "terms", postgresql_using="gin").ddl_if(dialect="postgresql"),
    )

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=False)
    video_id: Mapped[str] = mapped_column(IdText, ForeignKey("videos.id", ondelete="CASCADE"), unique=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    spoken: Mapped[str] = mapped_column(Text)
    terms: Mapped[str] = mapped_column(TermSet)


class Reference(Base):
    """Another module uses the video, as ``ref_id`` of its own."""

    __tablename__ = "video_references"

    video_id: Mapped[str] = mapped_column(IdText, ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True)
    module: Mapped[str] = mapped_column(KeyText, primary_key=True)
    ref_id: Mapped[str] = mapped_column(KeyText, primary_key=True)
    label: Mapped[str | None] = mapped_column(String(200))
    url: Mapped[str | None] = mapped_column(String(2000))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Revision(Base):
    """One finished output. Files are named by role: video, poster, preview, vtt, srt, original, storyboard-1, ...

    An uploaded recording has one, without a composition; ``facts`` then says what was found in the file.
    """

    __tablename__ = "video_revisions"

    video_id: Mapped[str] = mapped_column(IdText, ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    job_id: Mapped[str] = mapped_column(IdText)
    composition: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    files: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    facts: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    frames: Mapped[int] = mapped_column(Integer)
    fps: Mapped[str] = mapped_column(String(16))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RenderJob(Base):
    """One run of the pipeline for one video. An intake has no composition, and costs nothing."""

    __tablename__ = "render_jobs"
    __table_args__ = (
        Index("ix_render_jobs_page", "workspace_id", "created_at", "id"),
        Index("ix_render_jobs_video", "workspace_id", "video_id", "created_at", "id"),
        Index("ix_render_jobs_status", "workspace_id", "status", "created_at", "id"),
        Index("ix_render_jobs_watch", "status", "created_at"),
    )

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText, ForeignKey(Workspace.id))
    video_id: Mapped[str] = mapped_column(IdText, ForeignKey("videos.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16), default=JobKind.RENDER)
    status: Mapped[str] = mapped_column(String(16))
    stage: Mapped[str] = mapped_column(String(16))
    composition: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    revision: Mapped[int] = mapped_column(Integer)
    credits_held: Mapped[int] = mapped_column(Integer)
    expected_s: Mapped[int] = mapped_column(Integer)
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(String(2000))
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    adjustments: Mapped[list[str]] = mapped_column(JsonDocument, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Upload(Base):
    """A file on its way in: what was announced, and where its bytes are kept. Has the id of what it becomes."""

    __tablename__ = "uploads"
    __table_args__ = (
        Index("ix_uploads_page", "workspace_id", "created_at", "id"),
        Index("ix_uploads_status", "status", "expires_at"),
    )

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText, ForeignKey(Workspace.id))
    target: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    filename: Mapped[str] = mapped_column(String(255))
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    source_url: Mapped[str | None] = mapped_column(String(2000))
    blob: Mapped[str] = mapped_column(String(200))
    multipart_id: Mapped[str | None] = mapped_column(String(1024))
    part_size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LibraryFile(Base):
    """A deck, image, sound, subtitles or font. ``kind`` and ``facts`` are known once it was looked into.

    ``attempt`` counts how often that was begun. Files are named by role: original, pdf, image, thumbnail, vtt, ...
    """

    __tablename__ = "library_files"
    __table_args__ = (
        Index("ix_library_files_page", "workspace_id", "created_at", "id"),
        Index("ix_library_files_kind", "workspace_id", "kind", "created_at", "id"),
        Index("ix_library_files_status", "status", "created_at"),
    )

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText, ForeignKey(Workspace.id))
    status: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str | None] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(200))
    details: Mapped[dict[str, Any]] = mapped_column("metadata", JsonDocument)
    content_type: Mapped[str | None] = mapped_column(String(100))
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    facts: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    files: Mapped[dict[str, Any]] = mapped_column(JsonDocument, default=dict)
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(String(2000))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FilePage(Base):
    """A page of a deck: its picture, and what is written and said on it."""

    __tablename__ = "file_pages"

    file_id: Mapped[str] = mapped_column(IdText, ForeignKey("library_files.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    title: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    notes: Mapped[str | None] = mapped_column(Text)
    files: Mapped[dict[str, Any]] = mapped_column(JsonDocument)


class StoredBrand(Base):
    """How a workspace's videos look: what was asked for, with ids of library files."""

    __tablename__ = "brands"

    workspace_id: Mapped[str] = mapped_column(IdText, ForeignKey(Workspace.id), primary_key=True)
    wanted: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StoredTranscript(Base):
    """What is said in a video, as somebody has put it right: ``[start_ms, end_ms, text]`` for each word.

    ``exact``: the times are those of words, not of captions.
    """

    __tablename__ = "video_transcripts"

    video_id: Mapped[str] = mapped_column(IdText, ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    language: Mapped[str | None] = mapped_column(String(20))
    words: Mapped[list[Any]] = mapped_column(JsonDocument)
    exact: Mapped[bool] = mapped_column(Boolean)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClipVariant(Base):
    """A video of kind ``clip``: which range of its source it is, why, and how it was asked for."""

    __tablename__ = "clip_variants"
    __table_args__ = (Index("ix_clip_variants_page", "workspace_id", "source_id", "created_at", "video_id"),)

    video_id: Mapped[str] = mapped_column(IdText, ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    source_id: Mapped[str] = mapped_column(IdText)
    start_ms: Mapped[int] = mapped_column(BigInteger)
    end_ms: Mapped[int] = mapped_column(BigInteger)
    score: Mapped[int | None] = mapped_column(Integer)
    reasons: Mapped[list[Any]] = mapped_column(JsonDocument)
    caption: Mapped[str] = mapped_column(Text)
    wanted: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClipSearch(Base):
    """A search for the moments of a video that are worth a clip, and what it found."""

    __tablename__ = "clip_searches"
    __table_args__ = (Index("ix_clip_searches_status", "status", "created_at"),)

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText, ForeignKey(Workspace.id))
    video_id: Mapped[str] = mapped_column(IdText, ForeignKey("videos.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(16))
    wanted: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    candidates: Mapped[list[Any]] = mapped_column(JsonDocument, default=list)
    clip_ids: Mapped[list[Any]] = mapped_column(JsonDocument, default=list)
    notes: Mapped[list[Any]] = mapped_column(JsonDocument, default=list)
    #: How much of it is done, 0..1.
    progress: Mapped[float] = mapped_column(Float, default=0.0)
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(String(2000))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RenderTask(Base):
    """One artifact that a job needs: the unit of progress, and a line of its receipt."""

    __tablename__ = "render_tasks"

    job_id: Mapped[str] = mapped_column(IdText, ForeignKey("render_jobs.id", ondelete="CASCADE"), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    frames: Mapped[int] = mapped_column(Integer, default=0)
    frames_done: Mapped[int] = mapped_column(Integer, default=0)
    cpu_ms: Mapped[int] = mapped_column(Integer, default=0)
    peak_mb: Mapped[int] = mapped_column(Integer, default=0)
    attempts: Mapped[int] = mapped_column(Integer, default=0)


class Artifact(Base):
    """A stored result, under the fingerprint of all that made it. The first one recorded is the one that counts."""

    __tablename__ = "artifacts"

    workspace_id: Mapped[str] = mapped_column(IdText, ForeignKey(Workspace.id), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    blob: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    job_id: Mapped[str] = mapped_column(IdText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TakeIntent(Base):
    """Written before an avatar provider is called, so that no crash can lead to a second paid call.

    ``said``: the provider's last words about it; ``noticed_at``: when it called to say that something has changed.
    """

    __tablename__ = "take_intents"
    __table_args__ = (
        UniqueConstraint("workspace_id", "fingerprint", "attempt"),
        Index("ix_take_intents_account", "workspace_id", "provider", "status", "updated_at"),
        Index("ix_take_intents_sent", "workspace_id", "provider", "sent_at"),
    )

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText, ForeignKey(Workspace.id))
    fingerprint: Mapped[str] = mapped_column(String(64))
    attempt: Mapped[int] = mapped_column(Integer)
    job_id: Mapped[str] = mapped_column(IdText)
    provider: Mapped[str] = mapped_column(String(32))
    provider_id: Mapped[str | None] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(16))
    said: Mapped[str | None] = mapped_column(String(500))
    length_ms: Mapped[int | None] = mapped_column(Integer)
    cost_microusd: Mapped[int | None] = mapped_column(BigInteger)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    noticed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProviderAccount(Base):
    """An account of a workspace with an avatar provider. ``sealed`` is its key, as the vault keeps it; ``most_…`` and
    the price are as they were told, else as is usual for its kind. Half of its takes are made after ``usual_s``, nine
    in ten after ``slow_s``. ``looked_at``: when a worker last asked it how far its takes are.
    """

    __tablename__ = "provider_accounts"

    workspace_id: Mapped[str] = mapped_column(IdText, ForeignKey(Workspace.id), primary_key=True)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    base_url: Mapped[str] = mapped_column(String(500))
    sealed: Mapped[str] = mapped_column(Text)
    key_ends: Mapped[str] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(16))
    problem: Mapped[str | None] = mapped_column(String(2000))
    balance: Mapped[str | None] = mapped_column(String(200))
    most_at_once: Mapped[int | None] = mapped_column(Integer)
    most_a_minute: Mapped[int | None] = mapped_column(Integer)
    microusd_a_minute: Mapped[int | None] = mapped_column(BigInteger)
    sealed_hook_secret: Mapped[str | None] = mapped_column(Text)
    usual_s: Mapped[int | None] = mapped_column(Integer)
    slow_s: Mapped[int | None] = mapped_column(Integer)
    tested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AvatarProfile(Base):
    """Who can speak. Built-in profiles belong to no workspace and are seen by all."""

    __tablename__ = "avatar_profiles"
    __table_args__ = (
        Index("ix_avatar_profiles_page", "workspace_id", "created_at", "id"),
        ForeignKeyConstraint(["workspace_id"], [Workspace.id]),
    )

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str | None] = mapped_column(IdText)
    name: Mapped[str] = mapped_column(String(200))
    provider: Mapped[str] = mapped_column(String(32))
    provider_avatar_id: Mapped[str] = mapped_column(String(200))
    voice_id: Mapped[str] = mapped_column(String(100))
    background: Mapped[str] = mapped_column(String(100))
    fallbacks: Mapped[list[str]] = mapped_column(JsonDocument, default=list)
    details: Mapped[dict[str, Any]] = mapped_column("metadata", JsonDocument)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
