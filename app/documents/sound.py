"""Audio files: read to the end, measured, and drawn as peaks. Nothing is converted."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.stream import Disposition
from numpy.typing import NDArray

from app.documents.kinds import Format
from app.documents.record import AudioFacts, Derived, Role, Studied
from app.documents.refusals import Corrupt, TooLong, UnsupportedFile
from app.documents.text import one_line

LONGEST_S = 12 * 3600
PEAK_COUNT = 1_000
_MOST_CHANNELS, _HIGHEST_RATE = 32, 384_000
#: The one reader for each format, so that a file cannot make another one read a list of other files.
_READERS = {
    Format.MP3: "mp3",
    Format.M4A: "mov",
    Format.AAC: "aac",
    Format.WAV: "wav",
    Format.FLAC: "flac",
    Format.OGG: "ogg",
    Format.WEBM: "matroska",
}
#: More than this share of packets that cannot be decoded is a damaged file; less is a click that players skip.
_MOST_DAMAGED = Fraction(1, 20)
#: What is missing of a file that breaks off is more than encoders add or cut at the ends.
_MISSING = Fraction(1, 4)
_BLOCKS_PER_S = 100


def study(
    path: Path,
    name: str,
    format_: Format,
    folder: Path,
    progress: Callable[[float], None],
    *,
    longest_s: int = LONGEST_S,
) -> Studied:
    """Decode the whole file and write its peaks.

    Raises ``Corrupt`` for what cannot be decoded or breaks off, ``TooLong``, and ``UnsupportedFile`` for a video.
    """
    if format_ is Format.WAV and _is_cut(path):
        raise Corrupt(f"{name} breaks off: it has fewer bytes than it says. Upload it again.")
    try:
        with av.open(
            str(path), format=_READERS[format_], container_options={"protocol_whitelist": "file"}
        ) as container:
            stream = _sound_of(container, name)
            promised = _promised(stream, format_, path)
            heard = _heard(container, stream, _Bound(name=name, longest_s=longest_s, promised_s=promised), progress)
            facts = _facts(container, stream, format_, heard)
    except FFmpegError as error:
        raise Corrupt(f"{name} cannot be read as audio: {error.strerror}. Export it again.") from error
    except ValueError as error:
        raise Corrupt(f"{name} cannot be read as audio: {error}. Export it again.") from error
    _check_whole(heard, promised, name)
    peaks = Derived(role=Role.PEAKS, name="peaks.json", content_type="application/json")
    (folder / peaks.name).write_text(json.dumps({"duration_ms": facts.duration_ms, "peaks": heard.peaks()}))
    return Studied(facts=facts, files=(peaks,))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bound:
    name: str
    longest_s: int
    promised_s: Fraction | None

    def check(self, seconds: Fraction) -> None:
        if seconds > self.longest_s:
            raise TooLong(
                f"{self.name} lasts {float(seconds) / 3600:.1f} h; {self.longest_s / 3600:g} h are taken. Cut it up.",
                extra={"longest_s": self.longest_s},
            )


@dataclass(slots=True)
class _Heard:
    """What was decoded so far: the loudest sample of every hundredth of a second."""

    rate: int
    samples: int = 0
    packets: int = 0
    damaged: int = 0
    blocks: array[float] = field(default_factory=lambda: array("f"))
    _rest: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))

    @property
    def seconds(self) -> Fraction:
        return Fraction(self.samples, self.rate)

    def add(self, loudest: NDArray[np.float32]) -> None:
        """Samples, each the loudest of all channels, from 0 to 1."""
        self.samples += len(loudest)
        block = max(1, self.rate // _BLOCKS_PER_S)
        joined = np.concatenate((self._rest, loudest))
        whole = len(joined) // block * block
        self.blocks.frombytes(joined[:whole].reshape(-1, block).max(axis=1).tobytes())
        self._rest = joined[whole:]

    def peaks(self) -> list[float]:
        """At most ``PEAK_COUNT`` of them, evenly over the file."""
        blocks = np.array([*self.blocks, *([self._rest.max()] if len(self._rest) else [])])
        parts = np.array_split(blocks, min(PEAK_COUNT, len(blocks)))
        return [round(min(1.0, float(part.max())), 3) for part in parts]


def _sound_of(container: InputContainer, name: str) -> AudioStream:
    if any(not stream.disposition & Disposition.attached_pic for stream in container.streams.video):
        raise UnsupportedFile(f"{name} holds a picture that moves: it is a video. Upload it as a video.")
    if not container.streams.audio:
        raise Corrupt(f"{name} holds no sound. Export it again.")
    stream = container.streams.audio[0]
    if not stream.codec_context:  # PyAV has none where FFmpeg has no decoder
        raise UnsupportedFile(f"{name} is coded in a way that cannot be decoded here. Export it as M4A, MP3 or WAV.")
    stream.codec_context.thread_count = 1
    rate, channels = stream.rate, stream.channels
    if not 0 < rate <= _HIGHEST_RATE or not 0 < channels <= _MOST_CHANNELS:
        raise Corrupt(f"{name} says it has {channels} channels at {rate:,} Hz, which is not audio that can be played.")
    return stream


def _promised(stream: AudioStream, format_: Format, path: Path) -> Fraction | None:
    """How long the file says it is; None where that would be a guess from its bit rate."""
    if format_ is Format.AAC or (format_ is Format.MP3 and not _counts_its_frames(path)):
        return None
    if stream.duration is None or stream.time_base is None:
        return None
    return stream.duration * stream.time_base


def _counts_its_frames(path: Path) -> bool:
    """Whether an MP3 has a Xing, Info or VBRI header, which follows the ID3 tag."""
    with path.open("rb") as file:
        tag = file.read(10)
        if tag.startswith(b"ID3"):
            file.seek(10 + sum(byte << shift for byte, shift in zip(tag[6:10], (21, 14, 7, 0), strict=True)))
        first = file.read(2_048)
    return any(mark in first for mark in (b"Xing", b"Info", b"VBRI"))


def _heard(container: InputContainer, stream: AudioStream, bound: _Bound, progress: Callable[[float], None]) -> _Heard:
    bound.check(bound.promised_s or Fraction(0))
    heard, even = _Heard(rate=stream.rate), av.AudioResampler(format="fltp", rate=stream.rate)
    for packet in container.demux(stream):
        heard.packets += 1
        try:
            frames = packet.decode()
        except InvalidDataError:
            heard.damaged += 1
            continue
        for frame in frames:
            for part in even.resample(frame):
                heard.add(np.abs(part.to_ndarray()).max(axis=0).astype(np.float32))
        if heard.packets % 1_000 == 0:
            bound.check(heard.seconds)
            progress(min(1.0, float(heard.seconds / bound.promised_s)) if bound.promised_s else 0.0)
    bound.check(heard.seconds)
    return heard


def _is_cut(path: Path) -> bool:
    """Whether a RIFF file has fewer bytes than it says, which FFmpeg overlooks.

    What was written to a pipe says the most, as its length was not known.
    """
    with path.open("rb") as file:
        head = file.read(8)
    promised = int.from_bytes(head[4:], "little")
    return head[:4] == b"RIFF" and promised < 0xFFFFFF00 and promised + 8 > path.stat().st_size + 1


def _check_whole(heard: _Heard, promised: Fraction | None, name: str) -> None:
    if heard.samples == 0 or heard.damaged > heard.packets * _MOST_DAMAGED:
        raise Corrupt(
            f"{name} is damaged: {heard.damaged:,} of its {heard.packets:,} packets cannot be decoded. Export it again."
        )
    if promised is not None and heard.seconds + _MISSING < promised:
        raise Corrupt(
            f"{name} breaks off: {float(heard.seconds):.1f} s of {float(promised):.1f} s are there. Upload it again."
        )


def _facts(container: InputContainer, stream: AudioStream, format_: Format, heard: _Heard) -> AudioFacts:
    return AudioFacts(
        format=format_,
        duration_ms=round(heard.seconds * 1000),
        codec=stream.codec_context.name,
        channels=stream.channels,
        layout=stream.layout.name,
        sample_rate=stream.rate,
        bit_rate=stream.bit_rate or container.bit_rate or None,
        title=one_line(container.metadata.get("title", "")),
        damaged_packets=heard.damaged,
    )
