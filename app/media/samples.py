"""The tables in which an MP4 or QuickTime file says where and when each sample of a track is: read, and cut to a part.

ISO/IEC 14496-12, 8.6, 8.7 and 8.9. Only what is written as usual is cut; of anything else ``Odd`` is raised.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from app.media.boxes import Box, boxes_within

Numbers = NDArray[np.int64]
#: Samples from the first up to the second.
Span = tuple[int, int]
_LARGEST = (1 << 31) - 1
_CUT = frozenset({b"stts", b"ctts", b"stss", b"sdtp", b"stsz", b"stsc", b"stco", b"co64", b"sbgp"})
_KEPT = frozenset({b"stsd", b"cslg", b"sgpd"})
_REPEATED = frozenset({b"sgpd", b"sbgp"})


class Odd(Exception):
    """The file is not written as usual: it is better read as a whole."""


def boxed(kind: bytes, *parts: bytes) -> bytes:
    return (8 + sum(map(len, parts))).to_bytes(4, "big") + kind + b"".join(parts)


def read_at(file: BinaryIO, at: int, size: int) -> bytes:
    """Raises ``Odd`` where the file ends before."""
    file.seek(at)
    found = file.read(size)
    if len(found) < size:
        raise Odd
    return found


@dataclass(frozen=True, slots=True)
class Runs:
    """A value for each of many things, of which often many in a row have the same."""

    counts: Numbers
    values: Numbers

    @classmethod
    def of(cls, rows: Numbers) -> Self:
        told = rows[rows[:, 0] > 0]
        return cls(told[:, 0], told[:, 1])

    @property
    def length(self) -> int:
        return int(self.counts.sum())

    @property
    def total(self) -> int:
        return int(self.counts @ self.values)

    def find(self, amount: int) -> tuple[int, int]:
        """The thing with which the values first add up to more than ``amount``, and to what they do before it."""
        sums = np.cumsum(self.counts * self.values)
        run = int(np.searchsorted(sums, amount, "right"))
        if run == len(sums):
            return self.length, self.total
        before, value = (int(sums[run - 1]) if run else 0), int(self.values[run])
        passed = (amount - before) // value
        return int(self.counts[:run].sum()) + passed, before + passed * value

    def cut(self, span: Span) -> Self:
        stops = np.cumsum(self.counts)
        counts = np.minimum(stops, span[1]) - np.maximum(stops - self.counts, span[0])
        return type(self)(counts[counts > 0], self.values[counts > 0])

    def parts(self, spans: Sequence[Span]) -> Self:
        """Those of the spans, one behind the other."""
        return self.joined([self.cut(span) for span in spans])

    @classmethod
    def joined(cls, runs: Sequence[Runs]) -> Self:
        counts, values = ([getattr(each, name) for each in runs] for name in ("counts", "values"))
        return cls(np.concatenate(counts), np.concatenate(values))

    def written(self) -> bytes:
        rows = np.column_stack((self.counts, self.values))
        return len(rows).to_bytes(4, "big") + rows.astype(">i4").tobytes()


class SampleTables:
    """Those of one track. Raises ``Odd``."""

    def __init__(self, file: BinaryIO, stbl: Box) -> None:
        self._file, self._boxes = file, list(boxes_within(file, stbl.body, stbl.stop))
        kinds = [box.kind for box in self._boxes]
        single = [kind for kind in kinds if kind not in _REPEATED]
        if not set(kinds) <= _CUT | _KEPT or len(single) != len(set(single)):
            raise Odd
        self._by_kind = {box.kind: box for box in self._boxes}
        self.count = self._counted()
        self.durations = Runs.of(self._rows(b"stts", 2))
        self._delays = Runs.of(self._rows(b"ctts", 2)) if b"ctts" in kinds else None
        self._keys = self._rows(b"stss", 1)[:, 0] if b"stss" in kinds else None
        self._chunks = self._chunked()
        self._check()

    def key_before(self, sample: int) -> int:
        """The last sample up to this one with which decoding can begin."""
        if self._keys is None:
            return sample
        number = int(np.searchsorted(self._keys, sample + 1, "right"))
        return int(self._keys[number - 1]) - 1 if number else 0

    def check_delays(self, most: int, spans: Sequence[Span]) -> None:
        """Raise ``Odd`` where pictures are seen more than so many ticks before or after they are decoded, or ffmpeg
        would say of a part that they are decoded at other times (``mov_update_dts_shift`` in ffmpeg 8).
        """
        if self._delays is None:
            return
        values = self._delays.values
        if np.abs(values).max(initial=0) > most or _ahead(values) != _ahead(self._delays.parts(spans).values):
            raise Odd

    def cut(self, spans: Sequence[Span]) -> bytes:
        """The box with the samples of the spans alone. They keep their times: what is left out is added to the last
        sample before it.
        """
        placed = [self._placed(span) for span in spans]
        offsets, sizes = (np.concatenate([each[part] for each in placed]) for part in (0, 1))
        if not sizes.all():
            raise Odd
        return boxed(b"stbl", *(self._written(box, spans, offsets, sizes) for box in self._boxes))

    def _written(self, box: Box, spans: Sequence[Span], offsets: Numbers, sizes: Numbers) -> bytes:
        if box.kind in _KEPT:
            return read_at(self._file, box.start, box.stop - box.start)
        flags, count = self._head(box, 4), len(sizes).to_bytes(4, "big")
        match box.kind:
            case b"stts":
                return boxed(b"stts", flags, self._durations_of(spans).written())
            case b"ctts":
                assert self._delays is not None
                return boxed(b"ctts", flags, self._delays.parts(spans).written())
            case b"stss":
                keys = self._keys_of(spans)
                return boxed(b"stss", flags, len(keys).to_bytes(4, "big"), keys.astype(">u4").tobytes())
            case b"sdtp":
                return boxed(b"sdtp", flags, *(read_at(self._file, box.body + 4 + a, b - a) for a, b in spans))
            case b"sbgp":
                return self._grouped(box, spans)
            case b"stsz":
                return boxed(b"stsz", flags, bytes(4), count, sizes.astype(">u4").tobytes())
            case b"stsc":  # each sample in a chunk of its own
                return boxed(b"stsc", flags, struct.pack(">IIII", 1, 1, 1, 1))
            case _:
                return boxed(b"co64", flags, count, offsets.astype(">u8").tobytes())

    def _durations_of(self, spans: Sequence[Span]) -> Runs:
        found = list[Runs]()
        for (start, stop), following in zip(spans, (*spans[1:], None), strict=True):
            if following is None:
                found.append(self.durations.cut((start, stop)))
                continue
            rest = self.durations.cut((stop - 1, following[0])).total
            if rest > _LARGEST:
                raise Odd
            found += [self.durations.cut((start, stop - 1)), Runs(np.array([1]), np.array([rest]))]
        return Runs.joined(found)

    def _keys_of(self, spans: Sequence[Span]) -> Numbers:
        assert self._keys is not None
        found, before = list[Numbers](), 0
        for start, stop in spans:
            found.append(self._keys[(self._keys > start) & (self._keys <= stop)] - start + before)
            before += stop - start
        return np.concatenate(found)

    def _grouped(self, box: Box, spans: Sequence[Span]) -> bytes:
        """To which group of samples each belongs; those that are not told of belong to none."""
        head = self._head(box, 12 if self._head(box, 1) == b"\x01" else 8)
        told = Runs.of(self._rows_of(box, 2, len(head)))
        groups = Runs.joined([told, Runs(np.array([max(0, self.count - told.length)]), np.array([0]))])
        return boxed(b"sbgp", head, groups.parts(spans).written())

    def _placed(self, span: Span) -> tuple[Numbers, Numbers]:
        """Where in the file the samples are, and their sizes in bytes."""
        first, before = self._chunks.find(span[0])
        stop = self._chunks.find(span[1] - 1)[0] + 1
        counts = np.repeat(*(getattr(self._chunks.cut((first, stop)), name) for name in ("values", "counts")))
        size = self._by_kind[b"stsz"].body + 12 + 4 * before
        sizes = np.frombuffer(read_at(self._file, size, 4 * (span[1] - before)), ">u4").astype(np.int64)
        chunk = np.repeat(np.arange(len(counts)), counts)[: len(sizes)]
        passed = np.cumsum(sizes) - sizes
        begins = passed[np.cumsum(counts) - counts]
        offsets = self._offsets((first, stop))[chunk] + passed - begins[chunk]
        return offsets[span[0] - before :], sizes[span[0] - before :]

    def _offsets(self, chunks: Span) -> Numbers:
        box = self._by_kind.get(b"co64") or self._box(b"stco")
        width = _width(box)
        found = read_at(self._file, box.body + 8 + width * chunks[0], width * (chunks[1] - chunks[0]))
        return np.frombuffer(found, f">u{width}").astype(np.int64)

    def _counted(self) -> int:
        """How many samples there are, each with a size of its own."""
        size, count = struct.unpack(">II", self._head(self._box(b"stsz"), 12)[4:])
        if size or not count or 12 + 4 * count > self._by_kind[b"stsz"].stop - self._by_kind[b"stsz"].body:
            raise Odd
        return count

    def _chunked(self) -> Runs:
        """How many samples each chunk has."""
        box = self._by_kind.get(b"co64") or self._box(b"stco")
        count, rows = int.from_bytes(self._head(box, 8)[4:], "big"), self._rows(b"stsc", 3)
        first = np.append(rows[:, 0], count + 1)
        if 8 + _width(box) * count > box.stop - box.body or first[0] != 1 or (np.diff(first) <= 0).any():
            raise Odd
        if (rows[:, 1] == 0).any() or (rows[:, 2] != 1).any():
            raise Odd
        return Runs(np.diff(first), rows[:, 1])

    def _check(self) -> None:
        """All tables tell of the same samples, and none of them comes at the same time as another."""
        delays, steps = self._delays, self.durations.values
        same = self.durations.length == self._chunks.total == self.count
        if not same or (delays is not None and delays.length != self.count):
            raise Odd
        if (steps > _LARGEST).any() or (steps[:-1] == 0).any() or (steps[-1] == 0 and self.durations.counts[-1] > 1):
            raise Odd
        keys = self._keys
        if keys is not None and (not len(keys) or keys[0] < 1 or (np.diff(keys) <= 0).any()):
            raise Odd

    def _rows(self, kind: bytes, width: int) -> Numbers:
        return self._rows_of(self._box(kind), width, 4)

    def _rows_of(self, box: Box, width: int, head: int) -> Numbers:
        """The numbers of a table, behind ``head`` bytes and how many rows it has."""
        count = int.from_bytes(self._head(box, head + 4)[head:], "big")
        size = 4 * width * count
        if head + 4 + size > box.stop - box.body:
            raise Odd
        signed = ">i4" if box.kind == b"ctts" else ">u4"
        found = np.frombuffer(read_at(self._file, box.body + head + 4, size), signed)
        return found.reshape(-1, width).astype(np.int64)

    def _head(self, box: Box, size: int) -> bytes:
        return read_at(self._file, box.body, size)

    def _box(self, kind: bytes) -> Box:
        if kind not in self._by_kind:
            raise Odd
        return self._by_kind[kind]


def _width(box: Box) -> int:
    return 8 if box.kind == b"co64" else 4


def _ahead(delays: Numbers) -> int:
    """By how much ffmpeg lets everything be decoded earlier: it leaves out the last two runs."""
    return max(0, -int(delays[:-2].min(initial=0)))
