"""Who waits for work hears that it has ended, and asks the database hardly ever."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection
from contextvars import ContextVar
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from app.engine.bell import Bell
from app.engine.endings import Endings

#: Longer than any test waits.
_AGES_S = 600.0
_PATIENCE_S = 60.0
WORKFLOW: ContextVar[str] = ContextVar("workflow", default="none")


class Records:
    """What is written down, and who has asked for what. ``unseen``: so many looks do not see it yet, or fail."""

    def __init__(self, *, unseen: int = 0, failing: bool = False) -> None:
        self.ended = set[str]()
        self.looks = list[set[str]]()
        self.looked, self.contexts = threading.Event(), set[str]()
        self._unseen, self._failing = unseen, failing

    def look(self, ids: Collection[str]) -> Collection[str]:
        self.looks.append(set(ids))
        self.contexts.add(WORKFLOW.get())
        self.looked.set()
        if self.ended and self._unseen:
            self._unseen -= 1
            if self._failing:
                raise OperationalError("select", {}, Exception("database is locked"))
            return ()
        return self.ended & set(ids)


@pytest.fixture
def bell(tmp_path: Path) -> Bell:
    return Bell(tmp_path / "ended")


async def begun(endings: Endings, records: Records, *ids: str) -> list[asyncio.Task[None]]:
    """Who waits for these, and has looked once."""
    tasks = [asyncio.create_task(endings.of(each)) for each in ids]
    await asyncio.to_thread(records.looked.wait, _PATIENCE_S)
    return tasks


async def all_told(*tasks: asyncio.Task[None]) -> None:
    await asyncio.wait_for(asyncio.gather(*tasks), _PATIENCE_S)


def test_who_ends_work_rings_and_who_waits_for_it_goes_on(bell: Bell) -> None:
    records = Records()

    async def story() -> None:
        endings = Endings(bell, every_s=_AGES_S, look=records.look)
        tasks = await begun(endings, records, "one")
        records.ended.add("one")
        endings.tell()
        await all_told(*tasks)

    asyncio.run(story())


def test_what_had_ended_before_anybody_waited_is_seen_at_once(bell: Bell) -> None:
    records = Records()
    records.ended.update(("one", "two"))

    async def story() -> None:
        endings = Endings(bell, every_s=_AGES_S, look=records.look)
        (other,) = await begun(endings, records, "still going")
        await asyncio.wait_for(endings.of("one"), _PATIENCE_S)
        await asyncio.wait_for(endings.of("two"), _PATIENCE_S)
        assert not other.done()
        other.cancel()

    asyncio.run(story())


def test_one_look_is_for_all_who_wait(bell: Bell) -> None:
    records, ids = Records(), [str(number) for number in range(300)]

    async def story() -> None:
        endings = Endings(bell, every_s=_AGES_S, look=records.look)
        tasks = await begun(endings, records, *ids)
        before = len(records.looks)
        records.ended.update(ids)
        bell.ring()
        await all_told(*tasks)
        assert len(records.looks) == before + 1

    asyncio.run(story())


@pytest.mark.parametrize("failing", [False, True])
def test_what_is_written_down_after_the_ring_is_seen_by_a_later_look(bell: Bell, failing: bool) -> None:
    records = Records(unseen=3, failing=failing)

    async def story() -> None:
        endings = Endings(bell, every_s=_AGES_S, look=records.look)
        tasks = await begun(endings, records, "one")
        records.ended.add("one")
        bell.ring()
        await all_told(*tasks)

    asyncio.run(story())


def test_whatever_else_ends_the_looks_ends_those_who_wait(bell: Bell) -> None:
    def look(ids: Collection[str]) -> Collection[str]:
        raise RuntimeError(f"can't start new thread for {len(ids)}")

    async def story() -> None:
        endings = Endings(bell, every_s=_AGES_S, look=look)
        waiting = [asyncio.create_task(endings.of(each)) for each in ("one", "two")]
        told = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), _PATIENCE_S)
        assert [str(each) for each in told] == ["can't start new thread for 2"] * 2

    asyncio.run(story())


def test_an_end_for_which_nobody_rings_is_seen_too(bell: Bell) -> None:
    records = Records()

    async def story() -> None:
        tasks = await begun(Endings(bell, every_s=0.02, look=records.look), records, "one")
        records.ended.add("one")
        await all_told(*tasks)

    asyncio.run(story())


def test_who_does_not_wait_any_more_is_not_looked_for(bell: Bell) -> None:
    records = Records()

    async def story() -> None:
        endings = Endings(bell, every_s=_AGES_S, look=records.look)
        gone, staying = await begun(endings, records, "gone", "staying")
        gone.cancel()
        await asyncio.wait((gone,))
        records.ended.add("staying")
        bell.ring()
        await all_told(staying)
        assert records.looks[-1] == {"staying"}

    asyncio.run(story())


def test_a_look_is_no_step_of_the_workflow_that_waits(bell: Bell) -> None:
    records = Records()
    records.ended.add("one")

    async def story() -> None:
        WORKFLOW.set("of the parent")
        await asyncio.wait_for(Endings(bell, every_s=_AGES_S, look=records.look).of("one"), _PATIENCE_S)
        assert records.contexts == {"none"}

    asyncio.run(story())
