"""Uploads in parts on a folder: what a crash, a full disk and a late client find."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from app.storage.base import UploadNotFound
from app.storage.local import LocalStore

KEY = "w1/uploads/recording.mov"
PARTS = {number: bytes([number]) * (300_000 + number) for number in (1, 2, 3, 4)}
WHOLE = b"".join(PARTS.values())
KILLED = 9
#: What changes a folder, as Python tells its auditors (PEP 578).
CHANGES = {"open", "os.mkdir", "os.remove", "os.rename", "os.rmdir"}


@pytest.fixture
def store(local_store: LocalStore) -> LocalStore:
    return local_store


def uploaded(store: LocalStore, key: str = KEY) -> str:
    upload = store.begin_multipart(key)
    for number, data in PARTS.items():
        store.write_part(key, upload, number, iter([data]))
    return upload


def content(store: LocalStore, key: str = KEY) -> bytes:
    return b"".join(store.read(key))


def in_another_process(act: Callable[[], object], before: Callable[[], None]) -> int:
    """How a process ended that prepared itself and then acted."""
    child = os.fork()
    if child == 0:
        try:
            before()
            act()
        finally:
            os._exit(0 if sys.exc_info()[0] is None else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def die_at(step: int) -> None:
    """The process ends without a word at its so-manieth change of a folder."""
    left = count(step, -1)

    def audit(event: str, arguments: object) -> None:
        if event in CHANGES and next(left) == 0:
            os._exit(KILLED)

    sys.addaudithook(audit)


def test_completing_goes_on_wherever_it_was_killed(store: LocalStore) -> None:
    for step in count():
        key = f"w1/{step}"
        upload = uploaded(store, key)
        code = in_another_process(
            lambda key=key, upload=upload: store.complete_multipart(key, upload, list(PARTS)),
            lambda step=step: die_at(step),
        )
        assert code in (0, KILLED)
        if store.size(key) is None:
            sizes = [(part.number, part.size) for part in store.parts(key, upload)]
            assert sizes == [(number, len(data)) for number, data in PARTS.items()]
        assert store.complete_multipart(key, upload, list(PARTS)) == len(WHOLE)
        assert content(store, key) == WHOLE
        assert list(store.multiparts()) == []
        if code == 0:
            break
    assert step > 20, "it was killed at every step"


def test_a_part_that_was_appended_by_half_is_appended_again(store: LocalStore) -> None:
    upload, copy = uploaded(store), os.copy_file_range

    def copy_a_little(source: int, target: int, size: int) -> int:
        copy(source, target, 1000)
        os._exit(KILLED)

    def sabotage() -> None:
        os.copy_file_range = copy_a_little

    assert in_another_process(lambda: store.complete_multipart(KEY, upload, [1, 2, 3, 4]), sabotage) == KILLED
    assert store.complete_multipart(KEY, upload, [1, 2, 3, 4]) == len(WHOLE)
    assert content(store) == WHOLE


def test_parts_are_joined_where_the_system_cannot_copy_by_itself(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(source: int, target: int, size: int) -> int:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "copy_file_range", cannot)
    store.complete_multipart(KEY, uploaded(store), [1, 2, 3, 4])
    assert content(store) == WHOLE


def test_joining_needs_room_for_one_part_more(small_disk: Path) -> None:
    store = LocalStore(small_disk)  # one megabyte
    upload = store.begin_multipart(KEY)
    for number in (1, 2, 3, 4):
        store.write_part(KEY, upload, number, iter([bytes([number]) * 180_000]))
    assert store.complete_multipart(KEY, upload, [1, 2, 3, 4]) == 720_000
    assert content(store) == b"".join(bytes([number]) * 180_000 for number in (1, 2, 3, 4))


def test_nothing_more_is_taken_after_completing(store: LocalStore) -> None:
    upload = uploaded(store)
    late = store.open_part(KEY, upload, 1)
    store.complete_multipart(KEY, upload, [1, 2, 3, 4])
    late.write(b"late")
    with late, pytest.raises(UploadNotFound):
        late.keep()
    with pytest.raises(UploadNotFound):
        store.write_part(KEY, upload, 1, iter([b"later"]))
    with pytest.raises(UploadNotFound):
        store.parts(KEY, upload)
    assert content(store) == WHOLE
    assert leftovers(store) == []


def test_nothing_is_left_of_parts_that_were_not_kept_or_not_wanted(store: LocalStore) -> None:
    upload = uploaded(store)
    with store.open_part(KEY, upload, 5) as draft:
        draft.write(b"half")
    assert leftovers(store) == [f".uploads/{upload}/key", *(f".uploads/{upload}/parts/0000{n}" for n in (1, 2, 3, 4))]
    store.complete_multipart(KEY, upload, [2, 3])
    assert content(store) == PARTS[2] + PARTS[3]
    assert leftovers(store) == []
    store.abort_multipart("w1/b", uploaded(store, "w1/b"))
    assert leftovers(store) == []


def test_an_upload_is_begun_whole_or_not_at_all(store: LocalStore) -> None:
    for step in count():
        code = in_another_process(lambda: store.begin_multipart(KEY), lambda step=step: die_at(step))
        assert code in (0, KILLED)
        for one in list(store.multiparts()):
            assert one.key == KEY
            store.write_part(KEY, one.upload_id, 1, iter([b"x"]))
            store.abort_multipart(KEY, one.upload_id)
        for path in (store.root / ".incoming").glob("*"):
            os.utime(path, (0, 0))
        store.sweep(older_than_s=3600)
        assert leftovers(store) == []
        if code == 0:
            break
    assert step > 5, "it was killed at every step"


def leftovers(store: LocalStore) -> list[str]:
    """What lies in the folder next to the blobs."""
    files = (path.relative_to(store.root).as_posix() for path in store.root.rglob("*") if path.is_file())
    return sorted(name for name in files if name.startswith("."))
