"""Kill the worker between every pair of steps of an intake; another takes over, and the copy is byte-identical."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.modules.videos.models import JobStatus
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
def undisturbed(shared_library: Library, lecture: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The copy when nobody is killed."""
    video = shared_library.take_in(lecture)
    return shared_library.stored(video.id, "video", tmp_path_factory.mktemp("undisturbed") / "film.mp4").read_bytes()


@pytest.mark.parametrize(
    ("number", "when"),
    [*((number, "before") for number in range(1, STEPS + 1)), (STEPS - 1, "after"), (STEPS, "after")],
)
def test_killed_at_a_step(
    library: Library, lecture: Path, undisturbed: bytes, tmp_path: Path, number: int, when: str
) -> None:
    upload = library.send(lecture)
    job_id, counter = library.complete(upload.id), tmp_path / "steps"
    mortal = library.site.start_worker(
        "tests.durability.mortal_worker", MORTAL_COUNTER=str(counter), MORTAL_DIES_AT=str(number), MORTAL_WHEN=when
    )
    assert mortal.wait(timeout=60) == -9, f"only {counter.read_text().split()} ran"
    library.site.start_worker()
    assert library.site.wait(job_id).status == JobStatus.SUCCEEDED
    assert library.stored(upload.id, "video", tmp_path / "film.mp4").read_bytes() == undisturbed
    assert library.stored(upload.id, "original", tmp_path / "original").read_bytes() == lecture.read_bytes()
    segments = [task for task in library.site.tasks(job_id) if task.kind == "chunk"]
    assert sum(task.attempts for task in segments) <= len(segments) + 1
