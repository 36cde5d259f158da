"""A worker that kills itself: with SIGKILL, right before or right after the step whose number it is told."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from app.core.settings import Settings
from app.engine.bell import Bell
from app.engine.durable import Durable
from app.engine.endings import Endings
from app.worker import run


class MortalDurable(Durable):
    """Counts the steps of all workflows in a file, and dies at the boundary it was given."""

    def __init__(self, bell: Bell, endings: Endings, counter: Path, dies_at: int, *, after: bool) -> None:
        super().__init__(bell, endings)
        self._counter, self._dies_at, self._after = counter, dies_at, after

    async def step(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        number = self._number(function.__name__)
        self._perhaps_die(number, after=False)
        result = await super().step(function, *args, **kwargs)
        self._perhaps_die(number, after=True)
        return result

    async def long_step(self, function: Callable[[], Awaitable[Any]], *, name: str, deadline_s: float) -> Any:
        number = self._number(name)
        self._perhaps_die(number, after=False)
        result = await super().long_step(function, name=name, deadline_s=deadline_s)
        self._perhaps_die(number, after=True)
        return result

    def _number(self, name: str) -> int:
        with self._counter.open("a") as file:
            file.write(name + "\n")
        return len(self._counter.read_text().splitlines())

    def _perhaps_die(self, number: int, *, after: bool) -> None:
        if number == self._dies_at and after is self._after:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    settings = Settings.load()
    durable = MortalDurable(
        Bell(settings.data / "bell"),
        Endings.at(settings.data, settings.database),
        Path(os.environ["MORTAL_COUNTER"]),
        int(os.environ["MORTAL_DIES_AT"]),
        after=os.environ["MORTAL_WHEN"] == "after",
    )
    run(settings, durable=durable)
