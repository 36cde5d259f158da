"""One name for all that can change a byte."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def fingerprint(kind: str, **inputs: Any) -> str:
    """SHA-256 over the canonical JSON of every input.

    Callers pass all they have; leaving something out that can change a byte would hand an old result to a new request.
    """
    document = json.dumps({"kind": kind, **inputs}, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(document.encode("utf-8", "surrogatepass")).hexdigest()


def seed_of(name: str) -> int:
    """A seed that a fingerprint brings with it, so that equal inputs move alike."""
    return int(name[:8], 16)
