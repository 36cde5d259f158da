"""Where bytes are kept: one Protocol, and what every implementation promises.

TenexError
├── InvalidKey            500  a key that could leave the store or that not every store can hold
├── BlobNotFound          404  nothing is stored under the key
├── UploadNotFound        404  the multipart upload was completed or given up, or never begun
├── InvalidPart           400  a number that no part can have, or a part that the store does not take
├── PartsMissing          409  an upload cannot be completed yet: ``missing`` says which parts it lacks
├── StorageUnavailable    503  the bucket's server does not answer, or not sensibly; retryable
├── StorageDenied         503  it refuses our credentials
├── BucketMissing         503  there is no such bucket
└── StorageFull           507  no room left (app.core.errors)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from app.core.errors import Conflict, InvalidRequest, NotFound, TenexError, Unavailable

LONGEST_KEY = 512
#: S3's limit on the parts of one upload.
MOST_PARTS = 10_000
OCTETS = "application/octet-stream"
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class InvalidKey(TenexError):
    code = "invalid_blob_key"


class BlobNotFound(NotFound):
    code = "blob_not_found"


class UploadNotFound(NotFound):
    code = "upload_not_found"


class InvalidPart(InvalidRequest):
    code = "invalid_part"


class PartsMissing(Conflict):
    code = "parts_missing"


class StorageUnavailable(Unavailable):
    code = "storage_unavailable"


class StorageDenied(Unavailable):
    code = "storage_denied"
    retryable = False


class BucketMissing(Unavailable):
    code = "bucket_missing"
    retryable = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """What was stored: ``size`` in bytes, ``sha256`` in hex."""

    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A blob that is there: ``size`` in bytes, ``modified`` aware, in UTC."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part that arrived whole: ``number`` from 1, ``size`` in bytes."""

    number: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A multipart upload that was neither completed nor aborted: ``started`` aware, in UTC."""

    key: str
    upload_id: str
    started: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreState:
    """Whether a store can be used: ``problem`` in a few words, or None; ``free_bytes`` where that is known."""

    free_bytes: int | None = None
    problem: str | None = None


class BlobStore(Protocol):
    """Keeps blobs under keys: segments of letters, digits, ``.``, ``_`` and ``-``, joined by slashes.

    A blob is there whole or not at all, also after a crash or a power cut, and can be read while it is replaced.
    Every method with a key raises InvalidKey; with a bucket, StorageUnavailable, StorageDenied and BucketMissing.
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

    def list(self, prefix: str = "") -> Iterator[Listed]:
        """The blobs below a prefix of whole segments, in the order of their keys; all of them by default.

        Read while it is iterated, so that any number can be listed; blobs may come and go meanwhile.
        """
        ...

    def begin_multipart(self, key: str, *, content_type: str = OCTETS) -> str:
        """Begin to take a blob in parts, and answer with the upload's id. A key takes one upload in its life."""
        ...

    def write_part(self, key: str, upload_id: str, number: int, pieces: Iterator[bytes]) -> Part:
        """Store a part, in place of one with the same number. It is there whole or not at all; durable on return.

        Parts come in any order, also several at once; of two with one number, one wins whole. All but the last need
        5 MiB (S3's rule, which a folder does not check). Raises UploadNotFound, InvalidPart, StorageFull.
        """
        ...

    def parts(self, key: str, upload_id: str) -> Sequence[Part]:
        """The parts that arrived, by number. Raises UploadNotFound."""
        ...

    def complete_multipart(self, key: str, upload_id: str, numbers: Sequence[int]) -> int:
        """Join the parts with these numbers, ascending, into the blob; its size in bytes.

        Can be repeated, also after a crash halfway or when only the answer was lost, and by two at once. Raises
        UploadNotFound, PartsMissing, InvalidPart, StorageFull.
        """
        ...

    def abort_multipart(self, key: str, upload_id: str) -> None:
        """Forget the upload and its parts. Nothing happens if there is none."""
        ...

    def multiparts(self) -> Iterator[Unfinished]:
        """The uploads that were neither completed nor aborted."""
        ...

    def sweep(self, *, older_than_s: float) -> int:
        """Remove what interrupted writers left behind, if nobody wrote to it for so long; how many files."""
        ...

    def state(self) -> StoreState:
        """Whether the store can be used now. Answers within seconds, raises nothing."""
        ...


def is_key(text: str) -> bool:
    """Whether the text can be the key of a blob."""
    return len(text) <= LONGEST_KEY and all(_SEGMENT.fullmatch(segment) for segment in text.split("/"))


def check_key(key: str) -> str:
    """The key itself. Raises InvalidKey."""
    if not is_key(key):
        raise InvalidKey(
            f"{key[:100]!r} cannot be the key of a blob: it has at most {LONGEST_KEY} characters, in segments of "
            "letters, digits, dots, dashes and underscores that start with a letter or digit."
        )
    return key


def check_number(number: int) -> int:
    """The number of a part itself. Raises InvalidPart."""
    if not 1 <= number <= MOST_PARTS:
        raise InvalidPart(f"{number} cannot be the number of a part: parts are counted from 1 to {MOST_PARTS}.")
    return number


def check_complete(numbers: Sequence[int], present: Sequence[Part]) -> list[Part]:
    """The parts with these numbers. Raises InvalidPart if they do not ascend, PartsMissing if some are not there."""
    if not numbers or any(
        check_number(later) <= earlier for earlier, later in zip((0, *numbers), numbers, strict=False)
    ):
        raise InvalidPart("An upload is completed with the numbers of its parts in ascending order, each once.")
    arrived = {part.number: part for part in present}
    if missing := [number for number in numbers if number not in arrived]:
        raise PartsMissing(
            f"{len(missing)} of {len(numbers)} parts have not arrived, the first is part {missing[0]}. "
            "Send them, then complete the upload again.",
            extra={"missing": missing[:100]},
        )
    return [arrived[number] for number in numbers]


def not_found(key: str) -> BlobNotFound:
    return BlobNotFound(f"Nothing is stored under {key}.", extra={"key": key})


def upload_not_found() -> UploadNotFound:
    return UploadNotFound("This upload was completed or given up, or never begun. Begin a new one to send more.")
