"""Links straight to a bucket, signed with our credentials there. To make one costs 0.2 ms and no request."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

from app.core.clock import Clock, utc_now
from app.storage.base import check_key, check_number
from app.storage.links import PartRequest, disposition_of
from app.storage.s3_bucket import Bucket

#: The longest that a signature of version 4 is good for.
_LONGEST = timedelta(days=7)


class PresignedLinks:
    """Links that download a blob from the bucket, as ``bucket`` is reached by clients."""

    def __init__(self, bucket: Bucket, *, lifetime: timedelta, clock: Clock = utc_now) -> None:
        self._bucket, self._lifetime, self._clock = bucket, min(lifetime, _LONGEST), clock

    def url(self, key: str, *, filename: str, content_type: str, inline: bool = False) -> str:
        return _presigned(
            self._bucket,
            "get_object",
            self._lifetime,
            Key=self._bucket.prefix + check_key(key),
            ResponseContentType=content_type,
            ResponseContentDisposition=f"{disposition_of(content_type, inline=inline)}; {_named(filename)}",
            ResponseCacheControl=f"private, max-age={int(self._lifetime.total_seconds())}",
        )

    def expires_at(self) -> datetime:
        return (self._clock() + self._lifetime).replace(microsecond=0)


class PresignedPartLinks:
    """Links that send a part of an upload to the bucket. Its length is signed: the bucket takes no other."""

    def __init__(self, bucket: Bucket, *, lifetime: timedelta, clock: Clock = utc_now) -> None:
        self._bucket, self._lifetime, self._clock = bucket, min(lifetime, _LONGEST), clock

    def part_url(self, key: str, upload_id: str, number: int, size: int) -> PartRequest:
        expires_at = (self._clock() + self._lifetime).replace(microsecond=0)
        url = _presigned(
            self._bucket,
            "upload_part",
            self._lifetime,
            Key=self._bucket.prefix + check_key(key),
            UploadId=upload_id,
            PartNumber=check_number(number),
            ContentLength=size,
        )
        return PartRequest(url=url, expires_at=expires_at)


def _presigned(bucket: Bucket, operation: str, lifetime: timedelta, **parameters: object) -> str:
    with bucket.naming_errors():
        return bucket.client.generate_presigned_url(
            operation,
            Params={"Bucket": bucket.name} | parameters,
            ExpiresIn=int(lifetime.total_seconds()),
        )


def _named(filename: str) -> str:
    """The name as a parameter of Content-Disposition (RFC 6266)."""
    quoted = quote(filename, safe="")
    return f'filename="{filename}"' if quoted == filename else f"filename*=utf-8''{quoted}"
