"""Who adds work rings; who waits for it hears that, and looks anyway if nobody rings."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from app.core.database import Database
from app.engine.bell import Bell, Pause
from app.engine.client import EngineClient
from app.engine.migrations import migrate_engine

#: Longer than any test waits.
_AGES_S = 600.0


@pytest.fixture
def bell(tmp_path: Path) -> Bell:
    return Bell(tmp_path / "bell")


def resting(bell: Bell, factor: float = 1.0) -> Pause:
    """After the first look."""
    pause = Pause(bell, factor)
    pause.wait(_AGES_S)
    return pause


def waiting(pause: Pause, seconds: float = _AGES_S) -> tuple[threading.Thread, list[bool]]:
    """A thread that waits, and what its wait returned."""
    said: list[bool] = []
    thread = threading.Thread(target=lambda: said.append(pause.wait(seconds)), daemon=True)
    thread.start()
    return thread, said


def test_a_ring_ends_the_pause_and_does_not_stop_what_it_is_a_pause_of(bell: Bell) -> None:
    thread, said = waiting(resting(bell))
    bell.ring()
    thread.join(60)
    assert said == [False]


def test_what_was_rung_while_nobody_waited_is_heard_at_the_next_pause(bell: Bell) -> None:
    pause = resting(bell)
    bell.ring()
    assert pause.wait(_AGES_S) is False


def test_after_a_ring_there_are_four_more_looks_and_then_a_whole_pause(bell: Bell) -> None:
    """Of several who look at once, one gets what all of them saw."""
    pause = resting(bell)
    bell.ring()
    assert [pause.wait(_AGES_S) for _ in range(5)] == [False] * 5
    thread, said = waiting(pause)
    thread.join(0.5)
    assert said == []
    pause.set()
    thread.join(60)


def test_who_has_ended_work_looks_for_more_though_nobody_rings(bell: Bell) -> None:
    pause = resting(bell)
    thread, said = waiting(pause)
    pause.end()
    thread.join(60)
    assert said == [False]


def test_who_begins_looks_at_once_for_what_was_added_before(bell: Bell) -> None:
    bell.ring()
    thread, said = waiting(Pause(bell, 1.0))
    thread.join(60)
    assert said == [False]


def test_without_a_ring_it_lasts_as_long_as_it_is_to(bell: Bell) -> None:
    pause, began = resting(bell, 3.0), time.monotonic()
    assert pause.wait(0.1) is False
    assert time.monotonic() - began >= 0.3


def test_it_ends_at_once_when_all_is_to_stop(bell: Bell) -> None:
    pause = resting(bell)
    thread, said = waiting(pause)
    pause.set()
    thread.join(60)
    assert said == [True]


def test_where_nobody_can_ring_work_is_still_added(tmp_path: Path) -> None:
    Bell(tmp_path / "not there" / "bell").ring()
    assert Bell(tmp_path / "not there" / "bell").rung_at() == 0


def test_it_is_rung_when_the_work_is_there_and_not_before(tmp_path: Path, sqlite_url: str, bell: Bell) -> None:
    migrate_engine(sqlite_url, tmp_path)
    client, database = EngineClient(sqlite_url, bell), Database(sqlite_url)
    try:
        with database.session_scope() as session:
            client.enqueue(session, "any", id="one", workspace_id="w")
            assert bell.rung_at() == 0
        assert bell.rung_at() > 0
        rung_at = bell.rung_at()
        with database.session_scope() as session:
            client.enqueue(session, "any", id="two", workspace_id="w")
            session.rollback()
        assert bell.rung_at() == rung_at
    finally:
        client.close()
        database.close()
