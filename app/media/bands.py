# pyright: reportUnknownMemberType=false
"""Encodes pictures in which nothing moves but in one band of rows, at the cost of that band.

Each frame is up to three slices: the rows above the band, the band, the rows below. Only the band is encoded, as a
picture of its own; the rest stands still (``stillness.py``).

What makes this exact: nothing is predicted across slices, no edge between them is smoothed, and no motion in the band
leads out of it. The last is so because the encoder searches no farther than ``_REACH`` pixels, and the band has as many
rows in which nothing moves, and those that interpolation reads, around what does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
from av.video.frame import PictureType

from app.media.encode import ChunkFile, Planes, VideoProfile, configure, encoded_by, key_frames_apart, planes_of
from app.media.slices import KEY, REFERRED_TO, Lengths, frame_of, slices_of
from app.media.stillness import BLOCK, WITHIN_ITSELF, StillRows, first_block

#: Of vectors, in pixels: the least that x264 can be told.
_REACH = 32
#: Reach and interpolation, in whole blocks.
_MARGIN = 3 * BLOCK
#: Pictures that are drawn before they are encoded, one after the other: drawing and encoding each throw what the other
#: works with out of the processor's caches. Eight at once take up to a tenth less time than one by one.
_AT_ONCE = 8
#: A taller band saves too little.
_WORTHWHILE = 0.85


@dataclass(frozen=True, slots=True)
class Rows:
    """``start <= row < stop``; both are multiples of a block's height, but for the end of the picture."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def of(self, planes: Planes) -> Planes:
        half = slice(self.start // 2, self.stop // 2)
        return Planes(y=planes.y[self.start : self.stop], u=planes.u[half], v=planes.v[half])


def band_around(moving: Iterable[tuple[int, int]], height: int) -> Rows | None:
    """Where rows move (each range from its first to before its last one); None if that is nearly everywhere."""
    starts, stops = zip(*moving, strict=True)
    start = max(0, min(starts) // BLOCK * BLOCK - _MARGIN)
    stop = min(height, -(-max(stops) // BLOCK) * BLOCK + _MARGIN)
    return Rows(start, stop) if stop - start <= _WORTHWHILE * height else None


def rows_around(still: Planes, band: Rows, profile: VideoProfile) -> list[StillRows]:
    """Those of a picture that are not in the band."""
    around = (Rows(0, band.start), Rows(band.stop, profile.height))
    return [StillRows(rows.of(still), rows.start, profile) for rows in around if len(rows)]


class BandEncoder:
    """Writes one chunk. Draw into ``planes``, which are those of the band, then ``write()``; the next frame has other
    planes, which hold nothing yet or an earlier frame. ``around``: the rest.
    """

    def __init__(self, path: Path, profile: VideoProfile, around: Sequence[StillRows], band: Rows) -> None:
        self._file, self._key_every = ChunkFile(path, profile), key_frames_apart(profile)
        self._lengths = Lengths.of(self._file.parameter_sets())
        self._around = around
        self._first_block = first_block(band.start, profile)
        self._context, self._profile, self._rows = av.VideoCodecContext.create("libx264", "w"), profile, len(band)
        self._configure(profile)
        self._context_lengths: Lengths | None = None
        self._given = self._written = self._references = 0
        self._frames = [av.VideoFrame(profile.width, len(band), "yuv420p") for _ in range(_AT_ONCE)]
        self._planes = [planes_of(frame) for frame in self._frames]
        self._drawn = 0

    def _configure(self, profile: VideoProfile) -> None:
        configure(self._context, profile, rows=self._rows, more=f":mvrange={_REACH}")

    @property
    def planes(self) -> Planes:
        return self._planes[self._drawn]

    def write(self) -> None:
        """Take what the planes show now as the next frame."""
        self._drawn += 1
        if self._drawn == _AT_ONCE:
            self._encode_drawn()

    def _encode_drawn(self) -> None:
        if self._profile.is_footage and not self._given:
            self._configure(self._profile.suited_to(self._planes[0].y))
        for frame in self._frames[: self._drawn]:
            frame.pict_type = PictureType.NONE if self._given % self._key_every else PictureType.I
            frame.pts = self._given
            self._given += 1
            self._mux(encoded_by(self._context, frame))
        self._drawn = 0

    def _mux(self, packets: Iterable[av.Packet[Any]]) -> None:
        """Each frame of the band with what is around it."""
        for packet in packets:
            data = bytes(packet)
            self._context_lengths = self._context_lengths or Lengths.of(data)
            (band,) = slices_of(data, self._context_lengths)
            self._references = 0 if band.kind == KEY else self._references + (band.kind == REFERRED_TO)
            band = replace(band, first_block=self._first_block, deblocking=WITHIN_ITSELF)
            slices = sorted(
                [band, *(rows.beside(band, self._references) for rows in self._around)],
                key=lambda each: each.first_block,
            )
            coded = frame_of(slices, self._lengths)
            self._file.mux_coded(coded, shown=packet.pts or 0, decoded=self._written - 1, key=packet.is_keyframe)
            self._written += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._encode_drawn()
            self._mux(encoded_by(self._context, None))
        self._file.close()
