"""Asking for clips and for what is said: over HTTP, without workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.modules.videos.clips.moments import Candidate
from app.modules.videos.clips.searching import SearchSteps
from app.modules.videos.composition import Composition
from app.modules.videos.models import RenderJob
from app.modules.videos.pipeline.artifacts import Artifacts
from app.modules.videos.pipeline.workshop import Making, Workshop
from tests.videos.installation import Caller, Installation

WORDS = [
    {"start": 0.2, "end": 0.5, "text": "Welcome"},
    {"start": 0.5, "end": 0.9, "text": "everybody."},
    {"start": 1.0, "end": 1.3, "text": "Paper"},
    {"start": 1.3, "end": 1.7, "text": "boats"},
    {"start": 1.7, "end": 2.1, "text": "float,"},
    {"start": 2.2, "end": 2.5, "text": "paper"},
    {"start": 2.5, "end": 2.9, "text": "planes"},
    {"start": 2.9, "end": 3.2, "text": "fly."},
]


@pytest.fixture
def video(caller: Caller, installation: Installation) -> str:
    """Of eight seconds, with words."""
    made = installation.ready(caller)
    assert made["duration"] >= 4
    assert caller.call("PUT", f"/{made['id']}/transcript", json={"words": WORDS}).status_code == 200
    return str(made["id"])


def composition(installation: Installation, clip: dict[str, Any]) -> Composition:
    with installation.services.database.read_scope() as session:
        query = sa.select(RenderJob).where(RenderJob.video_id == clip["id"]).order_by(RenderJob.revision.desc())
        job = session.scalars(query.limit(1)).one()
    return Composition.model_validate(job.composition)


def ask(caller: Caller, video: str, **wanted: Any) -> dict[str, Any]:
    answer = caller.post(f"/{video}/clips", wanted)
    assert answer.status_code == 202, answer.text
    return answer.json()


def test_a_range_becomes_a_video_of_kind_clip_with_its_parent(
    caller: Caller, installation: Installation, video: str
) -> None:
    (clip,) = ask(caller, video, ranges=[{"start": 0.9, "end": 3.3, "title": "Boats"}])["clips"]
    assert (clip["parent_id"], clip["start"], clip["end"], clip["score"]) == (video, 0.9, 3.3, None)
    found = clip["video"]
    assert (found["kind"], found["source"], found["status"]) == ("clip", "generated", "rendering")
    assert (found["title"], found["aspect_ratio"], found["parent_id"]) == ("Boats", "9:16", video)
    made = composition(installation, clip)
    assert made.scenes[0].script == "Paper boats float, paper planes fly."
    assert [word.text for word in made.scenes[0].words][:2] == ["Paper", "boats"]
    assert made.lufs == -14
    assert [each["id"] for each in caller.get(f"/{video}/clips").json()["items"]] == [clip["id"]]


def test_phrases_say_where_a_clip_begins_and_ends_and_never_cut_a_word(caller: Caller, video: str) -> None:
    (clip,) = ask(caller, video, ranges=[{"from_phrase": "Paper boats", "to_phrase": "planes, fly!"}])["clips"]
    assert 0.9 <= clip["start"] <= 1.0
    assert 3.2 <= clip["end"] <= 3.55


def test_each_platform_gets_its_own_clip_in_its_own_shape(caller: Caller, video: str) -> None:
    made = ask(caller, video, ranges=[{"start": 0, "end": 3.5}], platforms=["tiktok", "linkedin", "x"])["clips"]
    shapes = {each["platform"]: each["video"]["aspect_ratio"] for each in made}
    assert shapes == {"tiktok": "9:16", "linkedin": "4:5", "x": "1:1"}


def test_a_dry_run_answers_and_leaves_nothing_behind(caller: Caller, video: str) -> None:
    before = caller.credits()
    answer = ask(caller, video, ranges=[{"start": 0.9, "end": 3.3}], dry_run=True)
    assert answer["candidates"][0]["text"] == "Paper boats float, paper planes fly."
    assert (answer["clips"], caller.credits()) == ([], before)
    assert caller.get(f"/{video}/clips").json()["items"] == []


def test_a_clip_changes_its_shape_and_keeps_the_rest(caller: Caller, installation: Installation, video: str) -> None:
    wanted = {"ranges": [{"start": 0, "end": 3.5}], "captions": {"style": "boxed", "capitals": True}}
    (clip,) = ask(caller, video, **wanted)["clips"]
    assert caller.call("PUT", f"/clips/{clip['id']}", json={"aspect_ratio": "1:1"}).status_code == 409
    installation.finish(clip["video"]["render"]["id"])
    changed = caller.call("PUT", f"/clips/{clip['id']}", json={"aspect_ratio": "1:1", "end": 3.0})
    assert changed.status_code == 202, changed.text
    assert changed.json()["end"] == 3.0
    made = composition(installation, clip)
    assert made.picture.size == (1080, 1080)
    assert made.word_captions is not None
    assert (made.word_captions.style, made.word_captions.capitals) == ("boxed", True)


def test_the_same_request_is_carried_out_once(caller: Caller, video: str) -> None:
    body = {"ranges": [{"start": 0, "end": 3.5}]}
    first, second = (caller.post(f"/{video}/clips", body, Idempotency_Key="once") for _ in range(2))
    assert first.json() == second.json()
    assert len(caller.get(f"/{video}/clips").json()["items"]) == 1


def test_clips_go_with_the_video_they_were_cut_from(caller: Caller, video: str) -> None:
    (clip,) = ask(caller, video, ranges=[{"start": 0, "end": 3.5}])["clips"]
    assert caller.delete(f"/{video}").status_code == 204
    assert caller.get(f"/clips/{clip['id']}").status_code == 404
    assert caller.credits()["held"] == 0


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"start": 3, "end": 2}, "ends before it begins"),
        ({"start": 900, "end": 910}, "is not within the video, which lasts"),
        ({"start": 0, "end": 910}, "is not within the video"),
        ({"start": 1, "end": 1.02}, "too short"),
        ({"from_phrase": "paper", "end": 3}, "are said 2 times, at 0:01, 0:02"),
        ({"from_phrase": "submarines", "end": 3}, "“submarines” are not said in the video"),
        ({"start": 2, "to_phrase": "Welcome"}, "not said in the video after the start"),
    ],
)
def test_a_range_that_is_not_possible_says_why(caller: Caller, video: str, wanted: dict[str, Any], words: str) -> None:
    before = caller.credits()
    answer = caller.post(f"/{video}/clips", {"ranges": [{"start": 0, "end": 2}, wanted]})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_clip")
    assert words in answer.json()["detail"]
    assert (caller.credits(), caller.get(f"/{video}/clips").json()["items"]) == (before, [])


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"count": 3, "ranges": [{"start": 0, "end": 1}]},
        {"count": 0},
        {"count": 1, "min_seconds": 30, "max_seconds": 20},
        {"ranges": [{"start": 0}]},
        {"ranges": [{"start": -1, "end": 2}]},
        {"ranges": [{"start": 0, "end": 1}], "platforms": []},
        {"ranges": [{"start": 0, "end": 1}], "framing": {"keys": [{"time": 2, "x": 0.5}, {"time": 1, "x": 0.5}]}},
        {"ranges": [{"start": 0, "end": 1}], "captions": {"style": "neon"}},
    ],
)
def test_what_makes_no_sense_is_refused_by_the_schema(caller: Caller, video: str, wanted: dict[str, Any]) -> None:
    assert caller.post(f"/{video}/clips", wanted).status_code == 422


def test_a_platform_refuses_what_it_would_not_take(caller: Caller, video: str) -> None:
    answer = caller.post(f"/{video}/clips", {"ranges": [{"start": 0, "end": 1}], "platforms": ["tiktok"]})
    assert "TikTok takes videos of 3 to 600 s; this clip would last 1 s" in answer.json()["detail"]


def test_a_search_is_refused_for_what_a_platform_would_not_take(caller: Caller, video: str) -> None:
    wanted = {"count": 1, "min_seconds": 2, "max_seconds": 200, "platforms": ["x"]}
    assert "X takes videos of 0.5 to 140 s" in caller.post(f"/{video}/clips", wanted).json()["detail"]


def test_a_clip_is_not_rendered_again_as_a_presenter_video_is(caller: Caller, video: str) -> None:
    (clip,) = ask(caller, video, ranges=[{"start": 0, "end": 3.5}])["clips"]
    answer = caller.post(f"/{clip['id']}/renders", {"aspect_ratio": "1:1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_renderable")
    assert "PUT /api/v1/videos/clips/{id}" in answer.json()["detail"]


def test_nothing_is_cut_from_what_is_not_ready(caller: Caller) -> None:
    answer = caller.post(f"/{caller.make()['id']}/clips", {"ranges": [{"start": 0, "end": 1}]})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")


def test_credits_have_to_last_for_all_clips_or_none_is_made(installation: Installation) -> None:
    poor = installation.caller(balance=20)
    made = installation.ready(poor)
    left = poor.credits()["available"]
    many = [{"start": 0, "end": 3.5 + number / 10} for number in range(int(left) // 5 + 1)]
    answer = poor.post(f"/{made['id']}/clips", {"ranges": many})
    assert answer.status_code == 402
    assert poor.get(f"/{made['id']}/clips").json()["items"] == []
    assert poor.credits()["available"] == left


def test_clips_are_listed_by_pages(caller: Caller, video: str) -> None:
    ask(caller, video, ranges=[{"start": 0, "end": 3 + number / 10} for number in range(5)])
    seen, cursor = list[str](), None
    while True:
        page = caller.get(f"/{video}/clips", limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [clip["id"] for clip in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5


# what is said --------------------------------------------------------------------------------------------------------


def test_what_is_put_is_what_is_said_and_the_video_is_found_by_it(caller: Caller, video: str) -> None:
    found = caller.get(f"/{video}/transcript").json()
    assert (found["source"], found["exact"], len(found["words"])) == ("edited", True, 8)
    assert found["text"].startswith("Welcome everybody. Paper boats float")
    assert [each["id"] for each in caller.get("", q="planes").json()["items"]] == [video]


def test_subtitles_can_be_put_as_they_are(caller: Caller, video: str) -> None:
    srt = "1\n00:00:00,500 --> 00:00:02,500\nGood morning\neverybody\n"
    kept = caller.call("PUT", f"/{video}/transcript", json={"subtitles": srt, "language": "en-GB"}).json()
    assert [word["text"] for word in kept["words"]] == ["Good", "morning", "everybody"]
    assert (kept["words"][0]["start"], kept["words"][-1]["end"], kept["language"]) == (0.5, 2.5, "en-GB")
    assert kept["exact"] is False


def test_words_whose_times_are_only_known_by_captions_are_listened_for(
    caller: Caller, installation: Installation, video: str
) -> None:
    srt = "1\n00:00:00,500 --> 00:00:02,500\nGood morning\neverybody\n"
    caller.call("PUT", f"/{video}/transcript", json={"subtitles": srt, "language": "de"})
    (clip,) = ask(caller, video, ranges=[{"start": 0, "end": 3}])["clips"]
    scene = composition(installation, clip).scenes[0]
    assert (scene.script, scene.language, scene.words) == ("Good morning everybody", "de", ())
    refused = caller.post(f"/{video}/clips", {"ranges": [{"start": 0, "end": 3}], "clean": {}})
    assert "where the time of every word is known" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"subtitles": "no subtitles at all"}, "No subtitles were found"),
        ({"words": [{"start": 1, "end": 0.5, "text": "Back"}]}, "Word 1 (“Back”) ends at 0.5 s, before it begins"),
        (
            {"words": [{"start": 1, "end": 2, "text": "One"}, {"start": 0.5, "end": 2, "text": "two"}]},
            "Word 2 (“two”) begins at 0.5 s, before the one before it, at 1 s",
        ),
        ({"words": [{"start": 5000, "end": 5001, "text": "Late"}]}, "but the video lasts"),
        ({"words": [{"start": 0, "end": 1, "text": "  "}]}, "Word 1 is empty"),
    ],
)
def test_times_that_cannot_be_right_are_refused(caller: Caller, video: str, sent: dict[str, Any], words: str) -> None:
    answer = caller.call("PUT", f"/{video}/transcript", json=sent)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_transcript")
    assert words in answer.json()["detail"]
    assert len(caller.get(f"/{video}/transcript").json()["words"]) == 8


def test_topics_need_words(caller: Caller, installation: Installation) -> None:
    made = installation.ready(caller)
    answer = caller.post(f"/{made['id']}/clips", {"count": 1, "min_seconds": 1, "topics": ["boats"]})
    assert "It is not known what is said" in answer.json()["detail"]


def test_a_search_that_is_ordered_twice_makes_its_clips_once(
    caller: Caller, installation: Installation, video: str, tmp_path: Path
) -> None:
    """As after a crash between the commit and the record of the step."""
    asked = caller.post(f"/{video}/clips", {"count": 1, "min_seconds": 1, "max_seconds": 3})
    search_id = asked.json()["search"]["id"]
    steps = SearchSteps(*crew(installation, tmp_path), installation.services.clips)
    steps.begin(search_id)
    found = Candidate(
        start_ms=0, end_ms=2000, score=60, reasons=(), title="Boats", caption="Boats #paper", text="Paper boats"
    ).model_dump(mode="json")
    for _ in range(2):
        steps.order(search_id, [found], [])
    (clip,) = caller.get(f"/{video}/clips").json()["items"]
    assert (clip["score"], clip["caption"]) == (60, "Boats #paper")
    assert caller.credits()["held"] == 4
    assert caller.get(f"/clip-searches/{search_id}").json()["clip_ids"] == [clip["id"]]


def test_a_search_tells_how_far_it_is(caller: Caller, installation: Installation, video: str, tmp_path: Path) -> None:
    asked = caller.post(f"/{video}/clips", {"count": 1, "min_seconds": 1, "max_seconds": 3, "dry_run": True})
    search_id = asked.json()["search"]["id"]
    steps = SearchSteps(*crew(installation, tmp_path), installation.services.clips)

    def told() -> tuple[float, bool]:
        search = caller.get(f"/clip-searches/{search_id}").json()
        return search["progress"], search["eta_seconds"] is not None

    steps.tell(search_id, 0.1)  # of a worker that nobody waits for any more
    assert told() == (0.0, False)
    steps.begin(search_id)
    steps.tell(search_id, 0.5)
    assert told() == (0.5, True)
    steps.order(search_id, [], [])
    steps.tell(search_id, 0.7)
    assert told() == (1.0, False)


def crew(installation: Installation, folder: Path) -> tuple[Workshop, Making]:
    platform = installation.services.platform
    workshop = Workshop(
        database=platform.database,
        blobs=platform.blobs,
        artifacts=Artifacts(database=platform.database, blobs=platform.blobs),
        providers=platform.providers,
        nursery=platform.nursery,
        settlement=platform.settlement,
        scratch=folder,
        prints=folder,
    )
    return workshop, Making(workshop)
