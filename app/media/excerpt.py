"""One stream of a recording from a moment on, packet by packet: as much memory for hours as for minutes.

Of long MP4 files a window is open at a time, and the next one goes on where it ends: packets and their times are those
of the whole file. A stranger's file: only to be opened in limited child processes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Generic

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from app.media.demux import StreamT, choose, choose_sound, demuxer_of, opened, origin_of, packets_of
from app.media.examined import Bounds
from app.media.window import window_of

_EVERY_PIXEL = Bounds().max_pixels
#: Seconds of a window: to open one takes as long as to decode a few hundredths of it.
_WINDOW_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt(Generic[StreamT]):
    """All packets are for the decoder of ``stream``, and the last is empty. Their times are in ticks; the recording
    begins at ``origin`` seconds.
    """

    stream: StreamT
    tick: Fraction
    origin: Fraction
    packets: Iterator[av.Packet[StreamT]]


@contextmanager
def pictures_from(path: Path, at: Fraction) -> Generator[Excerpt[VideoStream]]:
    """From the key frame at ``at`` seconds after the beginning, or before it. Raises refusals."""
    with _excerpt(path, at, lambda media: choose(media).picture) as found:
        assert found is not None
        yield found


@contextmanager
def sound_from(path: Path, at: Fraction) -> Generator[Excerpt[AudioStream] | None]:
    """None when there is none that can be decoded. Raises refusals."""
    with _excerpt(path, at, choose_sound) as found:
        yield found


def opened_at(path: Path, times: Iterable[Fraction]) -> Iterator[tuple[InputContainer, Fraction]]:
    """At each of some rising times, the recording with what is near open: often the same as before. Raises refusals."""
    with ExitStack() as stack:
        media, more, begun = None, False, Fraction(0)
        for time in times:
            if media is None or (more and time >= begun + _WINDOW_S):
                stack.close()
                media, more = stack.enter_context(_opened_around(path, time))
                begun = time
            yield media, time


@contextmanager
def _excerpt(
    path: Path, at: Fraction, choice: Callable[[InputContainer], StreamT | None]
) -> Generator[Excerpt[StreamT] | None]:
    with _opened_around(path, at) as (media, more):
        stream = choice(media)
        if stream is None:
            yield None
            return
        tick, origin = stream.time_base or Fraction(1, 1000), origin_of(path, media)
        if at and at + origin > 0:
            with suppress(FFmpegError):  # it stays at the beginning
                media.seek(int((at + origin) / tick), stream=stream)
        packets = packets_of(media, stream)
        yield Excerpt(
            stream=stream,
            tick=tick,
            origin=origin,
            packets=_continued(packets, path, choice, tick) if more else packets,
        )


@contextmanager
def _opened_around(path: Path, at: Fraction) -> Generator[tuple[InputContainer, bool]]:
    """The recording from ``at`` seconds on, and whether more of it comes after what is open."""
    with ExitStack() as stack:
        start = max(Fraction(0), at)
        window = window_of(path, start, start + _WINDOW_S) if demuxer_of(path) == "mov" else None
        if window is not None:
            stack.enter_context(closing(window))
        media = stack.enter_context(opened(path, max_pixels=_EVERY_PIXEL, window=window))
        yield media, window is not None and not window.complete


def _continued(
    packets: Iterator[av.Packet[StreamT]],
    path: Path,
    choice: Callable[[InputContainer], StreamT | None],
    tick: Fraction,
) -> Iterator[av.Packet[StreamT]]:
    """Those of a window and of all that follow it."""
    last, more = None, True
    with ExitStack() as stack:
        while True:
            begun, end = last, None
            for packet in packets:
                if packet.dts is None:
                    end = packet
                elif begun is None or packet.dts > begun:
                    last = packet.dts if last is None else max(packet.dts, last)
                    yield packet
            if last == begun or last is None or not more:
                break
            stack.close()
            media, more = stack.enter_context(_opened_around(path, last * tick))
            stream = choice(media)
            assert stream is not None
            media.seek(last, stream=stream)
            packets = packets_of(media, stream)
        if end is not None:
            yield end
