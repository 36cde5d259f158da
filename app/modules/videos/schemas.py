"""What clients send and see: videos, their revisions, render jobs, avatar profiles and voices.

Uploads and other files of the library are in ``library_schemas``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.media.examined import Hdr
from app.modules.videos.composition import AspectRatio, Captions, FrameRate, Resolution
from app.modules.videos.fields import LONGEST_TITLE, Metadata, Name, Rate, Tags, Title, WebAddress
from app.modules.videos.metadata import MOST_METADATA_BYTES
from app.modules.videos.models import JobKind, JobStatus, Kind, Source, Stage, TakeStatus, VideoStatus

VIDEO_ID = "01936f2e-8d7a-7c11-9c7e-3f2b8a6d5e41"
_JOB = "01936f2e-8d7b-7f02-8e55-aa12bc34de56"
METADATA = f"Anything of yours to find it by: a JSON object of at most {MOST_METADATA_BYTES} bytes"
TAGS = "At most 50, of 1 to 64 characters each. Which letters are capitals makes no other tag of it"
CAPTIONS = "`sidecar`: WebVTT and SRT files beside the video · `burned`: in the picture, too · `none`"
_SCRIPT = (
    "What is said. HTML, SSML and Markdown signs are taken out, the words stay as written; at most 20,000 characters"
)
_BACKGROUND = "The id of a background, or a colour as #RRGGBB"
_FALLBACKS = (
    "Avatar profiles that speak, in this order, if the provider has certainly made nothing and charges nothing: "
    "it refused, failed, or stayed busy"
)
Fallbacks = Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=5)]


class Sent(BaseModel):
    """What clients send: a field that is not known is a mistake, never ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


def example(**values: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [values]})


# requests ------------------------------------------------------------------------------------------------------------


class CreateVideo(Sent):
    """A script, and who is to speak it."""

    model_config = example(
        script="Welcome to 10ex. In twenty seconds you will know how to make a video like this one.",
        avatar_id="maya",
        aspect_ratio="16:9",
        resolution="1080p",
        title="Welcome",
        metadata={"campaign": "spring"},
        tags=["welcome", "Spring 2027"],
    )

    script: str = Field(description=_SCRIPT, examples=["Welcome to 10ex."])
    avatar_id: Name = Field(description="An avatar profile, see `GET /api/v1/videos/avatars`", examples=["maya"])
    voice_id: Name | None = Field(
        default=None, description="A voice, see `GET /api/v1/videos/voices`; else the profile's own"
    )
    aspect_ratio: AspectRatio = AspectRatio.WIDE
    resolution: Resolution = Field(default=Resolution.P1080, description="The length of the shorter side")
    fps: Rate = Field(default=FrameRate.R25, description="Frames per second, as a number or as text")
    background: Name | None = Field(default=None, description=f"{_BACKGROUND}; else the profile's own")
    captions: Captions = Field(default=Captions.SIDECAR, description=CAPTIONS)
    title: Title | None = Field(default=None, description="Without one, the first words of the script")
    metadata: Metadata | None = Field(default=None, description=METADATA)
    tags: Tags = Field(default_factory=list, description=TAGS)


class ChangeVideo(Sent):
    """New title, metadata or tags. What is left out stays as it is."""

    model_config = example(title="Welcome, again", metadata={"campaign": "summer", "draft": None}, tags=["welcome"])

    title: Title = Field(default="", validate_default=False, examples=["Welcome"])
    metadata: Metadata | None = Field(
        default=None,
        description="Merged into the present metadata as a JSON Merge Patch (RFC 7396): a null removes that entry, "
        "and null in place of the object removes all of them",
    )
    tags: Tags = Field(default_factory=list, description="All tags the video is to have from now on")


class RenderAgain(Sent):
    """What the new render should do differently. What is left out, or null, stays as it is."""

    model_config = example(aspect_ratio="9:16")

    script: str | None = Field(default=None, description=_SCRIPT)
    avatar_id: Name | None = Field(
        default=None, description="Another avatar profile; brings its own voice and background"
    )
    voice_id: Name | None = None
    aspect_ratio: AspectRatio | None = None
    resolution: Resolution | None = None
    fps: Rate | None = None
    background: Name | None = Field(default=None, description=_BACKGROUND)
    captions: Captions | None = None
    as_copy: bool = Field(default=False, description="Make a new video instead of a new revision of this one")


class SetReference(Sent):
    """What people are shown of whatever uses a video."""

    model_config = example(label="Spring launch", url="https://app.example.com/webinars/w-2027-03")

    label: Title | None = Field(default=None, description="For people")
    url: WebAddress | None = Field(default=None, description="Where people find it")


