"""Recordings that browsers do not play are played once they are converted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.media.converting import convert
from tests.media.recordings import Recordings
from tests.playback.watching import play


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Recordings:
    return Recordings(tmp_path_factory.mktemp("recordings"))


@pytest.mark.parametrize(
    ("name", "size", "seconds"),
    [
        ("h264.ts", (320, 180), 3.0),
        ("h264.flv", (320, 180), 3.0),
        ("vp9.mkv", (320, 180), 3.0),
        ("surround.mkv", (320, 180), 3.0),
        ("hevc.ts", (320, 180), 3.04),
        ("prores.mov", (320, 180), 3.0),
        ("late.mp4", (320, 180), 3.8),
        ("turned_hevc.mp4", (180, 320), 3.0),
    ],
)
def test_what_was_converted_plays_to_its_end(
    browser: Any, recordings: Recordings, tmp_path: Path, name: str, size: tuple[int, int], seconds: float
) -> None:
    seen = play(browser, convert(recordings[name], tmp_path))
    assert (seen["width"], seen["height"]) == size
    assert seen["duration"] == pytest.approx(seconds, abs=0.08)
    assert seen["ended"] == pytest.approx(seen["duration"], abs=0.08)
    assert seen["frames"] > 0
    assert seen["sound"] > 0
