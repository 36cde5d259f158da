"""What a render costs. Whole credits; only frames that were made are paid for, never those that were reused."""

from __future__ import annotations

from fractions import Fraction

from app.modules.videos.composition import Composition, Scene

CREDITS_PER_SECOND = 1
#: For the pauses around what is said.
_SPARE_S = 2
#: Slow speech; the hold covers it, so that the charge is never higher than what was held.
_SLOWEST_CHARACTERS_PER_SECOND = 9
_USUAL_CHARACTERS_PER_SECOND = 14


def expected_seconds(composition: Composition) -> int:
    """How long it usually lasts."""
    return max(1, sum(_seconds(scene, _USUAL_CHARACTERS_PER_SECOND) for scene in composition.scenes))


def quote(composition: Composition) -> int:
    """The most a render can cost: what is held when it is asked for."""
    seconds = sum(_seconds(scene, _SLOWEST_CHARACTERS_PER_SECOND) for scene in composition.scenes)
    return CREDITS_PER_SECOND * (_SPARE_S + seconds)


def quote_for_script(script: str) -> int:
    """That of a presenter video."""
    return CREDITS_PER_SECOND * (_SPARE_S - -len(script) // _SLOWEST_CHARACTERS_PER_SECOND)


def _seconds(scene: Scene, characters_per_second: int) -> int:
    """Started seconds, with the silence around what is said."""
    clip = scene.recording or scene.sound
    if clip is not None:
        return -(-clip.duration_ms // 1000)
    if scene.speaker is None:
        return -(-(scene.duration_ms or 0) // 1000)
    pauses = -(-(scene.lead_in_ms + scene.lead_out_ms) // 1000)
    return pauses + -(-len(scene.script) // characters_per_second)


def charge(frames_made: int, fps: Fraction, held: int) -> int:
    """What is captured: started seconds of the frames that were made, and never more than was held."""
    exact = frames_made / fps * CREDITS_PER_SECOND
    return min(held, -(-exact.numerator // exact.denominator))
