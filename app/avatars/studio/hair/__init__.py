"""Hair in four layers: behind the body, behind the face, on the skull, and its shadow on the forehead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.avatars.studio.geometry import Path
from app.avatars.studio.hair import bob, curly, long, scarf, short
from app.avatars.studio.model import Character, HairStyle
from app.avatars.studio.rig import Pen

Draw = Callable[[Pen, Character], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hair:
    """How one style is drawn. ``outline`` is what throws a shadow on the forehead."""

    front: Draw
    outline: Callable[[Character], Path] | None = None
    #: Moves with the head, behind it.
    behind: Draw | None = None
    #: Stays with the body, behind neck and clothes.
    back: Draw | None = None
    #: Lies on the shoulders, over the clothes.
    drape: Draw | None = None


def hair_of(style: HairStyle) -> Hair:
    lengths = Hair(front=long.draw_front, outline=long.front_outline, back=long.draw_back)
    return {
        HairStyle.LONG: lengths,
        HairStyle.WAVES: lengths,
        HairStyle.SHORT: Hair(front=short.draw_swept, outline=short.swept_outline),
        HairStyle.SIDE: Hair(front=short.draw_parted, outline=short.parted_outline),
        HairStyle.CURLY: Hair(front=curly.draw_front, outline=curly.front_outline, behind=curly.draw_behind),
        HairStyle.BOB: Hair(front=bob.draw_front, outline=bob.front_outline, back=bob.draw_back),
        HairStyle.BUN: Hair(front=bob.draw_bun_front, outline=bob.bun_outline, behind=bob.draw_bun_behind),
        HairStyle.SHAVED: Hair(front=short.draw_shaved),
        HairStyle.SCARF: Hair(
            front=scarf.draw_front, outline=scarf.front_outline, behind=scarf.draw_behind, drape=scarf.draw_drape
        ),
    }[style]
