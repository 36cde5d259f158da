"""What a request that cannot be served costs: nothing. And what it says: what to do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.videos.installation import SCRIPT, Caller, Installation

GOOD = {"script": SCRIPT, "avatar_id": "maya"}
REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "an empty script": ({"script": ""}, 400, "at least one word"),
    "white space only": ({"script": " \n\u00a0\u3000\t"}, 400, "at least one word"),
    "nothing that anybody sees": ({"script": "\u200b\u2060\ufeff"}, 400, "at least one word"),
    "a script that is too long": ({"script": "word " * 5_000}, 400, "24,999 characters; at most 20,000"),
    "a script as long as a body": ({"script": "x" * 900_000}, 400, "900,000 characters; at most 20,000"),
    "a control character": ({"script": "One.\nTwo \x1b[31m."}, 400, "U+001B in line 2, column 5"),
    "an avatar that is not there": ({"avatar_id": "nobody"}, 404, "GET /api/v1/videos/avatars"),
    "a voice that is not there": ({"voice_id": "nobody"}, 400, "nobody"),
    "a background that is not there": ({"background": "the moon"}, 400, "the moon"),
    "a shape that is not offered": ({"aspect_ratio": "21:9"}, 422, "'16:9', '9:16', '1:1' or '4:5'"),
    "a size that is not offered": ({"resolution": "4k"}, 422, "'720p' or '1080p'"),
    "a field that is not known": ({"speed": 2}, 422, "Extra inputs are not permitted"),
}
READABLE = {
    "ten thousand words": ("so " * 6_600, "so " * 6_599 + "so"),
    "one endless word": ("a" * 20_000, "a" * 20_000),
    "right to left": ("שלום לכולם. مرحبا بالعالم.", "שלום לכולם. مرحبا بالعالم."),
    "emoji of several characters": ("Hi 👩‍👩‍👧‍👦 and 🏳️‍🌈!", "Hi 👩‍👩‍👧‍👦 and 🏳️‍🌈!"),
    "speech markup": ('<speak>Hello<break time="1s"/> <prosody rate="slow">you</prosody></speak>', "Hello\nyou"),
    "a script of a page": ("Hi<script>alert(1)</script> there", "Hi there"),
    "what looks like markup": ("2 < 3 and 5 > 4", "2 < 3 and 5 > 4"),
    "what looks like a statement": ("Robert'); DROP TABLE videos;--", "Robert'); DROP TABLE videos;--"),
    "line ends of Windows": ("One.\r\nTwo.", "One.\nTwo."),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_why_and_costs_nothing(caller: Caller, name: str) -> None:
    wrong, status, words = REFUSED[name]
    before = caller.credits()
    answer = caller.post("", GOOD | wrong)
    assert answer.status_code == status
    assert words in str(answer.json()["detail"])
    assert _traces(caller) == ([], [], [], before)


@pytest.mark.parametrize("name", READABLE)
def test_what_can_be_spoken_is_spoken_as_it_reads(caller: Caller, name: str) -> None:
    script, spoken = READABLE[name]
    assert caller.make(script=script)["script"] == spoken


def test_ten_thousand_short_words_are_too_long_only_by_their_characters(caller: Caller) -> None:
    answer = caller.post("", GOOD | {"script": "word " * 10_000})
    assert (answer.status_code, answer.json()["code"]) == (400, "script_too_long")
    assert (answer.json()["characters"], answer.json()["limit"]) == (49_999, 20_000)
    assert len(caller.make(script="a " * 10_000)["script"].split()) == 10_000


@pytest.mark.parametrize(
    "name", [name for name, (wrong, _, _) in REFUSED.items() if wrong.keys() & {"script", "voice_id"}]
)
def test_a_render_that_is_refused_leaves_the_video_as_it_was(
    caller: Caller, installation: Installation, name: str
) -> None:
    video, before = installation.ready(caller), caller.credits()
    wrong, status, words = REFUSED[name]
    answer = caller.post(f"/{video['id']}/renders", wrong)
    assert answer.status_code == status
    assert words in str(answer.json()["detail"])
    after = caller.get(f"/{video['id']}").json()
    assert (after["status"], after["script"], after["render"]) == ("ready", SCRIPT, video["render"])
    assert caller.credits() == before


def test_one_credit_too_few_is_told_before_anything_runs(installation: Installation, caller: Caller) -> None:
    held = caller.get(f"/renders/{caller.make()['render']['id']}").json()["credits"]["held"]
    poor = installation.caller(balance=held - 1)
    answer = poor.post("", GOOD)
    assert (answer.status_code, answer.json()["code"]) == (402, "insufficient_credits")
    assert str(held) in answer.json()["detail"]
    assert _traces(poor)[:2] == ([], [])
    assert (poor.credits()["available"], poor.credits()["held"]) == (held - 1, 0)
    assert installation.caller(balance=held).post("", GOOD).status_code == 202


def test_a_cap_refuses_new_renders_until_it_is_raised(installation: Installation, caller: Caller) -> None:
    _cap(installation, caller, 1)
    answer = caller.post("", GOOD)
    assert (answer.status_code, _traces(caller)[:2]) == (402, ([], []))
    assert "cap" in answer.json()["detail"]
    _cap(installation, caller, None)
    assert caller.post("", GOOD).status_code == 202


def test_a_revoked_key_makes_nothing(installation: Installation, caller: Caller) -> None:
    with installation.services.database.session_scope() as session:
        other = installation.services.accounts.create_key(session, workspace_id=caller.workspace_id, name="other")
        installation.services.accounts.revoke_key(session, workspace_id=caller.workspace_id, key_id=other.key.id)
    answer = caller.call("POST", json=GOOD, headers={"Authorization": f"Bearer {other.plaintext}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert _traces(caller)[:2] == ([], [])


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 422), (b"{", 422), (b"null", 422), (b"[]", 422), (b'"script"', 422), (b"\xff\xfe", 400)],
    ids=["nothing", "half", "null", "list", "text", "no UTF-8"],
)
def test_a_body_that_is_no_object_is_told_as_such(caller: Caller, content: bytes, status: int) -> None:
    answer = caller.call("POST", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_a_body_that_is_too_large_is_refused_with_the_limit(caller: Caller) -> None:
    answer = caller.post("", GOOD | {"script": "x" * 1_100_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
    assert answer.json()["limit"] == 1_048_576


def _traces(caller: Caller) -> tuple[Any, ...]:
    """All that a request can leave: videos, jobs, movements after the grant, and what the credits say."""
    ledger = caller.get("/api/v1/credits/ledger").json()["items"]
    moved = [entry for entry in ledger if entry["kind"] != "grant"]
    return caller.get().json()["items"], caller.get("/renders").json()["items"], moved, caller.credits()


def _cap(installation: Installation, caller: Caller, hard: int | None) -> None:
    with installation.services.database.session_scope() as session:
        installation.services.credits.set_caps(session, workspace_id=caller.workspace_id, soft_cap=None, hard_cap=hard)
