"""Kill workers with SIGKILL while clips are searched for and made: each is made once, charged once, and the same."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest

from app.media.ffmpeg import run_ffmpeg
from app.modules.videos.clips.schemas import CreateClips, SearchOut
from app.modules.videos.models import JobStatus
from tests.site import Site, site
from tests.videos.library import uploaded

#: begin · find · order, and of the clip: begin · survey · lay_out · mix, a sequence · package · publish
FIND, ORDER, SURVEY = 2, 3, 5
WANTED = CreateClips(count=1, min_seconds=2, max_seconds=4, resolution="720p", captions=None)


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("talk") / "talk.mp4"
    tone = "aevalsrc='if(between(t,2,5),0.4*sin(2*PI*220*t)*sin(2*PI*3*t),0)':s=48000"
    given = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25", "-f", "lavfi", "-i", tone, "-t", "8")
    run_ffmpeg((*given, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(path)), timeout_s=60)
    return path


@pytest.fixture(scope="module")
def undisturbed(talk: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    with site(tmp_path_factory.mktemp("undisturbed") / "data") as place:
        place.start_worker()
        return made(place, ordered(place, talk))


@pytest.mark.parametrize(("number", "when"), [(FIND, "before"), (ORDER, "before"), (ORDER, "after"), (SURVEY, "after")])
def test_a_search_and_its_clip_survive_a_kill(
    talk: Path, undisturbed: str, tmp_path: Path, number: int, when: str
) -> None:
    with site(tmp_path / "data") as place:
        search_id, counter = ordered(place, talk), tmp_path / "steps"
        mortal = place.start_worker(
            "tests.durability.mortal_worker", MORTAL_COUNTER=str(counter), MORTAL_DIES_AT=str(number), MORTAL_WHEN=when
        )
        assert mortal.wait(timeout=60) == -9, counter.read_text()
        place.start_worker()
        assert made(place, search_id) == undisturbed


def ordered(place: Site, talk: Path) -> str:
    video = uploaded(place, talk, "Talk", 8, (640, 360))
    with place.database.session_scope() as session:
        search = place.services.clips.ask(session, place.workspace_id, video, WANTED).search
    assert search is not None
    return search.id


def made(place: Site, search_id: str) -> str:
    """The digest of the one clip, which was charged once."""
    found = ended(place, search_id)
    assert (found.status, found.error, len(found.clip_ids)) == ("succeeded", None, 1)
    with place.database.read_scope() as session:
        listed = place.services.videos.get(session, place.workspace_id, found.clip_ids[0])
    assert listed.render is not None
    job = place.wait(listed.render.id)
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    with place.database.read_scope() as session:
        statement = place.services.platform.credits.statement(session, place.workspace_id)
    assert (statement.held, statement.spent) == (0, (job.receipt or {})["credits"]["charged"])
    return hashlib.sha256(place.file(job).read_bytes()).hexdigest()


def ended(place: Site, search_id: str) -> SearchOut:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with place.database.read_scope() as session:
            found = place.services.clips.find(session, place.workspace_id, search_id)
        if found.finished_at is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"the search is still {found.status}")