class CreateAvatar(Sent):
    """A new avatar profile."""

    model_config = example(
        name="Maya, on camera two", provider_avatar_id="maya", voice_id="espeak-en-gb-alice", background="dusk"
    )

    name: Title = Field(description="For people")
    provider: str = Field(default="studio", min_length=1, max_length=32, description="Who makes the performance")
    provider_avatar_id: Name = Field(description="The provider's own id of the avatar; for `studio` a built-in one")
    voice_id: Name | None = Field(default=None, description="The voice unless a video asks for another")
    background: Name | None = Field(
        default=None, description=f"{_BACKGROUND}; for `studio` the presenter's own if left out"
    )
    fallbacks: Fallbacks = Field(default_factory=list, description=_FALLBACKS)
    metadata: Metadata = Field(default_factory=dict, description=METADATA)


class ChangeAvatar(Sent):
    """What to change of a profile. Videos that were asked for before keep what they had."""

    model_config = example(voice_id="espeak-en-us-grace")

    name: Title = Field(default="", validate_default=False)
    provider_avatar_id: Name = Field(default="", validate_default=False)
    voice_id: Name = Field(default="", validate_default=False)
    background: Name = Field(default="", validate_default=False)
    fallbacks: Fallbacks = Field(default_factory=list, description=_FALLBACKS)
    metadata: Metadata | None = Field(default=None, description="Merged as a JSON Merge Patch (RFC 7396)")


# answers -------------------------------------------------------------------------------------------------------------


class Failure(BaseModel):
    """Why a job failed."""

    code: str = Field(examples=["provider_refused"])
    message: str


class RenderState(BaseModel):
    """Where the current or last render job of a video is."""

    id: str = Field(description="See `GET /api/v1/videos/renders/{job_id}`")
    status: JobStatus
    stage: Stage
    progress: float = Field(ge=0, le=1, description="1 only when the job has succeeded", examples=[0.42])
    eta_seconds: int | None = Field(description="Seconds until it should be done; null when that is not known")
    adjustments: list[str] = Field(
        default_factory=list,
        description="What the avatar provider cannot do as it was asked for, and is done here instead",
    )
    error: Failure | None = None


class VideoSummary(BaseModel):
    """A video in a list. `GET /api/v1/videos/{id}` adds script and links."""

    id: str
    title: str = Field(max_length=LONGEST_TITLE)
    kind: Kind
    source: Source
    status: VideoStatus
    created_at: datetime
    updated_at: datetime
    parent_id: str | None = Field(description="The video this one was derived from")
    metadata: dict[str, Any]
    tags: list[str]
    revision: int | None = Field(description="The revision that is shown; null until there is one")
    duration: float | None = Field(description="Seconds", examples=[19.84])
    size: int | None = Field(description="Bytes")
    width: int | None
    height: int | None
    fps: float | None = Field(examples=[25.0, 29.97])
    aspect_ratio: AspectRatio | None
    resolution: Resolution | None
    avatar_id: str | None
    voice_id: str | None
    background: str | None
    render: RenderState | None


class Preview(BaseModel):
    """Links that a browser can show in place; they expire together with the download link."""

    poster_url: str
    video_url: str = Field(description="A short, small, silent clip")


class CaptionLinks(BaseModel):
    vtt_url: str
    srt_url: str


class ChapterLinks(BaseModel):
    vtt_url: str = Field(description='For a `<track kind="chapters">`')
    json_url: str = Field(description="As podcast players read chapters (`application/json+chapters`)")


class TranscriptLinks(BaseModel):
    """What is said, by scene."""

    json_url: str = Field(description="With the time of every word, and how it is known; see docs/webinars.md")
    text_url: str = Field(description="To be read")


class SceneOut(BaseModel):
    """A scene of a webinar, as it is in the video."""

    number: int = Field(description="From 1")
    title: str
    start: float = Field(description="Seconds", examples=[12.48])
    duration: float = Field(description="Seconds")


class SubtitleLinks(CaptionLinks):
    """A subtitle track that was in an uploaded file."""

    language: str | None = Field(description="As the file says it, mostly ISO 639-2", examples=["eng"])
    title: str | None


class Storyboard(BaseModel):
    """Small pictures from all along the video, on sheets, to be shown while somebody drags along the time line.

    Tile number `n` shows the video at `n * interval` seconds. It is on sheet `n // (columns * rows)`, which is filled
    line by line.
    """

    vtt_url: str = Field(description="The same as WebVTT with `#xywh=` fragments, as players read it")
    sprite_urls: list[str] = Field(description="The sheets, JPEG")
    interval: float = Field(description="Seconds from tile to tile", examples=[6.0])
    tiles: int
    columns: int
    rows: int
    tile_width: int
    tile_height: int


