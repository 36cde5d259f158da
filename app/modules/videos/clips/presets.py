"""What each platform takes, as guides of its users relay it (swat.io, circleboom.com, contentstudio.io for Reels;
ayrshare.com for TikTok, LinkedIn and X; November 2026): to be looked up again before it is relied on. Where guides
differ, the stricter figure is here. Where they are silent: 0.2 s, 60 frames a second and 100 Mbit/s are our own bounds.
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
    """``aspect_ratio`` unless another is asked for; how long a video may be, how many frames a second it may have, how
    many Mbit/s its picture and how many MB the file.
    """

    name: str
    aspect_ratio: AspectRatio
    least_s: float
    most_s: float
    least_fps: int = 1
    most_fps: int = 60
    most_mbps: int = 100
    most_mb: int | None = None
    lufs: int = -14


PRESETS = {
    Platform.TIKTOK: Preset(
        name="TikTok", aspect_ratio=AspectRatio.TALL, least_s=3, most_s=600, least_fps=23, most_mb=1000
    ),
    Platform.REELS: Preset(
        name="Reels", aspect_ratio=AspectRatio.TALL, least_s=3, most_s=900, least_fps=23, most_mbps=25, most_mb=1000
    ),
    Platform.SHORTS: Preset(name="Shorts", aspect_ratio=AspectRatio.TALL, least_s=0.2, most_s=180),
    Platform.LINKEDIN: Preset(name="LinkedIn", aspect_ratio=AspectRatio.PORTRAIT, least_s=3, most_s=1800, most_mb=500),
    Platform.X: Preset(name="X", aspect_ratio=AspectRatio.SQUARE, least_s=0.5, most_s=140, most_mbps=25, most_mb=512),
    Platform.CUSTOM: Preset(name="a custom platform", aspect_ratio=AspectRatio.TALL, least_s=0.2, most_s=43_200),
}
