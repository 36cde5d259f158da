"""A POST that is sent twice with one key makes one video."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.videos.installation import SCRIPT, Caller, Installation

BODY = {"script": SCRIPT, "avatar_id": "maya"}


def test_the_same_key_and_body_get_the_same_answer(caller: Caller) -> None:
    first, second = (caller.post("", BODY, Idempotency_Key="k") for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.content == second.content
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert len(caller.get().json()["items"]) == 1
    assert caller.credits()["held"] == caller.get("/renders").json()["items"][0]["credits"]["held"]


def test_a_body_that_says_the_same_in_other_words_is_the_same(caller: Caller) -> None:
    first = caller.post("", BODY | {"fps": 25}, Idempotency_Key="k")
    second = caller.post("", BODY | {"fps": "25", "aspect_ratio": "16:9", "title": None}, Idempotency_Key="k")
    assert first.json()["id"] == second.json()["id"]


def test_the_same_key_with_another_body_is_refused(caller: Caller) -> None:
    caller.post("", BODY, Idempotency_Key="k")
    answer = caller.post("", BODY | {"avatar_id": "daniel"}, Idempotency_Key="k")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reuse")


def test_keys_of_two_workspaces_are_two_keys(caller: Caller, stranger: Caller) -> None:
    mine, theirs = caller.post("", BODY, Idempotency_Key="k"), stranger.post("", BODY, Idempotency_Key="k")
    assert mine.json()["id"] != theirs.json()["id"]


def test_a_request_that_failed_may_be_sent_again_with_its_key(installation: Installation) -> None:
    poor = installation.caller(balance=0)
    assert poor.post("", BODY, Idempotency_Key="k").status_code == 402
    with installation.services.database.session_scope() as session:
        installation.services.credits.grant(session, workspace_id=poor.workspace_id, amount=100, key="more")
    assert poor.post("", BODY, Idempotency_Key="k").status_code == 202


def test_of_many_at_once_one_makes_the_video(caller: Caller) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: caller.post("", BODY, Idempotency_Key="k"), range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(caller.get().json()["items"]) == 1


def test_a_render_can_be_asked_for_twice(caller: Caller, installation: Installation) -> None:
    video = installation.ready(caller)
    again = [caller.post(f"/{video['id']}/renders", {"fps": 30}, Idempotency_Key="k") for _ in range(2)]
    assert [answer.status_code for answer in again] == [202, 202]
    assert again[0].json()["render"]["id"] == again[1].json()["render"]["id"]


def test_a_key_that_is_none_is_refused(caller: Caller) -> None:
    answer = caller.post("", BODY, Idempotency_Key="x" * 256)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")
