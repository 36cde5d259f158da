"""Taking in recordings and other files: announced, sent in parts or fetched by address, completed once.

The parts themselves never pass through here: clients send them to where the storage wants them. Which ones arrived is
asked of the storage each time, so that nothing can disagree with it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, assert_never
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.clock import Clock, utc_now
from app.core.database import Database
from app.core.ids import new_id
from app.core.outbound import Outbound
from app.core.pagination import PageRequest, Slice
from app.engine.client import EngineClient
from app.modules.videos import repository
from app.modules.videos.errors import EmptyUpload, UploadIncomplete, UploadNotFound, UploadOver, UploadTooLarge
from app.modules.videos.fields import LONGEST_TITLE
from app.modules.videos.library_schemas import UploadOut, UploadPart, UploadSummary
from app.modules.videos.models import (
    FileStatus,
    JobKind,
    JobStatus,
    Kind,
    LibraryFile,
    RenderJob,
    Stage,
    Upload,
    UploadStatus,
    UploadTarget,
    Video,
    VideoStatus,
)
from app.modules.videos.renders import new_video
from app.modules.videos.texts import note_names
from app.storage.base import MOST_PARTS, BlobStore, Part
from app.storage.base import UploadNotFound as PartsGone
from app.storage.links import PartLinks

DEFAULT_PARTS, MOST_PARTS_SHOWN = 20, 200
_MIB = 1024**2
_LONGEST_FILENAME = 255
#: How seldom asking for an upload is written down.
_RENEW_EVERY = timedelta(minutes=10)
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}$")
_COMPLETED_AT = {
    UploadTarget.VIDEO: "POST /api/v1/videos/uploads/{id}/complete",
    UploadTarget.FILE: "POST /api/v1/videos/files/{id}/complete",
}
EXPIRED = (
    "Nobody went on with this upload, so it was given up and its parts were removed. Upload the file again: announce "
    "it with POST /api/v1/videos/uploads."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLimits:
    most_bytes: int
    part_bytes: int
    lifetime: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A file that is to come: with its ``size`` in bytes, or from ``source_url``."""

    filename: str | None
    size: int | None
    sha256: str | None = None
    source_url: str | None = None
    title: str | None = None
    metadata: dict[str, Any] | None = None
    tags: Sequence[str] = ()


