"""Asking for webinars: what is made of an order, and what is refused before anything is paid."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.clock import utc_now
from app.core.ids import new_id
from app.modules.videos.composition import Composition
from app.modules.videos.models import FilePage, LibraryFile, RenderJob
from app.modules.videos.scenery import Arrangement, BrollSound, Corner, TransitionKind
from tests.videos.installation import Caller, Installation

SCRIPT = "# Welcome\nGood morning, everybody.\n\n# Growth\nRevenue went up. Now look at the numbers on this page.\n"


@pytest.fixture
def deck(installation: Installation, caller: Caller) -> str:
    """Two pages, the first with notes."""
    return deck_of(installation, caller, notes=["Good morning.", None])


def deck_of(installation: Installation, caller: Caller, *, notes: list[str | None], status: str = "ready") -> str:
    file_id = add_file(installation, caller, "deck", {"kind": "deck"}, status=status, name="launch.pdf")
    with installation.services.database.session_scope() as session:
        for number, note in enumerate(notes, 1):
            stored = {
                "page": {"blob": f"files/{file_id}/{number}.png", "sha256": f"{number:064x}", "type": "image/png"}
            }
            session.add(
                FilePage(
                    file_id=file_id, number=number, width=1920, height=1080, title=f"Page {number}", text="",
                    notes=note, files=stored,
                )
            )  # fmt: skip
    return file_id


def add_file(
    installation: Installation, caller: Caller, kind: str, facts: dict[str, Any], *, status: str = "ready", name: str
) -> str:
    file_id, moment = new_id(), utc_now()
    stored = {"blob": f"files/{file_id}/x", "sha256": "ab" * 32, "type": "application/octet-stream"}
    with installation.services.database.session_scope() as session:
        session.add(
            LibraryFile(
                id=file_id, workspace_id=caller.workspace_id, status=status, kind=kind, name=name, title="The launch",
                details={}, facts=facts, files={"original": stored, "image": stored}, created_at=moment,
                updated_at=moment,
            )
        )  # fmt: skip
    return file_id


def make(caller: Caller, **wanted: Any) -> dict[str, Any]:
    answer = caller.post("/webinars", wanted)
    assert answer.status_code == 202, answer.text
    return answer.json()


def refused(caller: Caller, status: int = 400, **wanted: Any) -> str:
    before = caller.credits()
    answer = caller.post("/webinars", wanted)
    assert answer.status_code == status, answer.text
    assert caller.credits() == before
    assert caller.get("", kind="webinar").json()["items"] == []
    return str(answer.json()["detail"])


def composition(installation: Installation, video: dict[str, Any]) -> Composition:
    with installation.services.database.read_scope() as session:
        return Composition.model_validate(session.get_one(RenderJob, video["render"]["id"]).composition)


def test_a_deck_and_a_script_become_a_scene_for_each_page(
    installation: Installation, caller: Caller, deck: str
) -> None:
    video = make(caller, deck=deck, script=SCRIPT, avatar_id="maya")
    assert (video["kind"], video["source"], video["status"]) == ("webinar", "generated", "rendering")
    assert video["title"] == "The launch"
    scenes = composition(installation, video).scenes
    assert [scene.title for scene in scenes] == ["Welcome", "Growth"]
    assert [scene.slide.sha256[-1] for scene in scenes if scene.slide] == ["1", "2"]
    assert scenes[0].script == "Good morning, everybody."
    assert [scene.transition.kind for scene in scenes] == [TransitionKind.CUT, TransitionKind.FADE]
    assert (scenes[0].layout.arrangement, scenes[0].layout.corner) == (Arrangement.OVERLAY, Corner.AUTO)


def test_speaker_notes_are_the_script_when_there_is_none(installation: Installation, caller: Caller) -> None:
    deck = deck_of(installation, caller, notes=["Good morning.", "Thank you."])
    scenes = composition(installation, make(caller, deck=deck, avatar_id="maya")).scenes
    assert [(scene.title, scene.script) for scene in scenes] == [("Page 1", "Good morning."), ("Page 2", "Thank you.")]


def test_the_hold_covers_what_is_said_and_what_is_only_shown(caller: Caller, deck: str) -> None:
    before = caller.credits()["available"]
    make(caller, deck=deck, scenes=[{"script": "a" * 90, "avatar_id": "maya"}, {"duration": 30}])
    held = before - caller.credits()["available"]
    assert 40 <= held <= 45


def test_a_marker_in_the_script_places_b_roll_at_its_words(
    installation: Installation, caller: Caller, deck: str
) -> None:
    broll = installation.ready(caller)["id"]
    script = SCRIPT.replace("Now look", f"{{broll: {broll}, for: 1, fit: inset}}Now look")
    scene = composition(installation, make(caller, deck=deck, script=script, avatar_id="maya")).scenes[1]
    assert scene.script == "Revenue went up. Now look at the numbers on this page."
    assert [(each.phrase, each.duration_ms, each.fit) for each in scene.broll] == [("now look at", 1000, "inset")]


def test_a_video_that_a_webinar_uses_is_not_deleted_by_accident(
    installation: Installation, caller: Caller, deck: str
) -> None:
    broll = installation.ready(caller)["id"]
    scenes = [{"duration": 5, "broll": [{"video_id": broll, "at": 1, "duration": 1}]}]
    webinar = make(caller, deck=deck, scenes=scenes, title="Spring")
    answer = caller.delete(f"/{broll}")
    assert answer.status_code == 409
    assert "Spring" in answer.json()["detail"]
    caller.post(f"/renders/{webinar['render']['id']}/cancel")
    assert caller.delete(f"/{webinar['id']}").status_code == 204
    assert caller.delete(f"/{broll}").status_code == 204


def test_one_recording_is_cut_where_the_slides_change(installation: Installation, caller: Caller, deck: str) -> None:
    host = installation.ready(caller)
    half = host["duration"] / 2
    video = make(caller, deck=deck, recording={"video_id": host["id"], "slide_times": [0, half]})
    clips = [scene.recording for scene in composition(installation, video).scenes]
    assert [(clip.start_ms, clip.stop_ms) for clip in clips if clip] == [
        (0, round(half * 1000)),
        (round(half * 1000), round(host["duration"] * 1000)),
    ]


def test_a_script_beside_a_recording_is_what_is_said_in_it(
    installation: Installation, caller: Caller, deck: str
) -> None:
    host = installation.ready(caller)
    whole = {"video_id": host["id"], "slide_times": [0, host["duration"] / 2]}
    first, second = composition(
        installation, make(caller, deck=deck, recording=whole, script=SCRIPT, language="en-GB")
    ).scenes
    assert first.recording is not None
    assert (first.speaker, first.script, first.language) == (None, "Good morning, everybody.", "en-GB")
    assert second.script.startswith("Revenue went up.")
    assert first.recording.captions is not None
    broll = {"video_id": host["id"], "at": "the numbers", "duration": 0.4}
    scenes = [
        {"recording": {"video_id": host["id"]}, "script": "Look at the numbers.", "broll": [broll]},
        {"script": "Said by an avatar.", "avatar_id": "maya"},
    ]
    heard, spoken = composition(installation, make(caller, deck=deck, recording=whole, scenes=scenes)).scenes
    assert (heard.broll[0].phrase, heard.speaker) == ("the numbers", None)
    assert spoken.speaker is not None
    assert spoken.recording is None


def test_what_cannot_be_made_is_refused_by_scene_before_anything_is_paid(
    installation: Installation, caller: Caller, deck: str
) -> None:
    host = installation.ready(caller)
    seconds = host["duration"]
    said = {"script": "Look at the numbers. Look at the numbers again.", "avatar_id": "maya"}
    image = {"file_id": add_file(installation, caller, "audio", {"duration_ms": 900}, name="bed.mp3")}

    def of(**scene: Any) -> str:
        return refused(caller, deck=deck, scenes=[{"duration": 2}, scene])

    assert "has 1 heading and the deck has 2 pages" in refused(caller, deck=deck, script="# One\nHello.")
    assert "Line 1 of the script stands before the first heading" in refused(caller, deck=deck, script="Hello.")
    assert "no heading" in refused(caller, deck=deck, script="\n\n")
    assert "Page 2 of the deck has no speaker notes" in refused(caller, deck=deck, avatar_id="maya")
    assert "Scene 3 is to show page 3 of the deck, which has 2 pages" in refused(
        caller, deck=deck, scenes=[{"duration": 2}] * 3
    )
    assert "nothing to show" in refused(caller)
    assert of() == "Scene 2 (“Page 2”): it has nothing to say. Give it a script, a recording, audio, or a duration."
    assert "Scene 2 (“Page 2”): nobody says its script" in of(script="Hello.")
    assert "it would last 0.1 s" in of(duration=0.1)
    assert "it has script and duration" in of(script="Hello.", duration=2)
    assert "do not occur in its script" in of(**said, broll=[{"video_id": host["id"], "at": "the moon", "duration": 1}])
    assert "occur 2 times" in of(**said, broll=[{"video_id": host["id"], "at": "at the Numbers", "duration": 1}])
    assert "needs a script" in of(duration=3, broll=[{"video_id": host["id"], "at": "numbers", "duration": 1}])
    assert "does not fit: the scene lasts 3 s" in of(
        duration=3, broll=[{"video_id": host["id"], "at": 2.5, "duration": 1}]
    )
    assert "are left of the video" in of(duration=90, broll=[{"video_id": host["id"], "duration": seconds + 5}])
    assert "is of kind audio; a file of kind image is needed" in of(duration=9, broll=[image | {"duration": 1}])
    assert f"which lasts {seconds:g} s" in of(recording={"video_id": host["id"], "start": 0, "end": seconds + 3})
    assert "There are 2 scenes and 1 slide time." in refused(
        caller, deck=deck, recording={"video_id": host["id"], "slide_times": [0]}
    )
    assert "Slide times have to rise" in refused(
        caller, deck=deck, recording={"video_id": host["id"], "slide_times": [1, 1]}
    )
    assert "Scene 2 begins at 900 s, but the recording lasts" in refused(
        caller, deck=deck, recording={"video_id": host["id"], "slide_times": [0, 900]}
    )
    assert "The music is the sound bed.mp3" in refused(caller, deck=deck, script=SCRIPT, avatar_id="maya", music=image)
    waiting = deck_of(installation, caller, notes=["x"], status="processing")
    assert "is processing, not ready" in refused(caller, deck=waiting, avatar_id="maya")


def test_what_is_heard_beside_speech(installation: Installation, caller: Caller, deck: str) -> None:
    bed = add_file(installation, caller, "audio", {"duration_ms": 90_000}, name="bed.mp3")
    broll = {"video_id": installation.ready(caller)["id"], "duration": 1, "at": 0.5, "sound": "ducked"}
    wanted = {"file_id": bed, "level": -14, "fade_out": 0.5}
    made = composition(installation, make(caller, deck=deck, music=wanted, scenes=[{"duration": 3, "broll": [broll]}]))
    assert made.music is not None
    music = made.music
    assert (music.level_db, music.duck, music.fade_in_ms, music.fade_out_ms) == (-14, True, 1000, 500)
    assert made.scenes[0].broll[0].sound is BrollSound.DUCKED
    marked = f"# A\nLook: {{broll: {broll['video_id']}, for: 1, sound: mixed}} here it is.\n\n# B\nDone."
    made = composition(installation, make(caller, deck=deck, script=marked, avatar_id="maya"))
    assert made.scenes[0].broll[0].sound is BrollSound.MIXED


def test_b_roll_without_sound_is_not_asked_to_be_heard(installation: Installation, caller: Caller, deck: str) -> None:
    picture = add_file(installation, caller, "image", {"width": 640, "height": 360}, name="chart.png")
    scenes = [{"duration": 3, "broll": [{"file_id": picture, "duration": 1, "sound": "mixed"}]}]
    loud = "# A\nLook: {broll: x, sound: loud} here.\n\n# B\nDone."
    assert "sound is off or ducked or mixed" in refused(caller, deck=deck, script=loud, avatar_id="maya")
    assert "B-roll is to be heard, but the image chart.png" in refused(caller, deck=deck, scenes=scenes)


def test_what_is_of_another_workspace_does_not_exist(
    installation: Installation, caller: Caller, stranger: Caller, deck: str
) -> None:
    assert (
        refused(stranger, 404, deck=deck, script=SCRIPT, avatar_id="maya") == "There is no such file in this workspace."
    )
    theirs = installation.ready(stranger)["id"]
    scenes = [{"duration": 4, "broll": [{"video_id": theirs, "duration": 1}]}]
    assert "Scene 1 (“Page 1”): There is no such video" in refused(caller, 404, deck=deck, scenes=scenes)


@pytest.mark.parametrize(
    "wanted",
    [
        {"scenes": []},
        {"scenes": [{"duration": -1}]},
        {"scenes": [{"layout": {"size": 3}}]},
        {"scenes": [{"broll": [{"duration": 1}]}]},
        {"captions": "subtitled"},
        {"language": "klingon"},
        {"music": "bed.mp3"},
        {"music": {"file_id": "x", "level": 3}},
        {"recording": {"video_id": "x", "slide_times": [float(10**9)]}},
    ],
    ids=str,
)
def test_what_is_no_webinar_at_all_is_a_422(caller: Caller, wanted: dict[str, Any]) -> None:
    assert caller.post("/webinars", wanted).status_code == 422


def test_a_changed_webinar_is_a_new_revision_of_the_same_id(
    installation: Installation, caller: Caller, deck: str
) -> None:
    order = {"deck": deck, "script": SCRIPT, "avatar_id": "maya"}
    video = make(caller, **order, title="Spring", tags=["one"])
    assert video["script"] == "Good morning, everybody.\n\nRevenue went up. Now look at the numbers on this page."
    path, changed = f"/webinars/{video['id']}", order | {"script": SCRIPT.replace("went up", "went down")}
    assert caller.call("PUT", path, json=changed).json()["code"] == "render_in_progress"
    installation.finish(video["render"]["id"])
    answer = caller.call("PUT", path, json=changed)
    assert answer.status_code == 202, answer.text
    again = answer.json()
    assert (again["id"], again["title"], again["tags"]) == (video["id"], "Spring", ["one"])
    assert again["render"]["id"] != video["render"]["id"]
    scenes = composition(installation, again).scenes
    assert scenes[1].script.startswith("Revenue went down.")
    installation.finish(again["render"]["id"])
    shown = caller.get(f"/{video['id']}").json()
    assert (shown["revision"], "went down" in shown["script"]) == (2, True)


def test_only_webinars_are_changed_like_that(
    installation: Installation, caller: Caller, stranger: Caller, deck: str
) -> None:
    order = {"deck": deck, "script": SCRIPT, "avatar_id": "maya"}
    spoken, video = installation.ready(caller), make(caller, **order)
    assert caller.call("PUT", f"/webinars/{spoken['id']}", json=order).json()["code"] == "not_renderable"
    assert stranger.call("PUT", f"/webinars/{video['id']}", json=order).status_code == 404
    installation.finish(video["render"]["id"])
    answer = caller.post(f"/{video['id']}/renders", {"script": "Hello."})
    assert (answer.status_code, "PUT /api/v1/videos/webinars" in answer.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    "script",
    [
        "# " + "long " * 50,
        "# A\n{broll: " + "x" * 101 + "} Hello.",
        "# A\n{broll: x, for: 0} Hello.",
        "# A\n{broll: x} " + "y" * 600,
        "# A\n" + "{broll: x} Hello. " * 51,
        "# A\n" + "word " * 30_000,
        "# A\n\u0007Hello.",
        "# A\n{broll: file/} Hello.",
        "# A\n{broll: x}",
        "# A\n***",
    ],
    ids=range(10),
)
def test_no_script_is_more_than_the_server_can_refuse(caller: Caller, script: str) -> None:
    assert refused(caller, script=script, avatar_id="maya").startswith("Scene 1")


def test_a_refusal_keeps_its_code_and_its_facts(caller: Caller) -> None:
    answer = caller.post("/webinars", {"script": "# A\n" + "word " * 10_000, "avatar_id": "maya"}).json()
    assert answer["detail"].startswith("Scene 1 (“A”): The script has")
    assert (answer["code"], answer["limit"]) == ("script_too_long", 20_000)


def test_the_same_key_makes_one_webinar(caller: Caller, deck: str) -> None:
    body = {"deck": deck, "script": SCRIPT, "avatar_id": "maya"}
    first, again = (caller.post("/webinars", body, Idempotency_Key="w-1") for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    assert caller.post("/webinars", body | {"title": "x"}, Idempotency_Key="w-1").status_code == 409
