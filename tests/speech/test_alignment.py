import numpy as np

from app.speech.alignment import Recorded, RecordedPhone, timed
from app.speech.track import TokenPhone

SILENCE = np.zeros(0, np.int16)


def reference(*sounds: tuple[str, int], pause_after: int | None = None) -> list[TokenPhone]:
    """Sounds of 100 ms with the token of each; half a second of pause after one of them."""
    phones: list[TokenPhone] = []
    at = 0
    for index, (ipa, token) in enumerate(sounds):
        phones.append(TokenPhone(start_ms=at, end_ms=at + 100, ipa=ipa, stressed=False, token=token))
        at += 600 if index == pause_after else 100
    return phones


def recorded(*sounds: str) -> Recorded:
    phones = (RecordedPhone(start_ms=50 * i, end_ms=50 * (i + 1), ipa=ipa) for i, ipa in enumerate(sounds))
    return Recorded(samples=SILENCE, sample_rate=16_000, phones=tuple(phones))


def test_sounds_that_an_engine_adds_or_leaves_out_do_not_shift_the_words() -> None:
    ours = recorded("h", "ɛ", "l", "oʊ", "", "w", "ɜː", "l", "d")
    theirs = reference(("h", 0), ("ə", 0), ("l", 0), ("oʊ", 0), ("w", 1), ("ɜː", 1), ("ɹ", 1), ("l", 1), ("d", 1))
    assert [phone.token for phone in timed(ours, theirs)] == [0, 0, 0, 0, 1, 1, 1, 1]
    assert [phone.start_ms for phone in timed(ours, theirs)] == [0, 50, 100, 150, 250, 300, 350, 400]


def test_a_number_that_is_read_in_another_way_stays_with_its_word() -> None:
    ours = recorded("ɪ", "n", "n", "aɪ", "n", "t", "iː", "n", "oʊ", "n", "oʊ")
    theirs = reference(("ɪ", 0), ("n", 0), ("w", 1), ("ʌ", 1), ("n", 1), ("n", 2), ("oʊ", 2))
    tokens = [phone.token for phone in timed(ours, theirs)]
    assert tokens == sorted(tokens)
    assert (tokens[0], tokens[-1]) == (0, 2)


def tone(*stretches_ms: int) -> Recorded:
    """Tone, silence, tone, ... at 16 kHz, without times of sounds."""
    parts = [
        np.sin(np.arange(16 * ms) * 0.2) * (8_000 if place % 2 == 0 else 2) for place, ms in enumerate(stretches_ms)
    ]
    return Recorded(samples=np.concatenate(parts).astype(np.int16), sample_rate=16_000, phones=())


def test_without_times_the_sounds_are_stretched_to_what_is_heard_between_the_pauses() -> None:
    theirs = reference(("h", 0), ("a", 0), ("b", 1), ("a", 1), pause_after=1)
    spans = [(phone.start_ms, phone.end_ms) for phone in timed(tone(400, 1000, 800), theirs)]
    assert spans == [(0, 200), (200, 400), (1400, 1800), (1800, 2200)]


def test_when_the_pauses_differ_the_whole_is_stretched_at_once() -> None:
    theirs = reference(("h", 0), ("a", 0), ("b", 1), ("a", 1))
    spans = [(phone.start_ms, phone.end_ms) for phone in timed(tone(400, 1000, 600), theirs)]
    assert spans == [(0, 500), (500, 1000), (1000, 1500), (1500, 2000)]


def test_silence_has_no_sounds() -> None:
    assert timed(Recorded(samples=SILENCE, sample_rate=16_000, phones=()), reference(("h", 0))) == []
