"""Clients that real users have, run as they are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest

from app.core.clock import utc_now
from app.core.ids import new_id
from app.modules.videos.models import AvatarProfile, Kind, Source, Video, VideoStatus
from tests.videos.installation import MP4, SCRIPT, Caller, Installation


def everything(caller: Caller, path: str) -> list[dict[str, Any]]:
    """The loop of every client of the platform: ``limit=200``, while ``next_cursor``, the cursor URL-encoded."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = caller.call("GET", f"{path}?limit=200{cursor}").json()
        items.extend(page["items"])
        if not page.get("next_cursor"):
            return items
        cursor = f"&cursor={quote(page['next_cursor'], safe='')}"


def test_the_loop_reads_more_videos_than_fit_on_two_pages(caller: Caller, installation: Installation) -> None:
    with installation.services.database.session_scope() as session:
        session.add_all(rows := [_video(caller) for _ in range(401)])
        made = {row.id for row in rows}
    found = [video["id"] for video in everything(caller, "")]
    assert (len(found), set(found)) == (401, made)


def test_the_loop_reads_exactly_two_hundred_from_one_page(caller: Caller, installation: Installation) -> None:
    with installation.services.database.session_scope() as session:
        session.add_all([_video(caller) for _ in range(200)])
    page = caller.get("", limit=200).json()
    assert (len(page["items"]), page["next_cursor"]) == (200, None)
    assert len(everything(caller, "")) == 200


def test_the_loop_reads_profiles_of_the_workspace_then_the_built_in_ones(
    caller: Caller, installation: Installation
) -> None:
    with installation.services.database.session_scope() as session:
        session.add_all([_profile(caller) for _ in range(205)])
    built_in = [profile["built_in"] for profile in everything(caller, "/avatars")]
    assert built_in == [False] * 205 + [True] * (len(built_in) - 205)
    assert len(built_in) >= 211


@pytest.mark.parametrize("path", ["", "/renders", "/avatars", "/voices", "/backgrounds", "/api/v1/credits/ledger"])
def test_the_loop_ends_on_every_list(caller: Caller, installation: Installation, path: str) -> None:
    installation.ready(caller)
    items = everything(caller, path)
    assert items
    assert len({str(item["id"]) for item in items}) == len(items)


def test_the_loop_ends_on_revisions(caller: Caller, installation: Installation) -> None:
    video = installation.ready(caller)
    installation.finish(caller.post(f"/{video['id']}/renders", {"fps": 30}).json()["render"]["id"])
    assert [revision["number"] for revision in everything(caller, f"/{video['id']}/revisions")] == [2, 1]


def test_a_list_of_nothing_is_one_empty_page(installation: Installation) -> None:
    assert everything(installation.caller(balance=0), "") == []


@pytest.mark.parametrize("path", ["", "/renders", "/avatars", "/api/v1/credits/ledger"])
def test_a_cursor_may_be_sent_with_any_limit(caller: Caller, path: str) -> None:
    for _ in range(4):
        caller.make()
    first = caller.get(path, limit=1).json()
    rest = caller.get(path, limit=5000, cursor=first["next_cursor"]).json()
    assert first["items"] + rest["items"] == caller.get(path, limit=200).json()["items"]


def test_many_clients_with_one_key_and_body_get_one_render(caller: Caller, installation: Installation) -> None:
    """A client that lost its connection and one that did not ask at the same moment."""
    video = installation.ready(caller)
    before = caller.credits()["held"]
    body = {"script": "Something else entirely."}
    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda _: caller.post(f"/{video['id']}/renders", body, Idempotency_Key="again"), range(6))
        )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    jobs = caller.get("/renders", video_id=video["id"]).json()["items"]
    assert len(jobs) == 2
    assert caller.credits()["held"] - before == jobs[0]["credits"]["held"]


def test_many_clients_with_different_bodies_and_one_key_make_one_video(caller: Caller) -> None:
    def ask(number: int) -> int:
        body = {"script": f"{SCRIPT} Number {number}.", "avatar_id": "maya"}
        return caller.post("", body, Idempotency_Key="one").status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(ask, range(6)))
    assert statuses == [202] + [409] * 5
    assert len(caller.get().json()["items"]) == 1


