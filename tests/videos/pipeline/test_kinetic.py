"""Captions that keep time with words: which phrase and which word is seen in each frame, and where."""

from __future__ import annotations

from fractions import Fraction

import pytest

from app.media.stage import empty
from app.media.time import FrameRange
from app.modules.videos.pipeline.framing import FramedShot
from app.modules.videos.pipeline.kinetic import Kinetic, kinetic_in, phrases_of, room_for
from app.modules.videos.pipeline.looks import Box
from app.modules.videos.pipeline.wording import WordLayer
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


@pytest.mark.parametrize("style", CaptionStyle)
@pytest.mark.parametrize(
    "text",
    [
        "Short words here.",
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen",
        "مرحبا بكم في العرض",
        "Launch 🚀 day!",
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
