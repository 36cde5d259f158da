"""How long a finished recording is. Read only in limited child processes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError

from app.media.errors import NotPlayable

#: Vendors round the length they write down; what is cut off by a broken download is more than this.
_MISSING_MS = 200


def measured_ms(path: Path) -> int:
    """How long the picture lasts, by reading every packet of the file.

    Raises ``NotPlayable`` for what is not a video, and for one that ends before it says it does.
    """
    try:
        with av.open(str(path)) as container:
            return _measured_ms(container)
    except FFmpegError as error:
        raise NotPlayable(f"{path.name} cannot be read as a video: {error.strerror}.") from error


def _measured_ms(container: InputContainer) -> int:
    if not container.streams.video:
        raise NotPlayable("The file holds no picture.")
    stream, end, whole = container.streams.video[0], 0, True
    for packet in container.demux():
        whole = whole and not packet.is_corrupt
        if packet.stream is stream and packet.pts is not None:
            end = max(end, packet.pts + (packet.duration or 0))
    tick = stream.time_base or Fraction(1)
    measured = round((end - (stream.start_time or 0)) * tick * 1000)
    promised = round((stream.duration or 0) * tick * 1000)
    if not whole or measured <= 0 or measured + _MISSING_MS < promised:
        raise NotPlayable(f"The file breaks off: {measured} ms of {promised or 'an unknown number of'} ms are there.")
    return measured
