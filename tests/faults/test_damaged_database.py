"""The database file is garbage: every command says so in a sentence and leaves the file to who can repair it."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import Tenex, data, environment, port, tenex

__all__ = ["data", "environment", "port", "tenex"]

GARBAGE = b"This is not a database. " * 400


@pytest.mark.parametrize(
    "arguments",
    [
        ("up", "--workers", "1"),
        ("worker",),
        ("render", "--text", "We grew paper boats.", "-o", "video.mp4"),
        ("workspace", "list"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_damaged_database_is_one_sentence_that_says_what_to_do(
    tenex: Tenex, data: Path, tmp_path: Path, port: int, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data.mkdir()
    file = data / "tenex.sqlite3"
    file.write_bytes(GARBAGE)
    said = tenex(*arguments, TENEX_PORT=str(port))
    assert (said.code, said.out) == (5, "")
    assert said.err.count("\n") == 1
    assert all(words in said.err for words in (str(file), "damaged", "restore your last backup"))
    assert file.read_bytes() == GARBAGE
    assert not (tmp_path / "video.mp4").exists()
    assert not [process for process in psutil.process_iter(["environ"]) if belongs(process, data)]


def test_for_machines_it_has_a_code(tenex: Tenex, data: Path) -> None:
    data.mkdir()
    (data / "tenex.sqlite3").write_bytes(GARBAGE)
    said = tenex("render", "--text", "We grew paper boats.", "-o", str(data / "video.mp4"), "--json")
    assert (said.code, said.document["error"]["code"]) == (5, "database_damaged")


def belongs(process: psutil.Process, data: Path) -> bool:
    """Whether the process was started for this data folder."""
    return (process.info["environ"] or {}).get("TENEX_DATA") == str(data)
