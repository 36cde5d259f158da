"""B-roll as it was asked for → as it is shown and heard."""

from __future__ import annotations

from app.modules.videos.composition import Scene
from app.modules.videos.errors import InvalidWebinar
from app.modules.videos.phrases import places_of
from app.modules.videos.pipeline.listening import listening_of
from app.modules.videos.renders import Renders
from app.modules.videos.scenery import AssetKind, Broll, BrollSound
from app.modules.videos.webinars.schemas import BrollIn
from app.modules.videos.webinars.script import OF_FILE, Marker
from app.modules.videos.webinars.shelf import ROUNDING_MS, Shelf, in_text

_IMAGE_MS = 4000


def broll_of(wanted: BrollIn, scene: Scene, shelf: Shelf, renders: Renders) -> Broll:
    """Raises InvalidWebinar, and what cannot be found."""
    asset = shelf.image(wanted.file_id or "") if wanted.video_id is None else shelf.recording(wanted.video_id)
    start = round(wanted.start * 1000)
    left = asset.duration_ms - start if asset.kind is AssetKind.VIDEO else 0
    if asset.kind is AssetKind.VIDEO and left <= 0:
        raise InvalidWebinar(
            f"B-roll is to begin {wanted.start:g} s into {in_text(asset)}, which lasts {asset.duration_ms / 1000:g} s"
        )
    duration = round(wanted.duration * 1000) if wanted.duration is not None else left or _IMAGE_MS
    if left and not wanted.loop and duration > left + ROUNDING_MS:
        raise InvalidWebinar(
            f"B-roll is to last {duration / 1000:g} s, but {left / 1000:g} s are left of {in_text(asset)}. "
            "Shorten it, or let it loop"
        )
    if wanted.sound is not BrollSound.OFF and not asset.has_sound:
        raise InvalidWebinar(f"B-roll is to be heard, but {in_text(asset)} has no sound. Leave its `sound` out")
    at = wanted.at if isinstance(wanted.at, str) else round(wanted.at * 1000)
    if isinstance(at, str):
        _check_words(at, scene, shelf.workspace_id, renders)
    else:
        _check_time(at, duration, scene)
    return Broll(
        asset=asset,
        at_ms=at if isinstance(at, int) else None,
        phrase=at if isinstance(at, str) else None,
        duration_ms=duration,
        source_start_ms=start,
        loop=wanted.loop,
        fit=wanted.fit,
        zoom=wanted.zoom,
        sound=wanted.sound,
    )


def marked(marker: Marker) -> BrollIn:
    """What a marker in a script asks for."""
    fields = {name: getattr(marker, name) for name in ("start", "fit", "loop", "zoom", "sound")}
    fields |= {"at": marker.phrase} | ({} if marker.seconds is None else {"duration": marker.seconds})
    source = marker.source.removeprefix(OF_FILE)
    return BrollIn.model_validate(fields | {"video_id" if source == marker.source else "file_id": source})


def _check_words(words: str, scene: Scene, workspace_id: str, renders: Renders) -> None:
    timed = listening_of(scene) is not None
    if scene.speaker is not None:
        timed = renders.times_words(workspace_id, scene.speaker)
    if not timed:
        raise InvalidWebinar(
            f"B-roll at “{words}” needs a script, spoken by a presenter that tells when it says each word, or heard in "
            "a recording. Give the time in seconds"
        )
    count = len(places_of(words, scene.script))
    if count != 1:
        found = "do not occur in its script" if not count else f"occur {count} times in its script"
        raise InvalidWebinar(f"the words “{words}” {found}. B-roll needs words that occur exactly once")


def _check_time(at: int, duration: int, scene: Scene) -> None:
    length = scene.known_ms
    if length is not None and at + duration > length + ROUNDING_MS:
        raise InvalidWebinar(
            f"B-roll from {at / 1000:g} to {(at + duration) / 1000:g} s does not fit: the scene lasts "
            f"{length / 1000:g} s"
        )
