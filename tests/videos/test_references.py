"""Other modules say that they use a video, and it is then not deleted by accident."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from app.core.clock import utc_now
from app.core.database import Database
from app.core.errors import TenexError
from app.core.ids import new_id
from app.modules.accounts.models import Workspace
from app.modules.credits.service import Credits
from app.modules.videos.errors import VideoNotFound, VideoReferenced
from app.modules.videos.models import Video
from app.modules.videos.pipeline.settle import Settlement
from app.modules.videos.references import References
from app.modules.videos.removal import remove_video
from app.modules.videos.renders import video_of
from app.modules.videos.schemas import SetReference
from tests.videos.installation import Caller, Installation


def _put(caller: Caller, video_id: str, module: str, ref_id: str, body: Any = None) -> Any:
    return caller.call("PUT", f"/{video_id}/references/{module}/{quote(ref_id, safe='')}", json=body)


def _listed(caller: Caller, video_id: str) -> list[tuple[str, str]]:
    items = caller.get(f"/{video_id}/references").json()["items"]
    return [(item["module"], item["ref_id"]) for item in items]


def test_a_reference_can_be_put_again_and_is_there_once(caller: Caller) -> None:
    video = caller.make()["id"]
    first = _put(caller, video, "webinars", "w-1", {"label": " Spring ", "url": "https://example.com/w-1"})
    assert first.status_code == 200
    assert first.json() | {"created_at": ""} == {
        "module": "webinars",
        "ref_id": "w-1",
        "label": "Spring",
        "url": "https://example.com/w-1",
        "created_at": "",
    }
    again = _put(caller, video, "webinars", "w-1").json()
    assert again == first.json() | {"label": None, "url": None}
    assert _listed(caller, video) == [("webinars", "w-1")]


def test_references_are_listed_by_module_and_id_in_pages(caller: Caller) -> None:
    video = caller.make()["id"]
    wanted = sorted((module, f"{number} é/{number}?#%") for module in ("marketing", "webinars") for number in range(4))
    for module, ref_id in reversed(wanted):
        assert _put(caller, video, module, ref_id).status_code == 200
    assert _listed(caller, video) == wanted
    page = caller.get(f"/{video}/references", limit=5).json()
    rest = caller.get(f"/{video}/references", limit=5, cursor=page["next_cursor"]).json()
    assert [(item["module"], item["ref_id"]) for item in page["items"] + rest["items"]] == wanted
    assert rest["next_cursor"] is None


def test_removing_a_reference_twice_is_as_good_as_once(caller: Caller) -> None:
    video = caller.make()["id"]
    _put(caller, video, "webinars", "w/1")
    _put(caller, video, "webinars", "w/2")
    for _ in range(2):
        assert caller.delete(f"/{video}/references/webinars/{quote('w/1', safe='')}").status_code == 204
    assert _listed(caller, video) == [("webinars", "w/2")]


def test_a_video_that_is_used_is_deleted_only_by_force_and_the_answer_says_by_whom(caller: Caller) -> None:
    video = caller.make()
    for number in range(7):
        _put(caller, video["id"], "webinars", f"w-{number}", {"label": f"Episode {number}"})
    before = caller.credits()
    answer = caller.delete(f"/{video['id']}")
    assert (answer.status_code, answer.json()["code"], answer.json()["total"]) == (409, "video_referenced", 7)
    assert "webinars w-0 (Episode 0)" in answer.json()["detail"]
    assert "and 2 more" in answer.json()["detail"]
    assert "force=true" in answer.json()["detail"]
    assert [one["ref_id"] for one in answer.json()["references"]] == [f"w-{number}" for number in range(5)]
    assert caller.credits() == before
    assert caller.get(f"/{video['id']}").json()["status"] == "rendering"
    assert caller.delete(f"/{video['id']}?force=true").status_code == 204
    assert caller.get(f"/{video['id']}/references").status_code == 404


def test_what_is_derived_from_a_video_protects_it_while_it_is_used(caller: Caller, installation: Installation) -> None:
    video, clip = installation.ready(caller), installation.ready(caller)
    with installation.services.database.session_scope() as session:
        session.get_one(Video, clip["id"]).parent_id = video["id"]
    _put(caller, clip["id"], "marketing", "post-1")
    answer = caller.delete(f"/{video['id']}")
    assert (answer.status_code, answer.json()["references"][0]["video_id"]) == (409, clip["id"])
    assert caller.client.get(clip["download_url"]).status_code == 200
    caller.delete(f"/{clip['id']}/references/marketing/post-1")
    assert caller.delete(f"/{video['id']}").status_code == 204


@pytest.mark.parametrize(
    ("module", "ref_id", "body"),
    [
        ("Webinars", "1", None),
        ("1webinars", "1", None),
        ("a" * 33, "1", None),
        ("webinars", " ", None),
        ("webinars", " 1", None),
        ("webinars", "a\tb", None),
        ("webinars", "x" * 201, None),
        ("webinars", "1", {"label": ""}),
        ("webinars", "1", {"label": "x" * 201}),
        ("webinars", "1", {"url": "javascript:alert(1)"}),
        ("webinars", "1", {"url": "https://a b"}),
        ("webinars", "1", {"url": f"https://example.com/{'x' * 2000}"}),
        ("webinars", "1", {"name": "Spring"}),
        ("webinars", "1", []),
    ],
)
def test_what_is_no_reference_is_refused(caller: Caller, module: str, ref_id: str, body: Any) -> None:
    video = caller.make()["id"]
    assert _put(caller, video, module, ref_id, body).status_code == 422
    assert _listed(caller, video) == []


def test_a_reference_that_comes_while_the_video_is_deleted_finds_no_video(any_database: Database) -> None:
    deleting, done = _race(any_database, _remove, _refer)
    assert (deleting, type(done)) == (None, VideoNotFound)


def test_a_deletion_that_comes_while_a_reference_is_added_finds_it(any_database: Database) -> None:
    referring, done = _race(any_database, _refer, _remove)
    assert (referring, type(done)) == (None, VideoReferenced)


Act = Callable[[Any, str, str], object]


def _refer(session: Any, workspace_id: str, video_id: str) -> None:
    References().put(session, workspace_id, video_id, "webinars", "w-1", SetReference())


def _remove(session: Any, workspace_id: str, video_id: str) -> None:
    remove_video(session, Settlement(Credits()), workspace_id, video_id)


def _race(database: Database, first: Act, second: Act) -> list[TenexError | None]:
    """How each ends when the second begins while the first has not committed."""
    workspace_id, video_id = _video(database)
    began, ends = threading.Event(), dict[Act, TenexError | None]()

    def run(act: Act) -> None:
        try:
            with database.session_scope() as session:
                if act is second and not database.is_sqlite:
                    video_of(session, workspace_id, video_id)
                    began.set()
                act(session, workspace_id, video_id)
                if act is first:
                    other.start()
                    # On SQLite the other does not begin before this has ended; on Postgres it waits for the row.
                    assert database.is_sqlite or began.wait(30)
            ends[act] = None
        except TenexError as error:
            ends[act] = error

    other = threading.Thread(target=run, args=[second])
    run(first)
    other.join(30)
    return [ends[first], ends[second]]


def _video(database: Database) -> tuple[str, str]:
    workspace_id, video_id, now = new_id(), new_id(), utc_now()
    with database.session_scope() as session:
        session.add(Workspace(id=workspace_id, name="Test", webhook_secret="s", created_at=now))
        session.flush()
        kind = {"kind": "upload", "source": "uploaded", "status": "ready", "title": "Boats", "details": {}}
        session.add(Video(id=video_id, workspace_id=workspace_id, created_at=now, updated_at=now, **kind))
    return workspace_id, video_id
