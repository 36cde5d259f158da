import re
from itertools import pairwise

import pytest

from app.media.captions import CaptionWord, Cue, cues, line_length, to_srt, to_vtt


def said(text: str, *, word_ms: int = 330, pause_ms: int = 350) -> list[CaptionWord]:
    """Words of one length each, with a pause after sentences."""
    words: list[CaptionWord] = []
    at = 120
    for word in text.split():
        words.append(CaptionWord(start_ms=at, end_ms=at + word_ms, text=word))
        at += word_ms + (pause_ms if word[-1] in ".!?。" else 0)
    return words


SCRIPT = (
    "Welcome to your new video studio. I am not a person in a room: I am drawn, frame by frame, from the words "
    "that you are reading now. You wrote one page of text. You chose a voice and a face, and a minute later this "
    "film was ready to publish. If you want to change a sentence, change it, and only that sentence is made again; "
    "everything else stays exactly as it was, down to the last byte. Dr. Smith, who paid $3.5m for something like "
    "this in 2019, was not amused but he laughed in the end."
)
SHAPES = {"wide": 42, "square": 32, "tall": 24}


def shown(captions: tuple[Cue, ...]) -> list[str]:
    return " ".join(line for cue in captions for line in cue.lines).split()


@pytest.mark.parametrize("limit", SHAPES.values(), ids=SHAPES)
def test_every_word_is_shown_once_in_two_lines_at_most_that_fit(limit: int) -> None:
    captions = cues(said(SCRIPT), max_chars_per_line=limit)
    assert shown(captions) == SCRIPT.split()
    assert all(1 <= len(cue.lines) <= 2 for cue in captions)
    assert all(0 < len(line) <= limit for cue in captions for line in cue.lines)


@pytest.mark.parametrize("limit", SHAPES.values(), ids=SHAPES)
def test_a_cue_starts_with_the_sound_of_its_first_word(limit: int) -> None:
    words = said(SCRIPT)
    at = 0
    for cue in cues(words, max_chars_per_line=limit):
        assert cue.start_ms == words[at].start_ms
        at += len(cue.text.split())


@pytest.mark.parametrize("limit", SHAPES.values(), ids=SHAPES)
def test_cues_never_overlap_last_long_enough_and_not_too_long(limit: int) -> None:
    captions = cues(said(SCRIPT), max_chars_per_line=limit)
    assert all(this.end_ms <= following.start_ms for this, following in pairwise(captions))
    assert all(1_000 <= cue.end_ms - cue.start_ms <= 6_500 for cue in captions)


def test_a_sentence_ends_its_cue() -> None:
    captions = cues(said(SCRIPT), max_chars_per_line=42)
    inside = [word for cue in captions for word in cue.text.split()[:-1]]
    assert [word for word in inside if word.endswith(".")] == ["Dr."]


def test_very_short_sentences_share_a_cue_rather_than_flash_by() -> None:
    captions = cues(said("Yes. No. Sure. And then we all went home together.", pause_ms=60), max_chars_per_line=42)
    assert all(cue.end_ms - cue.start_ms >= 1_000 for cue in captions)
    assert captions[-1].text.endswith("went home together.")


@pytest.mark.parametrize(
    ("text", "limit", "lines"),
    [
        (
            "You chose a voice and a face, and a film was ready.",
            42,
            ("You chose a voice and a face,", "and a film was ready."),
        ),
        ("We looked for the oldest house in the village", 30, ("We looked for the oldest house", "in the village")),
        ("Nobody had ever seen anything like it before", 30, ("Nobody had ever seen", "anything like it before")),
    ],
)
def test_lines_break_where_a_reader_would_pause(text: str, limit: int, lines: tuple[str, ...]) -> None:
    assert cues(said(text, word_ms=250), max_chars_per_line=limit)[0].lines == lines


@pytest.mark.parametrize("limit", SHAPES.values(), ids=SHAPES)
def test_no_line_ends_with_an_article_and_no_word_stands_alone_on_a_line(limit: int) -> None:
    captions = cues(said(SCRIPT), max_chars_per_line=limit)
    assert not [line for cue in captions for line in cue.lines if line.split()[-1].lower() in ("a", "the", "of", "and")]
    assert not [cue for cue in captions if len(cue.lines) == 2 and any(" " not in line for line in cue.lines)]


def test_words_after_a_long_silence_are_not_shown_before_it() -> None:
    first, second = said("This is what we know"), said("and this is what we guess")
    late = [CaptionWord(start_ms=w.start_ms + 5_000, end_ms=w.end_ms + 5_000, text=w.text) for w in second]
    captions = cues(first + late, max_chars_per_line=42)
    assert [cue.text for cue in captions] == ["This is what we know", "and this is what we guess"]
    assert captions[0].end_ms < 2_600


def test_a_short_gap_between_cues_is_closed_and_a_long_one_is_not() -> None:
    near, far = (
        said("One more thing today. And another thing here.", pause_ms=550),
        said("Some words here. More words.", pause_ms=3_000),
    )
    captions = cues(near, max_chars_per_line=42)
    assert captions[0].end_ms == captions[1].start_ms
    captions = cues(far, max_chars_per_line=42)
    assert captions[0].end_ms < captions[1].start_ms - 2_000


def test_the_last_cue_does_not_outlast_the_video() -> None:
    words = said("The end.")
    assert cues(words, max_chars_per_line=42)[-1].end_ms == words[-1].end_ms + 400
    assert cues(words, max_chars_per_line=42, until_ms=850)[-1].end_ms == 850


