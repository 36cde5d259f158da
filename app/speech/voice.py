"""A voice as a value: who speaks, in which language, by which engine, with which settings."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, assert_never

Engine = Literal["espeak", "piper", "festival", "flite"]
Gender = Literal["female", "male", "neutral"]
#: ``basic``: plainly a machine. ``good``: pleasant, with flaws. ``high``: close to a person.
Quality = Literal["basic", "good", "high"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EspeakSettings:
    """``voice`` and ``variant`` are espeak-ng's names; ``rate`` in words a minute; ``pitch`` and ``pitch_range``
    0..99.
    """

    voice: str
    variant: str = ""
    rate: int = 165
    pitch: int = 50
    pitch_range: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class PiperSettings:
    """``model`` is the path of the ``.onnx`` file, with its ``.onnx.json`` beside it."""

    model: str
    speaker: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSettings:
    """A program of the operating system, and its own name for the voice."""

    program: str
    voice: str


Settings = EspeakSettings | PiperSettings | ProgramSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """``language`` is a BCP-47 tag; ``chain`` names how the voice is dressed when the sound is mastered."""

    id: str
    name: str
    engine: Engine
    language: str
    gender: Gender
    quality: Quality
    settings: Settings
    chain: str = "clean"


def voice_to_json(voice: Voice) -> dict[str, Any]:
    return asdict(voice)


def voice_from_json(document: dict[str, Any]) -> Voice:
    """The inverse of ``voice_to_json``."""
    values: dict[str, Any] = document | {"settings": settings_type(document["engine"])(**document["settings"])}
    return Voice(**values)


def settings_type(engine: Engine) -> type[Settings]:
    match engine:
        case "espeak":
            return EspeakSettings
        case "piper":
            return PiperSettings
        case "festival" | "flite":
            return ProgramSettings
        case _:
            assert_never(engine)


#: How espeak-ng names the languages that it handles well enough to pronounce or to time another engine's words.
_ESPEAK_LANGUAGES = {
    "en-us": "en-us",
    "en-gb": "en",
    "en": "en-us",
    "es-mx": "es-419",
    "es-419": "es-419",
    "pt-br": "pt-br",
    "pt": "pt",
    "zh": "cmn",
    "nb": "nb",
    "no": "nb",
}


def espeak_language(language: str) -> str:
    """espeak-ng's name for a BCP-47 tag such as ``pt-BR``: the tag itself where it has one, otherwise its language."""
    tag = language.lower().replace("_", "-")
    primary = tag.split("-")[0]
    return _ESPEAK_LANGUAGES.get(tag) or _ESPEAK_LANGUAGES.get(primary) or primary
