"""Audio is read to its end: what it is, how long it really lasts, and how loud it is where."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.documents import sound
from app.documents.kinds import Format
from app.documents.refusals import TooLong
from app.media.ffmpeg import ffmpeg_binary
from tests.documents.conftest import Desk


def made(folder: Path, name: str, *arguments: str, source: str = "sine=440:duration=3") -> bytes:
    command = (ffmpeg_binary(), "-v", "error", "-f", "lavfi", "-i", source, *arguments, "-y", str(folder / name))
    subprocess.run(command, check=True)
    return (folder / name).read_bytes()


def facts_of(desk: Desk, tmp_path: Path, name: str, *arguments: str, **more: Any) -> dict[str, Any]:
    return desk.study(desk.write(name, made(tmp_path, name, *arguments, **more)))["facts"]


@pytest.mark.parametrize(
    ("name", "codec", "arguments"),
    [
        ("a.mp3", "mp3float", ()),
        ("a.m4a", "aac", ()),
        ("a.aac", "aac", ()),
        ("a.wav", "pcm_s16le", ()),
        ("a.flac", "flac", ()),
        ("a.ogg", "libopus", ("-c:a", "libopus")),
        ("a.webm", "libopus", ("-c:a", "libopus")),
    ],
)
def test_every_format_tells_its_length(
    desk: Desk, tmp_path: Path, name: str, codec: str, arguments: tuple[str, ...]
) -> None:
    facts = facts_of(desk, tmp_path, name, *arguments)
    assert abs(facts["duration_ms"] - 3_000) < 100
    assert (facts["format"], facts["channels"], facts["damaged_packets"]) == (name[2:], 1, 0)
    assert codec.removeprefix("lib").removesuffix("float") in facts["codec"]


def test_channels_rate_and_title_are_told(desk: Desk, tmp_path: Path) -> None:
    facts = facts_of(desk, tmp_path, "a.m4a", "-ac", "2", "-ar", "44100", "-metadata", "title=My tune")
    assert (facts["channels"], facts["layout"], facts["sample_rate"], facts["title"]) == (
        2,
        "stereo",
        44_100,
        "My tune",
    )


def test_peaks_follow_the_sound(desk: Desk, tmp_path: Path) -> None:
    """Silence for two seconds, then full volume for two."""
    loud = "aevalsrc='if(gte(t,2),sin(880*t),0)':duration=4:sample_rate=48000"
    facts = facts_of(desk, tmp_path, "a.wav", source=loud)
    drawn = json.loads((desk.folder / "peaks.json").read_text())
    assert drawn["duration_ms"] == facts["duration_ms"]
    peaks = drawn["peaks"]
    half = len(peaks) // 2
    assert len(peaks) == 400
    assert max(peaks[: half - 1]) == 0
    assert min(peaks[half + 1 :]) > 0.9


def test_a_long_file_has_a_thousand_peaks(desk: Desk, tmp_path: Path) -> None:
    facts_of(desk, tmp_path, "a.flac", source="sine=440:duration=90")
    assert len(json.loads((desk.folder / "peaks.json").read_text())["peaks"]) == 1_000


def test_an_mp3_without_a_frame_count_is_not_held_to_a_guess(desk: Desk, tmp_path: Path) -> None:
    """A quiet start makes FFmpeg guess a length that is far off."""
    quiet = "aevalsrc='if(gte(t,20),random(0),0)':duration=30:sample_rate=44100"
    facts = facts_of(desk, tmp_path, "a.mp3", "-q:a", "2", "-write_xing", "0", source=quiet)
    assert abs(facts["duration_ms"] - 30_000) < 200


def test_a_cover_picture_makes_no_video_of_it(desk: Desk, tmp_path: Path) -> None:
    cover = tmp_path / "cover.png"
    made(tmp_path, "cover.png", "-frames:v", "1", source="color=red:s=64x64")
    tone = ("-i", str(cover), "-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic")
    assert facts_of(desk, tmp_path, "a.mp3", *tone)["codec"].startswith("mp3")


def test_a_video_is_sent_where_videos_go(desk: Desk, tmp_path: Path) -> None:
    film = desk.write("a.mp4", made(tmp_path, "a.mp4", "-pix_fmt", "yuv420p", source="testsrc=d=1:s=64x64"))
    refusal = desk.refusal(film)
    assert refusal.code == "unsupported_file"
    assert "Upload it as a video" in str(refusal)


def test_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    made(tmp_path, "a.flac")
    with pytest.raises(TooLong, match=r"a\.flac lasts"):
        sound.study(tmp_path / "a.flac", "a.flac", Format.FLAC, tmp_path, lambda _: None, longest_s=2)
