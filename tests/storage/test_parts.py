"""What every blob store promises about uploads in parts, run for each of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.core.clock import utc_now
from app.storage.base import BlobStore, InvalidPart, PartsMissing, UploadNotFound
from tests.storage.stores import STORES

KEY = "w1/uploads/recording.mov"
#: The least that a bucket takes as a part that is not the last.
SMALLEST = 5 << 20


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> BlobStore:
    return request.getfixturevalue(request.param)


def pieces(data: bytes) -> Iterator[bytes]:
    return (data[start : start + 700_000] for start in range(0, len(data), 700_000))


def content(store: BlobStore) -> bytes:
    return b"".join(store.read(KEY))


def part_of(letter: str, size: int = SMALLEST) -> bytes:
    return letter.encode() * size


def test_parts_in_any_order_become_one_blob(store: BlobStore) -> None:
    upload = store.begin_multipart(KEY, content_type="video/quicktime")
    first, second, last = part_of("1"), os.urandom(SMALLEST + 1), b"the rest"
    for number, data in ((3, last), (1, first), (2, second)):
        part = store.write_part(KEY, upload, number, pieces(data))
        assert (part.number, part.size) == (number, len(data))
    assert [(part.number, part.size) for part in store.parts(KEY, upload)] == [
        (1, SMALLEST),
        (2, SMALLEST + 1),
        (3, len(last)),
    ]
    assert store.size(KEY) is None
    assert store.complete_multipart(KEY, upload, [1, 2, 3]) == 2 * SMALLEST + 1 + len(last)
    assert content(store) == first + second + last
    assert list(store.multiparts()) == []


def test_one_part_is_enough_and_may_be_small(store: BlobStore) -> None:
    upload = store.begin_multipart(KEY)
    store.write_part(KEY, upload, 1, pieces(b"short"))
    assert store.complete_multipart(KEY, upload, [1]) == 5
    assert content(store) == b"short"


def test_a_part_that_is_sent_again_replaces_and_numbers_may_be_left_out(store: BlobStore) -> None:
    upload = store.begin_multipart(KEY)
    for number, data in ((1, part_of("x")), (2, b"not wanted"), (1, part_of("1")), (7, b"7")):
        store.write_part(KEY, upload, number, pieces(data))
    assert store.complete_multipart(KEY, upload, [1, 7]) == SMALLEST + 1
    assert content(store) == part_of("1") + b"7"


def test_of_many_who_send_the_same_part_one_wins_whole(store: BlobStore) -> None:
    upload = store.begin_multipart(KEY)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda letter: store.write_part(KEY, upload, 1, pieces(part_of(letter))), "abcd"))
    store.complete_multipart(KEY, upload, [1])
    assert len(set(content(store))) == 1


def test_a_part_whose_sender_fails_is_not_there(store: BlobStore) -> None:
    def failing() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    upload = store.begin_multipart(KEY)
    store.write_part(KEY, upload, 1, pieces(b"whole"))
    for number in (1, 2):
        with pytest.raises(ConnectionResetError):
            store.write_part(KEY, upload, number, failing())
    assert [(part.number, part.size) for part in store.parts(KEY, upload)] == [(1, 5)]


def test_missing_parts_are_named_and_can_still_be_sent(store: BlobStore) -> None:
    upload = store.begin_multipart(KEY)
    store.write_part(KEY, upload, 1, pieces(part_of("1")))
    with pytest.raises(PartsMissing, match="2 of 3 parts have not arrived") as caught:
        store.complete_multipart(KEY, upload, [1, 2, 3])
    assert (caught.value.status, caught.value.code, caught.value.extra) == (409, "parts_missing", {"missing": [2, 3]})
    store.write_part(KEY, upload, 2, pieces(part_of("2")))
    store.write_part(KEY, upload, 3, pieces(b"3"))
    assert store.complete_multipart(KEY, upload, [1, 2, 3]) == 2 * SMALLEST + 1


@pytest.mark.parametrize("numbers", [[], [2, 1], [1, 1], [0], [10_001]])
def test_numbers_that_cannot_be_are_refused(store: BlobStore, numbers: list[int]) -> None:
    upload = store.begin_multipart(KEY)
    for number in (1, 2):
        store.write_part(KEY, upload, number, pieces(part_of("x")))
    with pytest.raises((InvalidPart, PartsMissing)):
        store.complete_multipart(KEY, upload, numbers)
    with pytest.raises(InvalidPart):
        store.write_part(KEY, upload, 10_001, pieces(b"x"))
    assert store.complete_multipart(KEY, upload, [1, 2]) == 2 * SMALLEST


def test_completing_can_be_repeated_and_done_by_several_at_once(store: BlobStore) -> None:
    upload = store.begin_multipart(KEY)
    for number in (1, 2, 3):
        store.write_part(KEY, upload, number, pieces(part_of(str(number))))
    with ThreadPoolExecutor(4) as pool:
        sizes = list(pool.map(lambda _: store.complete_multipart(KEY, upload, [1, 2, 3]), range(4)))
    assert sizes == [3 * SMALLEST] * 4
    assert store.complete_multipart(KEY, upload, [1, 2, 3]) == 3 * SMALLEST
    assert content(store) == part_of("1") + part_of("2") + part_of("3")


def test_an_aborted_upload_is_gone_and_may_be_aborted_again(store: BlobStore) -> None:
    upload = store.begin_multipart(KEY)
    store.write_part(KEY, upload, 1, pieces(b"1"))
    for _ in range(2):
        store.abort_multipart(KEY, upload)
    for act in (
        lambda: store.parts(KEY, upload),
        lambda: store.write_part(KEY, upload, 2, pieces(b"2")),
        lambda: store.complete_multipart(KEY, upload, [1]),
    ):
        with pytest.raises(UploadNotFound):
            act()
    assert store.size(KEY) is None
    assert list(store.multiparts()) == []


@pytest.mark.parametrize("upload_id", ["", "..", "../../etc", "unknown", "01890a5d-ac96-774b-bcce-b302099a8057"])
def test_an_upload_that_was_never_begun_is_not_found(store: BlobStore, upload_id: str) -> None:
    with pytest.raises(UploadNotFound):
        store.write_part(KEY, upload_id, 1, pieces(b"x"))
    with pytest.raises(UploadNotFound):
        store.parts(KEY, upload_id)
    store.abort_multipart(KEY, upload_id)


def test_an_upload_belongs_to_its_key(store: BlobStore) -> None:
    upload = store.begin_multipart(KEY)
    with pytest.raises(UploadNotFound):
        store.write_part("w2/another", upload, 1, pieces(b"x"))
    store.abort_multipart("w2/another", upload)
    assert store.parts(KEY, upload) == []


def test_unfinished_uploads_are_found_with_their_age_and_are_no_blobs(store: BlobStore) -> None:
    began = {store.begin_multipart(key): key for key in ("w1/a", "w1/b", "w2/c")}
    found = list(store.multiparts())
    assert {one.upload_id: one.key for one in found} == began
    assert all(abs(utc_now() - one.started) < timedelta(minutes=1) for one in found)
    assert list(store.list()) == []
    for one in found:
        store.abort_multipart(one.key, one.upload_id)
    assert list(store.multiparts()) == []
