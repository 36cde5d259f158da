"""A bucket on AWS or on any server that speaks S3: how it is asked, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import boto3  # pyright: ignore[reportMissingTypeStubs]
from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]
from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
    ClientError,
    ConnectionError,  # noqa: A004
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError  # pyright: ignore[reportMissingTypeStubs]

from app.core.errors import StorageFull, TenexError
from app.core.settings import Settings
from app.storage.base import (
    BucketMissing,
    InvalidPart,
    StorageDenied,
    StorageUnavailable,
    check_key,
    not_found,
    upload_not_found,
)

#: A server that does not answer, or not to the end. They have nothing in common.
BROKEN = (HTTPClientError, ConnectionError, IncompleteReadError)
_FULL = frozenset({"QuotaExceeded", "InsufficientStorage", "XMinioStorageFull"})
#: 4xx that say to try again later.
_BUSY = frozenset({408, 409, 412, 429})
_ATTEMPTS, _CONNECT_S, _READ_S, _HASTY_S = 4, 5, 30, 2
_DEFAULT_REGION = "us-east-1"


class BeyondEnd(TenexError):
    """The range that was asked for begins where the blob has ended; never shown to anybody."""

    status = 416


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Where blobs are: below ``prefix``, which is empty or ends with a slash. ``place`` names it for people."""

    client: Any
    name: str
    prefix: str
    place: str

    def ask(self, operation: str, *, key: str | None = None, **parameters: Any) -> Any:
        """The answer to one request, about the blob of a key if there is one.

        Raises InvalidKey, BlobNotFound, UploadNotFound, InvalidPart, StorageFull, StorageUnavailable, StorageDenied,
        BucketMissing.
        """
        about = {"Bucket": self.name} | ({} if key is None else {"Key": self.prefix + check_key(key)})
        with self.naming_errors(key):
            return getattr(self.client, operation)(**about, **parameters)

    def pages(self, operation: str, *, key: str | None = None, **parameters: Any) -> Iterator[Any]:
        """The answers to a request for a list, one page after the other. Raises as ``ask``."""
        about = {"Bucket": self.name} | ({} if key is None else {"Key": self.prefix + check_key(key)})
        with self.naming_errors(key):
            yield from self.client.get_paginator(operation).paginate(**about, **parameters)

    @contextmanager
    def naming_errors(self, key: str | None = None) -> Generator[None]:
        """Turns what boto raises into errors with a name, the server's own words kept."""
        try:
            yield
        except ClientError as error:
            raise self._named(cast("dict[str, Any]", error.response), key) from error
        except (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError) as error:
            raise StorageDenied(
                f"There are no credentials for {self.place}: {error}. Set TENEX_S3_ACCESS_KEY and TENEX_S3_SECRET_KEY, "
                "or any other way that AWS's own tools know."
            ) from error
        except (*BROKEN, ResponseParserError) as error:
            raise StorageUnavailable(
                f"{self.place} does not answer as it should: {error}. Check TENEX_S3_ENDPOINT and the server, "
                "and try again."
            ) from error

    def _named(self, response: dict[str, Any], key: str | None) -> TenexError:
        code, status = str(response["Error"]["Code"]), int(response["ResponseMetadata"]["HTTPStatusCode"])
        words = f"{code}: {response['Error'].get('Message', '')}".rstrip(". ")
        if code == "NoSuchBucket" or (status == 404 and key is None):
            return BucketMissing(f"There is no bucket {self.place}. Create it, or correct TENEX_STORAGE.")
        if code == "NoSuchUpload":
            return upload_not_found()
        if status == 416:
            return BeyondEnd(words)
        if code == "EntityTooSmall":
            return InvalidPart(f"Only the last part may be smaller than 5 MiB ({words}). Begin a new upload.")
        if status == 404 and key is not None:
            return not_found(key)
        if status == 507 or code in _FULL:
            return StorageFull(f"There is no room left in {self.place} ({words}). Free some space and try again.")
        if status >= 500 or status in _BUSY or code == "InvalidPart":
            return StorageUnavailable(f"{self.place} cannot answer now ({words}). Try again.")
        return StorageDenied(
            f"{self.place} refused ({words}). Check that TENEX_S3_ACCESS_KEY, TENEX_S3_SECRET_KEY and "
            "TENEX_S3_REGION are right and may read, write, list and delete there."
        )


def open_session(settings: Settings) -> Any:
    """What clients are made of: the second one costs a tenth of the first."""
    secret = settings.s3_secret_key
    return boto3.Session(
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=secret.get_secret_value() if secret else None,
        region_name=settings.s3_region,
    )


def open_bucket(settings: Settings, session: Any = None, *, public: bool = False, patient: bool = True) -> Bucket:
    """The bucket of the settings; nothing is sent.

    ``public``: under the address that clients see, to sign links. Not ``patient``: one attempt of a few seconds.
    """
    assert settings.bucket is not None, "only called when TENEX_STORAGE names a bucket"
    name, prefix = settings.bucket
    endpoint = (settings.s3_public_endpoint if public else None) or settings.s3_endpoint
    return Bucket(
        client=_client(session or open_session(settings), endpoint, patient=patient),
        name=name,
        prefix=f"{prefix}/" if prefix else "",
        place=f"s3://{name}" + (f" at {endpoint}" if endpoint else ""),
    )


def _client(session: Any, endpoint: str | None, *, patient: bool) -> Any:
    config: Any = Config(
        signature_version="s3v4",
        # boto3 1.36 and newer send checksums behind the body, which most other servers do not read.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS if patient else 1},
        connect_timeout=_CONNECT_S if patient else _HASTY_S,
        read_timeout=_READ_S if patient else _HASTY_S,
        max_pool_connections=32,
        tcp_keepalive=True,
        s3={"addressing_style": "path" if endpoint else "auto"},
    )
    region = session.region_name or _DEFAULT_REGION
    return session.client("s3", endpoint_url=endpoint, region_name=region, config=config)
