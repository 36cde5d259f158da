"""``tenex upload`` against a real server, also over a network that breaks."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import httpx2
import pytest

from tests.cli.conftest import SECONDS, Tenex, command
from tests.cli.test_up import running
from tests.documents.files import pdf, written
from tests.intake.library import record


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of three parts, when those have five megabytes."""
    target = tmp_path_factory.mktemp("film") / "film.mp4"
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-pix_fmt", "yuv420p", "-c:a", "aac")
    return record(target, *options, size="640x360", seconds="10", noise=True)


def test_without_a_key_it_says_how_to_get_one(tenex: Tenex, film: Path) -> None:
    said = tenex("upload", str(film))
    assert said.code == 5
    assert "tenex keys create" in said.err


@pytest.mark.parametrize(("name", "words"), [("nothing.mp4", "nothing.mp4"), ("empty.mp4", "is empty"), (".", "read")])
def test_what_cannot_be_sent_is_one_clear_answer(tenex: Tenex, tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "empty.mp4").touch()
    said = tenex("upload", str(tmp_path / name), TENEX_API_KEY="tnx_a_b")
    assert (said.code, said.out) == (2, "")
    assert words in said.err


def test_a_server_that_is_not_there(tenex: Tenex, film: Path, port: int) -> None:
    access = {"TENEX_API_KEY": "tnx_a_b", "TENEX_API_BASE": f"http://127.0.0.1:{port}"}
    said = tenex("upload", str(film), "--patience", "1", **access)
    assert said.code == 5
    assert "run the same command again" in said.err


def test_it_goes_on_where_it_was_interrupted(
    tenex: Tenex, environment: dict[str, str], port: int, film: Path, tmp_path: Path
) -> None:
    small = environment | {"TENEX_UPLOAD_PART_BYTES": str(5 * 1024**2)}
    with running(small, port):
        key = tenex("workspace", "create", "Acme", "--json").document["api_key"]
        access = {"TENEX_API_KEY": key, "TENEX_API_BASE": f"http://127.0.0.1:{port}"}
        api = httpx2.Client(
            base_url=f"http://127.0.0.1:{port}/api/v1/videos", headers={"Authorization": f"Bearer {key}"}
        )
        first = subprocess.Popen(
            command("upload", str(film), "--json"), env=environment | access, stderr=subprocess.PIPE, text=True
        )
        assert first.stderr is not None
        for line in first.stderr:
            moment = json.loads(line)["progress"]
            if moment["stage"] == "sending" and moment["share"] > 0.05:
                break
        first.send_signal(signal.SIGINT)
        assert first.wait(timeout=SECONDS) == 130
        (begun,) = api.get("/uploads").json()["items"]

        said = tenex("upload", str(film), "--title", "The film", "--json", **access)
        assert said.code == 0, said.err
        assert (said.document["id"], said.document["status"]) == (begun["id"], "ready")
        assert said.document["media"]["sha256"] == begun["sha256"]

        again = tenex("upload", str(film), **access)
        assert again.code == 0
        assert begun["id"] in again.out
        assert len(api.get("/uploads").json()["items"]) == 1

        (tmp_path / "deck.pdf").write_bytes(pdf([written("One"), written("Two")]))
        deck = tenex("upload", str(tmp_path / "deck.pdf"), **access)
        assert "deck, 2 pages" in deck.out

        (tmp_path / "notes.mp4").write_text("Dear all,\n")
        refused = tenex("upload", str(tmp_path / "notes.mp4"), "--json", **access)
        assert (refused.code, refused.document["error"]["code"]) == (1, "not_media")
