"""What is heard beside speech: music in a loop, the sound of other pictures, and how both make room for who speaks.

Everything goes by in blocks, in stereo at 48 kHz: as much memory for two hours as for two minutes. Speech is known
beforehand, so what accompanies it is lowered before the first word, not with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.media.hearing import heard_from
from app.media.time import SAMPLE_RATE

#: Samples for the left and the right ear, in columns.
Stereo = NDArray[np.float32]
#: How much room speech needs in each hundredth of a second, 0..1.
Room = NDArray[np.float32]
HOP = SAMPLE_RATE // 100
#: Softer sound is no speech.
_SOFT = 32768 * 10 ** (-50 / 20)
#: In hops: lowered so long before a word, and in pauses that are no longer; and how long the way down or up takes.
_AHEAD, _PAUSE, _GLIDE = 30, 70, 40
#: In samples: how long a loop passes into itself, and the soft edge of what is cut off.
_SEAM, _EDGE = SAMPLE_RATE // 2, SAMPLE_RATE // 50
_BLOCK = 10 * SAMPLE_RATE
#: A voice in the middle is as loud on two loudspeakers as on one.
_MIDDLE = math.sqrt(0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Sound from sample ``start`` on, ``count`` long: at ``gain``, and lowered by ``lowered_db`` where somebody speaks.

    ``fade_in`` and ``fade_out`` are samples.
    """

    start: int
    count: int
    sound: Tape
    gain: float
    lowered_db: float = 0.0
    fade_in: int = _EDGE
    fade_out: int = _EDGE

    def heard(self, start: int, stop: int, room: Room) -> Stereo:
        """The next samples, from ``start`` of the timeline on; they have to be asked for in order."""
        at = np.arange(start - self.start, stop - self.start, dtype=np.float32)
        rise = np.clip(at / max(1, self.fade_in), 0, 1)
        fall = np.clip((self.count - at) / max(1, self.fade_out), 0, 1)
        hops = np.arange(start, stop, dtype=np.float64) / HOP
        lowered = np.interp(hops, np.arange(len(room)), room) * -self.lowered_db
        level = self.gain * rise * fall * 10 ** (lowered / 20)
        return self.sound.read(stop - start) * level[:, None].astype(np.float32)


class Tape:
    """Blocks, read in any lengths."""

    def __init__(self, blocks: Iterator[Stereo]) -> None:
        self._blocks, self._rest = blocks, np.empty((0, 2), np.float32)

    def read(self, count: int) -> Stereo:
        """So many samples: silence where there are no more."""
        parts, missing = list[Stereo](), count
        while missing:
            if not len(self._rest):
                self._rest = next(self._blocks, np.zeros((missing, 2), np.float32))
            part, self._rest = self._rest[:missing], self._rest[missing:]
            parts.append(part)
            missing -= len(part)
        return np.concatenate(parts) if parts else np.empty((0, 2), np.float32)


def extract(path: Path, at: Fraction, stop: Fraction, *, loop: bool) -> Iterator[Stereo]:
    """A recording from ``at`` seconds on; in a loop from there to ``stop`` again and again, with soft edges."""
    if not loop:
        yield from _stereo(path, at, max(1, round((stop - at) * SAMPLE_RATE)))
        return
    while True:
        yield from _softened(path, at, max(2 * _EDGE, round((stop - at) * SAMPLE_RATE)))


def looped(path: Path, length: int) -> Iterator[Stereo]:
    """A recording of ``length`` samples without end: where it ends, it passes into its beginning."""
    seam = min(_SEAM, length // 4)
    rise = np.sin(np.linspace(0, math.pi / 2, seam, dtype=np.float32))[:, None]
    tail: Stereo | None = None
    while True:
        lap = Tape(_stereo(path, Fraction(0), length))
        head = lap.read(seam)
        yield head if tail is None else head * rise + tail * rise[::-1]
        left = length - 2 * seam
        while left:
            block = lap.read(min(left, SAMPLE_RATE))
            left -= len(block)
            yield block
        tail = lap.read(seam)


def room_for(speech: Iterator[NDArray[np.int16]]) -> Room:
    """From speech on the whole timeline, in mono."""
    rest, loud = np.empty(0, np.int16), list[NDArray[np.bool_]]()
    for block in speech:
        samples = np.concatenate((rest, block))
        whole = len(samples) // HOP * HOP
        level = np.sqrt(np.mean(samples[:whole].reshape(-1, HOP).astype(np.float32) ** 2, axis=1))
        loud.append(level > _SOFT)
        rest = samples[whole:]
    return _glided(_held(np.concatenate([*loud, np.zeros(1, np.bool_)])))


def accompanied(
    speech: Iterator[NDArray[np.int16]], layers: Sequence[Layer], room: Room
) -> Iterator[NDArray[np.int16]]:
    """Speech in the middle and all layers, in stereo."""
    start = 0
    for block in _even(speech):
        stop = start + len(block)
        mixed = np.repeat(block.astype(np.float32)[:, None] * np.float32(_MIDDLE), 2, axis=1)
        for layer in layers:
            first, last = max(start, layer.start), min(stop, layer.start + layer.count)
            if first < last:
                mixed[first - start : last - start] += layer.heard(first, last, room)
        yield np.clip(np.rint(mixed), -32768, 32767).astype(np.int16)
        start = stop


def _even(speech: Iterator[NDArray[np.int16]]) -> Iterator[NDArray[np.int16]]:
    """In blocks that are not too long."""
    for block in speech:
        for begun in range(0, len(block), _BLOCK):
            yield block[begun : begun + _BLOCK]


def _held(loud: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Also where it is loud soon, and in short pauses."""
    sums = np.concatenate(([0], np.cumsum(loud)))
    at = np.arange(len(loud))
    return sums[np.minimum(at + _AHEAD + 1, len(loud))] > sums[np.maximum(at - _PAUSE, 0)]


def _glided(held: NDArray[np.bool_]) -> Room:
    shape = np.hanning(_GLIDE + 2)[1:-1]
    around = np.pad(held.astype(np.float64), _GLIDE // 2, mode="edge")
    return np.convolve(around, shape / shape.sum(), "same")[_GLIDE // 2 :][: len(held)].astype(np.float32)


def _stereo(path: Path, at: Fraction, count: int) -> Iterator[Stereo]:
    for block in heard_from(path, at, count, stereo=True):
        yield block.astype(np.float32)


def _softened(path: Path, at: Fraction, count: int) -> Iterator[Stereo]:
    done = 0
    for block in _stereo(path, at, count):
        place = np.arange(done, done + len(block), dtype=np.float32)
        yield block * np.clip(np.minimum(place, count - place) / np.float32(_EDGE), 0, 1)[:, None].astype(np.float32)
        done += len(block)
