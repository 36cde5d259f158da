"""Composition → the takes it needs. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from app.avatars.base import AvatarProvider, Delivery, TakeRequest, configured
from app.modules.videos.composition import Composition, Picture, Speaker
from app.modules.videos.pipeline.fingerprint import fingerprint
from app.modules.videos.scenery import Value
from app.speech.parts import split_parts
from app.speech.passages import Passage, split_passages

#: Silence after the last word of a scene.
SCENE_PAUSE_MS = 400


class PlannedTake(Value):
    """One take of the plan, in the order of the script; equal takes carry the same fingerprint.

    ``scene`` counts from 0. ``fetch_s`` is how long bringing it home may take.
    """

    scene: int
    fingerprint: str
    provider: str
    delivery: Delivery
    script: str
    avatar: str
    voice: str
    background: str
    pause_ms: int
    fetch_s: float = 600.0


def plan_takes(composition: Composition, providers: Mapping[str, AvatarProvider]) -> tuple[PlannedTake, ...]:
    """Every take in playing order. A provider that works by passage gets one take per passage of the script; others
    one per scene, or as many as they need for a long script.
    """
    planned: list[PlannedTake] = []
    for number, scene in enumerate(composition.scenes):
        if scene.speaker is not None:
            provider = configured(providers, scene.speaker.provider)
            passages = _passages(scene.script, scene.speaker.provider_avatar_id, provider)
            planned.extend(_plan(number, each, scene.speaker, composition.picture, provider) for each in passages)
    return tuple(planned)


def request_of(take: PlannedTake, picture: Picture) -> TakeRequest:
    width, height = picture.size
    return TakeRequest(
        script=take.script,
        avatar=take.avatar,
        voice=take.voice,
        background=take.background,
        width=width,
        height=height,
        fps=picture.rate,
    )


def _passages(script: str, avatar: str, provider: AvatarProvider) -> tuple[Passage, ...]:
    if provider.capabilities.by_passage:
        return split_passages(script)
    parts = split_parts(script, provider.capabilities.script_chars(avatar))
    return tuple(Passage(text=part, pause_ms=SCENE_PAUSE_MS) for part in parts)


def _plan(scene: int, passage: Passage, speaker: Speaker, picture: Picture, provider: AvatarProvider) -> PlannedTake:
    draft = PlannedTake(
        scene=scene,
        fingerprint="",
        provider=provider.name,
        delivery=provider.capabilities.delivery,
        script=passage.text,
        avatar=speaker.provider_avatar_id,
        voice=speaker.voice_id,
        background=speaker.background,
        pause_ms=passage.pause_ms,
        fetch_s=provider.capabilities.fetch_s,
    )
    name = fingerprint(
        "take", provider=provider.name, ingredients=dict(provider.ingredients(request_of(draft, picture)))
    )
    return draft.model_copy(update={"fingerprint": name})
