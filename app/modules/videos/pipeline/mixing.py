"""Mixes what is heard. Runs in child processes; as much memory for two hours as for two minutes.

One speaker alone is laid on the timeline, dressed and mastered as a whole. Of several, each is recorded on a reel of
its own first, dressed as it needs, and brought to the same loudness. Music and the sound of B-roll come last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import numpy as np
from numpy.typing import NDArray

from app.avatars.performance import read_performance, read_rate
from app.media.accompany import Layer, Tape, accompanied, extract, looped, room_for
from app.media.hearing import heard_from, resampled, softened
from app.media.loudness import SPEECH_LUFS, TARGET_LUFS, master
from app.media.package import encode_part
from app.media.reel import Reel
from app.media.time import SAMPLE_RATE, sample_at
from app.media.wave import blocks_of, silence, write_blocks
from app.modules.videos.pipeline.soundtrack import Piece, Soundtrack, Voice
from app.modules.videos.scenery import Music

Progress = Callable[[float], None]
Task = dict[str, Any]
Files = Mapping[str, Path]
Mono = NDArray[np.int16]
#: Of B-roll that makes room for speech, and of music that does.
_DUCKED_DB, _MUSIC_DUCKED_DB = 14.0, 12.0
#: B-roll beside speech is a little softer than it.
_PIECE_DB = -3.0
#: So much of a recording tells how loud it is.
_LISTENED_S = 180


def mix(task: Task, progress: Progress) -> dict[str, Any]:
    """``{"soundtrack", "files", "out"}`` → one mastered part of the track in ``out`` (AAC)."""
    soundtrack = Soundtrack.model_validate(task["soundtrack"])
    out, files = Path(task["out"]), {name: Path(path) for name, path in task["files"].items()}
    raw, mastered = out.with_suffix(".raw.wav"), out.with_suffix(".wav")
    chain = _lay_speech(soundtrack, files, raw)
    progress(0.2)
    if soundtrack.pieces or soundtrack.music is not None:
        raw, chain = _accompany(soundtrack, files, raw), "plain"
    lufs = TARGET_LUFS if soundtrack.lufs is None else float(soundtrack.lufs)
    loudness = master(raw, mastered, chain=chain, samples=soundtrack.samples, lufs=lufs)
    progress(0.7)
    encode_part(mastered, out)
    return {"lufs": loudness.integrated_lufs, "true_peak_dbtp": loudness.true_peak_dbtp, "level": loudness.level}


# speech --------------------------------------------------------------------------------------------------------------


def _lay_speech(soundtrack: Soundtrack, files: Files, raw: Path) -> str:
    """Write all that is said, at its places. Returns the chain by which it has still to be dressed."""
    by_speaker = dict[str, list[Voice]]()
    for voice in soundtrack.voices:
        by_speaker.setdefault(voice.speaker, []).append(voice)
    alone = len(by_speaker) <= 1 and not soundtrack.pieces and soundtrack.music is None
    if alone and soundtrack.voices:
        rate, chain = _nature(soundtrack.voices[0], files)
        soft = soundtrack.lufs is not None  # a clip: its voices are cut in the middle of sound
        spoken = (
            (voice, _spoken(voice, files, rate, _room(soundtrack, voice, rate), soft=soft))
            for voice in soundtrack.voices
        )
        write_blocks(raw, _laid(soundtrack, spoken, rate), rate)
        return chain
    reels = {
        name: _reel(soundtrack, own, files, raw.with_suffix(f".{number}"))
        for number, (name, own) in enumerate(by_speaker.items())
    }
    played = ((voice, reels[voice.speaker].next_run()) for voice in soundtrack.voices)
    write_blocks(raw, _laid(soundtrack, played, SAMPLE_RATE), SAMPLE_RATE)
    return "plain"


def _nature(voice: Voice, files: Files) -> tuple[int, str]:
    """The rate at which it comes, and its chain: what was recorded has its own room; the synthesiser is given one."""
    path = _file(voice, files)
    drawn = voice.asset is None and is_zipfile(path)
    return (read_rate(path), "studio") if drawn else (SAMPLE_RATE, "natural")


def _reel(soundtrack: Soundtrack, voices: list[Voice], files: Files, path: Path) -> Reel:
    rate, chain = _nature(voices[0], files)
    reel = Reel(path, rate)
    for voice in voices:
        reel.record(_spoken(voice, files, rate, _room(soundtrack, voice, rate)))
    reel.develop(chain)
    return reel


def _laid(soundtrack: Soundtrack, voices: Iterator[tuple[Voice, Iterator[Mono]]], rate: int) -> Iterator[Mono]:
    """All voices at their places, and silence between them, block by block."""
    written = 0
    for voice, blocks in voices:
        start = _begins(soundtrack, voice, rate)
        stop = _place(soundtrack, voice.start + voice.frames, rate)
        yield from silence(start - written)
        written = max(written, start)
        for block in blocks:
            part = block[: stop - written]
            yield part
            written += len(part)
    yield from silence(-(-soundtrack.samples * rate // SAMPLE_RATE) - written)


def _begins(soundtrack: Soundtrack, voice: Voice, rate: int) -> int:
    return _place(soundtrack, voice.start, rate) + rate * voice.lead_ms // 1000


def _place(soundtrack: Soundtrack, frame: int, rate: int = SAMPLE_RATE) -> int:
    """The sample of the part that sounds with a frame of it."""
    return sample_at(frame, Fraction(soundtrack.fps), rate) + soundtrack.lead * rate // SAMPLE_RATE


def _room(soundtrack: Soundtrack, voice: Voice, rate: int) -> int:
    """Samples from where it begins to where it has to end."""
    stop = _place(soundtrack, voice.start + voice.frames, rate)
    return stop - _begins(soundtrack, voice, rate)


def _spoken(voice: Voice, files: Files, rate: int, room: int, *, soft: bool = False) -> Iterator[Mono]:
    path = _file(voice, files)
    if voice.asset is not None or not is_zipfile(path):
        heard = heard_from(path, Fraction(voice.at), room)
        yield from softened(heard, room) if soft else heard
        return
    speech = read_performance(path)
    samples = speech.samples if speech.sample_rate == rate else resampled(speech.samples, speech.sample_rate, rate)
    yield samples[:room]


def _file(voice: Voice, files: Files) -> Path:
    return files[voice.asset.sha256 if voice.asset is not None else voice.take or ""]


# what goes with it ---------------------------------------------------------------------------------------------------


def _accompany(soundtrack: Soundtrack, files: Files, speech: Path) -> Path:
    target = speech.with_suffix(".mixed.wav")
    layers = [_piece(soundtrack, piece, files, speech) for piece in soundtrack.pieces]
    if soundtrack.music is not None:
        layers.append(_music(soundtrack, soundtrack.music, files, speech))
    room = room_for(blocks_of(speech))
    write_blocks(target, accompanied(blocks_of(speech), layers, room), SAMPLE_RATE, channels=2)
    return target


def _piece(soundtrack: Soundtrack, piece: Piece, files: Files, beside: Path) -> Layer:
    path, start = files[piece.asset.sha256], _place(soundtrack, piece.start)
    at, stop = Fraction(piece.at), Fraction(piece.stop)
    count = _place(soundtrack, piece.start + piece.frames) - start
    return Layer(
        start=start,
        count=count,
        sound=Tape(extract(path, at, stop, loop=piece.loop)),
        gain=_gain(path, at, min(stop - at, Fraction(count, SAMPLE_RATE)), _PIECE_DB, beside),
        lowered_db=_DUCKED_DB if piece.ducked else 0.0,
    )


def _music(soundtrack: Soundtrack, music: Music, files: Files, beside: Path) -> Layer:
    path, length = files[music.asset.sha256], Fraction(music.asset.duration_ms, 1000)
    return Layer(
        start=0,
        count=soundtrack.samples,
        sound=Tape(looped(path, max(4, round(length * SAMPLE_RATE)))),
        gain=_gain(path, Fraction(0), length, music.level_db, beside),
        lowered_db=_MUSIC_DUCKED_DB if music.duck else 0.0,
        fade_in=SAMPLE_RATE * music.fade_in_ms // 1000,
        fade_out=SAMPLE_RATE * music.fade_out_ms // 1000,
    )


def _gain(path: Path, at: Fraction, length: Fraction, level_db: float, beside: Path) -> float:
    """What brings a recording to a level against speech."""
    reel = Reel(beside.with_suffix(".heard"), SAMPLE_RATE)
    reel.record(heard_from(path, at, round(min(length, _LISTENED_S) * SAMPLE_RATE)))
    return float(reel.gain_to(SPEECH_LUFS + level_db))
