"""The catalogue of voices on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from app.speech.builtin import ESPEAK_VOICES
from app.speech.errors import UnknownVoice, VoiceFileInvalid, VoiceUnavailable
from app.speech.piper_files import copy_voice, read_voice
from app.speech.voice import ProgramSettings, Voice, voice_from_json, voice_to_json

__all__ = ["Voice", "VoiceCatalogue", "voice_from_json", "voice_to_json"]

Which = Callable[[str], str | None]
#: Where Debian and Festival itself keep voices.
FESTIVAL_FOLDERS = (
    Path("/usr/share/festival/voices"),
    Path("/usr/local/share/festival/voices"),
    Path("/usr/lib/festival/voices"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ProgramVoice:
    """A voice that is spoken by a program; ``folder``: where Festival keeps it, below its folder of voices."""

    voice: Voice
    package: str
    folder: str | None = None


_PROGRAM_VOICES = (
    _ProgramVoice(
        voice=Voice(
            id="festival-en-us-slt",
            name="Sally",
            engine="festival",
            language="en-US",
            gender="female",
            quality="good",
            settings=ProgramSettings(program="festival", voice="cmu_us_slt_arctic_hts"),
            chain="natural",
        ),
        package="festival festvox-us-slt-hts",
        folder="us/cmu_us_slt_arctic_hts",
    ),
    _ProgramVoice(
        voice=Voice(
            id="flite-en-us-slt",
            name="Selma",
            engine="flite",
            language="en-US",
            gender="female",
            quality="basic",
            settings=ProgramSettings(program="flite", voice="slt"),
            chain="clean",
        ),
        package="flite",
    ),
    _ProgramVoice(
        voice=Voice(
            id="flite-en-us-rms",
            name="Roger",
            engine="flite",
            language="en-US",
            gender="male",
            quality="basic",
            settings=ProgramSettings(program="flite", voice="rms"),
            chain="clean",
        ),
        package="flite",
    ),
)


class VoiceCatalogue:
    """Built-in voices, those of installed programs, and the Piper voices in ``folder``. Reads the disk at each call:
    cheap, never stale.
    """

    def __init__(
        self, folder: Path, which: Which = shutil.which, *, festival_folders: tuple[Path, ...] = FESTIVAL_FOLDERS
    ) -> None:
        self._folder, self._which, self._festival_folders = folder, which, festival_folders

    def all(self) -> tuple[Voice, ...]:
        """Every voice that can speak now, the best first within a language; the built-in ones are always there."""
        programs = (entry.voice for entry in _PROGRAM_VOICES if self._lacking(entry) is None)
        piper = self._piper_voices() if _piper_installed() else ()
        return (*ESPEAK_VOICES, *programs, *piper)

    def get(self, voice_id: str) -> Voice:
        """Raises ``UnknownVoice``, or ``VoiceUnavailable`` which says what is missing and how to install it."""
        for voice in ESPEAK_VOICES:
            if voice.id == voice_id:
                return voice
        for entry in _PROGRAM_VOICES:
            if entry.voice.id == voice_id:
                return self._program_voice(entry)
        if voice_id.startswith("piper-"):
            return self._piper_voice(voice_id)
        raise UnknownVoice(
            f"There is no voice {voice_id!r}. GET /api/v1/videos/voices lists the voices of this server; "
            f"{ESPEAK_VOICES[0].id!r} is always there."
        )

    def add_piper(self, onnx: Path) -> Voice:
        """Copy a Piper voice (``.onnx`` and the ``.onnx.json`` beside it) into the folder. Adding it again replaces it.

        Raises ``VoiceFileInvalid`` when a file is missing or is not what it should be; nothing is copied then.
        """
        read_voice(onnx)
        return read_voice(copy_voice(onnx, self._folder))

    def _program_voice(self, entry: _ProgramVoice) -> Voice:
        lacking = self._lacking(entry)
        if lacking is not None:
            raise VoiceUnavailable(
                f"The voice {entry.voice.id!r} needs {lacking}, which is not on this machine. "
                f"On Debian or Ubuntu: apt-get install {entry.package}"
            )
        return entry.voice

    def _lacking(self, entry: _ProgramVoice) -> str | None:
        program = entry.voice.engine
        if self._which(program) is None:
            return f"the program {program}"
        if entry.folder and not any((folder / entry.folder).is_dir() for folder in self._festival_folders):
            return f"Festival's voice {entry.folder}"
        return None

    def _piper_voices(self) -> Iterator[Voice]:
        for model in sorted(self._folder.glob("*.onnx")):
            try:
                yield read_voice(model)
            except VoiceFileInvalid:
                continue  # ``get`` says what is wrong with it

    def _piper_voice(self, voice_id: str) -> Voice:
        for model in sorted(self._folder.glob("*.onnx")):
            if f"piper-{model.name.removesuffix('.onnx').lower().replace(' ', '-')}" == voice_id:
                return self._installed_piper_voice(model)
        raise VoiceUnavailable(
            f"The voice {voice_id!r} needs its file {voice_id.removeprefix('piper-')}.onnx in {self._folder}, "
            "which is not on this machine. Add it: tenex voices add PATH.onnx"
        )

    def _installed_piper_voice(self, model: Path) -> Voice:
        try:
            voice = read_voice(model)
        except VoiceFileInvalid as error:
            raise VoiceUnavailable(
                f"The voice file cannot be used. {error} Add it again: tenex voices add PATH.onnx"
            ) from error
        if not _piper_installed():
            raise VoiceUnavailable(
                f"The voice {voice.id!r} needs Piper, which is not installed: pip install 'tenex-videos[piper]'"
            )
        return voice


def _piper_installed() -> bool:
    return find_spec("piper") is not None
