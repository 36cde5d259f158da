"""What clients send to have a webinar made."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from app.modules.videos.composition import AspectRatio, Captions, FrameRate, Resolution
from app.modules.videos.fields import Metadata, Name, Rate, Tags, Title
from app.modules.videos.scenery import Arrangement, BrollSound, Corner, Fit, Shape, Side, TransitionKind
from app.modules.videos.schemas import CAPTIONS, METADATA, TAGS, Sent, example
from app.modules.videos.webinars.brand_schemas import BrandIn, CardIn, Colour, Id, LowerThirdIn
from app.speech.espeak import can_pronounce

MOST_SCENES = 500

_DECK = "01936f2e-8d7a-7c11-9c7e-3f2b8a6d5e41"


def _spoken_language(tag: str) -> str:
    if not can_pronounce(tag):
        raise ValueError(f"“{tag}” is no language that can be listened to; a BCP-47 tag is needed, such as de or pt-BR")
    return tag


Moment = Annotated[float, Field(ge=0, le=43_200)]
Length = Annotated[float, Field(gt=0, le=43_200)]
Language = Annotated[str, Field(max_length=20), AfterValidator(_spoken_language)]
Share = Annotated[float, Field(ge=0, le=0.9)]


class SlideIn(Sent):
    """A page of a deck, or an image of the library."""

    file_id: Id
    page: int = Field(default=1, ge=1, description="Of a deck, from 1")


class RecordingIn(Sent):
    """A run of a recording in the library. Times are seconds on its own clock."""

    video_id: Id
    start: Moment = 0
    end: Moment | None = Field(default=None, description="To its end if left out")


class AudioIn(Sent):
    """A run of a sound file in the library."""

    file_id: Id
    start: Moment = 0
    end: Moment | None = Field(default=None, description="To its end if left out")


class WholeRecording(Sent):
    """One recording of the host for all scenes, cut where the slides change."""

    video_id: Id
    slide_times: list[Moment] = Field(
        min_length=1, max_length=MOST_SCENES, description="When each slide appears, in seconds; rising, one per scene"
    )


class LayoutIn(Sent):
    """Where slide and host are. Sizes are shares of the frame's shorter side."""

    model_config = example(arrangement="overlay", corner="top_left", shape="rounded", size=0.35)

    arrangement: Arrangement = Field(
        default=Arrangement.OVERLAY,
        description="`overlay`: the host is a picture on the slide · `side_by_side` · `host`: fills the frame · "
        "`slide`: only heard",
    )
    corner: Corner = Field(default=Corner.AUTO, description="`auto`: where it covers least of what is on the slide")
    shape: Shape = Shape.CIRCLE
    size: float = Field(default=0.3, ge=0.1, le=0.9, description="The host's height")
    margin: Share = Field(default=0.03, le=0.2)
    border: Share = Field(default=0.004, le=0.03)
    border_colour: Colour = "#FFFFFF"
    shadow: bool = True
    side: Side = Field(default=Side.RIGHT, description="Of the host, side by side")
    split: float = Field(default=0.33, ge=0.15, le=0.7, description="The host's share of the frame, side by side")
    cutout: bool = Field(
        default=True,
        description="A host whose recording has a transparent background stands on the frame's lower edge, without a "
        "window, border or shadow. With `false` it is shown in its window, on a plain ground",
    )


class BrollIn(Sent):
    """A recording or an image of the library, shown for a while."""

    model_config = example(video_id=_DECK, at="when you see the numbers", duration=4)

    video_id: Id | None = None
    file_id: Id | None = Field(default=None, description="An image")
    at: Moment | Annotated[str, Field(min_length=1, max_length=500)] = Field(
        default=0.0, description="Seconds into the scene, or words of its script with which it begins"
    )
    duration: Length | None = Field(
        default=None, description="Seconds; without it a recording is shown to its end, and an image for 4 s"
    )
    start: Moment = Field(default=0, description="Where in the recording it begins, in seconds")
    loop: bool = False
    fit: Fit = Fit.FULL
    zoom: bool = Field(default=True, description="An image grows slowly")
    sound: BrollSound = Field(
        default=BrollSound.OFF,
        description="Of a recording: `mixed` with speech, or `ducked`: far below it while somebody speaks",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.video_id is None) == (self.file_id is None):
            raise ValueError("name either a video_id or a file_id")
        return self


