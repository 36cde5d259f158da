"""Render jobs: watching, cancelling, and rendering again."""

from __future__ import annotations

import json
import threading
from typing import Any

from app.modules.videos import events
from tests.videos.installation import SCRIPT, Caller, Installation


def test_a_running_job_says_how_far_it_is(caller: Caller, installation: Installation) -> None:
    video = caller.make()
    installation.begin(video["render"]["id"], (100, 100), (50, 100))
    job = caller.get(f"/renders/{video['render']['id']}").json()
    assert (job["status"], job["stage"], job["error"], job["receipt"]) == ("rendering", "chunks", None, None)
    assert job["progress"] == 0.725  # 0.05 for the takes, three quarters of 0.90 for the chunks
    assert job["credits"]["charged"] is None
    shown = caller.get(f"/{video['id']}").json()["render"]
    assert (shown["id"], shown["progress"]) == (job["id"], job["progress"])


def test_a_finished_job_has_a_receipt(caller: Caller, installation: Installation) -> None:
    video = caller.make()
    installation.finish(video["render"]["id"], charged=3)
    job = caller.get(f"/renders/{video['render']['id']}").json()
    assert (job["status"], job["progress"], job["eta_seconds"]) == ("succeeded", 1.0, 0)
    assert job["credits"]["charged"] == 3
    assert job["receipt"]["seconds_made"] == 4.0
    assert job["started_at"] <= job["finished_at"]


def test_a_failed_job_says_why_and_costs_nothing(caller: Caller, installation: Installation) -> None:
    before = caller.credits()
    video = caller.make()
    installation.fail(video["render"]["id"], code="provider_refused", message="The vendor said no.")
    job = caller.get(f"/renders/{video['render']['id']}").json()
    assert job["error"] == {"code": "provider_refused", "message": "The vendor said no."}
    assert (job["credits"]["charged"], job["eta_seconds"]) == (0, None)
    assert caller.get(f"/{video['id']}").json()["status"] == "failed"
    assert caller.credits() == before


def test_jobs_can_be_listed_and_filtered(caller: Caller, installation: Installation) -> None:
    done, waiting = installation.ready(caller), caller.make()

    def found(**filters: str) -> list[str]:
        return [job["video_id"] for job in caller.get("/renders", **filters).json()["items"]]

    assert found() == [waiting["id"], done["id"]]
    assert found(status="queued") == found(video_id=waiting["id"]) == [waiting["id"]]
    assert found(created_before=waiting["created_at"]) == [done["id"]]
    first = caller.get("/renders", limit=1).json()
    rest = caller.get("/renders", limit=1, cursor=first["next_cursor"]).json()
    assert [job["video_id"] for job in rest["items"]] == [done["id"]]
    assert rest["next_cursor"] is None


