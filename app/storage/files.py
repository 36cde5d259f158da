"""Writing files so that they survive a crash and a power cut: aside first, flushed to the disk, renamed into place."""

from __future__ import annotations

import errno
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from app.core.errors import StorageFull

PIECE = 1 << 20
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ATTEMPTS = 20


@contextmanager
def naming_full_disk(folder: Path) -> Generator[None]:
    """Turns the operating system's error for a full disk into StorageFull."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise StorageFull(
            f"There is no room left in {folder}. Nothing was stored; free some space and try again."
        ) from error


def pieces_of(source: Path | bytes) -> Iterator[bytes]:
    """The bytes of a source, read as they are needed."""
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def write_durably(path: Path, pieces: Iterable[bytes]) -> int:
    """Write a new file and flush it to the disk; its size."""
    with path.open("xb") as file:
        size = sum(file.write(piece) for piece in pieces)
        flush(file)
    return size


def flush(file: BinaryIO) -> None:
    """On return, what was written is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def rename_into(draft: Path, target: Path) -> None:
    """Put a draft in its place, making the folders above it."""
    # Whoever deletes the last blob of a folder removes the folder: maybe at any moment before the rename.
    for _ in range(_ATTEMPTS):
        with suppress(FileNotFoundError):
            make_folder(target.parent)
            draft.replace(target)
            break
    else:
        make_folder(target.parent)
        draft.replace(target)
    with suppress(FileNotFoundError):
        sync_folder(target.parent)


def make_folder(folder: Path) -> None:
    """Make the folder and those above it, so that they survive a power cut."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        with suppress(FileExistsError):
            path.mkdir()
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
