"""Local copies of what is kept in a bucket, shared by all processes of a host.

A copy is a file named by a digest of what it holds, so it never grows old. Whoever reads it holds a shared lock on it;
only what nobody holds is removed. A copy that is being made has its own name and an exclusive lock: others wait for it,
and take over from a process that died. The folder may be removed at any time.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from app.storage.files import flush, naming_full_disk

_MAKING = ".making"


class BlobCache:
    """Copies in a folder, of about ``most_bytes`` together: what was used longest ago goes first.

    What is in use is never removed, so that much work at once may hold more.
    """

    def __init__(self, folder: Path, *, most_bytes: int) -> None:
        self._folder, self._most_bytes = folder, most_bytes

    @contextmanager
    def opened(self, name: str, size: int, fetch: Callable[[], Iterator[bytes]]) -> Generator[Path]:
        """The copy of this name, with ``size`` bytes, for as long as the context lasts; fetched if it is not there.

        Raises StorageFull, and what ``fetch`` raises when not all can be had.
        """
        path = self._folder / hashlib.sha256(name.encode()).hexdigest()
        while True:
            with _locked(path, os.O_RDONLY, fcntl.LOCK_SH) as copy:
                if copy is not None:
                    os.utime(copy.fileno())
                    yield path
                    return
            self._make(path, size, fetch)

    def _make(self, path: Path, size: int, fetch: Callable[[], Iterator[bytes]]) -> None:
        """On return, the copy was there a moment ago."""
        draft = path.with_suffix(_MAKING)
        with naming_full_disk(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            with _locked(draft, os.O_RDWR | os.O_CREAT, fcntl.LOCK_EX) as file:
                if file is None or path.exists():
                    return
                try:
                    self._make_room(size)
                    _fill(file, size, fetch())
                    draft.rename(path)
                except BaseException:
                    draft.unlink(missing_ok=True)
                    raise

    def _make_room(self, size: int) -> None:
        present = sorted(self._copies())
        excess = sum(copy_size for _, copy_size, _ in present) + size - self._most_bytes
        for _, copy_size, path in present:
            if excess <= 0:
                return
            with _locked(path, os.O_RDONLY, fcntl.LOCK_EX | fcntl.LOCK_NB) as idle:
                if idle is not None:
                    path.unlink(missing_ok=True)
                    excess -= copy_size

    def _copies(self) -> Iterator[tuple[int, int, Path]]:
        """When each copy was last used, its size, and where it is."""
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                stat = path.stat()
                yield stat.st_mtime_ns, stat.st_size, path


def _fill(file: BinaryIO, size: int, pieces: Iterator[bytes]) -> None:
    # Counted in full from now on, by those who make room for other copies.
    file.truncate(size)
    for piece in pieces:
        file.write(piece)
    flush(file)
    os.fchmod(file.fileno(), 0o444)


@contextmanager
def _locked(path: Path, flags: int, operation: int) -> Generator[BinaryIO | None]:
    """The file at the path, locked; None if it is not there (any more), or held by another who is not waited for."""
    try:
        file = os.fdopen(os.open(path, flags, 0o600), "rb" if flags == os.O_RDONLY else "r+b")
    except FileNotFoundError:
        yield None
        return
    with file:
        try:
            fcntl.flock(file, operation)
        except BlockingIOError:
            yield None
            return
        # Whoever had it before may have removed or renamed it.
        yield file if _is_at(file, path) else None


def _is_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
