"""Where everything is in the frame: slide, host and B-roll. Pure; pixels, all of them even.

In a frame that is higher than wide there is room above or below a slide, never beside it: ``side_by_side`` then puts
the host below.
"""

from __future__ import annotations

from app.modules.videos.pipeline.looks import Box, Window
from app.modules.videos.scenery import Arrangement, Corner, Layout, Shape, Side

CORNERS = (Corner.BOTTOM_RIGHT, Corner.BOTTOM_LEFT, Corner.TOP_RIGHT, Corner.TOP_LEFT)
#: Those in which somebody can stand: the first of the corners.
STANDING = CORNERS[:2]
_OPPOSITE = {
    Corner.BOTTOM_RIGHT: Corner.TOP_LEFT,
    Corner.BOTTOM_LEFT: Corner.TOP_RIGHT,
    Corner.TOP_RIGHT: Corner.BOTTOM_LEFT,
    Corner.TOP_LEFT: Corner.BOTTOM_RIGHT,
}
#: Side by side, nothing touches the edge or the other: thousandths of the shorter side.
_GAP = 20
_INSET_SHARE = 420
#: Pixels. In less, nobody would be recognised, and the embedded presenter cannot be drawn.
SMALLEST = 64

Size = tuple[int, int]


def slide_box(layout: Layout, frame: Size, *, hosted: bool) -> Box | None:
    """The room for the slide; None when the host fills the frame."""
    if layout.arrangement is Arrangement.HOST and hosted:
        return None
    if layout.arrangement is Arrangement.SIDE_BY_SIDE and hosted:
        return _halves(layout, frame)[0]
    return whole(frame)


def host_window(layout: Layout, frame: Size, corner: Corner) -> Window | None:
    """The host's; None when the slide stands alone. ``corner`` is none but ``auto``."""
    match layout.arrangement:
        case Arrangement.SLIDE:
            return None
        case Arrangement.HOST:
            return Window(box=whole(frame))
        case Arrangement.SIDE_BY_SIDE:
            box = _halves(layout, frame)[1]
            shape = Shape.ROUNDED if layout.shape is Shape.CIRCLE else layout.shape
        case Arrangement.OVERLAY:
            box, shape = corner_box(layout, frame, corner), layout.shape
    room = min(box.width, box.height) - SMALLEST
    return Window(
        box=box,
        shape=shape,
        border=min(even(layout.border * min(frame) / 1000), room // 4 * 2),
        border_colour=layout.border_colour,
        shadow=layout.shadow,
    )


def cutout_window(layout: Layout, frame: Size, corner: Corner, picture: Size) -> Window | None:
    """That of a host whose recording, of the size ``picture``, is transparent: it stands on the frame's lower edge.

    All of it is seen in a corner; else its sides are cut off as in other windows.
    """
    match layout.arrangement:
        case Arrangement.SLIDE:
            return None
        case Arrangement.HOST:
            box = whole(frame)
        case Arrangement.SIDE_BY_SIDE:
            box = _to_edges(_halves(layout, frame)[1], frame)
        case Arrangement.OVERLAY:
            box = standing_box(layout, frame, corner, picture)
    return Window(box=box, cutout=True)


def _to_edges(box: Box, frame: Size) -> Box:
    """Without the gaps to the frame's sides and its lower edge: nothing is cut off before the frame ends."""
    gap = even(_GAP * min(frame) / 1000)
    left = 0 if box.x <= gap else box.x
    right = frame[0] if frame[0] - box.x - box.width <= gap else box.x + box.width
    return Box(x=left, y=box.y, width=right - left, height=frame[1] - box.y)


def standing_box(layout: Layout, frame: Size, corner: Corner, picture: Size) -> Box:
    """Of the picture's own shape, on the lower edge, left or right as the corner says."""
    height = min(layout.size * min(frame) / 1000, frame[0] * picture[1] / picture[0])
    size = (max(2, even(height * picture[0] / picture[1])), max(2, even(height)))
    side = min(even(layout.margin * min(frame) / 1000), frame[0] - size[0])
    box = _at(standing(corner), size, frame, side)
    return box.model_copy(update={"y": frame[1] - size[1]})


def standing(corner: Corner) -> Corner:
    """The one below it: nobody hangs from the ceiling."""
    return {Corner.TOP_LEFT: Corner.BOTTOM_LEFT, Corner.TOP_RIGHT: Corner.BOTTOM_RIGHT}.get(corner, corner)


def corner_box(layout: Layout, frame: Size, corner: Corner) -> Box:
    """Square for a circle, four to five else."""
    height = even(layout.size * min(frame) / 1000)
    width = height if layout.shape is Shape.CIRCLE else even(height * 4 / 5)
    if width < SMALLEST:
        width, height = SMALLEST, even(SMALLEST * height / width)
    return _at(corner, (width, height), frame, even(layout.margin * min(frame) / 1000))


def inset_window(frame: Size, share: float, *, host: Corner | None) -> Window:
    """For B-roll that leaves the slide in sight: opposite the host. ``share``: width over height."""
    width = even(min(_INSET_SHARE * frame[0] / 1000, _INSET_SHARE * frame[1] / 1000 * share))
    size = (width, even(width / share))
    box = _at(_OPPOSITE[host or Corner.BOTTOM_LEFT], size, frame, even(0.03 * min(frame)))
    return Window(box=box, shape=Shape.ROUNDED, border=even(0.004 * min(frame)), shadow=True)


def fitted(picture: Size, room: Box) -> Box:
    """The whole picture, as large as the room allows, in its middle."""
    width, height = picture
    scale = min(room.width / width, room.height / height)
    box = (min(room.width, max(2, even(width * scale))), min(room.height, max(2, even(height * scale))))
    x, y = (even((length - own) / 2) for length, own in zip((room.width, room.height), box, strict=True))
    return Box(x=room.x + x, y=room.y + y, width=box[0], height=box[1])


def whole(frame: Size) -> Box:
    return Box(x=0, y=0, width=frame[0], height=frame[1])


def even(length: float) -> int:
    """The nearest even number."""
    return 2 * round(length / 2)


def _halves(layout: Layout, frame: Size) -> tuple[Box, Box]:
    """For the slide and for the host."""
    width, height = frame
    gap = even(_GAP * min(frame) / 1000)
    if width < height:
        share = even(height * max(layout.split, 400) / 1000)
        slide = Box(x=gap, y=gap, width=width - 2 * gap, height=height - share - 2 * gap)
        return slide, Box(x=gap, y=height - share, width=width - 2 * gap, height=share - gap)
    share = even(width * layout.split / 1000)
    left = layout.side is Side.LEFT
    slide = Box(x=share + gap if left else gap, y=gap, width=width - share - 2 * gap, height=height - 2 * gap)
    return slide, Box(x=gap if left else width - share, y=gap, width=share - gap, height=height - 2 * gap)


def _at(corner: Corner, size: Size, frame: Size, margin: int) -> Box:
    right = corner in (Corner.BOTTOM_RIGHT, Corner.TOP_RIGHT)
    bottom = corner in (Corner.BOTTOM_RIGHT, Corner.BOTTOM_LEFT)
    x = frame[0] - size[0] - margin if right else margin
    y = frame[1] - size[1] - margin if bottom else margin
    return Box(x=x, y=y, width=size[0], height=size[1])
