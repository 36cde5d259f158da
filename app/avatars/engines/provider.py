"""An engine's program as an avatar provider: speech by our own voices, the picture by the program, on the worker.

A take costs nothing but time. It is made when it is fetched, so a crash simply makes it again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.avatars.base import Capabilities, Delivery, FetchedTake, OneByOne, TakeReport, TakeRequest, TakeState
from app.avatars.engines.errors import EngineUnusable, UnknownPortrait
from app.avatars.engines.listed import Engine
from app.avatars.engines.running import Ran, run_engine
from app.core.errors import InvalidRequest
from app.media.children import Nursery
from app.media.errors import ChildFailed
from app.speech.synthesis import SPEECH_VERSION, engine_version
from app.speech.voice import voice_to_json
from app.speech.voices import VoiceCatalogue

#: To be raised when the sound or the film that is made of the same can change.
ENGINES_VERSION = "1"
_SPEAK_S, _FINISH_S = 600.0, 900.0
#: A take waits for its turn here: nothing but its job's own deadline limits that.
_FETCH_S = 48 * 3600.0
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spoken:
    path: Path
    duration_ms: int
    cpu_s: float


class CommandProvider(OneByOne):
    """``engine`` is what the server's operator wrote down; its avatars are its portraits, by the names of their files.

    ``concurrency`` of them run at once in each worker process.
    """

    def __init__(self, *, name: str, engine: Engine, voices: VoiceCatalogue, nursery: Nursery) -> None:
        self.name, self.engine = name, engine
        self._voices, self._nursery = voices, nursery
        self._turn = asyncio.Semaphore(engine.concurrency)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            delivery=Delivery.RECORDING,
            by_passage=False,
            max_script_chars=20_000,
            first_poll_s=0.0,
            longest_poll_s=0.0,
            deadline_s=_FETCH_S,
            fetch_s=_FETCH_S,
            chooses_voice=self._speaks,
            shapes=("16:9", "9:16", "1:1", "4:5"),
        )

    @property
    def _speaks(self) -> bool:
        """Whether the speech is made here."""
        return "audio" in self.engine.places

    def check(self, *, avatar: str, voice: str, background: str) -> None:
        self._portrait(avatar)
        if background:
            raise InvalidRequest(f"An avatar of the engine {self.name} has no background of ours. Leave it out.")
        if self._speaks:
            self._voices.get(voice)
        elif voice:
            raise InvalidRequest(f"The engine {self.name} speaks with a voice of its own. Leave voice_id out.")

    def ingredients(self, request: TakeRequest) -> Mapping[str, Any]:
        """The shape only counts where the command asks for it."""
        engine, shape = self.engine, self._values(request)
        asked = {place: shape[place] for place in sorted(engine.places) if place in shape}
        return {
            "engines": ENGINES_VERSION,
            "command": list(engine.command),
            "folder": str(engine.folder or ""),
            "environment": engine.environment,
            "version": engine.version,
            "portrait": _digest(self._portrait(request.avatar)),
            "script": request.script,
            "speech": self._speech(request.voice) if self._speaks else None,
            **asked,
        }

    async def submit(self, request: TakeRequest, *, client_ref: str) -> str:
        self._portrait(request.avatar)
        return client_ref

    async def find(self, client_ref: str) -> str | None:
        return client_ref

    async def poll(self, provider_id: str) -> TakeReport:  # noqa: ARG002 - it is made when it is fetched
        return TakeReport(state=TakeState.READY)

    async def fetch(self, provider_id: str, request: TakeRequest, folder: Path) -> FetchedTake:  # noqa: ARG002
        """Raises EngineFailed with the program's last words, and what is wrong with the voice or the portrait."""
        work, portrait = folder / "work", self._portrait(request.avatar)
        work.mkdir()
        script, film = work / "script.txt", work / "out.mp4"
        script.write_text(request.script, encoding="utf-8")
        async with self._turn:
            spoken = await self._spoken(request, work) if self._speaks else None
            paths = {"script": script, "audio": work / "speech.wav", "portrait": portrait, "out": film}
            values = self._values(request) | {place: str(path.absolute()) for place, path in paths.items()}
            ran = await run_engine(self.name, self.engine, self.engine.spelled(values), work.absolute())
            return await self._finished(film, spoken, ran, folder / "take.mp4")

    async def _spoken(self, request: TakeRequest, work: Path) -> _Spoken:
        path = work / "speech.wav"
        task = {"voice": voice_to_json(self._voices.get(request.voice)), "text": request.script, "path": str(path)}
        outcome = await self._nursery.run("app.avatars.engines.children:speak", task, deadline_s=_SPEAK_S)
        return _Spoken(path=path, duration_ms=outcome.result["duration_ms"], cpu_s=outcome.usage.cpu_s)

    async def _finished(self, film: Path, spoken: _Spoken | None, ran: Ran, path: Path) -> FetchedTake:
        """The film with sound at ``path``. Raises EngineUnusable, which says why, and what the program said."""
        last = f"Its last words: {ran.words}" if ran.words else "It said nothing."
        speech = None if spoken is None else {"path": str(spoken.path), "duration_ms": spoken.duration_ms}
        task = {"film": str(film), "speech": speech, "path": str(path)}
        try:
            outcome = await self._nursery.run("app.avatars.engines.children:finish", task, deadline_s=_FINISH_S)
        except ChildFailed as error:
            if error.code != EngineUnusable.code:
                raise
            raise EngineUnusable(f"The engine {self.name} made no take. {error} {last}") from error
        cpu_s = ran.cpu_s + outcome.usage.cpu_s + (0.0 if spoken is None else spoken.cpu_s)
        return FetchedTake(path=path, duration_ms=outcome.result["duration_ms"], cpu_s=cpu_s)

    def _portrait(self, avatar: str) -> Path:
        """Only what is in the folder itself has a name there: none leads out of it. Raises UnknownPortrait."""
        names = self.engine.names()
        if avatar in names:
            return self.engine.portraits / avatar
        more = " and others" if len(names) > _MOST_NAMED else ""
        there = ", ".join(names[:_MOST_NAMED]) + more if names else "none: the server's operator has to add some"
        raise UnknownPortrait(f"The engine {self.name} has no portrait “{avatar}” here. There are: {there}.")

    def _speech(self, voice_id: str) -> Mapping[str, Any]:
        voice = self._voices.get(voice_id)
        return {"voice": voice_to_json(voice), "engine": engine_version(voice), "speech": SPEECH_VERSION}

    @staticmethod
    def _values(request: TakeRequest) -> dict[str, str]:
        return {"width": str(request.width), "height": str(request.height), "fps": f"{float(request.fps):g}"}


def _digest(path: Path) -> str:
    facts = path.stat()
    return _digest_of(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=64)
def _digest_of(path: Path, _mtime_ns: int, _size: int) -> str:
    """Once for each state of a file: a portrait may be a long recording."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
