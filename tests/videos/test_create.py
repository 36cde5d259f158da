"""Asking for a video: what is accepted, and what each kind of bad input is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.videos.installation import SCRIPT, Caller, Installation


def test_a_script_and_an_avatar_are_enough(caller: Caller) -> None:
    answer = caller.post("", {"script": SCRIPT, "avatar_id": "maya"})
    video = answer.json()
    assert answer.status_code == 202
    assert (video["status"], video["kind"], video["source"]) == ("rendering", "avatar", "generated")
    assert (video["aspect_ratio"], video["resolution"], video["fps"]) == ("16:9", "1080p", 25.0)
    assert (video["avatar_id"], video["voice_id"], video["script"]) == ("maya", "espeak-en-us-clara", SCRIPT)
    assert video["title"] == "Welcome to the show. Today we talk about paper…"
    assert (video["render"]["status"], video["render"]["progress"]) == ("queued", 0.0)
    assert video["download_url"] is None


def test_everything_can_be_chosen(caller: Caller) -> None:
    chosen = {
        "avatar_id": "daniel",
        "voice_id": "espeak-de-de-anton",
        "aspect_ratio": "4:5",
        "resolution": "720p",
        "fps": 29.97,
        "background": "#336699",
        "title": "Boats",
        "metadata": {"campaign": "spring", "tags": ["a", "ü"]},
    }
    video = caller.make(**chosen, captions="none")
    assert {name: video[name] for name in chosen} == chosen


@pytest.mark.parametrize("fps", [25, 25.0, "25", 29.97, "29.97", "23.976", 60])
def test_a_frame_rate_may_be_a_number_or_text(caller: Caller, fps: Any) -> None:
    assert caller.make(fps=fps)["fps"] == float(fps)


def test_credits_are_held_from_the_moment_it_is_asked_for(caller: Caller) -> None:
    made = caller.make()
    job = caller.get(f"/renders/{made['render']['id']}").json()
    assert job["credits"]["held"] > 0
    assert caller.credits()["held"] == job["credits"]["held"]


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("", "empty_script"),
        (" \n\t ", "empty_script"),
        ("🎉🎉🎉", "empty_script"),
        ("<p></p>", "empty_script"),
        ("word " * 5_000, "script_too_long"),
        ("bell \a rings", "control_characters"),
    ],
    ids=["empty", "white space", "emoji only", "markup only", "too long", "control character"],
)
def test_a_script_that_cannot_be_spoken_is_refused_with_the_reason(caller: Caller, script: str, code: str) -> None:
    answer = caller.post("", {"script": script, "avatar_id": "maya"})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert caller.get().json()["items"] == []
    assert caller.credits()["held"] == 0


def test_the_limit_of_a_script_is_said(caller: Caller) -> None:
    body = caller.post("", {"script": "word " * 5_000, "avatar_id": "maya"}).json()
    assert "20,000" in body["detail"]
    assert body["limit"] == 20_000


@pytest.mark.parametrize(
    ("script", "spoken"),
    [
        ("Hello <b>bold</b> & <i>brave</i> *world*", "Hello bold & brave world"),
        ("Great news 🎉 for all", "Great news 🎉 for all"),
        ("مرحبا بالعالم", "مرحبا بالعالم"),
        ("word " * 3_900, ("word " * 3_900).strip()),
    ],
    ids=["markup", "emoji", "right to left", "no punctuation"],
)
def test_what_people_paste_is_accepted(caller: Caller, script: str, spoken: str) -> None:
    assert caller.make(script=script)["script"] == spoken


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"aspect_ratio": "21:9"}, "aspect_ratio"),
        ({"resolution": "4k"}, "resolution"),
        ({"fps": 12}, "fps"),
        ({"fps": True}, "fps"),
        ({"captions": "subtitled"}, "captions"),
        ({"speed": 2}, "speed"),
        ({"avatar_id": ""}, "avatar_id"),
        ({"avatar_id": None}, "avatar_id"),
        ({"script": 7}, "script"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"big": "x" * 16_384}}, "metadata"),
        ({"metadata": {"a": [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}}, "metadata"),
    ],
)
def test_a_body_that_does_not_fit_names_the_field(caller: Caller, wrong: dict[str, Any], place: str) -> None:
    answer = caller.post("", {"script": SCRIPT, "avatar_id": "maya"} | wrong)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:2] == ["body", place]


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"avatar_id": "nobody"}, 404, "avatar_not_found"),
        ({"voice_id": "nobody"}, 400, "unknown_voice"),
        ({"background": "the moon"}, 400, "unknown_backdrop"),
    ],
)
def test_what_does_not_exist_is_named(caller: Caller, wrong: dict[str, Any], status: int, code: str) -> None:
    answer = caller.post("", {"script": SCRIPT, "avatar_id": "maya"} | wrong)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert next(iter(wrong.values())) in answer.json()["detail"]


@pytest.mark.parametrize("text", [r"\u0000", r"\ud800"], ids=["NUL", "half a character"])
@pytest.mark.parametrize("field", ["script", "title", "avatar_id"])
def test_text_that_cannot_be_stored_is_refused(caller: Caller, text: str, field: str) -> None:
    body = {"script": SCRIPT, "avatar_id": "maya", "title": "x"} | {field: "PLACE"}
    raw = str(body).replace("'", '"').replace("PLACE", f"a{text}b")
    answer = caller.call("POST", content=raw, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_text")


def test_without_credits_nothing_is_made(installation: Installation) -> None:
    poor = installation.caller(balance=0)
    answer = poor.post("", {"script": SCRIPT, "avatar_id": "maya"})
    assert (answer.status_code, answer.json()["code"]) == (402, "insufficient_credits")
    assert poor.get().json()["items"] == []
    assert poor.get("/renders").json()["items"] == []


def test_a_revoked_key_is_refused_at_once(installation: Installation, caller: Caller) -> None:
    assert caller.get().status_code == 200
    with installation.services.database.session_scope() as session:
        installation.services.accounts.revoke_key(session, workspace_id=caller.workspace_id, key_id=caller.key_id)
    answer = caller.get()
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_key_for_reading_cannot_make_videos(installation: Installation) -> None:
    reader = installation.caller(scopes=("videos:read",))
    assert reader.get().status_code == 200
    answer = reader.post("", {"script": SCRIPT, "avatar_id": "maya"})
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_anothers_avatar_is_as_unknown_as_none(caller: Caller, stranger: Caller) -> None:
    profile = stranger.post("/avatars", {"name": "Theirs", "provider_avatar_id": "maya"}).json()
    answer = caller.post("", {"script": SCRIPT, "avatar_id": profile["id"]})
    assert (answer.status_code, answer.json()["code"]) == (404, "avatar_not_found")
