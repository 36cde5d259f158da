"""``tenex render``: what it refuses before anything is started, and what it leaves."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from app.cli.render import AspectChoice, RateChoice, ResolutionChoice
from app.modules.videos.composition import AspectRatio, FrameRate, Resolution
from tests.cli.conftest import Tenex


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
