"""Words are found where they are heard; where that fails, they are estimated, and called that."""

from __future__ import annotations

import numpy as np
import pytest

import app.speech.listening as listening
from app.media.hearing import resampled
from app.speech.base import Samples, Track
from app.speech.builtin import ESPEAK_VOICES
from app.speech.espeak import can_pronounce
from app.speech.listening import LISTENING_RATE, Timing, listen
from app.speech.synthesis import synthesise

TEXT = (
    "Good morning, everybody. Revenue went up by 32% in 2026, and we opened 3 offices in Berlin, Paris and Rome.\n"
    "Now — look at the numbers on this page! 🎉"
)


def said(voice_id: str, text: str) -> tuple[Track, Samples]:
    voice = next(voice for voice in ESPEAK_VOICES if voice.id == voice_id)
    speech = synthesise(voice, text)
    return speech.track, resampled(speech.samples, speech.sample_rate, LISTENING_RATE)


def off_by(found: listening.Listened, track: Track) -> list[int]:
    assert [word.text for word in found.words] == [word.text for word in track.words]
    return [abs(ours.start_ms - theirs.start_ms) for ours, theirs in zip(found.words, track.words, strict=True)]


@pytest.mark.parametrize(
    ("voice", "language", "text"),
    [
        ("espeak-en-us-clara", "en-US", TEXT),
        ("espeak-es-es-lucia", "es", "Buenos días a todos. Los ingresos subieron un tercio."),
        ("espeak-fr-fr-camille", "fr-FR", "Bonjour à tous. Nous avons ouvert trois nouveaux bureaux."),
    ],
)
def test_words_are_found_where_they_are_heard(voice: str, language: str, text: str) -> None:
    track, samples = said(voice, text)
    found = listen(samples, text, language)
    errors = off_by(found, track)
    assert found.timing is Timing.ALIGNED
    assert np.median(errors) <= 30
    assert max(errors) <= 120


def test_silence_before_and_after_does_not_move_them() -> None:
    track, samples = said("espeak-en-us-clara", TEXT)
    silence = np.zeros(2 * LISTENING_RATE, np.int16)
    found = listen(np.concatenate((silence, samples, silence)), TEXT, "en")
    assert (
        np.median(
            [abs(word.start_ms - 2000 - ours.start_ms) for word, ours in zip(found.words, track.words, strict=True)]
        )
        <= 30
    )


def test_without_the_aligner_they_are_estimated_and_called_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "can_align", lambda: False)
    track, samples = said("espeak-en-us-clara", TEXT)
    found = listen(samples, TEXT, "en-US")
    assert found.timing is Timing.ESTIMATED
    assert max(off_by(found, track)) < 300


@pytest.mark.parametrize(
    "text",
    [
        "Something else is written here that nobody ever said, and there is a lot of it, sentence after sentence.",
        "这里写的是完全不同的内容。",
        "🎉 — …",
        "word " * 4000,
    ],
    ids=["other words", "another language", "nothing to say", "too many"],
)
def test_words_that_are_not_said_are_not_claimed_to_be_heard(text: str) -> None:
    _, samples = said("espeak-en-us-clara", TEXT)
    found = listen(samples, text, "en-US")
    assert found.timing is Timing.ESTIMATED
    edges = [edge for word in found.words for edge in (word.start_ms, word.end_ms)]
    assert edges == sorted(edges)
    assert edges[-1] <= len(samples) * 1000 // LISTENING_RATE + 1


@pytest.mark.parametrize("seconds", [0.05, 3.0])
def test_silence_has_its_words_spread_over_it(seconds: float) -> None:
    found = listen(np.zeros(round(seconds * LISTENING_RATE), np.int16), "Nothing is said.", "en-US")
    assert (found.timing, len(found.words)) == (Timing.ESTIMATED, 3)
    assert found.words[-1].end_ms <= round(seconds * 1000)


def test_a_script_longer_than_the_engine_takes_at_once_is_cut_into_passages() -> None:
    text = "This sentence is said once more. " * 1200
    found = listen(np.zeros(LISTENING_RATE, np.int16), text, "en-US")
    assert len(found.words) == len(text.split())


@pytest.mark.parametrize(
    ("tag", "known"), [("en-GB", True), ("pt-BR", True), ("zh-CN", True), ("no", True), ("xx", False), ("../en", False)]
)
def test_languages(tag: str, known: bool) -> None:
    assert can_pronounce(tag) is known
