"""Workflows on real worker processes: children, takeover after SIGKILL, cancellation, deadlines and errors."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.database import Database
from app.engine.bell import Bell
from app.engine.client import EngineClient
from app.engine.migrations import migrate_engine

#: How many chunks a worker takes from the queue at a time.
IN_HAND = 2


class Crew:
    """Worker processes of the playground, and a client."""

    def __init__(self, url: str, folder: Path) -> None:
        migrate_engine(url, folder)
        self._url, self._folder = url, folder
        self.client, self._database = EngineClient(url, Bell(folder / "bell")), Database(url)
        self._workers: list[subprocess.Popen[str]] = []

    def hire(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.engine.playground", self._url, str(self._folder)]
        worker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._workers.append(worker)
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        return worker

    def start(self, workflow: str, *arguments: Any) -> None:
        with self._database.session_scope() as session:
            self.client.enqueue(session, workflow, *arguments, id=arguments[0], workspace_id="w")

    def lines(self, name: str) -> list[str]:
        path = self._folder / f"{name}.txt"
        return path.read_text().splitlines() if path.exists() else []

    def outcome(self, name: str) -> Any:
        return self.client.result(name)

    def close(self) -> None:
        for worker in self._workers:
            worker.kill()
            worker.wait()
        self.client.close()
        self._database.close()


@pytest.fixture(params=["sqlite", "postgres"])
def crew(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crew]:
    opened = Crew(request.getfixturevalue(f"{request.param}_url"), tmp_path)
    yield opened
    opened.close()


def until(condition: Callable[[], bool], seconds: float = 30.0) -> float:
    """Wait for it; the seconds it took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if condition():
            return time.monotonic() - began
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def test_workers_are_told_of_children_that_belong_together_when_all_are_there(crew: Crew) -> None:
    """Who looks before takes the first two, which can be the two that take longest."""
    crew.hire()
    crew.start("announced", "together")
    assert crew.outcome("together") == {"ok": [False, False, True]}
    until(lambda: len([line for line in crew.lines("together") if line.startswith("done")]) == 3)


def test_a_workflow_collects_its_children(crew: Crew) -> None:
    crew.hire()
    crew.start("parent", "sum", 4)
    assert crew.outcome("sum") == {"ok": 6}
    assert crew.lines("sum").count("end") == 1


def test_what_ends_a_job_does_not_wait_behind_parts_of_others(crew: Crew) -> None:
    crew.hire()
    crew.start("hurry", "hurry", 12)
    assert crew.outcome("hurry") == {"ok": None}
    begun = [line for line in crew.lines("hurry") if line.startswith("begin")]
    assert set(begun) == {f"begin {number}" for number in range(13)}
    assert begun.index("begin 12") < 8  # some are begun while the last is not there yet


def test_work_of_a_killed_worker_is_taken_over_and_only_what_it_had_in_hand_is_repeated(crew: Crew) -> None:
    first, _second = crew.hire(), crew.hire()
    crew.start("parent", "two", 8)
    until(lambda: "done 2" in crew.lines("two"))
    first.kill()
    assert crew.outcome("two") == {"ok": 28}
    lines = crew.lines("two")
    assert sum(line.startswith("done") for line in lines) <= 8 + IN_HAND
    assert lines.count("end") == 1


def test_cancelling_interrupts_what_is_running(crew: Crew) -> None:
    crew.hire()
    crew.start("wait_long", "long")
    until(lambda: "waiting" in crew.lines("long"))
    crew.client.cancel("long")
    until(lambda: "interrupted" in crew.lines("long"), seconds=5)


def test_a_step_that_passes_its_deadline_ends_with_a_reason(crew: Crew) -> None:
    crew.hire()
    crew.start("overdue", "late")
    assert crew.outcome("late")["error"]["code"] == "deadline_exceeded"
    assert not crew.lines("late")


def test_a_blocking_step_ends_by_its_deadline_too(crew: Crew) -> None:
    crew.hire()
    crew.start("overdue_step", "slow")
    assert crew.outcome("slow")["error"]["code"] == "deadline_exceeded"
    assert not crew.lines("slow")


def test_an_error_keeps_its_name_and_is_not_tried_again_in_vain(crew: Crew) -> None:
    crew.hire()
    crew.start("refuse", "no")
    assert crew.outcome("no") == {"error": {"message": "No, and asking again will not help.", "code": "stubborn"}}
    assert crew.lines("no") == ["tried"]
