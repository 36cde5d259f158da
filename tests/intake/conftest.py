"""One installation with a worker for the tests of this folder, and recordings that are made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.intake.library import Library, record
from tests.site import site


@pytest.fixture(scope="session")
def shared_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with site(tmp_path_factory.mktemp("library") / "data", private_sources="127.0.0.1") as opened:
        opened.start_worker()
        yield Library(site=opened)


@pytest.fixture
def library(shared_library: Library) -> Library:
    """With a workspace in which nothing was uploaded yet."""
    shared_library.site.workspace_id = shared_library.site.new_workspace()
    return shared_library


@pytest.fixture(scope="session")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plays everywhere: H.264 and AAC in MP4."""
    return record(tmp_path_factory.mktemp("talk") / "talk.mp4")


@pytest.fixture(scope="session")
def lecture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plays nowhere, and is long enough for three segments: MPEG-4 part 2 and AC-3 in Matroska."""
    target = tmp_path_factory.mktemp("lecture") / "lecture.mkv"
    options = ("-c:v", "mpeg4", "-q:v", "5", "-c:a", "ac3")
    return record(target, *options, size="160x90", seconds="60")
