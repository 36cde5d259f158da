"""A part of a long MP4 or QuickTime file as a file of its own: the same samples at the same times, and no others.

ffmpeg keeps 50 bytes for each sample of a file that is open, whichever are read: 30 MB for two hours. Here it sees the
file with its index hidden, and behind its end a smaller one that tells of two runs of samples alone: the first of each
track, by which ffmpeg knows how to decode it and what its edits mean, and those of the window.

A stranger's file: only to be opened in limited child processes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from app.media.boxes import Box, Edit, boxes_within, clock_of, edits_of, payload_of
from app.media.samples import Odd, SampleTables, Span, boxed, read_at

#: Of an index, in bytes: a smaller one is not worth it, a larger one is none.
_LEAST, _MOST = 1 << 18, 1 << 27
#: Of what tells of one track: smaller ones stay as they are, such as chapters and time codes.
_LEAST_TRACK = 1 << 16
#: Seconds before and after the window, in which ffmpeg looks for key frames; no picture is so late.
_MARGIN_S, _MOST_DELAY_S = 6, 4
#: Of the first samples: how many, and for how many seconds from where the edit begins.
_LEAST_FIRST, _MOST_FIRST, _FIRST_S = 64, 2000, 2


class Window:
    """A file for ``av.open``, to be closed. It is ``complete`` when nothing comes after it."""

    def __init__(self, file: BinaryIO, index: Box, part: bytes, *, complete: bool) -> None:
        self._file, self._part, self.complete, self.name = file, part, complete, file.name
        self._hidden = index.start + 4  # where the kind of the box is written
        self._size, self._at = os.fstat(file.fileno()).st_size, 0

    def read(self, size: int) -> bytes:
        at = self._at
        if at >= self._size:
            found = self._part[at - self._size :][:size]
        else:
            self._file.seek(at)
            found = self._without_index(at, self._file.read(min(size, self._size - at)))
        self._at += len(found)
        return found

    def seek(self, offset: int, whence: int) -> int:
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size + len(self._part)}[whence]
        self._at = max(0, begin + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        self._file.close()

    def _without_index(self, at: int, block: bytes) -> bytes:
        start, stop = max(at, self._hidden), min(at + len(block), self._hidden + 4)
        if start >= stop:
            return block
        return block[: start - at] + b"free"[start - self._hidden : stop - self._hidden] + block[stop - at :]


def window_of(path: Path, start: Fraction, stop: Fraction) -> Window | None:
    """Of an MP4 or QuickTime file, what it takes to read from one time to another, in seconds from its beginning. None
    where that is not much less than all, or the file is not written as usual.
    """
    file = path.open("rb")
    try:
        index = _index_of(file)
        scale = clock_of(payload_of(file, _only(file, index, b"mvhd")))[0]
        parts = [_part_of(file, box, scale, (start, stop)) for box in _inner(file, index)]
        told = [part for part in parts if part.count]
        if 2 * sum(part.kept for part in told) >= sum(part.count for part in told):
            raise Odd
        written = boxed(b"moov", *(part.written for part in parts))
        return Window(file, index, written, complete=all(part.complete for part in told))
    except Odd:
        file.close()
        return None


def _index_of(file: BinaryIO) -> Box:
    """The only ``moov``, of a file that is nothing but boxes."""
    size = os.fstat(file.fileno()).st_size
    boxes = list(boxes_within(file, 0, size))
    found = [box for box in boxes if box.kind == b"moov"]
    if len(found) != 1 or boxes[-1].stop != size or any(box.kind == b"moof" for box in boxes):
        raise Odd
    if read_at(file, boxes[-1].start, 4) == bytes(4):
        raise Odd  # a box that goes on until the end of the file would hold what is put behind it
    if not _LEAST <= found[0].stop - found[0].start <= _MOST:
        raise Odd
    return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What is written of a box of the index, and of a track that was cut, how many of its samples were ``kept``."""

    written: bytes
    count: int = 0
    kept: int = 0
    complete: bool = True


