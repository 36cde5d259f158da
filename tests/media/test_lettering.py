"""Text as pictures: all of it, within its room, in lines that people would break alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.media.lettering import faces
from app.media.lettering.faces import Face, NoFont, Weight, fonts_for
from app.media.lettering.setting import Align, fit_text, ink, set_text
from app.media.lettering.wrapping import balanced, is_right_to_left, plain, wrapped
from app.media.refusals import Corrupt

TITLE = Face(weight=Weight.TITLE)


def columns(text: str) -> float:
    return float(len(text))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("The quick brown fox jumps", ("The quick", "brown fox", "jumps")),
        ("a verylongwordindeed b", ("a", "verylongwo", "rdindeed b")),
        ("well-known half-truths", ("well-known", "half-", "truths")),
        ("第三四半期の結果、「大切なこと」です", ("第三四半期の結果、", "「大切なこと」です")),
        ("one\ntwo three four", ("one", "two three", "four")),
    ],
)
def test_lines_break_where_people_would_break_them(text: str, lines: tuple[str, ...]) -> None:
    assert wrapped(plain(text), 10, columns) == lines


def test_balanced_lines_leave_no_word_alone_and_break_none() -> None:
    text = "How a small team made two hundred videos in one week without"
    assert wrapped(text, 30, columns)[-1] == "without"
    lines = balanced(text, 30, columns)
    assert len(lines) == 3
    assert " ".join(lines) == text
    assert max(map(len, lines)) - min(map(len, lines)) < 10


def test_what_cannot_be_seen_is_left_out_and_what_shapes_letters_stays() -> None:
    assert plain("a\x00b\u202ec\td  e\n\n f\u2069 ") == "abc d e\nf"
    assert plain("می‌خواهم") == "می‌خواهم"
    assert plain("z" + "\u0335" * 50) == "z" + "\u0335" * 3


@pytest.mark.parametrize(("text", "expected"), [("1. שלום a", True), ("a שלום", False), ("مرحبا", True), ("12", False)])
def test_the_direction_is_that_of_the_first_letter(text: str, expected: bool) -> None:
    assert is_right_to_left(text) is expected


@pytest.mark.parametrize("size", [12, 31.5, 90])
def test_no_ink_is_lost_and_none_is_outside_the_width(size: float) -> None:
    made = set_text("jÅfjord Ẫgypt fff ffi Äj|", Face(), size=size, width=8 * size)
    wider = set_text("jÅfjord Ẫgypt fff ffi Äj|", Face(), size=size, width=80 * size)
    assert made.width <= 8 * size
    assert len(made.lines) > len(wider.lines) == 1
    # As much ink in three lines as in one.
    assert float(made.coverage.sum()) == pytest.approx(float(wider.coverage.sum()), rel=0.01)


def test_stacked_accents_make_the_picture_higher_instead_of_being_cut() -> None:
    flat, stacked = (set_text(text, Face(), size=40, width=400) for text in ("Z", "Z\u0301\u0301\u0301"))
    assert stacked.height > flat.height
    assert stacked.baseline - flat.baseline == stacked.height - flat.height
    assert stacked.coverage[0].max() > 0


@pytest.mark.parametrize("text", ["Word " * 40, "W" * 200, "Кириллица-" * 20, "One two"])
def test_two_hundred_characters_fit_by_getting_smaller(text: str) -> None:
    made = fit_text(text, TITLE, size=100, width=900, height=260, lines=3)
    assert (made.width <= 900, made.height <= 260, len(made.lines) <= 3) == (True, True, True)
    assert "".join(made.lines).replace(" ", "") == text.replace(" ", "")
    assert (made.size == 100) == (text == "One two")


def test_lines_are_centred_or_begin_where_reading_begins() -> None:
    centred = set_text("wide wide wide\ni", Face(), size=40, width=900, align=Align.CENTRE)
    left = set_text("wide wide wide\ni", Face(), size=40, width=900)
    for made, place in ((centred, 0.5), (left, 0.0)):
        inked = np.flatnonzero(made.coverage[made.height // 2 + 4 :].sum(axis=0))
        assert inked.mean() / made.width == pytest.approx(place, abs=0.05)


def test_kerning_and_marks_come_from_the_font() -> None:
    together = set_text("AV", TITLE, size=100, width=999).width
    apart = sum(set_text(each, TITLE, size=100, width=999).width for each in "AV")
    assert together < apart - 4


def test_symbols_that_no_font_has_are_left_out_and_told() -> None:
    fonts = fonts_for("a\uffffb", Face())  # no character, so that no font can have it
    assert fonts.missing == {"\uffff"}
    assert [text for text, font in fonts.clusters("a\uffffb") if font is not None] == ["a", "b"]


def test_letters_that_no_font_has_are_an_error_that_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "_installed", lambda: ())
    with pytest.raises(NoFont, match=r"No font has the letters ကခ \(Myanmar\)\. Upload one.*fonts-noto-core"):
        set_text("Test ခက", Face(), size=40, width=400)


def test_text_of_which_nothing_is_left_is_an_empty_picture() -> None:
    made = set_text("\u202e\x00", Face(), size=40, width=400)
    assert (made.lines, int(made.coverage.sum())) == ((), 0)


def test_neutral_characters_stay_with_what_they_follow() -> None:
    fonts = fonts_for("Sales, 2026 मई, 2026", Face())
    names = [font.path.name for text, font in fonts.clusters("Sales, 2026") if font is not None]
    assert names == ["Inter-Regular.ttf"] * len("Sales, 2026")


def test_a_font_that_is_none_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "brand.ttf"
    broken.write_bytes(b"\x00\x01\x00\x00" + b"\xff" * 500)
    with pytest.raises(Corrupt, match=r"brand\.ttf cannot be read: it is damaged.*Choose another font"):
        set_text("Hello", Face(own=broken), size=40, width=400)


def test_ink_has_exactly_its_colour_where_it_covers() -> None:
    made = set_text("■", Face(weight=Weight.SEMIBOLD), size=200, width=400)
    canvas = np.full((made.height + 20, made.width + 20, 3), 255, np.uint8)
    ink(canvas, made.coverage, (10, 10), (10, 20, 30))
    full = made.coverage == 255
    assert full.sum() > 1000
    assert (canvas[10:-10, 10:-10][full] == (10, 20, 30)).all()
    assert (canvas[:10] == 255).all()
