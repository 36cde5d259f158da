"""A bucket on a real server: what clients may do with their links, and what its faults become."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import psutil
import pytest

from app.core.errors import TenexError
from app.core.settings import Settings
from app.storage.base import BlobNotFound, BucketMissing, StorageDenied, StorageUnavailable
from app.storage.cache import BlobCache
from app.storage.s3 import PART, S3Store
from app.storage.s3_bucket import open_bucket
from app.storage.s3_links import PresignedLinks, PresignedPartLinks
from tests.storage.faulty import Fault, FaultyServer, faulty
from tests.swift import Swift

KEY = "w1/videos/a.mp4"
HOUR = timedelta(hours=1)


@pytest.fixture
def links(object_store: Swift, s3_settings: Settings) -> PresignedLinks:
    return PresignedLinks(object_store.open(s3_settings), lifetime=HOUR)


@pytest.fixture
def part_links(object_store: Swift, s3_settings: Settings) -> PresignedPartLinks:
    return PresignedPartLinks(object_store.open(s3_settings), lifetime=HOUR)


def content(store: S3Store, key: str = KEY) -> bytes:
    return b"".join(store.read(key))


# links -----------------------------------------------------------------------------------------------------------


def test_a_link_downloads_with_name_type_and_ranges(s3_store: S3Store, links: PresignedLinks) -> None:
    s3_store.put(KEY, b"0123456789", content_type="application/octet-stream")
    url = links.url(KEY, filename="welcome.mp4", content_type="video/mp4")
    answer = httpx2.get(url)
    assert (answer.status_code, answer.content) == (200, b"0123456789")
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-disposition"] == 'attachment; filename="welcome.mp4"'
    assert answer.headers["cache-control"] == "private, max-age=3600"
    part = httpx2.get(url, headers={"Range": "bytes=3-5"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"345", "bytes 3-5/10")
    assert httpx2.get(url, headers={"Range": "bytes=10-"}).status_code == 416


def test_a_name_in_any_script_survives(s3_store: S3Store, links: PresignedLinks) -> None:
    s3_store.put(KEY, b"x")
    url = links.url(KEY, filename='Grüße "für" 你好/..\r\nX: y.mp4', content_type="video/mp4")
    assert httpx2.get(url).headers["content-disposition"] == (
        "attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe%20%22f%C3%BCr%22%20%E4%BD%A0%E5%A5%BD%2F..%0D%0AX%3A%20y.mp4"
    )


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        *(("image/jpeg", True), ("video/mp4", True), ("audio/mp4", True), ("text/vtt", True)),
        *(("text/html", False), ("image/svg+xml", False), ("IMAGE/SVG+XML; x=y", False), ("application/pdf", False)),
    ],
)
def test_only_what_cannot_run_is_shown_in_place(
    s3_store: S3Store, links: PresignedLinks, kind: str, shown: bool
) -> None:
    s3_store.put(KEY, b"x")
    answer = httpx2.get(links.url(KEY, filename="a", content_type=kind, inline=True))
    assert answer.headers["content-disposition"].startswith("inline" if shown else "attachment")


def test_a_changed_link_is_refused_by_the_server(s3_store: S3Store, links: PresignedLinks) -> None:
    s3_store.put(KEY, b"x")
    s3_store.put("w2/secret", b"y")
    url = links.url(KEY, filename="a.mp4", content_type="video/mp4")
    assert httpx2.get(url).status_code == 200
    for old, new in (
        ("X-Amz-Expires=3600", "X-Amz-Expires=36000"),
        ("w1/videos/a.mp4", "w2/secret"),
        ("attachment", "inline"),
        (url[-8:], "00000000"),
    ):
        assert old in url
        assert httpx2.get(url.replace(old, new)).status_code == 403
    assert httpx2.delete(url).status_code == 403
    assert httpx2.put(url, content=b"z").status_code == 403
    assert content(s3_store) == b"x"


def test_a_link_expires(s3_store: S3Store, s3_settings: Settings, object_store: Swift) -> None:
    s3_store.put(KEY, b"x")
    links = PresignedLinks(object_store.open(s3_settings), lifetime=timedelta(seconds=2))
    url, deadline = links.url(KEY, filename="a.mp4", content_type="video/mp4"), time.monotonic() + 20
    assert httpx2.get(url).status_code == 200
    while (answer := httpx2.get(url)).status_code == 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (answer.status_code, "expired" in answer.text) == (403, True)


def test_parts_are_sent_straight_to_the_bucket(s3_store: S3Store, part_links: PresignedPartLinks) -> None:
    upload = s3_store.begin_multipart(KEY, content_type="video/mp4")
    data = os.urandom(5 << 20)
    for number, body in ((2, b"end"), (1, data)):
        request = part_links.part_url(KEY, upload, number, len(body))
        assert httpx2.request(request.method, request.url, headers=request.headers, content=body).status_code == 200
    assert s3_store.complete_multipart(KEY, upload, [1, 2]) == len(data) + 3
    assert content(s3_store) == data + b"end"


def test_a_part_of_another_size_or_number_is_refused_by_the_server(
    s3_store: S3Store, part_links: PresignedPartLinks
) -> None:
    upload = s3_store.begin_multipart(KEY)
    url = part_links.part_url(KEY, upload, 1, 10).url
    for body in (b"x" * 9, b"x" * 11):
        assert httpx2.put(url, content=body).status_code == 403
    assert httpx2.put(url.replace("partNumber=1", "partNumber=2"), content=b"x" * 10).status_code == 403
    assert s3_store.parts(KEY, upload) == []
    assert httpx2.put(url, content=b"x" * 10).status_code == 200


# what is wrong with a bucket ----------------------------------------------------------------------------------------


def everything(store: S3Store, folder: Path) -> Iterator[TenexError]:
    """The errors of all that can be asked of a store."""
    for act in (
        lambda: store.put(KEY, b"x"),
        lambda: store.get(KEY, folder / "copy"),
        lambda: content(store),
        lambda: store.size(KEY),
        lambda: store.as_file(KEY).__enter__(),
        lambda: list(store.list()),
        lambda: store.begin_multipart(KEY),
        lambda: list(store.multiparts()),
    ):
        with pytest.raises(TenexError) as caught:
            act()
        yield caught.value


def a_store(settings: Settings, folder: Path, *, patient: bool = True) -> S3Store:
    return S3Store(open_bucket(settings, patient=patient), BlobCache(folder / "cache", most_bytes=1))


def test_a_missing_bucket_is_named_and_never_taken_for_a_missing_blob(object_store: Swift, tmp_path: Path) -> None:
    store = a_store(object_store.settings_for("nobody-made-this"), tmp_path)
    for error in everything(store, tmp_path):
        assert isinstance(error, BucketMissing)
        assert "no bucket s3://nobody-made-this at http://127.0.0.1" in error.message
    assert store.state().problem == "bucket_missing"


def test_wrong_credentials_are_named_and_never_told(object_store: Swift, tmp_path: Path) -> None:
    bucket = object_store.settings(tmp_path).storage.removeprefix("s3://").removesuffix("/site")
    for name, secret in (object_store.guest, (object_store.access_key, "wrong-secret"), ("nobody", "no-secret")):
        settings = object_store.settings_for(bucket, s3_access_key=name, s3_secret_key=secret)
        for error in everything(a_store(settings, tmp_path), tmp_path):
            assert isinstance(error, StorageDenied)
            assert "TENEX_S3_SECRET_KEY" in error.message
            assert secret not in f"{error.message} {error.__cause__!r} {settings!r}"
            assert (error.status, error.retryable) == (503, False)


def test_a_server_that_is_not_there_is_named(s3_settings: Settings, tmp_path: Path) -> None:
    settings = s3_settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:1"})
    store = a_store(settings, tmp_path, patient=False)
    for error in everything(store, tmp_path):
        assert isinstance(error, StorageUnavailable)
        assert "http://127.0.0.1:1" in error.message
        assert error.retryable
    assert store.state().problem == "storage_unavailable"


def test_a_server_that_is_no_object_store_is_named(s3_settings: Settings, tmp_path: Path) -> None:
    from fastapi import FastAPI

    from tests.storage.serving import served

    with served(FastAPI()) as port:
        settings = s3_settings.model_copy(update={"s3_endpoint": f"http://127.0.0.1:{port}"})
        errors = list(everything(a_store(settings, tmp_path), tmp_path))
    assert {error.status for error in errors} <= {404, 503}
    assert all(isinstance(error, TenexError) for error in errors)


# a server that fails on the way -----------------------------------------------------------------------------------


@pytest.fixture
def server(object_store: Swift) -> Iterator[FaultyServer]:
    with faulty(object_store.endpoint) as server:
        yield server


def behind(server: FaultyServer, settings: Settings, folder: Path, *, patient: bool = True) -> S3Store:
    return a_store(settings.model_copy(update={"s3_endpoint": server.endpoint}), folder, patient=patient)


def test_a_server_that_is_busy_for_a_moment_is_asked_again(
    server: FaultyServer, s3_settings: Settings, tmp_path: Path
) -> None:
    store = behind(server, s3_settings, tmp_path)
    server.will(Fault(kind="busy"), Fault(kind="busy"))
    store.put(KEY, b"frames")
    assert server.connections == 3
    assert content(store) == b"frames"


def test_a_server_that_stays_busy_is_named_after_a_few_attempts(
    server: FaultyServer, s3_settings: Settings, tmp_path: Path
) -> None:
    server.will(*[Fault(kind="busy")] * 20)
    with pytest.raises(StorageUnavailable, match="503"):
        behind(server, s3_settings, tmp_path).put(KEY, b"frames")
    assert server.connections == 4


def test_a_server_that_says_nothing_is_not_waited_for(
    server: FaultyServer, s3_settings: Settings, tmp_path: Path
) -> None:
    server.will(Fault(kind="silent"))
    began = time.monotonic()
    with pytest.raises(StorageUnavailable, match=r"(?i)timeout"):
        behind(server, s3_settings, tmp_path, patient=False).size(KEY)
    assert time.monotonic() - began < 15


def test_a_part_that_breaks_off_is_sent_again_whole(
    server: FaultyServer, s3_settings: Settings, tmp_path: Path
) -> None:
    store, data = behind(server, s3_settings, tmp_path), os.urandom(6 << 20)
    upload = store.begin_multipart(KEY)
    server.will(Fault(kind="cut_request", after=2_000_000))
    fresh = behind(server, s3_settings, tmp_path)
    fresh.write_part(KEY, upload, 1, iter([data[:4_000_000], data[4_000_000:]]))
    assert server.connections == 3
    assert [(part.number, part.size) for part in fresh.parts(KEY, upload)] == [(1, len(data))]
    fresh.complete_multipart(KEY, upload, [1])
    assert content(fresh) == data


def test_a_part_that_always_breaks_off_is_not_there(
    server: FaultyServer, s3_settings: Settings, s3_store: S3Store, tmp_path: Path
) -> None:
    upload = s3_store.begin_multipart(KEY)
    server.will(*[Fault(kind="cut_request", after=2_000_000)] * 20)
    with pytest.raises(StorageUnavailable):
        behind(server, s3_settings, tmp_path).write_part(KEY, upload, 1, iter([os.urandom(6 << 20)]))
    assert s3_store.parts(KEY, upload) == []


def test_a_download_that_breaks_off_goes_on_where_it_was(
    server: FaultyServer, s3_settings: Settings, s3_store: S3Store, tmp_path: Path
) -> None:
    data = os.urandom(6 << 20)
    s3_store.put(KEY, data)
    server.will(Fault(kind="cut_answer", after=3_000_000), Fault(kind="cut_answer", after=2_000_000))
    behind(server, s3_settings, tmp_path).get(KEY, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == data
    assert server.connections == 3


def test_a_download_that_breaks_off_and_finds_another_blob_does_not_mix_them(
    server: FaultyServer, s3_settings: Settings, s3_store: S3Store, tmp_path: Path
) -> None:
    s3_store.put(KEY, b"1" * (6 << 20))
    server.will(Fault(kind="cut_answer", after=3_000_000))
    pieces = behind(server, s3_settings, tmp_path).read(KEY)
    next(pieces)
    s3_store.put(KEY, b"2" * (6 << 20))
    with pytest.raises(StorageUnavailable):
        list(pieces)


def test_a_copy_that_cannot_be_had_whole_is_not_there(
    server: FaultyServer, s3_settings: Settings, s3_store: S3Store, tmp_path: Path
) -> None:
    s3_store.put(KEY, os.urandom(6 << 20))
    store = behind(server, s3_settings, tmp_path)
    server.will(Fault(kind="cut_answer", after=3_000_000), *[Fault(kind="busy")] * 4)
    with pytest.raises(StorageUnavailable):
        store.get(KEY, tmp_path / "copy")
    server.will(Fault(kind="cut_answer", after=3_000_000), *[Fault(kind="busy")] * 4)
    with pytest.raises(StorageUnavailable), store.as_file(KEY):
        pass
    assert not server.faults
    assert not (tmp_path / "copy").exists()
    assert list((tmp_path / "cache").glob("*")) == []


def test_an_answer_that_was_lost_does_not_hide_that_the_upload_was_completed(
    server: FaultyServer, s3_settings: Settings, s3_store: S3Store, tmp_path: Path
) -> None:
    upload = s3_store.begin_multipart(KEY)
    s3_store.write_part(KEY, upload, 1, iter([b"whole"]))
    store = behind(server, s3_settings, tmp_path)
    server.will(Fault(kind="lose_answer", marker=b"<CompleteMultipartUpload"))
    assert store.complete_multipart(KEY, upload, [1]) == 5
    assert server.connections == 2
    assert content(store) == b"whole"


# large blobs ------------------------------------------------------------------------------------------------------


def test_a_large_file_is_stored_in_parts_and_little_memory(s3_store: S3Store, tmp_path: Path) -> None:
    source, size = tmp_path / "large", 5 * PART + 12345
    with source.open("wb") as file:
        for _ in range(5):
            file.write(os.urandom(PART))
        file.write(os.urandom(12345))
    before = psutil.Process().memory_info().rss
    stored = s3_store.put(KEY, source, content_type="video/mp4")
    assert psutil.Process().memory_info().rss - before < 4 * PART
    with source.open("rb") as file:
        expected = hashlib.file_digest(file, "sha256").hexdigest()
    assert (stored.size, stored.sha256) == (size, expected)
    with s3_store.as_file(KEY) as path, path.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == expected
    assert list(s3_store.multiparts()) == []


def test_a_large_file_that_cannot_be_read_to_its_end_leaves_no_upload(
    s3_store: S3Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "large"
    source.write_bytes(bytes(2 * PART))
    monkeypatch.setattr(s3_store, "_send_part", _raising(OSError("the disk went away")))
    with pytest.raises(OSError, match="went away"):
        s3_store.put(KEY, source)
    assert (list(s3_store.multiparts()), s3_store.size(KEY)) == ([], None)


def test_keys_lie_below_the_prefix_and_foreign_objects_are_not_told_of(s3_store: S3Store, object_store: Swift) -> None:
    bucket = s3_store._bucket
    s3_store.put("w1/a", b"x")
    for foreign in ("site/folder/", "site/.hidden", "other/w1/b", "site2/w1/c"):
        bucket.client.put_object(Bucket=bucket.name, Key=foreign, Body=b"")
    names = [entry["Key"] for entry in bucket.client.list_objects_v2(Bucket=bucket.name)["Contents"]]
    assert "site/w1/a" in names
    assert len(names) == 5
    assert [found.key for found in s3_store.list()] == ["w1/a"]


def test_a_deleted_blob_is_not_found_even_with_a_local_copy(s3_store: S3Store) -> None:
    s3_store.put(KEY, b"x")
    with s3_store.as_file(KEY):
        pass
    s3_store.delete(KEY)
    with pytest.raises(BlobNotFound), s3_store.as_file(KEY):
        pass


def _raising(error: Exception) -> object:
    def act(*arguments: object) -> None:
        raise error

    return act