class MusicIn(Sent):
    """Behind everything, from the first frame to the last. What is shorter is repeated without a seam."""

    model_config = example(file_id=_DECK, level=-12, fade_out=5)

    file_id: Id = Field(description="A sound file of the library")
    level: int = Field(default=-10, ge=-40, le=0, description="Against speech, where nobody speaks; in decibels")
    duck: bool = Field(default=True, description="12 dB softer while somebody speaks")
    fade_in: float = Field(default=1, ge=0, le=30, description="Seconds")
    fade_out: float = Field(default=3, ge=0, le=30, description="Seconds")


class TransitionIn(Sent):
    """How a scene takes over from the one before, in its own first moments. The first scene has none."""

    kind: TransitionKind = TransitionKind.FADE
    duration: float = Field(default=0.5, ge=0, le=3)


class SceneIn(Sent):
    """One slide and what is said to it: a `script`, a `recording` of the host, or `audio`; or silence.

    A `script` beside a recording or audio is what is said in it: it gives captions, and words for B-roll.
    """

    title: Title | None = Field(default=None, description="Names its chapter; else the page's own title")
    slide: int | SlideIn | None = Field(
        default=None, description="A page of the `deck` by its number, or another picture; else the deck's next page"
    )
    script: str | None = Field(default=None, description="As of a presenter video")
    avatar_id: Name | None = None
    voice_id: Name | None = None
    background: Name | None = None
    recording: RecordingIn | None = None
    audio: AudioIn | None = None
    duration: Length | None = Field(default=None, description="Seconds, of a scene in which nobody is heard")
    layout: LayoutIn | None = None
    broll: list[BrollIn] = Field(default_factory=list[BrollIn], max_length=50)
    transition: TransitionIn | None = None
    card: CardIn | None = Field(
        default=None, description="Words that fill the frame for a while, instead of all of the above but the title"
    )
    lower_third: LowerThirdIn | None = None


class CreateWebinar(Sent):
    """Slides and who presents them. `scenes`, or a `script` with a heading per slide, or neither: the deck's notes."""

    model_config = example(
        title="Results of the third quarter",
        deck=_DECK,
        avatar_id="maya",
        script="# Welcome\nGood morning, everybody.\n\n# Growth\nRevenue went up by a third.",
    )

    deck: Id | None = Field(default=None, description="A deck of the library (`POST /api/v1/videos/files`)")
    scenes: list[SceneIn] | None = Field(default=None, min_length=1, max_length=MOST_SCENES)
    script: str | None = Field(
        default=None,
        max_length=1_000_000,
        description="Markdown: each heading begins the next slide, see docs/webinars.md",
    )
    avatar_id: Name | None = Field(default=None, description="Who says the scripts of scenes that name nobody")
    voice_id: Name | None = None
    background: Name | None = None
    recording: WholeRecording | None = None
    language: Language = Field(
        default="en-US", description="Of the scripts of what was recorded: a BCP-47 tag", examples=["de"]
    )
    layout: LayoutIn | None = Field(default=None, description="Of scenes that have none")
    transition: TransitionIn | None = Field(
        default=None, description="Between all scenes; else a fade of half a second"
    )
    brand: BrandIn | None = Field(default=None, description="What differs from the workspace's brand (`GET /brand`)")
    title_card: CardIn | None = Field(default=None, description="Before all scenes")
    end_card: CardIn | None = Field(default=None, description="After all scenes")
    lower_third: LowerThirdIn | None = Field(default=None, description="In the first scene in which a host is seen")
    music: MusicIn | None = None
    aspect_ratio: AspectRatio = AspectRatio.WIDE
    resolution: Resolution = Resolution.P1080
    fps: Rate = FrameRate.R25
    captions: Captions = Field(default=Captions.SIDECAR, description=CAPTIONS)
    title: Title | None = Field(default=None, description="Without one, the deck's")
    metadata: Metadata | None = Field(default=None, description=METADATA)
    tags: Tags = Field(default_factory=list, description=TAGS)
