"""Tells the workers of this machine that there is work, so that they need not look for it all the time.

To look for work takes milliseconds of the database; to see whether a file was touched takes microseconds. Work that was
added without a ring, or on another machine, is still found, a little later.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

#: How soon a ring is heard; and after a look that it led to, how soon others follow: of several who look at once, one
#: gets what all of them saw, and work that has ended counts until its end is written down.
LISTEN_S, AGAIN_S = 0.02, (0.03, 0.1, 0.4, 1.5)


class Bell:
    """A file of the installation. Any process may ring."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ring(self) -> None:
        """Never fails: what is not heard is found anyway."""
        moment = time.time_ns()
        with contextlib.suppress(OSError):
            self._path.touch()
            os.utime(self._path, ns=(moment, moment))

    def rung_at(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0


class Pause(threading.Event):
    """The event that stops whoever looks for work again and again, and whose ``wait`` is the time between two looks: it
    ends when somebody rings, or this process may do more. ``factor``: how many times as long it is otherwise.
    """

    def __init__(self, bell: Bell, factor: float) -> None:
        super().__init__()
        self._bell, self._factor, self._heard = bell, factor, bell.rung_at()
        self._freed = False
        self._again: Iterator[float] = iter((0.0,))  # at first it looks at once

    def end(self) -> None:
        """Work ends here, which leaves room for more: of that nobody rings."""
        self._freed = True

    def wait(self, timeout: float | None = None) -> bool:
        pause = threading.TIMEOUT_MAX if timeout is None else timeout * self._factor
        until = time.monotonic() + min(pause, next(self._again, pause))
        while time.monotonic() < until and not self.is_set():
            time.sleep(LISTEN_S)  # which takes less than to wait for an event
            rung_at = self._bell.rung_at()
            if rung_at != self._heard or self._freed:
                self._heard, self._freed, self._again = rung_at, False, iter(AGAIN_S)
                break
        return self.is_set()
