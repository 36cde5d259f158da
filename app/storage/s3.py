"""Blobs as objects in a bucket."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC
from pathlib import Path
from typing import IO, Any

from app.core.errors import TenexError
from app.storage.base import (
    MOST_PARTS,
    OCTETS,
    Blob,
    BlobNotFound,
    Listed,
    Part,
    StorageUnavailable,
    StoreState,
    Unfinished,
    UploadNotFound,
    check_complete,
    check_key,
    check_number,
    is_key,
    not_found,
    upload_not_found,
)
from app.storage.cache import BlobCache
from app.storage.files import PIECE, naming_full_disk
from app.storage.s3_bucket import BROKEN, BeyondEnd, Bucket

#: How much of a blob is sent at once; what is larger goes in parts of this size. So much memory does a writer need.
PART = 16 << 20
#: How often a body that breaks off is asked for again before a single byte more came.
_BREAKS = 3


class S3Store:
    """A BlobStore in a bucket. Local copies of what is read as a file are kept in the cache.

    ``hasty`` is the same bucket for whoever wants an answer soon rather than a good one.
    """

    def __init__(self, bucket: Bucket, cache: BlobCache, *, hasty: Bucket | None = None, page: int = 1000) -> None:
        self._bucket, self._cache, self._hasty, self._page = bucket, cache, hasty or bucket, page

    def put(self, key: str, source: Path | bytes, *, content_type: str = OCTETS) -> Blob:
        digest, size = hashlib.sha256(), 0
        pieces = _portions(source)
        first = next(pieces, b"")
        if len(first) < PART:
            self._bucket.ask("put_object", key=key, Body=first, ContentType=content_type)
            return Blob(key=key, size=len(first), sha256=hashlib.sha256(first).hexdigest())
        upload_id = self.begin_multipart(key, content_type=content_type)
        try:
            number, piece = 0, first
            while piece:
                number, size = number + 1, size + len(piece)
                digest.update(piece)
                self._send_part(key, upload_id, number, piece)
                piece = next(pieces, b"")
            self.complete_multipart(key, upload_id, range(1, number + 1))
        except BaseException:
            self.abort_multipart(key, upload_id)
            raise
        return Blob(key=key, size=size, sha256=digest.hexdigest())

    def get(self, key: str, target: Path) -> None:
        _write(target, self.read(key))

    @contextmanager
    def as_file(self, key: str) -> Generator[Path]:
        head = self._head(key)
        if head is None:
            raise not_found(key)
        version = str(head["ETag"])
        with self._cache.opened(
            f"{self._bucket.place} {key} {version}",
            int(head["ContentLength"]),
            lambda: self._pieces(key, 0, None, version),
        ) as path:
            yield path

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if end is None or end > start:
            return self._pieces(key, start, end, None)
        return self._nothing(key)

    def size(self, key: str) -> int | None:
        head = self._head(key)
        return None if head is None else int(head["ContentLength"])

    def delete(self, key: str) -> None:
        self._bucket.ask("delete_object", key=key)

    def list(self, prefix: str = "") -> Iterator[Listed]:
        ours = self._bucket.prefix
        below = f"{ours}{check_key(prefix)}/" if prefix else ours
        for page in self._bucket.pages("list_objects_v2", Prefix=below, PaginationConfig={"PageSize": self._page}):
            for entry in page.get("Contents", ()):
                key = str(entry["Key"]).removeprefix(ours)
                # Another tool's object, such as the marker of a folder, is not ours to tell of.
                if is_key(key):
                    yield Listed(key=key, size=entry["Size"], modified=entry["LastModified"].astimezone(UTC))

    def begin_multipart(self, key: str, *, content_type: str = OCTETS) -> str:
        return str(self._bucket.ask("create_multipart_upload", key=key, ContentType=content_type)["UploadId"])

    def write_part(self, key: str, upload_id: str, number: int, pieces: Iterator[bytes]) -> Part:
        # A request tells its length first, and boto sends it again after a fault: so the part is gathered before.
        with tempfile.SpooledTemporaryFile(max_size=PART) as body, naming_full_disk(Path(tempfile.gettempdir())):
            size = sum(body.write(piece) for piece in pieces)
            body.seek(0)
            self._send_part(key, upload_id, check_number(number), body)
        return Part(number=number, size=size)

    def parts(self, key: str, upload_id: str) -> Sequence[Part]:
        return [part for part, _ in self._present(key, upload_id)]

    def complete_multipart(self, key: str, upload_id: str, numbers: Sequence[int]) -> int:
        try:
            self._join(key, upload_id, numbers)
        except UploadNotFound:
            # Completed before: by another, or by us when the answer was lost.
            size = self.size(key)
            if size is None:
                raise
            return size
        size = self.size(key)
        if size is None:
            # S3 answers 200 before it has joined them, and may break off after that.
            raise StorageUnavailable(f"{self._bucket.place} did not join the parts of {key}. Complete it again.")
        return size

    def abort_multipart(self, key: str, upload_id: str) -> None:
        if upload_id:
            try:
                self._bucket.ask("abort_multipart_upload", key=key, UploadId=upload_id)
            except (UploadNotFound, BlobNotFound):
                return

    def multiparts(self) -> Iterator[Unfinished]:
        ours = self._bucket.prefix
        for page in self._bucket.pages(
            "list_multipart_uploads", Prefix=ours, PaginationConfig={"PageSize": self._page}
        ):
            for entry in page.get("Uploads", ()):
                key = str(entry["Key"]).removeprefix(ours)
                if is_key(key):
                    started = entry["Initiated"].astimezone(UTC)
                    yield Unfinished(key=key, upload_id=entry["UploadId"], started=started)

    def sweep(self, *, older_than_s: float) -> int:  # noqa: ARG002
        """Nothing: what is not whole does not show in a bucket, and its parts are multipart uploads."""
        return 0

    def state(self) -> StoreState:
        try:
            self._hasty.ask("head_bucket")
        except TenexError as error:
            return StoreState(problem=error.code)
        return StoreState()

    def _head(self, key: str) -> dict[str, Any] | None:
        try:
            return self._bucket.ask("head_object", key=key)
        except BlobNotFound:
            # The answer to HEAD has no body that could tell a missing bucket, and whoever believes that a blob is gone
            # forgets it.
            self._check_bucket()
            return None

    def _check_bucket(self) -> None:
        self._bucket.ask("head_bucket")

    def _nothing(self, key: str) -> Iterator[bytes]:
        if self.size(key) is None:
            raise not_found(key)
        yield from ()

    def _pieces(self, key: str, start: int, end: int | None, version: str | None) -> Iterator[bytes]:
        """The bytes of one version: where the connection breaks, the rest is asked for again."""
        breaks = 0
        while True:
            answer = self._open(key, start, end, version)
            if answer is None:
                return
            version = answer["ETag"]
            try:
                with closing(answer["Body"]) as body:
                    for piece in body.iter_chunks(PIECE):
                        yield piece
                        start, breaks = start + len(piece), 0
                return
            except BROKEN as error:
                breaks += 1
                if breaks >= _BREAKS:
                    raise StorageUnavailable(
                        f"{self._bucket.place} broke off {breaks} times while it sent {key}: {error}. Try again."
                    ) from error

    def _open(self, key: str, start: int, end: int | None, version: str | None) -> Any:
        """The answer whose body has the bytes; None if the blob ends before them. Raises BlobNotFound."""
        parameters: dict[str, str] = {} if version is None else {"IfMatch": version}
        if start or end is not None:
            parameters["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        try:
            return self._bucket.ask("get_object", key=key, **parameters)
        except BeyondEnd:
            return None

    def _send_part(self, key: str, upload_id: str, number: int, body: bytes | IO[bytes]) -> None:
        if not upload_id:
            raise upload_not_found()
        self._bucket.ask("upload_part", key=key, UploadId=upload_id, PartNumber=number, Body=body)

    def _join(self, key: str, upload_id: str, numbers: Sequence[int]) -> None:
        present = self._present(key, upload_id)
        chosen = check_complete(numbers, [part for part, _ in present])
        tags = {part.number: tag for part, tag in present}
        wanted = [{"PartNumber": part.number, "ETag": tags[part.number]} for part in chosen]
        self._bucket.ask("complete_multipart_upload", key=key, UploadId=upload_id, MultipartUpload={"Parts": wanted})

    def _present(self, key: str, upload_id: str) -> Sequence[tuple[Part, str]]:
        """The parts that arrived, by number, with their tags."""
        if not upload_id:
            raise upload_not_found()
        pages = self._bucket.pages("list_parts", key=key, UploadId=upload_id, PaginationConfig={"PageSize": self._page})
        return [
            (Part(number=entry["PartNumber"], size=entry["Size"]), str(entry["ETag"]))
            for page in pages
            for entry in page.get("Parts", ())
        ]


def _portions(source: Path | bytes) -> Iterator[bytes]:
    """The source in portions that are sent at once: larger ones only where there would be too many."""
    if isinstance(source, bytes):
        yield from (source[start : start + PART] for start in range(0, len(source), PART))
        return
    with source.open("rb") as file:
        portion = max(PART, -(-os.fstat(file.fileno()).st_size // MOST_PARTS))
        while piece := file.read(portion):
            yield piece


def _write(target: Path, pieces: Iterator[bytes]) -> None:
    """Write a file anew, whole or not at all; untouched if there is no first piece."""
    piece = next(pieces, b"")
    with naming_full_disk(target.parent):
        try:
            with target.open("wb") as file:
                while piece:
                    file.write(piece)
                    piece = next(pieces, b"")
        except BaseException:
            target.unlink(missing_ok=True)
            raise
