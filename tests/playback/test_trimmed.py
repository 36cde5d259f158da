"""A browser shows what was cut without encoding frame by frame, also where it changes between copied and encoded."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from app.media.package import join
from app.media.trimming import Wanted, trim
from tests.media.barcodes import code_of, record
from tests.playback.watching import look

FIRST, FRAMES, STEP = 37, 180, 4
#: In no order: at both ends, around the key frames, and where what is copied begins (60) and ends.
SEEN = (90, 0, 179, 22, 23, 24, 60, 1, 178, 177, 176, 82, 83, 84, 150, 21)


def test_a_browser_shows_every_frame_of_an_exact_cut(browser: Any, tmp_path: Path) -> None:
    recording = record(tmp_path / "long.mp4", Fraction(25), 260, size=(640, 360), bframes=3)
    wanted = Wanted(at=Fraction(FIRST, 25), frames=FRAMES, fps=Fraction(25), size=(640, 360))
    trim(recording, wanted, tmp_path / "cut.mp4")
    join([tmp_path / "cut.mp4"], None, tmp_path / "joined.mp4", edits=False)
    shown = look(browser, tmp_path / "joined.mp4", [(number + 0.5) / 25 for number in SEEN], step=STEP)
    assert [code_of(picture.mean(axis=2)) for picture in shown] == [FIRST + number for number in SEEN]
