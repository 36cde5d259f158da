"""What a search compares."""

from __future__ import annotations

import pytest

from app.modules.videos.words import LONGEST, MOST_BYTES, tag_key, tag_mark, terms_of, title_key, wanted_terms, words_of


def _finds(search: str, text: str, workspace: str = "w") -> bool:
    return set(wanted_terms(workspace, search, ())) <= set(terms_of("w", words_of(text), ()).split(" "))


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ("paper boats", "Boats, of paper!"),
        ("pap bo", "Paper boats"),
        ("GRÖSSE", "Die große Größe"),
        ("ecole", "École élémentaire"),
        ("École", "ecole"),
        ("lodz", "Łódź"),
        ("smorrebrod", "Smørrebrød"),
        ("会议", "今天的会议记录"),
        ("会", "今天的会议记录"),
        ("会议记录", "今天的会议记录"),
        ("ボート", "紙のボート"),
        ("ราคา", "ราคาถูก"),
        ("프레젠", "프레젠테이션"),
        ("हिन्दी", "हिन्दी में"),
        ("مرحبا", "مَرْحَبًا بالعالم"),
        ("🎉", "Launch 🎉"),
        ("don't", "don't stop"),
        ("2027", "spring-2027"),
        ("ﬁlm", "FILM"),
        ("１２", "12 reasons"),
        ("x" * 500, "x" * 400),
    ],
)
def test_a_search_finds_what_people_would_call_the_same(search: str, text: str) -> None:
    assert _finds(search, text)


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ("paper", "pape"),
        ("aper", "paper"),
        ("paper cup", "paper boats"),
        ("议会", "会议"),
        ("记会", "会议记录"),
        ("boats 🎉", "boats"),
    ],
)
def test_a_search_finds_nothing_else(search: str, text: str) -> None:
    assert not _finds(search, text)


def test_terms_of_one_workspace_are_none_of_another() -> None:
    assert not _finds("paper", "paper", workspace="other")


def test_a_tag_is_found_whole_and_whatever_its_case_and_is_no_word() -> None:
    terms = terms_of("w", words_of("boats"), [tag_mark("Straße 7")]).split(" ")
    assert set(wanted_terms("w", "", [tag_mark("STRASSE 7")])) <= set(terms)
    assert not set(wanted_terms("w", "", [tag_mark("Straße")])) & set(terms)
    assert not set(wanted_terms("w", "straße", ())) & set(terms)


def test_tags_that_look_the_same_are_the_same() -> None:
    assert tag_key("Cafe\u0301") == tag_key("CAFÉ") != tag_key("cafe")


@pytest.mark.parametrize("search", ["", " ", "*", '"', "()", ":-", "\u200b", "--", "' OR 1=1"])
def test_a_search_is_never_more_than_letters(search: str) -> None:
    assert all(term[6:].isalnum() for term in wanted_terms("w", search, ()))


def test_words_are_compared_by_their_first_letters_and_terms_are_bounded() -> None:
    assert list(words_of("y" * 100)) == ["y" * LONGEST]
    hostile = " ".join(f"{number:024d}" for number in range(100_000))
    assert len(terms_of("w", words_of(hostile), ()).encode()) <= MOST_BYTES


def test_titles_are_sorted_as_people_would() -> None:
    titles = ["zebra", "Apple", "éclair", "Banana", "ECHO", "10 things"]
    ordered = sorted(titles, key=lambda title: title_key(title, 200))
    assert ordered == ["10 things", "Apple", "Banana", "ECHO", "éclair", "zebra"]
    assert len(title_key("ﷺ" * 200, 200)) == 200
