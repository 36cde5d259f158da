"""``tenex webinar`` against a real server with real workers."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from tests.cli.conftest import Tenex
from tests.cli.test_up import running
from tests.documents.files import pdf, written
from tests.intake.library import record

SCRIPT = """# Welcome
Good morning, everybody.

# Growth
Revenue went up. {broll: screen.mp4, for: 0.5}Now look at the numbers.
"""


@pytest.fixture
def deck(tmp_path: Path) -> Path:
    path = tmp_path / "deck.pdf"
    path.write_bytes(pdf([written("One"), written("Two")]))
    return path


def test_a_deck_and_a_script_become_a_video_with_chapters_and_captions(
    tenex: Tenex, environment: dict[str, str], port: int, deck: Path, tmp_path: Path
) -> None:
    script, output = tmp_path / "talk.md", tmp_path / "out.mp4"
    script.write_text(SCRIPT)
    record(tmp_path / "screen.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", seconds="2")
    with running(environment, port):
        key = tenex("workspace", "create", "Acme", "--json").document["api_key"]
        assert tenex("credits", "grant", "Acme", "100").code == 0
        access = {"TENEX_API_KEY": key, "TENEX_API_BASE": f"http://127.0.0.1:{port}"}
        asked = ("webinar", str(deck), "--script", str(script), "-o", str(output), "--resolution", "720p", "--json")
        said = tenex(*asked, **access)
    assert said.code == 0, said.err
    video = said.document["video"]
    assert (video["kind"], [scene["title"] for scene in video["scenes"]]) == ("webinar", ["Welcome", "Growth"])
    with av.open(str(output)) as media:
        assert [chapter["metadata"]["title"] for chapter in media.chapters()] == ["Welcome", "Growth"]
        assert len(media.streams.audio) == 1
        assert sum(1 for _ in media.decode(video=0)) == round(video["duration"] * 25)
    assert "Now look at the numbers." in output.with_suffix(".srt").read_text().replace("\n", " ")
    assert "broll" not in output.with_suffix(".vtt").read_text()
    assert "Growth" in output.with_suffix(".chapters.vtt").read_text()
    assert "Growth\n\n" in output.with_suffix(".txt").read_text()
    assert output.with_suffix(".jpg").stat().st_size > 1000


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("# One\nHello. {broll: nothing.mp4} World.\n", "Line 2 of"),
        (None, "cannot be read"),
    ],
)
def test_what_the_script_names_is_looked_for_before_anything_is_sent(
    tenex: Tenex, deck: Path, tmp_path: Path, script: str | None, words: str
) -> None:
    path = tmp_path / "talk.md"
    if script is not None:
        path.write_text(script)
    said = tenex("webinar", str(deck), "--script", str(path), TENEX_API_KEY="tnx_a_b")
    assert (said.code, said.out) == (2, "")
    assert words in said.err


def test_a_recording_needs_the_times_of_its_slides(tenex: Tenex, deck: Path) -> None:
    said = tenex("webinar", str(deck), "--host", str(deck), TENEX_API_KEY="tnx_a_b")
    assert said.code == 2
    assert "--slide-times" in said.err
