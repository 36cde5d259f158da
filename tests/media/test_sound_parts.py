"""Parts of a track that were encoded each on its own are heard as one."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from app.media.hearing import heard_from
from app.media.package import encode_part, join_sound
from app.media.time import RATES, SAMPLE_RATE, SOUND_PACKET, frames_of_whole_packets
from app.media.wave import write_wave

#: Samples of each part; the last is not of whole packets.
LENGTHS = (40 * SOUND_PACKET, SOUND_PACKET * 71, 33_333)


def phrase(count: int, tone: float) -> np.ndarray:
    """Begins one packet after the part, and ends 2000 samples before it does."""
    samples = np.zeros(count)
    inner = slice(SOUND_PACKET, count - 2000)
    samples[inner] = 9000 * np.sin(np.arange(count)[inner] * tone)
    return samples.astype(np.int16)


def joined(folder: Path) -> tuple[Path, np.ndarray]:
    pieces = [phrase(count, 0.03 + 0.02 * number) for number, count in enumerate(LENGTHS)]
    parts = [folder / f"{number}.aac" for number in range(len(pieces))]
    for piece, part in zip(pieces, parts, strict=True):
        write_wave(part.with_suffix(".wav"), piece, SAMPLE_RATE)
        encode_part(part.with_suffix(".wav"), part)
    target = folder / "sound.m4a"
    join_sound(parts, sum(LENGTHS), target)
    return target, np.concatenate(pieces)


def test_nothing_is_moved_left_out_or_heard_twice(tmp_path: Path) -> None:
    path, wanted = joined(tmp_path)
    heard = np.concatenate(list(heard_from(path, Fraction(0), len(wanted)))).astype(float) * np.sqrt(2)
    noise = heard - wanted  # a voice in the middle is 3 dB softer on each of two sides
    assert np.sqrt(np.mean(noise**2)) < 0.02 * np.sqrt(np.mean(wanted.astype(float) ** 2))
    for edge in (LENGTHS[0], LENGTHS[0] + LENGTHS[1]):
        around = slice(edge - 1500, edge + SOUND_PACKET // 2)
        assert np.abs(heard[around]).max() < 250


def test_it_lasts_as_long_as_it_should(tmp_path: Path) -> None:
    path, wanted = joined(tmp_path)
    with av.open(str(path)) as media:
        stream = media.streams.audio[0]
        assert stream.time_base is not None
        assert stream.duration is not None
        missing = Fraction(len(wanted), SAMPLE_RATE) - stream.duration * stream.time_base
        assert 0 <= missing < Fraction(1, 1000)  # MP4 counts the whole in milliseconds
        assert stream.codec_context.channels == 2


def test_the_same_parts_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    assert joined(tmp_path / "a")[0].read_bytes() == joined(tmp_path / "b")[0].read_bytes()


@pytest.mark.parametrize(("rate", "frames"), [("24", 64), ("25", 8), ("30", 16), ("50", 16), ("60", 32)])
def test_when_pictures_and_packets_begin_together(rate: str, frames: int) -> None:
    fps = RATES[rate]
    assert frames_of_whole_packets(fps) == frames
    assert frames / fps * SAMPLE_RATE % SOUND_PACKET == 0
