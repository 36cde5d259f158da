"""A child returns its result, or ends: by its own error, at its deadline, when cancelled, and with its worker."""

from __future__ import annotations

import asyncio
import os
import platform
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from app.core.errors import StorageFull
from app.media.children import Limits, Nursery
from app.media.errors import ChildFailed, ChildLost, ToolTimedOut

HERE = "tests.media.test_children"


def double(task: dict[str, Any], progress: Any) -> dict[str, Any]:
    progress(0.5)
    return {"value": task["value"] * 2, "pid": os.getpid()}


def run_out_of_disk(_task: dict[str, Any], _progress: Any) -> dict[str, Any]:
    raise StorageFull("The disk is full.")


def stay(task: dict[str, Any], _progress: Any) -> dict[str, Any]:
    program = subprocess.Popen(["sleep", "300"])
    Path(task["note"]).write_text(f"{os.getpid()} {program.pid}")
    time.sleep(300)
    return {}


def die(_task: dict[str, Any], _progress: Any) -> dict[str, Any]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def grab_memory(_task: dict[str, Any], _progress: Any) -> dict[str, Any]:
    return {"length": len(bytearray(3_000_000_000))}


def use_memory_again(_task: dict[str, Any], _progress: Any) -> dict[str, Any]:
    """How many pages the kernel gave for a picture's memory at first, and for as much fifty times after it."""
    gave = list[int]()
    for times in (1, 50):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(times):
            bytes(4_000_000)
        gave.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    return {"first": gave[0], "then": gave[1]}


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    nursery = Nursery(preload=[HERE])
    yield nursery
    nursery.close()


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until(condition: Any, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def test_a_result_comes_back_with_progress_and_usage(nursery: Nursery) -> None:
    seen: list[float] = []
    outcome = asyncio.run(nursery.run(f"{HERE}:double", {"value": 21}, deadline_s=20, on_told=seen.append))
    assert outcome.result["value"] == 42
    assert seen == [0.5]
    assert outcome.usage.cpu_s > 0
    assert outcome.usage.peak_mb > 1


def test_many_children_at_once_all_answer(nursery: Nursery) -> None:
    async def crowd() -> list[int]:
        runs = [nursery.run(f"{HERE}:double", {"value": n}, deadline_s=60) for n in range(20)]
        return [outcome.result["value"] for outcome in await asyncio.gather(*runs)]

    assert asyncio.run(crowd()) == [n * 2 for n in range(20)]


def test_a_named_error_keeps_its_name_and_whether_trying_again_helps(nursery: Nursery) -> None:
    with pytest.raises(ChildFailed, match="The disk is full") as caught:
        asyncio.run(nursery.run(f"{HERE}:run_out_of_disk", {}, deadline_s=20))
    assert (caught.value.code, caught.value.retryable) == ("storage_full", StorageFull.retryable)


def test_a_child_that_is_killed_is_reported_as_lost(nursery: Nursery) -> None:
    with pytest.raises(ChildLost):
        asyncio.run(nursery.run(f"{HERE}:die", {}, deadline_s=20))


def test_a_child_cannot_use_more_memory_than_allowed(nursery: Nursery) -> None:
    with pytest.raises(ChildFailed) as caught:
        asyncio.run(nursery.run(f"{HERE}:grab_memory", {}, deadline_s=20, limits=Limits(memory_mb=1500)))
    assert caught.value.code == "out_of_memory"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives memory back so eagerly")
def test_what_a_child_frees_it_uses_again(nursery: Nursery) -> None:
    given = asyncio.run(nursery.run(f"{HERE}:use_memory_again", {}, deadline_s=30)).result
    assert given["then"] <= given["first"]


def test_at_its_deadline_a_child_and_what_it_started_are_gone(nursery: Nursery, tmp_path: Path) -> None:
    note = tmp_path / "pids"
    asyncio.run(nursery.run(f"{HERE}:double", {"value": 1}, deadline_s=60))  # all is imported from here on
    with pytest.raises(ToolTimedOut, match="did not finish within"):
        asyncio.run(nursery.run(f"{HERE}:stay", {"note": str(note)}, deadline_s=2))
    assert all(wait_until(lambda pid=int(word): gone(pid)) for word in note.read_text().split())


def test_cancelling_kills_the_child_and_what_it_started(nursery: Nursery, tmp_path: Path) -> None:
    note = tmp_path / "pids"

    async def cancel() -> None:
        task = asyncio.ensure_future(nursery.run(f"{HERE}:stay", {"note": str(note)}, deadline_s=60))
        await asyncio.to_thread(wait_until, note.exists)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert all(wait_until(lambda pid=int(word): gone(pid)) for word in note.read_text().split())


def test_cancelling_at_once_leaves_nothing(nursery: Nursery, tmp_path: Path) -> None:
    async def cancel() -> None:
        task = asyncio.ensure_future(nursery.run(f"{HERE}:stay", {"note": str(tmp_path / "pids")}, deadline_s=60))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert wait_until(lambda: not _descendants("sleep"))


def test_when_the_worker_is_killed_nothing_is_left(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    script = (
        "import asyncio, sys; from app.media.children import Nursery;"
        f"asyncio.run(Nursery(preload=[]).run('{HERE}:stay', {{'note': sys.argv[1]}}, deadline_s=60))"
    )
    worker = subprocess.Popen([sys.executable, "-c", script, str(note)])
    assert wait_until(lambda: note.exists() and len(note.read_text().split()) == 2, 20)
    nursery_pid = psutil.Process(worker.pid).children()[0].pid
    worker.kill()
    worker.wait()
    pids = [nursery_pid, *(int(word) for word in note.read_text().split())]
    assert all(wait_until(lambda pid=pid: gone(pid)) for pid in pids)


def test_a_killed_nursery_is_replaced(nursery: Nursery) -> None:
    asyncio.run(nursery.run(f"{HERE}:double", {"value": 1}, deadline_s=20))
    for child in psutil.Process().children():
        if "app.media.nursery" in " ".join(child.cmdline()):
            child.kill()
            child.wait()
    outcome = asyncio.run(nursery.run(f"{HERE}:double", {"value": 4}, deadline_s=20))
    assert outcome.result["value"] == 8


def _descendants(name: str) -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if child.name() == name]
