"""Finding videos again: pages, filters, one video with its links; and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest

from app.modules.videos.schemas import VideoOut, VideoSummary
from tests.videos.installation import MP4, Caller, Installation


def test_clients_that_loop_until_there_is_no_cursor_see_every_video_once(caller: Caller) -> None:
    made = [caller.make(title=f"Number {number}")["id"] for number in range(7)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = caller.get("", limit=3, **({"cursor": cursor} if cursor else {})).json()
        seen += [video["id"] for video in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made[::-1]


def test_a_limit_above_the_cap_is_the_cap(caller: Caller) -> None:
    caller.make()
    assert caller.get("", limit=5000).status_code == 200
    assert caller.get("", limit=0).status_code == 422


def _other_first_letter(cursor: str) -> str:
    return ("B" if cursor[0] == "A" else "A") + cursor[1:]


@pytest.mark.parametrize("spoil", [lambda c: c[:-2], _other_first_letter, lambda c: c + "é", lambda c: "x" * 600])
def test_a_cursor_that_was_changed_is_refused(caller: Caller, spoil: Any) -> None:
    caller.make()
    caller.make()
    cursor = caller.get("", limit=1).json()["next_cursor"]
    answer = caller.get("", cursor=spoil(cursor))
    assert answer.status_code in (400, 422)
    assert answer.status_code == 422 or answer.json()["code"] == "invalid_cursor"


def test_the_cursor_of_another_list_is_refused(caller: Caller, installation: Installation) -> None:
    first = installation.ready(caller)
    caller.make()
    cursor = caller.get("", limit=1).json()["next_cursor"]
    answer = caller.get(f"/{first['id']}/revisions", cursor=cursor)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_filters_can_be_combined(caller: Caller, installation: Installation) -> None:
    ready, rendering = installation.ready(caller), caller.make()

    def found(**filters: str) -> list[str]:
        return [video["id"] for video in caller.get("", **filters).json()["items"]]

    assert found(status="ready") == [ready["id"]]
    assert found(status="rendering", kind="avatar", source="generated") == [rendering["id"]]
    assert found(status="failed") == found(source="uploaded") == found(kind="clip") == []
    assert found(parent_id=ready["id"]) == []
    assert found(created_after=rendering["created_at"]) == [rendering["id"]]
    assert found(created_before=rendering["created_at"]) == [ready["id"]]
    assert found(created_after="2020-01-01", created_before="2020-01-01T10:00:00 02:00") == []


@pytest.mark.parametrize(
    "filters",
    [
        {"status": "done"},
        {"source": "me"},
        {"created_after": "yesterday"},
        {"created_before": "0001-01-01T00:00:00+10:00"},
    ],
)
def test_a_filter_that_cannot_be_read_is_named(caller: Caller, filters: dict[str, str]) -> None:
    answer = caller.get("", **filters)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", next(iter(filters))]


def test_a_finished_video_has_its_facts_and_links(caller: Caller, installation: Installation) -> None:
    video = installation.ready(caller, title="Größe: 10 / 12")
    assert (video["status"], video["revision"], video["duration"]) == ("ready", 1, 4.0)
    assert (video["width"], video["height"], video["size"]) == (1920, 1080, len(MP4))
    assert video["render"] == {
        "id": video["render"]["id"],
        "status": "succeeded",
        "stage": "done",
        "progress": 1.0,
        "eta_seconds": 0,
        "adjustments": [],
        "error": None,
    }
    download = caller.client.get(video["download_url"])
    assert download.content == MP4
    assert download.headers["content-type"] == "video/mp4"
    assert 'filename="groe-10-12.mp4"' in download.headers["content-disposition"]
    poster = caller.client.get(video["preview"]["poster_url"])
    assert poster.headers["content-type"] == "image/jpeg"
    assert poster.headers["content-disposition"].startswith("inline")
    assert caller.client.get(video["captions"]["vtt_url"]).status_code == 200


def test_a_download_can_be_resumed_and_asked_about(caller: Caller, installation: Installation) -> None:
    link = installation.ready(caller)["download_url"]
    part = caller.client.get(link, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, MP4[10:20])
    head = caller.client.head(link)
    assert (head.content, int(head.headers["content-length"])) == (b"", len(MP4))


def test_an_item_of_a_list_is_the_same_video_without_script_and_links(
    caller: Caller, installation: Installation
) -> None:
    video = installation.ready(caller)
    item = caller.get().json()["items"][0]
    assert set(video) == set(VideoOut.model_fields)
    assert set(item) == set(VideoSummary.model_fields)
    assert item == {name: video[name] for name in item}


def test_another_workspace_sees_nothing(caller: Caller, stranger: Caller, installation: Installation) -> None:
    video = installation.ready(caller)
    job = video["render"]["id"]
    assert stranger.get().json()["items"] == []
    assert stranger.get("/renders").json()["items"] == []
    answers = [
        stranger.get(f"/{video['id']}"),
        stranger.patch(f"/{video['id']}", {"title": "Mine"}),
        stranger.delete(f"/{video['id']}"),
        stranger.post(f"/{video['id']}/renders", {"aspect_ratio": "9:16"}),
        stranger.get(f"/{video['id']}/revisions"),
        stranger.post(f"/{video['id']}/revisions/1/restore"),
        stranger.get(f"/renders/{job}"),
        stranger.get(f"/renders/{job}/events"),
        stranger.post(f"/renders/{job}/cancel"),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert {answer.json()["code"] for answer in answers} == {"video_not_found", "job_not_found"}
    assert caller.get(f"/{video['id']}").json()["title"] == video["title"]
