"""Where bytes are kept: one Protocol, and what every implementation promises.

TenexError
├── InvalidKey      500  a key that could leave the store or that not every store can hold
├── BlobNotFound    404  nothing is stored under the key
└── StorageFull     507  no room left (app.core.errors)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.core.errors import NotFound, TenexError

LONGEST_KEY = 512
OCTETS = "application/octet-stream"
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class InvalidKey(TenexError):
    code = "invalid_blob_key"


class BlobNotFound(NotFound):
    code = "blob_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """What was stored: ``size`` in bytes, ``sha256`` in hex."""

    key: str
    size: int
    sha256: str


class BlobStore(Protocol):
    """Keeps blobs under keys: segments of letters, digits, ``.``, ``_`` and ``-``, joined by slashes.

    A blob is there whole or not at all, also after a crash or a power cut, and can be read while it is replaced.
    Every method raises InvalidKey.
    """

    def put(self, key: str, source: Path | bytes, *, content_type: str = OCTETS) -> Blob:
        """Store a copy of the source, in place of what was there. Durable on return. Raises StorageFull."""
        ...

    def get(self, key: str, target: Path) -> None:
        """Write a copy to the target, whose folder exists. Raises BlobNotFound, StorageFull."""
        ...

    def as_file(self, key: str) -> AbstractContextManager[Path]:
        """A path to read the blob from, for as long as the context lasts; never to be written. Raises BlobNotFound."""
        ...

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` up to ``end``, exclusive, in pieces. Raises BlobNotFound at the first piece."""
        ...

    def size(self, key: str) -> int | None:
        """How many bytes are stored under the key; None if there is nothing."""
        ...

    def delete(self, key: str) -> None:
        """Remove the blob. Nothing happens if there is none."""
        ...

    def list(self, prefix: str = "") -> Iterator[str]:
        """The keys below a prefix of whole segments, in order; all of them by default."""
        ...


def check_key(key: str) -> str:
    """The key itself. Raises InvalidKey."""
    if len(key) > LONGEST_KEY or not all(_SEGMENT.fullmatch(segment) for segment in key.split("/")):
        raise InvalidKey(
            f"{key[:100]!r} cannot be the key of a blob: it has at most {LONGEST_KEY} characters, in segments of "
            "letters, digits, dots, dashes and underscores that start with a letter or digit."
        )
    return key
