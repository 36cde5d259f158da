"""Long scripts in parts: nothing lost, cut at sentence ends, and an edit leaves the other parts as they were."""

from __future__ import annotations

import random

import pytest

from app.speech.parts import split_parts

LINE = "we folded paper boats by the harbour and sold them to people who had never seen the sea before"


def paragraphs(count: int, seed: int = 1) -> list[str]:
    chance = random.Random(seed)
    return [
        " ".join(" ".join(chance.choices(LINE.split(), k=chance.randint(5, 20))).capitalize() + "." for _ in range(6))
        for _ in range(count)
    ]


def test_a_script_that_is_short_enough_stays_as_it_is() -> None:
    assert split_parts("One.\n\nTwo, and three.", 100) == ("One.\n\nTwo, and three.",)


@pytest.mark.parametrize("most", [300, 1500, 5000])
def test_parts_lose_no_word_end_with_sentences_and_are_no_longer_than_they_may_be(most: int) -> None:
    script = "\n\n".join(paragraphs(24))
    parts = split_parts(script, most)
    assert " ".join(parts).split() == script.split()
    assert all(len(part) <= most and part.endswith(".") for part in parts)
    assert len(parts) < 5 * -(-len(script) // most)


def test_an_edit_changes_the_part_it_is_in() -> None:
    before = paragraphs(40)
    after = before.copy()
    after[20] = after[20].replace("boats", "lanterns", 1)
    old, new = split_parts("\n\n".join(before), 2000), split_parts("\n\n".join(after), 2000)
    assert len(set(new) - set(old)) == 1


def test_a_sentence_longer_than_a_part_is_cut_within_itself() -> None:
    parts = split_parts("word " * 200 + "end.", 200)
    assert all(len(part) <= 200 for part in parts)
    assert " ".join(parts).split() == ("word " * 200 + "end.").split()


def test_letters_without_spaces_are_cut_all_the_same() -> None:
    parts = split_parts("海" * 900, 200)
    assert "".join(parts).replace(" ", "") == "海" * 900
    assert all(len(part) <= 200 for part in parts)
