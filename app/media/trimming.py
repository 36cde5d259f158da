# pyright: reportUnknownMemberType=false
"""A run of a recording, cut at its very frames and copied as it is coded.

Only frames at both ends are encoded again: those before the first key frame, since they refer to what is cut off, and
the last few if what follows them was coded first. They have parameter sets of their own (number 1), beside the
recording's: both are told at the head of the file, every frame is in it once, and nothing is hidden by an edit list.
A stranger's file: only to be opened in limited child processes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import PictureType
from av.video.stream import VideoStream

from app.media.demux import choose, opened, origin_of, packets_of
from app.media.encode import encoded_by
from app.media.examined import Bounds
from app.media.look import rotation_of
from app.media.refusals import Corrupt
from app.media.time import timescale

#: To be raised when a byte of what is cut can change.
TRIMMING_VERSION = f"1/pyav-{av.__version__}"
_EVERY_PIXEL = Bounds().max_pixels
_KEY_SLICE, _SPS, _PPS = 5, 7, 8
_START_CODE = b"\0\0\0\1"
#: With less than this share of frames to be copied, all are better encoded alike.
_WORTH_IT = 0.5
#: At the ends, what is seen matters more than its size: near the original, and a third of the time of ``superfast``.
_EDGES = "sps-id=1:bframes=0:keyint=infinite:scenecut=0:crf=18"
#: By so many frames can one be shown earlier than others that are coded before it.
_MOST_DELAY = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """So many frames from ``at`` seconds on, as they are shown ``fps`` times a second in pictures of that size."""

    at: Fraction
    frames: int
    fps: Fraction
    size: tuple[int, int]

    def place_of(self, time: Fraction) -> int:
        """The first of our frames that shows what begins at ``time``; negative before the run."""
        return floor((time - self.at) * self.fps - Fraction(1, 2)) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """A frame in the order of decoding: its place in that of display, and whether none after it needs one before."""

    place: int
    fresh: bool
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """Frames ``start <= n < stop`` are copied: so many packets, from packet ``begun`` on. ``delay``: by how many frames
    one is shown earlier, at most, than the order of decoding has it.
    """

    start: int
    stop: int
    begun: int
    delay: int


def copied_in(coded: Sequence[Coded], frames: int) -> Copied | None:
    """What of a run can be copied; None if it is too little. Pure."""
    shown = [each.place for each in coded if 0 <= each.place < frames]
    begun = next((number for number, each in enumerate(coded) if each.fresh and each.place >= 0), None)
    if len(shown) != frames or len(set(shown)) != frames or begun is None:
        return None
    start = coded[begun].place
    last, stop, delay, whole = start, start, 0, 0
    for count, each in enumerate(coded[begun:], 1):
        last, delay = max(last, each.place), max(delay, start + count - 1 - each.place)
        if last >= frames:
            break
        if last - start + 1 == count:  # nothing is missing before it
            stop, whole = last + 1, delay
    return Copied(start=start, stop=stop, begun=begun, delay=whole) if stop - start >= _WORTH_IT * frames else None


def can_trim(path: Path, wanted: Wanted, most_mbps: int) -> bool:
    """Whether that can be done, is worth it, and takes no more Mbit/s. Raises ``Corrupt``."""
    with opened(path, max_pixels=_EVERY_PIXEL) as media:
        source = _Source.of(path, media, wanted)
        coded = list(source.coded()) if source is not None else []
        within = sum(each.bytes for each in coded if 0 <= each.place < wanted.frames)
        small = within * 8 * wanted.fps <= most_mbps * 1_000_000 * wanted.frames
        return small and copied_in(coded, wanted.frames) is not None


def trim(path: Path, wanted: Wanted, out: Path) -> None:
    """Write a run that can be trimmed. Raises ``Corrupt``."""
    with opened(path, max_pixels=_EVERY_PIXEL) as media:
        source = _Source.of(path, media, wanted)
        copied = copied_in(list(source.coded()), wanted.frames) if source is not None else None
        if source is None or copied is None:
            raise Corrupt("The recording cannot be cut as it is coded.")
        edges = _Edges(source.stream, wanted)
        with _Track(out, source, edges.parameter_sets, wanted, copied.delay) as track:
            for packet in edges.encoded(source.pictures(0, copied.start)):
                track.add(packet)
            for place, packet in source.packets(copied):
                track.copy(place, packet)
            for packet in edges.encoded(source.pictures(copied.stop, wanted.frames)):
                track.add(packet)
        if track.count != wanted.frames:
            raise Corrupt("A part of the recording cannot be decoded. Upload it again.")


class _Source:
    """A recording that can be copied from."""

    def __init__(self, path: Path, media: InputContainer, stream: VideoStream, wanted: Wanted) -> None:
        self._media, self.stream, self._wanted = media, stream, wanted
        self._tick = stream.time_base or Fraction(1, 1000)
        self._origin = origin_of(path, media)
        self.parameter_sets = sets_in(stream.codec_context.extradata or b"")

    @classmethod
    def of(cls, path: Path, media: InputContainer, wanted: Wanted) -> _Source | None:
        """None where what it shows is not what is wanted, or is coded in another way than MP4 files are."""
        stream = choose(media).picture
        context = stream.codec_context
        context.thread_count = 1
        alike = (context.codec.canonical_name, context.pix_fmt, context.width, context.height)
        if alike != ("h264", "yuv420p", *wanted.size) or (stream.sample_aspect_ratio or 1) != 1:
            return None
        source = cls(path, media, stream, wanted)
        return source if source.parameter_sets and source._plain() else None

    def _plain(self) -> bool:
        """Whether its pictures are upright and not interlaced."""
        frame = next(self._frames(0), None)
        return frame is not None and not frame.interlaced_frame and not rotation_of(frame)

    def coded(self) -> Iterator[Coded]:
        """Until all frames of the run were read, or must have been."""
        missing = self._wanted.frames
        for packet in self._read(0):
            place = self._place_of(packet)
            if place > self._wanted.frames + _MOST_DELAY:
                return
            yield Coded(place=place, fresh=packet.is_keyframe and self._fresh(packet), bytes=packet.size)
            missing -= 0 <= place < self._wanted.frames
            if not missing:
                return

    def packets(self, copied: Copied) -> Iterator[tuple[int, av.Packet[Any]]]:
        for number, packet in enumerate(self._read(0)):
            if number >= copied.begun + copied.stop - copied.start:
                return
            if number >= copied.begun:
                yield self._place_of(packet), packet

    def pictures(self, start: int, stop: int) -> Iterator[av.VideoFrame]:
        """Those of frames ``start <= n < stop``."""
        if start < stop:
            for frame in self._frames(start):
                place = self._wanted.place_of((frame.pts or 0) * self._tick - self._origin)
                if place >= stop:
                    return
                if place >= start:
                    frame.pts, frame.pict_type, frame.time_base = place, PictureType.NONE, 1 / self._wanted.fps
                    yield frame

    def _fresh(self, packet: av.Packet[Any]) -> bool:
        """Whether it begins anew, by the parameter sets that are known."""
        units = list(units_in(bytes(packet)))
        changed = [unit for unit in units if unit[0] & 31 in (_SPS, _PPS) and unit not in self.parameter_sets]
        return not changed and any(unit[0] & 31 == _KEY_SLICE for unit in units)

    def _frames(self, start: int) -> Iterator[av.VideoFrame]:
        """From a key frame at frame ``start`` or before it."""
        decoder = self.stream.codec_context
        decoder.flush_buffers()
        for packet in self._read(start):
            decoder.skip_frame = "NONREF" if self._place_of(packet) < start else "DEFAULT"
            with suppress(FFmpegError):
                yield from decoder.decode(packet)
        yield from decoder.decode(None)

    def _read(self, start: int) -> Iterator[av.Packet[Any]]:
        time = self._wanted.at + start / self._wanted.fps
        self._media.seek(int((time + self._origin) / self._tick), stream=self.stream)
        for packet in packets_of(self._media, self.stream):
            if packet.size and packet.pts is not None:
                yield packet

    def _place_of(self, packet: av.Packet[Any]) -> int:
        return self._wanted.place_of((packet.pts or 0) * self._tick - self._origin)


class _Edges:
    """Encodes what cannot be copied, in the recording's own colours."""

    def __init__(self, stream: VideoStream, wanted: Wanted) -> None:
        self._pattern, self._wanted = stream.codec_context, wanted
        self.parameter_sets = list(_units_after_codes(self._context().extradata or b""))

    def encoded(self, pictures: Iterator[av.VideoFrame]) -> Iterator[av.Packet[Any]]:
        """In the order of display; their times are places."""
        context, begun = self._context(), False
        for picture in pictures:
            begun = True
            yield from encoded_by(context, picture)
        yield from encoded_by(context, None) if begun else []

    def _context(self) -> av.VideoCodecContext:
        context, pattern = av.VideoCodecContext.create("libx264", "w"), self._pattern
        context.width, context.height, context.pix_fmt = *self._wanted.size, "yuv420p"
        context.time_base, context.framerate = 1 / self._wanted.fps, self._wanted.fps
        context.thread_count = 1
        context.colorspace, context.color_range = pattern.colorspace, pattern.color_range
        context.color_primaries, context.color_trc = pattern.color_primaries, pattern.color_trc
        context.options = {"preset": "ultrafast", "x264-params": _EDGES, "flags": "+global_header+bitexact"}
        context.open()
        return context


