"""The files of a revision are stored together."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.avatars.base import BuiltIn
from app.bootstrap import build_platform
from app.core.database import Database
from app.core.settings import Settings
from app.modules.videos.pipeline.artifacts import Artifacts
from app.modules.videos.pipeline.workshop import Making, Workshop


@pytest.fixture
def workshop(database: Database, tmp_path: Path) -> Workshop:
    platform = build_platform(Settings(data=tmp_path))
    return Workshop(
        database=database,
        blobs=platform.blobs,
        artifacts=Artifacts(database=database, blobs=platform.blobs),
        providers=BuiltIn({}),
        nursery=platform.nursery,
        settlement=platform.settlement,
        scratch=tmp_path / "scratch",
        prints=tmp_path / "prints",
    )


def test_when_one_file_cannot_be_stored_none_is(workshop: Workshop, tmp_path: Path) -> None:
    video = tmp_path / "video.mp4"
    video.write_bytes(b"frames")
    files = {"video": video, "poster": tmp_path / "nowhere.jpg"}
    types = {"video": "video/mp4", "poster": "image/jpeg"}
    with pytest.raises(FileNotFoundError):
        Making(workshop).store_files(files, "videos/one/1", types)
    assert list(workshop.blobs.list()) == []
    video_only = Making(workshop).store_files({"video": video}, "videos/one/1", types)
    assert [blob.key for blob in workshop.blobs.list()] == [video_only["video"]["blob"]]
