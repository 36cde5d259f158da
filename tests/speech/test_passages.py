import random
from collections.abc import Callable

import pytest

from app.speech.passages import Passage, split_passages

SENTENCES = (
    "Our customers asked for a way to change one sentence without making the whole film again.",
    "So we built it.",
    "Every script is cut into passages, and every passage is spoken and drawn on its own.",
    "When you edit one, the others stay as they are, down to the last byte.",
    "It is fast.",
    "It costs nothing to try, and you can keep the old version for as long as you want.",
    "The second release brought captions, which are timed by the sound itself and not by a guess.",
    "People who watch without sound can follow every word.",
    "We also listened to those who publish in more than one language.",
    "You choose the voice, and the lips follow.",
    "Next month we will show what comes after that.",
    "Until then, thank you for watching, and write to us when something does not work.",
)


def texts(script: str) -> list[str]:
    return [passage.text for passage in split_passages(script)]


def without_spaces(text: str) -> str:
    return "".join(text.split())


def test_short_sentences_join_their_neighbours_up_to_a_few_seconds() -> None:
    passages = texts(" ".join(SENTENCES))
    assert all(40 <= len(passage) <= 180 for passage in passages)
    assert 70 <= sum(map(len, passages)) / len(passages) <= 150


def test_a_passage_never_spans_paragraphs() -> None:
    passages = split_passages("One. Two.\n\nThree.\n \nFour.")
    assert passages == (
        Passage(text="One. Two.", pause_ms=600),
        Passage(text="Three.", pause_ms=600),
        Passage(text="Four.", pause_ms=600),
    )


def test_sentences_of_one_paragraph_pause_less_than_paragraphs() -> None:
    pauses = [passage.pause_ms for passage in split_passages(" ".join(SENTENCES))]
    assert pauses[-1] == 600
    assert set(pauses[:-1]) == {250}


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Smith and Mr. J. R. Jones met at 3.5 km from St. James.",
        "We use tools, e.g. this one, i.e. the best, in the U.S. and elsewhere.",
        "Wait... what did you say about https://example.com/a.b?c=1.5 yesterday?",
        "Acme Inc. and others vs. the rest, approx. 5 p.m. on Jan. 5 at no. 7.",
        "She said “Stop! right now” and left.",
    ],
)
def test_points_within_a_sentence_do_not_end_it(sentence: str) -> None:
    following = "Here is what follows, and it is long enough to stand on its own as a passage of this script."
    assert texts(f"{sentence} {following}" * 1)[0] in (sentence, f"{sentence} {following}")
    long = "and it went on and on until nobody in the room could remember how it had all begun"
    assert texts(f"{sentence[:-1]} {long}, {long}. {following}")[-1] == following


@pytest.mark.parametrize(
    ("script", "last"),
    [
        ("今天天气很好，我们去公园吧。" * 8 + "明天见！", "明天见！"),
        (
            "هذا نص طويل يكفي لكي يقف وحده في مقطع واحد من هذا النص؟ " * 3
            + "نعم، هذا كل شيء الآن، شكرا لكم على الاستماع إلينا.",
            "إلينا.",
        ),
        ("यह एक लंबा वाक्य है जो अपने आप में एक खंड बन सकता है। " * 4 + "धन्यवाद।", "धन्यवाद।"),
    ],
    ids=["Chinese", "Arabic", "Hindi"],
)
def test_other_scripts_end_their_sentences_in_their_own_way(script: str, last: str) -> None:
    passages = split_passages(script)
    assert len(passages) > 1
    assert passages[-1].text.endswith(last)
    assert all(passage.text[-1] in "。！؟.।" for passage in passages)


def test_lines_that_stand_for_themselves_are_kept_apart_and_wrapped_lines_are_joined() -> None:
    assert texts("First point\nSecond point") == ["First point\nSecond point"]
    wrapped = "This line was broken by an editor at the end of its\nwindow and goes on."
    assert texts(wrapped) == [wrapped.replace("\n", " ")]


def words(count: int) -> str:
    chosen = random.Random(7)
    return " ".join(chosen.choice(("alpha", "be", "gamma", "delta", "it", "epsilon")) for _ in range(count))


@pytest.mark.parametrize(
    "script",
    [
        words(3_500),
        "a" * 5_000,
        "你" * 6_000,
        "word, " * 3_000,
        "." * 9_000 + "a",
        "a. " * 6_000,
        "🎉 " * 900,
        "-" * 700,
    ],
    ids=["no punctuation", "one word", "Chinese without stops", "commas", "dots", "letters", "emoji", "dashes"],
)
def test_whatever_comes_no_passage_is_too_long_and_nothing_is_lost(script: str) -> None:
    passages = texts(script)
    assert all(0 < len(passage) <= 280 for passage in passages)
    assert without_spaces("".join(passages)) == without_spaces(script)


def test_without_stops_it_is_cut_between_words_without_a_pause() -> None:
    script = words(300)
    passages = split_passages(script)
    assert " ".join(passage.text for passage in passages) == script
    assert {passage.pause_ms for passage in passages[:-1]} == {0}


def test_a_long_sentence_is_rather_cut_at_a_clause() -> None:
    clause = "the first part of what I have to say is about the past and how we came to be here"
    passages = split_passages(f"{clause}; {clause}; {clause}; {clause}.")
    assert [passage.text[-1] for passage in passages] == [";"] * (len(passages) - 1) + ["."]
    assert {passage.pause_ms for passage in passages[:-1]} == {120}


@pytest.mark.parametrize("place", range(len(SENTENCES)))
@pytest.mark.parametrize(
    "edit",
    [
        lambda sentence: sentence.replace(" ", " really ", 2),
        lambda sentence: sentence[:-1] + " today.",
        lambda sentence: "Listen: " + sentence,
        lambda sentence: sentence.split()[0] + " " + sentence,
    ],
    ids=["inside", "at its end", "at its start", "repeated"],
)
def test_an_edit_of_one_sentence_changes_at_most_two_passages(place: int, edit: Callable[[str], str]) -> None:
    before = texts(" ".join(SENTENCES))
    edited = [edit(sentence) if index == place else sentence for index, sentence in enumerate(SENTENCES)]
    after = texts(" ".join(edited))
    assert 1 <= len(set(after) - set(before)) <= 2


def test_a_new_sentence_leaves_the_other_passages_alone() -> None:
    script = [f"{sentence} It is number {index}." for index, sentence in enumerate(SENTENCES * 4)]
    before = set(texts(" ".join(script)))
    for place in range(len(script)):
        after = set(texts(" ".join([*script[:place], "Here is one more sentence of middle length.", *script[place:]])))
        assert len(after - before) <= 2


def test_nothing_gives_no_passages() -> None:
    assert split_passages("  \n ") == ()
