"""The storage that the settings name: a folder or a bucket, and the links that fit it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from app.core.settings import Settings
from app.storage.base import BlobStore
from app.storage.links import Links, PartLinks
from app.storage.local import LocalStore
from app.storage.signed_links import SignedLinks, SignedPartLinks


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Where blobs are kept, and how clients reach them without credentials of their own."""

    blobs: BlobStore
    links: Links
    part_links: PartLinks


def open_storage(settings: Settings, secret: bytes) -> Storage:
    """Connects to nothing: what is wrong with a bucket shows when it is used."""
    downloads, uploads = timedelta(seconds=settings.download_seconds), timedelta(seconds=settings.upload_link_seconds)
    if settings.bucket is not None:
        return _bucket(settings, downloads, uploads)
    return Storage(
        blobs=LocalStore(settings.blobs),
        links=SignedLinks(secret, base_url=settings.base_url, lifetime=downloads),
        part_links=SignedPartLinks(secret, base_url=settings.base_url, lifetime=uploads),
    )


def _bucket(settings: Settings, downloads: timedelta, uploads: timedelta) -> Storage:
    # Whoever has no bucket does not pay for boto, which takes as long to load as all else together.
    from app.storage.cache import BlobCache
    from app.storage.s3 import S3Store
    from app.storage.s3_bucket import open_bucket, open_session
    from app.storage.s3_links import PresignedLinks, PresignedPartLinks

    cache = BlobCache(settings.data / "cache" / "blobs", most_bytes=settings.blob_cache_bytes)
    session = open_session(settings)
    public = open_bucket(settings, session, public=True)
    return Storage(
        blobs=S3Store(open_bucket(settings, session), cache, hasty=open_bucket(settings, session, patient=False)),
        links=PresignedLinks(public, lifetime=downloads),
        part_links=PresignedPartLinks(public, lifetime=uploads),
    )
