"""Kill workers with SIGKILL, between every pair of steps and at random moments; another takes over and nothing is lost.

What a user would see is asserted: the job succeeds, the file is byte-identical to the uninterrupted one, it was charged
once, no more than one chunk per killed worker was encoded again, and no process is left behind.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.modules.videos.composition import AspectRatio, Composition, Picture, Resolution, Scene, Speaker
from app.modules.videos.models import JobStatus, RenderJob, TaskStatus
from app.modules.videos.renders import Order
from app.modules.videos.scenery import Asset, AssetKind, Clip, Transition, TransitionKind
from tests.site import Site, site
from tests.videos.library import FPS, film

SCRIPT = "Maybe people prefer a plumber.\n\nBob moved the number up by five."
ORDER = Order(script=SCRIPT, avatar_id="maya", aspect_ratio=AspectRatio.SQUARE, resolution=Resolution.P720)
#: begin · twice (open submit poll fetch) · lay_out · mix, two chunks · package · publish
STEPS = 15
#: begin · open submit poll fetch · survey · lay_out · mix, a sequence of three chunks · package · publish
WEBINAR_STEPS = 11
#: The survey, the sequence, and packaging: what an avatar video does not have, or not like that.
WEBINARS_OWN_STEPS = (6, 9, 10)
#: Every step on SQLite, every other one on Postgres, where the same steps run: a kill takes ten seconds to test.
KILLS = [("sqlite", number) for number in range(1, STEPS + 1)] + [("postgres", n) for n in range(1, STEPS + 1, 2)]
SEEDS = [("sqlite", 0), ("sqlite", 1), ("postgres", 2), ("postgres", 3)]


@pytest.fixture
def place(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Iterator[Site]:
    url = request.getfixturevalue("postgres_url") if database == "postgres" else None
    with site(tmp_path / "data", url) as opened:
        yield opened


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the file when nobody is killed."""
    with site(tmp_path_factory.mktemp("undisturbed")) as opened:
        opened.start_worker()
        return digest(opened.file(opened.render(ORDER)))


@pytest.mark.parametrize(("database", "number"), KILLS)
def test_killed_before_a_step(place: Site, undisturbed: str, tmp_path: Path, number: int) -> None:
    killed_at(place, tmp_path / "steps", number, "before", undisturbed)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_killed_after_the_last_step(place: Site, undisturbed: str, tmp_path: Path) -> None:
    killed_at(place, tmp_path / "steps", STEPS, "after", undisturbed)


@pytest.fixture(scope="module")
def undisturbed_webinar(tmp_path_factory: pytest.TempPathFactory) -> str:
    with site(tmp_path_factory.mktemp("undisturbed")) as opened:
        opened.start_worker()
        return digest(opened.file(opened.render_composition(webinar(opened))))


@pytest.mark.parametrize("number", range(1, WEBINAR_STEPS + 1))
def test_a_webinar_is_killed_before_a_step(undisturbed_webinar: str, tmp_path: Path, number: int) -> None:
    with site(tmp_path / "data") as place:
        webinar_killed_at(place, tmp_path / "steps", number, undisturbed_webinar)


@pytest.mark.parametrize("number", WEBINARS_OWN_STEPS)
def test_a_webinar_is_killed_on_postgres_before_a_step_of_its_own(
    undisturbed_webinar: str, postgres_url: str, tmp_path: Path, number: int
) -> None:
    with site(tmp_path / "data", postgres_url) as place:
        webinar_killed_at(place, tmp_path / "steps", number, undisturbed_webinar)


def test_what_was_made_of_a_sequence_is_not_made_again(tmp_path: Path) -> None:
    with site(tmp_path / "data") as place:
        host, picture = film(place, tmp_path, FPS, 300), Picture(resolution=Resolution.P720)
        scenes = tuple(
            Scene(
                title="Talk", slide=image(place, grey), recording=Clip(asset=host, start_ms=start, stop_ms=start + 3000)
            )
            for grey, start in ((230, 0), (60, 3000), (120, 6000), (90, 9000))
        )
        worker, job = place.start_worker(), place.order_composition(Composition(picture=picture, scenes=scenes))
        made = made_by(place, job, TaskStatus.MADE, TaskStatus.RUNNING)
        worker.kill()
        worker.wait()
        place.start_worker()
        assert place.wait(job.id).status == JobStatus.SUCCEEDED
        attempts = {task.fingerprint: task.attempts for task in place.tasks(job.id) if task.kind == "chunk"}
        assert len(attempts) == 4
        assert all(attempts[name] == 1 for name in made)
        assert sum(attempts.values()) <= len(attempts) + 1


