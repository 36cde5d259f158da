"""Files of the library that are no videos: decks, images, sound, subtitles and fonts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from app.core.pagination import PageRequest, Position, Slice, by_creation, cut, keyset
from app.documents.kinds import Kind
from app.documents.record import FileFacts
from app.modules.videos.errors import FileNotFound
from app.modules.videos.file_links import file_stem
from app.modules.videos.library_schemas import FileOut, FilePageOut, FileProblem
from app.modules.videos.models import FilePage, FileStatus, LibraryFile, Upload, UploadStatus
from app.storage.base import BlobStore
from app.storage.links import Links

_FACTS: TypeAdapter[FileFacts] = TypeAdapter(FileFacts)
_ENDING = re.compile(r"\\.[A-Za-z0-9]{1,8}$")
#: How what is derived ends, by role.
_ENDINGS = {
    "pdf": ".pdf",
    "image": "",
    "thumbnail": "-thumbnail",
    "vtt": ".vtt",
    "srt": ".srt",
    "peaks": "-peaks.json",
    "font": "",
    "sample": "-sample.png",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFilter:
    """None is any."""

    kind: Kind | None = None
    status: FileStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRemains:
    """What is left of a removed file, to be cleared away after the commit."""

    prefix: str
    multipart: tuple[str, str] | None


class Files:
    def __init__(self, *, links: Links, blobs: BlobStore) -> None:
        self._links, self._blobs = links, blobs

    def get(self, session: Session, workspace_id: str, file_id: str) -> FileOut:
        """Raises FileNotFound."""
        return self._shown(file_of(session, workspace_id, file_id))

    def list(self, session: Session, workspace_id: str, wanted: FileFilter, page: PageRequest) -> Slice[FileOut]:
        """Newest first."""
        statement = sa.select(LibraryFile).where(LibraryFile.workspace_id == workspace_id)
        if wanted.kind is not None:
            statement = statement.where(LibraryFile.kind == wanted.kind)
        if wanted.status is not None:
            statement = statement.where(LibraryFile.status == wanted.status)
        rows = session.scalars(keyset(statement, LibraryFile.created_at, LibraryFile.id, page)).all()
        return cut(rows, page, by_creation).map(self._shown)

    def pages(self, session: Session, workspace_id: str, file_id: str, page: PageRequest) -> Slice[FilePageOut]:
        """In their order. None of what is no deck, or not ready. Raises FileNotFound."""
        file = file_of(session, workspace_id, file_id)
        statement = sa.select(FilePage).where(FilePage.file_id == file.id)
        if file.status != FileStatus.READY:
            statement = statement.where(sa.false())
        if page.after is not None:
            statement = statement.where(FilePage.number > page.after.key)
        rows = session.scalars(statement.order_by(FilePage.number).limit(page.limit + 1)).all()
        shown = cut(rows, page, lambda row: Position(key=row.number, id=""))
        return shown.map(lambda row: self._page(file, row))

    def remove(self, session: Session, workspace_id: str, file_id: str) -> FileRemains:
        """Delete the rows of a file. After the commit the caller clears away what is left. Raises FileNotFound."""
        file = file_of(session, workspace_id, file_id, lock=True)
        upload = session.get(Upload, file.id)
        parts = None
        if upload is not None:
            if upload.multipart_id is not None and upload.status != UploadStatus.DONE:
                parts = (upload.blob, upload.multipart_id)
            session.delete(upload)
        session.execute(sa.delete(LibraryFile).where(LibraryFile.id == file.id))
        return FileRemains(prefix=f"files/{file_id}", multipart=parts)

    def clear_away(self, remains: FileRemains) -> None:
        """Delete what was stored. Can be repeated."""
        if remains.multipart is not None:
            self._blobs.abort_multipart(*remains.multipart)
        for blob in list(self._blobs.list(remains.prefix)):
            self._blobs.delete(blob.key)

    def _shown(self, file: LibraryFile) -> FileOut:
        ready = file.status == FileStatus.READY
        return FileOut(
            id=file.id,
            status=FileStatus(file.status),
            kind=Kind(file.kind) if file.kind else None,
            name=file.name,
            title=file.title,
            metadata=file.details,
            content_type=file.content_type,
            size=file.size,
            sha256=file.sha256,
            facts=_FACTS.validate_python(file.facts) if file.facts else None,
            error=FileProblem(code=file.error_code, message=file.error_message or "") if file.error_code else None,
            download_url=self._link(file, "original") if ready else None,
            download_expires_at=self._links.expires_at() if ready else None,
            urls={role: self._link(file, role) for role in file.files if role != "original"} if ready else {},
            created_at=file.created_at,
            updated_at=file.updated_at,
        )

    def _page(self, file: LibraryFile, page: FilePage) -> FilePageOut:
        def link(role: str) -> str:
            return self._url(page.files[role], f"{file_stem(file.title)}-{page.number}-{role}", inline=True)

        return FilePageOut(
            number=page.number,
            width=page.width,
            height=page.height,
            title=page.title,
            text=page.text,
            notes=page.notes,
            image_url=link("page"),
            thumbnail_url=link("thumbnail"),
            expires_at=self._links.expires_at(),
        )

    def _link(self, file: LibraryFile, role: str) -> str:
        if role == "original":
            found = _ENDING.search(file.name)
            return self._url(file.files[role], f"{file_stem(file.title)}{found[0] if found else ''}", inline=False)
        return self._url(file.files[role], f"{file_stem(file.title)}{_ENDINGS[role]}", inline=True)

    def _url(self, stored: Mapping[str, Any], stem: str, *, inline: bool) -> str:
        _, dot, ending = stored["blob"].rpartition("/")[2].rpartition(".")
        name = stem if "." in stem else f"{stem}{dot}{ending}"
        return self._links.url(stored["blob"], filename=name, content_type=stored["type"], inline=inline)


def file_of(session: Session, workspace_id: str, file_id: str, *, lock: bool = False) -> LibraryFile:
    """Raises FileNotFound, also for another workspace's file."""
    query = sa.select(LibraryFile).where(LibraryFile.id == file_id, LibraryFile.workspace_id == workspace_id)
    file = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if file is None:
        raise FileNotFound("There is no such file in this workspace.")
    return file
