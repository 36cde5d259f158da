"""Blobs as files in a folder."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from app.storage.base import OCTETS, Blob, Listed, Part, StoreState, Unfinished, check_key, not_found
from app.storage.files import PIECE, make_folder, naming_full_disk, pieces_of, rename_into, write_durably
from app.storage.local_parts import LocalParts, PartDraft

#: Not possible segments of a key, so they never meet a blob.
_INCOMING = ".incoming"
_UPLOADS = ".uploads"


class LocalStore:
    """A BlobStore in a folder. Files are written aside, flushed to the disk and renamed into place."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._parts = LocalParts(root / _UPLOADS, drafts=root / _INCOMING)

    def put(self, key: str, source: Path | bytes, *, content_type: str = OCTETS) -> Blob:  # noqa: ARG002
        # A file has no place for a content type: the database keeps it.
        target = self._path(key)
        draft = self.root / _INCOMING / secrets.token_hex(16)
        digest = hashlib.sha256()
        with naming_full_disk(self.root):
            make_folder(draft.parent)
            try:
                size = write_durably(draft, _digested(pieces_of(source), digest.update))
                rename_into(draft, target)
            finally:
                draft.unlink(missing_ok=True)
        return Blob(key=key, size=size, sha256=digest.hexdigest())

    def get(self, key: str, target: Path) -> None:
        with self.as_file(key) as path, naming_full_disk(target.parent):
            try:
                shutil.copyfile(path, target)
            except OSError:
                target.unlink(missing_ok=True)
                raise

    @contextmanager
    def as_file(self, key: str) -> Generator[Path]:
        yield self.path(key)

    def path(self, key: str) -> Path:
        """The file of a blob. Raises BlobNotFound."""
        path = self._path(key)
        if not path.is_file():
            raise not_found(key)
        return path

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        with self._open(key) as file:
            file.seek(start)
            left = None if end is None else max(0, end - start)
            while piece := file.read(PIECE if left is None else min(PIECE, left)):
                yield piece
                left = None if left is None else left - len(piece)

    def size(self, key: str) -> int | None:
        path = self._path(key)
        return path.stat().st_size if path.is_file() else None

    def delete(self, key: str) -> None:
        path = self._path(key)
        path.unlink(missing_ok=True)
        # Stops at the first folder that still holds something.
        with suppress(OSError):
            for folder in path.relative_to(self.root).parents[:-1]:
                (self.root / folder).rmdir()

    def list(self, prefix: str = "") -> Iterator[Listed]:
        yield from _walk(self._path(prefix) if prefix else self.root, f"{prefix}/" if prefix else "")

    def begin_multipart(self, key: str, *, content_type: str = OCTETS) -> str:  # noqa: ARG002
        return self._parts.begin(check_key(key))

    def write_part(self, key: str, upload_id: str, number: int, pieces: Iterator[bytes]) -> Part:
        with self.open_part(key, upload_id, number) as draft:
            for piece in pieces:
                draft.write(piece)
            return draft.keep()

    def open_part(self, key: str, upload_id: str, number: int) -> PartDraft:
        """A part to be written piece by piece; left without ``keep``, nothing remains. Raises as write_part."""
        return self._parts.open(check_key(key), upload_id, number)

    def parts(self, key: str, upload_id: str) -> Sequence[Part]:
        return self._parts.present(check_key(key), upload_id)

    def complete_multipart(self, key: str, upload_id: str, numbers: Sequence[int]) -> int:
        return self._parts.complete(key, upload_id, numbers, target=self._path(key))

    def abort_multipart(self, key: str, upload_id: str) -> None:
        self._parts.abort(check_key(key), upload_id)

    def multiparts(self) -> Iterator[Unfinished]:
        return self._parts.unfinished()

    def state(self) -> StoreState:
        # The folder of the files, or the one in which it will be made.
        present = next((place for place in (self.root, *self.root.absolute().parents) if place.exists()), Path("/"))
        try:
            free = shutil.disk_usage(present).free
        except OSError as error:
            return StoreState(problem=error.strerror)
        if not os.access(present, os.W_OK):
            return StoreState(free_bytes=free, problem="not writable")
        return StoreState(free_bytes=free, problem=None if free else "full")

    def sweep(self, *, older_than_s: float) -> int:
        """Remove what interrupted writers left behind, if nobody wrote to it for so long; how many files."""
        swept = 0
        for draft in (self.root / _INCOMING).glob("*"):
            with suppress(FileNotFoundError):
                if time.time() - draft.stat().st_mtime > older_than_s:
                    shutil.rmtree(draft) if draft.is_dir() else draft.unlink()
                    swept += 1
        return swept

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)

    def _open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise not_found(key) from error


def _digested(pieces: Iterable[bytes], digest: Callable[[bytes], object]) -> Iterator[bytes]:
    for piece in pieces:
        digest(piece)
        yield piece


def _walk(folder: Path, prefix: str) -> Iterator[Listed]:
    """The files below, in the order of their keys' bytes, as a bucket lists them: ``a-b/c`` comes before ``a/b``."""
    try:
        with os.scandir(folder) as entries:
            found = [(f"{entry.name}/" if entry.is_dir() else entry.name, entry) for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return
    for name, entry in sorted(found, key=itemgetter(0)):
        if name.startswith("."):
            continue
        if name.endswith("/"):
            yield from _walk(folder / entry.name, prefix + name)
            continue
        with suppress(FileNotFoundError):
            stat = entry.stat()
            yield Listed(key=prefix + name, size=stat.st_size, modified=datetime.fromtimestamp(stat.st_mtime, UTC))
