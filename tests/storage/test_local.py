from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.core.errors import StorageFull
from app.storage.local import LocalStore


def test_a_full_disk_is_named_and_nothing_is_left_or_lost(small_disk: Path, tmp_path: Path) -> None:
    store = LocalStore(small_disk)
    store.put("kept", b"k" * 1000)
    source = tmp_path / "source"
    source.write_bytes(b"x" * 2_000_000)
    for too_much in (source, b"x" * 2_000_000):
        with pytest.raises(StorageFull, match="free some space") as caught:
            store.put("kept", too_much)
        assert (caught.value.status, caught.value.code) == (507, "storage_full")
    assert b"".join(store.read("kept")) == b"k" * 1000
    assert [path.name for path in small_disk.rglob("*") if path.is_file()] == ["kept"]
    store.put("fits", b"f" * 500_000)


def test_a_copy_to_a_full_disk_is_named_and_not_left_half(small_disk: Path, tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "blobs")
    store.put("large", b"x" * 2_000_000)
    with pytest.raises(StorageFull):
        store.get("large", small_disk / "copy")
    assert not (small_disk / "copy").exists()


def test_what_interrupted_writers_left_is_swept_and_blobs_are_not(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put("kept", b"k")
    abandoned, recent = tmp_path / ".incoming" / "abandoned", tmp_path / ".incoming" / "recent"
    for path in (abandoned, recent):
        path.write_bytes(b"half a vid")
    os.utime(abandoned, (0, 0))
    assert [found.key for found in store.list()] == ["kept"]
    assert store.sweep(older_than_s=3600) == 1
    assert recent.exists()
    assert not abandoned.exists()
    assert store.size("kept") == 1


def test_folders_that_hold_nothing_any_more_go_with_their_last_blob(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put("w1/v1/a", b"x")
    store.put("w1/v2/a", b"x")
    store.delete("w1/v1/a")
    assert [path.name for path in (tmp_path / "w1").iterdir()] == ["v2"]
