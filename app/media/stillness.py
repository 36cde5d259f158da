# pyright: reportUnknownMemberType=false
"""A picture that stands still, for as long as wanted, at the cost of a few frames.

The encoder encodes a key frame and a few groups of frames in which nothing changes. From some group on, one is coded
like the next, but for its place: two numbers in the header of each slice (ITU-T H.264, 7.3.3: ``frame_num`` and
``pic_order_cnt_lsb``), both of fixed length. So that group is repeated, with these numbers counted on. What comes out
is what the encoder itself would have written, in a hundredth of its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av

from app.media.encode import KEY_FRAME_S, ChunkEncoder, Planes, VideoProfile

_SLICE = 1
_SPS = 7
#: Frames from one reference frame to the next: four that nothing refers to, and one.
_GROUP = 5
#: Groups that are encoded: the first still improve the picture.
_ENCODED = 6
#: A slice in which every block is skipped takes no more.
_MOST_BYTES = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class _Packet:
    """``shown`` is its place in the order of display."""

    data: bytes
    shown: int
    key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """``encoded``: frames that the encoder was given for it."""

    packets: list[_Packet]
    encoded: int


def write_still(planes: Planes, frames: int, profile: VideoProfile, out: Path) -> int:
    """Write ``frames`` times the picture, with a key frame as often as other chunks have one.

    Returns how many of them the encoder was given.
    """
    unit = int(KEY_FRAME_S * profile.fps)
    lengths = [unit] * (frames // unit) + ([frames % unit] if frames % unit else [])
    made = {length: _run(planes, length, profile, out) for length in set(lengths)}
    packets, begun = list[_Packet](), 0
    for length in lengths:
        packets += [replace(each, shown=each.shown + begun) for each in made[length].packets]
        begun += length
    head = out.with_suffix(".head.mp4")
    _encode(planes, 1, profile, head)
    _write(packets, head, out)
    head.unlink()
    return 1 + sum(run.encoded for run in made.values())


def _run(planes: Planes, frames: int, profile: VideoProfile, out: Path) -> _Run:
    """One key frame and what follows it, in the order of decoding."""
    encoded = frames if frames <= 1 + _GROUP * _ENCODED else 1 + _GROUP * _ENCODED + (frames - 1) % _GROUP
    head = out.with_suffix(".run.mp4")
    _encode(planes, encoded, profile, head)
    header, packets = _read(head)
    head.unlink()
    missing = (frames - encoded) // _GROUP
    at = _steady(packets, header) if missing else None
    if missing and at is None:  # it does not come to rest: then all of it is encoded
        _encode(planes, frames, profile, head)
        _, packets = _read(head)
        head.unlink()
        return _Run(packets=packets, encoded=encoded + frames)
    return _Run(packets=packets if at is None else _extended(packets, at, missing, header), encoded=encoded)


def _encode(planes: Planes, frames: int, profile: VideoProfile, path: Path) -> None:
    with ChunkEncoder(path, profile) as encoder:
        encoder.planes.y[:], encoder.planes.u[:], encoder.planes.v[:] = planes.y, planes.u, planes.v
        for _ in range(frames):
            encoder.write()


def _steady(packets: Sequence[_Packet], header: _Header) -> int | None:
    """Where the first group begins that is all skipped and coded like the one before it."""
    starts = range(1, len(packets) - 2 * _GROUP + 1, _GROUP)
    for before, start in pairwise(starts):
        group, previous = packets[start : start + _GROUP], packets[before : before + _GROUP]
        small = all(len(each.data) <= _MOST_BYTES for each in (*group, *previous))
        if small and _coded(group, header) == _coded(previous, header):
            return start
    return None


def _coded(group: Sequence[_Packet], header: _Header) -> list[bytes]:
    """How the frames are coded, wherever they stand. (In the last byte, x264 hides a bit of the frame's number.)"""
    return [header.moved(each.data, 0, 0, blank=True)[:-1] for each in group]


def _extended(packets: Sequence[_Packet], at: int, missing: int, header: _Header) -> list[_Packet]:
    """With the group at ``at`` so many times more."""
    group = packets[at : at + _GROUP]
    more = [_later(each, count, header) for count in range(1, missing + 1) for each in group]
    return [*packets[: at + _GROUP], *more, *(_later(each, missing, header) for each in packets[at + _GROUP :])]


def _later(packet: _Packet, groups: int, header: _Header) -> _Packet:
    data = header.moved(packet.data, groups, groups * _GROUP)
    return replace(packet, data=data, shown=packet.shown + groups * _GROUP)


def _read(path: Path) -> tuple[_Header, list[_Packet]]:
    with av.open(str(path)) as media:
        stream = media.streams.video[0]
        header = _Header.of(stream.codec_context.extradata or b"")
        found = [packet for packet in media.demux(stream) if packet.size]
        first = min(packet.pts or 0 for packet in found)
        tick = found[0].duration or 1
        return header, [
            _Packet(data=bytes(packet), shown=((packet.pts or 0) - first) // tick, key=packet.is_keyframe)
            for packet in found
        ]


def _write(packets: Sequence[_Packet], like: Path, out: Path) -> None:
    """In a file like one that the encoder wrote: frame ``n`` is shown at tick ``n``, and decoded in time."""
    with av.open(str(like)) as pattern:
        source = pattern.streams.video[0]
        tick, base = next(packet.duration or 1 for packet in pattern.demux(source)), source.time_base or Fraction(1)
        options = {"video_track_timescale": str(base.denominator), "fflags": "+bitexact"}
        with av.open(str(out), "w", format="mp4", options=options) as container:
            stream = container.add_stream_from_template(source)
            stream.time_base = base
            for number, each in enumerate(packets):
                packet: av.Packet[Any] = av.Packet(each.data)
                packet.stream, packet.time_base = stream, base
                packet.pts, packet.dts, packet.duration = each.shown * tick, (number - 1) * tick, tick
                packet.is_keyframe = each.key
                container.mux(packet)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """How long the two numbers are in the headers of slices."""

    frame_num_bits: int
    order_bits: int

    @classmethod
    def of(cls, configuration: bytes) -> _Header:
        """From an ``avcC`` box: the first parameter set of the sequence (ISO/IEC 14496-15, 5.3.3)."""
        length = int.from_bytes(configuration[6:8], "big")
        bits = _Bits(_unescaped(configuration[8 : 8 + length]))
        assert bits.read(8) & 31 == _SPS
        bits.read(24)  # profile and level
        for _ in range(4):  # set, chroma format, bit depths
            bits.golomb()
        bits.read(2)  # no transform bypass, no scaling lists
        frame_num = bits.golomb() + 4
        assert bits.golomb() == 0  # pictures are counted in display order
        return cls(frame_num_bits=frame_num, order_bits=bits.golomb() + 4)

    def moved(self, packet: bytes, references: int, frames: int, *, blank: bool = False) -> bytes:
        """The packet so many reference frames and frames later; ``blank``: with both numbers zero, to be compared."""
        done, at = b"", 0
        while at < len(packet):
            length = int.from_bytes(packet[at : at + 4], "big")
            unit = packet[at + 4 : at + 4 + length]
            if unit[0] & 31 == _SLICE:
                unit = self._moved_slice(unit, references, frames, blank=blank)
            done += len(unit).to_bytes(4, "big") + unit
            at += 4 + length
        return done

    def _moved_slice(self, unit: bytes, references: int, frames: int, *, blank: bool) -> bytes:
        plain = _unescaped(unit)
        bits = _Bits(plain)
        bits.read(8)
        for _ in range(3):  # first block, type, parameter set
            bits.golomb()
        first = bits.at
        frame_num, order = bits.read(self.frame_num_bits), bits.read(self.order_bits)
        value = int.from_bytes(plain, "big")
        frame_num = 0 if blank else (frame_num + references) % (1 << self.frame_num_bits)
        order = 0 if blank else (order + 2 * frames) % (1 << self.order_bits)
        width, rest = (
            self.frame_num_bits + self.order_bits,
            8 * len(plain) - first - self.frame_num_bits - self.order_bits,
        )
        numbers = frame_num << self.order_bits | order
        value = value & ~(((1 << width) - 1) << rest) | numbers << rest
        return _escaped(value.to_bytes(len(plain), "big"))


class _Bits:
    """Reads bits from the highest on."""

    def __init__(self, data: bytes) -> None:
        self._value, self._length, self.at = int.from_bytes(data, "big"), 8 * len(data), 0

    def read(self, count: int) -> int:
        self.at += count
        return self._value >> (self._length - self.at) & ((1 << count) - 1)

    def golomb(self) -> int:
        """An unsigned Exp-Golomb number."""
        zeros = 0
        while not self.read(1):
            zeros += 1
        return (1 << zeros) - 1 + self.read(zeros)


def _unescaped(unit: bytes) -> bytes:
    return unit.replace(b"\0\0\3", b"\0\0")


def _escaped(plain: bytes) -> bytes:
    """No three bytes of a unit look like the beginning of another."""
    done, zeros = bytearray(), 0
    for byte in plain:
        if zeros >= 2 and byte <= 3:
            done.append(3)
            zeros = 0
        done.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(done)
