"""What is seen in a run of frames, put together from back to front. Pure values; ``painting.py`` draws them.

Everything is counted from the first frame of the run, so that a run looks the same wherever it stands on the timeline.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from typing import Literal

from app.media.lettering.version import LETTERING_VERSION
from app.modules.videos.scenery import Asset, Shape, Side, Value


class Box(Value):
    """Pixels ``x <= column < x + width``; all four are even."""

    x: int
    y: int
    width: int
    height: int

    def __contains__(self, other: Box) -> bool:
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.x + other.width <= self.x + self.width
            and other.y + other.height <= self.y + self.height
        )


class Drawn(Value):
    """The embedded presenter in a shot of ``frames``, from frame ``at`` on. Without a take it is silent."""

    kind: Literal["drawn"] = "drawn"
    character: str
    backdrop: str
    seed: int
    take: str | None
    lead_ms: int = 0
    frames: int
    at: int = 0


class Filmed(Value):
    """A recording, an asset or a take, from ``at`` on; with ``loop`` from ``start`` to ``stop`` again and again.

    Times are seconds on its own clock, as fractions.
    """

    kind: Literal["filmed"] = "filmed"
    asset: Asset | None = None
    take: str | None = None
    at: str = "0"
    start: str = "0"
    stop: str | None = None
    loop: bool = False

    def after(self, duration: Fraction) -> Filmed:
        """The same, seen that much later."""
        at = Fraction(self.at) + duration
        if self.loop and self.stop is not None:
            start = Fraction(self.start)
            at = start + (at - start) % (Fraction(self.stop) - start)
        return self.model_copy(update={"at": str(at)})


#: To be raised when a pixel of a cropped picture can change (``cropping.py``).
CROPPING_VERSION = "2"


class Pan(Value):
    """Where the middle of a crop is at a frame, in ten-thousandths of the picture. With ``cut`` it jumps there."""

    frame: int
    x: int
    y: int
    cut: bool = False


class Pane(Value):
    """A part of the frame and what of the recording fills it: ``width`` and ``height`` in ten-thousandths of it."""

    box: Box
    width: int
    height: int
    path: tuple[Pan, ...]

    def later(self, frames: int) -> Pane:
        """Counted from so many frames later."""
        moved = tuple(pan.model_copy(update={"frame": pan.frame - frames}) for pan in self.path)
        return self.model_copy(update={"path": moved})


class Reframed(Value):
    """A recording from ``at`` on, cropped for a frame of another shape; with ``blurred`` before itself, out of focus.

    Seconds on its own clock, as a fraction.
    """

    kind: Literal["reframed"] = "reframed"
    asset: Asset
    at: str
    panes: tuple[Pane, ...]
    blurred: bool = False
    cropping: str = CROPPING_VERSION

    def after(self, duration: Fraction) -> Reframed:
        return self.model_copy(update={"at": str(Fraction(self.at) + duration)})


class Zoomed(Value):
    """A still that grows slowly over ``frames``, from frame ``at`` on; with ``still`` it stays as it is."""

    kind: Literal["zoomed"] = "zoomed"
    asset: Asset
    frames: int
    at: int = 0
    still: bool = False


class Window(Value):
    """Where a moving picture is, and how it is cut out: by a shape, or, with ``cutout``, by its own coverage."""

    box: Box
    shape: Shape = Shape.RECTANGLE
    border: int = 0
    border_colour: str = "#FFFFFF"
    shadow: bool = False
    cutout: bool = False


class Host(Value):
    window: Window
    source: Drawn | Filmed | Reframed


class Inlay(Value):
    """B-roll in its window."""

    window: Window
    source: Filmed | Zoomed


class Slide(Value):
    """The whole of it is shown in the box, as large as fits."""

    picture: Asset
    box: Box


class Palette(Value):
    """Colours and font of what is written."""

    back: str
    text: str
    accent: str
    font: Asset | None = None
    lettering: str = LETTERING_VERSION


class Mark(Value):
    """A logo."""

    picture: Asset
    box: Box


#: Of words and logo on a card, from the left and the right: thousandths of the frame's width.
CARD_MARGIN = 90


class Cover(Value):
    """Words that fill the frame, and a logo."""

    title: str
    subtitle: str
    palette: Palette
    logo: Mark | None = None


class Motion(Value):
    """Coming, or going: frame ``n`` of the run is step ``at + n`` of ``frames``."""

    coming: bool
    at: int
    frames: int


class Plate(Value):
    """A name and a role on a plate, as large as they need, at the lower edge of ``room`` and at its ``side``."""

    name: str
    role: str
    palette: Palette
    room: Box
    side: Side
    motion: Motion | None = None


class Look(Value):
    """From back to front: the ground and the cover or the slide, what moves, and what is on top of all."""

    ground: str = "#FFFFFF"
    cover: Cover | None = None
    slide: Slide | None = None
    host: Host | None = None
    inlay: Inlay | None = None
    mark: Mark | None = None
    plate: Plate | None = None


def later(source: Filmed | Zoomed, frames: int, fps: Fraction) -> Filmed | Zoomed:
    """What B-roll has become so many frames later."""
    if isinstance(source, Filmed):
        return source.after(frames / fps)
    return source.model_copy(update={"at": source.at + frames})


class FadeKind(StrEnum):
    FADE = "fade"
    SLIDE = "slide"


class Fade(Value):
    """Taking over from another look: frame ``n`` of the run is step ``at + n`` of ``frames``."""

    kind: FadeKind
    before: Look
    at: int
    frames: int
