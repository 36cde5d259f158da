"""What is known of a recording once every packet of it was read. Exact times, in seconds on the file's own clock."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict

from app.media.children import Limits

#: What the process that examines may use. Any file worth taking in keeps to it with ease: nothing is decoded but a
#: frame now and then.
EXAMINE_LIMITS = Limits(memory_mb=3072, cpu_s=240)
EXAMINE_DEADLINE_S = 240.0


class Fact(BaseModel):
    """A frozen value; ``model_dump(mode="json")`` writes fractions as ``30000/1001``, ``model_validate`` reads them."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Bounds(Fact):
    """What is accepted at most. Pixels are those of one coded picture."""

    max_bytes: int = 50_000_000_000
    max_seconds: int = 12 * 3600
    max_pixels: int = 8192 * 4352


class Hdr(StrEnum):
    """The two ways to encode high dynamic range: SMPTE ST 2084 (HDR10, Dolby Vision), ARIB STD-B67."""

    PQ = "pq"
    HLG = "hlg"


class Edits(StrEnum):
    """What an edit list does to the picture. Priming of a few frames and a late start count as nothing."""

    NONE = "none"
    HIDES = "hides"
    REPEATS = "repeats"


Rotation = Literal[0, 90, 180, 270]


class Colour(Fact):
    """ITU-T H.273 names as ffmpeg spells them; ``unknown`` where the file does not say."""

    primaries: str = "unknown"
    transfer: str = "unknown"
    matrix: str = "unknown"
    full_range: bool = False

    @property
    def hdr(self) -> Hdr | None:
        return {"smpte2084": Hdr.PQ, "arib-std-b67": Hdr.HLG}.get(self.transfer)


class Picture(Fact):
    """``width`` and ``height`` are as shown: square pixels, upright. ``rotation`` is clockwise, still to be applied.

    ``alpha``: it says of every pixel how much of it is seen.
    """

    index: int
    codec: str
    profile: str | None
    level: int | None
    pixel_format: str
    coded_width: int
    coded_height: int
    width: int
    height: int
    pixel_aspect: Fraction
    rotation: Rotation
    frame_rate: Fraction
    constant: bool
    interlaced: bool
    colour: Colour
    start: Fraction
    duration: Fraction
    frames: int
    key_frame_every: Fraction
    edits: Edits
    alpha: bool = False


class Sound(Fact):
    """``start`` and ``duration`` as heard, without the encoder's priming."""

    index: int
    codec: str
    profile: str | None
    channels: int
    layout: str
    sample_rate: int
    language: str | None
    start: Fraction
    duration: Fraction


class SubtitleTrack(Fact):
    """``text`` can be extracted; ``picture`` (DVD, Blu-ray, DVB) is only listed."""

    index: int
    codec: str
    kind: Literal["text", "picture"]
    language: str | None
    title: str | None


class Examined(Fact):
    """``origin`` is where time zero lies on the clock of the packets; ``start`` of picture and sound count from it.

    ``duration`` lasts until picture and sound have ended. ``index_at_front``: can be played while it is loading.
    """

    container: str
    bytes: int
    origin: Fraction
    duration: Fraction
    picture: Picture
    sound: Sound | None
    subtitles: tuple[SubtitleTrack, ...]
    index_at_front: bool
    title: str | None
    created_at: str | None
