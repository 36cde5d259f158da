from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.ids import is_id, new_id

#: One that stays the same, since the names of tests must.
FIXED = "01a20b47-a01a-70ed-9bbe-5123a31e223e"


def test_an_id_is_a_version_7_uuid_of_this_moment() -> None:
    before = time.time_ns() // 1_000_000
    parsed = uuid.UUID(new_id())
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert 0 <= (parsed.int >> 80) - before < 5_000


def test_later_ids_are_greater_also_within_one_millisecond() -> None:
    ids = [new_id() for _ in range(20_000)]
    assert ids == sorted(set(ids))


def test_threads_never_get_the_same_id() -> None:
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda _: new_id(), range(4_000)))
    assert len(set(ids)) == 4_000


def test_what_new_id_makes_is_an_id() -> None:
    assert is_id(new_id())


@pytest.mark.parametrize("text", ["", "x", FIXED.upper(), FIXED.replace("-", ""), f" {FIXED}", f"{FIXED}\n", "0" * 36])
def test_anything_else_is_not(text: str) -> None:
    assert not is_id(text)
