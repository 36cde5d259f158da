"""What clients send and see of clips and transcripts."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator

from app.modules.videos.clips.moments import Reason
from app.modules.videos.clips.presets import Platform
from app.modules.videos.clips.transcripts import MOST_WORDS, TranscriptSource
from app.modules.videos.composition import AspectRatio, Resolution
from app.modules.videos.fields import Metadata, Rate, Tags, Title
from app.modules.videos.models import SearchStatus
from app.modules.videos.scenery import CaptionStyle, FramingMode
from app.modules.videos.schemas import METADATA, TAGS, VIDEO_ID, Failure, Sent, VideoOut, example
from app.modules.videos.webinars.brand_schemas import Colour
from app.modules.videos.webinars.schemas import Language

MOST_CLIPS = 50
Moment = Annotated[float, Field(ge=0, le=1_000_000, description="Seconds from the beginning of the source")]
Phrase = Annotated[str, Field(min_length=1, max_length=500)]
Share = Annotated[float, Field(ge=0, le=1)]


class RangeIn(Sent):
    """A part of the source: by its times, or by words that are said in it."""

    model_config = example(start=62.4, end=91.0, title="Why we started over")

    start: Moment | None = None
    end: Moment | None = None
    from_phrase: Phrase | None = Field(default=None, description="It begins with these words of the transcript")
    to_phrase: Phrase | None = Field(default=None, description="It ends with the next of these words after that")
    title: Title | None = None
    caption: str | None = Field(default=None, max_length=2200, description="The text of the post")

    @model_validator(mode="after")
    def _both_ends(self) -> Self:
        if (self.start is None) == (self.from_phrase is None):
            raise ValueError("a range begins at a start, in seconds, or with a from_phrase")
        if (self.end is None) == (self.to_phrase is None):
            raise ValueError("a range ends at an end, in seconds, or with a to_phrase")
        return self


class WordCaptionsIn(Sent):
    """Captions in the picture that keep time with every word. Colours are the brand's if left out."""

    model_config = example(style="karaoke", accent="#FCA311", emphasis=["free", "today"])

    style: CaptionStyle = Field(
        default=CaptionStyle.KARAOKE,
        description="`karaoke`: the word that is said lights up · `boxed`: words on a box, the one that is said on its "
        "own · `one_word`: each alone · `plain`",
    )
    text: Colour | None = None
    accent: Colour | None = None
    back: Colour | None = Field(default=None, description="Of the box")
    capitals: bool = False
    emphasis: list[Annotated[str, Field(min_length=1, max_length=60)]] = Field(
        default_factory=list, max_length=200, description="Words that stand out"
    )


class CropKeyIn(Sent):
    """Where the middle of the crop is: shares of the source's width and height."""

    time: Moment
    x: Share
    y: Share = 0.5
    cut: bool = Field(default=False, description="The crop jumps there; else it glides from the key before")


class FramingIn(Sent):
    """How the source fills a frame of another shape."""

    model_config = example(mode="follow")

    mode: FramingMode = Field(
        default=FramingMode.AUTO,
        description="`auto`: what suits each shot · `follow`: the face of who speaks · `split`: two people, one above "
        "the other · `presentation`: the host above, the whole picture below · `center` · `fill`: the whole picture "
        "before a blurred one",
    )
    keys: list[CropKeyIn] = Field(
        default_factory=list[CropKeyIn], max_length=2000, description="Your own path for the crop, rising in time"
    )

    @model_validator(mode="after")
    def _rising(self) -> Self:
        times = [key.time for key in self.keys]
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError("the times of keys have to rise")
        return self


class CleanIn(Sent):
    """What is taken out. Captions, crop and sound stay together."""

    model_config = example(longest_pause=0.5)

    longest_pause: float | None = Field(
        default=0.6, ge=0.2, le=10, description="Seconds; longer silences between words are taken out. null: none"
    )
    fillers: bool = Field(default=True, description="“um”, “uh”, “äh” and the like")


class ClipStyle(Sent):
    """How clips look; what is left out is the platform's or the source's."""

    aspect_ratio: AspectRatio | None = Field(default=None, description="Else the platform's")
    resolution: Resolution = Resolution.P1080
    fps: Rate | None = Field(default=None, description="Else about that of the source")
    captions: WordCaptionsIn | None = Field(
        default_factory=WordCaptionsIn, description="In the picture; null: only beside it, as VTT and SRT"
    )
    framing: FramingIn = Field(default_factory=FramingIn)
    clean: CleanIn | None = Field(default=None, description="Takes the exact times of words: see `transcript.exact`")


