"""The disk is full: the job says so, its credits are back, nothing is half stored, and with room it goes on."""

from __future__ import annotations

import contextlib
import hashlib
import resource
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from app.modules.videos.models import Artifact, JobStatus
from tests.faults import small_disk
from tests.faults.scene import Scene, wait_until
from tests.site import Worker

SCRIPT = "We grew paper boats. And then we sold them all to the harbour, where people like boats."
CODE, WORDS = "storage_full", "no room left"
needs_mounts = pytest.mark.skipif(not small_disk.available(), reason="this system allows no mounts of one's own")


@needs_mounts
@pytest.mark.parametrize("room_kb", [100, 450, 1600])
def test_storage_without_room_ends_the_job_and_holds_nothing_by_halves(stage: Scene, room_kb: int) -> None:
    disk = stage.settings.data / "disk"
    worker = stage.start_worker("tests.faults.small_disk", SMALL_DISK=str(disk), SMALL_DISK_ROOM=str(room_kb * 1024))
    job = stage.wait(stage.order(stage.drawn(SCRIPT)).id)
    stage.failed(job, CODE, WORDS)
    wait_until(lambda: digests(worker, disk) == recorded(stage))
    small_disk.free(worker, disk)
    assert stage.again(job).status == JobStatus.SUCCEEDED


@pytest.mark.parametrize("largest_kb", [100, 400])
def test_a_child_that_finds_no_room_for_its_file_ends_the_job(stage: Scene, largest_kb: int) -> None:
    limit = limiting_files(stage.start_worker())
    limit(largest_kb * 1024)
    job = stage.wait(stage.order(stage.drawn(SCRIPT)).id)
    stage.failed(job, CODE, WORDS)
    wait_until(lambda: not stage.scratch())
    assert stage.blobs("videos") == []
    limit(resource.RLIM_INFINITY)
    assert stage.again(job).status == JobStatus.SUCCEEDED


@needs_mounts
def test_a_database_without_room_holds_jobs_up_and_drops_none(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with said.open("w") as out:
        done = small_disk.run("tests.faults.full_database", str(said), disk=tmp_path / "disk", size_kb=8192, out=out)
    assert done.returncode == 0, said.read_text()


@needs_mounts
@pytest.mark.parametrize("size_kb", [300, 440, 560])
def test_a_command_that_finds_no_room_for_the_database_says_so_in_a_sentence(tmp_path: Path, size_kb: int) -> None:
    said = tmp_path / "said"
    arguments = ("render", "--text", SCRIPT, "-o", str(tmp_path / "video.mp4"), "--data", str(tmp_path / "disk"))
    with said.open("w") as out:
        done = small_disk.run("app.cli", *arguments, disk=tmp_path / "disk", size_kb=size_kb, out=out)
    words = said.read_text()
    assert (done.returncode, words.count("\n")) == (5, 1), words
    assert "is full" in words
    assert "free some room" in words


def digests(worker: Worker, disk: Path) -> set[str]:
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in small_disk.files_on(worker, disk)}


def recorded(stage: Scene) -> set[str]:
    """The digests of all that is known to be stored: finished parts, which the next render uses."""
    with stage.database.read_scope() as session:
        return set(session.scalars(sa.select(Artifact.sha256)))


def limiting_files(worker: Worker) -> Callable[[int], None]:
    """Limits the size of every file that the worker's children write."""
    wait_until(lambda: nurseries(worker))
    (nursery,) = nurseries(worker)

    def limit(size: int) -> None:
        nursery.rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    return limit


def nurseries(worker: Worker) -> list[psutil.Process]:
    """The process that the worker's children are forked from. While it starts, the worker may have others."""
    found: list[psutil.Process] = []
    for child in psutil.Process(worker.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if child.name() == "nursery":
                found.append(child)
    return found
