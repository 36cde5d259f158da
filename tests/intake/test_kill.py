"""Kill the worker between the steps of an intake; another takes over, and the copy is byte-identical."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.modules.videos.models import JobStatus
from tests.durability.test_kill import digest
from tests.intake.library import Library
from tests.site import site

#: begin · receive · check · three segments and the sound · prepare · publish · tidy
STEPS = 10


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Without a worker yet."""
    with site(tmp_path / "data") as opened:
        yield Library(site=opened)


@pytest.fixture(scope="session")
def undisturbed(shared_library: Library, lecture: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The copy when nobody is killed."""
    video = shared_library.take_in(lecture)
    return digest(shared_library.stored(video.id, "video", tmp_path_factory.mktemp("undisturbed") / "film.mp4"))


#: Not at each: every case takes ten seconds, and the steps between are like those beside them.
CASES = [*((number, "before") for number in (2, 3, 5, 8, STEPS - 1)), (STEPS - 1, "after")]


@pytest.mark.parametrize(("number", "when"), CASES)
def test_killed_at_a_step(
    library: Library, lecture: Path, undisturbed: str, tmp_path: Path, number: int, when: str
) -> None:
    upload = library.send(lecture)
    job_id, counter = library.complete(upload.id), tmp_path / "steps"
    mortal = library.site.start_worker(
        "tests.durability.mortal_worker", MORTAL_COUNTER=str(counter), MORTAL_DIES_AT=str(number), MORTAL_WHEN=when
    )
    assert mortal.wait(timeout=60) == -9, f"only {counter.read_text().split()} ran"
    library.site.start_worker()
    assert library.site.wait(job_id).status == JobStatus.SUCCEEDED
    assert digest(library.stored(upload.id, "video", tmp_path / "film.mp4")) == undisturbed
    assert digest(library.stored(upload.id, "original", tmp_path / "original")) == digest(lecture)
    segments = [task for task in library.site.tasks(job_id) if task.kind == "chunk"]
    assert sum(task.attempts for task in segments) <= len(segments) + 1