class Uploads:
    def __init__(
        self,
        *,
        database: Database,
        engine: EngineClient,
        blobs: BlobStore,
        part_links: PartLinks,
        outbound: Outbound,
        limits: UploadLimits,
        clock: Clock = utc_now,
    ) -> None:
        self._database, self._engine, self._blobs, self._clock = database, engine, blobs, clock
        self._part_links, self._outbound, self._limits = part_links, outbound, limits

    def announce(self, session: Session, workspace_id: str, wanted: Announced) -> Upload:
        """A new video in ``uploading``. What is at an address is fetched from now on.

        Raises EmptyUpload, UploadTooLarge, and what ``Outbound.check`` raises of the address.
        """
        filename = self._checked_name(wanted)
        video = new_video(
            workspace_id,
            wanted.title or _title_of(filename),
            wanted.metadata or {},
            wanted.tags,
            kind=Kind.UPLOAD,
            status=VideoStatus.UPLOADING,
        )
        session.add(video)
        note_names(session, video)
        return self._begin(session, video, UploadTarget.VIDEO, filename, wanted)

    def announce_file(self, session: Session, workspace_id: str, wanted: Announced) -> Upload:
        """The same for a file that is no video."""
        filename, moment = self._checked_name(wanted), self._clock()
        file = LibraryFile(
            id=new_id(),
            workspace_id=workspace_id,
            status=FileStatus.UPLOADING,
            name=filename,
            title=wanted.title or _title_of(filename),
            details=wanted.metadata or {},
            created_at=moment,
            updated_at=moment,
        )
        session.add(file)
        return self._begin(session, file, UploadTarget.FILE, filename, wanted)

    def _begin(
        self, session: Session, owner: Video | LibraryFile, target: UploadTarget, filename: str, wanted: Announced
    ) -> Upload:
        upload = self._row(owner, target, filename, wanted)
        session.flush()
        session.add(upload)
        session.flush()
        if wanted.source_url is not None:
            self._hand_over(session, upload)
        return upload

    def show(self, workspace_id: str, upload_id: str, *, most: int = DEFAULT_PARTS) -> UploadOut:
        """The upload and its first missing parts. Whoever asks goes on with it: it lives on. Raises UploadNotFound."""
        upload = self._prepared(workspace_id, upload_id)
        arrived = self._arrived(upload)
        missing = [number for number in _numbers(upload) if not _is_whole(upload, arrived.get(number))]
        if upload.status != UploadStatus.OPEN:
            missing = []
        return UploadOut(
            **_summary(upload).model_dump(),
            part_size=upload.part_size,
            part_count=len(_numbers(upload)),
            received_bytes=(upload.size or 0) - sum(_size_of(upload, number) for number in missing),
            missing_count=len(missing),
            parts=[self._part(upload, number) for number in missing[:most]],
        )

    def list(
        self, session: Session, workspace_id: str, page: PageRequest, *, status: UploadStatus | None, sha256: str | None
    ) -> Slice[UploadSummary]:
        """Newest first."""
        return repository.list_uploads(session, workspace_id, page, status=status, sha256=sha256).map(_summary)

    def complete(self, workspace_id: str, upload_id: str, target: UploadTarget) -> None:
        """Hand the upload over to a worker, once however often and by however many it is asked.

        One that failed is taken up again: its bytes are there. Raises UploadNotFound, UploadIncomplete, UploadOver.
        """
        upload = self._prepared(workspace_id, upload_id)
        if upload.target != target:
            raise UploadNotFound(
                f"This upload becomes a {upload.target}: complete it at {_COMPLETED_AT[UploadTarget(upload.target)]}."
            )
        if upload.status == UploadStatus.OPEN:
            self._check_whole(upload)
        with self._database.session_scope() as session:
            upload = upload_of(session, workspace_id, upload_id, lock=True)
            if upload.status == UploadStatus.EXPIRED:
                raise UploadOver(EXPIRED)
            if upload.status in (UploadStatus.OPEN, UploadStatus.FAILED):
                upload.status = UploadStatus.RECEIVED
                self._hand_over(session, upload)

    # inside ----------------------------------------------------------------------------------------------------------

    def _checked_name(self, wanted: Announced) -> str:
        if wanted.source_url is not None:
            self._outbound.check(wanted.source_url)
        elif wanted.size == 0:
            raise EmptyUpload(f"{(wanted.filename or 'The file')[:200]} is empty: it has 0 bytes. Choose another file.")
        elif (wanted.size or 0) > self._limits.most_bytes:
            raise UploadTooLarge(
                f"The file has {wanted.size} bytes, and at most {self._limits.most_bytes} are taken in. "
                "Send a smaller one: split it, or encode it at a lower bit rate.",
                extra={"limit": self._limits.most_bytes},
            )
        return plain_filename(wanted.filename or _last_part(wanted.source_url or ""))

    def _row(self, owner: Video | LibraryFile, target: UploadTarget, filename: str, wanted: Announced) -> Upload:
        ending = _ENDING.search(filename)
        size = wanted.size
        return Upload(
            id=owner.id,
            workspace_id=owner.workspace_id,
            target=target,
            status=UploadStatus.OPEN if wanted.source_url is None else UploadStatus.RECEIVED,
            filename=filename,
            size=size,
            sha256=wanted.sha256.lower() if wanted.sha256 else None,
            source_url=wanted.source_url,
            blob=f"{target}s/{owner.id}/upload-{new_id()}/original{ending[0].lower() if ending else ''}",
            part_size=max(self._limits.part_bytes, -(-(size or 0) // MOST_PARTS // _MIB) * _MIB),
            created_at=owner.created_at,
            expires_at=owner.created_at + self._limits.lifetime,
        )

    def _prepared(self, workspace_id: str, upload_id: str) -> Upload:
        """The upload; an open one can take parts, and has time."""
        with self._database.read_scope() as session:
            upload = upload_of(session, workspace_id, upload_id)
        if upload.status != UploadStatus.OPEN:
            return upload
        renewed = upload.expires_at - self._limits.lifetime
        if upload.multipart_id is not None and self._clock() - renewed < _RENEW_EVERY:
            return upload
        mine = None if upload.multipart_id else self._blobs.begin_multipart(upload.blob)
        with self._database.session_scope() as session:
            upload = upload_of(session, workspace_id, upload_id, lock=True)
            upload.multipart_id = upload.multipart_id or mine
            if upload.status == UploadStatus.OPEN:
                upload.expires_at = self._clock() + self._limits.lifetime
        if mine is not None and upload.multipart_id != mine:
            self._blobs.abort_multipart(upload.blob, mine)
        return upload

    def _arrived(self, upload: Upload) -> dict[int, Part]:
        if upload.status != UploadStatus.OPEN or upload.multipart_id is None:
            return {}
        try:
            return {part.number: part for part in self._blobs.parts(upload.blob, upload.multipart_id)}
        except PartsGone:  # completed or given up since we looked
            return {}

    def _check_whole(self, upload: Upload) -> None:
        arrived = self._arrived(upload)
        wrong = [number for number in _numbers(upload) if not _is_whole(upload, arrived.get(number))]
        beyond = sorted(set(arrived) - set(_numbers(upload)))
        if wrong and not self._is_open(upload):
            return
        if wrong:
            raise UploadIncomplete(
                f"{len(wrong)} of {len(_numbers(upload))} parts are missing or have another size than announced, the "
                f"first is part {wrong[0]}. GET the upload, send the parts it lists, then complete it again.",
                extra={"missing": wrong[:100], "missing_count": len(wrong)},
            )
        if beyond:
            raise UploadIncomplete(
                f"More was sent than was announced: {upload.size} bytes have no part {beyond[0]}. Announce the upload "
                "again with the right size.",
                extra={"beyond": beyond[:100]},
            )

    def _is_open(self, upload: Upload) -> bool:
        with self._database.read_scope() as session:
            return upload_of(session, upload.workspace_id, upload.id).status == UploadStatus.OPEN

    def _hand_over(self, session: Session, upload: Upload) -> None:
        """To a worker, who makes of it what it is to be. It costs nothing, so nothing is held."""
        target = UploadTarget(upload.target)
        match target:
            case UploadTarget.VIDEO:
                self._take_in(session, session.get_one(Video, upload.id), upload)
            case UploadTarget.FILE:
                self._file(session, session.get_one(LibraryFile, upload.id))
            case _:
                assert_never(target)

    def _take_in(self, session: Session, video: Video, upload: Upload) -> None:
        video.last_revision += 1
        video.updated_at = self._clock()
        if upload.source_url is None:
            video.status = VideoStatus.RENDERING
        job = intake_job(video, self._clock)
        session.add(job)
        session.flush()
        self._engine.enqueue(session, "intake", job.id, id=job.id, workspace_id=job.workspace_id)

    def _file(self, session: Session, file: LibraryFile) -> None:
        file.attempt += 1
        file.status, file.updated_at = FileStatus.PROCESSING, self._clock()
        file.error_code = file.error_message = None
        work = filing_id(file.id, file.attempt)
        self._engine.enqueue(session, "file", file.id, file.attempt, id=work, workspace_id=file.workspace_id)

    def _part(self, upload: Upload, number: int) -> UploadPart:
        size = _size_of(upload, number)
        link = self._part_links.part_url(upload.blob, upload.multipart_id or "", number, size)
        return UploadPart(
            number=number,
            offset=(number - 1) * upload.part_size,
            size=size,
            method=link.method,
            url=link.url,
            headers=dict(link.headers),
            expires_at=link.expires_at,
        )


def upload_of(session: Session, workspace_id: str, upload_id: str, *, lock: bool = False) -> Upload:
    """Raises UploadNotFound, also for another workspace's upload."""
    query = sa.select(Upload).where(Upload.id == upload_id, Upload.workspace_id == workspace_id)
    upload = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if upload is None:
        raise UploadNotFound("There is no such upload in this workspace.")
    return upload


def filing_id(file_id: str, attempt: int) -> str:
    """The engine's id of the work on a file."""
    return f"{file_id}/{attempt}"


def intake_job(video: Video, clock: Clock) -> RenderJob:
    return RenderJob(
        id=new_id(),
        workspace_id=video.workspace_id,
        video_id=video.id,
        kind=JobKind.INTAKE,
        status=JobStatus.QUEUED,
        stage=Stage.QUEUED,
        composition={},
        revision=video.last_revision,
        credits_held=0,
        expected_s=0,
        created_at=clock(),
    )


def plain_filename(name: str) -> str:
    """The name alone, as every system can show it: no folders, no control characters, not endless."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(character for character in last if character.isprintable()).strip(" .")
    if len(visible) > _LONGEST_FILENAME:
        ending = _ENDING.search(visible)
        kept = ending[0] if ending else ""
        visible = visible[: _LONGEST_FILENAME - len(kept)] + kept
    return visible or "video"


def _title_of(filename: str) -> str:
    return _ENDING.sub("", filename).strip()[:LONGEST_TITLE] or filename[:LONGEST_TITLE]


def _last_part(url: str) -> str:
    return unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]


def _numbers(upload: Upload) -> Sequence[int]:
    return range(1, -(-(upload.size or 0) // upload.part_size) + 1)


def _size_of(upload: Upload, number: int) -> int:
    return min(upload.part_size, (upload.size or 0) - (number - 1) * upload.part_size)


def _is_whole(upload: Upload, part: Part | None) -> bool:
    return part is not None and part.size == _size_of(upload, part.number)


def _summary(upload: Upload) -> UploadSummary:
    return UploadSummary(
        id=upload.id,
        video_id=upload.id if upload.target == UploadTarget.VIDEO else None,
        file_id=upload.id if upload.target == UploadTarget.FILE else None,
        status=UploadStatus(upload.status),
        filename=upload.filename,
        size=upload.size,
        sha256=upload.sha256,
        source_url=upload.source_url,
        created_at=upload.created_at,
        expires_at=upload.expires_at,
    )
