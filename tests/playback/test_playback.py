"""A finished video plays in a real browser, and its captions show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.needs import lacking

CHROMIUM = Path("/usr/bin/chromium")
SECONDS = 240
WORDS = ("--text", "Hello from the browser.", "--aspect-ratio", "4:5", "--resolution", "720p", "--json")
PAGE = """<!doctype html><title>playback</title>
<video src="talk.mp4" width="640" muted controls></video>
<script>
const video = document.querySelector("video");
const seen = new Promise((resolve, reject) => {
  video.onerror = () => reject(new Error(video.error.message));
  video.onended = () => resolve({
    ended: video.currentTime, duration: video.duration, width: video.videoWidth, height: video.videoHeight,
    frames: video.getVideoPlaybackQuality().totalVideoFrames, sound: video.webkitAudioDecodedByteCount,
  });
});
</script>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        lacking("Chromium, to play the video", "sudo apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield chromium
        chromium.close()


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
    video = Path(talk["files"]["video"])
    page_file = video.with_name("page.html")
    page_file.write_text(PAGE)
    page = browser.new_page()
    page.goto(page_file.as_uri())
    page.evaluate("video.play()")
    seen = page.evaluate("seen")
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
