"""What a provider cannot do as it was asked for, and is done here instead: said when a render is accepted. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.avatars.base import AvatarProvider, Delivery, configured
from app.modules.videos.composition import Composition, Picture, Scene, Speaker
from app.speech.parts import split_parts


def adjustments(composition: Composition, providers: Mapping[str, AvatarProvider]) -> list[str]:
    """Each once, in the order of the scenes. Raises ``ProviderMissing``."""
    told: dict[str, None] = {}
    for number, scene in enumerate(composition.scenes, start=1):
        if scene.speaker is not None:
            provider = configured(providers, scene.speaker.provider)
            if provider.capabilities.delivery is Delivery.RECORDING:
                where = f"Scene {number}: " if len(composition.scenes) > 1 else ""
                told |= dict.fromkeys(_of_picture(provider, composition.picture))
                told |= dict.fromkeys(_of_script(provider, scene.speaker, scene, where))
    return list(told)


def _of_picture(provider: AvatarProvider, picture: Picture) -> Iterator[str]:
    known, shape = provider.capabilities, str(picture.aspect_ratio)
    if known.rate is not None and picture.rate != known.rate:
        yield f"{provider.name} makes {known.rate} frames a second: converted to {picture.fps} here."
    if known.shapes and shape not in known.shapes:
        yield f"{provider.name} makes no pictures of {shape}: cropped here."
    if not known.shapes:
        yield f"{provider.name} makes pictures of its avatars' own shape: cropped to {shape} here where it is another."


def _of_script(provider: AvatarProvider, speaker: Speaker, scene: Scene, where: str) -> Iterator[str]:
    most = provider.capabilities.script_chars(speaker.provider_avatar_id)
    parts = len(split_parts(scene.script, most))
    if parts > 1:
        yield (
            f"{where}{provider.name} speaks at most {most} characters at a time: "
            f"made in {parts} parts, cut at sentence ends and joined here."
        )
