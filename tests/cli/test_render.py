"""``tenex render``: what it refuses before anything is started, and what it leaves."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import get_args

import psutil
import pytest

from app.cli.render import AspectChoice, RateChoice, ResolutionChoice
from app.modules.videos.composition import AspectRatio, FrameRate, Resolution
from tests.cli.conftest import SECONDS, Tenex, command

TALK = "Maybe we will see. What a big problem, my friend, and more to come before the end of it."


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    """With one worker, whose start takes as long as a short render."""
    return environment | {"TENEX_WORKERS": "1"}


def test_the_choices_are_those_of_the_api() -> None:
    assert get_args(AspectChoice) == tuple(AspectRatio)
    assert get_args(ResolutionChoice) == tuple(Resolution)
    assert get_args(RateChoice) == tuple(FrameRate)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "--text"),
        (("script.txt", "--text", "Both"), 2, "--text"),
        (("/nowhere/script.txt",), 2, "/nowhere/script.txt"),
        (("--text", "Hello", "-o", "video.avi"), 2, "video.mp4"),
        (("--text", "Hello", "-o", "/dev/null/video.mp4"), 5, "/dev/null"),
        (("--text", "Hello", "--avatar", "mya"), 3, "Did you mean maya"),
        (("--text", "Hello", "--voice", "klara"), 3, "espeak-en-us-clara"),
        (("--text", "  \n "), 2, "script"),
        (("--text", "Hello", "--background", "nowhere"), 3, "nowhere"),
    ],
)
def test_what_cannot_be_rendered_is_one_clear_answer(
    tenex: Tenex, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    target = () if "-o" in arguments else ("-o", str(tmp_path / "video.mp4"))
    said = tenex("render", *arguments, *target)
    assert (said.code, said.out) == (code, "")
    assert words in said.err
    assert "Traceback" not in said.err
    assert not (tmp_path / "video.mp4").exists()


def started(environment: dict[str, str], target: Path) -> subprocess.Popen[str]:
    """A render whose workers have begun."""
    render = subprocess.Popen(
        command("render", "--text", TALK, "-o", str(target), "--resolution", "720p", "--json"),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert render.stderr is not None
    for line in render.stderr:
        if json.loads(line)["progress"]["stage"] != "queued":
            return render
    raise AssertionError(f"the render ended: {render.communicate()}")


def test_ctrl_c_cancels_gives_the_credits_back_and_leaves_no_process(
    tenex: Tenex, environment: dict[str, str], tmp_path: Path
) -> None:
    render = started(environment, tmp_path / "talk.mp4")
    children = psutil.Process(render.pid).children(recursive=True)
    render.send_signal(signal.SIGINT)
    render.communicate(timeout=SECONDS)
    assert render.returncode == 130
    assert not psutil.wait_procs(children, timeout=1)[1]
    balance = tenex("credits", "balance", "local", "--json").document
    assert (balance["held"], balance["spent"]) == (0, 0)
    assert not (tmp_path / "talk.mp4").exists()


def test_after_a_crash_the_same_command_finishes_the_same_job(
    tenex: Tenex, environment: dict[str, str], tmp_path: Path
) -> None:
    target = tmp_path / "talk.mp4"
    crashed = started(environment, target)
    children = psutil.Process(crashed.pid).children(recursive=True)
    crashed.kill()
    crashed.communicate()
    assert not psutil.wait_procs(children, timeout=SECONDS)[1]

    said = tenex("render", "--text", TALK, "-o", str(target), "--resolution", "720p", "--json")
    assert said.code == 0, said.out + said.err
    facts = said.document
    assert {Path(path).name for path in facts["files"].values()} == {"talk.mp4", "talk.vtt", "talk.srt", "talk.jpg"}
    assert all(Path(path).stat().st_size > 0 for path in facts["files"].values())
    assert (facts["width"], facts["height"], facts["size"]) == (1280, 720, target.stat().st_size)
    ledger = tenex("credits", "ledger", "local", "--json").document
    assert [entry["kind"] for entry in ledger].count("hold") == 1
    assert (
        sum(entry["amount"] for entry in ledger if entry["kind"] == "capture") == facts["receipt"]["credits"]["charged"]
    )
