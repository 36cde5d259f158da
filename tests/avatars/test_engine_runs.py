"""An engine's program makes a take, or fails in any way it can: what is said of it, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest

from app.avatars.base import FetchedTake, TakeRequest, TakeState
from app.avatars.engines.errors import (
    EngineFailed,
    EngineOverdue,
    EngineTooLarge,
    EngineUnavailable,
    EngineUnusable,
    UnknownPortrait,
)
from app.avatars.engines.listed import Engine
from app.avatars.engines.provider import CommandProvider
from app.core.errors import InvalidRequest
from app.media.children import Nursery
from app.modules.videos.composition import Composition, Picture, Scene, Speaker
from app.modules.videos.pipeline.plan import PlannedTake, plan_takes
from app.speech.errors import UnknownVoice
from app.speech.voices import VoiceCatalogue

PROGRAM = str(Path(__file__).with_name("engine_program.py"))
VOICE = "espeak-en-us-clara"
REQUEST = TakeRequest(
    script="We grew paper boats.\n\nThen it rained.",
    avatar="ann.png",
    voice=VOICE,
    background="",
    width=1280,
    height=720,
    fps=Fraction(30_000, 1001),
)
Make = Callable[..., CommandProvider]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery(preload=["app.avatars.engines.children"])
    yield nursery
    nursery.close()


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return tmp_path / "pids"


@pytest.fixture
def make(tmp_path: Path, nursery: Nursery, note: Path) -> Make:
    portraits = tmp_path / "portraits"
    portraits.mkdir()
    (portraits / "ann.png").write_bytes(b"a face")

    def provider(conduct: str, **more: Any) -> CommandProvider:
        engine = engine_of(conduct, portraits, note, **more)
        return CommandProvider(name="puppet", engine=engine, voices=VoiceCatalogue(tmp_path), nursery=nursery)

    return provider


def engine_of(conduct: str, portraits: Path, note: Path, **more: Any) -> Engine:
    paths = ("--image", "{portrait}", "--audio", "{audio}", "--script", "{script}", "--out", "{out}")
    command = (sys.executable, PROGRAM, conduct, *paths, "--note", str(note), "--size", "{width}x{height}")
    return Engine.model_validate({"command": command, "portraits": portraits, "memory_mb": 2048} | more)


def fetch(provider: CommandProvider, folder: Path, request: TakeRequest = REQUEST) -> FetchedTake:
    folder.mkdir(exist_ok=True)
    return asyncio.run(provider.fetch("ref-1", request, folder))


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.02)


def started(note: Path) -> list[int]:
    return [int(word) for word in note.read_text().split()]


def sound_of(path: Path) -> np.ndarray[Any, Any]:
    with av.open(str(path)) as media:
        return np.concatenate([frame.to_ndarray()[0] for frame in media.decode(audio=0)])


def pitch(sound: np.ndarray[Any, Any]) -> float:
    """Of a plain tone, in Hz, at 44100 or 48000 samples a second about the same."""
    return float(np.argmax(np.abs(np.fft.rfft(sound[:44_100]))))


def test_a_take_has_the_programs_picture_and_our_speech(make: Make, tmp_path: Path) -> None:
    provider = make("good")
    assert asyncio.run(provider.submit(REQUEST, client_ref="ref-1")) == "ref-1"
    assert asyncio.run(provider.poll("ref-1")).state is TakeState.READY
    take = fetch(provider, tmp_path / "a")
    with av.open(str(take.path)) as media:
        assert (media.streams.video[0].width, media.streams.video[0].height) == (1280, 720)
        assert media.streams.audio[0].codec_context.name == "aac"
    sound = sound_of(take.path)
    assert np.abs(sound).max() > 0.05
    assert abs(len(sound) - take.duration_ms * 22.05) < 22_050 * 0.2
    assert take.cpu_s > 0
    assert fetch(provider, tmp_path / "b").path.read_bytes() == take.path.read_bytes()


def test_the_programs_own_sound_is_kept(make: Make, tmp_path: Path) -> None:
    assert abs(pitch(sound_of(fetch(make("sounding"), tmp_path / "a").path)) - 440) < 2


def test_a_silent_track_gives_way_to_the_speech(make: Make, tmp_path: Path) -> None:
    assert np.abs(sound_of(fetch(make("silent"), tmp_path / "a").path)).max() > 0.05


@pytest.mark.parametrize(
    ("conduct", "limits", "kind", "words"),
    [
        ("hang", {"timeout_seconds": 6}, EngineOverdue, r"within 6 s .* timeout_seconds .* loading the model"),
        ("hungry", {"memory_mb": 300}, EngineTooLarge, r"more memory than the 300 MB .*MemoryError"),
        ("crowd", {"memory_mb": 150}, EngineTooLarge, r"more memory than the 150 MB"),
        ("nothing", {}, EngineUnusable, r"wrote nothing to \{out\}. Its last words: all done"),
        ("empty", {}, EngineUnusable, r"wrote nothing to \{out\}. It said nothing"),
        ("text", {}, EngineUnusable, r"out.mp4 cannot be read as a video"),
        ("webm", {}, EngineUnusable, r"It wrote matroska,webm, not MP4"),
        ("short", {}, EngineUnusable, r"film lasts 400 ms, and the speech \d{4} ms"),
        ("fail", {}, EngineFailed, r"ended with code 1. Its last words: .*no kernel image is available$"),
        ("huge", {"disk_mb": 50}, EngineTooLarge, r"wrote more than the 50 MB it may"),
        ("many", {"disk_mb": 50}, EngineTooLarge, r"wrote more than the 50 MB it may"),
    ],
)
def test_what_fails_is_told_with_its_last_words(
    make: Make, tmp_path: Path, conduct: str, limits: dict[str, Any], kind: type[EngineFailed], words: str
) -> None:
    with pytest.raises(EngineFailed, match=f"(?s)puppet.*{words}") as failed:
        fetch(make(conduct, **limits), tmp_path / "a")
    assert type(failed.value) is kind
    assert not failed.value.retryable
    assert len(str(failed.value)) < 5000


def test_a_program_that_is_not_there_is_named(make: Make, tmp_path: Path) -> None:
    lost = make("good", command=("/nowhere/infer", "{audio}", "{out}"))
    with pytest.raises(EngineUnavailable, match=r"/nowhere/infer.*tenex doctor"):
        fetch(lost, tmp_path / "a")


def test_a_program_of_which_nothing_was_asked_to_sound_is_told_what_to_do(make: Make, tmp_path: Path) -> None:
    command = (sys.executable, PROGRAM, "mute", "--script", "{script}", "--out", "{out}")
    with pytest.raises(EngineUnusable, match=r"no sound in it.*name \{audio\}"):
        fetch(make("mute", command=command), tmp_path / "a")


def test_at_its_deadline_all_that_it_started_is_gone(make: Make, tmp_path: Path, note: Path) -> None:
    with pytest.raises(EngineOverdue):
        fetch(make("hang", timeout_seconds=8), tmp_path / "a")
    assert len(started(note)) == 3
    assert all(gone(pid) for pid in started(note))


def test_when_it_is_done_what_it_left_running_is_gone(make: Make, tmp_path: Path, note: Path) -> None:
    assert fetch(make("left"), tmp_path / "a").duration_ms > 1000
    assert len(started(note)) == 3
    assert all(gone(pid) for pid in started(note))


def test_cancelled_it_is_gone_before_its_folder_is(make: Make, tmp_path: Path, note: Path) -> None:
    (tmp_path / "a").mkdir()

    async def cancel() -> None:
        task = asyncio.ensure_future(make("hang").fetch("ref-1", REQUEST, tmp_path / "a"))
        await asyncio.to_thread(wait_until, note.exists)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert all(gone(pid) for pid in started(note))


def test_it_dies_with_its_worker(make: Make, tmp_path: Path, note: Path) -> None:
    """Killed in the middle, without a chance to clean up."""
    (tmp_path / "a").mkdir()
    code = (
        "import asyncio, sys; from pathlib import Path; from tests.avatars import test_engine_runs as here\n"
        "from app.avatars.engines.running import run_engine\n"
        "folder, note = map(Path, sys.argv[1:]); engine = here.engine_of('hang', folder, note)\n"
        "command = [here.sys.executable, here.PROGRAM, 'hang', '--note', str(note)]\n"
        "asyncio.run(run_engine('puppet', engine, command, folder))\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "a"), str(note)])
    wait_until(note.exists)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    wait_until(lambda: all(gone(pid) for pid in started(note)), 10)


def test_it_sees_a_clean_environment_and_what_it_was_given(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENEX_SECRET", "sesame")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sesame")
    with pytest.raises(EngineFailed) as failed:
        fetch(make("environment", environment={"MODELS": "/models"}, folder="/"), tmp_path / "a")
    told = str(failed.value)
    assert "TENEX" not in told.replace("TENEX_ENGINES", "")
    assert "AWS" not in told
    assert f"/ 1280x720 /models {tmp_path}" in told


def test_so_many_run_at_once_as_it_says(make: Make, tmp_path: Path) -> None:
    """Every run would wait for another at the same place: with one at a time, nobody would come."""
    meeting = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch()\n"
    meeting += "while len(list(pathlib.Path(sys.argv[1]).parent.glob('here-*'))) < 2: time.sleep(0.02)\n"
    meeting += "sys.exit('we met')"
    place = tmp_path / "meeting"
    place.mkdir()

    async def crowd(concurrency: int, seconds: float) -> list[str]:
        command = (sys.executable, "-c", meeting, str(place / "here-{width}"), "{script}", "{out}")
        provider = make("good", command=command, concurrency=concurrency, timeout_seconds=seconds)
        runs = list[Any]()
        for width in (1, 2):
            folder = tmp_path / f"{concurrency}-{width}"
            folder.mkdir()
            runs.append(provider.fetch("ref-1", replace(REQUEST, width=width), folder))
        return [str(ended) for ended in await asyncio.gather(*runs, return_exceptions=True)]

    assert all("we met" in said for said in asyncio.run(crowd(2, 60)))
    for file in place.iterdir():
        file.unlink()
    first, second = asyncio.run(crowd(1, 6))
    assert "did not finish" in first
    assert "we met" in second


@pytest.mark.parametrize(
    "name", ["", "bob.png", "../portraits/ann.png", "/etc/passwd", ".hidden", "..", "sub", "ann.png/"]
)
def test_only_what_is_in_the_folder_of_portraits_is_an_avatar(make: Make, tmp_path: Path, name: str) -> None:
    (tmp_path / "portraits" / "sub").mkdir()
    (tmp_path / "portraits" / ".hidden").touch()
    with pytest.raises(UnknownPortrait, match=r"There are: ann\.png\."):
        make("good").check(avatar=name, voice=VOICE, background="")


def test_a_profile_is_checked_before_anything_runs(make: Make) -> None:
    make("good").check(avatar="ann.png", voice=VOICE, background="")
    with pytest.raises(UnknownVoice):
        make("good").check(avatar="ann.png", voice="nobody", background="")
    with pytest.raises(InvalidRequest, match="no background"):
        make("good").check(avatar="ann.png", voice=VOICE, background="#000000")
    speaks = make("good", command=("say", "{script}", "{out}"))
    speaks.check(avatar="ann.png", voice="", background="")
    with pytest.raises(InvalidRequest, match="voice of its own"):
        speaks.check(avatar="ann.png", voice=VOICE, background="")


def test_what_can_change_a_take_is_in_its_fingerprint_and_nothing_else(make: Make, tmp_path: Path) -> None:
    def of(request: dict[str, Any] | None = None, **more: Any) -> Any:
        return make("good", **more).ingredients(replace(REQUEST, **(request or {})))

    first = of()
    assert of() == first
    assert of(timeout_seconds=5, memory_mb=5000, disk_mb=5000, concurrency=3) == first
    assert of({"fps": Fraction(25)}) == first
    assert of({"width": 720}) != first
    assert of({"script": "Another."}) != first
    assert of({"voice": "espeak-en-gb-ruth"}) != first
    assert of(command=("other", "{audio}", "{out}")) != first
    assert of(version="2") != first
    assert of(environment={"MODELS": "/m"}) != first
    (tmp_path / "portraits" / "ann.png").write_bytes(b"another face")
    assert of() != first


def test_a_plan_gives_it_the_time_to_run_in_and_to_wait_for_its_turn(make: Make) -> None:
    """Bringing a take home is where it is made: ten minutes, as for a download, would not do."""
    speaker = Speaker(avatar_id="a", provider="puppet", provider_avatar_id="ann.png", voice_id=VOICE, background="")
    composition = Composition(picture=Picture(), scenes=(Scene(script="Hello.", speaker=speaker),))
    provider = make("good", timeout_seconds=7200)
    (take,) = plan_takes(composition, {"puppet": provider})
    assert take.fetch_s > 7200
    assert PlannedTake.model_validate(take.model_dump(mode="json", exclude={"fetch_s"})).fetch_s == 600
