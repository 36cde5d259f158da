"""What could not be shown as it was asked for, in words for whoever asked: it is only known when it is known how long a
script takes to say. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.media.time import decimal_seconds, frames_for
from app.modules.videos.pipeline.naming import scene_name
from app.modules.videos.pipeline.scenes import Shown
from app.modules.videos.scenery import Broll

#: Less is the rounding of a length to frames.
_NOTICED_MS = 50


def shortened(shown: Shown) -> Iterator[str]:
    """A sentence for each B-roll that outlasts its scene."""
    name = scene_name(shown.span.number + 1, shown.scene.title)
    for broll in shown.scene.broll:
        placed = next((each for each in shown.placed if each.broll is broll), None)
        frames = placed.stop - placed.first if placed is not None else 0
        if frames + frames_for(_NOTICED_MS, shown.fps) < frames_for(broll.duration_ms, shown.fps):
            yield f"{name}: {_sentence(broll, decimal_seconds(frames / shown.fps))}"


def _sentence(broll: Broll, seconds: float) -> str:
    if not seconds:
        return f"B-roll ({broll.asset.origin}) is not seen: the scene is over before it begins. Let it begin earlier."
    return (
        f"B-roll ({broll.asset.origin}) is seen for {seconds:g} of {broll.duration_ms / 1000:g} s, because the scene "
        "ends then. Shorten it, let it begin earlier, or say more."
    )
