"""The embedded synthesiser, espeak-ng, called through ctypes. Text in, samples and timed phones out.

The library keeps state from one synthesis to the next (a second one in the same process differs in samples and in
times), so each call loads a private copy of it: the same text and settings give the same bytes, whatever ran before.
A copy stays loaded until its process ends, about 1 MB each: speak in a child process.
"""

from __future__ import annotations

import ctypes
import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import espeakng_loader  # pyright: ignore[reportMissingTypeStubs]
import numpy as np

from app.speech.base import Samples
from app.speech.errors import SpeechFailed
from app.speech.voice import EspeakSettings, espeak_language

#: Characters of one call. Longer text is refused rather than cut off.
LONGEST_TEXT = 30_000

_EVENTS_END = 0
_END, _PHONEME = 5, 7
_SYNCHRONOUS = 2
_PHONEME_EVENTS, _PHONEME_IPA, _DONT_EXIT = 1, 2, 0x8000
_UTF8 = 1  # and nothing else: no SSML (0x10), no phoneme input (0x100)
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4
_STRESS = "ˈˌ"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardPhone:
    """One sound: milliseconds from the first sample, and where in the text (from 0) its word is."""

    start_ms: int
    end_ms: int
    ipa: str
    stressed: bool
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """``clause_ends`` are positions in the text (from 0) where a clause ended."""

    samples: Samples
    sample_rate: int
    phones: tuple[HeardPhone, ...]
    clause_ends: tuple[int, ...]


def espeak_version() -> str:
    """Of the wheel, which holds the library and its voices."""
    return f"espeakng-loader {version('espeakng-loader')}"


@cache
def espeak_languages() -> frozenset[str]:
    """The languages that espeak-ng has rules for, as it names them."""
    folder = Path(espeakng_loader.get_data_path()) / "lang"
    return frozenset(file.name.lower() for file in folder.rglob("*") if file.is_file())


def can_pronounce(language: str) -> bool:
    """Whether it is known how words of a language (a BCP-47 tag) sound."""
    return espeak_language(language) in espeak_languages()


def utter(text: str, settings: EspeakSettings) -> Utterance:
    """Speak ``text`` as plain text. Silence for nothing to say. Raises ``SpeechFailed``."""
    if len(text) > LONGEST_TEXT:
        raise SpeechFailed(
            f"{len(text)} characters are too many for one utterance; cut the script into passages first."
        )
    library = _private_copy()
    rate = _start(library)
    name = f"{settings.voice}+{settings.variant}" if settings.variant else settings.voice
    if library.espeak_SetVoiceByName(name.encode()) != 0:
        raise SpeechFailed(f"espeak-ng has no voice {name!r}. Reinstall the package espeakng-loader.")
    for parameter, value in (
        (_RATE, settings.rate),
        (_VOLUME, 80),
        (_PITCH, settings.pitch),
        (_RANGE, settings.pitch_range),
    ):
        library.espeak_SetParameter(parameter, value, 0)
    samples, events = _collect(library, text)
    return Utterance(
        samples=samples,
        sample_rate=rate,
        phones=_phones(events, len(samples) * 1000 // rate),
        clause_ends=tuple(event.position for event in events if event.kind == _END),
    )


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _RawEvent(ctypes.Structure):
    """``espeak_EVENT`` of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_RawEvent))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    kind: int
    at_ms: int
    position: int
    phoneme: str


def _private_copy() -> ctypes.CDLL:
    """The loader knows a library by its file, so another file is another copy, with its own state."""
    original = Path(espeakng_loader.get_library_path())
    with tempfile.TemporaryDirectory(prefix="espeak-") as folder:
        copy = Path(folder) / original.name
        shutil.copyfile(original, copy)
        return ctypes.CDLL(str(copy if sys.platform != "win32" else original))


def _start(library: ctypes.CDLL) -> int:
    """Returns the sample rate."""
    data = espeakng_loader.get_data_path().encode()
    rate = int(library.espeak_Initialize(_SYNCHRONOUS, 0, data, _PHONEME_EVENTS | _PHONEME_IPA | _DONT_EXIT))
    if rate <= 0:
        raise SpeechFailed(f"espeak-ng could not read its voices in {data.decode()}. Reinstall espeakng-loader.")
    _seed(library)
    return rate


def _seed(library: ctypes.CDLL) -> None:
    """Breathy voices hold noise: of its own generator, which ``espeak_Initialize`` seeds with the time, or of libc."""
    library.espeak_ng_SetRandSeed.argtypes = [ctypes.c_long]
    library.espeak_ng_SetRandSeed(1)
    if sys.platform != "win32":
        ctypes.CDLL(None).srand(1)


def _collect(library: ctypes.CDLL, text: str) -> tuple[Samples, list[_Event]]:
    parts: list[bytes] = []
    events: list[_Event] = []

    def listen(samples: int | None, count: int, first: Any) -> int:
        if samples and count > 0:
            parts.append(ctypes.string_at(samples, count * 2))
        index = 0
        while first[index].type != _EVENTS_END:
            events.append(_read(first[index]))
            index += 1
        return 0

    callback = _Callback(listen)
    library.espeak_SetSynthCallback(callback)
    raw = text.replace("\0", " ").encode("utf-8", "replace")
    synth = library.espeak_Synth
    unsigned = ctypes.c_uint
    synth.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        unsigned,
        ctypes.c_int,
        unsigned,
        unsigned,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ]
    _seed_noise(library)
    if synth(raw, len(raw) + 1, 0, 1, 0, _UTF8, None, None) != 0 or library.espeak_Synchronize() != 0:
        raise SpeechFailed(f"espeak-ng did not speak the passage that starts with {text[:40]!r}.")
    return np.frombuffer(b"".join(parts), "<i2"), events


def _seed_noise(library: ctypes.CDLL) -> None:
    """Breathy voices are mixed with noise, which the start of espeak-ng seeds with the time of day."""
    library.espeak_ng_SetRandSeed(ctypes.c_long(1))
    if sys.platform != "win32":
        ctypes.CDLL(None).srand(1)


def _read(event: Any) -> _Event:
    # A name of more than eight bytes is cut off, maybe within a character.
    phoneme = bytes(event.id.string).decode("utf-8", "ignore") if event.type == _PHONEME else ""
    return _Event(
        kind=event.type, at_ms=event.audio_position, position=max(0, event.text_position - 1), phoneme=phoneme
    )


def _phones(events: list[_Event], duration_ms: int) -> tuple[HeardPhone, ...]:
    """Each phone lasts until the next begins. Names in brackets announce another language: they make no sound."""
    marks = [event for event in events if event.kind == _PHONEME]
    ends = [event.at_ms for event in marks[1:]] + [duration_ms]
    phones: list[HeardPhone] = []
    stress_follows = False
    for mark, end_ms in zip(marks, ends, strict=True):
        ipa = "" if "(" in mark.phoneme else mark.phoneme.strip(_STRESS + " ")
        stressed = stress_follows or "ˈ" in mark.phoneme
        stress_follows = stressed and not ipa
        if end_ms > mark.at_ms:
            phones.append(
                HeardPhone(
                    start_ms=mark.at_ms, end_ms=end_ms, ipa=ipa, stressed=stressed and bool(ipa), position=mark.position
                )
            )
    return tuple(phones)
