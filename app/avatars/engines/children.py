"""What runs in child processes around an engine's program: the speech before it, the look at its film after it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError

from app.avatars.engines.errors import EngineUnusable
from app.media.errors import NotPlayable
from app.media.ffmpeg import BITEXACT, run_ffmpeg
from app.media.recording import measured_ms
from app.media.wave import silence, write_blocks
from app.speech.base import Samples, Speech
from app.speech.passages import split_passages
from app.speech.synthesis import synthesise
from app.speech.voice import Voice, voice_from_json

_LAY_S = 600.0
#: By so much a film may end before its speech does: engines count in whole frames, and drop the last ones.
_SHORTER_MS = 250
#: The loudest sample of what counts as silent, of 1: -60 dB.
_SILENT = 0.001
_EMPTY = "There is no sound in it, and its command does not ask for {audio}: have the program speak, or name {audio}."


def speak(task: dict[str, Any], _progress: object) -> dict[str, Any]:
    """``{"voice", "text", "path"}`` → a WAV file of the script as the embedded presenter would say it, with its pauses.

    Returns ``{"duration_ms"}``.
    """
    voice: Voice = voice_from_json(task["voice"])
    passages = split_passages(task["text"])
    speeches = [synthesise(voice, passage.text) for passage in passages]
    # A passage that has nothing to say has a rate of its own.
    rate = next((speech.sample_rate for speech in speeches if speech.samples.any()), speeches[0].sample_rate)
    pauses_ms = [*(passage.pause_ms for passage in passages[:-1]), 0]
    write_blocks(Path(task["path"]), _blocks(speeches, pauses_ms, rate), rate)
    return {"duration_ms": sum(pauses_ms) + sum(speech.track.duration_ms for speech in speeches)}


def _blocks(speeches: list[Speech], pauses_ms: list[int], rate: int) -> Iterator[Samples]:
    for speech, pause_ms in zip(speeches, pauses_ms, strict=True):
        if speech.sample_rate == rate:
            yield speech.samples
        else:
            yield from silence(speech.track.duration_ms * rate // 1000)
        yield from silence(pause_ms * rate // 1000)


def finish(task: dict[str, Any], _progress: object) -> dict[str, Any]:
    """``{"film", "speech", "path"}`` → a film with sound at ``path``: the film's own, or else the speech.

    ``speech`` is ``{"path", "duration_ms"}``, or None where the program spoke itself. Returns ``{"duration_ms"}``.
    Raises EngineUnusable for what is no MP4 of the whole script.
    """
    film, speech = Path(task["film"]), task["speech"]
    if not film.is_file() or not film.stat().st_size:
        raise EngineUnusable("It ended well, and wrote nothing to {out}.")
    try:
        duration_ms = measured_ms(film)
        heard = _heard(film)
    except (NotPlayable, FFmpegError) as error:
        raise EngineUnusable(f"What it wrote cannot be used: {error}") from error
    if speech is not None and duration_ms + _SHORTER_MS < speech["duration_ms"]:
        raise EngineUnusable(f"Its film lasts {duration_ms} ms, and the speech {speech['duration_ms']} ms.")
    if heard:
        shutil.copyfile(film, task["path"]) if film.is_symlink() else film.rename(task["path"])
    elif speech is not None:
        _lay_under(film, Path(speech["path"]), Path(task["path"]))
    else:
        raise EngineUnusable(_EMPTY)
    return {"duration_ms": duration_ms}


def _heard(film: Path) -> bool:
    """Whether there is any sound. Raises EngineUnusable for another container, or pictures nobody can decode."""
    with av.open(str(film)) as media:
        if "mp4" not in media.format.name:
            raise EngineUnusable(f"It wrote {media.format.name}, not MP4.")
        if next(media.decode(media.streams.video[0]), None) is None:
            raise EngineUnusable("No picture of what it wrote can be decoded.")
        return bool(media.streams.audio) and _is_loud(media)


def _is_loud(media: InputContainer) -> bool:
    media.seek(0)
    plain = av.AudioResampler(format="flt")
    for frame in media.decode(media.streams.audio[0]):
        if any(float(np.abs(piece.to_ndarray()).max(initial=0.0)) > _SILENT for piece in plain.resample(frame)):
            return True
    return False


def _lay_under(film: Path, speech: Path, out: Path) -> None:
    inputs = ("-i", str(film), "-i", str(speech), "-map", "0:v:0", "-map", "1:a:0")
    coded = ("-c:v", "copy", "-c:a", "aac", "-b:a", "192k", *BITEXACT, "-movflags", "+faststart")
    run_ffmpeg((*inputs, *coded, str(out)), timeout_s=_LAY_S)
