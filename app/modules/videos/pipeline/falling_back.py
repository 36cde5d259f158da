"""A composition whose speakers could not be made → one in which others speak. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.engine.durable import WorkFailed
from app.modules.videos.composition import Composition


def fallen_back(composition: Composition, failures: Mapping[int, Sequence[str]]) -> tuple[Composition, tuple[str, ...]]:
    """The composition with the next speaker in each scene that failed, with code and message, and what to say of it.

    Raises the failure of a scene that has nobody left.
    """
    scenes, told = list(composition.scenes), list[str]()
    for number, (code, message) in sorted(failures.items()):
        speaker = scenes[number].speaker
        following = speaker.fallen_back if speaker is not None else None
        if speaker is None or following is None:
            raise WorkFailed(message, code=code)
        scenes[number] = scenes[number].model_copy(update={"speaker": following})
        where = f"Scene {number + 1}: " if len(scenes) > 1 else ""
        told.append(f"{where}spoken by {following.avatar_id} instead of {speaker.avatar_id} ({code}): {message}")
    return composition.model_copy(update={"scenes": tuple(scenes)}), tuple(told)
