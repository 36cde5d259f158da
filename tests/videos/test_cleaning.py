"""What stays of a clip when silences and filler words are taken out."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from app.modules.videos.clips.cleaning import Cleaning, Part, is_filler, parts_of
from app.modules.videos.scenery import SaidWord

FPS = Fraction(25)


def words(*said: tuple[float, float, str]) -> tuple[SaidWord, ...]:
    return tuple(SaidWord(start_ms=round(s * 1000), end_ms=round(e * 1000), text=text) for s, e, text in said)


def cleaned(said: tuple[SaidWord, ...], start: int, end: int, fps: Fraction = FPS, **how: object) -> tuple[Part, ...]:
    return parts_of(said, start, end, fps, Cleaning(**how))  # type: ignore[arg-type]


TALK = words(
    (1.0, 1.4, "We"),
    (1.4, 1.8, "um,"),
    (2.0, 2.4, "began"),
    (2.4, 2.8, "early."),
    (5.0, 5.4, "Then"),
    (5.4, 5.9, "stopped."),
)


def test_long_silences_and_fillers_go_and_all_other_words_stay() -> None:
    parts = cleaned(TALK, 0, 8000)
    assert [" ".join(word.text for word in part.words) for part in parts] == ["We", "began early.", "Then stopped."]
    assert parts[0].end_ms <= 1400
    assert 1800 <= parts[1].start_ms <= 2000
    assert sum(part.end_ms - part.start_ms for part in parts) < 3500


def test_no_word_is_cut_into() -> None:
    for part in cleaned(TALK, 0, 8000):
        assert part.start_ms <= part.words[0].start_ms + 20
        assert part.end_ms >= part.words[-1].end_ms - 20
    for before, after in pairwise(cleaned(TALK, 0, 8000)):
        assert before.end_ms <= after.start_ms


def test_short_pauses_are_left_alone() -> None:
    (part,) = cleaned(words((0.1, 0.5, "One"), (0.9, 1.4, "two."), (1.9, 2.3, "Three.")), 0, 2500)
    assert [word.text for word in part.words] == ["One", "two.", "Three."]


def test_fillers_alone_can_go() -> None:
    parts = cleaned(TALK, 0, 8000, longest_pause_ms=None)
    assert [" ".join(word.text for word in part.words) for part in parts] == ["We", "began early. Then stopped."]
    assert (parts[0].start_ms, parts[-1].end_ms) == (0, 8000)


def test_fillers_can_stay() -> None:
    parts = cleaned(TALK, 0, 8000, fillers=False)
    assert [word.text for word in parts[0].words] == ["We", "um,", "began", "early."]


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30000, 1001), Fraction(60)])
def test_parts_begin_and_end_with_frames_of_the_range(fps: Fraction) -> None:
    for part in cleaned(TALK, 333, 7999, fps):
        for edge in (part.start_ms, part.end_ms):
            frames = Fraction(edge - 333, 1000) * fps
            assert abs(frames - round(frames)) <= Fraction(1, 1000) * fps or edge == 7999


def test_nothing_but_fillers_leaves_nothing() -> None:
    assert cleaned(words((0, 0.4, "Um"), (0.5, 0.9, "uh…")), 0, 1000) == ()


def test_a_range_without_words_stays_whole() -> None:
    (part,) = cleaned((), 500, 4000)
    assert (part.start_ms, part.end_ms) == (500, 4000)


@pytest.mark.parametrize(
    ("text", "filler"), [("Um,", True), ("uh…", True), ("Umbrella", False), ("—", False), ("Ähm", True)]
)
def test_what_a_filler_is(text: str, filler: bool) -> None:
    assert is_filler(SaidWord(start_ms=0, end_ms=1, text=text)) is filler
