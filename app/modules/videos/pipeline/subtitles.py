"""Captions in the picture: which are seen in a run of frames, and where they are. Pure.

They stand at the lower edge, in a tall frame above what apps lay over it; beside the host and the logo where there is
room for that, else above them, and always above a lower third.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from app.media.lettering.version import LETTERING_VERSION
from app.media.time import FrameRange
from app.modules.videos.pipeline.branding import overlap
from app.modules.videos.pipeline.looks import Box, Look
from app.modules.videos.pipeline.staging import Size, even
from app.modules.videos.scenery import Asset, Value

#: Of letters, and of the box for two lines with what is around them: thousandths of the frame's shorter side.
_SIZE, _SIZE_TALL, _LINES_HIGH = 44, 52, Fraction(33, 10)
#: From the frame's edges: thousandths of its shorter side, and of the height of a tall frame.
_SAFE, _BELOW_TALL = 50, 200
#: A row of words is no wider, and gets no less room: thousandths of the frame's width.
_WIDEST, _NARROWEST = 720, 450


class Timed(Value):
    """A caption of a scene, in milliseconds from its start."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]


class Subtitle(Value):
    """It is seen in frames ``first <= n < stop`` of the run."""

    first: int
    stop: int
    lines: tuple[str, ...]


class Subtitles(Value):
    """In letters of ``size`` pixels, in the middle of the room and at its lower edge."""

    room: Box
    size: int
    font: Asset | None
    shown: tuple[Subtitle, ...]
    lettering: str = LETTERING_VERSION


def subtitles_in(
    captions: Sequence[Timed], part: FrameRange, look: Look, frame: Size, fps: Fraction, font: Asset | None
) -> Subtitles | None:
    """Those of a part of a scene, whose frames count from the scene's first one."""
    shown = tuple(_shown(captions, part, fps))
    if not shown:
        return None
    size = letters(frame)
    return Subtitles(room=room_for(look, frame), size=size, font=font, shown=shown)


def letters(frame: Size) -> int:
    return round((_SIZE_TALL if frame[1] > frame[0] else _SIZE) * min(frame) / 1000)


def room_for(look: Look, frame: Size) -> Box:
    """What two lines may take."""
    (width, height), safe = frame, even(_SAFE * min(frame) / 1000)
    tall = 3 * height > 4 * width
    high = even(float(letters(frame) * _LINES_HIGH))
    bottom = height - (even(_BELOW_TALL * height / 1000) if tall else safe)
    room = Box(x=safe, y=bottom - high, width=width - 2 * safe, height=high)
    for taken in _taken(look, frame):
        if overlap(room, taken):
            room = _beside(room, taken, frame) or _above(room, taken, safe)
    widest = max(even(_WIDEST * width / 1000), min(room.width, even(0.9 * min(frame))))
    if room.width > widest:
        room = room.model_copy(update={"x": room.x + even((room.width - widest) / 2), "width": widest})
    return room


def _shown(captions: Sequence[Timed], part: FrameRange, fps: Fraction) -> Iterator[Subtitle]:
    for each in captions:
        first, stop = (round(Fraction(ms, 1000) * fps) - part.start for ms in (each.start_ms, each.end_ms))
        first, stop = max(0, first), min(len(part), stop)
        if first < stop:
            yield Subtitle(first=first, stop=stop, lines=each.lines)


def _taken(look: Look, frame: Size) -> Iterator[Box]:
    """Where words should not be; a host as wide as the frame cannot be helped."""
    if look.host is not None and look.host.window.box.width < frame[0]:
        yield look.host.window.box
    if look.mark is not None:
        yield look.mark.box
    if look.plate is not None:
        # Beside a plate there is room as well, but captions that jump aside are harder to read.
        yield Box(x=0, y=look.plate.room.y, width=frame[0], height=look.plate.room.height)


def _beside(room: Box, taken: Box, frame: Size) -> Box | None:
    gap = even(_SAFE * min(frame) / 2000)
    right = taken.x + taken.width + gap
    before, behind = taken.x - gap - room.x, room.x + room.width - right
    if max(before, behind) * 1000 < _NARROWEST * frame[0]:
        return None
    if before >= behind:
        return room.model_copy(update={"width": even(before)})
    return room.model_copy(update={"x": right, "width": even(behind)})


def _above(room: Box, taken: Box, gap: int) -> Box:
    """Where that would be out of the frame, on it."""
    y = taken.y - gap - room.height
    return room if y < 0 else room.model_copy(update={"y": even(y)})
