"""A store of each kind, empty, of a test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.settings import Settings
from app.storage.cache import BlobCache
from app.storage.local import LocalStore
from app.storage.s3 import S3Store
from app.storage.s3_bucket import open_bucket


@pytest.fixture
def local_store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "blobs")


@pytest.fixture
def s3_store(s3_settings: Settings) -> S3Store:
    """Lists two entries a page, so that more than one is turned."""
    cache = BlobCache(s3_settings.data / "cache" / "blobs", most_bytes=s3_settings.blob_cache_bytes)
    return S3Store(open_bucket(s3_settings), cache, page=2)
