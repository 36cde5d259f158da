"""Captions that keep time with words: which phrase and which word is seen in each frame, and where."""

from __future__ import annotations

from fractions import Fraction

import pytest

from app.media.stage import empty
from app.media.time import FrameRange
from app.modules.videos.pipeline.framing import FramedShot
from app.modules.videos.pipeline.kinetic import Kinetic, kinetic_in, phrases_of, room_for
from app.modules.videos.pipeline.looks import Box
from app.modules.videos.pipeline.wording import WordLayer, halved
from app.modules.videos.scenery import CaptionStyle, SaidWord, WordCaptions

FPS, TALL = Fraction(25), (1080, 1920)


def said(text: str, *, at_ms: int = 0, each_ms: int = 300) -> list[SaidWord]:
    words = text.split()
    starts = [at_ms + number * each_ms for number in range(len(words))]
    return [SaidWord(start_ms=s, end_ms=s + each_ms, text=word) for s, word in zip(starts, words, strict=True)]


def made(
    text: str, style: CaptionStyle = CaptionStyle.KARAOKE, frame: tuple[int, int] = TALL, **more: object
) -> Kinetic:
    wanted = WordCaptions(style=style, **more)  # type: ignore[arg-type]
    found = kinetic_in(said(text), FrameRange(0, 1000), frame, FPS, wanted, None)
    assert found is not None
    return found


def test_a_sentence_and_a_silence_end_a_phrase() -> None:
    words = [*said("Hello there. Now"), *said("we begin", at_ms=3000)]
    assert [[word.text for word in phrase] for phrase in phrases_of(words, 24, most=6)] == [
        ["Hello", "there."],
        ["Now"],
        ["we", "begin"],
    ]


def test_every_word_is_said_once_in_order_and_without_a_gap() -> None:
    found = made("One two three four five six seven eight nine ten")
    spoken = [found.phrases[state.phrase][state.said].text for state in found.states]
    assert spoken == "One two three four five six seven eight nine ten".split()  # noqa: SIM905 - as it is said
    for before, after in zip(found.states, found.states[1:], strict=False):
        assert before.stop == after.first


def test_a_word_begins_in_the_frame_that_sounds_with_it_also_in_the_middle_of_a_scene() -> None:
    wanted = WordCaptions()
    found = kinetic_in(said("One two three four"), FrameRange(10, 100), TALL, FPS, wanted, None)
    assert found is not None
    starts = {found.phrases[s.phrase][s.said].text: s.first for s in found.states}
    assert starts == {"two": 0, "three": 5, "four": 12} | ({"One": 0} if "One" in starts else {})


def test_words_in_a_script_without_spaces_come_in_pieces() -> None:
    word = SaidWord(start_ms=0, end_ms=2000, text="今日は紙の船を作ります。")
    phrases = phrases_of([word], 24, most=6)
    assert "".join(each.text.strip("\u2060") for phrase in phrases for each in phrase) == word.text
    assert max(len(each.text) for phrase in phrases for each in phrase) <= 7


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("今日は「ページ」の作り方を、", "今日は|「ページ」の|作り方を、"),
        ("今 日 は ゆ っ く り 説 明 し ま す 。", "今日は|ゆっくり|説明します。"),
        ("今天 我们 来 聊聊 人工智能，", "今天|我们|来|聊聊|人工智能，"),
        ("สวัสดีครับวันนี้", "สวัสดี|ครับ|วัน|นี้"),
        ("오늘은 인공지능에", "오늘은|인공지능에"),
    ],
)
def test_however_a_transcript_divides_them_words_are_those_of_the_language(words: str, shown: str) -> None:
    phrases = phrases_of(said(words, each_ms=200), 99, most=9)
    assert "|".join(word.text.strip("\u2060") for phrase in phrases for word in phrase) == shown
    times = [(word.start_ms, word.end_ms) for phrase in phrases for word in phrase]
    assert [edge for pair in times for edge in pair] == sorted(edge for pair in times for edge in pair)
    assert times[-1][1] == 200 * len(words.split())


def lit(found: Kinetic, text: str, frame: tuple[int, int] = TALL) -> tuple[float, float]:
    """The middle, in columns and rows, of what has the accent (red) while a word is said."""
    state = next(each for each in found.states if found.phrases[each.phrase][each.said].text == text)
    planes = empty(*frame)
    WordLayer(found, {}).paint(state.first, planes)
    rows, columns = (planes.v > 180).nonzero()
    return float(columns.mean()), float(rows.mean())


@pytest.mark.parametrize("style", [CaptionStyle.KARAOKE, CaptionStyle.BOXED])
def test_words_of_hebrew_and_arabic_light_up_from_the_right(style: CaptionStyle) -> None:
    for text in ("שלום לכולם היום", "مرحبا بكم هنا"):
        found = made(text, style, accent="#FF0000")
        places = [lit(found, word)[0] for word in text.split()]
        assert places == sorted(places, reverse=True)


