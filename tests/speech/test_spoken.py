import pytest

from app.speech.spoken import spoken_form


def read_aloud(text: str, language: str = "en-US") -> str:
    return spoken_form(text, language=language).text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("We grew $3.5m in 2019.", "We grew 3.5 million dollars in 20 19."),
        ("$1 or $20 or £1,000 or €19.99", "1 dollar or 20 dollars or 1000 pounds or 19 euros 99"),
        ("$3.5 million, please", "3.5 million dollars, please"),
        ("10k users, 5% of #1", "10 thousand users, 5% of number 1"),
        ("In 1998, 1905, 1900 and 2005", "In 19 98, 19 oh 5, 19 hundred and 2005"),
        ("from 1999-2003, 10–20 of them", "from 19 99 to 2003, 10 to 20 of them"),
        ("call 555-1234", "call 555-1234"),
        ("C# and/or 24/7", "C sharp and or 24 7"),
        ("Dr. Smith vs. St. James, No. 5", "Dr Smith versus St James, number 5"),
        ("See https://example.com/a", "See example.com/a"),
    ],
)
def test_english_is_read_as_people_say_it(written: str, read: str) -> None:
    assert read_aloud(written) == read


def test_other_languages_have_abbreviations_of_their_own() -> None:
    assert read_aloud("Dr. Weiß zahlt z.B. 3 Mio. Euro", "de-DE") == "Doktor Weiß zahlt zum Beispiel 3 Millionen Euro"
    assert read_aloud("Prices: $5", "de-DE") == "Prices: $5"


def test_pictures_and_signs_are_not_spelled_out() -> None:
    assert read_aloud("Great 🎉👩\u200d👩\u200d👧 *job* on snake_case, 20°C!") == "Great  job on snake case, 20°C!"


@pytest.mark.parametrize("text", ["[[h@'loU]] there", "<speak>hi</speak>", 'say "hi" \\ {x}'])
def test_what_an_engine_might_obey_is_taken_apart(text: str) -> None:
    assert not set('[]{}\\"') & set(read_aloud(text))


def test_a_line_that_stands_for_itself_is_read_with_a_stop() -> None:
    assert read_aloud("First point\nSecond point") == "First point. Second point"


def test_every_token_knows_where_it_is_read() -> None:
    spoken = spoken_form("We grew $3.5m 🎉 (wow!)", language="en-US")
    assert [token.text for token in spoken.tokens] == ["We", "grew", "$3.5m", "🎉", "(wow!)"]
    assert [token.spoken for token in spoken.tokens] == [True, True, True, False, True]
    assert spoken.tokens[spoken.token_at(spoken.text.index("million"))].text == "$3.5m"
    assert spoken.tokens[spoken.token_at(spoken.text.index("wow"))].text == "(wow!)"


def test_a_chinese_sentence_is_a_token_for_each_character_with_its_punctuation() -> None:
    spoken = spoken_form("用iPhone说「你好」。 好", language="zh-CN")
    assert [token.text for token in spoken.tokens] == ["用", "iPhone", "说", "「你", "好」。", "好"]
    assert [token.glued for token in spoken.tokens] == [False, True, True, True, True, False]
