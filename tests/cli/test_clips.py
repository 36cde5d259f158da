"""``tenex clips`` against a real server with real workers."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from tests.cli.conftest import Tenex
from tests.cli.test_up import running
from tests.intake.library import record

SRT = """1
00:00:00,200 --> 00:00:02,000
Why does a paper boat float?

2
00:00:02,200 --> 00:00:04,800
Nobody told me until I was nine years old.
"""


def test_a_recording_and_its_subtitles_become_clips_in_a_folder(
    tenex: Tenex, environment: dict[str, str], port: int, tmp_path: Path
) -> None:
    talk, subtitles, folder = tmp_path / "talk.mp4", tmp_path / "talk.srt", tmp_path / "clips"
    record(talk, "-c:v", "libx264", "-pix_fmt", "yuv420p", seconds="6")
    subtitles.write_text(SRT)
    with running(environment, port):
        key = tenex("workspace", "create", "Acme", "--json").document["api_key"]
        assert tenex("credits", "grant", "Acme", "100").code == 0
        access = {"TENEX_API_KEY": key, "TENEX_API_BASE": f"http://127.0.0.1:{port}"}
        wanted = ("clips", str(talk), "-n", "1", "--min-seconds", "4", "--max-seconds", "5.9")
        listed = tenex(*wanted, "--subtitles", str(subtitles), "--dry-run", **access)
        assert listed.code == 0, listed.err
        assert "Why does a paper boat float?" in listed.out
        assert not folder.exists()
        said = tenex(*wanted, "-o", str(folder), "--style", "boxed", "--json", **access)
    assert said.code == 0, said.err
    (path,) = said.document["files"]
    assert Path(path).name == "01-custom-why-does-a-paper-boat-float.mp4"
    with av.open(path) as media:
        assert (media.streams.video[0].width, media.streams.video[0].height) == (1080, 1920)
        assert len(media.streams.audio) == 1
    assert "boat" in Path(path).with_suffix(".srt").read_text()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--range", "7 to 9"), "like 62.4-91"),
        (("--min-seconds", "60", "--max-seconds", "20"), "--min-seconds has to be less"),
        (("--subtitles", "nothing.srt"), "nothing.srt"),
        (("--platform", "myspace"), "tiktok, reels"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_is_sent(
    tenex: Tenex, tmp_path: Path, given: tuple[str, ...], words: str
) -> None:
    talk = tmp_path / "talk.mp4"
    talk.write_bytes(b"not looked at")
    said = tenex("clips", str(talk), *given, TENEX_API_KEY="tnx_a_b")
    assert (said.code, said.out) == (2, "")
    assert words in said.err