def test_only_one_of_many_cancels_succeeds_and_gives_back_once(caller: Caller) -> None:
    before, job_id = caller.credits(), caller.make()["render"]["id"]
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(lambda _: caller.post(f"/renders/{job_id}/cancel").status_code, range(4)))
    assert statuses == [200, 409, 409, 409]
    assert caller.credits() == before


def test_a_change_that_is_sent_twice_is_made_once(caller: Caller) -> None:
    video = caller.make(metadata={"a": 1})
    change = {"title": "After", "metadata": {"a": None, "b": 2}}
    first, second = (caller.patch(f"/{video['id']}", change).json() for _ in range(2))
    assert (second["title"], second["metadata"]) == (first["title"], first["metadata"]) == ("After", {"b": 2})


def test_a_revision_that_is_restored_twice_is_shown_once(caller: Caller, installation: Installation) -> None:
    video = installation.ready(caller)
    installation.finish(caller.post(f"/{video['id']}/renders", {"aspect_ratio": "1:1"}).json()["render"]["id"])
    restored = [caller.post(f"/{video['id']}/revisions/1/restore") for _ in range(2)]
    assert [(answer.status_code, answer.json()["revision"]) for answer in restored] == [(200, 1)] * 2
    shown = {one["number"]: one["shown"] for one in caller.get(f"/{video['id']}/revisions").json()["items"]}
    assert shown == {2: False, 1: True}
    assert caller.credits()["held"] == 0


@pytest.mark.parametrize("number", ["0", "-1", "one", "2147483648"])
def test_a_revision_has_a_number(caller: Caller, number: str) -> None:
    video = caller.make()
    assert caller.post(f"/{video['id']}/revisions/{number}/restore").status_code == 422


def test_a_new_render_after_a_restore_starts_from_what_is_shown(caller: Caller, installation: Installation) -> None:
    video = installation.ready(caller, aspect_ratio="4:5")
    installation.finish(caller.post(f"/{video['id']}/renders", {"aspect_ratio": "1:1"}).json()["render"]["id"])
    caller.post(f"/{video['id']}/revisions/1/restore")
    again = caller.post(f"/{video['id']}/renders", {"voice_id": "espeak-en-gb-alice"}).json()
    installation.finish(again["render"]["id"])
    done = caller.get(f"/{video['id']}").json()
    assert (done["revision"], done["aspect_ratio"], done["voice_id"]) == (3, "4:5", "espeak-en-gb-alice")


@pytest.mark.parametrize("name", ["download_url", "poster_url", "video_url", "vtt_url", "srt_url"])
def test_every_link_works_without_a_key_and_not_when_it_was_changed(
    caller: Caller, installation: Installation, name: str
) -> None:
    video = installation.ready(caller)
    link = (video | video["preview"] | video["captions"])[name]
    answer = installation.client.get(link)
    assert (answer.status_code, answer.content) == (200, MP4)
    assert installation.client.head(link).headers["content-length"] == str(len(MP4))
    assert installation.client.get(link, headers={"Range": "bytes=-5"}).content == MP4[-5:]
    token = link.split("/")[-2]
    changed = link.replace(token, token[:60] + ("A" if token[60] != "A" else "B") + token[61:])
    refused = installation.client.get(changed)
    assert (refused.status_code, refused.json()["code"]) == (403, "link_invalid")


def _video(caller: Caller) -> Video:
    moment = utc_now()
    return Video(
        id=new_id(),
        workspace_id=caller.workspace_id,
        kind=Kind.AVATAR,
        source=Source.GENERATED,
        status=VideoStatus.FAILED,
        title="One of many",
        details={},
        last_revision=0,
        created_at=moment,
        updated_at=moment,
    )


def _profile(caller: Caller) -> AvatarProfile:
    moment = utc_now()
    return AvatarProfile(
        id=new_id(),
        workspace_id=caller.workspace_id,
        name="One of many",
        provider="studio",
        provider_avatar_id="maya",
        voice_id="espeak-en-us-clara",
        background="dawn",
        details={},
        created_at=moment,
        updated_at=moment,
    )
