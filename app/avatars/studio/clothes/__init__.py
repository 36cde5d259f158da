"""What the presenter wears. Drawn once per shot, facing the camera."""

from __future__ import annotations

from typing import assert_never

from app.avatars.studio.clothes.jacket import draw_blazer, draw_suit
from app.avatars.studio.clothes.knit import draw_sweater, draw_turtleneck
from app.avatars.studio.clothes.shirt import draw_shirt
from app.avatars.studio.model import Character, Outfit
from app.avatars.studio.rig import Pen


def draw_body(pen: Pen, c: Character) -> None:
    """Neck, shoulders and clothes."""
    outfit = c.clothes.outfit
    match outfit:
        case Outfit.BLAZER:
            draw_blazer(pen, c)
        case Outfit.SUIT:
            draw_suit(pen, c)
        case Outfit.TURTLENECK:
            draw_turtleneck(pen, c)
        case Outfit.SWEATER:
            draw_sweater(pen, c)
        case Outfit.SHIRT:
            draw_shirt(pen, c)
        case _:
            assert_never(outfit)
