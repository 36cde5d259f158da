"""The embedded presenter as an avatar provider: a take is speech with its times; pictures are drawn from it later."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.avatars.base import Capabilities, Delivery, FetchedTake, OneByOne, TakeReport, TakeRequest, TakeState
from app.avatars.performance import write_performance
from app.avatars.studio.backdrop import check_backdrop
from app.avatars.studio.cast import character_of
from app.media.children import Nursery
from app.speech.synthesis import SPEECH_VERSION, engine_version, synthesise
from app.speech.voice import Voice, voice_from_json, voice_to_json
from app.speech.voices import VoiceCatalogue

_DEADLINE_S = 180.0


class StudioProvider(OneByOne):
    """Needs no account and no network. Speech does not depend on who speaks, so avatars of one voice share takes."""

    name = "studio"
    capabilities = Capabilities(
        delivery=Delivery.PERFORMANCE,
        by_passage=True,
        max_script_chars=20_000,
        first_poll_s=0.0,
        longest_poll_s=0.0,
        deadline_s=_DEADLINE_S,
    )

    def __init__(self, *, voices: VoiceCatalogue, nursery: Nursery) -> None:
        self._voices, self._nursery = voices, nursery

    def check(self, *, avatar: str, voice: str, background: str) -> None:
        character_of(avatar)
        check_backdrop(background)
        self._voices.get(voice)

    def ingredients(self, request: TakeRequest) -> Mapping[str, Any]:
        voice = self._voices.get(request.voice)
        return {
            "script": request.script,
            "voice": voice_to_json(voice),
            "engine": engine_version(voice),
            "speech": SPEECH_VERSION,
        }

    async def submit(self, request: TakeRequest, *, client_ref: str) -> str:
        self._voices.get(request.voice)
        return client_ref

    async def find(self, client_ref: str) -> str | None:
        return client_ref

    async def poll(self, provider_id: str) -> TakeReport:  # noqa: ARG002 - nothing is ever pending here
        return TakeReport(state=TakeState.READY)

    async def fetch(self, provider_id: str, request: TakeRequest, folder: Path) -> FetchedTake:  # noqa: ARG002
        path = folder / "performance.zip"
        task = {"voice": voice_to_json(self._voices.get(request.voice)), "text": request.script, "path": str(path)}
        outcome = await self._nursery.run("app.avatars.studio.provider:speak", task, deadline_s=_DEADLINE_S)
        return FetchedTake(path=path, duration_ms=outcome.result["duration_ms"], cpu_s=outcome.usage.cpu_s)


def speak(task: dict[str, Any], _progress: object) -> dict[str, Any]:
    """Runs in a child of its own, because the synthesiser repeats itself only from a fresh start."""
    voice: Voice = voice_from_json(task["voice"])
    speech = synthesise(voice, task["text"])
    write_performance(Path(task["path"]), speech)
    return {"duration_ms": speech.track.duration_ms}
