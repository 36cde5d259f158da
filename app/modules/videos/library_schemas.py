"""What clients send and see of the library beside videos: uploads, and files that are no videos."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.documents.kinds import Kind
from app.documents.record import FileFacts
from app.modules.videos.fields import Metadata, Tags, Title
from app.modules.videos.models import FileStatus, UploadStatus
from app.modules.videos.schemas import METADATA, TAGS, VIDEO_ID, Sent, example


class _Coming(Sent):
    """Either a file that will be sent in parts, or an address to fetch it from."""

    filename: str | None = Field(
        default=None, min_length=1, max_length=4096, description="The file's name; its folders are dropped"
    )
    size: int | None = Field(default=None, ge=0, le=2**53, description="Bytes")
    sha256: str | None = Field(
        default=None,
        pattern="^[0-9a-fA-F]{64}$",
        description="Of the whole file, in hex. Sent, it is verified: a file that arrived changed is refused",
    )
    source_url: str | None = Field(
        default=None,
        max_length=2000,
        description="An http or https address to fetch the file from, instead of `filename` and `size`",
        examples=["https://example.com/recordings/all-hands.mp4"],
    )
    title: Title | None = Field(default=None, description="Without one, the file's name")
    metadata: Metadata | None = Field(default=None, description=METADATA)

    @model_validator(mode="after")
    def _either_way(self) -> Self:
        if self.source_url is None and (self.filename is None or self.size is None):
            raise ValueError("send filename and size, or source_url")
        if self.source_url is not None and self.size is not None:
            raise ValueError("send either size or source_url: what is fetched has the size it has")
        return self


class CreateUpload(_Coming):
    """A recording to take in: either a file that will be sent in parts, or an address to fetch it from."""

    model_config = example(
        filename="all-hands.mp4", size=734003200, title="All hands, November", metadata={"team": "sales"}
    )

    tags: Tags = Field(default_factory=list, description=TAGS)


class CreateFile(_Coming):
    """A deck, image, sound, subtitles or font to take in. What it is, is told by its content."""

    model_config = example(filename="launch.pptx", size=4194304, title="The launch deck")


class UploadPart(BaseModel):
    """One part that has not arrived, and the request that sends it: its bytes as the body, nothing around them."""

    number: int = Field(ge=1)
    offset: int = Field(description="Where in the file it begins, in bytes")
    size: int = Field(description="Bytes; all parts but the last have `part_size`")
    method: Literal["PUT"]
    url: str = Field(description="Needs no API key; leads to this server, or directly to the bucket")
    headers: dict[str, str] = Field(description="To be sent along")
    expires_at: datetime = Field(description="Ask for the upload again for new addresses")


class UploadOut(BaseModel):
    """An upload, and what to do next: send `parts`, get the upload again until there are none, then complete it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": VIDEO_ID,
                    "video_id": VIDEO_ID,
                    "file_id": None,
                    "status": "open",
                    "filename": "all-hands.mp4",
                    "size": 20971520,
                    "sha256": None,
                    "source_url": None,
                    "part_size": 16777216,
                    "part_count": 2,
                    "received_bytes": 16777216,
                    "missing_count": 1,
                    "parts": [
                        {
                            "number": 2,
                            "offset": 16777216,
                            "size": 4194304,
                            "method": "PUT",
                            "url": "http://127.0.0.1:8010/uploads/eyJr...",
                            "headers": {},
                            "expires_at": "2026-11-23T11:15:00Z",
                        }
                    ],
                    "created_at": "2026-11-23T10:15:00.120000Z",
                    "expires_at": "2026-11-24T10:15:00.120000Z",
                }
            ]
        }
    )

    id: str = Field(description="That of the video or file")
    video_id: str | None = Field(description="null for a file of the library")
    file_id: str | None = Field(description="null for a video")
    status: UploadStatus = Field(
        description="`open`: waits for parts · `received`: complete, being looked at · `done` · `failed`: see the "
        "video's `render.error`, or the file's `error` · `expired`"
    )
    filename: str
    size: int | None = Field(description="Bytes, as announced; null when it is fetched from an address")
    sha256: str | None
    source_url: str | None
    part_size: int
    part_count: int
    received_bytes: int
    missing_count: int
    parts: list[UploadPart] = Field(description="The first of the missing parts, in order; may be sent all at once")
    created_at: datetime
    expires_at: datetime = Field(description="When it is given up unless somebody goes on with it")


class UploadSummary(BaseModel):
    """An upload in a list. `GET /api/v1/videos/uploads/{id}` adds its parts."""

    id: str
    video_id: str | None
    file_id: str | None
    status: UploadStatus
    filename: str
    size: int | None
    sha256: str | None
    source_url: str | None
    created_at: datetime
    expires_at: datetime


class FileProblem(BaseModel):
    """Why a file was not taken in."""

    code: str = Field(examples=["encrypted"])
    message: str


class FileOut(BaseModel):
    """A file of the library that is no video. Links expire together."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": VIDEO_ID,
                    "status": "ready",
                    "kind": "deck",
                    "name": "launch.pptx",
                    "title": "The launch deck",
                    "metadata": {},
                    "content_type": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
                    "size": 4194304,
                    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "facts": {"kind": "deck", "format": "pptx", "title": "Launch", "page_count": 24, "hidden": 1},
                    "error": None,
                    "download_url": "http://127.0.0.1:8010/files/eyJr.../launch.pptx",
                    "download_expires_at": "2026-11-23T11:15:30Z",
                    "urls": {"pdf": "http://127.0.0.1:8010/files/eyJr.../launch.pdf"},
                    "created_at": "2026-11-23T10:15:00.120000Z",
                    "updated_at": "2026-11-23T10:15:21.840000Z",
                }
            ]
        }
    )

    id: str
    status: FileStatus
    kind: Kind | None = Field(description="null until it was looked into")
    name: str = Field(description="As it was called when it was uploaded")
    title: str
    metadata: dict[str, Any]
    content_type: str | None
    size: int | None = Field(description="Bytes")
    sha256: str | None
    facts: FileFacts | None = Field(description="What was found in it; null until it is ready")
    error: FileProblem | None
    download_url: str | None = Field(description="The file as it was uploaded")
    download_expires_at: datetime | None
    urls: dict[str, str] = Field(
        description="Derived from it, by role: `pdf` of a converted deck, `image` and `thumbnail` of an image, "
        "`vtt` and `srt` of subtitles, `peaks` of sound, `sample` of a font"
    )
    created_at: datetime
    updated_at: datetime


class FilePageOut(BaseModel):
    """A page of a deck, drawn once."""

    number: int = Field(ge=1)
    width: int
    height: int
    title: str | None
    text: str = Field(description="All that is written on it")
    notes: str | None = Field(description="The speaker's notes")
    image_url: str = Field(description="PNG; its long side has 1920 pixels")
    thumbnail_url: str
    expires_at: datetime = Field(description="When the links stop working")