class PictureFacts(BaseModel):
    """The picture of an uploaded file, as it was found there."""

    codec: str = Field(examples=["hevc"])
    profile: str | None
    pixel_format: str = Field(examples=["yuv420p10le"])
    width: int = Field(description="As shown: upright, with square pixels")
    height: int
    rotation: int = Field(description="Degrees clockwise by which a player turns it")
    fps: float
    constant_frame_rate: bool
    interlaced: bool
    hdr: Hdr | None
    alpha: bool = Field(description="Transparent in parts: as the host of a webinar, only the person is shown")
    primaries: str = Field(description="Colour as in ITU-T H.273, in ffmpeg's words", examples=["bt709"])
    transfer: str
    matrix: str


class SoundFacts(BaseModel):
    """The sound of an uploaded file, as it was found there."""

    codec: str = Field(examples=["aac"])
    channels: int
    layout: str = Field(examples=["stereo"])
    sample_rate: int
    language: str | None


class MediaFacts(BaseModel):
    """What was found in an uploaded file, and what was done about it."""

    container: str = Field(examples=["mp4"])
    size: int = Field(description="Bytes of the original")
    sha256: str = Field(description="Of the original")
    duration: float = Field(description="Seconds")
    picture: PictureFacts
    sound: SoundFacts | None = Field(description="null: the video is silent")
    converted: bool = Field(
        description="Whether `download_url` leads to a copy that browsers play; the original is kept"
    )
    reasons: list[str] = Field(
        description="Why it was converted: `codec`, `container`, `pixel_format`, `level`, `hdr`, `interlaced`, "
        "`anamorphic`, `odd_size`, `variable_frame_rate`, `edit_list`, `late_start`, `sound_codec`"
    )


