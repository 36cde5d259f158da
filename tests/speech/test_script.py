import pytest

from app.speech.errors import EmptyScript, ScriptTooLong, UnreadableScript
from app.speech.script import SCRIPT_LIMIT, clean_script


@pytest.mark.parametrize(
    ("pasted", "spoken"),
    [
        ("Hello   there.\t Good\u00a0day.", "Hello there. Good day."),
        ("One.\r\nTwo.\r\rThree.\u2028Four.", "One.\nTwo.\n\nThree.\nFour."),
        ("\ufeffHel\u200blo wo\u00adrld", "Hello world"),
        ("Cafe\u0301", "Café"),
        ("One.\n\n\n\n\nTwo.", "One.\n\nTwo."),
    ],
    ids=["spaces", "newlines", "marks nobody sees", "composed letters", "blank lines"],
)
def test_dirt_of_copy_and_paste_is_cleaned(pasted: str, spoken: str) -> None:
    assert clean_script(pasted) == spoken


@pytest.mark.parametrize(
    ("markdown", "spoken"),
    [
        ("# Title\nText", "Title\n\nText"),
        ("We are **very** _happy_ and *really* ***sure***.", "We are very happy and really sure."),
        ("**Bold with *inner* words**", "Bold with inner words"),
        ("See [our site](https://example.com/a) now", "See our site now"),
        ("![a cat](cat.png) A cat", "A cat"),
        ("- one\n* two\n• three", "one\ntwo\nthree"),
        ("> quoted\n\n---\n\nnext", "quoted\n\nnext"),
        ("```python\nprint\n```", "print"),
        ("Run `make demo` now", "Run make demo now"),
        (r"5 \* 3", "5 * 3"),
    ],
)
def test_markdown_is_not_read_aloud(markdown: str, spoken: str) -> None:
    assert clean_script(markdown) == spoken


@pytest.mark.parametrize(
    ("markup", "spoken"),
    [
        ('<speak>Hi <break time="300s"/>there</speak>', "Hi\nthere"),
        ("<p>One.</p><p>Two &amp; three.</p>", "One.\n\nTwo & three."),
        ("<b>Bold</b> <span class='x'>text</span>", "Bold text"),
        ("Hi<script>alert(1)</script> there<!-- not this -->.", "Hi there."),
        ('<prosody rate="x-slow">slow</prosody>', "slow"),
    ],
)
def test_html_and_ssml_are_taken_out_and_not_obeyed(markup: str, spoken: str) -> None:
    assert clean_script(markup) == spoken


@pytest.mark.parametrize(
    "text",
    [
        "2 * 3 * 4 < 7 and x <y and z> w",
        "snake_case_name and f(x_1, x_2)",
        "I <3 you",
        "AT&T; R&D",
        "C# and #1 fan",
        "1. First 2. Second",
    ],
)
def test_signs_that_mark_nothing_up_stay(text: str) -> None:
    assert clean_script(text) == text


@pytest.mark.parametrize(
    "text", ["Well done 👩\u200d👩\u200d👧 🏴\U000e0067\U000e0062\U000e007f!", "می\u200cخواهم", "ক্\u200cষ"]
)
def test_joiners_stay_where_they_spell_or_hold_an_emoji(text: str) -> None:
    assert clean_script(text) == text


@pytest.mark.parametrize("script", ["", "   \n\t ", "...", "🎉🎉", "<b></b>", "---\n***", "\u200b"])
def test_a_script_with_nothing_to_say_is_refused(script: str) -> None:
    with pytest.raises(EmptyScript) as refused:
        clean_script(script)
    assert (refused.value.status, refused.value.code) == (400, "empty_script")


def test_a_script_over_the_limit_is_refused_with_the_limit() -> None:
    assert len(clean_script("a" * SCRIPT_LIMIT)) == SCRIPT_LIMIT
    with pytest.raises(ScriptTooLong, match="20,001 characters; at most 20,000"):
        clean_script("a" * (SCRIPT_LIMIT + 1))


def test_markup_does_not_count_against_the_limit() -> None:
    assert clean_script("<b>a</b> " * 9_000) == "a " * 8_999 + "a"


@pytest.mark.parametrize(
    ("script", "name", "line", "column"),
    [
        ("Hello\x00", "U+0000", 1, 6),
        ("One\nTw\x1bo", "U+001B", 2, 3),
        ("a\ud800", "U+D800", 1, 2),
        ("\x9b[31m", "U+009B", 1, 1),
    ],
)
def test_control_characters_are_named_and_placed(script: str, name: str, line: int, column: int) -> None:
    with pytest.raises(UnreadableScript) as refused:
        clean_script(script)
    assert refused.value.code == "control_characters"
    assert refused.value.extra == {"character": name, "line": line, "column": column}
    assert f"{name} in line {line}, column {column}" in str(refused.value)


def test_a_numeric_entity_cannot_bring_control_characters_back() -> None:
    assert clean_script("a&#27;b &#8217;c&#x7;") == "ab ’c"
