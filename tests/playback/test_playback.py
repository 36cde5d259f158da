"""A finished video plays in a real browser, and its captions show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.playback.watching import play

SECONDS = 240
WORDS = ("--text", "Hello from the browser.", "--aspect-ratio", "4:5", "--resolution", "720p", "--json")


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The facts of a short portrait video, made by the one-shot command."""
    folder = tmp_path_factory.mktemp("playback")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TENEX_")}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "render", "-o", str(folder / "talk.mp4"), *WORDS],
        env=environment | {"TENEX_DATA": str(folder / "data"), "TENEX_WORKERS": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_the_video_plays_to_its_end_with_sound(browser: Any, talk: dict[str, Any]) -> None:
    seen = play(browser, Path(talk["files"]["video"]))
    assert (seen["width"], seen["height"]) == (720, 900)
    assert seen["duration"] == pytest.approx(talk["duration_s"], abs=0.05)
    assert seen["ended"] == pytest.approx(seen["duration"], abs=0.05)
    assert seen["frames"] > 0
    assert seen["sound"] > 0


def test_the_browser_reads_the_captions(browser: Any, talk: dict[str, Any]) -> None:
    captions = Path(talk["files"]["vtt"]).read_text("utf-8")
    page = browser.new_page()
    page.set_content("<video><track kind='captions' default></video>")
    words = page.evaluate(
        """async (text) => {
            const track = document.querySelector("track");
            const loaded = new Promise((resolve, reject) => { track.onload = resolve; track.onerror = reject; });
            track.src = URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
            track.track.mode = "showing";
            await loaded;
            return [...track.track.cues].map((cue) => cue.text).join(" ");
        }""",
        captions,
    )
    assert words.split() == ["Hello", "from", "the", "browser."]
