"""The colours and the kind of a room, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.avatars.studio.colour import Color


class Scene(StrEnum):
    """What stands in the room."""

    PLAIN = "plain"
    WINDOW = "window"
    CITY = "city"
    SHELVES = "shelves"
    PLANTS = "plants"
    PANELS = "panels"
    LOFT = "loft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """The colours and the kind of a room."""

    scene: Scene
    top: Color
    bottom: Color
    glow: Color
    accent: Color
    wood: Color
