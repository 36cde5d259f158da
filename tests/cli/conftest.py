"""The real ``tenex`` in real processes, with a data folder of the test's own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Tenex = Callable[..., Said]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def environment(data: Path) -> dict[str, str]:
    """What the commands see: nothing of the settings of whoever runs the tests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TENEX_")}
    return clean | {"TENEX_DATA": str(data)}


@pytest.fixture
def tenex(environment: dict[str, str]) -> Tenex:
    """Run a command to its end."""

    def run(*arguments: str, **more: str) -> Said:
        done = subprocess.run(
            command(*arguments),
            env=environment | more,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Said(code=done.returncode, out=done.stdout, err=done.stderr)

    return run


@pytest.fixture
def port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "app.cli", *arguments]
