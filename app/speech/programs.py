"""Festival and flite."""

from __future__ import annotations

from app.speech.alignment import Recorded
from app.speech.errors import VoiceUnavailable
from app.speech.voice import ProgramSettings


def program_version(settings: ProgramSettings) -> str:
    raise VoiceUnavailable("later")


def speak_program(text: str, settings: ProgramSettings) -> Recorded:
    raise VoiceUnavailable("later")