class _Track:
    """An MP4 file with all frames at an even pace."""

    def __init__(self, path: Path, source: _Source, more_sets: Sequence[bytes], wanted: Wanted, delay: int) -> None:
        scale = timescale(wanted.fps)
        self._base, self._delay, self.count = Fraction(1, scale), delay, 0
        self._tick = scale // wanted.fps.numerator * wanted.fps.denominator
        options = {"video_track_timescale": str(scale), "fflags": "+bitexact"}
        self._container = av.open(str(path), "w", format="mp4", options=options)
        self._stream = self._container.add_stream_from_template(source.stream, opaque=False)
        self._stream.time_base = self._base
        self._stream.codec_context.extradata = _with_codes([*source.parameter_sets, *more_sets])
        self._container.start_encoding()

    def add(self, packet: av.Packet[Any]) -> None:
        """One that was encoded here."""
        self._mux(packet.pts or 0, list(_units_after_codes(bytes(packet))), key=packet.is_keyframe)

    def copy(self, place: int, packet: av.Packet[Any]) -> None:
        self._mux(place, list(units_in(bytes(packet))), key=packet.is_keyframe)

    def _mux(self, place: int, units: Sequence[bytes], *, key: bool) -> None:
        packet: av.Packet[Any] = av.Packet(_with_codes(units))
        packet.stream, packet.time_base, packet.duration = self._stream, self._base, self._tick
        packet.pts, packet.dts = place * self._tick, (self.count - self._delay) * self._tick
        packet.is_keyframe = key
        self.count += 1
        self._container.mux(packet)

    def __enter__(self) -> _Track:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()


def sets_in(record: bytes) -> list[bytes]:
    """The parameter sets of an MP4 file's description of its pictures (ISO 14496-15, 5.3.3.1); none for another, or
    where units are not told by lengths of four bytes.
    """
    if len(record) < 7 or record[0] != 1 or record[4] & 3 != 3:
        return []
    sets, at = list[bytes](), 5
    for mask in (31, 255):
        count, at = record[at] & mask, at + 1
        for _ in range(count):
            length = int.from_bytes(record[at : at + 2], "big")
            sets.append(record[at + 2 : at + 2 + length])
            at += 2 + length
    return [each for each in sets if each]


def units_in(packet: bytes) -> Iterator[bytes]:
    """Of a frame as MP4 files hold it, each after its length."""
    at = 0
    while at + 4 < len(packet):
        length = int.from_bytes(packet[at : at + 4], "big")
        yield packet[at + 4 : at + 4 + length]
        at += 4 + max(1, length)


def _units_after_codes(data: bytes) -> Iterator[bytes]:
    yield from (unit for unit in re.split(rb"\x00\x00\x00?\x01", data) if unit)


def _with_codes(units: Sequence[bytes]) -> bytes:
    return b"".join(_START_CODE + unit for unit in units)