def _part_of(file: BinaryIO, box: Box, movie_scale: int, wanted: tuple[Fraction, Fraction]) -> _Part:
    if box.kind == b"mvex":
        raise Odd
    if box.kind != b"trak" or box.stop - box.start < _LEAST_TRACK:
        return _Part(written=read_at(file, box.start, box.stop - box.start))
    media = _only(file, box, b"mdia")
    scale = clock_of(payload_of(file, _only(file, media, b"mdhd")))[0]
    tables = SampleTables(file, _only(file, _only(file, media, b"minf"), b"stbl"))
    spans = _spans(tables, _Edited.of(_edits(file, box, movie_scale, scale), scale), wanted)
    tables.check_delays(_MOST_DELAY_S * scale, spans)
    return _Part(
        written=_with_tables(file, box, (b"mdia", b"minf", b"stbl"), tables.cut(spans)),
        count=tables.count,
        kept=sum(stop - start for start, stop in spans),
        complete=spans[-1][1] == tables.count,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edited:
    """Where on a track's own clock the recording begins, and where it ends if that is told; in ticks."""

    begin: int
    shown: int
    stop: int | None
    scale: int

    @classmethod
    def of(cls, edits: Sequence[Edit], scale: int) -> _Edited:
        """Of one run that is played as it is, perhaps late."""
        late = next((number for number, edit in enumerate(edits) if edit.media_time is not None), len(edits))
        pause, runs = sum((edit.duration for edit in edits[:late]), Fraction(0)), edits[late:]
        if not runs and not edits:
            return cls(begin=0, shown=0, stop=None, scale=scale)
        if len(runs) != 1 or runs[0].rate != 1 or runs[0].media_time is None or runs[0].media_time < 0:
            raise Odd
        first = runs[0].media_time
        stop = round((first + runs[0].duration) * scale) if runs[0].duration else None
        return cls(begin=round((first - pause) * scale), shown=round(first * scale), stop=stop, scale=scale)

    def ticks(self, time: Fraction) -> int:
        return self.begin + round(time * self.scale)


def _edits(file: BinaryIO, track: Box, movie_scale: int, scale: int) -> list[Edit]:
    for box in _inner(file, track):
        if box.kind == b"edts":
            return list(edits_of(payload_of(file, _only(file, box, b"elst")), movie_scale, scale))
    return []


def _spans(tables: SampleTables, edited: _Edited, wanted: tuple[Fraction, Fraction]) -> Sequence[Span]:
    """The first samples, and those from a key frame before the window on."""
    find, scale = tables.durations.find, edited.scale
    start, stop = (edited.ticks(time) for time in wanted)
    end = tables.durations.total if edited.stop is None else min(tables.durations.total, edited.stop)
    begin = min(find(max(0, min(start, end) - _MARGIN_S * scale))[0], tables.count - 1)
    first = tables.key_before(begin)
    head = min(tables.count, max(_LEAST_FIRST, find(edited.shown + _FIRST_S * scale)[0]))
    # However long nothing comes, there is something in each window: where there is not, the track has ended.
    last = min(tables.count, max(find(stop + _MARGIN_S * scale)[0] + 1, find(max(0, start))[0] + _LEAST_FIRST))
    far = begin - first > max(last - begin, _MOST_FIRST)
    if far or head > _MOST_FIRST:
        raise Odd
    return ((0, max(head, last)),) if first <= head else ((0, head), (first, last))


def _with_tables(file: BinaryIO, outer: Box, way: Sequence[bytes], tables: bytes) -> bytes:
    """The box with another one at the end of the way."""
    if not way:
        return tables
    return boxed(
        outer.kind,
        *(
            _with_tables(file, box, way[1:], tables)
            if box.kind == way[0]
            else read_at(file, box.start, box.stop - box.start)
            for box in _inner(file, outer)
        ),
    )


def _only(file: BinaryIO, outer: Box, kind: bytes) -> Box:
    found = [box for box in _inner(file, outer) if box.kind == kind]
    if len(found) != 1:
        raise Odd
    return found[0]


def _inner(file: BinaryIO, outer: Box) -> Iterator[Box]:
    for box in boxes_within(file, outer.body, outer.stop):
        if box.stop > outer.stop:
            raise Odd
        yield box
