"""A worker with a workflow that tests can look at: started as ``python -m tests.engine.playground URL FOLDER``."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from pathlib import Path

from app.core.errors import TenexError
from app.engine.bell import Bell
from app.engine.durable import Durable, reporting
from app.engine.endings import Endings
from app.engine.lease import leases_for
from app.engine.names import Queue, Turn
from app.engine.worker import EngineWorker


class Stubborn(TenexError):
    code = "stubborn"


class Story:
    """``parent`` starts children on the chunk queue; each appends its number to a file, once if all is well."""

    def __init__(self, folder: Path, endings: Endings) -> None:
        self._folder, self._endings = folder, endings
        self._bell = Bell(folder / "bell")
        self._durable = Durable(self._bell, endings)

    async def parent(self, name: str, count: int) -> int:
        started = [
            await self._durable.child(
                "child", name, number, id=f"{name}/{number}", queue=Queue.CHUNKS, workspace_id="w"
            )
            for number in range(count)
        ]
        done = [await child.result() for child in started]
        await self._durable.step(self.note, name, "end")
        return sum(done)

    async def hurry(self, name: str, count: int) -> None:
        """Children that wait their turn, and one more whose turn is next."""
        turns = [*[Turn.ITS_OWN] * count, Turn.NEXT]
        started = [
            await self._durable.child(
                "child", name, number, id=f"{name}/{number}", queue=Queue.CHUNKS, workspace_id="w", turn=turn
            )
            for number, turn in enumerate(turns)
        ]
        for child in started:
            await child.result()

    async def announced(self, name: str) -> list[bool]:
        """Of three children, whether workers are told of each, by a bell that nobody else rings."""
        bell = Bell(self._folder / "announcements")
        durable, told = Durable(bell, self._endings), list[bool]()
        for number, more in enumerate((True, True, False)):
            before = bell.rung_at()
            await durable.child(
                "child", name, number, id=f"{name}/{number}", queue=Queue.CHUNKS, workspace_id="w", more=more
            )
            told.append(bell.rung_at() != before)
        return told

    async def child(self, name: str, number: int) -> int:
        async def work() -> int:
            self.note(name, f"begin {number}")
            await asyncio.sleep(0.3)
            self.note(name, f"done {number}")
            return number

        return await self._durable.long_step(work, name="work", deadline_s=30)

    async def wait_long(self, name: str) -> None:
        async def work() -> None:
            try:
                self.note(name, "waiting")
                await asyncio.sleep(300)
            finally:
                self.note(name, "interrupted")

        await self._durable.long_step(work, name="wait", deadline_s=600)

    async def overdue(self, name: str) -> None:
        await self._durable.long_step(lambda: asyncio.sleep(60), name="nap", deadline_s=0.5)
        self.note(name, "never")

    async def overdue_step(self, name: str) -> None:
        hurried = Durable(self._bell, self._endings, step_deadline_s=0.5)
        await hurried.step(self.dawdle, name)
        self.note(name, "never")

    def dawdle(self, _name: str) -> None:
        threading.Event().wait(5)

    async def refuse(self, name: str) -> None:
        await self._durable.step(self.raise_stubborn, name)

    def raise_stubborn(self, name: str) -> None:
        self.note(name, "tried")
        raise Stubborn("No, and asking again will not help.")

    def note(self, name: str, line: str) -> None:
        with (self._folder / f"{name}.txt").open("a") as file:
            file.write(line + "\n")


def main() -> None:
    url, folder = sys.argv[1], Path(sys.argv[2])
    endings = Endings.at(folder, url)
    story = Story(folder, endings)
    # With SQLite, it looks for work when somebody rings or something has ended here, and hardly before.
    bell, leases = Bell(folder / "bell"), leases_for(url, folder / "leases")
    worker = EngineWorker(url=url, leases=leases, bell=bell, endings=endings, unrung_factor=50)
    names = ("parent", "hurry", "announced", "child", "wait_long", "overdue", "overdue_step", "refuse")
    worker.start({name: reporting(getattr(story, name)) for name in names})
    print("ready", flush=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop.wait()
    worker.stop()


if __name__ == "__main__":
    main()
