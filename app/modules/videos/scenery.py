"""What is around the speaker, as data: slides, layouts, B-roll and transitions.

Shares of the frame are in thousandths of its shorter side, times in milliseconds: whole numbers, so that equal wishes
give equal bytes.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AssetKind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    SOUND = "sound"
    FONT = "font"
    CAPTIONS = "captions"


class Asset(Value):
    """A stored file, as it was when the video was asked for. ``origin`` says to people where it comes from."""

    kind: AssetKind
    blob: str
    sha256: str
    origin: str
    width: int = 0
    height: int = 0
    duration_ms: int = 0
    has_sound: bool = False
    alpha: bool = False  # transparent in parts


class Clip(Value):
    """A run of a recording: ``start_ms <= t < stop_ms`` on its own clock, which begins at zero.

    ``captions``: those of the whole recording, as WebVTT.
    """

    asset: Asset
    start_ms: int = 0
    stop_ms: int
    captions: Asset | None = None

    @property
    def duration_ms(self) -> int:
        return self.stop_ms - self.start_ms


class Arrangement(StrEnum):
    """``overlay``: the slide fills the frame, the host is a picture on it. ``host``: the host fills the frame."""

    OVERLAY = "overlay"
    SIDE_BY_SIDE = "side_by_side"
    HOST = "host"
    SLIDE = "slide"


class Corner(StrEnum):
    """``auto``: where the host covers least of the slide; the first of those that are equal, from bottom right on."""

    AUTO = "auto"
    BOTTOM_RIGHT = "bottom_right"
    BOTTOM_LEFT = "bottom_left"
    TOP_RIGHT = "top_right"
    TOP_LEFT = "top_left"


class Shape(StrEnum):
    CIRCLE = "circle"
    ROUNDED = "rounded"
    RECTANGLE = "rectangle"


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"


class Layout(Value):
    """Where slide and host are. ``size`` is the host's height in ``overlay``; ``split`` its share of the frame beside
    the slide. ``cutout``: a host whose recording is transparent stands on the frame's lower edge, without a window.
    """

    arrangement: Arrangement = Arrangement.OVERLAY
    corner: Corner = Corner.AUTO
    shape: Shape = Shape.CIRCLE
    size: int = Field(default=300, ge=100, le=900)
    margin: int = Field(default=30, ge=0, le=200)
    border: int = Field(default=4, ge=0, le=30)
    border_colour: str = "#FFFFFF"
    shadow: bool = True
    side: Side = Side.RIGHT
    split: int = Field(default=330, ge=150, le=700)
    cutout: bool = True


class Fit(StrEnum):
    """``full``: fills the frame. ``inset``: a picture on it, opposite the host."""

    FULL = "full"
    INSET = "inset"


class BrollSound(StrEnum):
    """``mixed``: as loud as speech. ``ducked``: the same, but far below while somebody speaks."""

    OFF = "off"
    DUCKED = "ducked"
    MIXED = "mixed"


class Broll(Value):
    """A recording or an image, shown for a while. It begins ``at_ms`` into the scene, or with the ``phrase``."""

    asset: Asset
    at_ms: int | None = None
    phrase: str | None = None
    duration_ms: int
    source_start_ms: int = 0
    loop: bool = False
    fit: Fit = Fit.FULL
    zoom: bool = True  # stills move slowly
    sound: BrollSound = BrollSound.OFF


class TransitionKind(StrEnum):
    CUT = "cut"
    FADE = "fade"
    SLIDE = "slide"


class Transition(Value):
    """How a scene takes over from the one before: in its own first moments, while that one goes on."""

    kind: TransitionKind = TransitionKind.CUT
    duration_ms: int = Field(default=500, ge=0, le=3000)


class Music(Value):
    """Behind all that is heard, again and again. ``level_db``: against speech, where nobody speaks."""

    asset: Asset
    level_db: int = Field(default=-10, ge=-40, le=0)
    duck: bool = True
    fade_in_ms: int = Field(default=1000, ge=0, le=30_000)
    fade_out_ms: int = Field(default=3000, ge=0, le=30_000)


class Brand(Value):
    """How a workspace's videos look. ``ground`` is behind slides that leave room; ``card``, ``text`` and ``accent``
    colour cards and lower thirds. ``logo_size`` is its height; ``logo_corner`` is none but ``auto``.
    """

    ground: str = "#FFFFFF"
    card: str = "#14213D"
    text: str = "#FFFFFF"
    accent: str = "#FCA311"
    font: Asset | None = None
    logo: Asset | None = None
    logo_corner: Corner = Corner.TOP_RIGHT
    logo_size: int = Field(default=70, ge=20, le=300)

    @property
    def assets(self) -> tuple[Asset, ...]:
        return tuple(asset for asset in (self.font, self.logo) if asset is not None)


class Card(Value):
    """Words that fill the frame."""

    title: str
    subtitle: str = ""


class LowerThird(Value):
    """Who is seen: a plate at the lower edge, ``at_ms`` into the scene."""

    name: str
    role: str = ""
    at_ms: int = 1000
    duration_ms: int = 5000


class SaidWord(Value):
    """A word of a recording and when it is heard, in milliseconds on the recording's clock."""

    start_ms: int
    end_ms: int
    text: str


class FramingMode(StrEnum):
    """``auto``: whatever suits what is seen. ``follow``: the face of who speaks. ``split``: two people, one above the
    other. ``presentation``: the host above, all of the picture below. ``center``: its middle. ``fill``: all of the
    picture, before a blurred one.
    """

    AUTO = "auto"
    FOLLOW = "follow"
    SPLIT = "split"
    PRESENTATION = "presentation"
    CENTER = "center"
    FILL = "fill"


#: The whole width and height of a recording, in the shares in which crops are counted.
WHOLE_SHARE = 10_000


class CropKey(Value):
    """Where the middle of the crop is at a moment of the recording: ten-thousandths of its width and height. With
    ``cut`` the crop jumps there; else it glides from the key before.
    """

    at_ms: int
    x: int
    y: int
    cut: bool = False


class Framing(Value):
    """How a recording fills a frame of another shape. ``keys``: where the crop is to be, instead of what was found."""

    mode: FramingMode = FramingMode.AUTO
    keys: tuple[CropKey, ...] = ()


class CaptionStyle(StrEnum):
    """``karaoke``: the word that is said lights up. ``boxed``: words on a box, the one that is said on its own.
    ``one_word``: each alone. ``plain``: as it is.
    """

    KARAOKE = "karaoke"
    BOXED = "boxed"
    ONE_WORD = "one_word"
    PLAIN = "plain"


class WordCaptions(Value):
    """Captions that keep time with every word. ``emphasis``: words that stand out, in lower case."""

    style: CaptionStyle = CaptionStyle.KARAOKE
    text: str = "#FFFFFF"
    accent: str = "#FCA311"
    back: str = "#14213D"
    capitals: bool = False
    emphasis: tuple[str, ...] = ()
