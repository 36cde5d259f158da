"""Where the presenter stands in the frame."""

from __future__ import annotations

from dataclasses import dataclass

from app.avatars.studio.errors import UnusableFrame
from app.avatars.studio.face import EYE_Y

_SMALLEST, _LARGEST = 64, 4096
#: From chin to hairline, in design units: what a head measures.
_HEAD = 414.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """``scale`` pixels to the unit; ``x``, ``y`` is the pixel where the middle of the face is."""

    scale: float
    x: float
    y: float


def check_frame(width: int, height: int) -> None:
    """Raises ``UnusableFrame``."""
    if min(width, height) < _SMALLEST or max(width, height) > _LARGEST or width % 2 or height % 2:
        raise UnusableFrame(
            f"A frame of {width}x{height} cannot be drawn. Both sides must be even, from {_SMALLEST} to {_LARGEST}."
        )


def framed(width: int, height: int, top: float) -> Framing:
    """Head and shoulders, as large as height or width allow; ``top`` is the highest point of the hair, in units.

    The eyes sit on the upper two fifths, lower when tall hair needs the room.
    """
    scale = min(0.45 * height, 0.585 * width) / _HEAD
    wanted = 0.405 * height - EYE_Y * scale
    return Framing(scale=scale, x=width / 2, y=max(wanted, 0.06 * height - top * scale))
