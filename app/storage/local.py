"""Blobs as files in a folder."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from app.core.errors import StorageFull
from app.storage.base import OCTETS, Blob, BlobNotFound, check_key

_PIECE = 1 << 20
#: Not a possible segment of a key, so it never meets a blob.
_INCOMING = ".incoming"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ATTEMPTS = 20


class LocalStore:
    """A BlobStore in a folder. Files are written aside, flushed to the disk and renamed into place."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, source: Path | bytes, *, content_type: str = OCTETS) -> Blob:  # noqa: ARG002
        # A file has no place for a content type: the database keeps it.
        target = self._path(key)
        draft = self.root / _INCOMING / secrets.token_hex(16)
        with self._naming_full_disk():
            _make_folder(draft.parent)
            try:
                size, sha256 = _write_durably(draft, source)
                _rename_into(draft, target)
            finally:
                draft.unlink(missing_ok=True)
        return Blob(key=key, size=size, sha256=sha256)

    def get(self, key: str, target: Path) -> None:
        with self.as_file(key) as path, self._naming_full_disk():
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
            raise _not_found(key)
        return path

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        with self._open(key) as file:
            file.seek(start)
            left = None if end is None else max(0, end - start)
            while piece := file.read(_PIECE if left is None else min(_PIECE, left)):
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

    def list(self, prefix: str = "") -> Iterator[str]:
        top = self._path(prefix) if prefix else self.root
        keys = [path.relative_to(self.root).as_posix() for path in top.rglob("*") if path.is_file()]
        return iter(sorted(key for key in keys if not key.startswith(f"{_INCOMING}/")))

    def sweep(self, *, older_than_s: float) -> int:
        """Remove what interrupted writers left behind, if nobody wrote to it for so long; how many files."""
        swept = 0
        for draft in (self.root / _INCOMING).glob("*"):
            with suppress(FileNotFoundError):
                if time.time() - draft.stat().st_mtime > older_than_s:
                    draft.unlink()
                    swept += 1
        return swept

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)

    def _open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise _not_found(key) from error

    @contextmanager
    def _naming_full_disk(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise StorageFull(
                f"There is no room left in {self.root}. Nothing was stored; free some space and try again."
            ) from error


def _not_found(key: str) -> BlobNotFound:
    return BlobNotFound(f"Nothing is stored under {key}.", extra={"key": key})


def _write_durably(path: Path, source: Path | bytes) -> tuple[int, str]:
    """Size and SHA-256 of what is now on the disk."""
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as file:
        for piece in _pieces(source):
            file.write(piece)
            digest.update(piece)
            size += len(piece)
        file.flush()
        os.fsync(file.fileno())
    return size, digest.hexdigest()


def _pieces(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _rename_into(draft: Path, target: Path) -> None:
    # Whoever deletes the last blob of a folder removes the folder: maybe at any moment before the rename.
    for _ in range(_ATTEMPTS):
        with suppress(FileNotFoundError):
            _make_folder(target.parent)
            draft.replace(target)
            break
    else:
        _make_folder(target.parent)
        draft.replace(target)
    with suppress(FileNotFoundError):
        _sync_folder(target.parent)


def _make_folder(folder: Path) -> None:
    """Make the folder and those above it, so that they survive a power cut."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        with suppress(FileExistsError):
            path.mkdir()
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
