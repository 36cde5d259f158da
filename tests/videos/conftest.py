"""The real application over a real database. One application serves them all: each test has a workspace of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.videos.installation import Caller, Installation, installed


@pytest.fixture(scope="session")
def installation(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The application and its services; no worker runs."""
    data = tmp_path_factory.mktemp("installation")
    shutil.copyfile(sqlite_template, data / "tenex.sqlite3")
    with installed(data) as running:
        yield running


@pytest.fixture
def caller(installation: Installation) -> Caller:
    """A workspace with credits, and a key that may do everything."""
    return installation.caller()


@pytest.fixture
def stranger(installation: Installation) -> Caller:
    """Another workspace."""
    return installation.caller()
