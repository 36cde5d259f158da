"""What the brand adds to a scene: colours, a card, the logo, the lower third; where they are, and when. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from app.media.time import FrameRange, frames_for
from app.modules.videos.pipeline.looks import CARD_MARGIN, Box, Cover, Look, Mark, Motion, Palette, Plate
from app.modules.videos.pipeline.staging import CORNERS, Size, even, fitted, whole
from app.modules.videos.scenery import Brand, Card, Corner, LowerThird, Side

#: How long a lower third comes and goes, and the shortest time in which it can be read.
_MOVING_MS, SHORTEST_MS = 400, 1200
#: From the frame's edge, which some screens cut off; thousandths of its shorter side.
_SAFE = 50
#: A logo is no wider, and a plate has no less room: thousandths of the frame's width.
_WIDEST_LOGO, _NARROWEST_PLATE = 300, 380
#: A plate is no higher, nor wider: thousandths of the frame's shorter side.
_HIGHEST_PLATE, _WIDEST_PLATE = 160, 900
#: On a card the logo is larger, but leaves the words their room.
_ON_CARD, _HIGHEST_ON_CARD = Fraction(3, 2), 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Plated:
    """A lower third and the frames of the scene in which it is seen; it comes in the first ``moving`` of them, and goes
    in the last.
    """

    words: LowerThird
    first: int
    stop: int
    moving: int

    @property
    def edges(self) -> set[int]:
        return {self.first, self.first + self.moving, self.stop - self.moving, self.stop}

    def motion_at(self, at: int) -> Motion | None:
        if at < self.first + self.moving:
            return Motion(coming=True, at=at - self.first, frames=self.moving)
        going = at - (self.stop - self.moving)
        return Motion(coming=False, at=going, frames=self.moving) if going >= 0 else None


def plated(words: LowerThird | None, free: FrameRange, fps: Fraction) -> Plated | None:
    """In those frames of the scene that are ``free``; earlier than asked for when it ends too soon to read it."""
    shortest, moving = frames_for(SHORTEST_MS, fps), max(1, frames_for(_MOVING_MS, fps))
    if words is None or len(free) < shortest:
        return None
    wanted = frames_for(words.at_ms, fps) if words.at_ms else 0
    first = min(max(free.start, wanted), free.stop - shortest)
    stop = min(free.stop, first + max(shortest, frames_for(words.duration_ms, fps)))
    return Plated(words=words, first=first, stop=stop, moving=moving)


def branded(look: Look, card: Card | None, lower: Plated | None, at: int, brand: Brand, frame: Size) -> Look:
    """The look of frame ``at`` of the scene, before B-roll is laid over it."""
    added: dict[str, object] = {"ground": brand.ground}
    if card is not None:
        cover = Cover(title=card.title, subtitle=card.subtitle, palette=palette_of(brand), logo=_on_card(brand, frame))
        return look.model_copy(update={**added, "cover": cover})
    host = look.host.window.box if look.host is not None and look.host.window.box != whole(frame) else None
    mark = mark_of(brand, frame, host)
    added["mark"] = mark
    if lower is not None and lower.first <= at < lower.stop:
        room, side = plate_room(frame, host, mark.box if mark is not None else None)
        words = lower.words
        added["plate"] = Plate(
            name=words.name, role=words.role, palette=palette_of(brand), room=room, side=side,
            motion=lower.motion_at(at),
        )  # fmt: skip
    return look.model_copy(update=added)


def palette_of(brand: Brand) -> Palette:
    return Palette(back=brand.card, text=brand.text, accent=brand.accent, font=brand.font)


def mark_of(brand: Brand, frame: Size, host: Box | None) -> Mark | None:
    """The logo in its corner; in the nearest other one when the host is there."""
    for corner in _nearest(brand.logo_corner):
        mark = _logo(brand, frame, corner)
        if mark is None or host is None or not overlap(mark.box, host):
            return mark
    return _logo(brand, frame, brand.logo_corner)


def plate_room(frame: Size, host: Box | None, mark: Box | None) -> tuple[Box, Side]:
    """Where a plate can be: at the lower edge beside the host, above one who leaves no room beside, on one who leaves
    none at all. Never on the logo.
    """
    width, height = frame
    safe, highest = even(_SAFE * min(frame) / 1000), even(_HIGHEST_PLATE * min(frame) / 1000)
    left, right, bottom, side = safe, width - safe, height - safe, Side.LEFT
    strip = Box(x=left, y=bottom - highest, width=right - left, height=highest)
    if host is not None and overlap(strip, host):
        before, behind = host.x - safe, width - host.x - host.width - safe
        if max(before, behind) - safe >= _NARROWEST_PLATE * width / 1000:
            left, right = (safe, before) if before >= behind else (width - behind, width - safe)
            side = Side.LEFT if before >= behind else Side.RIGHT
        elif host.y >= highest + 2 * safe:
            bottom = host.y - safe
    left, right = _no_wider(left, right, even(_WIDEST_PLATE * min(frame) / 1000), side)
    room = Box(x=left, y=even(bottom) - highest, width=right - left, height=highest)
    if mark is not None and overlap(room, mark):
        room = _beside(room, mark, frame)
    return room, side


def _beside(room: Box, mark: Box, frame: Size) -> Box:
    """Above a logo at the lower edge, beside one at the upper."""
    gap = even(_SAFE * min(frame) / 2000)
    if mark.y > frame[1] / 2:
        return room.model_copy(update={"y": mark.y - gap - room.height})
    if mark.x > frame[0] / 2:
        return room.model_copy(update={"width": mark.x - gap - room.x})
    left = mark.x + mark.width + gap
    return room.model_copy(update={"x": left, "width": room.x + room.width - left})


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def _no_wider(left: int, right: int, widest: int, side: Side) -> tuple[int, int]:
    if right - left <= widest:
        return even(left), even(right)
    return (even(left), even(left) + widest) if side is Side.LEFT else (even(right) - widest, even(right))


def _on_card(brand: Brand, frame: Size) -> Mark | None:
    """The logo below the words."""
    size = min(round(brand.logo_size * _ON_CARD), _HIGHEST_ON_CARD)
    mark = _logo(brand.model_copy(update={"logo_size": size}), frame, Corner.BOTTOM_LEFT)
    if mark is None:
        return None
    margin = even(CARD_MARGIN * frame[0] / 1000)
    return mark.model_copy(update={"box": mark.box.model_copy(update={"x": margin})})


def _logo(brand: Brand, frame: Size, corner: Corner) -> Mark | None:
    logo = brand.logo
    if logo is None:
        return None
    margin, height = even(_SAFE * min(frame) / 1000), even(brand.logo_size * min(frame) / 1000)
    widest = even(_WIDEST_LOGO * frame[0] / 1000)
    size = fitted((logo.width, logo.height), Box(x=0, y=0, width=widest, height=height))
    right = corner in (Corner.TOP_RIGHT, Corner.BOTTOM_RIGHT)
    below = corner in (Corner.BOTTOM_LEFT, Corner.BOTTOM_RIGHT)
    x = frame[0] - margin - size.width if right else margin
    y = frame[1] - margin - size.height if below else margin
    return Mark(picture=logo, box=Box(x=x, y=y, width=size.width, height=size.height))


def _nearest(corner: Corner) -> tuple[Corner, ...]:
    """All, from this one on: first along the same edge, top or bottom."""
    row, column = corner.value.split("_")
    return tuple(sorted(CORNERS, key=lambda other: _distance(other, row, column)))


def _distance(corner: Corner, row: str, column: str) -> int:
    own = corner.value.split("_")
    return 2 * (own[0] != row) + (own[1] != column)