class VideoOut(VideoSummary):
    """A video with its script and, once it has an output, the links to it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": VIDEO_ID,
                    "title": "Welcome",
                    "kind": "avatar",
                    "source": "generated",
                    "status": "ready",
                    "created_at": "2026-11-23T10:15:00.120000Z",
                    "updated_at": "2026-11-23T10:15:21.840000Z",
                    "parent_id": None,
                    "metadata": {"campaign": "spring"},
                    "tags": ["Spring 2027", "welcome"],
                    "revision": 1,
                    "duration": 19.84,
                    "size": 2103394,
                    "width": 1920,
                    "height": 1080,
                    "fps": 25.0,
                    "aspect_ratio": "16:9",
                    "resolution": "1080p",
                    "avatar_id": "maya",
                    "voice_id": "espeak-en-us-clara",
                    "background": "dawn",
                    "script": "Welcome to 10ex.",
                    "preview": {
                        "poster_url": "http://127.0.0.1:8010/files/eyJr.../welcome.jpg",
                        "video_url": "http://127.0.0.1:8010/files/eyJr.../welcome-preview.mp4",
                    },
                    "download_url": "http://127.0.0.1:8010/files/eyJr.../welcome.mp4",
                    "download_expires_at": "2026-11-23T11:15:30Z",
                    "captions": {
                        "vtt_url": "http://127.0.0.1:8010/files/eyJr.../welcome.vtt",
                        "srt_url": "http://127.0.0.1:8010/files/eyJr.../welcome.srt",
                    },
                    "render": {
                        "id": _JOB,
                        "status": "succeeded",
                        "stage": "done",
                        "progress": 1.0,
                        "eta_seconds": 0,
                        "error": None,
                    },
                }
            ]
        }
    )

    script: str | None
    preview: Preview | None
    download_url: str | None = Field(description="The video, for whoever has the link, until `download_expires_at`")
    download_expires_at: datetime | None
    captions: CaptionLinks | None
    original_url: str | None = Field(default=None, description="The file as it was uploaded")
    media: MediaFacts | None = Field(default=None, description="What was found in an uploaded file")
    subtitles: list[SubtitleLinks] = Field(
        default_factory=list[SubtitleLinks], description="The text tracks of an uploaded file; the first is `captions`"
    )
    storyboard: Storyboard | None = None
    chapters: ChapterLinks | None = None
    transcript: TranscriptLinks | None = None
    scenes: list[SceneOut] = Field(default_factory=list[SceneOut], description="Those of a webinar")


class RevisionOut(BaseModel):
    """One finished output of a video. What belongs to a script is null for an uploaded recording."""

    number: int
    shown: bool = Field(description="Whether it is the one that the video shows")
    created_at: datetime
    job_id: str
    duration: float
    size: int
    sha256: str = Field(description="Of the video file")
    width: int
    height: int
    fps: float
    aspect_ratio: AspectRatio | None
    resolution: Resolution | None
    avatar_id: str | None
    voice_id: str | None
    background: str | None
    script: str | None
    preview: Preview
    download_url: str
    download_expires_at: datetime
    captions: CaptionLinks | None
    original_url: str | None = None
    media: MediaFacts | None = None
    subtitles: list[SubtitleLinks] = Field(default_factory=list[SubtitleLinks])
    storyboard: Storyboard | None = None
    chapters: ChapterLinks | None = None
    transcript: TranscriptLinks | None = None
    scenes: list[SceneOut] = Field(default_factory=list[SceneOut], description="Those of a webinar")


class ReferenceOut(BaseModel):
    """A module that uses a video."""

    module: str = Field(examples=["webinars"])
    ref_id: str = Field(examples=["w-2027-03"])
    label: str | None
    url: str | None
    created_at: datetime


class JobCredits(BaseModel):
    held: int = Field(description="Set aside when the job was asked for: the most it can cost")
    charged: int | None = Field(description="What it cost; null while it runs, 0 when it failed or was canceled")


class Counts(BaseModel):
    made: int
    reused: int


class Receipt(BaseModel):
    """What a job reused, what it made, and what that took."""

    takes: Counts
    chunks: Counts
    mixes: Counts
    seconds_made: float
    seconds_reused: float
    cpu_seconds: float
    peak_memory_mb: int
    credits: dict[str, int] = Field(examples=[{"held": 24, "charged": 20}])
    seconds_waited: float = Field(default=0.0, description="For avatar providers", examples=[312.4])
    provider_usd: float | None = Field(
        default=None,
        description="What the takes cost at their providers, in US dollars, by the price of a minute; not from a bill",
    )
    warnings: list[str] = Field(
        default_factory=list, description="What could not be shown as it was asked for, by scene, and what to do"
    )


class ProviderTake(BaseModel):
    """A take at an avatar provider: how far it is, and what is usual for the account."""

    provider: str = Field(examples=["heygen"])
    provider_id: str | None = Field(description="The provider's own id of it; null until it was accepted")
    status: TakeStatus
    said: str | None = Field(description="The provider's last words about it", examples=["processing"])
    elapsed_seconds: float | None = Field(description="Since it was asked for, until it was made")
    usual_seconds: int | None = Field(description="After which half of this account's latest takes were made")
    slow_seconds: int | None = Field(description="After which nine in ten of them were")
    duration: float | None = Field(description="Seconds, once it is made")
    usd: float | None = Field(description="What it costs there, by the price of a minute")


class RenderJobOut(RenderState):
    """One run of the pipeline for one video."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _JOB,
                    "status": "rendering",
                    "stage": "chunks",
                    "progress": 0.42,
                    "eta_seconds": 9,
                    "error": None,
                    "kind": "render",
                    "video_id": VIDEO_ID,
                    "revision": 1,
                    "credits": {"held": 24, "charged": None},
                    "receipt": None,
                    "created_at": "2026-11-23T10:15:00.120000Z",
                    "started_at": "2026-11-23T10:15:00.480000Z",
                    "finished_at": None,
                }
            ]
        }
    )

    kind: JobKind = Field(
        default=JobKind.RENDER, description="`render` makes a video, `intake` makes an uploaded one ready"
    )
    video_id: str
    revision: int = Field(description="The revision it makes")
    credits: JobCredits
    takes: list[ProviderTake] = Field(
        default_factory=list[ProviderTake], description="Those at avatar providers, which one waits for"
    )
    receipt: Receipt | None = Field(description="null until the job has succeeded")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class AvatarOut(BaseModel):
    """Who can speak. Built-in profiles are there for every workspace and cannot be changed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "maya",
                    "name": "Maya",
                    "built_in": True,
                    "provider": "studio",
                    "provider_avatar_id": "maya",
                    "voice_id": "espeak-en-us-clara",
                    "background": "dawn",
                    "fallbacks": [],
                    "problem": None,
                    "metadata": {},
                    "created_at": "2026-01-01T00:00:00Z",
                    "updated_at": "2026-01-01T00:00:00Z",
                }
            ]
        }
    )

    id: str
    name: str
    built_in: bool
    provider: str
    provider_avatar_id: str
    voice_id: str
    background: str
    fallbacks: list[str] = Field(description="Avatar profiles that speak, in this order, if this one cannot be made")
    problem: str | None = Field(description="Why nothing can be rendered with it now, as far as that is known")
    metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class VoiceOut(BaseModel):
    """A voice of this server."""

    id: str = Field(examples=["espeak-en-us-clara"])
    name: str
    engine: Literal["espeak", "piper", "festival", "flite"]
    language: str = Field(description="BCP 47", examples=["en-US"])
    gender: Literal["female", "male", "neutral"]
    quality: Literal["basic", "good", "high"] = Field(
        description="`basic`: plainly a machine; `good`: pleasant, with flaws; `high`: close to a person"
    )


class BackgroundOut(BaseModel):
    """A place to stand in. Any colour, written as #RRGGBB, is one too."""

    id: str = Field(examples=["dawn"])
    name: str
