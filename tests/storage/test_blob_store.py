"""What every blob store promises, run for each of them."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.clock import utc_now
from app.storage.base import BlobNotFound, BlobStore, InvalidKey
from tests.storage.stores import STORES


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> BlobStore:
    return request.getfixturevalue(request.param)


def content(store: BlobStore, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join(store.read(key, start=start, end=end))


def keys(store: BlobStore, prefix: str = "") -> list[str]:
    return [found.key for found in store.list(prefix)]


def test_what_was_put_can_be_got(store: BlobStore, tmp_path: Path) -> None:
    data = bytes(range(256)) * 10_000
    stored = store.put("w1/videos/a.mp4", data, content_type="video/mp4")
    assert (stored.key, stored.size) == ("w1/videos/a.mp4", len(data))
    assert stored.sha256 == hashlib.sha256(data).hexdigest()
    assert store.size("w1/videos/a.mp4") == len(data)
    store.get("w1/videos/a.mp4", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == data
    with store.as_file("w1/videos/a.mp4") as path:
        assert path.read_bytes() == data


def test_a_file_is_copied_and_stays_where_it_was(store: BlobStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"frames")
    stored = store.put("a", source)
    source.write_bytes(b"changed afterwards")
    assert content(store, "a") == b"frames"
    assert (stored.size, stored.sha256) == (6, hashlib.sha256(b"frames").hexdigest())


def test_an_empty_blob_is_there(store: BlobStore) -> None:
    store.put("empty", b"")
    assert store.size("empty") == 0
    assert content(store, "empty") == b""


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, None, b"0123456789"), (3, 6, b"345"), (7, None, b"789"), (7, 100, b"789"), (10, None, b""), (4, 4, b"")],
)
def test_a_part_is_read_by_its_ends(store: BlobStore, start: int, end: int | None, expected: bytes) -> None:
    store.put("digits", b"0123456789")
    assert content(store, "digits", start, end) == expected


def test_a_large_blob_is_read_in_pieces(store: BlobStore) -> None:
    store.put("large", bytes(5_000_000))
    assert max(len(piece) for piece in store.read("large")) <= 1 << 20
    assert len(content(store, "large", 1, 4_000_001)) == 4_000_000


def test_nothing_is_stored_under_an_unknown_key(store: BlobStore, tmp_path: Path) -> None:
    store.put("folder/file", b"x")
    for key in ("unknown", "folder", "folder/file/below", "folder/other"):
        assert store.size(key) is None
        with pytest.raises(BlobNotFound):
            content(store, key)
        with pytest.raises(BlobNotFound):
            store.get(key, tmp_path / "copy")
        with pytest.raises(BlobNotFound), store.as_file(key):
            pass
    assert not (tmp_path / "copy").exists()


def test_putting_again_replaces(store: BlobStore) -> None:
    store.put("a", b"old and longer")
    store.put("a", b"new")
    assert content(store, "a") == b"new"


def test_a_reader_keeps_what_it_began_to_read(store: BlobStore) -> None:
    store.put("a", b"1" * 3_000_000)
    pieces = store.read("a")
    first = next(pieces)
    store.put("a", b"2" * 3_000_000)
    assert set(first + b"".join(pieces)) == {ord("1")}


def test_what_was_deleted_is_gone_and_may_be_deleted_again(store: BlobStore) -> None:
    store.put("w1/a", b"x")
    store.put("w1/b", b"y")
    for _ in range(2):
        store.delete("w1/a")
    assert store.size("w1/a") is None
    assert keys(store) == ["w1/b"]


def test_keys_are_listed_in_order_below_a_prefix_of_whole_segments(store: BlobStore) -> None:
    for key in ("w1/b/2", "w1/b/10", "w1/a", "w10/a", "w2", "w1-x", "w1.y"):
        store.put(key, b"x")
    assert keys(store, "w1") == ["w1/a", "w1/b/10", "w1/b/2"]
    assert keys(store, "w1/b") == ["w1/b/10", "w1/b/2"]
    assert keys(store) == ["w1-x", "w1.y", "w1/a", "w1/b/10", "w1/b/2", "w10/a", "w2"]
    assert keys(store, "nobody") == []
    assert keys(store, "w2") == []


def test_a_listed_blob_tells_its_size_and_age(store: BlobStore) -> None:
    before = utc_now().replace(microsecond=0)
    store.put("w1/a", b"12345")
    (found,) = store.list()
    assert (found.key, found.size) == ("w1/a", 5)
    # A bucket tells whole seconds, and may have another clock than we by a fraction of one.
    assert before - timedelta(seconds=2) <= found.modified <= utc_now() + timedelta(seconds=2)
    assert found.modified.utcoffset() == timedelta()


def test_what_is_listed_may_be_deleted_meanwhile(store: BlobStore) -> None:
    for number in range(5):
        store.put(f"w1/folder{number}/a", b"x")
    for found in store.list("w1"):
        store.delete(found.key)
    assert keys(store) == []


STRANGE_KEYS = (
    *("", "/", "/etc/passwd", "a//b", "a/", "../a", "a/../../b", "a/..", ".", ".hidden", "a/.b", "-a", "C:a"),
    *("a b", "a\\b", "a\0", "a\n", "é", "a" * 129, "a/" * 300 + "a"),
)


@pytest.mark.parametrize("key", STRANGE_KEYS)
def test_a_key_that_could_leave_the_store_is_refused_everywhere(store: BlobStore, tmp_path: Path, key: str) -> None:
    for act in (
        lambda: store.put(key, b"x"),
        lambda: store.get(key, tmp_path / "copy"),
        lambda: list(store.read(key)),
        lambda: store.size(key),
        lambda: store.delete(key),
        lambda: store.begin_multipart(key),
    ):
        with pytest.raises(InvalidKey):
            act()


def test_a_source_that_is_missing_leaves_nothing_behind(store: BlobStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.put("a", tmp_path / "missing")
    assert keys(store) == []


def test_many_may_put_and_delete_in_one_folder_at_once(store: BlobStore) -> None:
    def work(number: int) -> None:
        store.put(f"shared/folder/{number}", b"x")
        store.delete(f"shared/folder/{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(80)))
    store.put("shared/folder/last", b"y")
    assert keys(store) == ["shared/folder/last"]


def test_of_many_who_put_the_same_key_one_wins_whole(store: BlobStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.put("key", bytes([number]) * 100_000), range(16)))
    assert len(set(content(store, "key"))) == 1
