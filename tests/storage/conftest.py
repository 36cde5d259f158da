"""A store of each kind, empty, of a test's own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.settings import Settings
from app.storage.cache import BlobCache
from app.storage.local import LocalStore
from app.storage.s3 import S3Store
from tests.needs import lacking
from tests.swift import Swift


@pytest.fixture
def local_store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "blobs")


@pytest.fixture
def s3_store(object_store: Swift, s3_settings: Settings) -> S3Store:
    """Lists two entries a page, so that more than one is turned."""
    cache = BlobCache(s3_settings.data / "cache" / "blobs", most_bytes=s3_settings.blob_cache_bytes)
    return S3Store(object_store.open(s3_settings), cache, page=2)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode != 0:
        lacking("a small disk to fill", "run as root, with CAP_SYS_ADMIN, so that it may be mounted")
    yield place
    subprocess.run(["umount", str(place)], check=True)
