"""The text of subtitle tracks comes out in order, at its times, without what is only dress."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.media.captions import Cue
from app.media.examine import examine
from app.media.examined import Bounds
from app.media.tracks import MOST_TRACKS, extract, spoken, text_tracks
from tests.media.recordings import Recordings

HELLO = Cue(start_ms=500, end_ms=1250, lines=("Hello there",))
LINES = Cue(start_ms=1500, end_ms=2500, lines=("Two", "lines & more"))


def extracted(source: Path, folder: Path) -> list[list[Cue]]:
    return extract(source, text_tracks(examine(source, Bounds()).subtitles), folder)


@pytest.mark.parametrize("name", ["subtitled.mp4", "subtitled.mkv"])
def test_every_track_becomes_text(recordings: Recordings, tmp_path: Path, name: str) -> None:
    english, german = extracted(recordings[name], tmp_path)
    assert english == [HELLO, LINES]
    assert german == [Cue(start_ms=500, end_ms=1250, lines=("Guten Tag",))]
    assert spoken(english) == "Hello there\nTwo lines & more"


def test_each_is_written_for_browsers_and_for_players(recordings: Recordings, tmp_path: Path) -> None:
    extracted(recordings["subtitled.mkv"], tmp_path)
    vtt, srt = ((tmp_path / f"subtitles-0.{kind}").read_text("utf-8") for kind in ("vtt", "srt"))
    assert vtt.startswith("WEBVTT\n")
    assert "00:00:00.500 --> 00:00:01.250\nHello there" in vtt
    assert "lines &amp; more" in vtt
    assert "00:00:01,500 --> 00:00:02,500\nTwo\nlines & more" in srt
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"subtitles-{number}.{kind}" for number in (0, 1) for kind in ("srt", "vtt")
    ]


def test_styles_comments_and_drawings_are_left_out(recordings: Recordings, tmp_path: Path) -> None:
    (cues,) = extracted(recordings["styled.mkv"], tmp_path)
    assert cues == [
        Cue(start_ms=200, end_ms=900, lines=("Said first", "in two lines")),
        Cue(start_ms=2000, end_ms=2800, lines=("Said last",)),
    ]


def test_without_subtitles_nothing_is_written(recordings: Recordings, tmp_path: Path) -> None:
    assert extracted(recordings["h264.mp4"], tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_subtitles_that_are_pictures_are_listed_and_left(recordings: Recordings, tmp_path: Path) -> None:
    # The codec's name is changed in the file, to one that is as long.
    drawn = tmp_path / "drawn.mkv"
    drawn.write_bytes(recordings["styled.mkv"].read_bytes().replace(b"S_TEXT/ASS", b"S_HDMV/PGS"))
    (track,) = examine(drawn, Bounds()).subtitles
    assert (track.codec, track.kind) == ("hdmv_pgs_subtitle", "picture")
    assert extracted(drawn, tmp_path) == []


def test_a_flood_of_text_is_cut_off(recordings: Recordings, tmp_path: Path) -> None:
    flood = tmp_path / "flood.srt"
    flood.write_text(
        "".join(
            f"{number}\n00:{number // 60000 % 60:02}:{number // 1000 % 60:02},{number % 1000:03} --> 01:00:00,000\n"
            f"{'word ' * 200}\n\n"
            for number in range(1, 9000)
        )
    )
    source = recordings.made("flood.mkv", f"-i silent.mp4 -i {flood} -map 0 -map 1 -c:v copy -c:s srt")
    (cues,) = extracted(source, tmp_path)
    assert 1000 < len(cues) < 6000
    assert (tmp_path / "subtitles-0.vtt").stat().st_size < 6_000_000


def test_no_more_tracks_than_are_shown_are_read(recordings: Recordings) -> None:
    track = examine(recordings["styled.mkv"], Bounds()).subtitles[0]
    assert len(text_tracks([track] * (MOST_TRACKS + 5))) == MOST_TRACKS
