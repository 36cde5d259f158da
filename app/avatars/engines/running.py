"""Running an engine's program in its limits (see ``warden``), and what to say when it fails."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.avatars.engines.errors import EngineFailed, EngineOverdue, EngineTooLarge, EngineUnavailable
from app.avatars.engines.listed import Engine
from app.media.errors import ChildLost

WARDEN = Path(__file__).with_name("warden.py")
#: What a program may know of the server's environment: where programs and its caches are, not keys and addresses.
_KEPT = ("PATH", "HOME", "LANG")
_NO_MEMORY = ("MemoryError", "Cannot allocate memory", "bad_alloc", "out of memory", "DefaultCPUAllocator")
_NO_ROOM = ("File too large", "Errno 27")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A program that ended well: its last words, and the processor time of all that it started."""

    words: str
    cpu_s: float


async def run_engine(name: str, engine: Engine, command: list[str], work: Path) -> Ran:
    """Run ``command`` to its end. However this ends, also by cancellation or a kill, nothing that it started is left.

    ``work`` is where it starts, unless the engine has a folder, and where its temporary files go. Raises EngineFailed
    with its last words, or one of the errors below that.
    """
    environment = {each: os.environ[each] for each in _KEPT if each in os.environ}
    task = {
        "command": command,
        "folder": str(engine.folder or work),
        "work": str(work),
        "timeout_s": engine.timeout_seconds,
        "memory_mb": engine.memory_mb,
        "disk_mb": engine.disk_mb,
    }
    said = await _guarded(task, environment | {"TMPDIR": str(work)} | engine.environment)
    if said["ended"] == "exit" and said["code"] == 0:
        return Ran(words=said["words"], cpu_s=said["cpu_s"])
    raise _failure(name, engine, said)


async def _guarded(task: dict[str, Any], environment: dict[str, str]) -> dict[str, Any]:
    """What the warden says at the end. It lives as long as its input is open, so not longer than this process."""
    warden = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(WARDEN)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    assert warden.stdin is not None
    assert warden.stdout is not None
    try:
        warden.stdin.write(json.dumps(task).encode() + b"\n")
        answer = await warden.stdout.read()
    finally:
        warden.stdin.close()
        await asyncio.shield(warden.wait())
    if not answer:
        raise ChildLost("The process that watches over an engine was killed, or the machine ran out of memory.")
    return json.loads(answer)


def _failure(name: str, engine: Engine, said: dict[str, Any]) -> EngineFailed:
    words, code = said["words"], said["code"]
    last = f" Its last words: {words}" if words else " It said nothing."
    match _cause(said):
        case "missing":
            return EngineUnavailable(
                f"The program of the engine {name} cannot be started: {words}. Install it, or correct TENEX_ENGINES; "
                "`tenex doctor` shows what is missing."
            )
        case "timeout":
            return EngineOverdue(
                f"The engine {name} did not finish within {engine.timeout_seconds:g} s and was stopped. Shorten the "
                f"script, or raise timeout_seconds in TENEX_ENGINES.{last}"
            )
        case "memory":
            return EngineTooLarge(_no_memory(name, engine) + last)
        case "disk":
            return EngineTooLarge(_no_room(name, engine) + last)
        case _:
            ended = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
            return EngineFailed(f"The engine {name} {ended}.{last}")


def _cause(said: dict[str, Any]) -> str:
    """Of what the warden saw, or of what the program says of the limits that it ran into."""
    if said["ended"] != "exit":
        return said["ended"]
    if said["code"] == -signal.SIGXFSZ or any(sign in said["words"] for sign in _NO_ROOM):
        return "disk"
    return "memory" if any(sign in said["words"] for sign in _NO_MEMORY) else "exit"


def _no_memory(name: str, engine: Engine) -> str:
    return (
        f"The engine {name} needs more memory than the {engine.memory_mb} MB it may use, or than there is. Raise "
        "memory_mb in TENEX_ENGINES, or have it make less at once."
    )


def _no_room(name: str, engine: Engine) -> str:
    return (
        f"The engine {name} wrote more than the {engine.disk_mb} MB it may, and was stopped. Raise disk_mb in "
        "TENEX_ENGINES, or have it clean up as it goes."
    )
