"""The same on a bucket: parts go to it directly, and what is made comes from it and goes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from app.core.settings import Settings
from tests.intake.library import Library, record
from tests.site import site
from tests.swift import Swift


@pytest.fixture
def library(object_store: Swift, s3_settings: Settings, tmp_path: Path) -> Iterator[Library]:
    assert s3_settings.bucket is not None
    options = object_store.options(s3_settings.bucket[0])
    with site(tmp_path / "data", **options, upload_part_bytes=str(5 * 1024**2)) as opened:
        opened.start_worker()
        yield Library(site=opened)


def test_a_recording_goes_to_the_bucket_in_parts_and_is_taken_in(library: Library, tmp_path: Path) -> None:
    large = record(tmp_path / "large.mkv", "-c:v", "mjpeg", "-q:v", "1", "-c:a", "ac3", size="640x360", seconds="8")
    upload = library.send(large)
    assert upload.part_count >= 2
    assert all("X-Amz-Signature" in part.url for part in upload.parts)
    library.site.wait(library.complete(upload.id))
    video = library.video(upload.id)
    assert (video.status, video.media and video.media.converted) == ("ready", True)
    film = httpx2.get(str(video.download_url))
    assert (film.status_code, film.headers["content-type"]) == (200, "video/mp4")
    assert "large.mp4" in film.headers["content-disposition"]
    original = httpx2.get(str(video.original_url), headers={"Range": "bytes=0-99"})
    assert (original.status_code, original.content) == (206, large.read_bytes()[:100])
    assert not (library.site.settings.data / "blobs").exists()
    with library.site.database.session_scope() as session:
        remains = library.site.services.videos.remove(session, library.site.workspace_id, video.id)
    library.site.services.videos.clear_away(remains)
    assert library.keys() == []
