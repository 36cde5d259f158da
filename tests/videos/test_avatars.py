"""Avatar profiles, voices and backgrounds."""

from __future__ import annotations

from typing import Any

import pytest

from app.avatars.studio.cast import CAST
from app.modules.videos.avatars import ensure_built_in
from tests.videos.installation import Caller, Installation


def test_the_built_in_presenters_are_there_from_the_start(caller: Caller) -> None:
    profiles = {profile["id"]: profile for profile in caller.get("/avatars").json()["items"]}
    assert set(profiles) == set(CAST)
    assert len(profiles) >= 6
    voices = {voice["id"]: voice for voice in caller.get("/voices").json()["items"]}
    for profile in profiles.values():
        assert profile["built_in"]
        assert voices[profile["voice_id"]]["gender"] == CAST[profile["id"]].gender
        assert voices[profile["voice_id"]]["engine"] == "espeak"


def test_starting_again_changes_nothing(caller: Caller, installation: Installation) -> None:
    before = caller.get("/avatars").json()
    with installation.services.database.session_scope() as session:
        ensure_built_in(session)
    assert caller.get("/avatars").json() == before


def test_a_profile_takes_what_is_left_out_from_its_presenter(caller: Caller) -> None:
    answer = caller.post("/avatars", {"name": "Second Omar", "provider_avatar_id": "omar"})
    profile = answer.json()
    assert (answer.status_code, profile["built_in"]) == (201, False)
    assert (profile["voice_id"], profile["background"]) == ("espeak-en-us-frank", CAST["omar"].default_backdrop)
    assert caller.get(f"/avatars/{profile['id']}").json() == profile
    assert caller.get("/avatars").json()["items"][0] == profile
    assert caller.make(avatar_id=profile["id"])["avatar_id"] == profile["id"]


def test_a_profile_can_be_changed(caller: Caller) -> None:
    profile = _profile(caller, metadata={"a": 1})
    changed = caller.patch(f"/avatars/{profile['id']}", {"voice_id": "espeak-en-gb-ruth", "metadata": {"b": 2}}).json()
    assert changed["voice_id"] == "espeak-en-gb-ruth"
    assert (changed["name"], changed["metadata"]) == (profile["name"], {"a": 1, "b": 2})
    assert caller.get(f"/avatars/{profile['id']}").json() == changed


@pytest.mark.parametrize("body", [{"name": None}, {"voice_id": None}, {"background": ""}, {"provider": "fake"}])
def test_a_change_that_does_not_fit_is_refused(caller: Caller, body: dict[str, Any]) -> None:
    profile = _profile(caller)
    assert caller.patch(f"/avatars/{profile['id']}", body).status_code == 422


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"provider": "heygen"}, "unknown_provider"),
        ({"provider_avatar_id": "nobody"}, "unknown_character"),
        ({"voice_id": "nobody"}, "unknown_voice"),
        ({"background": "nowhere"}, "unknown_backdrop"),
    ],
)
def test_a_profile_of_what_does_not_exist_is_refused(caller: Caller, wrong: dict[str, str], code: str) -> None:
    created = caller.post("/avatars", {"name": "X", "provider_avatar_id": "maya"} | wrong)
    assert (created.status_code, created.json()["code"]) == (400, code)
    profile = _profile(caller)
    if "provider" not in wrong:
        changed = caller.patch(f"/avatars/{profile['id']}", wrong)
        assert (changed.status_code, changed.json()["code"]) == (400, code)
    assert caller.get(f"/avatars/{profile['id']}").json() == profile


def test_built_in_profiles_cannot_be_changed(caller: Caller) -> None:
    for answer in (caller.patch("/avatars/maya", {"name": "Mine"}), caller.delete("/avatars/maya")):
        assert (answer.status_code, answer.json()["code"]) == (409, "built_in_avatar")
    assert caller.get("/avatars/maya").json()["name"] == "Maya"


def test_profiles_of_another_workspace_do_not_exist(caller: Caller, stranger: Caller) -> None:
    profile = _profile(caller)
    path = f"/avatars/{profile['id']}"
    answers = [stranger.get(path), stranger.patch(path, {"name": "Mine"}), stranger.delete(path)]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "avatar_not_found")] * 3
    assert profile["id"] not in {one["id"] for one in stranger.get("/avatars").json()["items"]}
    assert caller.get(path).json() == profile


def test_a_profile_that_is_deleted_is_gone(caller: Caller) -> None:
    profile = _profile(caller)
    assert caller.delete(f"/avatars/{profile['id']}").status_code == 204
    assert caller.delete(f"/avatars/{profile['id']}").status_code == 404


def test_voices_can_be_filtered(caller: Caller) -> None:
    def found(**filters: str) -> list[dict[str, str]]:
        return caller.get("/voices", **filters).json()["items"]

    assert {voice["language"] for voice in found(language="en")} == {"en-US", "en-GB"}
    assert {voice["language"] for voice in found(language="EN_gb")} == {"en-GB"}
    assert {voice["gender"] for voice in found(gender="male")} == {"male"}
    assert {voice["engine"] for voice in found(engine="espeak")} == {"espeak"}
    assert found(language="e") == []
    assert caller.get("/voices", gender="robot").status_code == 422


def test_every_background_can_be_used(caller: Caller) -> None:
    for background in caller.get("/backgrounds").json()["items"]:
        assert caller.make(background=background["id"])["background"] == background["id"]


def _profile(caller: Caller, **values: Any) -> dict[str, Any]:
    return caller.post("/avatars", {"name": "Mine", "provider_avatar_id": "maya"} | values).json()