class CreateClips(ClipStyle):
    """Clips from a long video: the `ranges` you name, or the best `count` moments that are found."""

    model_config = example(count=5, min_seconds=20, max_seconds=60, platforms=["tiktok", "reels"])

    ranges: list[RangeIn] | None = Field(default=None, min_length=1, max_length=MOST_CLIPS)
    count: int | None = Field(default=None, ge=1, le=MOST_CLIPS, description="So many moments, found for you")
    min_seconds: float = Field(default=15, ge=1, le=3600)
    max_seconds: float = Field(default=60, ge=2, le=3600)
    topics: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default_factory=list, max_length=20, description="Only moments in which one of these is spoken of"
    )
    platforms: list[Platform] = Field(
        default_factory=lambda: [Platform.CUSTOM], min_length=1, max_length=6, description="A clip for each"
    )
    dry_run: bool = Field(default=False, description="Answer with the candidates; render nothing, cost nothing")
    metadata: Metadata | None = Field(default=None, description=METADATA)
    tags: Tags = Field(default_factory=list, description=TAGS)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.ranges is None) == (self.count is None):
            raise ValueError("send either ranges, or the count of moments to be found")
        if self.min_seconds >= self.max_seconds:
            raise ValueError("min_seconds has to be less than max_seconds")
        if len(set(self.platforms)) < len(self.platforms):
            raise ValueError("name each platform once")
        return self


class ChangeClip(ClipStyle):
    """A clip as it is to be from now on: another shape, style or range. Moments are not searched again."""

    model_config = example(aspect_ratio="1:1", captions={"style": "boxed"})

    platform: Platform | None = Field(default=None, description="Else the one it has")
    start: Moment | None = None
    end: Moment | None = None


class CandidateOut(BaseModel):
    """A moment that is worth a clip. Send its `start` and `end` as a range, changed or not, to have it rendered."""

    start: float = Field(description="Seconds", examples=[62.42])
    end: float
    score: int | None = Field(ge=0, le=100, description="null: you chose the range")
    reasons: list[Reason]
    title: str
    caption: str
    text: str = Field(description="What is said")


class CropOut(BaseModel):
    """The middle of a crop at a moment; it glides from key to key, but for those with ``cut``."""

    time: float = Field(description="Seconds of the source")
    x: float = Field(description="Shares of the source's width and height")
    y: float
    cut: bool


class PaneOut(BaseModel):
    """A part of the frame, and the crop that fills it."""

    box: tuple[int, int, int, int] = Field(description="Left, top, width and height in pixels of the clip")
    width: float = Field(description="Of the crop: shares of the source")
    height: float
    path: list[CropOut]


class CropShotOut(BaseModel):
    """How a shot of the source was framed."""

    start: float = Field(description="Seconds of the source")
    end: float
    panes: list[PaneOut]
    blurred: bool = Field(description="Whether it stands before itself, out of focus")


class CheckOut(BaseModel):
    """One thing that a platform wants, and what the file is like."""

    name: str = Field(examples=["loudness"])
    wanted: str = Field(examples=["-14 LUFS, half a unit more or less"])
    found: str = Field(examples=["-14.1 LUFS"])
    ok: bool


class ClipOut(BaseModel):
    """A clip, and the range of the source that it is."""

    id: str = Field(examples=[VIDEO_ID])
    parent_id: str = Field(description="The video that it was cut from")
    start: float = Field(description="Seconds of the source")
    end: float
    platform: Platform
    score: int | None
    reasons: list[Reason]
    caption: str = Field(description="The text of a post")
    framing: list[CropShotOut] = Field(
        description="Once it is rendered. A path can be sent back, changed, as `framing.keys`"
    )
    conformance: list[CheckOut] = Field(description="Whether the file is as the platform wants it, once it is rendered")
    video: VideoOut


class SearchOut(BaseModel):
    """A search for moments. Poll it until it has `succeeded`; `candidates` and `clips` are there then."""

    id: str
    video_id: str
    status: SearchStatus
    progress: float = Field(ge=0, le=1, description="1 only when it has succeeded", examples=[0.42])
    eta_seconds: int | None = Field(description="Seconds left, estimated; null while that is not known", examples=[21])
    created_at: datetime
    finished_at: datetime | None
    dry_run: bool
    candidates: list[CandidateOut]
    clip_ids: list[str] = Field(description="The clips that are being rendered; see `GET /{video_id}/clips`")
    notes: list[str] = Field(description="What you should know of how they were found")
    error: Failure | None


class ClipsOrdered(BaseModel):
    """Clips of ranges are there at once, and `rendering`; moments have to be found first, by the `search`."""

    clips: list[ClipOut]
    candidates: list[CandidateOut] = Field(description="Of a dry run of ranges")
    search: SearchOut | None


class WordTime(Sent):
    start: Moment
    end: Moment
    text: str = Field(min_length=1, max_length=200)


class PutTranscript(Sent):
    """What is said: every word with its time, or the text of an SRT or WebVTT file."""

    model_config = example(words=[{"start": 0.31, "end": 0.62, "text": "Welcome."}], language="en-GB")

    words: list[WordTime] | None = Field(default=None, max_length=MOST_WORDS)
    subtitles: str | None = Field(default=None, max_length=5_000_000)
    language: Language | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.words is None) == (self.subtitles is None):
            raise ValueError("send either words or subtitles")
        return self


class TranscriptOut(BaseModel):
    video_id: str
    source: TranscriptSource = Field(
        description="`edited`: put by you · `script`: it was generated from one · `captions`: they came with the "
        "recording · `none`: nobody knows what is said; put a transcript, or upload the video with subtitles"
    )
    language: str | None
    exact: bool = Field(description="Whether each word's own time is known, not only that of its caption")
    text: str
    words: list[WordTime]
