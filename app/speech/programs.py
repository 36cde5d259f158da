"""Voices of programs that the operating system brings: festival and flite. English only; both tell the time of every
sound.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import unicodedata
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from app.media.ffmpeg import die_with_parent
from app.speech.alignment import Recorded, RecordedPhone
from app.speech.errors import SpeechFailed, VoiceUnavailable
from app.speech.voice import ProgramSettings

_DEADLINE_S = 120

#: The programs' names for the sounds of American English (ARPABET), in IPA; ``pau`` and its like are pauses.
_IPA_LIST = """
    aa=ɑː ae=æ ah=ʌ ao=ɔː aw=aʊ ax=ə axr=ɚ ay=aɪ b=b ch=tʃ d=d dh=ð dx=ɾ eh=ɛ el=l̩ em=m̩ en=n̩ er=ɜː ey=eɪ f=f
    g=ɡ hh=h hv=h ih=ɪ iy=iː jh=dʒ k=k l=l m=m n=n ng=ŋ nx=n ow=oʊ oy=ɔɪ p=p r=ɹ s=s sh=ʃ t=t th=θ uh=ʊ uw=uː
    v=v w=w y=j z=z zh=ʒ
"""
_IPA = {name: ipa for name, _, ipa in (pair.partition("=") for pair in _IPA_LIST.split())}
_SOUND = re.compile(r"([a-z]+)[:\t ]([\d.]+)")

#: Festival's program: one line for each sound with its end in seconds, and the sound in a file.
_FESTIVAL = """
(voice_{voice})
(define (say_end s) (format t "%s %f\\n" (item.name s) (item.feat s "end")))
(set! utt (utt.synth (Utterance Text "{text}")))
(mapcar say_end (utt.relation.items utt 'Segment))
(utt.save.wave utt "{file}" 'riff)
"""


def program_version(settings: ProgramSettings) -> str:
    """The program's own words. Raises ``VoiceUnavailable`` when it is not installed."""
    done = _run(settings, [settings.program, "--version"])
    words = " ".join((done.stdout + done.stderr).split())
    return f"{settings.program} {words[:200]}; {settings}"


def speak_program(text: str, settings: ProgramSettings) -> Recorded:
    """Speak ``text``; what cannot be written in ASCII is left out. Raises ``VoiceUnavailable``, ``SpeechFailed``."""
    plain = _plain(text)
    if not any(character.isalnum() for character in plain):
        return Recorded(samples=np.zeros(0, np.int16), sample_rate=16_000, phones=())
    with tempfile.TemporaryDirectory(prefix="speech-") as folder:
        sound = Path(folder) / "speech.wav"
        log = _festival(plain, settings, sound) if settings.program == "festival" else _flite(plain, settings, sound)
        return _recorded(sound, log, settings)


def _festival(text: str, settings: ProgramSettings, sound: Path) -> str:
    script = sound.with_name("speech.scm")
    script.write_text(_FESTIVAL.format(voice=settings.voice, text=text, file=sound), encoding="ascii")
    return _checked(settings, [settings.program, "--batch", str(script)])


def _flite(text: str, settings: ProgramSettings, sound: Path) -> str:
    script = sound.with_name("speech.txt")
    script.write_text(f"{text}\n", encoding="ascii")
    return _checked(
        settings, [settings.program, "-voice", settings.voice, "-psdur", "-f", str(script), "-o", str(sound)]
    )


def _plain(text: str) -> str:
    """ASCII without quotes and backslashes: within Festival's string nothing can end it, and nothing is a command."""
    text = text.translate({0x2018: "'", 0x2019: "'", 0x2013: "-", 0x2014: ",", 0x2026: "."})
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return " ".join(re.sub(r"[^A-Za-z0-9 .,;:!?'%$&@#+/()-]", " ", folded).split())


def _recorded(sound: Path, log: str, settings: ProgramSettings) -> Recorded:
    try:
        with wave.open(str(sound), "rb") as file:
            rate, samples = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2")
    except (OSError, EOFError, wave.Error) as error:
        raise SpeechFailed(
            f"{settings.program} left no sound: {error}. Its last words: {log.strip()[-500:]}"
        ) from error
    return Recorded(samples=samples, sample_rate=rate, phones=tuple(_phones(log, len(samples) * 1000 // rate)))


def _phones(log: str, duration_ms: int) -> Iterator[RecordedPhone]:
    """flite counts from the start of each sentence: a time that goes back starts the next one."""
    base, end = 0.0, 0.0
    for sound in _SOUND.finditer(log):
        own_end = float(sound[2])
        if base + own_end < end:
            base = end
        start, end = end, base + own_end
        start_ms, end_ms = round(start * 1000), min(round(end * 1000), duration_ms)
        if end_ms > start_ms:
            yield RecordedPhone(start_ms=start_ms, end_ms=end_ms, ipa=_IPA.get(sound[1], ""))


def _checked(settings: ProgramSettings, command: Sequence[str]) -> str:
    done = _run(settings, command)
    if done.returncode != 0:
        raise SpeechFailed(
            f"{settings.program} ended with code {done.returncode}: {done.stderr.strip()[-1000:]}\n"
            f"Command: {' '.join(command)}"
        )
    return done.stdout


def _run(settings: ProgramSettings, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_DEADLINE_S,
            check=False,
            preexec_fn=die_with_parent,
        )
    except FileNotFoundError as error:
        raise VoiceUnavailable(
            f"The voice needs the program {settings.program}, which is not on this machine. "
            f"On Debian or Ubuntu: apt-get install {settings.program}"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise SpeechFailed(f"{settings.program} did not finish within {_DEADLINE_S} s and was stopped.") from error
