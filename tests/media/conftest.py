"""The recordings that tests of this folder share."""

from __future__ import annotations

import pytest

from tests.media.recordings import Recordings


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Recordings:
    return Recordings(tmp_path_factory.mktemp("recordings"))
