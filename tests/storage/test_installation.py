"""An installation that keeps its files in a bucket: the same renders, reuse, links and health as in a folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from app.core.settings import Settings
from app.main import create_app
from app.modules.videos.composition import AspectRatio, Resolution
from app.modules.videos.renders import Change, Order
from tests.site import Site, site
from tests.swift import Swift

ORDER = Order(
    script="Maybe people prefer a plumber.\n\nBob moved the number up.",
    avatar_id="maya",
    aspect_ratio=AspectRatio.SQUARE,
    resolution=Resolution.P720,
)


@pytest.fixture
def place(object_store: Swift, s3_settings: Settings, tmp_path: Path) -> Iterator[Site]:
    assert s3_settings.bucket is not None
    with site(tmp_path / "data", **object_store.options(s3_settings.bucket[0])) as opened:
        yield opened


def keys(place: Site, prefix: str) -> list[str]:
    return [found.key for found in place.services.platform.blobs.list(prefix)]


def test_a_video_is_rendered_changed_downloaded_and_deleted(place: Site) -> None:
    place.start_worker()
    job = place.render(ORDER)
    stored = place.revision(job).files["video"]
    answer = httpx2.get(place.services.links.url(stored["blob"], filename="welcome.mp4", content_type=stored["type"]))
    assert (answer.status_code, len(answer.content)) == (200, stored["size"])
    assert answer.content == place.file(job).read_bytes()
    assert answer.headers["content-type"] == "video/mp4"
    assert place.file(job).is_relative_to(place.settings.data / "cache" / "blobs")

    artifacts = keys(place, "artifacts")
    changed = place.order_again(job.video_id, Change(script=ORDER.script.replace("up", "down")))
    assert place.wait(changed.id).receipt["chunks"]["reused"] > 0
    assert set(artifacts) < set(keys(place, "artifacts"))
    assert not (place.settings.data / "blobs").exists()
    assert list((place.settings.data / "scratch").glob("*")) == []

    with place.database.session_scope() as session:
        remains = place.services.videos.remove(session, place.workspace_id, job.video_id)
    place.services.videos.clear_away(remains)
    assert keys(place, "") == []


def test_health_tells_of_the_bucket_and_files_are_not_served_here(s3_settings: Settings) -> None:
    with TestClient(create_app(s3_settings)) as client:
        assert client.get("/health").json()["storage"] == {"ok": True, "free_bytes": None, "problem": None}
        assert client.get("/files/token/name").status_code == 404
        assert client.put("/uploads/token").status_code == 404
    settings = s3_settings.model_copy(update={"storage": "s3://nobody-made-this"})
    with TestClient(create_app(settings)) as client:
        health = client.get("/health").json()
        assert (health["status"], health["storage"]["problem"]) == ("degraded", "bucket_missing")


def test_whoever_has_no_bucket_does_not_load_boto() -> None:
    code = "import sys, app.bootstrap, app.main; from app.core.settings import Settings; " + (
        "from app.storage.opening import open_storage; open_storage(Settings(), b''); print('boto3' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "False\n"
