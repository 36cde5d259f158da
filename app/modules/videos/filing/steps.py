"""The effects of filing, one method each. Each can run again: it replaces what an earlier attempt left."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.errors import TenexError
from app.core.ids import new_id
from app.documents import children
from app.documents.kinds import Format, Kind
from app.documents.record import DeckFacts, Derived, PageFacts, RenderedPages, Studied
from app.documents.refusals import overrun
from app.media.children import Limits
from app.modules.videos.models import FilePage, FileStatus, LibraryFile, Upload, UploadStatus
from app.modules.videos.pipeline.receiving import Receiving, UploadLost, check_digest
from app.modules.videos.pipeline.workshop import JobEnded, Making, Workshop

STUDY_DEADLINE_S = 2400.0
PAGES_DEADLINE_S = 900.0
Json = dict[str, Any]
#: By kind: the function that studies it, what it may use, and until when.
_STUDIES: dict[Kind, tuple[str, Limits, float]] = {
    Kind.DECK: ("prepare_deck", children.PREPARING, children.PREPARING_S),
    Kind.IMAGE: ("study_image", children.STUDYING, children.STUDYING_S),
    Kind.AUDIO: ("study_audio", children.STUDYING, children.STUDYING_S),
    Kind.SUBTITLES: ("study_subtitles", children.STUDYING, children.STUDYING_S),
    Kind.FONT: ("study_font", children.STUDYING, children.STUDYING_S),
}


class FilingSteps:
    def __init__(self, workshop: Workshop, making: Making, receiving: Receiving) -> None:
        self._at, self._making, self._receiving = workshop, making, receiving

    def begin(self, file_id: str, attempt: int) -> str:
        """Returns its workspace. Raises JobEnded when the file was deleted, or another attempt has begun."""
        with self._at.database.session_scope() as session:
            return _current(session, file_id, attempt).workspace_id

    async def receive(self, file_id: str) -> None:
        """The file as one blob."""
        await self._receiving.receive(file_id)

    async def study(self, file_id: str, attempt: int) -> Json:
        """``{"facts", "files", "kind", "content_type", "size", "sha256"}`` of what was uploaded. Raises refusals."""
        async with self._making.processor:
            upload, name = await asyncio.to_thread(self._upload, file_id, attempt)
            async with self._making.blob(upload.blob) as path:
                digest = await asyncio.to_thread(_sha256, path)
                check_digest(upload, digest)
                given = {"path": str(path), "name": name}
                kind = await self._child("identify_file", given, children.IDENTIFYING, children.IDENTIFYING_S)
                with self._at.folder() as folder:
                    task = given | {"format": Format(kind["format"]), "folder": str(folder)}
                    studied = Studied.model_validate(await self._child(*_study(kind, task)))
                    files = await asyncio.to_thread(self._store, studied.files, folder, file_id, attempt)
                size = path.stat().st_size
        original = {"blob": upload.blob, "type": kind["content_type"], "size": size, "sha256": digest}
        return {
            "facts": studied.facts.model_dump(mode="json"),
            "files": {"original": original, **files},
            "kind": kind["kind"],
            "content_type": kind["content_type"],
            "size": size,
            "sha256": digest,
        }

    async def render_pages(self, file_id: str, attempt: int, studied: Json, first: int, stop: int) -> None:
        """Draw and store the pages ``first <= n < stop``, counted from 0."""
        files = studied["files"]
        async with self._making.processor:
            _, name = await asyncio.to_thread(self._upload, file_id, attempt)
            with self._at.folder() as folder:
                async with self._making.blob(files.get("pdf", files["original"])["blob"]) as path:
                    task = {"path": str(path), "name": name, "first": first, "stop": stop, "folder": str(folder)}
                    made = await self._child("render_range", task, children.RENDERING, children.RENDERING_S)
                rendered = RenderedPages.model_validate(made)
                await asyncio.to_thread(self._keep_pages, file_id, attempt, rendered, folder)

    def publish(self, file_id: str, attempt: int, studied: Json) -> None:
        """Record facts and files and make the file ready: one commit, so all of it or none."""
        if not self._at.blobs.size(studied["files"]["original"]["blob"]):
            raise UploadLost("The file that was stored is gone. Complete the upload again.")
        with self._at.database.session_scope() as session:
            file = _current(session, file_id, attempt)
            if studied["kind"] == Kind.DECK:
                _tell_pages(session, file_id, DeckFacts.model_validate(studied["facts"]))
            file.status, file.updated_at = FileStatus.READY, utc_now()
            file.kind, file.content_type = studied["kind"], studied["content_type"]
            file.size, file.sha256 = studied["size"], studied["sha256"]
            file.files, file.facts = studied["files"], studied["facts"] | _without_pages(studied["kind"])
            upload = session.get_one(Upload, file_id)
            upload.status, upload.size = UploadStatus.DONE, studied["size"]

    def fail(self, file_id: str, attempt: int, code: str, message: str) -> None:
        """End it with its reason. The upload can be completed again."""
        with self._at.database.session_scope() as session:
            fail_file(session, file_id, attempt, code=code, message=message)

    # inside ----------------------------------------------------------------------------------------------------------

    async def _child(self, target: str, task: Json, limits: Limits, deadline_s: float) -> Json:
        """Raises the refusal of the child, and one of its own for a file that exceeds what a child may use."""
        name = f"app.documents.children:{target}"
        for last in (False, True):
            try:
                return (await self._making.run(name, task, deadline_s, limits=limits)).result
            except TenexError as error:
                refusal = overrun(error, str(task["name"]))
                if refusal is None:
                    raise
                # A child may be lost for another's sake; one that is lost twice is at fault itself.
                if last or error.code != "child_lost":
                    raise refusal from error
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _upload(self, file_id: str, attempt: int) -> tuple[Upload, str]:
        with self._at.database.read_scope() as session:
            file = _current(session, file_id, attempt)
            return session.get_one(Upload, file_id), file.name

    def _store(self, derived: Iterable[Derived], folder: Path, file_id: str, attempt: int) -> dict[str, Json]:
        """What the row keeps of derived files, by role."""
        prefix = f"files/{file_id}/{attempt}-{new_id()}"
        paths = {one.role.value: folder / one.name for one in derived}
        types = {one.role.value: one.content_type for one in derived}
        return self._making.store_files(paths, prefix, types)

    def _keep_pages(self, file_id: str, attempt: int, rendered: RenderedPages, folder: Path) -> None:
        rows = [self._page(file_id, attempt, page, rendered.files, folder) for page in rendered.pages]
        with self._at.database.session_scope() as session:
            _current(session, file_id, attempt)
            numbers = [row.number for row in rows]
            session.execute(sa.delete(FilePage).where(FilePage.file_id == file_id, FilePage.number.in_(numbers)))
            session.add_all(rows)

    def _page(self, file_id: str, attempt: int, page: PageFacts, derived: Iterable[Derived], folder: Path) -> FilePage:
        own = [one for one in derived if one.page == page.number]
        return FilePage(
            file_id=file_id,
            number=page.number,
            width=page.width,
            height=page.height,
            title=page.title,
            text=page.text,
            notes=page.notes,
            files=self._store(own, folder, file_id, attempt),
        )


def fail_file(session: Session, file_id: str, attempt: int, *, code: str, message: str) -> bool:
    """End this attempt with its reason; False when it had ended already, or the file is gone."""
    file = session.get(LibraryFile, file_id)
    if file is None or file.attempt != attempt or file.status != FileStatus.PROCESSING:
        return False
    file.status, file.updated_at = FileStatus.FAILED, utc_now()
    file.error_code, file.error_message = code[:64], message[:2000]
    session.get_one(Upload, file_id).status = UploadStatus.FAILED
    return True


def _current(session: Session, file_id: str, attempt: int) -> LibraryFile:
    file = session.get(LibraryFile, file_id)
    if file is None or file.attempt != attempt or file.status != FileStatus.PROCESSING:
        raise JobEnded("The file was deleted, or another attempt at it has begun.")
    return file


def _study(kind: Json, task: Json) -> tuple[str, Json, Limits, float]:
    target, limits, deadline_s = _STUDIES[Kind(kind["kind"])]
    return target, task, limits, deadline_s


def _tell_pages(session: Session, file_id: str, facts: DeckFacts) -> None:
    """Give each page what its slide says of it."""
    for number, slide in enumerate(facts.slides, 1):
        page = session.get_one(FilePage, (file_id, number))
        page.title, page.notes = slide.title or page.title, slide.notes


def _without_pages(kind: str) -> Json:
    """Pages are rows of their own."""
    return {"slides": [], "pages": []} if kind == Kind.DECK else {}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
