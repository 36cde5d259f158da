"""What runs in child processes on a stranger's file. Plain JSON in and out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Progress = Callable[[float], None]
Task = dict[str, Any]


def check(task: Task, progress: Progress) -> dict[str, Any]:
    """``{"path", "bounds"}`` → size, SHA-256, what is in the file, and what is to be made of it. Raises refusals."""
    raise NotImplementedError
