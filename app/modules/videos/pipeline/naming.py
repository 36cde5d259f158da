"""Scenes as people know them, for messages about what is wrong with them. Pure."""

from __future__ import annotations

from app.modules.videos.composition import Composition, Scene
from app.modules.videos.scenery import Asset

_MOST_NAMED = 5


def scene_name(number: int, title: str) -> str:
    """``number`` counts from 1."""
    return f"Scene {number} (“{title}”)" if title else f"Scene {number}"


def scenes_with(composition: Composition, asset: Asset) -> str:
    """The scenes that use the asset; empty when it belongs to none of them."""
    users = [(number, scene) for number, scene in enumerate(composition.scenes, 1) if _uses(scene, asset)]
    match users:
        case []:
            return ""
        case [(number, scene)]:
            return scene_name(number, scene.title)
        case _:
            named = ", ".join(str(number) for number, _ in users[:_MOST_NAMED])
            more = len(users) - _MOST_NAMED
            return f"Scenes {named} and {more} more" if more > 0 else f"Scenes {named}"


def _uses(scene: Scene, asset: Asset) -> bool:
    return any(own.sha256 == asset.sha256 for own in scene.assets)
