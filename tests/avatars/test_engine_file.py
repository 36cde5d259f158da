"""The file that names engines: what is read from it, and what is said of mistakes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.avatars.engines.listed import read_engines
from app.core.errors import SettingsInvalid
from tests.cli.conftest import Tenex, data, environment, tenex  # noqa: F401 - fixtures

GOOD = """
[musetalk]
command = ["python", "infer.py", "--image={portrait}", "--audio", "{audio}", "--out", "{out}", '{"a": 1}', "{width}x"]
portraits = "portraits"
folder = "/opt/musetalk"
timeout_seconds = 600
concurrency = 2
environment = { CUDA_VISIBLE_DEVICES = "0" }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "engines.toml"


def test_an_engine_is_read_and_its_command_spelled(file: Path) -> None:
    file.write_text(GOOD)
    engine = read_engines(file)["musetalk"]
    assert engine.portraits == file.parent / "portraits"
    assert (engine.folder, engine.concurrency, engine.timeout_seconds) == (Path("/opt/musetalk"), 2, 600)
    assert engine.places == {"portrait", "audio", "out", "width"}
    values = {"portrait": "/p/{out}.png", "audio": "/a.wav", "out": "/o.mp4", "width": "1280"}
    assert engine.spelled(values)[2:] == [
        *("--image=/p/{out}.png", "--audio", "/a.wav", "--out", "/o.mp4"),
        *('{"a": 1}', "1280x"),
    ]


def test_no_file_means_no_engines() -> None:
    assert read_engines(None) == {}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("[musetalk", "is not TOML"),
        ("musetalk = 1", r"\[musetalk\] .* wrong"),
        ("[studio]\ncommand = ['a']", "none of studio, fake"),
        ("[Muse_Talk]\ncommand = ['a']", "small letters"),
        ("[m]\nportraits = '/p'", "command: Field required"),
        ("[m]\ncommand = ['a', '{audio}', '{out}']", "portraits: Field required"),
        ("[m]\ncommand = []\nportraits = '/p'", "command: "),
        ("[m]\ncommand = ['a', '{out}']\nportraits = '/p'", r"names \{out\}.*and \{audio\}, or \{script\}"),
        ("[m]\ncommand = ['a', '{audio}']\nportraits = '/p'", r"names \{out\}"),
        (
            "[m]\ncommand = ['a', '{sound}', '{out}']\nportraits = '/p'",
            r"no \{sound\}; there are \{script\}, \{audio\}",
        ),
        ("[m]\ncommand = 'a {audio} {out}'\nportraits = '/p'", "command: Input should be a valid tuple"),
        ("[m]\ncommand = ['a', '{audio}', '{out}']\nportraits = '/p'\nmemory = 5", "memory: Extra inputs"),
        ("[m]\ncommand = ['a', '{audio}', '{out}']\nportraits = '/p'\nconcurrency = 0", "concurrency: "),
        ("[m]\ncommand = ['a', '{audio}', '{out}']\nportraits = '/p'\nenvironment = {'A=B' = 'c'}", "environment"),
    ],
)
def test_a_mistake_is_one_sentence_with_the_setting(file: Path, written: str, words: str) -> None:
    file.write_text(written)
    with pytest.raises(SettingsInvalid, match=rf"TENEX_ENGINES cannot be used: .*{words}") as said:
        read_engines(file)
    assert "\n" not in str(said.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"TENEX_ENGINES cannot be used: .*engines\.toml cannot be read"):
        read_engines(tmp_path / "engines.toml")


def test_doctor_says_what_of_each_engine_is_there(tenex: Tenex, file: Path) -> None:  # noqa: F811
    (file.parent / "faces").mkdir()
    (file.parent / "faces" / "ann.png").touch()
    file.write_text(
        f"[here]\ncommand = ['{sys.executable}', '{__file__}', '{{audio}}', '{{out}}']\nportraits = 'faces'\n"
        "[lost]\ncommand = ['no-such-program', '/opt/none.py', '{audio}', '{out}']\nportraits = 'nobody'\n"
    )
    found = {each["name"]: each for each in tenex("doctor", "--json", TENEX_ENGINES=str(file)).document["findings"]}
    assert found["here"]["found"]
    assert f"1 portraits in {file.parent}/faces" in found["here"]["detail"]
    assert not found["lost"]["found"]
    assert f"no-such-program, /opt/none.py, any portrait in {file.parent}/nobody" in found["lost"]["detail"]
    file.write_text("[wrong]")
    wrong = tenex("doctor", TENEX_ENGINES=str(file))
    assert wrong.code == 5
    assert "command: Field required" in wrong.out


def test_a_server_does_not_start_with_a_mistake(tenex: Tenex, file: Path) -> None:  # noqa: F811
    file.write_text("[wrong]")
    said = tenex("avatars", "list", TENEX_ENGINES=str(file))
    assert said.code == 0  # it needs no engine
    said = tenex("worker", TENEX_ENGINES=str(file))
    assert said.code != 0
    assert "TENEX_ENGINES cannot be used" in said.err
    assert "Traceback" not in said.err
