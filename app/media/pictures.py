"""Pictures of a recording that plays: a poster, a preview that moves, and small ones along its time line.

Only key frames are decoded for them, and some frames after a few of them, so that a long recording costs little more
than a short one. Where key frames are rarer than the small pictures should be, there are fewer small pictures: decoding
up to each would cost as much as playing the whole. What is shown small is decoded without smoothing its blocks.

Called in limited child processes only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from av.video.stream import VideoStream
from numpy.typing import NDArray

from app.media.demux import packets_of
from app.media.encode import ChunkEncoder, Content, VideoProfile
from app.media.examined import Colour, Rotation
from app.media.excerpt import opened_at
from app.media.refusals import Corrupt

Bgr = NDArray[np.uint8]
Matrix = Literal["bt709", "bt601", "bt2020"]
_HIGH_DEFINITION = 720
_SPACES = {"bt709": Colorspace.ITU709, "bt601": Colorspace.ITU601, "bt2020": Colorspace.ITU709}
_TAGGED = {1: Colorspace.ITU709, 5: Colorspace.ITU601, 6: Colorspace.ITU601}

_TILE = 160
_COLUMNS, _ROWS = 10, 10
#: As many tiles as this are always worth their key frames, and in long recordings one for every minute.
_TILES_OF_SHORT, _TILES_PER_S = 40, Fraction(1, 60)
#: Seconds from tile to tile: the first that needs no more tiles than that.
_INTERVALS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60, 120, 300, 600)
_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 72)
#: A picture that is darker on average, or more even, says nothing about the recording.
_DARK, _EVEN = 24.0, 12.0
_FINE_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 90)
_POSTER_SIDE = 1920
_MOMENTS, _MOMENT_S = 3, Fraction(4, 5)
_PREVIEW_SIDE, _PREVIEW_RATE, _PREVIEW_CRF = 480, Fraction(25, 2), 28
#: Packets that are looked through for one key frame before the place is given up.
_PATIENCE = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Playable:
    """A recording to make pictures of: sizes as shown, times in seconds from ``origin`` on its own clock."""

    path: Path
    picture_index: int
    width: int
    height: int
    rotation: Rotation
    origin: Fraction
    duration: Fraction
    key_frame_every: Fraction
    colour: Colour

    @property
    def matrix(self) -> Matrix:
        """How its colours are encoded; where the file does not say, as players take it for its size."""
        known: dict[str, Matrix] = {"bt709": "bt709", "bt470bg": "bt601", "smpte170m": "bt601", "bt2020nc": "bt2020"}
        usual: Matrix = "bt709" if min(self.width, self.height) >= _HIGH_DEFINITION else "bt601"
        return known.get(self.colour.matrix, usual)


@dataclass(frozen=True, slots=True, kw_only=True)
class Storyboard:
    """Sheets of tiles, filled line by line; tile ``n`` shows the recording at ``n * interval`` seconds."""

    sheets: tuple[Path, ...]
    interval: Fraction
    tiles: int
    tile_width: int
    tile_height: int
    telling: Fraction

    def facts(self) -> dict[str, Any]:
        return {
            "interval": float(self.interval),
            "tiles": self.tiles,
            "columns": _COLUMNS,
            "rows": _ROWS,
            "tile_width": self.tile_width,
            "tile_height": self.tile_height,
        }


def draw_storyboard(playable: Playable, folder: Path) -> Storyboard:
    """Write ``storyboard-0.jpg``, ``storyboard-1.jpg``, ... Raises ``Corrupt`` when no picture can be decoded.

    ``telling`` is a time at which there is something to see.
    """
    interval = interval_for(playable.duration, playable.key_frame_every)
    count = max(1, -(-playable.duration // interval))
    width, height = _fitted(playable, _TILE)
    times = [number * interval for number in range(count)]
    tiles = list(_tiles(playable, times, (width, height)))
    telling = next((time for time, tile in zip(times, tiles, strict=True) if _tells(tile)), times[0])
    return Storyboard(
        sheets=tuple(_write_sheets(tiles, folder)),
        interval=interval,
        tiles=count,
        tile_width=width,
        tile_height=height,
        telling=telling,
    )


def interval_for(duration: Fraction, key_frame_every: Fraction) -> Fraction:
    """A round number of seconds that needs not too many tiles, and is not shorter than from key frame to key frame."""
    tiles = max(_TILES_OF_SHORT, duration * _TILES_PER_S)
    least = max(duration / tiles, min(key_frame_every, duration / 4))
    return next((Fraction(each) for each in _INTERVALS if each >= least), Fraction(-(-least // 60) * 60))


def _tiles(playable: Playable, times: list[Fraction], size: tuple[int, int]) -> Iterator[Bgr]:
    """One picture for each time; the one before where nothing can be decoded."""
    shown, last = None, None
    for media, stream, time in _streams_at(playable, times, "NONKEY"):
        frame = _key_frame(media, stream, _place(stream, playable, time))
        if frame is not None and frame.pts != shown:
            shown, last = frame.pts, _small(frame, playable, size)
        if last is None:
            last = np.zeros((size[1], size[0], 3), np.uint8)
        yield last
    if shown is None:
        raise _undecodable()


def _streams_at(
    playable: Playable, times: Sequence[Fraction], skipped: Literal["NONKEY", "NONREF", "DEFAULT"]
) -> Iterator[tuple[InputContainer, VideoStream, Fraction]]:
    """At each time the picture, to be decoded quickly and but for what is ``skipped``."""
    current, stream = None, None
    for media, at in opened_at(playable.path, [playable.origin + time for time in times]):
        if stream is None or media is not current:
            current, stream = media, _picture_of(media, playable, quick=True)
            stream.codec_context.skip_frame = skipped
        yield media, stream, at - playable.origin


def _key_frame(media: InputContainer, stream: VideoStream, place: int) -> av.VideoFrame | None:
    """The key frame at ``place`` (ticks of the stream) or before it, or else the next one."""
    try:
        media.seek(max(place, stream.start_time or 0), stream=stream)
        for tried, packet in enumerate(packets_of(media, stream)):
            if not packet.is_keyframe and packet.size:
                if tried >= _PATIENCE:
                    return None
                continue
            for frame in packet.decode():
                return frame
            # A decoder that reorders gives the frame when it is told that no other follows.
            rest = stream.codec_context.decode(None)  # pyright: ignore[reportUnknownMemberType]
            return rest[0] if rest else None
    except FFmpegError:  # damaged here: the other places may not be
        return None
    finally:
        stream.codec_context.flush_buffers()
    return None


def _small(frame: av.VideoFrame, playable: Playable, size: tuple[int, int]) -> Bgr:
    rotation = playable.rotation
    width, height = size if rotation in (0, 180) else size[::-1]
    drawn = frame.reformat(
        width,
        height,
        "bgr24",
        src_colorspace=_space(frame, playable),
        dst_color_range=ColorRange.JPEG,
        interpolation=Interpolation.AREA,
    )
    turned = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
    pixels = np.asarray(drawn.to_ndarray(), np.uint8)
    return pixels if rotation == 0 else np.asarray(cv2.rotate(pixels, turned[rotation]), np.uint8)


def _space(frame: av.VideoFrame, playable: Playable) -> Colorspace:
    """As the frame itself is tagged, else as the recording is."""
    return _TAGGED.get(frame.colorspace, _SPACES[playable.matrix])


def _fitted(playable: Playable, longest: int) -> tuple[int, int]:
    """As large as fits, never larger than it is; even."""
    scale = min(Fraction(1), Fraction(longest, max(playable.width, playable.height)))
    width, height = (max(2, round(length * scale / 2) * 2) for length in (playable.width, playable.height))
    return width, height


def _tells(tile: Bgr) -> bool:
    return float(tile.mean()) > _DARK and float(tile.std()) > _EVEN


def _write_sheets(tiles: list[Bgr], folder: Path) -> Iterator[Path]:
    """Every sheet full but the last, which ends with its last line."""
    for number, first in enumerate(range(0, len(tiles), _COLUMNS * _ROWS)):
        shown = tiles[first : first + _COLUMNS * _ROWS]
        lines = [_line(shown[place : place + _COLUMNS]) for place in range(0, len(shown), _COLUMNS)]
        path = folder / f"storyboard-{number}.jpg"
        cv2.imwrite(str(path), np.vstack(lines), _JPEG)
        yield path


def _line(tiles: list[Bgr]) -> Bgr:
    rest = [np.zeros_like(tiles[0])] * (_COLUMNS - len(tiles))
    return np.hstack([*tiles, *rest])


def draw_poster(playable: Playable, at: Fraction, target: Path) -> None:
    """The key frame at the time, upright, as JPEG; of high resolutions not larger than 1920 pixels."""
    for media, _ in opened_at(playable.path, [playable.origin + at]):
        stream = _picture_of(media, playable)
        stream.codec_context.skip_frame = "NONKEY"
        frame = _key_frame(media, stream, _place(stream, playable, at))
        if frame is None:
            raise _undecodable()
        cv2.imwrite(str(target), _small(frame, playable, _fitted(playable, _POSTER_SIDE)), _FINE_JPEG)


def draw_preview(playable: Playable, target: Path, *, beginning: bool = False) -> None:
    """A few moments from all along, or the beginning alone, or all of what is short; small, silent, ready to be shown
    in a list.

    Of moments, frames to which no other refers are left out: of a recording at this rate that is every second one, or
    fewer. Of our own videos it can be four of five, which would be too many of a face that speaks.
    """
    length, shown = playable.duration, _MOMENTS * _MOMENT_S
    moments = [Fraction(0)] if beginning else [length * number / _MOMENTS for number in range(_MOMENTS)]
    if length <= 2 * shown:
        moments, shown = [Fraction(0)], length
    ticks = max(1, round(shown / len(moments) * _PREVIEW_RATE))
    width, height = _fitted(playable, _PREVIEW_SIDE)
    profile = VideoProfile(width=width, height=height, fps=_PREVIEW_RATE, content=Content.CAMERA, crf=_PREVIEW_CRF)
    with ChunkEncoder(target, profile, index_first=True) as encoder:
        for media, stream, moment in _streams_at(playable, moments, "DEFAULT" if beginning else "NONREF"):
            for picture in _moving(media, stream, playable, moment, ticks, (width, height)):
                encoder.write_picture(picture)


def _moving(
    media: InputContainer, stream: VideoStream, playable: Playable, moment: Fraction, ticks: int, size: tuple[int, int]
) -> Iterator[av.VideoFrame]:
    """So many pictures from the key frame at the moment on, at the rate of a preview; each stays until the next."""
    written, last, begun = 0, None, None
    for frame in _decoded_from(media, stream, _place(stream, playable, moment)):
        at = (frame.pts or 0) * (frame.time_base or Fraction(1))
        begun = at if begun is None else begun
        while last is not None and written < ticks and written / _PREVIEW_RATE < at - begun:
            yield _encodable(last, playable, size)
            written += 1
        last = frame
        if written >= ticks:
            return
    for _ in range(written, ticks if last is not None else 0):
        yield _encodable(last, playable, size)


def _decoded_from(media: InputContainer, stream: VideoStream, place: int) -> Iterator[av.VideoFrame]:
    try:
        media.seek(max(place, stream.start_time or 0), stream=stream)
        for _, packet in zip(range(_PATIENCE), packets_of(media, stream), strict=False):
            yield from packet.decode()
    except FFmpegError:  # damaged here: what came before it is shown, and the other places may be whole
        return
    finally:
        stream.codec_context.flush_buffers()


def _encodable(frame: av.VideoFrame | None, playable: Playable, size: tuple[int, int]) -> av.VideoFrame:
    assert frame is not None
    if playable.rotation == 0:
        return frame.reformat(
            *size,
            "yuv420p",
            src_colorspace=_space(frame, playable),
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.AREA,
        )
    drawn = av.VideoFrame.from_ndarray(_small(frame, playable, size), format="bgr24")
    return drawn.reformat(
        format="yuv420p",
        src_color_range=ColorRange.JPEG,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
    )


def _picture_of(media: InputContainer, playable: Playable, *, quick: bool = False) -> VideoStream:
    """Its stream, to be decoded in one thread; ``quick``: good enough for small pictures."""
    stream = media.streams[playable.picture_index]
    assert isinstance(stream, VideoStream)
    stream.codec_context.thread_count = 1
    if quick:
        stream.codec_context.options = {"skip_loop_filter": "all"}
    return stream


def _place(stream: VideoStream, playable: Playable, at: Fraction) -> int:
    """A time in ticks of the stream."""
    return round((playable.origin + at) / (stream.time_base or Fraction(1, 1000)))


def _undecodable() -> Corrupt:
    return Corrupt("The file is damaged: no picture in it can be decoded. Export it again and upload that.")
