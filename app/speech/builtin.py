"""The voices that are always there, spoken by the embedded synthesiser: chosen to be distinct from each other and
easy to follow.
"""

from __future__ import annotations

from app.speech.voice import EspeakSettings, Gender, Voice


def _voice(
    name: str,
    language: str,
    gender: Gender,
    espeak: str,
    variant: str,
    *,
    rate: int = 160,
    pitch: int = 50,
    spread: int = 60,
) -> Voice:
    return Voice(
        id=f"espeak-{language.lower()}-{name.lower()}",
        name=name,
        engine="espeak",
        language=language,
        gender=gender,
        quality="basic",
        settings=EspeakSettings(voice=espeak, variant=variant, rate=rate, pitch=pitch, pitch_range=spread),
        chain="studio",
    )


ESPEAK_VOICES: tuple[Voice, ...] = (
    _voice("Clara", "en-US", "female", "en-us", "f3", rate=160, pitch=48),
    _voice("Grace", "en-US", "female", "en-us", "f2", rate=165, pitch=54),
    _voice("Miles", "en-US", "male", "en-us", "", rate=160, pitch=42),
    _voice("Frank", "en-US", "male", "en-us", "m3", rate=155, pitch=40),
    _voice("Alice", "en-GB", "female", "en-gb-x-rp", "f3", rate=160, pitch=50),
    _voice("Ruth", "en-GB", "female", "en-gb-x-rp", "f2", rate=165, pitch=54),
    _voice("Henry", "en-GB", "male", "en-gb-x-rp", "", rate=160, pitch=42),
    _voice("Edmund", "en-GB", "male", "en-gb-x-rp", "m3", rate=155, pitch=40),
    _voice("Greta", "de-DE", "female", "de", "f3", pitch=48),
    _voice("Anton", "de-DE", "male", "de", "m3", pitch=42),
    _voice("Camille", "fr-FR", "female", "fr", "f3", pitch=48),
    _voice("Hugo", "fr-FR", "male", "fr", "m3", pitch=42),
    _voice("Lucia", "es-ES", "female", "es", "f3", pitch=48),
    _voice("Mateo", "es-ES", "male", "es", "m3", pitch=42),
    _voice("Valeria", "es-MX", "female", "es-419", "f3", pitch=48),
    _voice("Diego", "es-MX", "male", "es-419", "m3", pitch=42),
    _voice("Giulia", "it-IT", "female", "it", "f3", pitch=48),
    _voice("Marco", "it-IT", "male", "it", "m3", pitch=42),
    _voice("Beatriz", "pt-BR", "female", "pt-br", "f3", pitch=48),
    _voice("Rafael", "pt-BR", "male", "pt-br", "m3", pitch=42),
    _voice("Ines", "pt-PT", "female", "pt", "f3", pitch=48),
    _voice("Sanne", "nl-NL", "female", "nl", "f3", pitch=48),
    _voice("Bram", "nl-NL", "male", "nl", "m3", pitch=42),
    _voice("Zofia", "pl-PL", "female", "pl", "f3", pitch=48),
    _voice("Jakub", "pl-PL", "male", "pl", "m3", pitch=42),
    _voice("Elif", "tr-TR", "female", "tr", "f3", pitch=48),
    _voice("Emre", "tr-TR", "male", "tr", "m3", pitch=42),
    _voice("Layla", "ar", "female", "ar", "f3", pitch=48),
    _voice("Yusuf", "ar", "male", "ar", "m3", pitch=42),
    _voice("Asha", "hi-IN", "female", "hi", "f3", pitch=48),
    _voice("Arjun", "hi-IN", "male", "hi", "m3", pitch=42),
    _voice("Anya", "ru-RU", "female", "ru", "f3", pitch=48),
    _voice("Pavel", "ru-RU", "male", "ru", "m3", pitch=42),
    _voice("Mei", "zh-CN", "female", "cmn", "f3", rate=150, pitch=48),
    _voice("Wei", "zh-CN", "male", "cmn", "m3", rate=150, pitch=42),
)
