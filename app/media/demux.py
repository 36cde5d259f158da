"""Opens a recording with the one demuxer its first bytes call for, and reads every packet of it once.

Called in limited child processes only: what is read here was written by a stranger.
"""

from __future__ import annotations

from array import array
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar, cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Discard, Disposition, Stream
from av.video.stream import VideoStream

from app.media.cadence import Ticks
from app.media.refusals import Corrupt, Encrypted, NoVideoStream, UnsupportedCodec
from app.media.sniff import DEMUXERS, HEAD_BYTES, container_of
from app.media.window import Window

StreamT = TypeVar("StreamT", bound=Stream)
MOST_STREAMS = 100
#: How much larger a picture may be to be opened at all: beyond, ffmpeg does not even tell its size.
_LEEWAY = 4
_TRY_AGAIN = "Play the file from start to end; if that works, export it as MP4 with H.264 and AAC and upload that."


def read_head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def demuxer_of(path: Path) -> str:
    """The only demuxer that may open the file."""
    return DEMUXERS[container_of(read_head(path))]


@contextmanager
def opened(path: Path, *, max_pixels: int, window: Window | None = None) -> Generator[InputContainer]:
    """The recording, or a window of it, opened from this one file and nothing else. Raises refusals, also for what
    fails inside.
    """
    demuxer = demuxer_of(path)
    options = {"protocol_whitelist": "file", "format_whitelist": demuxer, "max_streams": str(MOST_STREAMS)}
    try:
        with av.open(
            window or str(path.resolve()),
            "r",
            format=demuxer,
            options={"max_pixels": str(_LEEWAY * max_pixels)},
            container_options=options,
            metadata_errors="replace",
        ) as media:
            yield media
    except (FFmpegError, MemoryError) as error:
        raise damaged(error) from error


def damaged(error: Exception) -> Corrupt:
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return Corrupt(f"The file is damaged and cannot be read ({words}). {_TRY_AGAIN}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The streams that are shown and heard."""

    picture: VideoStream
    sound: AudioStream | None


def choose(media: InputContainer) -> Chosen:
    """The first real picture (not a cover) and the sound that goes with it. Raises ``NoVideoStream``."""
    pictures = [stream for stream in media.streams.video if not stream.disposition & Disposition.attached_pic]
    if not pictures:
        raise _no_picture(media)
    picture = max(pictures, key=lambda stream: (bool(stream.disposition & Disposition.default), -stream.index))
    if _undecodable(picture):
        raise UnsupportedCodec(
            f"The picture is stored in a way that is not read here ({codec_of(picture)}). "
            "Export it as MP4 with H.264 and AAC and upload that."
        )
    return Chosen(picture=picture, sound=choose_sound(media))


def choose_sound(media: InputContainer) -> AudioStream | None:
    """The sound that is heard; None when there is none that can be decoded."""
    sounds = [stream for stream in media.streams.audio if not _undecodable(stream)]
    return max(sounds, key=lambda stream: (bool(stream.disposition & Disposition.default), -stream.index), default=None)


def _no_picture(media: InputContainer) -> NoVideoStream:
    held = ", ".join(sorted({codec_of(stream) for stream in media.streams.audio}))
    if not held:
        return NoVideoStream("The file holds neither a picture nor sound. Upload the recording itself.")
    cover = " and a cover picture" if media.streams.video else ""
    return NoVideoStream(
        f"The file holds sound ({held}){cover} but no video. Upload it under /api/v1/videos/files to use it as sound."
    )


def _undecodable(stream: Stream) -> bool:
    context: Any = stream.codec_context  # None where ffmpeg has no decoder
    return context is None


def codec_of(stream: Stream) -> str:
    """Its usual name, or ``unknown`` where ffmpeg has no decoder."""
    return "unknown" if _undecodable(stream) else stream.codec_context.codec.canonical_name


@dataclass(slots=True)
class Track:
    """What the packets of one stream say. ``keys`` and ``times`` are in ticks of the stream, in order of decoding;
    ``entries`` are where the keys are found: demuxers seek by the time of decoding.

    ``priming`` samples from the ``first`` packet on, hidden or not, are the encoder's own.
    """

    tick: Fraction
    times: array[int] = field(default_factory=lambda: array("q"))
    keys: array[int] = field(default_factory=lambda: array("q"))
    entries: array[int] = field(default_factory=lambda: array("q"))
    packets: int = 0
    hidden: int = 0
    damaged: int = 0
    last: int | None = None
    last_duration: int = 0
    first: int | None = None
    priming: int = 0

    @property
    def sorted_times(self) -> Ticks:
        return np.sort(np.frombuffer(self.times, np.int64))

    @property
    def start(self) -> Fraction:
        return min(self.times) * self.tick

    @property
    def stop(self) -> Fraction:
        return ((self.last or 0) + self.last_duration) * self.tick


def read_packets(media: InputContainer, chosen: Chosen) -> tuple[Track, Track | None]:
    """Read every packet of both streams. Raises ``Corrupt``, and ``Encrypted`` when they are locked."""
    wanted = [stream for stream in (chosen.picture, chosen.sound) if stream is not None]
    for stream in media.streams:
        stream.discard = Discard.default if stream in wanted else Discard.all
    tracks = {stream.index: Track(tick=stream.time_base or Fraction(1, 1000)) for stream in wanted}
    for packet in packets_of(media, *wanted):
        time = packet.dts if packet.pts is None else packet.pts
        if time is None and not packet.size:
            continue  # the end
        track = tracks[packet.stream_index]
        track.packets += 1
        if track.packets == 1:
            _open_first(packet, track, time)
        if packet.is_discard or time is None or not packet.size:
            track.hidden += packet.is_discard
            continue
        track.damaged += packet.is_corrupt
        track.times.append(time)
        if packet.is_keyframe:
            track.keys.append(time)
            track.entries.append(time if packet.dts is None else packet.dts)
        if track.last is None or time >= track.last:
            track.last, track.last_duration = time, packet.duration or 0
    sound = tracks[chosen.sound.index] if chosen.sound is not None else None
    return tracks[chosen.picture.index], sound if sound is not None and len(sound.times) else None


def origin_of(path: Path, media: InputContainer) -> Fraction:
    """When a recording begins by its own clock, in seconds: in an MP4 at zero, elsewhere when its first stream does."""
    return Fraction(0) if demuxer_of(path) == "mov" else Fraction(max(0, media.start_time or 0), 1_000_000)


def packets_of(media: InputContainer, *streams: StreamT) -> Iterator[av.Packet[StreamT]]:
    """The packets of the streams, and at last an empty one for each."""
    with suppress(IndexError):  # PyAV 18.1 stumbles at the end over streams that appeared in between
        yield from cast("Iterator[av.Packet[StreamT]]", media.demux(*streams))


def _open_first(packet: av.Packet[Any], track: Track, time: int | None) -> None:
    track.first = time
    if packet.has_sidedata("encryption_info") or packet.has_sidedata("encryption_init_info"):
        raise locked()
    if packet.has_sidedata("skip_samples"):
        track.priming = int.from_bytes(bytes(packet.get_sidedata("skip_samples"))[:4], "little")


def locked() -> Encrypted:
    return Encrypted(
        "The file is encrypted (DRM), so its picture cannot be read. Upload a copy without protection, "
        "for example the original recording."
    )
