"""Ctrl-C and SIGTERM as an event one can wait for, instead of an exception anywhere."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any


class Interruption:
    """A context. The first signal asks to stop: ``wait`` returns. The second one calls what ``on_second`` was given."""

    def __init__(self, asked: threading.Event | None = None) -> None:
        self._asked = asked or threading.Event()
        self._hurry: Callable[[], None] = lambda: None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interruption:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait this long, or until asked to stop; whether that was asked."""
        return self._asked.wait(seconds)

    def on_second(self, hurry: Callable[[], None]) -> None:
        self._hurry = hurry

    def _on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        if self._asked.is_set():
            self._hurry()
        self._asked.set()
