"""Script files with a heading for each slide, and phrases in what is said."""

from __future__ import annotations

import pytest

from app.modules.videos.errors import InvalidWebinar
from app.modules.videos.phrases import places_of, time_of
from app.modules.videos.webinars.script import read_script, sources_in, with_sources

SCRIPT = """\
# Welcome

Good morning, everybody.

## Growth ##
Revenue went up. {broll: screen.mp4, for: 4, fit: inset}Now look at the *numbers*.
{ broll: photo.png , loop , zoom: no , from: 1.5 } And thank you.
"""


def test_each_heading_begins_a_scene() -> None:
    sections = read_script("\ufeff" + SCRIPT)
    assert [(section.title, section.line) for section in sections] == [("Welcome", 1), ("Growth", 5)]
    assert sections[0].text == "Good morning, everybody."
    assert "broll" not in sections[1].text
    assert "Revenue went up. Now look at the *numbers*." in sections[1].text


def test_a_marker_is_anchored_to_the_words_that_follow_it() -> None:
    first, second = read_script(SCRIPT)[1].markers
    assert (first.source, first.phrase, first.seconds, first.fit) == ("screen.mp4", "now look at", 4, "inset")
    assert (second.source, second.phrase, second.start, second.loop, second.zoom) == (
        "photo.png",
        "and thank you",
        1.5,
        True,
        False,
    )


def test_more_words_are_taken_until_the_place_is_the_only_one() -> None:
    text = "# A\nLook at the left side. {broll: a.mp4} Look at the left corner."
    (marker,) = read_script(text)[0].markers
    assert marker.phrase == "look at the left corner"


def test_what_a_script_names_can_be_renamed() -> None:
    assert sources_in(SCRIPT) == {"screen.mp4": 6, "photo.png": 7}
    renamed = with_sources(SCRIPT, {"screen.mp4": "id-1"})
    assert sources_in(renamed) == {"id-1": 6, "photo.png": 7}
    assert "{broll: id-1, for: 4, fit: inset}" in renamed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no heading"),
        ("Hello.\n# One\n", "Line 1 of the script stands before the first heading"),
        ("# A\nOne. {broll: x.mp4, speed: 2} Two.", "line 2 of the script: “speed” is unknown"),
        ("# A\nOne. {broll: x.mp4, for: soon} Two.", "“soon” is no number of seconds"),
        ("# A\nOne. {broll: x.mp4, for: nan} Two.", "“nan” is no number of seconds"),
        ("# A\nOne. {broll: , for: 2} Two.", "a marker names a file"),
        ("# A\nOne. {broll: x.mp4}", "nothing is said after the marker"),
        ("# A\nOne. {broll: x.mp4, fit: round} Two.", "fit is full or inset"),
        ("# A\nSame words. {broll: x.mp4} Same words.", "occur more than once"),
        ("# x\n" * 501, "at most 500 scenes"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, words: str) -> None:
    with pytest.raises(InvalidWebinar, match=words):
        read_script(text)


@pytest.mark.parametrize("text", ["{" * 200_000, "{broll:" * 50_000, "word " * 100_000, "# " * 100_000])
def test_huge_and_hostile_text_is_just_text(text: str) -> None:
    (section,) = read_script(f"# A\n.{text}")
    assert section.text == f".{text}".strip()


@pytest.mark.parametrize(
    ("phrase", "places"),
    [
        ("the numbers", [4]),
        ("  The NUMBERS, ", [4]),
        ("numbers page", []),
        ("", []),
        ("…", []),
        ("page", [8]),
    ],
)
def test_a_phrase_is_found_whatever_its_case_and_punctuation(phrase: str, places: list[int]) -> None:
    assert places_of(phrase, "Now — look, just at “the numbers” on this page") == places


def test_a_phrase_that_occurs_twice_has_two_places_also_when_they_overlap() -> None:
    assert places_of("a b a", "a b a b a") == [0, 2]


def test_chinese_is_found_without_spaces() -> None:
    assert places_of("数字", "请看这些数字") == [4]


def test_the_time_of_a_phrase_is_that_of_its_first_word() -> None:
    words = [(100, "Now"), (300, "look at"), (900, "the numbers.")]
    assert time_of("at the Numbers", words) == 300
    assert time_of("the moon", words) is None
