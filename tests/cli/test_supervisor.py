"""The supervisor: children that die come back, and none is left behind."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from app.supervisor import Died, Program, Supervisor, last_lines

STUBBORN = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {ready}; time.sleep(600)"


def program(code: str, log: Path | None = None) -> Program:
    return Program(name="child", command=(sys.executable, "-c", code), environment=dict(os.environ), log=log)


class Deaths:
    """Hears of deaths, and lets the test wait for them."""

    def __init__(self) -> None:
        self.heard: list[Died] = []
        self._news = threading.Condition()

    def __call__(self, died: Died) -> None:
        with self._news:
            self.heard.append(died)
            self._news.notify_all()

    def wait_for(self, what: Callable[[list[Died]], bool]) -> None:
        with self._news:
            assert self._news.wait_for(lambda: what(self.heard), timeout=60)


@pytest.fixture
def deaths() -> Deaths:
    return Deaths()


def test_a_child_that_dies_is_started_again_after_a_growing_pause(deaths: Deaths) -> None:
    with Supervisor([program("raise SystemExit(7)")], tell=deaths):
        deaths.wait_for(lambda heard: len(heard) == 3)
    assert [died.code for died in deaths.heard] == [7, 7, 7]
    assert [died.pause_s for died in deaths.heard] == [0.5, 1.0, 2.0]
    assert str(deaths.heard[0]) == "child ended with code 7; starting it again in 0.5 s"


def test_a_child_that_keeps_dying_is_given_up_with_its_last_words(deaths: Deaths, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "child.log"
    with Supervisor([program("raise SystemExit('no room')", log)], tell=deaths, patience=2) as supervisor:
        deaths.wait_for(lambda heard: heard[-1:] != [] and heard[-1].pause_s is None)
        assert supervisor.lost is not None
    assert last_lines(log).splitlines() == ["no room", "no room"]


def test_no_process_is_left_not_even_a_stubborn_one_or_a_grandchild(tmp_path: Path, deaths: Deaths) -> None:
    fifo = tmp_path / "ready"
    os.mkfifo(fifo)
    grandchild = "import subprocess; g = subprocess.Popen(['sleep', '600'])"
    ready = f"{grandchild}; open({str(fifo)!r}, 'w').write(f'{{g.pid}}')"
    with Supervisor([program(STUBBORN.format(ready=ready))], tell=deaths, grace_s=0.2) as supervisor:
        pids = [*supervisor.pids, int(fifo.read_text())]
        assert len(pids) == 2
    assert not any(_runs(pid) for pid in pids)
    assert deaths.heard == []


def test_killing_while_it_stops_ends_the_wait(tmp_path: Path, deaths: Deaths) -> None:
    fifo = tmp_path / "ready"
    os.mkfifo(fifo)
    ready = f"open({str(fifo)!r}, 'w').write('ready')"
    with Supervisor([program(STUBBORN.format(ready=ready))], tell=deaths, grace_s=600) as supervisor:
        fifo.read_text()
        threading.Timer(0.1, supervisor.kill).start()
        supervisor.stop()
    assert supervisor.pids == ()


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
