"""Uploads in parts, as files in a folder.

Each upload is a folder: ``key`` holds the key of its blob, ``parts/00001`` and so on what arrived. Completing renames
``parts`` to ``joining``: from then on nothing more is taken, and what is joined, and in which order, is fixed in
``plan``. The first part becomes the draft; each other one is appended to it, flushed to the disk and only then deleted.
So the parts that still are files are those the draft does not hold yet, wherever a crash struck, and joining needs room
for one part more than the blob.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from app.core.ids import is_id, new_id
from app.storage.base import Part, Unfinished, UploadNotFound, check_complete, check_number, not_found, upload_not_found
from app.storage.files import PIECE, flush, make_folder, naming_full_disk, rename_into, sync_folder, write_durably

_KEY, _PARTS, _JOINING, _PLAN, _DRAFT = "key", "parts", "joining", "plan", "draft"
_AT_ONCE = 1 << 30
#: The file system cannot copy inside the kernel.
_NOT_HERE = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}


class PartDraft:
    """A part that is being written. Left without ``keep``, nothing of it remains. For use by one thread at a time."""

    def __init__(self, draft: Path, target: Path, number: int) -> None:
        self._draft, self._target, self._number = draft, target, number
        self._size = 0
        with naming_full_disk(draft.parent):
            make_folder(draft.parent)
            self._file = draft.open("xb", buffering=0)

    def write(self, piece: bytes) -> None:
        """Raises StorageFull."""
        with naming_full_disk(self._draft.parent):
            rest = memoryview(piece)
            while rest:
                rest = rest[self._file.write(rest) :]
        self._size += len(piece)

    def keep(self) -> Part:
        """Flush the part to the disk and put it in its place. Raises UploadNotFound, StorageFull."""
        with naming_full_disk(self._draft.parent):
            os.fsync(self._file.fileno())
            try:
                self._draft.replace(self._target)
                sync_folder(self._target.parent)
            except FileNotFoundError as error:
                raise upload_not_found() from error
        return Part(number=self._number, size=self._size)

    def close(self) -> None:
        """Remove what was not kept."""
        self._file.close()
        self._draft.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class LocalParts:
    """The uploads below a folder. ``drafts`` is where half-written files lie, on the same file system."""

    def __init__(self, uploads: Path, *, drafts: Path) -> None:
        self._uploads, self._drafts = uploads, drafts

    def begin(self, key: str) -> str:
        """Begin an upload; its id."""
        upload_id = new_id()
        draft = self._drafts / upload_id
        with naming_full_disk(self._drafts):
            make_folder(draft / _PARTS)
            write_durably(draft / _KEY, [key.encode()])
            rename_into(draft, self._uploads / upload_id)
        return upload_id

    def open(self, key: str, upload_id: str, number: int) -> PartDraft:
        """A part to be written. Raises UploadNotFound, InvalidPart, StorageFull."""
        target = self._folder(key, upload_id) / _PARTS / f"{check_number(number):05d}"
        if not target.parent.is_dir():
            raise upload_not_found()
        return PartDraft(self._drafts / secrets.token_hex(16), target, number)

    def present(self, key: str, upload_id: str) -> list[Part]:
        """The parts that arrived, by number. Raises UploadNotFound."""
        folder = self._folder(key, upload_id)
        with suppress(FileNotFoundError):
            return _files(folder / _PARTS)
        with suppress(FileNotFoundError):
            joining = _files(folder / _JOINING)
            # Without a plan, nothing of it was joined yet when it was looked at.
            return joining if not (folder / _PLAN).exists() else _read_plan(folder)
        with suppress(FileNotFoundError):
            return _read_plan(folder)
        raise upload_not_found()

    def complete(self, key: str, upload_id: str, numbers: Sequence[int], *, target: Path) -> int:
        """Join the parts into the target; its size. Raises UploadNotFound, PartsMissing, InvalidPart, StorageFull."""
        try:
            with self._alone(key, upload_id) as folder, naming_full_disk(self._uploads):
                size = _join(folder, _plan(folder, numbers), target)
                self._remove(folder)
                return size
        except UploadNotFound:
            if target.is_file():
                return target.stat().st_size
            raise

    def abort(self, key: str, upload_id: str) -> None:
        """Forget an upload and its parts, if there is one."""
        with suppress(UploadNotFound), self._alone(key, upload_id) as folder:
            self._remove(folder)

    def unfinished(self) -> Iterator[Unfinished]:
        """The uploads that were neither completed nor aborted, from the oldest."""
        names = sorted(os.listdir(self._uploads)) if self._uploads.is_dir() else []
        for name in names:
            with suppress(FileNotFoundError):
                path = self._uploads / name / _KEY
                started = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                yield Unfinished(key=path.read_text(), upload_id=name, started=started)

    def _folder(self, key: str, upload_id: str) -> Path:
        folder = self._uploads / upload_id
        # The id may come from outside: only what has its form is looked for.
        with suppress(FileNotFoundError):
            if is_id(upload_id) and (folder / _KEY).read_text() == key:
                return folder
        raise upload_not_found()

    @contextmanager
    def _alone(self, key: str, upload_id: str) -> Generator[Path]:
        """The upload's folder, while no other process completes or aborts it. Raises UploadNotFound."""
        with _existing(self._folder(key, upload_id) / _KEY) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Whoever had it before may have removed it.
            yield self._folder(key, upload_id)

    def _remove(self, folder: Path) -> None:
        """Out of sight at once, then file by file: killed in between, ``sweep`` does the rest."""
        gone = self._drafts / secrets.token_hex(16)
        make_folder(self._drafts)
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def _existing(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise upload_not_found() from error


def _files(folder: Path) -> list[Part]:
    with os.scandir(folder) as entries:
        found = [Part(number=int(entry.name), size=entry.stat().st_size) for entry in entries]
    return sorted(found, key=attrgetter("number"))


def _plan(folder: Path, numbers: Sequence[int]) -> list[Part]:
    """What is joined: fixed by the first call that finds all of its parts."""
    with suppress(FileNotFoundError):
        return _read_plan(folder)
    parts, joining, draft = folder / _PARTS, folder / _JOINING, folder / f"{_PLAN}.draft"
    if parts.is_dir():
        check_complete(numbers, _files(parts))
        parts.rename(joining)
    plan = check_complete(numbers, _files(joining))
    draft.unlink(missing_ok=True)
    write_durably(draft, [json.dumps([(part.number, part.size) for part in plan]).encode()])
    rename_into(draft, folder / _PLAN)
    return plan


def _read_plan(folder: Path) -> list[Part]:
    return [Part(number=number, size=size) for number, size in json.loads((folder / _PLAN).read_bytes())]


def _join(folder: Path, plan: Sequence[Part], target: Path) -> int:
    """Append what is still a file of its own, then put the draft into the target's place; its size."""
    draft, offset = folder / _DRAFT, 0
    for place, part in enumerate(plan):
        source = folder / _JOINING / f"{part.number:05d}"
        if not source.exists():
            pass  # The draft holds it.
        elif place == 0:
            source.rename(draft)
            sync_folder(source.parent)
            sync_folder(folder)
        else:
            _copy_durably(source, draft, offset)
            source.unlink()
        offset += part.size
    if draft.exists():
        rename_into(draft, target)
    elif not target.is_file():
        raise not_found((folder / _KEY).read_text())
    return offset


def _copy_durably(source: Path, target: Path, offset: int) -> None:
    """Write all of the source into the target from an offset on; the same again if a crash struck before its end."""
    with source.open("rb") as taken, target.open("r+b") as file:
        file.seek(offset)
        if not _copied_inside(taken.fileno(), file.fileno()):
            shutil.copyfileobj(taken, file, PIECE)
        flush(file)


def _copied_inside(source: int, target: int) -> bool:
    """Let the kernel copy, which on some file systems only notes that the blocks are shared; False if it cannot."""
    if not hasattr(os, "copy_file_range"):
        return False  # Not on Linux.
    try:
        while os.copy_file_range(source, target, _AT_ONCE):
            pass
    except OSError as error:
        if error.errno not in _NOT_HERE:
            raise
        return False
    return True
