"""What a test needs of the system: missing on a laptop it is skipped, saying how to get it; in CI it fails."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def lacking(what: str, enable: str) -> NoReturn:
    """End the test: skipped, or failed where ``CI=true`` promises that everything is there."""
    message = f"this test needs {what}: {enable}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def need_programs(*names: str, package: str | None = None) -> None:
    """End the test unless all the programs can be run."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        lacking(", ".join(missing), f"sudo apt-get install {package or ' '.join(missing)}")
