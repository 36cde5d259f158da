"""What to show, as data. Every render starts from a composition; a talking head is one scene without a slide.

Who is heard in a scene: its ``speaker``, who says the script; or a ``recording`` of the host; or only ``sound``; or
nobody, for ``duration_ms``.

Stored as JSON with the video's revision, so that any revision can be rendered again and any part of it changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction

from pydantic import Field

from app.media.time import RATES
from app.modules.videos.scenery import (
    Asset,
    Brand,
    Broll,
    Card,
    Clip,
    Framing,
    Layout,
    LowerThird,
    Music,
    SaidWord,
    Transition,
    Value,
    WordCaptions,
)


class AspectRatio(StrEnum):
    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"
    PORTRAIT = "4:5"


class Resolution(StrEnum):
    """The length of the shorter side."""

    P720 = "720p"
    P1080 = "1080p"


class FrameRate(StrEnum):
    """Frames per second, by the number people write."""

    R23_976 = "23.976"
    R24 = "24"
    R25 = "25"
    R29_97 = "29.97"
    R30 = "30"
    R50 = "50"
    R59_94 = "59.94"
    R60 = "60"


class Captions(StrEnum):
    """``sidecar``: VTT and SRT files beside the video. ``burned``: in the picture, too. ``none``: no captions."""

    SIDECAR = "sidecar"
    BURNED = "burned"
    NONE = "none"


_SHARES = {
    AspectRatio.WIDE: Fraction(16, 9),
    AspectRatio.TALL: Fraction(9, 16),
    AspectRatio.SQUARE: Fraction(1),
    AspectRatio.PORTRAIT: Fraction(4, 5),
}


def aspect_of(width: int, height: int) -> AspectRatio | None:
    """The shape of a frame, if it is one of those that have a name."""
    return next((ratio for ratio, share in _SHARES.items() if Fraction(width, height) == share), None)


class Picture(Value):
    """The frame: its shape, its size, and how many there are in a second."""

    aspect_ratio: AspectRatio = AspectRatio.WIDE
    resolution: Resolution = Resolution.P1080
    fps: FrameRate = FrameRate.R25

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, both even."""
        short, share = int(self.resolution[:-1]), _SHARES[self.aspect_ratio]
        return (round(short * share), short) if share >= 1 else (short, round(short / share))

    @property
    def rate(self) -> Fraction:
        return RATES[self.fps]


class Speaker(Value):
    """Who speaks, as it was when the video was asked for: later changes of the profile do not reach back.

    ``fallbacks``: who speaks, in this order, if it certainly could not be made; ``instead_of``: who was to speak.
    """

    avatar_id: str = Field(description="The avatar profile this was taken from.")
    provider: str
    provider_avatar_id: str
    voice_id: str
    background: str
    fallbacks: tuple[Speaker, ...] = ()
    instead_of: Speaker | None = None

    @property
    def wanted(self) -> Speaker:
        """Who was asked for."""
        return self.instead_of or self

    @property
    def fallen_back(self) -> Speaker | None:
        """The next one, with those that come after; None if there is none."""
        if not self.fallbacks:
            return None
        first, *rest = self.fallbacks
        return first.model_copy(update={"fallbacks": tuple(rest), "instead_of": self.wanted})


class Scene(Value):
    """``lead_in_ms``, ``lead_out_ms``: silence before and after what is said, beyond what speech needs anyway.

    Without a speaker, the script is what is said in the recording or the sound, in ``language`` (a BCP-47 tag); with
    ``words`` it is known when. ``framing``: of a recording that fills a frame of another shape. ``as_coded_mbps``: a
    recording that needs no change is not encoded again, but copied, if it takes no more Mbit/s; 0: never.
    """

    script: str = ""
    language: str = "en-US"
    speaker: Speaker | None = None
    recording: Clip | None = None
    sound: Clip | None = None
    duration_ms: int | None = None
    title: str = ""
    slide: Asset | None = None
    layout: Layout = Layout()
    broll: tuple[Broll, ...] = ()
    transition: Transition = Transition()
    lead_in_ms: int = 0
    lead_out_ms: int = 0
    card: Card | None = None
    lower_third: LowerThird | None = None
    words: tuple[SaidWord, ...] = ()
    framing: Framing | None = None
    as_coded_mbps: int = 0

    @property
    def known_ms(self) -> int | None:
        """How long it lasts, unless that depends on how its script is spoken."""
        clip = self.recording or self.sound
        return clip.duration_ms if clip is not None else self.duration_ms

    @property
    def cutout(self) -> Asset | None:
        """The recording of the host, if its transparent background is left out."""
        if self.recording is None or not self.recording.asset.alpha or not self.layout.cutout:
            return None
        return self.recording.asset

    @property
    def assets(self) -> Iterator[Asset]:
        """Every file of the library that is seen or heard in it."""
        for clip in (self.recording, self.sound):
            if clip is not None:
                yield clip.asset
                yield from [clip.captions] if clip.captions is not None else []
        yield from (broll.asset for broll in self.broll)
        if self.slide is not None:
            yield self.slide


class Composition(Value):
    """``word_captions``: how burned captions keep time with words. ``lufs``: how loud it is, else −16."""

    picture: Picture
    scenes: tuple[Scene, ...]
    captions: Captions = Captions.SIDECAR
    word_captions: WordCaptions | None = None
    lufs: int | None = None
    music: Music | None = None
    brand: Brand = Brand()

    @property
    def speaker(self) -> Speaker | None:
        """The first who speaks a script."""
        return next((scene.speaker for scene in self.scenes if scene.speaker is not None), None)

    @property
    def script(self) -> str:
        """All that is said, where it is known."""
        return "\n\n".join(scene.script for scene in self.scenes if scene.script)
