"""How a finished file is made: what platforms ask about it, read from the file itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from app.media.boxes import read_boxes


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """``picture_kbps``: over the whole length. ``edited``: a list of edits says when a track begins."""

    bytes: int
    picture_kbps: int
    codec: str
    pixel_format: str
    sound_codec: str
    sample_rate: int
    channels: int
    index_at_front: bool
    edited: bool


def made_of(video: Path) -> Made:
    """Of an MP4 file with picture and sound."""
    boxes = read_boxes(video)
    with av.open(str(video)) as media:
        picture, sound = media.streams.video[0], media.streams.audio[0]
        size = sum(packet.size for packet in media.demux(picture))
        seconds: Any = (picture.duration or 1) * (picture.time_base or 1)
        return Made(
            bytes=video.stat().st_size,
            picture_kbps=round(size * 8 / seconds / 1000),
            codec=picture.codec_context.codec.canonical_name,
            pixel_format=picture.codec_context.pix_fmt or "",
            sound_codec=sound.codec_context.codec.canonical_name,
            sample_rate=sound.sample_rate,
            channels=sound.channels,
            index_at_front=boxes.index_at_front,
            edited=any(track.edits for track in boxes.tracks),
        )
