"""Piper: neural voices from a file. The package ``piper-tts`` is optional and is imported only when such a voice speaks."""

from __future__ import annotations

from app.speech.alignment import Recorded
from app.speech.errors import VoiceUnavailable
from app.speech.voice import PiperSettings


def piper_version(settings: PiperSettings) -> str:
    raise VoiceUnavailable("later")


def speak_piper(text: str, settings: PiperSettings) -> Recorded:
    raise VoiceUnavailable("later")
