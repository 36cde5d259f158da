"""A recording and the words that are said in it → when each word is heard.

Forced alignment by PocketSphinx: espeak-ng tells how the words sound in their language, and the English acoustic model
finds those sounds, near relatives standing for what English does not have. Where that cannot be done, the words are
spread over what is heard between the pauses, and called estimated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from app.speech.alignment import Recorded, timed
from app.speech.base import Samples, Word
from app.speech.espeak import LONGEST_TEXT, utter
from app.speech.passages import split_passages
from app.speech.spoken import Spoken, spoken_form
from app.speech.synthesis import token_phones
from app.speech.track import TokenPhone, lay_track
from app.speech.voice import EspeakSettings, espeak_language

#: Part of the fingerprint of what was heard: to be raised when times can change.
LISTENING_VERSION = "1"
#: In hertz: what the acoustic model hears.
LISTENING_RATE = 16_000
_FRAME_MS = 10
#: Wider than PocketSphinx's own, for low voices and other languages. Far wider ones lose their way to rounding.
_BEAMS = {"beam": 1e-80, "pbeam": 1e-80, "wbeam": 1e-60}
#: The time that it takes grows faster than the words: 20 minutes of speech take about a minute.
_MOST_WORDS = 3_000

_PAIRS = {
    "tʃ": "CH", "dʒ": "JH", "tɕ": "CH", "dʑ": "JH", "aʊ": "AW", "au": "AW", "ɑu": "AW", "aɪ": "AY", "ai": "AY",
    "eɪ": "EY", "ei": "EY", "oʊ": "OW", "əʊ": "OW", "ɔɪ": "OY", "ɔø": "OY", "ɔʏ": "OY", "ɜː": "ER",
}  # fmt: skip
_SINGLE = {
    "p": "P", "b": "B", "t": "T", "d": "D", "k": "K", "g": "G", "ɡ": "G", "q": "K", "m": "M", "n": "N", "ŋ": "NG",
    "ɲ": "N", "ɳ": "N", "f": "F", "v": "V", "θ": "TH", "ð": "DH", "s": "S", "z": "Z", "ʃ": "SH", "ʒ": "ZH", "x": "HH",
    "χ": "HH", "ħ": "HH", "h": "HH", "ɦ": "HH", "ç": "HH", "ɣ": "G", "β": "V", "ɸ": "F", "ɕ": "SH", "ʑ": "ZH",
    "ʂ": "SH", "ʐ": "ZH", "r": "R", "ɹ": "R", "ʁ": "R", "ɻ": "R", "ɽ": "R", "ɾ": "R", "l": "L", "ɫ": "L", "ʎ": "L",
    "ɭ": "L", "j": "Y", "w": "W", "ɥ": "W", "ʋ": "V", "c": "K", "ɟ": "G", "ʈ": "T", "ɖ": "D",
    "i": "IY", "y": "IY", "ɨ": "IH", "ɪ": "IH", "ᵻ": "IH", "ʏ": "IH", "e": "EY", "ø": "ER", "œ": "ER", "ɛ": "EH",
    "æ": "AE", "a": "AA", "ä": "AA", "ɑ": "AA", "ɒ": "AA", "ɐ": "AH", "ə": "AH", "ɜ": "AH", "ɚ": "ER", "ɝ": "ER",
    "ʌ": "AH", "ɔ": "AO", "o": "OW", "u": "UW", "ʉ": "UW", "ɯ": "UW", "ʊ": "UH", "ɵ": "UH", "ɤ": "AH",
}  # fmt: skip


class Timing(StrEnum):
    """How the times of words are known. ``estimated``: by the share of the time in which somebody is heard."""

    ALIGNED = "aligned"
    ESTIMATED = "estimated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listened:
    """Every word of the text, in order, as it is written."""

    words: tuple[Word, ...]
    timing: Timing


def listen(samples: Samples, text: str, language: str) -> Listened:
    """``samples`` at ``LISTENING_RATE``; ``language`` is a BCP-47 tag. Silence has its words spread over all of it."""
    spoken = spoken_form(text, language=language)
    reference = list(_sounds(text, spoken, language))
    duration_ms = len(samples) * 1000 // LISTENING_RATE
    found = _aligned(samples, reference) if can_align() else None
    timing = Timing.ESTIMATED if found is None else Timing.ALIGNED
    if found is None:
        found = timed(Recorded(samples=samples, sample_rate=LISTENING_RATE, phones=()), reference)
    track = lay_track(spoken.tokens, found or _spread(spoken, duration_ms), (), duration_ms)
    return Listened(words=track.words, timing=timing)


def can_align() -> bool:
    """There are no wheels of PocketSphinx for the newest Pythons."""
    return find_spec("pocketsphinx") is not None


def _sounds(text: str, spoken: Spoken, language: str) -> Iterator[TokenPhone]:
    """How each token sounds, by espeak-ng, passage by passage."""
    token, at_ms = 0, 0
    settings = EspeakSettings(voice=espeak_language(language))
    passages = [text] if len(spoken.text) <= LONGEST_TEXT else [passage.text for passage in split_passages(text)]
    for passage in passages:
        own = spoken_form(passage, language=language)
        utterance = utter(own.text, settings)
        for phone in token_phones(utterance, own):
            yield TokenPhone(
                start_ms=at_ms + phone.start_ms,
                end_ms=at_ms + phone.end_ms,
                ipa=phone.ipa,
                stressed=phone.stressed,
                token=token + phone.token,
            )
        token += len(own.tokens)
        at_ms += len(utterance.samples) * 1000 // utterance.sample_rate


def _aligned(samples: Samples, reference: Sequence[TokenPhone]) -> list[TokenPhone] | None:
    """Nothing when these words are not found in this sound."""
    said = _said(reference)
    if not said or len(said) > _MOST_WORDS:
        return None
    names = dict[str, str]()
    for sounds in said.values():
        names.setdefault(sounds, f"w{len(names)}")
    segments = _decoded(samples, names, [names[sounds] for sounds in said.values()])
    if len(segments) != len(said):
        return None
    return [
        TokenPhone(start_ms=start, end_ms=end, ipa="ə", stressed=False, token=token)
        for token, (start, end) in zip(said, segments, strict=True)
    ]


def _said(reference: Sequence[TokenPhone]) -> dict[int, str]:
    """What is heard of each token, in the sounds of the model."""
    said = dict[int, list[str]]()
    for phone in reference:
        said.setdefault(phone.token, []).extend(_english(phone.ipa))
    return {token: " ".join(sounds) for token, sounds in sorted(said.items()) if sounds}


def _english(ipa: str) -> Iterator[str]:
    at = 0
    while at < len(ipa):
        pair = _PAIRS.get(ipa[at : at + 2])
        sound = pair or _SINGLE.get(ipa[at])
        if sound is not None:
            yield sound
        at += 2 if pair is not None else 1


def _decoded(samples: Samples, names: dict[str, str], words: Sequence[str]) -> list[tuple[int, int]]:
    """When each word is heard, in milliseconds; nothing when the decoder lost its way."""
    sphinx = import_module("pocketsphinx")
    with TemporaryDirectory() as folder:
        dictionary = Path(folder) / "words.dict"
        dictionary.write_text("".join(f"{name} {sounds}\n" for sounds, name in names.items()), encoding="ascii")
        decoder = sphinx.Decoder(
            hmm=sphinx.get_model_path("en-us/en-us"),
            dict=str(dictionary),
            lm=None,
            **_BEAMS,
            samprate=LISTENING_RATE,
            loglevel="FATAL",
        )
    decoder.set_align_text(" ".join(words))
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), full_utt=True)
    decoder.end_utt()
    return [
        (segment.start_frame * _FRAME_MS, (segment.end_frame + 1) * _FRAME_MS)
        for segment in decoder.seg() or ()
        if segment.word in names.values()
    ]


def _spread(spoken: Spoken, duration_ms: int) -> list[TokenPhone]:
    """Evenly, where nothing is heard."""
    tokens = [number for number, token in enumerate(spoken.tokens) if token.spoken] or [0]
    edges = [duration_ms * place // len(tokens) for place in range(len(tokens) + 1)]
    return [
        TokenPhone(start_ms=start, end_ms=end, ipa="ə", stressed=False, token=token)
        for token, start, end in zip(tokens, edges, edges[1:], strict=False)
    ]
