"""What the command line says about the machine it is on, and how fast it says anything."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Tenex

HEAVY = ("fastapi", "sqlalchemy", "alembic", "mcp", "dbos", "av", "cv2", "numpy", "uvicorn", "httpx2")


def test_help_loads_neither_the_server_nor_the_database() -> None:
    code = (
        "import sys, app.cli\n"
        "sys.argv = ['tenex', '--help']\n"
        "try: app.cli.main()\n"
        f"finally: print('loaded:', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "render" in done.stdout
    assert "loaded: []" in done.stdout


def test_doctor_finds_all_that_is_required(tenex: Tenex) -> None:
    said = tenex("doctor", "--json")
    lacking = [one for one in said.document["findings"] if one["required"] and not one["found"]]
    assert (said.code, lacking) == (0, [])


def test_doctor_names_a_damaged_database_and_what_to_do(tenex: Tenex, data: Path) -> None:
    data.mkdir()
    (data / "tenex.sqlite3").write_bytes(b"This is not a database. " * 400)
    said = tenex("doctor")
    assert said.code == 5
    line = next(line for line in said.out.splitlines() if "Database" in line)
    assert line.startswith("✗")
    assert "restore your last backup" in line


def test_doctor_says_how_to_get_a_missing_ffmpeg(tenex: Tenex) -> None:
    said = tenex("doctor", FFMPEG_BINARY="/nowhere/ffmpeg")
    assert said.code == 5
    assert "pip install imageio-ffmpeg" in said.out


def test_a_data_folder_that_cannot_be_used_is_one_sentence(tenex: Tenex, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for arguments in (("up",), ("workspace", "list")):
        said = tenex(*arguments, "--data", str(tmp_path / "file" / "data"))
        assert said.code == 5
        assert said.err.count("\n") == 1
        assert "--data" in said.err


def test_a_port_in_use_is_one_sentence_and_names_another(tenex: Tenex) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
        said = tenex("up", "--port", str(port))
    assert said.code == 5
    assert said.err.count("\n") == 1
    assert f"Port {port}" in said.err
    assert f"--port {port + 1}" in said.err


def test_a_database_of_a_newer_version_is_left_alone(tenex: Tenex, data: Path) -> None:
    import sqlite3

    tenex("workspace", "create", "Acme")
    connection = sqlite3.connect(data / "tenex.sqlite3")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    said = tenex("workspace", "list", "--json")
    assert (said.code, said.document["error"]["code"]) == (5, "database_too_new")


def test_a_setting_that_cannot_be_used_names_its_variable(tenex: Tenex) -> None:
    said = tenex("doctor", TENEX_PORT="eighty")
    assert said.code == 5
    assert "TENEX_PORT" in said.err


def test_fetching_a_voice_without_piper_says_what_to_install(tenex: Tenex) -> None:
    from importlib.util import find_spec

    said = tenex("voices", "add", "xx_XX-nobody-low")
    assert said.code in {3, 5}
    assert "Traceback" not in said.err
    assert ("tenex-videos[piper]" in said.err) == (find_spec("piper") is None)


def test_the_avatars_and_voices_that_are_listed_are_those_that_exist(tenex: Tenex) -> None:
    from app.avatars.studio.cast import CAST
    from app.speech.builtin import ESPEAK_VOICES

    assert {one["id"] for one in tenex("avatars", "list", "--json").document} == set(CAST)
    listed = {one["id"] for one in tenex("voices", "list", "--language", "de", "--json").document}
    assert listed >= {voice.id for voice in ESPEAK_VOICES if voice.language.startswith("de")}
    assert not any("en-us" in voice for voice in listed)
