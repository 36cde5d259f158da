"""One way to run ffmpeg: argument tuples in, the log out, and an error that carries all one needs to reproduce it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import cache

import imageio_ffmpeg  # pyright: ignore[reportMissingTypeStubs]

from app.core.errors import StorageFull
from app.media.errors import ToolFailed, ToolTimedOut

#: What every call starts with: no questions, no banner, and nothing but local files.
QUIET = ("-hide_banner", "-nostdin", "-y", "-protocol_whitelist", "file,pipe,fd")
#: What makes two runs write the same bytes: no encoder names, no dates.
BITEXACT = ("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1")
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
#: What a process keeps of the memory that it has freed, and the largest block of it.
_KEPT_BYTES, _KEPT_BLOCK_BYTES = 256 << 20, 32 << 20
#: As the C library says it in the locale of programs.
_FULL = ("No space left on device", "Disk quota exceeded", "File too large")


@cache
def ffmpeg_binary() -> str:
    """The ffmpeg of the ``imageio-ffmpeg`` wheel; ``FFMPEG_BINARY`` names another."""
    return os.environ.get("FFMPEG_BINARY") or imageio_ffmpeg.get_ffmpeg_exe()


@cache
def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Ask Linux to kill this process when the thread that started it ends; elsewhere the process group does it."""
    libc = _libc()
    if libc is not None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def name_process(name: str) -> None:
    """What Linux shows of a process that was forked and runs no program of its own."""
    libc = _libc()
    if libc is not None:
        libc.prctl(_PR_SET_NAME, name.encode())


def keep_memory() -> None:
    """Let this process use again what it frees. Glibc would give it back and ask for it anew, zeroed page by page, for
    every picture: as long as it takes to make a host smaller.
    """
    mallopt = getattr(_libc(), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _KEPT_BLOCK_BYTES)


def give_back_memory() -> None:
    """Return to the system what this process has freed, where the next thing it does needs other memory."""
    trim = getattr(_libc(), "malloc_trim", None)
    if trim is not None:
        trim(0)


def run_ffmpeg(arguments: Sequence[str], *, timeout_s: float, binary: str | None = None) -> str:
    """Run to the end and return what was written to stderr.

    Raises ``ToolFailed`` when it exits with an error, ``StorageFull`` when that was for want of room, ``ToolTimedOut``
    (after killing it) at the deadline.
    """
    command = [binary or ffmpeg_binary(), *QUIET, *arguments]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
            preexec_fn=die_with_parent,
        )
    except subprocess.TimeoutExpired as error:
        raise ToolTimedOut(f"ffmpeg did not finish within {timeout_s:g} s: {_spell(command)}") from error
    log = done.stderr.decode("utf-8", "replace")
    if done.returncode != 0 and _is_full(done.returncode, log):
        raise StorageFull(
            f"There is no room left on the disk for what ffmpeg writes. Free some space and render again: what is "
            f"finished is kept.\nCommand: {_spell(command)}"
        )
    if done.returncode != 0:
        raise ToolFailed(f"ffmpeg ended with code {done.returncode}: {_last_words(log)}\nCommand: {_spell(command)}")
    return log


def _is_full(code: int, log: str) -> bool:
    return code == -signal.SIGXFSZ or any(words in log for words in _FULL)


def _last_words(log: str) -> str:
    return log.strip()[-1500:] or "(it said nothing)"


def _spell(command: Sequence[str]) -> str:
    return " ".join(command)
