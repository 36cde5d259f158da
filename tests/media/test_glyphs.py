"""Every script that is promised, drawn with the fonts that ship and nothing that is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from numpy.typing import NDArray

from app.media.lettering import faces
from app.media.lettering.direction import in_order, levels
from app.media.lettering.faces import Face, Weight, fonts_for
from app.media.lettering.setting import Lettering, set_text
from app.media.lettering.shaping import shaper
from app.media.lettering.wrapping import clusters, plain, wrapped

TITLE = Face(weight=Weight.TITLE)
SAMPLES = {
    "simplified Chinese": "第三季度的结果，比去年好。",
    "traditional Chinese": "第三季度的結果，繁體中文嘅",
    "Japanese": "今日は「テスト」です、ね。",
    "Korean": "안녕하세요 여러분, 뷁",
    "Arabic": "مرحبا بكم في هذا الفيديو؟",
    "Hebrew": "שלום לכולם, מה נשמע?",
    "Hindi": "नमस्ते दोस्तों क्षत्रिय",
    "Thai": "สวัสดีครับ ที่นี่",
}
#: Of several characters each, all of which are one picture.
EMOJI = {
    "face": "😀",
    "heart": "❤️",
    "skin": "👍🏽",
    "flag": "🇩🇪",
    "astronaut": "👩🏽‍🚀",
    "couple of two tones": "👩🏻‍❤️‍💋‍👨🏿",
    "keycap": "1️⃣",
    "Scotland": "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "of Unicode 15": "\U0001fae8",
}


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "_installed", lambda: ())


def glyphs(text: str) -> list[int]:
    """Their numbers in their fonts; 0 is the box for what is missing."""
    fonts = fonts_for(text, TITLE)
    found = list[int]()
    for cluster, font in fonts.clusters(text):
        assert font is not None, cluster
        found += [shape.glyph for shape in shaper(font.path).shape(cluster, backwards=False, language="und").shapes]
    return found


def in_one(text: str, language: str = "") -> Lettering:
    made = set_text(text, Face(weight=Weight.TITLE, language=language), size=64, width=9999)
    assert made.missing == frozenset()
    return made


def straight(made: Lettering) -> NDArray[np.float32]:
    """Colours where the picture is fully covered, letters white."""
    return made.coloured((255, 255, 255))[made.coverage == 255]


def columns_of(text: str) -> float:
    """Chinese and the like two, marks none."""
    kinds = ((unicodedata.east_asian_width(each), unicodedata.category(each)[0]) for each in text)
    return float(sum(0 if kind == "M" else 2 if width in "WF" else 1 for width, kind in kinds))


@pytest.mark.parametrize("script", SAMPLES)
def test_no_letter_is_the_box_for_missing_ones(script: str) -> None:
    assert 0 not in glyphs(SAMPLES[script])
    assert in_one(SAMPLES[script]).coverage.max() == 255


@pytest.mark.parametrize("name", EMOJI)
def test_emoji_are_one_picture_with_colours(name: str) -> None:
    made, one = in_one(EMOJI[name]), in_one("😀")
    assert len(glyphs(EMOJI[name])) == 1
    assert abs(made.width - one.width) <= 4
    colours = straight(made)
    assert float(np.ptp(colours, axis=1).max()) > 60


def test_letters_beside_emoji_have_the_colour_that_was_asked_for() -> None:
    made = in_one("Hi 😀")
    colours, inked = made.coloured((10, 20, 30)), made.coverage == 255
    half = made.coverage.shape[1] // 3
    assert (np.rint(colours[:, :half][inked[:, :half]]) == (10, 20, 30)).all()
    assert float(np.ptp(colours[:, half:][inked[:, half:]], axis=1).max()) > 100


def test_emoji_stand_on_the_line_and_are_as_high_as_letters() -> None:
    made = in_one("Hp😀")
    assert made.own is not None
    rows = np.flatnonzero(made.own[:, :, 3].max(axis=1) > 128)
    letters = np.flatnonzero((made.coverage - made.own[:, :, 3]).max(axis=1) > 128)
    assert rows[0] <= letters[0]
    assert made.baseline < rows[-1] <= letters[-1] + 4
    assert 1.0 < len(rows) / 64 < 1.2


@pytest.mark.parametrize(("asked", "coloured"), [("☺", True), ("✔\ufe0f", True), ("♥\ufe0e", False), ("5 #", False)])
def test_signs_are_emoji_where_they_are_asked_for_as_such(asked: str, coloured: bool) -> None:
    assert (in_one(asked).own is not None) is coloured


def test_arabic_letters_are_joined() -> None:
    apart = sum(in_one(each).width for each in "بسم")
    joined = in_one("بسم")
    assert joined.width < 0.8 * apart
    # In one stroke: no column between the first and the last is empty.
    inked = np.flatnonzero(joined.coverage.max(axis=0) > 64)
    assert len(inked) == inked[-1] - inked[0] + 1


def test_hindi_vowels_stand_before_their_consonant_and_letters_fuse() -> None:
    assert len(glyphs("क्ष")) == 1
    assert in_one("क्ष").width < 0.8 * (in_one("क").width + in_one("ष").width)


def test_chinese_characters_are_drawn_as_each_language_draws_them() -> None:
    chinese, japanese = (in_one("直骨", language) for language in ("zh", "ja"))
    assert chinese.coverage.shape == japanese.coverage.shape
    assert (chinese.coverage != japanese.coverage).mean() > 0.05
    told = in_one("直骨の")
    width = chinese.width - 4
    assert (told.coverage[:, :width] == japanese.coverage[:, :width]).all()


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("abc אבג def", "abc גבא def"),
        ("אבג 15% (abc) דה", "הד (abc) 15% גבא"),
        ("אבג (דה) ו", "ו (הד) גבא"),
        ("مرحبا 12, 13.5", "13.5 ,12 ابحرم"),
        ("אבג!", "!גבא"),
    ],
)
def test_words_are_read_from_the_right_and_numbers_from_the_left(text: str, seen: str) -> None:
    backwards = text[0] != "a"
    raised = levels(text, backwards=backwards)
    turned = in_order(list(text), raised)
    mirrored = {"(": ")", ")": "("}
    shown = [mirrored.get(each, each) if each in mirrored and raised[text.index(each)] % 2 else each for each in turned]
    assert "".join(shown) == seen


def test_what_is_read_first_stands_at_the_right() -> None:
    made = in_one("שלום 😀")
    assert made.own is not None
    columns = np.flatnonzero(made.own[:, :, 3].max(axis=0))
    assert columns.max() < made.width / 2


@pytest.mark.parametrize("name", EMOJI)
def test_emoji_are_never_divided(name: str) -> None:
    text = EMOJI[name]
    assert list(clusters(text)) == [text]
    assert plain(text) == text
    assert wrapped(text * 3, len(text), len) == (text,) * 3


def test_flags_in_a_row_are_flags_of_two_letters_each() -> None:
    assert list(clusters("🇩🇪🇫🇷🇯")) == ["🇩🇪", "🇫🇷", "🇯"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "今日は「ページ」の作り方を、ゆっくり説明します。",
            ("今日は「ページ」の", "作り方を、ゆっくり", "説明します。"),
        ),
        ("我们在第三季度的结果，比去年增长了", ("我们在第三季度的", "结果，比去年增长了")),
        ("오늘은 인공지능에 대해 이야기해", ("오늘은 인공지능에", "대해 이야기해")),
        ("สวัสดีครับวันนี้เราจะมาพูดถึง", ("สวัสดีครับวันนี้เราจะมาพูด", "ถึง")),
        ("スーパーカリフラジリスティック", ("スーパーカリフラジリ", "スティック")),
    ],
)
def test_lines_break_where_a_reader_pauses_and_never_before_closing_signs(text: str, lines: tuple[str, ...]) -> None:
    assert wrapped(plain(text), 20, columns_of) == lines


@pytest.mark.parametrize("width", range(8, 30, 2))
def test_no_line_begins_with_what_may_not_be_first(width: int) -> None:
    text = plain("「今日は、ちょっとスーパーへ行って（急いで）買ってきました！」と言った。他说：“好的，没问题！”")
    lines = wrapped(text, width, columns_of)
    assert "".join(lines) == text
    for line in lines:
        assert line[0] not in "、。！：，”）」っょーゅ", lines
        assert line[-1] not in "「（“", lines


def test_an_emoji_stays_with_what_it_follows() -> None:
    assert wrapped("좋아요😀👍🏽 네", 8, columns_of)[0].startswith("좋아요😀")


def test_nothing_of_the_system_is_needed_to_shape() -> None:
    """Pillow shapes only where the system has FriBiDi: what draws text does not load it."""
    code = "import sys; import app.media.lettering.setting; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False).returncode == 0
