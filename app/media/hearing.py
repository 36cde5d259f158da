# pyright: reportUnknownMemberType=false
"""The sound of a recording, from an exact time on, in blocks: as much memory for two hours as for two minutes.

A stranger's file: only to be opened in limited child processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.error import FFmpegError
from numpy.typing import NDArray

from app.media.excerpt import Excerpt, sound_from
from app.media.time import SAMPLE_RATE
from app.media.wave import silence

Samples = NDArray[np.int16]
#: Decoders need a moment to be right.
_RUN_UP_S = Fraction(1, 4)
#: In samples: 6 ms.
_SOFT_EDGE = 288
#: Less is the rounding of clocks, or the jitter of whoever recorded it.
_JUMP_S = Fraction(1, 20)


def heard_from(path: Path, at: Fraction, count: int, *, stereo: bool = False) -> Iterator[Samples]:
    """``count`` samples of the recording at 48 kHz, from ``at`` seconds after its beginning on: mono, in one row, or
    with ``stereo`` in two columns.

    Each sounds when the recording's own clock says so: what is missing there, before its beginning and after its end is
    silence, and what is damaged is left out.
    """
    first, written = round(at * SAMPLE_RATE), 0
    for place, samples in _placed(path, at, stereo=stereo):
        start = place - first
        if start >= count:
            break
        if start < written:
            samples, start = samples[written - start :], written
        if not len(samples):
            continue
        yield from _silence(start - written, stereo=stereo)
        part = samples[: count - start]
        yield part
        written = start + len(part)
    yield from _silence(count - written, stereo=stereo)


def in_larger(blocks: Iterator[Samples], count: int) -> Iterator[Samples]:
    """The same in blocks of at least so many samples, but for the last."""
    waiting, held = list[Samples](), 0
    for block in blocks:
        waiting.append(block)
        held += len(block)
        if held >= count:
            yield np.concatenate(waiting)
            waiting, held = [], 0
    if waiting:
        yield np.concatenate(waiting)


def softened(blocks: Iterator[Samples], count: int) -> Iterator[Samples]:
    """``count`` samples in mono, rising at their beginning and falling at their end: a cut that does not click."""
    done = 0
    for block in blocks:
        place = np.arange(done, done + len(block), dtype=np.float32)
        share = np.clip(np.minimum(place, count - 1 - place) / _SOFT_EDGE, 0, 1)
        yield np.rint(block * share).astype(np.int16)
        done += len(block)


def resampled(samples: Samples, own: int, rate: int) -> Samples:
    """The same sound at another rate, with nothing of it folded down."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = own
    parts = [part for given in (frame, None) for part in resampler.resample(given)]
    return np.concatenate([part.to_ndarray().reshape(-1) for part in parts]).astype(np.int16)


def _silence(count: int, *, stereo: bool) -> Iterator[Samples]:
    for block in silence(count):
        yield np.column_stack((block, block)) if stereo else block


def _placed(path: Path, at: Fraction, *, stereo: bool) -> Iterator[tuple[int, Samples]]:
    """Decoded samples, and the place of the first of them from the recording's beginning on."""
    with sound_from(path, at - _RUN_UP_S) as excerpt:
        if excerpt is not None:
            yield from _on_clock(excerpt, stereo=stereo)


def _on_clock(excerpt: Excerpt[AudioStream], *, stereo: bool) -> Iterator[tuple[int, Samples]]:
    """Samples follow one another; only where the clock jumps is their place read from it again."""
    layout, shape = ("stereo", (-1, 2)) if stereo else ("mono", (-1,))
    resampler, place, expected = _resampler(layout), 0, None
    decoder = excerpt.stream.codec_context
    for packet in excerpt.packets:
        with suppress(FFmpegError):
            for frame in decoder.decode(packet):
                time = (frame.pts or 0) * (frame.time_base or Fraction(1, 1000)) - excerpt.origin
                if expected is None or abs(time - expected) > _JUMP_S:
                    resampler, place = _resampler(layout), round(time * SAMPLE_RATE)
                expected = time + Fraction(frame.samples, frame.sample_rate)
                frame.pts = None
                for part in resampler.resample(frame):
                    samples = part.to_ndarray().reshape(shape).astype(np.int16)
                    yield place, samples
                    place += len(samples)


def _resampler(layout: str) -> av.AudioResampler:
    return av.AudioResampler(format="s16", layout=layout, rate=SAMPLE_RATE)
