"""Office files are zip archives. They are opened with suspicion, and only a copy that we wrote is converted.

Bounds hold for what an archive says and for what it really unpacks to: Python reads no more of an entry than is
declared, and the copy is made of what was read.
"""

from __future__ import annotations

import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from app.documents.refusals import Corrupt, Encrypted, ZipBomb

MOST_ENTRIES = 10_000
#: Unpacked bytes of all entries; and of one that holds text, which is read at once.
MOST_UNPACKED, MOST_TEXT = 2_000_000_000, 64_000_000
#: How far an archive may unpack once it is larger than ``_SMALL``: XML packs to a twentieth, a bomb to a thousandth.
_MOST_RATIO, _SMALL = 100, 100_000_000
_PIECE = 1_048_576
_UNREADABLE = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, EOFError, OSError)


class Archive:
    """A zip archive whose directory was checked. Reading an entry that is not whole raises ``Corrupt``."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive, self._name = archive, name
        entries = archive.infolist()
        _check(entries, name)
        self._entries = {entry.filename: entry for entry in entries if not entry.is_dir()}

    @property
    def entries(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def read(self, entry: str) -> bytes:
        """An entry that holds text."""
        if entry not in self._entries:
            raise Corrupt(f"{self._name} lacks its part {entry}. Save it again.")
        if self._entries[entry].file_size > MOST_TEXT:
            raise ZipBomb(
                f"{self._name} holds {entry} of {self._entries[entry].file_size:,} bytes; {MOST_TEXT:,} are read. "
                "Save it again, or export it as PDF."
            )
        with self._reading(entry) as file:
            return file.read()

    def copy(self, target: Path, cleaned: Callable[[str, bytes], bytes], is_text: Callable[[str], bool]) -> None:
        """Write all entries anew, in their order: text through ``cleaned``, the others as they are."""
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
            for entry in self._entries:
                fresh = zipfile.ZipInfo(entry)
                fresh.compress_type = zipfile.ZIP_DEFLATED if is_text(entry) else zipfile.ZIP_STORED
                if is_text(entry):
                    copy.writestr(fresh, cleaned(entry, self.read(entry)))
                else:
                    self._pour(entry, copy, fresh)

    def _pour(self, entry: str, copy: zipfile.ZipFile, fresh: zipfile.ZipInfo) -> None:
        fresh.file_size = self._entries[entry].file_size
        with copy.open(fresh, "w") as out:
            for piece in self._pieces(entry):
                out.write(piece)

    def _pieces(self, entry: str) -> Iterator[bytes]:
        with self._reading(entry) as file:
            while piece := file.read(_PIECE):
                yield piece

    @contextmanager
    def _reading(self, entry: str) -> Generator[IO[bytes]]:
        try:
            with self._archive.open(self._entries[entry]) as file:
                yield file
        except _UNREADABLE as error:
            raise _damaged(self._name, error) from error


@contextmanager
def opened(path: Path, name: str) -> Generator[Archive]:
    """The archive, checked. Raises ``Corrupt``, ``Encrypted`` or ``ZipBomb``."""
    try:
        archive = zipfile.ZipFile(path)
    except _UNREADABLE as error:
        raise _damaged(name, error) from error
    with archive:
        yield Archive(archive, name)


def _damaged(name: str, error: Exception) -> Corrupt:
    return Corrupt(f"{name} is damaged: {error}. Save it again and upload it.")


def _check(entries: list[zipfile.ZipInfo], name: str) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > MOST_ENTRIES:
        raise ZipBomb(f"{name} holds {len(entries):,} parts; {MOST_ENTRIES:,} are taken. Export it as PDF.")
    if unpacked > MOST_UNPACKED or (unpacked > _SMALL and unpacked > _MOST_RATIO * packed):
        raise ZipBomb(
            f"{name} unpacks from {packed:,} to {unpacked:,} bytes, which no deck needs. Export it as PDF.",
            extra={"packed_bytes": packed, "unpacked_bytes": unpacked},
        )
    for entry in entries:
        _check_entry(entry, name)
    twice = [entry for entry, count in Counter(entry.filename for entry in entries).items() if count > 1]
    if twice:
        raise Corrupt(f"{name} holds its part {twice[0]!r} twice. Save it again with a presentation program.")


def _check_entry(entry: zipfile.ZipInfo, name: str) -> None:
    # A name with a zero byte is cut there by readers, each in its own way: look at what is written.
    parts = entry.orig_filename.split("/")
    if ".." in parts or parts[0] == "" or "\0" in entry.orig_filename or "\\" in entry.orig_filename:
        raise Corrupt(
            f"{name} holds a part named {entry.orig_filename[:100]!r}, which no presentation program writes. "
            "Save it again."
        )
    if entry.flag_bits & 0x1:
        raise Encrypted(f"{name} is a zip archive with a password. Save it without one.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Corrupt(f"{name} is packed in a way that no presentation program uses. Save it again.")
