"""16-bit WAV files: mono, in one row of samples, or stereo, in two columns."""

from __future__ import annotations

import wave
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

#: Silence is written in pieces of this many samples.
_PIECE = 1 << 18


def silence(count: int) -> Iterator[NDArray[np.int16]]:
    """So many samples, none if that is negative, in blocks."""
    for begun in range(0, count, _PIECE):
        yield np.zeros(min(_PIECE, count - begun), np.int16)


def write_wave(path: Path, samples: NDArray[np.int16], rate: int) -> None:
    write_blocks(path, [samples], rate)


def write_blocks(path: Path, blocks: Iterable[NDArray[np.int16]], rate: int, *, channels: int = 1) -> None:
    """The same, block by block."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        for block in blocks:
            out.writeframesraw(block.astype("<i2").tobytes())


def channels_of(path: Path) -> int:
    with wave.open(str(path), "rb") as file:
        return file.getnchannels()


def blocks_of(path: Path) -> Iterator[NDArray[np.int16]]:
    """The samples of a mono file, block by block."""
    with wave.open(str(path), "rb") as file:
        while block := file.readframes(_PIECE):
            yield np.frombuffer(block, "<i2").astype(np.int16)