def test_a_word_longer_than_a_line_is_broken_and_nothing_is_lost() -> None:
    long = "x" * 80
    captions = cues(said(f"Look at {long} now."), max_chars_per_line=24)
    assert all(len(line) <= 24 for cue in captions for line in cue.lines)
    assert "".join(shown(captions)) == f"Lookat{long}now."


def test_chinese_is_broken_between_characters_but_not_before_punctuation() -> None:
    text = "今天天气很好，我们一起去公园散步吧，然后再去吃一顿好吃的午饭。明天我们再见面！"
    words = [CaptionWord(start_ms=0, end_ms=250 * len(text), text=text)]
    captions = cues(words, max_chars_per_line=24)
    assert "".join(line for cue in captions for line in cue.lines) == text
    assert all(len(line) <= 12 and line[0] not in "，。！" for cue in captions for line in cue.lines)
    assert any(cue.text.endswith("。") for cue in captions)
    assert all(abs(cue.start_ms - 250 * text.index(cue.lines[0])) <= 1 for cue in captions)


def test_chinese_words_that_come_one_by_one_are_set_without_spaces() -> None:
    words = [
        CaptionWord(start_ms=i * 200, end_ms=i * 200 + 200, text=t) for i, t in enumerate(["你", "好，", "世", "界。"])
    ]
    assert cues(words, max_chars_per_line=42)[0].lines == ("你好，世界。",)


def test_emoji_that_belong_to_a_word_stay_with_it() -> None:
    words = [
        CaptionWord(start_ms=0, end_ms=900, text="Great 🎉 👍"),
        CaptionWord(start_ms=900, end_ms=1500, text="news"),
    ]
    assert cues(words, max_chars_per_line=24)[0].lines == ("Great 🎉 👍 news",)


def test_right_to_left_cues_run_from_the_right_even_when_they_start_with_a_latin_word() -> None:
    text = "API جديد لصناعة الفيديو من النص مباشرة."
    captions = cues(said(text), max_chars_per_line=42)
    assert " ".join(shown(captions)) == text
    assert "\n\u200fAPI" in to_vtt(captions)
    assert "\u200f" not in to_vtt(cues(said("The word سلام means peace."), max_chars_per_line=42))


def test_a_long_video_is_captioned_whole() -> None:
    captions = cues(said(" ".join([SCRIPT] * 40)), max_chars_per_line=42)
    assert shown(captions) == SCRIPT.split() * 40


def test_words_without_length_still_give_cues_in_order() -> None:
    words = [CaptionWord(start_ms=100, end_ms=100, text=f"word{index}.") for index in range(40)]
    captions = cues(words, max_chars_per_line=24)
    assert all(cue.start_ms < cue.end_ms for cue in captions)
    assert all(this.end_ms <= following.start_ms for this, following in pairwise(captions))


def test_no_words_give_no_cues() -> None:
    assert cues([], max_chars_per_line=42) == ()
    assert to_vtt(()) == "WEBVTT\n"
    assert to_srt(()) == ""


CUES = (
    Cue(start_ms=0, end_ms=1_007, lines=("R&D <b>now</b>", "a --> b")),
    Cue(start_ms=3_599_999, end_ms=36_000_001, lines=("late",)),
)


def test_vtt_is_exact_and_escaped() -> None:
    assert to_vtt(CUES) == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:01.007\nR&amp;D &lt;b&gt;now&lt;/b&gt;\na --&gt; b\n\n"
        "00:59:59.999 --> 10:00:00.001\nlate\n"
    )


def test_srt_is_exact_and_its_text_is_no_tag() -> None:
    text = to_srt(CUES)
    assert re.findall(r"^(\d+)\n(.*) --> (.*)$", text, re.MULTILINE) == [
        ("1", "00:00:00,000", "00:00:01,007"),
        ("2", "00:59:59,999", "10:00:00,001"),
    ]
    assert not re.search(r"</?b>|a --> b", text)
    assert text.replace("\u2060", "").split("\n\n")[0].endswith("R&D <b>now</b>\na --> b")


def test_lines_are_shorter_on_a_tall_picture() -> None:
    sizes = [(1920, 1080), (1080, 1080), (1080, 1350), (1080, 1920)]
    assert [line_length(width, height) for width, height in sizes] == [42, 32, 24, 24]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "今日は「ページ」の作り方を、ゆっくり説明します。",
            ["今日は「ページ」の", "作り方を、", "ゆっくり説明します。"],
        ),
        ("今天我们来聊聊天气，你准备好了吗？", ["今天我们来聊聊天气，", "你准备好了吗？"]),
        ("สวัสดีครับวันนี้เราจะมาพูดถึงปัญญาประดิษฐ์", ["สวัสดีครับวันนี้เราจะมาพูด", "ถึงปัญญาประดิษฐ์"]),
    ],
)
@pytest.mark.parametrize("divided", [True, False], ids=["characters", "one word"])
def test_lines_without_spaces_end_where_a_reader_pauses(text: str, lines: list[str], divided: bool) -> None:
    words = list(text) if divided and text[0] != "ส" else [text]
    each = 200 * len(text) // len(words)
    timed = [CaptionWord(start_ms=at * each, end_ms=at * each + each, text=word) for at, word in enumerate(words)]
    assert [line for cue in cues(timed, max_chars_per_line=24) for line in cue.lines] == lines
