"""The files of a revision are stored together, and made at once only where nothing else is made."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.avatars.base import BuiltIn
from app.bootstrap import build_platform
from app.core.database import Database
from app.core.settings import Settings
from app.modules.videos.pipeline.artifacts import Artifacts
from app.modules.videos.pipeline.layout import Layout
from app.modules.videos.pipeline.steps import Steps
from app.modules.videos.pipeline.timeline import Timeline
from app.modules.videos.pipeline.workshop import JobEnded, Making, Workshop


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


def test_a_busy_worker_leaves_the_package_to_the_queue(workshop: Workshop) -> None:
    layout = Layout(timeline=Timeline(scenes=(), segments=()), chunks=(), sounds=())

    async def asked(*, busy: bool) -> object:
        making = Making(workshop)
        steps = Steps(workshop, making)
        if busy:
            async with making.processor:
                return await steps.make_package_at_once("no job", "nobody", layout)
        return await steps.make_package_at_once("no job", "nobody", layout)

    assert asyncio.run(asked(busy=True)) is None
    with pytest.raises(JobEnded):  # a free one begins to make it
        asyncio.run(asked(busy=False))


def test_sound_is_mixed_while_pictures_are_drawn(workshop: Workshop) -> None:
    async def both() -> None:
        making = Making(workshop)
        async with making.processor:
            with pytest.raises(JobEnded):  # so it did not wait
                async with asyncio.timeout(60), making.making("no job", "nobody", "sound", at=making.desk):
                    pass

    asyncio.run(both())
