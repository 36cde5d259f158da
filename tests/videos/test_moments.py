"""Which parts of a long video are worth a clip."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from app.media.liveliness import RATE, Liveliness
from app.modules.videos.clips.moments import Candidate, Heard, Wish, moments_in
from app.modules.videos.clips.sentences import passages_of, sentences_of
from app.modules.videos.scenery import SaidWord

DULL = (
    "The next item is about the general process of the meeting. It continues with the usual steps of the group. "
    "The room was then given to the next part of the list. That was noted by the group in the usual way. "
)
STRONG = (
    "Why did nobody see the mistake? In 2019 we lost 4 million dollars in Berlin, because the sensor was wrong. "
    "Actually, the truth is that everybody knew, but nobody said a word. That is how we learned to listen."
)


def spoken(text: str, *, at_ms: int = 0, word_ms: int = 330) -> list[SaidWord]:
    words, time = list[SaidWord](), at_ms
    for each in text.split():
        words.append(SaidWord(start_ms=time, end_ms=time + word_ms - 30, text=each))
        time += word_ms + (250 if each.endswith((".", "?")) else 0)
    return words


def sound(seconds: float, level: float = -25.0) -> Liveliness:
    count = round(seconds * RATE)
    return Liveliness(np.full(count, level, np.float32), np.full(count, 0.02, np.float32))


def heard(text: str, tone: Liveliness | None = None) -> Heard:
    words = spoken(text)
    length = words[-1].end_ms + 500
    return Heard(words=words, sound=tone or sound(length / 1000), duration_ms=length)


def found_in(
    what: Heard, count: int = 3, least: float = 8, most: float = 25, topics: tuple[str, ...] = ()
) -> list[Candidate]:
    return moments_in(what, Wish(count=count, least_ms=round(least * 1000), most_ms=round(most * 1000), topics=topics))


def test_the_strong_part_comes_first_and_says_why() -> None:
    best = found_in(heard(DULL * 2 + STRONG + " " + DULL * 2))[0]
    assert best.text.startswith("Why did nobody see the mistake?")
    names = [reason.name for reason in best.reasons]
    assert {"opens with a question", "numbers", "ends on a thought"} <= set(names)
    assert best.title == "Why did nobody see the mistake?"
    assert all(reason.points for reason in best.reasons)


def test_clips_begin_and_end_with_sentences_and_never_within_a_word() -> None:
    what = heard(DULL + STRONG + " " + DULL)
    for each in found_in(what, count=5):
        assert not any(word.start_ms < each.start_ms < word.end_ms for word in what.words)
        assert not any(word.start_ms < each.end_ms < word.end_ms for word in what.words)
        inside = [word for word in what.words if each.start_ms <= word.start_ms and word.end_ms <= each.end_ms]
        assert " ".join(word.text for word in inside) == each.text
        assert each.text.rstrip()[-1] in ".?"


def test_no_two_are_of_the_same_moment_and_all_have_the_wanted_length() -> None:
    found = sorted(found_in(heard((DULL + STRONG + " ") * 3), count=6), key=lambda each: each.start_ms)
    assert len(found) >= 3
    for before, after in pairwise(found):
        overlap = before.end_ms - after.start_ms
        assert overlap <= 0.25 * min(b.end_ms - b.start_ms for b in (before, after))
    assert all(7_900 <= each.end_ms - each.start_ms <= 25_700 for each in found)


def test_only_moments_that_speak_of_a_topic_are_found() -> None:
    what = heard(DULL * 2 + STRONG + " " + DULL * 2)
    assert all("sensor" in each.text for each in found_in(what, topics=("sensors",)))
    assert found_in(what, topics=("submarines",)) == []


def test_applause_after_it_makes_a_moment_better() -> None:
    words = [*spoken(DULL)]
    second = spoken(DULL, at_ms=words[-1].end_ms + 3500)
    length = second[-1].end_ms + 500
    level, flat = sound(length / 1000).level.copy(), sound(length / 1000).flatness.copy()
    clapped = slice(words[-1].end_ms * RATE // 1000 + 4, second[0].start_ms * RATE // 1000)
    plain = Heard(words=[*words, *second], sound=Liveliness(level.copy(), flat.copy()), duration_ms=length)
    flat[clapped] = 0.5
    liked = Heard(words=[*words, *second], sound=Liveliness(level, flat), duration_ms=length)

    best, other = (found_in(what, least=14, most=18)[0] for what in (liked, plain))
    assert best.start_ms < 1000
    assert "reaction" in [reason.name for reason in best.reasons]
    assert best.score > other.score


def test_without_words_passages_between_silences_are_found() -> None:
    level = np.full(60 * RATE, -70, np.float32)
    for start, stop, loud in ((2, 14, -30), (16, 30, -15), (33, 55, -30)):
        level[start * RATE : stop * RATE] = loud
    tone = Liveliness(level, np.full(60 * RATE, 0.05, np.float32))
    assert passages_of(tone, 60_000)[0].start_ms == 2000
    best = moments_in(Heard(words=[], sound=tone, duration_ms=60_000), Wish(count=3, least_ms=5000, most_ms=20_000))
    assert best[0].start_ms < 16_000 < 29_000 < best[0].end_ms
    assert best[0].text == ""


def test_a_silent_video_still_has_moments_and_an_empty_one_none() -> None:
    silent = Liveliness(np.full(600, -90, np.float32), np.zeros(600, np.float32))
    wish = Wish(count=2, least_ms=5000, most_ms=20_000)
    assert len(moments_in(Heard(words=[], sound=silent, duration_ms=30_000), wish)) == 2
    nothing = Liveliness(np.empty(0, np.float32), np.empty(0, np.float32))
    assert len(moments_in(Heard(words=[], sound=nothing, duration_ms=8000), wish)) >= 1


def test_abbreviations_do_not_end_sentences() -> None:
    texts = [each.text for each in sentences_of(spoken("Dr. Smith met Mr. Jones. They spoke."))]
    assert texts == ["Dr. Smith met Mr. Jones.", "They spoke."]


def test_an_hour_of_words_has_ten_moments() -> None:
    what = heard((DULL + STRONG + " ") * 100)
    assert len(found_in(what, count=10, least=15, most=60)) == 10