def test_latin_words_in_hebrew_keep_their_order_among_themselves() -> None:
    text = "AI זה machine learning, כן או לא"
    found = made(text, frame=(1920, 1080), accent="#FF0000")
    places = {word: lit(found, word, (1920, 1080))[0] for word in text.split()[:4]}
    assert sorted(places, key=lambda word: -places[word]) == ["AI", "זה", "learning,", "machine"]


def test_words_without_spaces_are_lit_without_touching_their_neighbours() -> None:
    found = made("今天我们来聊聊人工智能", CaptionStyle.BOXED, accent="#FF0000")
    planes = empty(*TALL)
    layer = WordLayer(found, {})
    layer.paint(found.states[0].first, planes)
    first = (planes.v > 180).any(axis=0).nonzero()[0].max()
    planes = empty(*TALL)
    layer.paint(found.states[1].first, planes)
    assert first <= (planes.v > 180).any(axis=0).nonzero()[0].min() + 1


@pytest.mark.parametrize("style", CaptionStyle)
def test_emoji_keep_their_colours_while_they_are_said(style: CaptionStyle) -> None:
    found = made("🔥 hot", style, accent="#00FF00", back="#000000")
    planes = empty(*TALL)
    WordLayer(found, {}).paint(found.states[0].first, planes)
    assert planes.v.max() > 190  # the flame's red


def test_a_long_word_stands_in_two_lines_and_can_be_read() -> None:
    found = made("Donaudampfschifffahrtsgesellschaftskapitän", accent="#FF0000")
    planes = empty(*TALL)
    WordLayer(found, {}).paint(found.states[0].first, planes)
    ink = (planes.v > 180).sum(axis=1)
    inked = ink.nonzero()[0]
    # Two lines, with little or no ink between them, each at least half as high as letters are otherwise.
    assert ink[inked[0] : inked[-1]].min() < ink.max() / 20
    assert len(inked) * 2 > found.size


def test_a_hyphen_is_set_between_letters_alone() -> None:
    assert halved("Donaudampfschiff") == "Donaudam-\npfschiff"
    assert halved("well-known-thing") == "well-\nknown-thing"
    assert halved("人工知能研究開発") == "人工知能\n研究開発"
    assert halved("والاستخداماتها") == "والاستخداماتها"


@pytest.mark.parametrize("style", CaptionStyle)
@pytest.mark.parametrize(
    "text",
    [
        "Short words here.",
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen",
        "مرحبا بكم في العرض",
        "Launch 🚀 day!",
        "👩‍👩‍👧🇩🇪👍🏽❤️ 1️⃣ 🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥",
        "今日は「ページ」の作り方を、ゆっくり説明します。",
        "नमस्ते दोस्तों कर्मचारियों",
        "ที่นี่ปัญญาประดิษฐ์",
        "WWWWWWWWWWWWWWWWWWWWWWWW MMMMMMMMMMMMMMMMMMMMMMMM",
        "— …",
    ],
)
def test_everything_that_is_said_can_be_drawn_within_its_room(style: CaptionStyle, text: str) -> None:
    found = made(text, style)
    layer = WordLayer(found, {})
    planes = empty(*TALL)
    for state in found.states:
        layer.paint(state.first, planes)
    room, inside = found.room, planes.y[found.room.y : found.room.y + found.room.height]
    drawn = planes.y.copy()
    drawn[room.y : room.y + room.height, room.x : room.x + room.width] = 16
    assert (drawn == 16).all()
    assert (inside[0] == 16).all()
    assert (inside[-1] == 16).all()


def test_the_word_that_is_said_lights_up_and_no_other() -> None:
    found = made("Paper boats", accent="#FF0000")
    layer, first, second = WordLayer(found, {}), empty(*TALL), empty(*TALL)
    layer.paint(found.states[0].first, first)
    layer.paint(found.states[1].first, second)
    red = [(planes.v > 180).any(axis=0).nonzero()[0] for planes in (first, second)]
    assert red[0].max() < red[1].min()


def test_capitals_and_words_that_stand_out() -> None:
    found = made("It is free, today", capitals=True, emphasis=("free",))
    assert [(word.text, word.strong) for phrase in found.phrases for word in phrase] == [
        ("IT", False),
        ("IS", False),
        ("FREE,", True),
        ("TODAY", False),
    ]


def test_captions_are_in_the_safe_part_of_the_frame_and_not_over_a_face() -> None:
    def shots(y: int) -> list[FramedShot]:
        return [FramedShot(start=0, stop=100, panes=(), faces=(Box(x=300, y=y, width=400, height=400),))]

    for y in (0, 400, 800, 1100, 1300):
        room = room_for(TALL, shots(y))
        assert room.x >= 88
        assert 250 <= room.y <= room.y + room.height <= 1665
        assert room.y >= y + 380 or room.y + room.height <= y + 50
