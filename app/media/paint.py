"""The filters of a conversion, as ffmpeg filter graphs that run in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.error import BlockingIOError as NotYet
from av.error import EOFError as NoMore
from av.error import FFmpegError
from av.filter import Graph

from app.media.conversion import Conversion, Filter
from app.media.demux import damaged
from app.media.tone import write_table

#: Pictures that do not say their matrix are BT.709 from this height on, as players take them.
_HIGH_DEFINITION = 720
_TURNS = {90: ("transpose=clock",), 180: ("hflip", "vflip"), 270: ("transpose=cclock",)}
_DEINTERLACE = ("bwdif=mode=send_frame:parity=auto:deint=interlaced",)


class Chain:
    """Filters one behind the other, in one thread, for frames of one shape. Raises ``Corrupt`` for what they refuse."""

    def __init__(self, frame: av.VideoFrame, filters: tuple[str, ...]) -> None:
        self._shape = _shape(frame)
        self._graph = Graph()
        self._graph.threads = 1
        last = self._graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, name="source", time_base=frame.time_base
        )
        for step in (*filters, "buffersink"):
            name, _, arguments = step.partition("=")
            following = self._graph.add(name, arguments) if arguments else self._graph.add(name)
            last.link_to(following)
            last = following
        self._graph.configure()

    def takes(self, frame: av.VideoFrame) -> bool:
        return _shape(frame) == self._shape

    def through(self, frame: av.VideoFrame | None) -> Iterator[av.VideoFrame]:
        """What comes out when ``frame`` goes in; with None the rest."""
        try:
            self._graph.push(frame)
            while True:
                yield self._graph.vpull()
        except (NotYet, NoMore):
            return
        except FFmpegError as error:
            raise damaged(error) from error


def _shape(frame: av.VideoFrame) -> tuple[int, int, str]:
    return frame.width, frame.height, frame.format.name


def deinterlaced(frames: Iterable[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    """Whole frames of woven ones, at their times; what is not interlaced passes as it is."""
    chain: Chain | None = None
    for frame in frames:
        if chain is not None and not chain.takes(frame):
            yield from chain.through(None)
            chain = None
        chain = chain or Chain(frame, _DEINTERLACE)
        yield from chain.through(frame)
    if chain is not None:
        yield from chain.through(None)


class Painter:
    """Turns decoded frames into what is encoded: 8 bit, BT.709, upright, of the conversion's size."""

    def __init__(self, conversion: Conversion, folder: Path) -> None:
        self._conversion = conversion
        self._table = folder / "tone.cube"
        self._chain: Chain | None = None

    def paint(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The finished picture of ``frame``. A recording may change its size on the way. Raises ``Corrupt``."""
        if self._chain is None or not self._chain.takes(frame):
            self._chain = Chain(frame, steps(self._conversion, frame, self._table))
        return next(self._chain.through(frame))

    def __enter__(self) -> Self:
        hdr = self._conversion.colour.hdr
        if hdr is not None:
            write_table(hdr, self._table)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._table.unlink(missing_ok=True)


def steps(conversion: Conversion, frame: av.VideoFrame, table: Path) -> tuple[str, ...]:
    """The filters for ``frame``, each as ffmpeg spells it."""
    turned = conversion.rotation in (90, 270)
    width, height = conversion.width, conversion.height
    size = (height, width) if turned else (width, height)
    crop = Filter.CROP in conversion.filters and frame.width - size[0] in (0, 1) and frame.height - size[1] in (0, 1)
    cut = (f"crop={size[0]}:{size[1]}:0:0",) if crop else ()
    return (*cut, *_colours(conversion, frame, size, table), *_TURNS.get(conversion.rotation, ()))


def _colours(conversion: Conversion, frame: av.VideoFrame, size: tuple[int, int], table: Path) -> tuple[str, ...]:
    source = _source_colours(conversion, frame)
    scale = f"scale={size[0]}:{size[1]}:flags=bicubic+accurate_rnd+full_chroma_int:{source}"
    target = "out_color_matrix=bt709:out_range=limited"
    if conversion.colour.hdr is None:
        return (f"{scale}:{target}", "format=yuv420p")
    relabelled = "setparams=color_primaries=bt709:color_trc=bt709"
    return (scale, "format=gbrp10le", f"lut3d=file={_quoted(table)}", relabelled, f"scale={target}", "format=yuv420p")


def _source_colours(conversion: Conversion, frame: av.VideoFrame) -> str:
    named = {"bt709": "bt709", "bt2020nc": "bt2020", "bt2020c": "bt2020", "smpte240m": "smpte240m", "fcc": "fcc"}
    guessed = "bt709" if frame.height >= _HIGH_DEFINITION else "bt601"
    colour = conversion.colour
    matrix = guessed if colour.matrix in ("unknown", "gbr") else named.get(colour.matrix, "bt601")
    return f"in_color_matrix={matrix}:in_range={'full' if colour.full_range else 'limited'}"


def _quoted(path: Path) -> str:
    """A file name as the value of one filter option."""
    return "".join(f"\\{character}" if character in "\\':" else character for character in str(path))
