"""Recordings that are transparent in parts: how to tell, and how to decode them so that they stay so.

WebM keeps the coverage of VP8 and VP9 beside the picture, where only libvpx looks for it; elsewhere (ProRes 4444, PNG,
Animation) it is a part of every frame.
"""

from __future__ import annotations

from typing import cast

import av
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

#: What decodes the coverage, by the codec that does not.
_KEEPS_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


def says_alpha(stream: VideoStream, pixel_format: str) -> bool:
    """Whether the coverage of its pixels is in the recording, whose frames are decoded to ``pixel_format``."""
    return _beside(stream) or has_alpha(av.VideoFormat(pixel_format))


def has_alpha(pixel_format: av.VideoFormat) -> bool:
    return any(component.is_alpha for component in pixel_format.components)


def alpha_decoder(stream: VideoStream) -> VideoCodecContext:
    """One whose frames keep the coverage, if there is any. To be used from a key frame on."""
    if not _beside(stream):
        return stream.codec_context
    name = _KEEPS_ALPHA[stream.codec_context.codec.canonical_name]
    return cast("VideoCodecContext", av.CodecContext.create(name, "r"))


def _beside(stream: VideoStream) -> bool:
    """ffmpeg 9 writes the name in capitals when it copies a file."""
    said = {name.lower(): value for name, value in stream.metadata.items()}
    return said.get("alpha_mode") == "1" and stream.codec_context.codec.canonical_name in _KEEPS_ALPHA
