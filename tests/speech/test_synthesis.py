import subprocess
import sys
from hashlib import sha256
from itertools import pairwise

import numpy as np
import pytest

from app.speech.base import Speech
from app.speech.builtin import ESPEAK_VOICES
from app.speech.synthesis import LEAD_MS, TAIL_MS, engine_version, synthesise
from app.speech.voice import Voice, voice_from_json, voice_to_json

VOICES = {voice.id: voice for voice in ESPEAK_VOICES}
CLARA = VOICES["espeak-en-us-clara"]

TEXTS = {
    "plain": "We made it. You can make it too, and it takes a minute!",
    "money and emoji": "We grew $3.5m (wow!) in Q3… “Café” 🎉 costs 25%; is it worth it? 👍",
    "merged words": "It is one of the best in the world, of a kind. I am going to go.",
    "numbers": "On 3 March 2026 at 10:30, 1,000,000 people paid €19.99 for it.",
    "dashes": "— He said – and I quote – “no” ... & left.",
    "markup": '<speak><break time="9s"/>Hi &amp; bye</speak> [[h@l]] <mark name="x"/>',
    "long word": "a" * 300 + " b",
    "lines": "First point\nSecond point\nThird",
}


def words_of(speech: Speech) -> list[str]:
    return [token for word in speech.track.words for token in word.text.split()]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_word_of_the_text_is_there_once_and_in_order(text: str) -> None:
    assert words_of(synthesise(CLARA, text)) == text.split()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_times_never_go_back_and_stay_within_the_sound(text: str) -> None:
    track = synthesise(CLARA, text).track
    spans = [(word.start_ms, word.end_ms) for word in track.words]
    assert all(start < end for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert spans[0][0] >= LEAD_MS
    assert spans[-1][1] <= track.duration_ms - TAIL_MS


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_phones_fill_the_track_without_gaps(text: str) -> None:
    track = synthesise(CLARA, text).track
    edges = [track.phones[0].start_ms, *(phone.end_ms for phone in track.phones)]
    assert edges[0] == 0
    assert edges[-1] == track.duration_ms
    assert [phone.start_ms for phone in track.phones] == edges[:-1]
    assert not any(mark in phone.ipa for phone in track.phones for mark in "(ˈˌ\ufffd ")


@pytest.mark.parametrize("voice", ESPEAK_VOICES, ids=lambda voice: voice.id)
def test_every_built_in_voice_speaks_and_says_when(voice: Voice) -> None:
    speech = synthesise(voice, "Radio 21, mama.")
    assert words_of(speech) == ["Radio", "21,", "mama."]
    assert 1_000 < speech.track.duration_ms < 5_000
    assert np.abs(speech.samples).max() > 3_000
    assert sum(phone.stressed for phone in speech.track.phones) >= 1
    assert len(speech.samples) == round(speech.track.duration_ms * speech.sample_rate / 1000)


@pytest.mark.parametrize(
    "voice", [VOICES["espeak-en-us-clara"], VOICES["espeak-en-us-miles"]], ids=lambda voice: voice.id
)
def test_silence_around_the_speech_is_short_and_always_the_same(voice: Voice) -> None:
    for text in ("Papa is at home.", "All is well", "Stop!"):
        speech = synthesise(voice, text)
        first, last = speech.track.phones[0], speech.track.phones[-1]
        assert (first.ipa, first.end_ms) == ("", LEAD_MS)
        assert (last.ipa, last.end_ms - last.start_ms) == ("", TAIL_MS)
        loud = np.flatnonzero(np.abs(speech.samples) > 300) * 1000 / speech.sample_rate
        assert loud[0] < 200
        assert speech.track.duration_ms - loud[-1] < TAIL_MS + 100


def test_a_word_is_timed_where_it_is_heard() -> None:
    """A closing silence of the script's own makes the second sentence easy to find in the samples."""
    speech = synthesise(CLARA, "Mama. Mama.")
    second = speech.track.words[1]
    rate = speech.sample_rate
    before = speech.samples[(second.start_ms - 60) * rate // 1000 : (second.start_ms - 10) * rate // 1000]
    after = speech.samples[second.start_ms * rate // 1000 : (second.start_ms + 60) * rate // 1000]
    assert np.abs(before).max() < 200 < np.abs(after).max()


def test_lips_close_at_the_start_of_m() -> None:
    assert [phone.ipa for phone in synthesise(CLARA, "Mama").track.phones][:3] == ["", "m", "ɑː"]


def test_a_question_is_told_from_a_statement() -> None:
    clauses = synthesise(CLARA, "Is it true? Yes, it is. Really?!").track.clauses
    assert [clause.question for clause in clauses] == [True, False, False, True]
    assert [clause.end_ms for clause in clauses] == sorted({clause.end_ms for clause in clauses})


@pytest.mark.parametrize("text", ["🎉", "...", "—", "!?", "\x00\x01", "", " \n ", "*** ___", "👍 👍"])
def test_nothing_to_say_is_a_short_silence_and_not_an_error(text: str) -> None:
    speech = synthesise(CLARA, text)
    assert not speech.samples.any()
    assert speech.track.duration_ms == 300
    assert words_of(speech) == text.split()


def test_control_characters_do_not_stop_the_speech() -> None:
    assert words_of(synthesise(CLARA, "Stay\x00here \x1b[31mnow")) == ["Stay\x00here", "\x1b[31mnow"]


def test_speech_commands_in_the_text_do_not_slow_it_down() -> None:
    plain = synthesise(CLARA, "speak break time nine seconds hello speak").track.duration_ms
    marked = synthesise(CLARA, '<speak><break time="9s"/>hello</speak>').track.duration_ms
    assert marked < plain + 3_000


@pytest.mark.parametrize(
    ("voice", "text"),
    [
        ("espeak-ar-layla", "مرحبا بالعالم؟ كيف حالك اليوم."),
        ("espeak-hi-in-asha", "नमस्ते दुनिया। आप कैसे हैं?"),
        ("espeak-ru-ru-anya", "Привет, мир! Как дела?"),
        ("espeak-tr-tr-elif", "İyi günler, nasılsınız?"),
    ],
)
def test_other_scripts_keep_their_words(voice: str, text: str) -> None:
    speech = synthesise(VOICES[voice], text)
    assert words_of(speech) == text.split()
    assert any(clause.question for clause in speech.track.clauses)


def test_chinese_has_a_word_for_each_character() -> None:
    speech = synthesise(VOICES["espeak-zh-cn-mei"], "你好，世界。 今天很好！")
    assert [word.text for word in speech.track.words] == ["你", "好，", "世", "界。", "今", "天", "很", "好！"]


def digest(speech: Speech) -> str:
    return sha256(speech.samples.tobytes() + repr(speech.track).encode()).hexdigest()


@pytest.mark.parametrize("voice", ["espeak-en-us-clara", "espeak-en-us-miles"])
def test_the_same_text_gives_the_same_bytes_whatever_was_said_before(voice: str) -> None:
    text = TEXTS["merged words"]
    first = digest(synthesise(VOICES[voice], text))
    synthesise(VOICES["espeak-de-de-anton"], "Etwas anderes.")
    assert digest(synthesise(VOICES[voice], text)) == first
    program = (
        "from tests.speech.test_synthesis import *; "
        f"print(digest(synthesise(VOICES[{voice!r}], TEXTS['merged words'])))"
    )
    fresh = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert fresh.stdout.strip() == first


def test_a_voice_survives_json_and_its_version_tells_voices_apart() -> None:
    assert [voice_from_json(voice_to_json(voice)) for voice in ESPEAK_VOICES] == list(ESPEAK_VOICES)
    assert len({engine_version(voice) for voice in ESPEAK_VOICES}) == len(ESPEAK_VOICES)
