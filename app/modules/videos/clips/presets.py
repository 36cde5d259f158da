"""What each platform takes. Figures relayed by its users' documentation in November 2026: to be looked up again before
they are relied on. What nobody relayed (a shortest length, sizes, bit rates) is not checked; 60 frames a second at most
is our own choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.modules.videos.composition import AspectRatio


class Platform(StrEnum):
    TIKTOK = "tiktok"
    REELS = "reels"
    SHORTS = "shorts"
    LINKEDIN = "linkedin"
    X = "x"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """``aspect_ratio`` unless another is asked for; seconds that a video may last; frames a second at most."""

    name: str
    aspect_ratio: AspectRatio
    least_s: float
    most_s: float
    most_fps: int = 60
    lufs: int = -14


PRESETS = {
    Platform.TIKTOK: Preset(name="TikTok", aspect_ratio=AspectRatio.TALL, least_s=3, most_s=600),
    Platform.REELS: Preset(name="Reels", aspect_ratio=AspectRatio.TALL, least_s=3, most_s=900),
    Platform.SHORTS: Preset(name="Shorts", aspect_ratio=AspectRatio.TALL, least_s=0.2, most_s=180),
    Platform.LINKEDIN: Preset(name="LinkedIn", aspect_ratio=AspectRatio.PORTRAIT, least_s=0.2, most_s=1800),
    Platform.X: Preset(name="X", aspect_ratio=AspectRatio.SQUARE, least_s=0.2, most_s=140),
    Platform.CUSTOM: Preset(name="a custom platform", aspect_ratio=AspectRatio.TALL, least_s=0.2, most_s=43_200),
}
