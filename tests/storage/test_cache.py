"""Local copies of what is in a bucket: made once, shared, bounded, never taken from under a reader."""

from __future__ import annotations

import multiprocessing
import os
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.core.errors import StorageFull
from app.storage.cache import BlobCache

DATA = os.urandom(3_000_000)


class Source:
    """A bucket that counts how often it was asked."""

    def __init__(self, data: bytes = DATA) -> None:
        self.data, self.asked = data, 0

    def __call__(self) -> Iterator[bytes]:
        self.asked += 1
        yield from (self.data[start : start + 500_000] for start in range(0, len(self.data), 500_000))


@pytest.fixture
def cache(tmp_path: Path) -> BlobCache:
    return BlobCache(tmp_path / "cache", most_bytes=10_000_000)


def read(cache: BlobCache, name: str, source: Source) -> bytes:
    with cache.opened(name, len(source.data), source) as path:
        return path.read_bytes()


def names(folder: Path) -> int:
    return len(list((folder / "cache").iterdir()))


def test_a_copy_is_fetched_once_and_cannot_be_written(cache: BlobCache) -> None:
    source = Source()
    assert read(cache, "a", source) == read(cache, "a", source) == DATA
    assert source.asked == 1
    with cache.opened("a", len(DATA), source) as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_many_who_want_the_same_wait_for_one_download(cache: BlobCache) -> None:
    source = Source()
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: read(cache, "a", source), range(8))) == {DATA}
    assert source.asked == 1


def test_processes_share_it_and_go_on_after_one_that_was_killed(tmp_path: Path, cache: BlobCache) -> None:
    begun = multiprocessing.get_context("fork").Event()

    def killed() -> Iterator[bytes]:
        yield DATA[:1000]
        begun.set()
        threading.Event().wait()

    child = multiprocessing.get_context("fork").Process(target=lambda: cache.opened("a", 1, killed).__enter__())
    child.start()
    assert begun.wait(20)
    source = Source()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(read, cache, "a", source)
        assert not waiting.done()
        child.kill()
        child.join()
        assert waiting.result(20) == DATA
    assert source.asked == 1
    assert names(tmp_path) == 1


def test_what_was_used_longest_ago_goes_first(tmp_path: Path, cache: BlobCache) -> None:
    sources = {name: Source() for name in "abcd"}
    for name in "abc":
        read(cache, name, sources[name])
    read(cache, "a", sources["a"])
    read(cache, "d", sources["d"])
    assert names(tmp_path) == 3
    for name in "acd":
        read(cache, name, sources[name])
    assert {name: source.asked for name, source in sources.items()} == {"a": 1, "b": 1, "c": 1, "d": 1}
    read(cache, "b", sources["b"])
    assert sources["b"].asked == 2


def test_what_is_in_use_stays_even_when_there_is_too_much(tmp_path: Path, cache: BlobCache) -> None:
    with cache.opened("a", len(DATA), Source()) as used:
        for name in "bcdefg":
            read(cache, name, Source())
            assert used.read_bytes() == DATA
        assert names(tmp_path) == 3
        read(cache, "larger than all", Source(bytes(12_000_000)))
        assert used.read_bytes() == DATA
    read(cache, "h", Source())
    assert sum(path.stat().st_size for path in (tmp_path / "cache").iterdir()) <= 10_000_000


@pytest.mark.parametrize("fault", [ConnectionResetError("gone"), KeyboardInterrupt()])
def test_a_copy_that_was_not_fetched_whole_is_not_there(tmp_path: Path, cache: BlobCache, fault: BaseException) -> None:
    def failing() -> Iterator[bytes]:
        yield DATA[:1000]
        raise fault

    with pytest.raises(type(fault)), cache.opened("a", len(DATA), failing):
        pass
    assert names(tmp_path) == 0
    assert read(cache, "a", Source()) == DATA


def test_a_full_disk_is_named(small_disk: Path) -> None:
    with pytest.raises(StorageFull), BlobCache(small_disk, most_bytes=1 << 30).opened("a", len(DATA), Source()):
        pass
    assert list(small_disk.iterdir()) == []


def test_the_folder_may_be_removed_at_any_time(tmp_path: Path, cache: BlobCache) -> None:
    source = Source()
    read(cache, "a", source)
    for path in (tmp_path / "cache").iterdir():
        path.unlink()
    (tmp_path / "cache").rmdir()
    assert read(cache, "a", source) == DATA
    assert source.asked == 2


def test_many_readers_in_little_room_all_read_what_they_asked_for(tmp_path: Path) -> None:
    cache = BlobCache(tmp_path / "cache", most_bytes=250_000)
    blobs = {str(number): os.urandom(100_000) for number in range(6)}

    def work(turn: int) -> None:
        name = str(turn * 7 % 6)
        assert read(cache, name, Source(blobs[name])) == blobs[name]

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(120)))
