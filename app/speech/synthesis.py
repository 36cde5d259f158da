"""A passage of text and a voice → speech with the times of its sounds and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np

from app.speech.alignment import timed
from app.speech.base import Samples, Speech
from app.speech.espeak import Utterance, espeak_version, utter
from app.speech.piper import piper_version, speak_piper
from app.speech.programs import program_version, speak_program
from app.speech.spoken import Spoken, spoken_form
from app.speech.track import ClauseEnd, TokenPhone, lay_track, shifted, sounding
from app.speech.voice import EspeakSettings, PiperSettings, ProgramSettings, Voice, espeak_language

#: Part of every fingerprint of speech: to be raised when samples or times can change.
SPEECH_VERSION = "1"
#: Silence before the first sound and after the last: always exactly this, so that pauses are the caller's choice.
LEAD_MS, TAIL_MS = 20, 40
#: How long a passage lasts that has nothing to say.
SILENCE_MS = 300
_FADE_MS = 4
_SILENT_RATE = 22_050


def engine_version(voice: Voice) -> str:
    """What, besides the text, decides the bytes of this voice: engine, version, settings. For fingerprints.

    Raises ``VoiceUnavailable`` when what the voice needs is not on this machine.
    """
    settings = voice.settings
    match settings:
        case EspeakSettings():
            return f"{espeak_version()}; {settings}"
        case PiperSettings():
            return f"{piper_version(settings)}; {espeak_version()}"
        case ProgramSettings():
            return f"{program_version(settings)}; {espeak_version()}"
        case _:
            assert_never(settings)


def synthesise(voice: Voice, text: str) -> Speech:
    """Speak ``text`` as plain text; nothing in it is obeyed. Blocks; the same voice and text give the same bytes.

    The first sound starts ``LEAD_MS`` after the first sample and the last ends ``TAIL_MS`` before the end. Every
    token of ``text`` that white space separates is in exactly one word, in order; what is not said (emoji, a dash)
    belongs to the word before it. Text without anything to say gives ``SILENCE_MS`` of silence. The samples last
    ``duration_ms`` to the nearest sample.

    Times come from the engine. One that gives none (a Piper model without alignments) is timed by espeak-ng's phones
    for the same text, stretched to what is heard between its pauses: right to about a tenth of a second.

    Raises ``SpeechFailed``, or ``VoiceUnavailable`` when a file or a program of the voice is missing.
    """
    spoken = spoken_form(text, language=voice.language)
    if not any(token.spoken for token in spoken.tokens):
        return _silence(spoken)
    performance = _performed(voice, spoken)
    heard = sounding(performance.phones)
    if heard is None:
        return _silence(spoken)
    return _trimmed(performance, spoken, heard)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Performance:
    samples: Samples
    sample_rate: int
    phones: Sequence[TokenPhone]
    clause_ends: Sequence[ClauseEnd]


def _performed(voice: Voice, spoken: Spoken) -> _Performance:
    settings = voice.settings
    match settings:
        case EspeakSettings():
            utterance = utter(spoken.text, settings)
            samples, rate, phones = utterance.samples, utterance.sample_rate, token_phones(utterance, spoken)
        case PiperSettings():
            utterance = _reference(voice, spoken)
            recorded = speak_piper(spoken.text, settings)
            samples, rate, phones = (
                recorded.samples,
                recorded.sample_rate,
                timed(recorded, token_phones(utterance, spoken)),
            )
        case ProgramSettings():
            utterance = _reference(voice, spoken)
            recorded = speak_program(spoken.text, settings)
            samples, rate, phones = (
                recorded.samples,
                recorded.sample_rate,
                timed(recorded, token_phones(utterance, spoken)),
            )
        case _:
            assert_never(settings)
    return _Performance(samples=samples, sample_rate=rate, phones=phones, clause_ends=_clause_ends(utterance, spoken))


def _reference(voice: Voice, spoken: Spoken) -> Utterance:
    """What espeak-ng makes of the same text: which sounds belong to which word, and how long each takes against the
    others.
    """
    return utter(spoken.text, EspeakSettings(voice=espeak_language(voice.language)))


def token_phones(utterance: Utterance, spoken: Spoken) -> list[TokenPhone]:
    """The sounds of an utterance, each with the token of the text that it belongs to."""
    return [
        TokenPhone(
            start_ms=phone.start_ms,
            end_ms=phone.end_ms,
            ipa=phone.ipa,
            stressed=phone.stressed,
            token=spoken.token_at(phone.position),
        )
        for phone in utterance.phones
    ]


def _clause_ends(utterance: Utterance, spoken: Spoken) -> list[ClauseEnd]:
    ends = [ClauseEnd(token=spoken.token_at(at), question=spoken.asks_at(at)) for at in utterance.clause_ends]
    last = len(spoken.tokens) - 1
    return (
        ends
        if ends and ends[-1].token == last
        else [*ends, ClauseEnd(token=last, question=spoken.asks_at(len(spoken.text)))]
    )


def _trimmed(performance: _Performance, spoken: Spoken, heard: tuple[int, int]) -> Speech:
    first, last = heard
    duration_ms = LEAD_MS + last - first + TAIL_MS
    track = lay_track(
        spoken.tokens, shifted(performance.phones, LEAD_MS - first, duration_ms), performance.clause_ends, duration_ms
    )
    samples = _cut(performance.samples, performance.sample_rate, first - LEAD_MS, duration_ms)
    return Speech(track=track, sample_rate=performance.sample_rate, samples=samples)


def _cut(samples: Samples, rate: int, start_ms: int, duration_ms: int) -> Samples:
    """``duration_ms`` of sound from ``start_ms``, with silence where there is none, faded in and out within the
    silence around it.
    """
    start, length = round(start_ms * rate / 1000), round(duration_ms * rate / 1000)
    cut = np.zeros(length, np.int16)
    kept = samples[max(0, start) : start + length]
    cut[max(0, -start) : max(0, -start) + len(kept)] = kept
    fade = min(rate * _FADE_MS // 1000, length // 2)
    ramp = np.arange(fade) / fade
    cut[:fade] = (cut[:fade] * ramp).astype(np.int16)
    cut[length - fade :] = (cut[length - fade :] * ramp[::-1]).astype(np.int16)
    return cut


def _silence(spoken: Spoken) -> Speech:
    track = lay_track(spoken.tokens, (), (), SILENCE_MS)
    return Speech(track=track, sample_rate=_SILENT_RATE, samples=np.zeros(_SILENT_RATE * SILENCE_MS // 1000, np.int16))
