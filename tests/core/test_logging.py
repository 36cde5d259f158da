from __future__ import annotations

import json
import subprocess
import sys

import pytest

from app.core.logging import redact

KEY = "tnx_abcdef123456_" + "5" * 64
# Longer than any run of digits in a line of the log that is not of the key: a time has six at most.
OF_THE_KEY = "5" * 8


@pytest.mark.parametrize(
    "event",
    [
        {"event": f"called with {KEY}"},
        {"event": "x", "header": f"Bearer {KEY}"},
        {"event": "x", "header": f"bearer eyJhbGciOi.{'5' * 64}.x-_"},
        {"event": "x", "authorization": "5" * 64},
        {"event": "x", "request": {"headers": [("Authorization", f"Bearer {KEY}")], "webhook_secret": "5" * 64}},
        {"event": "x", "url": f"postgresql://someone:{'5' * 64}@host/db"},
        {"event": "x", "exception": f"Traceback ...\nValueError: {KEY}"},
    ],
)
def test_no_secret_is_logged_wherever_it_stands(event: dict[str, object]) -> None:
    assert OF_THE_KEY not in repr(redact(None, "info", event))


def test_what_tells_keys_apart_is_kept() -> None:
    assert redact(None, "info", {"event": KEY, "count": 3}) == {"event": "tnx_abcdef123456_[redacted]", "count": 3}


_PROGRAM = f"""
import logging, structlog
from app.core.logging import configure_logging
from app.core.settings import Settings
configure_logging(Settings(log_format="json"))
structlog.get_logger("ours").info("said", key="{KEY}")
logging.getLogger("theirs").warning("said %s", "{KEY}")
structlog.get_logger("ours").debug("not said")
try:
    raise ValueError("{KEY}")
except ValueError:
    structlog.get_logger("ours").exception("failed")
"""


def test_our_logs_and_those_of_libraries_are_lines_of_json_on_standard_error() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["logger"], line["level"]) for line in lines] == [
        ("ours", "info"),
        ("theirs", "warning"),
        ("ours", "error"),
    ]
    assert "ValueError" in lines[2]["exception"]
    assert OF_THE_KEY not in done.stderr
    assert done.stdout == ""