def made_by(place: Site, job: RenderJob, *states: TaskStatus) -> list[str]:
    """Wait until chunks of the job are in all of these states; returns those that are in the first."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        chunks = [task for task in place.tasks(job.id) if task.kind == "chunk"]
        if {TaskStatus(task.status) for task in chunks} >= set(states):
            return [task.fingerprint for task in chunks if task.status == states[0]]
        time.sleep(0.02)
    raise AssertionError("the chunks were never in these states")


def webinar_killed_at(place: Site, counter: Path, number: int, undisturbed: str) -> None:
    killed_while(place, place.order_composition(webinar(place)), counter, number, "before", undisturbed)


def webinar(place: Site) -> Composition:
    """Two slides, a host over the first, a fade."""
    slides = [image(place, grey) for grey in (230, 60)]
    speaker = Speaker(
        avatar_id="maya", provider="studio", provider_avatar_id="maya", voice_id="espeak-en-us-clara", background="dawn"
    )
    fade = Transition(kind=TransitionKind.FADE, duration_ms=200)
    return Composition(
        picture=Picture(aspect_ratio=AspectRatio.SQUARE, resolution=Resolution.P720),
        scenes=(
            Scene(title="One", slide=slides[0], script="Good morning.", speaker=speaker),
            Scene(title="Two", slide=slides[1], duration_ms=600, transition=fade),
        ),
    )


def image(place: Site, grey: int) -> Asset:
    path = place.settings.data / f"{grey}.png"
    cv2.imwrite(str(path), np.full((720, 720, 3), grey, np.uint8))
    blob = place.services.platform.blobs.put(f"test/{grey}.png", path)
    return Asset(kind=AssetKind.IMAGE, blob=blob.key, sha256=blob.sha256, origin=f"{grey}.png", width=720, height=720)


def killed_at(place: Site, counter: Path, number: int, when: str, undisturbed: str) -> None:
    killed_while(place, place.order(ORDER), counter, number, when, undisturbed)


def killed_while(place: Site, job: RenderJob, counter: Path, number: int, when: str, undisturbed: str) -> None:
    mortal = place.start_worker(
        "tests.durability.mortal_worker", MORTAL_COUNTER=str(counter), MORTAL_DIES_AT=str(number), MORTAL_WHEN=when
    )
    assert mortal.wait(timeout=60) == -9, f"only {len(counter.read_text().splitlines())} steps ran"
    place.start_worker()
    check(place, place.wait(job.id), undisturbed, killed=1)


@pytest.mark.parametrize(("database", "seed"), SEEDS)
def test_killed_at_random_moments(place: Site, undisturbed: str, seed: int) -> None:
    chance = random.Random(seed)
    job, killed = place.order(ORDER), 0
    crew = [place.start_worker(), place.start_worker()]
    while place.job(job.id).status not in (JobStatus.SUCCEEDED, JobStatus.FAILED) and killed < 5:
        time.sleep(chance.uniform(0.3, 3.5))
        victim = crew.pop(0)
        victim.kill()
        victim.wait()
        killed += 1
        crew.append(place.start_worker())
    check(place, place.wait(job.id), undisturbed, killed=killed)


def check(place: Site, job: RenderJob, undisturbed: str, *, killed: int) -> None:
    assert job.status == JobStatus.SUCCEEDED, f"{job.error_code}: {job.error_message}"
    assert digest(place.file(job)) == undisturbed
    charged_once(place, job)
    chunks = [task for task in place.tasks(job.id) if task.kind == "chunk"]
    assert sum(task.attempts for task in chunks) <= len(chunks) + killed
    crew = {"app.cli", "tests.durability.mortal_worker", "app.media.nursery"}
    assert not [line for line in place.processes() if not any(name in line for name in crew)]


def charged_once(place: Site, job: RenderJob) -> None:
    assert job.receipt is not None
    with place.database.read_scope() as session:
        statement = place.services.platform.credits.statement(session, place.workspace_id)
    assert statement.spent == job.receipt["credits"]["charged"] > 0
    assert statement.held == 0
    assert statement.available == 10_000 - statement.spent


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
