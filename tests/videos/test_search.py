"""Tags, searches and orders, as clients use them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from app.core.clock import utc_now
from app.core.database import Database
from app.core.ids import new_id
from app.core.pagination import PageRequest
from app.modules.accounts.models import Workspace
from app.modules.videos.finding import VideoFilter, list_videos
from app.modules.videos.models import Revision, Video, VideoText
from app.modules.videos.renders import video_of
from app.modules.videos.revisions import show_revision
from app.modules.videos.texts import note_names, note_transcript
from tests.videos.installation import Caller, Installation


def _titles(caller: Caller, **wanted: Any) -> list[str]:
    answer = caller.get("", **wanted)
    assert answer.status_code == 200, answer.text
    return [video["title"] for video in answer.json()["items"]]


# tags ----------------------------------------------------------------------------------------------------------------


def test_tags_are_trimmed_merged_sorted_and_keep_their_case(caller: Caller) -> None:
    video = caller.make(tags=[" Spring 2027 ", "welcome", "spring 2027", "Ärger"])
    assert video["tags"] == ["Spring 2027", "welcome", "Ärger"]
    assert caller.get().json()["items"][0]["tags"] == video["tags"]


def test_a_change_replaces_all_tags_and_without_them_leaves_them(caller: Caller) -> None:
    video = caller.make(title="One", tags=["a", "b"])
    assert caller.patch(f"/{video['id']}", {"title": "Two"}).json()["tags"] == ["a", "b"]
    assert caller.patch(f"/{video['id']}", {"tags": ["C"]}).json()["tags"] == ["C"]
    assert (_titles(caller, tag="a"), _titles(caller, tag="c")) == ([], ["Two"])
    assert caller.patch(f"/{video['id']}", {"tags": []}).json()["tags"] == []
    assert _titles(caller, tag="c") == []


def test_all_tags_that_are_asked_for_have_to_be_there(caller: Caller) -> None:
    caller.make(title="One", tags=["Spring", "Straße"])
    caller.make(title="Two", tags=["spring"])
    caller.make(title="Three", tags=["springtime"])
    assert _titles(caller, tag="SPRING") == ["Two", "One"]
    assert _titles(caller, tag=["spring", "STRASSE"]) == ["One"]
    assert _titles(caller, tag=["spring", "nobody"]) == []


@pytest.mark.parametrize(
    "tags", ["a", [""], [" "], ["x" * 65], ["a\tb"], [1], None, [f"tag {number}" for number in range(51)]]
)
def test_what_is_no_list_of_tags_is_refused(caller: Caller, tags: Any) -> None:
    video = caller.make(tags=["a"])
    assert caller.patch(f"/{video['id']}", {"tags": tags}).status_code == 422
    assert caller.get(f"/{video['id']}").json()["tags"] == ["a"]


def test_a_copy_has_the_tags_and_the_words_of_its_original(caller: Caller, installation: Installation) -> None:
    video = installation.ready(caller, tags=["a"], script="Paper boats.")
    copy = caller.post(f"/{video['id']}/renders", {"as_copy": True, "script": "Tin drums."}).json()
    assert copy["tags"] == ["a"]
    assert len(_titles(caller, tag="a")) == 2
    assert [one["id"] for one in caller.get("", q="tin").json()["items"]] == [copy["id"]]


# searches ------------------------------------------------------------------------------------------------------------


def test_words_are_looked_for_in_titles_tags_metadata_and_scripts(caller: Caller) -> None:
    facts = {"customer": {"name": "Łucja", "orders": [10017]}, "flag": True}
    caller.make(title="Élan vital", tags=["Spring 2027"], metadata=facts, script="We fold paper boats.")
    caller.make(title="Other", script="Nothing to see.")
    for found in ("elan", "SPRING 2027", "lucja", "10017", "fold boat", "vit pap spr", "p"):
        assert _titles(caller, q=found) == ["Élan vital"], found
    for not_found in ("customer", "true", "olded", "paper tiger"):
        assert _titles(caller, q=not_found) == [], not_found


def test_a_search_follows_every_change(caller: Caller, installation: Installation) -> None:
    video = installation.ready(caller, title="Before", metadata={"a": "amber"}, script="First words.")
    caller.patch(f"/{video['id']}", {"title": "After", "metadata": {"a": "azure"}})
    assert [len(_titles(caller, q=word)) for word in ("before", "amber", "after", "azure", "first")] == [0, 0, 1, 1, 1]
    again = caller.post(f"/{video['id']}/renders", {"script": "Second words."}).json()
    assert [len(_titles(caller, q=word)) for word in ("first", "second")] == [1, 0]
    installation.finish(again["render"]["id"])
    assert [len(_titles(caller, q=word)) for word in ("first", "second")] == [0, 1]
    caller.post(f"/{video['id']}/revisions/1/restore")
    assert [len(_titles(caller, q=word)) for word in ("first", "second")] == [1, 0]
    caller.delete(f"/{video['id']}")
    assert _titles(caller, q="after") == []


def test_results_come_in_pages_newest_first_and_can_be_filtered(caller: Caller, installation: Installation) -> None:
    made = [caller.make(title=f"Boat {number}")["id"] for number in range(7)]
    installation.finish(caller.get(f"/{made[2]}").json()["render"]["id"])
    seen, cursor = list[str](), {}
    while True:
        page = caller.get("", q="boat", limit=3, **cursor).json()
        seen += [video["id"] for video in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == made[::-1]
    assert _titles(caller, q="boat", status="ready") == ["Boat 2"]
    assert _titles(caller, q="boat", max_duration=4) == ["Boat 2"]
    assert _titles(caller, q="boat", sort="created_at") == [f"Boat {number}" for number in range(7)]
    assert _titles(caller, q="boat", sort="-title", limit=2) == ["Boat 6", "Boat 5"]


def test_nobody_finds_what_another_workspace_has(caller: Caller, stranger: Caller) -> None:
    caller.make(title="Secret boats", tags=["secret"])
    for wanted in ({"q": "secret"}, {"tag": "secret"}, {"q": "s", "sort": "title"}):
        assert _titles(caller, **wanted) == ["Secret boats"]
        assert _titles(stranger, **wanted) == []


@pytest.mark.parametrize(
    ("search", "status"),
    [
        ("", 422),
        (" ", 422),
        ("***", 422),
        ('"', 422),
        ("x" * 10_000, 422),
        ("\U0001f600" * 300, 422),
        ("\0", 400),
        ("boat\0", 400),
        ("\U0001f600" * 100, 200),
        ('"boat', 200),
        ("boat*", 200),
        ("(boat", 200),
        ("boat) OR 1=1 --", 200),
        ("title:boat", 200),
        ("-boat", 200),
        ("NEAR(boat, 1)", 200),
        ("boat AND NOT", 200),
        ("{boat} : ^", 200),
        ("boat & !paper | <->", 200),
        ("';DROP TABLE videos", 200),
        ("%_", 422),
        ("\\", 422),
    ],
)
def test_whatever_is_typed_is_searched_for_or_refused(caller: Caller, search: str, status: int) -> None:
    caller.make(title="Boat")
    answer = caller.get("", q=search)
    assert answer.status_code == status
    assert answer.json()["detail" if status != 200 else "items"] is not None


@pytest.mark.parametrize(
    "wanted",
    [
        {"sort": "size"},
        {"sort": ""},
        {"min_duration": -1},
        {"min_duration": "long"},
        {"max_duration": "nan"},
        {"max_duration": 1e30},
        {"tag": ""},
        {"tag": "x" * 65},
        {"tag": ["t"] * 51},
    ],
)
def test_what_cannot_be_asked_of_a_list_is_refused(caller: Caller, wanted: dict[str, Any]) -> None:
    assert caller.get("", **wanted).status_code == 422


# orders --------------------------------------------------------------------------------------------------------------


def test_videos_are_sorted_by_title_and_duration_and_those_without_one_count_as_the_shortest(
    caller: Caller, installation: Installation
) -> None:
    installation.ready(caller, title="éclair")
    caller.make(title="Banana")
    installation.ready(caller, title="apple")
    assert _titles(caller, sort="title") == ["apple", "Banana", "éclair"]
    assert _titles(caller, sort="-title") == ["éclair", "Banana", "apple"]
    assert _titles(caller, sort="duration")[0] == "Banana"
    assert _titles(caller, sort="-duration")[2] == "Banana"
    assert _titles(caller, min_duration=4) == _titles(caller, max_duration=4) == ["apple", "éclair"]
    assert _titles(caller, min_duration=4.001) == _titles(caller, max_duration=3.999) == []


def test_what_was_changed_last_comes_first_if_so_asked(caller: Caller) -> None:
    first, second = caller.make(title="One"), caller.make(title="Two")
    caller.patch(f"/{first['id']}", {"tags": ["changed"]})
    assert _titles(caller, sort="-updated_at") == ["One", "Two"]
    assert _titles(caller, sort="updated_at") == ["Two", "One"]
    assert second["tags"] == []


def test_a_cursor_is_good_for_its_own_order_only(caller: Caller) -> None:
    for _ in range(3):
        caller.make(title="Boat")
    orders = ({}, {"sort": "created_at"}, {"sort": "title"}, {"sort": "-title"}, {"sort": "duration"}, {"q": "boat"})
    cursors = [caller.get("", limit=1, **order).json()["next_cursor"] for order in orders]
    for place, order in enumerate(orders):
        statuses = [caller.get("", limit=1, cursor=cursor, **order).status_code for cursor in cursors]
        assert statuses == [200 if other == place else 400 for other in range(len(orders))]


# on both databases ---------------------------------------------------------------------------------------------------


def _workspace(database: Database) -> str:
    with database.session_scope() as session:
        workspace = Workspace(id=new_id(), name="Test", webhook_secret="s", created_at=utc_now())
        session.add(workspace)
    return workspace.id


def _upload(workspace_id: str, title: str) -> Video:
    moment = utc_now()
    facts = {"kind": "upload", "source": "uploaded", "status": "ready", "title": title, "details": {}, "tags": []}
    return Video(id=new_id(), workspace_id=workspace_id, created_at=moment, updated_at=moment, **facts)


def _found(database: Database, workspace_id: str, search: str) -> list[str]:
    with database.read_scope() as session:
        found = list_videos(session, workspace_id, VideoFilter(search=search), PageRequest())
    return [row.title for row in found.rows]


def test_the_subtitles_of_an_upload_are_found_and_stay_when_it_is_renamed(any_database: Database) -> None:
    workspace_id = _workspace(any_database)
    video = _upload(workspace_id, "Boats")
    with any_database.session_scope() as session:
        session.add(video)
        note_names(session, video)
        note_transcript(session, video, "The river. " * 50_000)
    with any_database.session_scope() as session:
        again = session.get_one(Video, video.id)
        again.title = "Ships"
        note_names(session, again)
    assert _found(any_database, workspace_id, "ship river") == ["Ships"]
    assert _found(any_database, workspace_id, "boat") == []
    with any_database.session_scope() as session:
        note_transcript(session, session.get_one(Video, video.id), "The sea.")
    assert _found(any_database, workspace_id, "river") == []
    with any_database.session_scope() as session:
        session.delete(session.get_one(Video, video.id))
    assert _found(any_database, workspace_id, "ship") == []


def test_an_upload_shows_its_duration_and_keeps_its_words(any_database: Database) -> None:
    workspace_id = _workspace(any_database)
    video = _upload(workspace_id, "Boats")
    files = {"composition": {}, "files": {}, "width": 2, "height": 2, "size": 1, "sha256": "", "job_id": ""}
    with any_database.session_scope() as session:
        session.add(video)
        note_transcript(session, video, "The river.")
        revision = Revision(
            video_id=video.id,
            workspace_id=workspace_id,
            number=1,
            frames=100,
            fps="30000/1001",
            created_at=utc_now(),
            **files,
        )
        session.add(revision)
        show_revision(session, video, revision)
    assert (video.revision, video.duration_ms) == (1, 3337)
    assert _found(any_database, workspace_id, "river") == ["Boats"]


def test_videos_made_at_the_same_moment_by_several_are_all_found(any_database: Database) -> None:
    workspace_id, moment = _workspace(any_database), utc_now()

    def make(number: int) -> None:
        video = _upload(workspace_id, f"Boat {number}")
        video.created_at = moment
        with any_database.session_scope() as session:
            session.add(video)
            note_names(session, video)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(12)))
    assert sorted(_found(any_database, workspace_id, "boat")) == sorted(f"Boat {number}" for number in range(12))


def test_a_title_that_changes_while_a_transcript_is_noted_is_found_with_it(postgres_url: str) -> None:
    """On SQLite one of them waits for the other from its beginning."""
    database = Database(postgres_url)
    workspace_id, read = _workspace(database), threading.Event()
    video = _upload(workspace_id, "Before")
    with database.session_scope() as session:
        session.add(video)
        note_names(session, video)

    def transcribe() -> None:
        with database.session_scope() as session:
            known = session.get_one(Video, video.id)
            read.set()
            note_transcript(session, known, "The river.")

    with ThreadPoolExecutor(1) as pool:
        with database.session_scope() as session:
            renamed = video_of(session, workspace_id, video.id, lock=True)
            renamed.title = "After"
            note_names(session, renamed)
            session.flush()
            transcribing = pool.submit(transcribe)
            assert read.wait(30)
        transcribing.result(30)
    assert _found(database, workspace_id, "after river") == ["After"]
    database.close()


def test_the_index_of_sqlite_agrees_with_what_it_is_made_of(caller: Caller, installation: Installation) -> None:
    video = installation.ready(caller, title="Boat")
    caller.patch(f"/{video['id']}", {"title": "Ship"})
    caller.delete(f"/{video['id']}")
    with installation.services.database.session_scope() as session:
        # Raises when a term has no row or a row has no term.
        session.execute(sa.text("INSERT INTO video_terms(video_terms, rank) VALUES ('integrity-check', 1)"))
        assert session.scalar(sa.select(sa.func.count()).where(VideoText.video_id == video["id"])) == 0
