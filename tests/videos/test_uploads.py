"""Bringing recordings in: announced, sent in parts, completed once. No worker runs here."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from httpx2 import Response

from app.core.clock import utc_now
from app.core.settings import Settings
from app.modules.videos.expiry import Expiry
from app.modules.videos.models import RenderJob, Upload, Video
from tests.videos.installation import Caller, Installation

PART = Settings().upload_part_bytes
#: Two whole parts and a rest; every byte tells where it stands.
FILE = (bytes(range(251)) * (1 + (2 * PART + 1000) // 251))[: 2 * PART + 1000]


def announce(caller: Caller, **wanted: Any) -> dict[str, Any]:
    answer = caller.post("/uploads", {"filename": "talk.mp4", "size": len(FILE)} | wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


def send(caller: Caller, part: dict[str, Any], content: bytes | None = None) -> Response:
    """As a client without a key would."""
    address = urlsplit(part["url"])
    body = FILE[part["offset"] :][: part["size"]] if content is None else content
    return caller.client.request(part["method"], address.path, content=body, headers=part["headers"])


def complete(caller: Caller, upload: dict[str, Any]) -> Response:
    return caller.post(f"/uploads/{upload['id']}/complete")


def sent(caller: Caller, **wanted: Any) -> dict[str, Any]:
    """An upload of which every part has arrived."""
    upload = announce(caller, **wanted)
    for part in upload["parts"]:
        assert send(caller, part).status_code == 200
    return upload


def jobs_of(installation: Installation, upload: dict[str, Any]) -> list[RenderJob]:
    with installation.services.database.read_scope() as session:
        return list(session.scalars(sa.select(RenderJob).where(RenderJob.video_id == upload["id"])))


def test_an_upload_is_a_video_and_says_what_to_send(caller: Caller) -> None:
    upload = announce(caller, title="The talk", metadata={"team": "sales"})
    assert (upload["status"], upload["part_size"], upload["part_count"], upload["missing_count"]) == (
        "open",
        PART,
        3,
        3,
    )
    assert [(part["number"], part["offset"], part["size"]) for part in upload["parts"]] == [
        (1, 0, PART),
        (2, PART, PART),
        (3, 2 * PART, 1000),
    ]
    video = caller.get(f"/{upload['video_id']}").json()
    assert (video["status"], video["source"], video["kind"]) == ("uploading", "uploaded", "upload")
    assert (video["title"], video["metadata"], video["render"]) == ("The talk", {"team": "sales"}, None)


def test_parts_arrive_in_any_order_again_and_at_once(caller: Caller, installation: Installation) -> None:
    upload = announce(caller)
    first, second, third = upload["parts"]
    assert send(caller, third).status_code == 200
    half = caller.get(f"/uploads/{upload['id']}").json()
    assert (half["received_bytes"], [part["number"] for part in half["parts"]]) == (1000, [1, 2])
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda part: send(caller, part).status_code, [first, second, first, third]))
    assert answers == [200] * 4
    assert caller.get(f"/uploads/{upload['id']}").json()["parts"] == []
    answer = complete(caller, upload)
    assert (answer.status_code, answer.json()["status"]) == (202, "rendering")
    assert answer.json()["render"]["status"] == "queued"
    (job,) = jobs_of(installation, upload)
    assert (job.kind, job.credits_held) == ("intake", 0)


def test_two_clients_that_complete_at_once_get_one_job(caller: Caller, installation: Installation) -> None:
    upload = sent(caller)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: complete(caller, upload), range(4)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["render"]["id"] for answer in answers}) == 1
    assert len(jobs_of(installation, upload)) == 1
    assert complete(caller, upload).status_code == 202


def test_an_upload_with_missing_parts_is_not_completed(caller: Caller, installation: Installation) -> None:
    upload = announce(caller)
    send(caller, upload["parts"][1])
    answer = complete(caller, upload)
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_incomplete")
    assert (answer.json()["missing"], answer.json()["missing_count"]) == ([1, 3], 2)
    assert jobs_of(installation, upload) == []
    for part in (upload["parts"][0], upload["parts"][2]):
        send(caller, part)
    assert complete(caller, upload).status_code == 202


@pytest.mark.parametrize(
    ("content", "status", "code"), [(FILE[:999], 400, "part_too_small"), (FILE[:1001], 413, "part_too_large")]
)
def test_a_part_of_another_size_is_refused_and_not_kept(caller: Caller, content: bytes, status: int, code: str) -> None:
    upload = announce(caller)
    answer = send(caller, upload["parts"][2], content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert caller.get(f"/uploads/{upload['id']}").json()["missing_count"] == 3


def test_a_large_file_is_told_of_in_portions(caller: Caller) -> None:
    upload = announce(caller, size=500 * PART + 1)
    assert (upload["part_count"], len(upload["parts"])) == (501, 20)
    more = caller.get(f"/uploads/{upload['id']}", parts=100).json()
    assert [part["number"] for part in more["parts"]] == list(range(1, 101))
    assert caller.get(f"/uploads/{upload['id']}", parts=0).json()["parts"] == []
    assert caller.get(f"/uploads/{upload['id']}", parts=201).status_code == 422


def test_the_same_request_with_its_key_is_one_upload_with_links_that_work(caller: Caller) -> None:
    body = {"filename": "talk.mp4", "size": len(FILE)}
    first, again = (caller.post("/uploads", body, Idempotency_Key="talk-1") for _ in range(2))
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert first.json()["id"] == again.json()["id"]
    assert send(caller, again.json()["parts"][2]).status_code == 200
    other = caller.post("/uploads", body | {"size": 1}, Idempotency_Key="talk-1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reuse")


def test_uploads_are_listed_and_found_by_their_digest(caller: Caller) -> None:
    digest = hashlib.sha256(FILE).hexdigest()
    wanted = announce(caller, sha256=digest.upper())
    announce(caller)
    found = caller.get("/uploads", sha256=digest, status="open").json()
    assert [upload["id"] for upload in found["items"]] == [wanted["id"]]
    assert found["items"][0]["sha256"] == digest
    assert len(caller.get("/uploads").json()["items"]) == 2
    assert caller.get("/uploads", status="done").json()["items"] == []


def test_an_empty_file_is_refused_at_once(caller: Caller) -> None:
    answer = caller.post("/uploads", {"filename": "nothing.mp4", "size": 0})
    assert (answer.status_code, answer.json()["code"]) == (400, "empty_file")
    assert "nothing.mp4 is empty" in answer.json()["detail"]
    assert caller.get("/uploads").json()["items"] == []


def test_a_file_beyond_the_limit_is_refused_at_once(caller: Caller) -> None:
    answer = caller.post("/uploads", {"filename": "long.mov", "size": 10**12})
    assert (answer.status_code, answer.json()["code"], answer.json()["limit"]) == (413, "too_large", 20 * 1024**3)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"filename": "a.mp4"},
        {"size": 10},
        {"filename": "", "size": 10},
        {"filename": "a.mp4", "size": -1},
        {"filename": "a.mp4", "size": 1.5},
        {"filename": "a.mp4", "size": 10, "sha256": "abc"},
        {"filename": "a.mp4", "size": 10, "source_url": "https://example.com/a.mp4"},
        {"filename": "a.mp4", "size": 10, "colour": "red"},
        {"source_url": "https://example.com/" + "a" * 2000},
        {"filename": "a" * 5000, "size": 10},
    ],
)
def test_a_body_that_does_not_fit_is_refused(caller: Caller, body: dict[str, Any]) -> None:
    assert caller.post("/uploads", body).status_code == 422
    assert caller.get("/uploads").json()["items"] == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1/a.mp4", "address_not_public"),
        ("http://[::1]/a.mp4", "address_not_public"),
        ("http://2130706433/a.mp4", "address_not_public"),
        ("http://169.254.169.254/latest", "address_not_public"),
        ("file:///etc/passwd", "source_refused"),
        ("https://me:secret@example.com/a.mp4", "source_refused"),
        ("not an address", "source_refused"),
    ],
)
def test_an_address_that_is_not_for_everyone_is_refused(caller: Caller, url: str, code: str) -> None:
    answer = caller.post("/uploads", {"source_url": url})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert "secret" not in answer.text
    assert caller.get("/uploads").json()["items"] == []


def test_what_is_at_an_address_needs_no_parts(caller: Caller, installation: Installation) -> None:
    answer = caller.post("/uploads", {"source_url": "https://example.com/films/My%20talk.mp4?key=1"})
    upload = answer.json()
    assert (upload["status"], upload["parts"], upload["filename"]) == ("received", [], "My talk.mp4")
    assert caller.get(f"/{upload['id']}").json()["title"] == "My talk"
    assert len(jobs_of(installation, upload)) == 1
    assert complete(caller, upload).status_code == 202
    assert len(jobs_of(installation, upload)) == 1


@pytest.mark.parametrize(
    ("name", "kept", "title"),
    [
        ("../../etc/passwd", "passwd", "passwd"),
        ("C:\\films\\talk.mov", "talk.mov", "talk"),
        ("..", "video", "video"),
        ("///", "video", "video"),
        ("a\u202egpj.mp4", "agpj.mp4", "agpj"),
        ("line\nbreak.mp4", "linebreak.mp4", "linebreak"),
        ("🎬" * 300 + ".mp4", "🎬" * 251 + ".mp4", "🎬" * 200),
        ("no ending", "no ending", "no ending"),
        (".mp4", "mp4", "mp4"),
    ],
)
def test_whatever_a_file_is_called_it_can_be_kept_and_shown(caller: Caller, name: str, kept: str, title: str) -> None:
    upload = announce(caller, filename=name, size=10)
    assert upload["filename"] == kept
    assert caller.get(f"/{upload['id']}").json()["title"] == title
    part = dict(upload["parts"][0])
    assert send(caller, part, b"0123456789").status_code == 200


def test_a_name_with_a_null_byte_is_refused(caller: Caller) -> None:
    answer = caller.post("/uploads", {"filename": "a\0.mp4", "size": 10})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_text")


def test_an_abandoned_upload_expires_and_says_so(caller: Caller, installation: Installation) -> None:
    upload, kept = announce(caller), announce(caller)
    send(caller, upload["parts"][0])
    _age(installation, upload, timedelta(hours=25))
    assert expire(installation) == 1
    video = caller.get(f"/{upload['id']}").json()
    assert (video["status"], video["render"]["error"]["code"]) == ("failed", "upload_expired")
    assert "Upload the file again" in video["render"]["error"]["message"]
    assert caller.get(f"/uploads/{upload['id']}").json()["status"] == "expired"
    assert (complete(caller, upload).status_code, complete(caller, upload).json()["code"]) == (409, "upload_expired")
    assert send(caller, upload["parts"][1]).status_code == 404
    assert caller.get(f"/uploads/{kept['id']}").json()["status"] == "open"
    assert expire(installation) == 0


def test_an_upload_that_someone_goes_on_with_lives_on(caller: Caller, installation: Installation) -> None:
    upload = announce(caller)
    _age(installation, upload, timedelta(hours=23))
    caller.get(f"/uploads/{upload['id']}")
    _age(installation, upload, timedelta(hours=2))
    assert expire(installation) == 0


def test_deleting_a_video_that_is_being_uploaded_removes_its_parts(caller: Caller, installation: Installation) -> None:
    upload = announce(caller)
    send(caller, upload["parts"][0])
    blobs = installation.services.platform.blobs
    assert any(upload["id"] in unfinished.key for unfinished in blobs.multiparts())
    assert caller.delete(f"/{upload['id']}").status_code == 204
    assert not any(upload["id"] in unfinished.key for unfinished in blobs.multiparts())
    assert caller.get(f"/uploads/{upload['id']}").status_code == 404
    assert send(caller, upload["parts"][1]).status_code == 404
    with installation.services.database.read_scope() as session:
        assert session.get(Video, upload["id"]) is None


def test_an_uploaded_video_has_no_script_to_render_again(caller: Caller) -> None:
    upload = announce(caller)
    answer = caller.post(f"/{upload['id']}/renders", {"aspect_ratio": "9:16"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_renderable")


def expire(installation: Installation) -> int:
    """What a worker does every minute."""
    return Expiry(database=installation.services.database, blobs=installation.services.platform.blobs).expire()


def _age(installation: Installation, upload: dict[str, Any], by: timedelta) -> None:
    with installation.services.database.session_scope() as session:
        row = session.get_one(Upload, upload["id"])
        assert row.expires_at > utc_now()
        row.expires_at -= by
