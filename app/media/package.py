# pyright: reportUnknownMemberType=false
"""From chunks and one continuous sound track to a file that is ready to play: joined, indexed and checked."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from math import lcm
from operator import itemgetter
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from app.media.chapters import Chapter, one_line
from app.media.errors import NotPlayable
from app.media.ffmpeg import BITEXACT, run_ffmpeg
from app.media.time import SAMPLE_RATE, SOUND_PACKET
from app.media.twin import double
from app.media.wave import channels_of

#: The fast coder takes 0.4 of the time of the default one, and at this rate is nearer to the original.
_AAC = ("-c:a", "aac", "-aac_coder", "fast", "-b:a", "128k", "-ar", "48000", "-f", "adts")
#: In the middle of two loudspeakers as loud as from one.
_MIDDLE = ("-af", "volume=0.7071067811865476", "-aac_pns", "0", "-aac_tns", "0")
_MS = Fraction(1, 1000)


def encode_part(source: Path, target: Path) -> None:
    """A WAV file as a part of a track: AAC-LC, 48 kHz, stereo, without a container (ADTS); the same bytes every time.

    The first packet only prepares the second: a part of whole packets has one more of them than it has samples for.
    """
    if channels_of(source) == 2:
        _encode(source, target)
        return
    middle = target.with_suffix(".middle")
    _encode(source, middle, *_MIDDLE)
    double(middle, target)
    middle.unlink()


def _encode(source: Path, target: Path, *options: str) -> None:
    run_ffmpeg(("-threads", "1", "-i", str(source), *BITEXACT, *options, *_AAC, str(target)), timeout_s=600)


def join_sound(parts: Sequence[Path], samples: int, target: Path, *, edits: bool = True) -> None:
    """Put parts behind each other, ``samples`` long as a whole. All but the last are of whole packets, and silent where
    they meet; what prepares a part is left out there. Without ``edits`` it is left out at the beginning, too: the first
    packet then fades in.
    """
    with av.open(str(target), "w", format="mp4", container_options={"fflags": "+bitexact"}) as out:
        track, place = None, -SOUND_PACKET if edits else 0
        for number, part in enumerate(parts):
            with av.open(str(part), format="aac") as source:
                stream = source.streams.audio[0]
                track = track or out.add_stream_from_template(stream)
                for index, packet in enumerate(source.demux(stream)):
                    unheard = not index and (number or not edits)
                    if not packet.size or unheard or place >= samples:
                        continue
                    packet.stream, packet.time_base = track, Fraction(1, SAMPLE_RATE)
                    packet.pts = packet.dts = place
                    packet.duration = min(SOUND_PACKET, samples - place)
                    out.mux(packet)
                    place += SOUND_PACKET


def join(
    chunks: Sequence[Path],
    sound: Path | None,
    target: Path,
    chapters: Sequence[Chapter] = (),
    *,
    edits: bool = True,
) -> None:
    """Put chunks behind each other and the sound beside them, without encoding anything again; index at the front.

    Without ``edits`` no list of edits says when the tracks begin, as some platforms want it: all begin at zero.
    Raises ``NotPlayable`` when the chunks were not encoded alike: players would read all of them by the first.
    """
    with ExitStack() as files:
        pattern = files.enter_context(_quickly_opened(chunks[0])).streams.video[0]
        clock = str(_clock(pattern).denominator)
        options = {"movflags": "+faststart", "fflags": "+bitexact", "video_track_timescale": clock}
        if not edits:
            options |= {"movflags": "+faststart+negative_cts_offsets", "use_editlist": "0"}
        out = files.enter_context(av.open(str(target), "w", container_options=options))
        tracks = [(_clock(pattern), _pictures(chunks, pattern, out.add_stream_from_template(pattern, opaque=False)))]
        if sound is not None:
            source = files.enter_context(av.open(str(sound)))
            heard = source.streams.audio[0]
            tracks.append((_clock(heard), _sounds(source, out.add_stream_from_template(heard, opaque=False))))
        out.set_chapters([_listed(number, chapter) for number, chapter in enumerate(chapters)])
        for packet in _in_order(tracks):
            out.mux(packet)


def _pictures(chunks: Sequence[Path], pattern: VideoStream, track: VideoStream) -> Iterator[av.Packet[Any]]:
    """Those of all chunks, one behind the other."""
    place, last, wanted, clock = 0, None, pattern.codec_context.extradata, _clock(pattern)
    for chunk in chunks:
        with _quickly_opened(chunk) as media:
            stream = media.streams.video[0]
            if stream.codec_context.extradata != wanted or stream.time_base != clock:
                raise NotPlayable(f"{chunk.name} was encoded with other parameters than {chunks[0].name}.")
            begin = place - (stream.start_time or 0)
            for packet in media.demux(stream):
                if not packet.size:
                    continue
                decoded = (packet.dts or 0) + begin
                # A chunk whose frames are in order is decoded later than one in which they are not.
                last = decoded if last is None else max(decoded, last + 1)
                packet.pts, packet.dts = (packet.pts or 0) + begin, last
                packet.stream = track
                yield packet
            place += stream.duration or 0


def _quickly_opened(file: Path) -> InputContainer:
    """Without a look into its pictures, which takes longer than to copy a chunk."""
    unseen: list[Any] = [{"skip_frame": "all"}]
    return av.open(str(file), "r", stream_options=unseen)


def _sounds(source: InputContainer, track: AudioStream) -> Iterator[av.Packet[Any]]:
    for packet in source.demux(source.streams.audio[0]):
        if packet.size:
            packet.stream = track
            yield packet


def _in_order(tracks: Sequence[tuple[Fraction, Iterator[av.Packet[Any]]]]) -> Iterator[av.Packet[Any]]:
    """Packets of tracks with their clocks, as they are decoded; told apart by whole numbers, which takes no time."""
    ticks = lcm(*(clock.denominator for clock, _ in tracks))
    timed = [_timed(packets, int(clock * ticks)) for clock, packets in tracks]
    return (packet for _, packet in heapq.merge(*timed, key=itemgetter(0)))


def _timed(packets: Iterator[av.Packet[Any]], tick: int) -> Iterator[tuple[int, av.Packet[Any]]]:
    return (((packet.dts or 0) * tick, packet) for packet in packets)


def _clock(stream: Stream) -> Fraction:
    if stream.time_base is None:
        raise NotPlayable("A chunk has no clock.")
    return stream.time_base


def _listed(number: int, chapter: Chapter) -> Any:
    told = {"title": one_line(chapter.title)}
    return {"id": number, "start": chapter.start_ms, "end": chapter.end_ms, "time_base": _MS, "metadata": told}


def verify(video: Path, *, frames: int, fps: Fraction, size: tuple[int, int], silent: bool = False) -> None:
    """Count every frame of the index and check clock, size and sound. Raises ``NotPlayable`` with what differs."""
    with _quickly_opened(video) as container:
        if not container.streams.video or not (silent or container.streams.audio):
            raise NotPlayable("The finished file lacks its picture or its sound.")
        stream = container.streams.video[0]
        found = sum(1 for packet in container.demux(stream) if packet.size)
        shape = (stream.codec_context.width, stream.codec_context.height)
        if (found, shape, stream.average_rate) != (frames, size, fps):
            raise NotPlayable(
                f"The finished file has {found} frames of {shape[0]}x{shape[1]} at {stream.average_rate}, "
                f"not {frames} of {size[0]}x{size[1]} at {fps}."
            )
