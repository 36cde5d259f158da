"""The bytes of an upload as one blob: its parts are joined, or its address is fetched."""

from __future__ import annotations

import asyncio

from app.core.errors import TenexError
from app.core.outbound import Outbound
from app.modules.videos.models import Upload
from app.modules.videos.pipeline.workshop import Workshop

RECEIVE_DEADLINE_S = 4 * 3600.0
_FETCHES_AT_ONCE = 4


class UploadLost(TenexError):
    status = 500
    code = "upload_lost"


class ChecksumMismatch(TenexError):
    status = 422
    code = "checksum_mismatch"


class Receiving:
    def __init__(self, workshop: Workshop, outbound: Outbound, *, most_bytes: int) -> None:
        self._at, self._outbound, self._most_bytes = workshop, outbound, most_bytes
        self._fetches = asyncio.Semaphore(_FETCHES_AT_ONCE)

    async def receive(self, upload_id: str) -> None:
        """What was received before is not received again. Raises UploadLost, and what fetching raises."""
        upload = await asyncio.to_thread(self._upload, upload_id)
        if await asyncio.to_thread(self._at.blobs.size, upload.blob) is not None:
            return
        if upload.source_url is None:
            await asyncio.to_thread(self._join_parts, upload)
            return
        async with self._fetches:
            with self._at.folder() as folder:
                await self._outbound.fetch(upload.source_url, folder / "source", most_bytes=self._most_bytes)
                await asyncio.to_thread(self._at.blobs.put, upload.blob, folder / "source")

    def _join_parts(self, upload: Upload) -> None:
        if upload.multipart_id is None or upload.size is None:
            raise UploadLost("The upload was completed before any part of it arrived. Upload the file again.")
        numbers = range(1, -(-upload.size // upload.part_size) + 1)
        self._at.blobs.complete_multipart(upload.blob, upload.multipart_id, numbers)

    def _upload(self, upload_id: str) -> Upload:
        with self._at.database.read_scope() as session:
            upload = session.get(Upload, upload_id)
        if upload is None:
            raise UploadLost("The upload was deleted.")
        return upload


def check_digest(upload: Upload, sha256: str) -> None:
    """Raises ChecksumMismatch."""
    if upload.sha256 is not None and upload.sha256 != sha256:
        raise ChecksumMismatch(
            f"The file arrived changed: its SHA-256 is {sha256}, and {upload.sha256} was announced. Upload it again."
        )
