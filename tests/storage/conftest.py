"""A store of each kind, empty, of a test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.storage.local import LocalStore


@pytest.fixture
def local_store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "blobs")
