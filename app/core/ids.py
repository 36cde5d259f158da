"""Identifiers: UUID version 7 (RFC 9562), so that the order of ids is the order of creation."""

from __future__ import annotations

import re
import secrets
import threading
import time
import uuid

_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_COUNTER_BITS = 12
_COUNTER_SEED_BITS = 8


class _Sequence:
    """Milliseconds and a 12-bit counter that never go back (RFC 9562, section 6.2, method 1)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        """48 bits of Unix milliseconds followed by 12 bits of counter: greater than every earlier answer."""
        fresh = (time.time_ns() // 1_000_000) << _COUNTER_BITS | secrets.randbits(_COUNTER_SEED_BITS)
        with self._lock:
            self._last = max(fresh, self._last + 1)
            return self._last


_sequence = _Sequence()


def new_id() -> str:
    """A new UUIDv7: lower case, hyphenated, greater than all ids made before in this process."""
    instant = _sequence.next()
    milliseconds, counter = instant >> _COUNTER_BITS, instant & ((1 << _COUNTER_BITS) - 1)
    number = milliseconds << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=number))


def is_id(text: str) -> bool:
    """Whether the text has the form of an id: a lower-case, hyphenated UUID."""
    return _FORM.fullmatch(text) is not None
