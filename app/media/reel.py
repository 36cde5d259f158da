"""What one speaker says, run behind run: dressed in one way, and at one loudness.

So a voice of the synthesiser and a recording of a soft microphone can follow one another.
"""

from __future__ import annotations

import wave
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.media.loudness import SPEECH_LUFS, dress, equalising_db
from app.media.time import SAMPLE_RATE

Mono = NDArray[np.int16]
#: Between runs: long enough for the last of one to fade, and for its dynamics to be forgotten.
_GAP_S = 0.25
_BLOCK = 1 << 18


class Reel:
    """``path`` is where it is kept, while it is needed."""

    def __init__(self, path: Path, rate: int) -> None:
        self._rate = rate
        self._raw, self._dressed = (path.with_name(path.name + ending) for ending in (".wav", ".f32"))
        self._runs = deque[tuple[int, int]]()
        self._gain = 1.0
        self._length = 0
        self._file = wave.open(str(self._raw), "wb")  # noqa: SIM115 (measuring closes it)
        self._file.setparams((1, 2, rate, 0, "NONE", ""))

    def record(self, blocks: Iterable[Mono]) -> None:
        """The next run."""
        start = self._length
        for block in blocks:
            self._write(block)
        self._runs.append((start, self._length - start))
        self._write(np.zeros(int(_GAP_S * self._rate), np.int16))

    def develop(self, chain: str) -> None:
        """All runs are there: dress them, and bring them to the loudness of speech."""
        self._gain = self._measured_gain(chain, SPEECH_LUFS)

    def gain_to(self, lufs: float) -> float:
        """All runs are there: the factor that brings them to a loudness, as they are."""
        return self._measured_gain("plain", lufs)

    def next_run(self) -> Iterator[Mono]:
        """Runs come back in the order in which they were recorded."""
        start, count = (round(place * SAMPLE_RATE / self._rate) for place in self._runs.popleft())
        sound = np.memmap(self._dressed, np.float32, "r")
        for begun in range(start, start + count, _BLOCK):
            block = sound[begun : min(begun + _BLOCK, start + count)] * np.float32(32767 * self._gain)
            yield np.clip(np.rint(block), -32768, 32767).astype(np.int16)

    def _measured_gain(self, chain: str, lufs: float) -> float:
        self._file.close()
        measured = dress(self._raw, self._dressed, chain)
        self._raw.unlink()
        return 10 ** (equalising_db(measured, lufs) / 20)

    def _write(self, block: Mono) -> None:
        self._file.writeframesraw(block.astype("<i2").tobytes())
        self._length += len(block)
