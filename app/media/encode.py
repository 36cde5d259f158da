# pyright: reportUnknownMemberType=false
"""Encodes frames that are drawn in this process.

One parameter set for every chunk of a file, so that chunks join without re-encoding: High profile, closed GOPs, no
look-ahead. A constant quantiser with four fixed B-frames, no macroblock tree, whole blocks and a short search
suit a still background with a small moving part. Against ``veryfast crf 20`` on two presenters at 1080p25: a third of
the time, 19 and 25 % smaller, luma 0.3 and 0.6 dB better, SSIM of the head .0009 and .0012 below (.9860, .9897).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from math import ceil, log2
from pathlib import Path
from types import TracebackType
from typing import Any, Self, assert_never, cast

import av
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from app.media.time import timescale

Plane = NDArray[np.uint8]
#: Part of every chunk's fingerprint: change it with anything below that can change a byte.
ENCODER_VERSION = f"x264-lean-17/pyav-{av.__version__}"
_BT709 = 1
_LIMITED = 1
#: No frame of a drawn chunk is farther from a key frame.
KEY_FRAME_S = 10
_X264 = (
    "me=dia:subme=1:partitions=none:no-dct-decimate=1:deadzone-inter=24:"
    "bframes=4:b-adapt=0:b-pyramid=none:mbtree=0:weightp=0:scenecut=0:ipratio=1.4:"
    "rc-lookahead=0:sync-lookahead=0:"
    "stitchable=1:open-gop=0:keyint=infinite:qp={qp}:colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv"
)


#: For pictures of a camera, where everything moves: the encoder's own judgement at an even quality, and a key frame
#: every two seconds, so that players seek at once. No macroblock tree: where the height is no multiple of 16, as 1080
#: is not, x264 then reads rows that nobody wrote, and two runs in three of the same frames differed.
_X264_CAMERA = (
    "crf={crf}:mbtree=0:stitchable=1:open-gop=0:keyint={two_seconds}:"
    "colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv"
)


#: The same among drawn chunks, with which it shares its parameter sets. One quantiser for all blocks: an encoder that
#: judges them (``crf`` with adaptive quantisation) takes a seventh to a third more time to be as near to the original.
#: Of all frames, below ``veryfast crf 20``: .0011 SSIM on a presenter who fills the frame (.9930 and .9941, at .86 of
#: the size) and .030 on a moving test picture with much grain (.955 and .984, two fifths of the size), in two fifths of
#: the time or less. A longer search takes 1.4 times as long, for .004 with grain and none on the presenter.
_X264_FOOTAGE = (
    "me=dia:subme=1:partitions=i8x8:"
    "bframes={bframes}:b-adapt=0:b-pyramid=none:mbtree=0:weightp=0:scenecut=0:rc-lookahead=0:sync-lookahead=0:"
    "pbratio={pbratio}:"
    "stitchable=1:open-gop=0:keyint=infinite:qp={{qp}}:colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv"
)
_FOOTAGE = _X264_FOOTAGE.format(bframes=4, pbratio=1.6)
#: Clips are all footage and join with nothing else. Made larger, of all frames, SSIM and size against ``veryfast crf
#: 20``: a presenter with grain .0018 less at .85, without .0007 less at 1.02, dark ones .0004 less at 1.02, and with
#: heavy noise .006 more at 1.17; in a fifth to a third of the time. With four frames between two that others refer to,
#: as in webinars: an eighth more time and a twelfth more bytes.
_CLIP = _X264_FOOTAGE.format(bframes=1, pbratio=2.0)
#: The quantiser of both. In the dark, less that is lost is seen: from such a mean of luma on down to the other, it is
#: finer by up to so many steps.
_FOOTAGE_QP, _DIM, _DARK, _BLACK, _FINER_IN_THE_DARK = 21, 100, 50, 24, 3
#: More than that of footage is not taken by all platforms: 25, less what differs from second to second. By so many
#: steps of the quantiser, half of the bits are saved. A shorter run is taken for as long as that; and the coarsest.
_MOST_MBPS, _HALVES, _RATED_S, _MOST_COARSER = 24, 6, 2, 20
#: Of clips, too, no frame is farther from a key frame: platforms convert them, and people seek in them.
_CLIP_KEY_FRAME_S = 2


class Content(StrEnum):
    """What the pictures are like: ``drawn`` ones stand still but for a small part, those of a ``camera`` do not.

    ``footage`` is a camera's, too, but joins with drawn chunks in one file; ``clip`` is footage that was reframed.
    """

    DRAWN = "drawn"
    CAMERA = "camera"
    FOOTAGE = "footage"
    CLIP = "clip"


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoProfile:
    """What all chunks of one file share, but for ``finer``: so many steps of the quantiser by which footage is coded
    better, or worse. ``qp`` is for drawn content, ``crf`` for that of a camera.
    """

    width: int
    height: int
    fps: Fraction
    qp: int = 22
    crf: int = 20
    preset: str = "veryfast"
    content: Content = Content.DRAWN
    finer: int = 0

    @property
    def is_footage(self) -> bool:
        return self.content in (Content.FOOTAGE, Content.CLIP)

    def suited_to(self, luma: Plane) -> VideoProfile:
        """For a run of footage that begins with this picture. Of one that is black, nothing is known yet."""
        mean = float(luma[::8, ::8].mean())
        dark = min(1.0, max(0.0, (_DIM - mean) / (_DIM - _DARK))) if mean > _BLACK else 0.0
        return replace(self, finer=self.finer + round(_FINER_IN_THE_DARK * dark))

    def held_back(self, chunk: Path, frames: int) -> VideoProfile | None:
        """Coarser, by which a chunk of footage that has become too large is not; None if it has not, or is coarse."""
        seconds = max(_RATED_S, frames / self.fps)
        over = chunk.stat().st_size * 8 / seconds / (_MOST_MBPS * 1_000_000)
        if not self.is_footage or over <= 1 or -self.finer >= _MOST_COARSER:
            return None
        return replace(self, finer=self.finer - ceil(_HALVES * log2(over)) - 1)

    @property
    def x264(self) -> str:
        match self.content:
            case Content.DRAWN:
                return _X264.format(qp=self.qp)
            case Content.CAMERA:
                return _X264_CAMERA.format(crf=self.crf, two_seconds=max(1, int(2 * self.fps)))
            case Content.FOOTAGE:
                return _FOOTAGE.format(qp=_FOOTAGE_QP - self.finer)
            case Content.CLIP:
                return _CLIP.format(qp=_FOOTAGE_QP - self.finer)
            case _:
                assert_never(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planes:
    """Writable views of one 8-bit 4:2:0 picture, BT.709, limited range."""

    y: Plane
    u: Plane
    v: Plane


def planes_of(frame: av.VideoFrame) -> Planes:
    """The planes of a yuv420p frame, without its row padding."""
    shapes = ((frame.width, frame.height), (frame.width // 2, frame.height // 2), (frame.width // 2, frame.height // 2))
    views = [
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:height, :width]
        for plane, (width, height) in zip(frame.planes, shapes, strict=True)
    ]
    return Planes(y=views[0], u=views[1], v=views[2])


class ChunkFile:
    """An MP4 file with one track of pictures, as all chunks of a video have it."""

    def __init__(self, path: Path, profile: VideoProfile, *, index_first: bool = False) -> None:
        scale = timescale(profile.fps)
        #: The length of a frame.
        self.tick = scale // profile.fps.numerator * profile.fps.denominator
        self.time_base = Fraction(1, scale)
        options = {"video_track_timescale": str(scale), "fflags": "+bitexact"}
        if profile.content is Content.CAMERA:
            # Its edit list would round the length to ms, in some chunks down: the next one would begin too early.
            options["movie_timescale"] = str(scale)
        if index_first:
            options["movflags"] = "+faststart"
        self._container = av.open(str(path), "w", format="mp4", options=options)
        self.stream = self._container.add_stream("libx264", rate=profile.fps)
        self.stream.time_base = self.time_base
        self.configure(profile)

    def configure(self, profile: VideoProfile) -> None:
        """As it is to be encoded; until the first frame it can still be changed."""
        configure(self.stream.codec_context, profile, self.time_base)

    def parameter_sets(self) -> bytes:
        """Those of the track, with start codes. From now on frames can be muxed that were coded elsewhere."""
        self._container.start_encoding()
        return self.stream.codec_context.extradata or b""

    def encode(self, picture: av.VideoFrame | None) -> None:
        """The next picture; with None all that is left."""
        self._container.mux(self.stream.encode(picture))

    def mux_coded(self, frame: bytes, *, shown: int, decoded: int, key: bool) -> None:
        """A frame with start codes, and its places in the orders of display and of decoding."""
        packet: av.Packet[Any] = av.Packet(frame)
        packet.stream, packet.time_base = self.stream, self.time_base
        packet.pts, packet.dts, packet.duration = shown * self.tick, decoded * self.tick, self.tick
        packet.is_keyframe = key
        self._container.mux(packet)

    def close(self) -> None:
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def configure(
    context: av.VideoCodecContext,
    profile: VideoProfile,
    time_base: Fraction | None = None,
    *,
    rows: int = 0,
    more: str = "",
) -> None:
    """For the whole picture, or for ``rows`` of it. ``more`` are further options of x264."""
    context.width, context.height, context.pix_fmt = profile.width, rows or profile.height, "yuv420p"
    context.time_base = time_base or 1 / profile.fps
    context.framerate = profile.fps
    context.thread_count = 1
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = _LIMITED
    context.options = {
        "preset": profile.preset,
        "profile": "high",
        "x264-params": profile.x264 + more,
        "forced-idr": "1",
        "flags": "+cgop+bitexact",
    }


def encoded_by(context: av.VideoCodecContext, picture: av.VideoFrame | None) -> list[av.Packet[Any]]:
    """What is finished with the next picture; with None all that is left."""
    return cast("list[av.Packet[Any]]", context.encode(picture))


class ChunkEncoder:
    """Writes one video-only chunk. Draw into ``planes``, then ``write()``; the picture stays for the next frame.

    Or hand over finished pictures with ``write_picture()``. ``index_first``: it is to be played as it is.
    """

    def __init__(self, path: Path, profile: VideoProfile, *, index_first: bool = False) -> None:
        self._file, self._profile = ChunkFile(path, profile, index_first=index_first), profile
        self._key_every = key_frames_apart(profile)
        self._count = 0
        self._frame = av.VideoFrame(profile.width, profile.height, "yuv420p")
        self._frame.colorspace, self._frame.color_range = _BT709, _LIMITED
        self.planes = planes_of(self._frame)

    def write(self) -> None:
        """Encode what the planes show now as the next frame."""
        self._encode(self._frame)

    def write_picture(self, picture: av.VideoFrame) -> None:
        """Encode ``picture`` (yuv420p, BT.709, limited range, of the profile's size) as the next frame."""
        picture.pict_type = PictureType.NONE  # or the encoder would take over what the frame was in its source
        picture.colorspace, picture.color_range = _BT709, _LIMITED
        self._encode(picture)

    def _encode(self, picture: av.VideoFrame) -> None:
        if self._profile.is_footage and not self._count:
            self._file.configure(self._profile.suited_to(planes_of(picture).y))
        if self._key_every:
            picture.pict_type = PictureType.NONE if self._count % self._key_every else PictureType.I
        picture.pts = self._count * self._file.tick
        picture.time_base = self._file.time_base
        self._count += 1
        self._file.encode(picture)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._file.encode(None)
        self._file.close()


def key_frames_apart(profile: VideoProfile) -> int:
    """In frames; 0 where the encoder decides."""
    match profile.content:
        case Content.CAMERA:
            return 0
        case Content.CLIP:
            return int(_CLIP_KEY_FRAME_S * profile.fps)
        case Content.DRAWN | Content.FOOTAGE:
            return int(KEY_FRAME_S * profile.fps)
        case _:
            assert_never(profile.content)