def test_cancelling_gives_the_credits_back_once(caller: Caller) -> None:
    before = caller.credits()
    job_id = caller.make()["render"]["id"]
    canceled = caller.post(f"/renders/{job_id}/cancel")
    assert (canceled.status_code, canceled.json()["status"]) == (200, "canceled")
    assert canceled.json()["credits"]["charged"] == 0
    again = caller.post(f"/renders/{job_id}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "job_finished")
    assert caller.credits() == before


def test_rendering_again_makes_a_new_revision_of_the_same_video(caller: Caller, installation: Installation) -> None:
    video = installation.ready(caller)
    answer = caller.post(f"/{video['id']}/renders", {"aspect_ratio": "9:16", "voice_id": "espeak-en-gb-alice"})
    again = answer.json()
    assert (answer.status_code, again["id"]) == (202, video["id"])
    assert again["render"]["id"] != video["render"]["id"]
    assert (again["status"], again["revision"]) == ("rendering", 1)
    assert caller.client.get(again["download_url"]).status_code == 200
    installation.finish(again["render"]["id"])
    done = caller.get(f"/{video['id']}").json()
    assert (done["revision"], done["aspect_ratio"], done["voice_id"]) == (2, "9:16", "espeak-en-gb-alice")
    assert (done["script"], done["avatar_id"]) == (video["script"], "maya")


def test_only_one_render_of_a_video_runs_at_a_time(caller: Caller) -> None:
    video = caller.make()
    answer = caller.post(f"/{video['id']}/renders", {"aspect_ratio": "9:16"})
    assert (answer.status_code, answer.json()["code"]) == (409, "render_in_progress")


def test_a_copy_is_a_video_of_its_own(caller: Caller, installation: Installation) -> None:
    video = installation.ready(caller, title="Boats", metadata={"a": 1})
    copy = caller.post(f"/{video['id']}/renders", {"avatar_id": "daniel", "as_copy": True}).json()
    assert copy["id"] != video["id"]
    assert (copy["title"], copy["metadata"], copy["script"]) == ("Boats", {"a": 1}, video["script"])
    assert (copy["avatar_id"], copy["voice_id"]) == ("daniel", "espeak-en-us-miles")
    now = caller.get(f"/{video['id']}").json()
    assert now == video | {name: now[name] for name in _SIGNED}


#: Made anew for each answer.
_SIGNED = ("preview", "download_url", "download_expires_at", "captions")


def test_a_video_outlives_the_profile_it_was_made_with(caller: Caller, installation: Installation) -> None:
    profile = caller.post("/avatars", {"name": "Short-lived", "provider_avatar_id": "omar"}).json()
    video = installation.ready(caller, avatar_id=profile["id"])
    assert caller.delete(f"/avatars/{profile['id']}").status_code == 204
    again = caller.post(f"/{video['id']}/renders", {"aspect_ratio": "1:1"})
    assert again.status_code == 202
    assert again.json()["avatar_id"] == profile["id"]


def test_revisions_are_kept_and_can_be_shown_again(caller: Caller, installation: Installation) -> None:
    video = installation.ready(caller)
    again = caller.post(f"/{video['id']}/renders", {"script": "Something else."}).json()
    installation.finish(again["render"]["id"])
    revisions = caller.get(f"/{video['id']}/revisions").json()["items"]
    assert [(one["number"], one["shown"], one["script"]) for one in revisions] == [
        (2, True, "Something else."),
        (1, False, SCRIPT),
    ]
    assert all(caller.client.get(one["download_url"]).status_code == 200 for one in revisions)
    restored = caller.post(f"/{video['id']}/revisions/1/restore")
    assert (restored.status_code, restored.json()["revision"], restored.json()["script"]) == (200, 1, SCRIPT)
    page = caller.get(f"/{video['id']}/revisions", limit=1).json()
    rest = caller.get(f"/{video['id']}/revisions", limit=1, cursor=page["next_cursor"]).json()
    assert [one["number"] for one in page["items"] + rest["items"]] == [2, 1]
    missing = caller.post(f"/{video['id']}/revisions/3/restore")
    assert (missing.status_code, missing.json()["code"]) == (404, "revision_not_found")


def test_a_failed_render_leaves_the_revision_that_was_there(caller: Caller, installation: Installation) -> None:
    video = installation.ready(caller)
    again = caller.post(f"/{video['id']}/renders", {"fps": 30}).json()
    installation.fail(again["render"]["id"], code="child_failed", message="It broke.")
    after = caller.get(f"/{video['id']}").json()
    assert (after["status"], after["revision"], after["fps"]) == ("ready", 1, 25.0)
    assert after["render"]["error"]["code"] == "child_failed"


def test_events_tell_progress_and_end_with_the_job(
    caller: Caller, installation: Installation, monkeypatch: Any
) -> None:
    monkeypatch.setattr(events, "LOOK_EVERY_S", 0.01)
    job_id = caller.make()["render"]["id"]
    stream: list[str] = []
    reading = threading.Thread(target=lambda: stream.append(caller.get(f"/renders/{job_id}/events").text))
    reading.start()
    installation.begin(job_id, (50, 100))
    installation.finish(job_id)
    reading.join(timeout=30)
    told = [_event(block) for block in stream[0].strip().split("\n\n") if "data:" in block]
    assert [kind for kind, _, _ in told][-1] == "done"
    assert {kind for kind, _, _ in told[:-1]} <= {"progress"}
    assert told[-1][2]["status"] == "succeeded"
    assert [job["progress"] for _, _, job in told] == sorted(job["progress"] for _, _, job in told)


def test_a_client_that_knows_the_end_is_told_to_stay_away(caller: Caller, installation: Installation) -> None:
    job_id = installation.ready(caller)["render"]["id"]
    whole = caller.get(f"/renders/{job_id}/events")
    assert whole.headers["content-type"].startswith("text/event-stream")
    _, last, _ = _event(whole.text.strip().split("\n\n")[-1])
    again = caller.call("GET", f"/renders/{job_id}/events", headers={"Last-Event-ID": last})
    assert (again.status_code, again.content) == (204, b"")


def _event(block: str) -> tuple[str, str, dict[str, Any]]:
    """Kind, id and data."""
    lines = dict(line.split(": ", 1) for line in block.splitlines())
    return lines["event"], lines["id"], json.loads(lines["data"])
