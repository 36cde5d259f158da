"""Changing and deleting videos."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.modules.videos.models import Artifact, RenderJob, RenderTask, Revision, Video
from tests.videos.installation import Caller, Installation


def test_what_is_left_out_of_a_change_stays(caller: Caller) -> None:
    video = caller.make(title="Before", metadata={"a": 1})
    changed = caller.patch(f"/{video['id']}", {"title": " After "}).json()
    assert (changed["title"], changed["metadata"]) == ("After", {"a": 1})
    assert changed["updated_at"] > video["updated_at"]
    assert caller.patch(f"/{video['id']}", {}).json()["title"] == "After"


def test_metadata_is_merged_and_null_removes(caller: Caller) -> None:
    video = caller.make(metadata={"keep": 1, "drop": 2, "deep": {"x": 1, "y": 2}})
    patch = {"metadata": {"drop": None, "deep": {"y": None, "z": 3}, "new": [None]}}
    changed = caller.patch(f"/{video['id']}", patch).json()
    assert changed["metadata"] == {"keep": 1, "deep": {"x": 1, "z": 3}, "new": [None]}
    assert caller.patch(f"/{video['id']}", {"metadata": None}).json()["metadata"] == {}


@pytest.mark.parametrize("body", [{"title": None}, {"title": ""}, {"metadata": "x"}, {"status": "ready"}, [], None])
def test_a_change_that_does_not_fit_is_refused(caller: Caller, body: Any) -> None:
    video = caller.make(title="Before")
    assert caller.patch(f"/{video['id']}", body).status_code == 422
    assert caller.get(f"/{video['id']}").json()["title"] == "Before"


def test_metadata_cannot_grow_beyond_its_limit_by_merging(caller: Caller) -> None:
    video = caller.make(metadata={"a": "x" * 10_000})
    answer = caller.patch(f"/{video['id']}", {"metadata": {"b": "x" * 10_000}})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_metadata")


def test_deleting_removes_rows_files_and_derived_videos(caller: Caller, installation: Installation) -> None:
    video, child, grandchild = (installation.ready(caller) for _ in range(3))
    _derive(installation, child["id"], video["id"])
    _derive(installation, grandchild["id"], child["id"])
    assert installation.blobs(f"videos/{grandchild['id']}")
    assert caller.delete(f"/{video['id']}").status_code == 204
    for gone in (video, child, grandchild):
        assert caller.get(f"/{gone['id']}").status_code == 404
        assert caller.get(f"/renders/{gone['render']['id']}").status_code == 404
        assert installation.blobs(f"videos/{gone['id']}") == []
    assert caller.client.get(video["download_url"]).status_code == 404
    with installation.services.database.read_scope() as session:
        for table, column in ((Video, Video.workspace_id), (RenderJob, RenderJob.workspace_id)):
            mine = sa.select(sa.func.count()).select_from(table).where(column == caller.workspace_id)
            assert session.scalar(mine) == 0
        assert session.get(Revision, (video["id"], 1)) is None


def test_deleting_twice_says_so(caller: Caller) -> None:
    video = caller.make()
    assert caller.delete(f"/{video['id']}").status_code == 204
    answer = caller.delete(f"/{video['id']}")
    assert (answer.status_code, answer.json()["code"]) == (404, "video_not_found")


def test_deleting_a_parent_leaves_other_videos(caller: Caller, installation: Installation) -> None:
    video, other = installation.ready(caller), installation.ready(caller)
    caller.delete(f"/{video['id']}")
    assert caller.client.get(other["download_url"]).status_code == 200


def test_deleting_while_it_renders_gives_the_credits_back(caller: Caller, installation: Installation) -> None:
    before = caller.credits()
    video = caller.make()
    installation.begin(video["render"]["id"], (10, 100))
    assert caller.credits()["held"] > 0
    assert caller.delete(f"/{video['id']}").status_code == 204
    assert caller.credits() == before


def test_artifacts_go_with_the_last_video_that_used_them(caller: Caller, installation: Installation) -> None:
    first, second = caller.make(), caller.make()
    own = _artifact(installation, caller, "own", first)
    shared = _artifact(installation, caller, "shared", first, second)
    caller.delete(f"/{first['id']}")
    assert installation.blobs("artifacts/test") == [shared]
    caller.delete(f"/{second['id']}")
    assert installation.blobs("artifacts/test") == []
    assert own != shared


def _derive(installation: Installation, video_id: str, parent_id: str) -> None:
    with installation.services.database.session_scope() as session:
        session.get_one(Video, video_id).parent_id = parent_id


def _artifact(installation: Installation, caller: Caller, name: str, *videos: dict[str, Any]) -> str:
    """An artifact that the jobs of these videos used; returns the key of its blob."""
    services, fingerprint = installation.services, f"{name}-{videos[0]['id']}"
    blob = services.platform.blobs.put(f"artifacts/test/{fingerprint}", b"frames")
    with services.database.session_scope() as session:
        job_ids = [video["render"]["id"] for video in videos]
        created = session.get_one(RenderJob, job_ids[0]).created_at
        session.add(
            Artifact(
                workspace_id=caller.workspace_id,
                fingerprint=fingerprint,
                kind="chunk",
                blob=blob.key,
                size=blob.size,
                sha256=blob.sha256,
                facts={},
                job_id=job_ids[0],
                created_at=created,
                used_at=created,
            )
        )
        session.add_all(
            RenderTask(job_id=job_id, fingerprint=fingerprint, kind="chunk", status="made") for job_id in job_ids
        )
    return blob.key
