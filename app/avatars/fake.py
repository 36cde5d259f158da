# pyright: reportUnknownMemberType=false
"""A scripted avatar vendor for tests: latency, paid calls and faults, in a folder that outlives every process.

The folder is the vendor's side: ``bill`` with a line for every accepted request, a file per take, and ``script.json``
with what should fail::

    {"latency_s": 0.5, "submit": ["busy", "drop"], "poll": ["fail"], "fetch": ["truncated"]}

Each list is used up from its front, one entry per call; ``ok`` is a call without a fault.

- submit: ``busy``: nothing accepted, try again. ``drop``: accepted, but the answer is lost. ``lose``: the request is
  lost before it arrives, and the caller cannot tell. ``refuse``: not accepted, final.
- poll: ``fail``: the render fails. ``blip``: no answer this time.
- fetch: ``truncated``: the download breaks off. ``cut``: half of the file comes, and nobody says so. ``page``: a web
  page comes in place of the video.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np

from app.avatars.base import (
    AmbiguousSubmit,
    Capabilities,
    Delivery,
    FetchedTake,
    OneByOne,
    ProviderBusy,
    ProviderRefused,
    ResultUnavailable,
    TakeReport,
    TakeRequest,
    TakeState,
)

_RATE = 48_000
_CHARACTERS_PER_SECOND = 14


@dataclass(slots=True, kw_only=True)
class Script:
    """What the vendor does next. Written by a test before or while a worker runs."""

    latency_s: float = 0.2
    #: How long a request is on its way before it is accepted, and how long its answer is on its way back.
    arrive_s: float = 0.0
    answer_s: float = 0.0
    deadline_s: float = 30.0
    submit: list[str] = field(default_factory=list[str])
    poll: list[str] = field(default_factory=list[str])
    fetch: list[str] = field(default_factory=list[str])


class FakeProvider(OneByOne):
    name = "fake"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            delivery=Delivery.RECORDING,
            by_passage=False,
            max_script_chars=5_000,
            first_poll_s=0.1,
            longest_poll_s=0.5,
            deadline_s=self._script().deadline_s,
        )

    # what a test says and sees ---------------------------------------------------------------------------------------

    def write(self, script: Script) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / "script.draft"
        draft.write_text(json.dumps(asdict(script)))
        draft.replace(self._folder / "script.json")

    def accepted(self) -> list[str]:
        """Every request the vendor accepted, and would send a bill for: one that came twice is there twice."""
        bill = self._folder / "bill"
        return bill.read_text().splitlines() if bill.exists() else []

    def unused(self) -> list[str]:
        """The faults that did not happen yet."""
        script = self._script()
        return [*script.submit, *script.poll, *script.fetch]

    # what the pipeline calls -----------------------------------------------------------------------------------------

    def check(self, *, avatar: str, voice: str, background: str) -> None:
        """Everybody is welcome."""

    def ingredients(self, request: TakeRequest) -> Mapping[str, Any]:
        shape = [request.width, request.height, str(request.fps)]
        return {"script": request.script, "avatar": request.avatar, "voice": request.voice, "shape": shape}

    async def submit(self, request: TakeRequest, *, client_ref: str) -> str:  # noqa: ARG002 - any script will do
        fault = self._next("submit")
        if fault == "busy":
            raise ProviderBusy("All slots of this account are taken. Try again in a moment.")
        if fault == "refuse":
            raise ProviderRefused("The script was refused by the content policy.")
        await asyncio.sleep(self._script().arrive_s)
        if fault != "lose":
            self._accept(client_ref)
            await asyncio.sleep(self._script().answer_s)
        if fault in ("drop", "lose"):
            raise AmbiguousSubmit("The connection was lost before the answer came.")
        return f"vendor-{client_ref}"

    async def find(self, client_ref: str) -> str | None:
        return f"vendor-{client_ref}" if (self._folder / f"{client_ref}.take").exists() else None

    async def poll(self, provider_id: str) -> TakeReport:
        fault = self._next("poll")
        if fault == "fail":
            return TakeReport(state=TakeState.FAILED, reason="GPU on fire")
        if fault == "blip":
            raise ProviderBusy("The vendor did not answer this time.")
        submitted = float((self._folder / f"{provider_id.removeprefix('vendor-')}.take").read_text())
        ready = time.time() >= submitted + self._script().latency_s
        return TakeReport(state=TakeState.READY if ready else TakeState.WAITING)

    async def fetch(self, provider_id: str, request: TakeRequest, folder: Path) -> FetchedTake:  # noqa: ARG002
        fault = self._next("fetch")
        if fault == "truncated":
            raise ResultUnavailable("The download broke off after 17 bytes.")
        seconds = max(1, len(request.script) // _CHARACTERS_PER_SECOND)
        path = folder / "take.mp4"
        _record(path, seconds)
        if fault == "cut":
            os.truncate(path, path.stat().st_size // 2)
        if fault == "page":
            path.write_text("<!doctype html><title>Your link has expired</title>")
        return FetchedTake(path=path, duration_ms=seconds * 1000)

    def _accept(self, client_ref: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{client_ref}.take").write_text(str(time.time()))
        with (self._folder / "bill").open("a") as bill:
            bill.write(f"{client_ref}\n")

    def _script(self) -> Script:
        path = self._folder / "script.json"
        if not path.exists():
            return Script()
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            return Script(**json.load(file))

    def _next(self, call: str) -> str | None:
        """Take the next fault for this call, once, also between processes."""
        path = self._folder / "script.json"
        if not path.exists() or not getattr(self._script(), call):
            return None
        with path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            document = json.load(file)
            faults: list[str] = document[call]
            fault = faults.pop(0) if faults else None
            file.seek(0)
            file.truncate()
            json.dump(document, file)
        return None if fault == "ok" else fault


def _record(path: Path, seconds: int) -> None:
    """A small MP4: a bar that moves, and a tone."""
    with av.open(str(path), "w", options={"fflags": "+bitexact", "movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "threads": "1"})
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        audio = container.add_stream("aac", rate=_RATE, layout="mono")
        for index in range(seconds * 25):
            picture = np.full((180, 320, 3), 40, np.uint8)
            picture[:, index % 300 : index % 300 + 20] = (240, 200, 80)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(video.encode(None))
        times = np.arange(seconds * _RATE)
        tone = (np.sin(times * (2 * np.pi * 440 / _RATE)) * 8000).astype(np.int16)
        for start in range(0, len(tone), 1024):
            frame = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], format="s16", layout="mono")
            frame.sample_rate, frame.pts = _RATE, start
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
