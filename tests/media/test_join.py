"""Chunks that are joined without re-encoding play every frame in order, evenly, and with the sound in its place."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from app.media.encode import ChunkEncoder, Content, VideoProfile, planes_of
from app.media.errors import NotPlayable
from app.media.ffmpeg import run_ffmpeg
from app.media.package import encode_part, join, join_sound, verify
from app.media.time import SAMPLE_RATE, sample_at
from app.media.wave import write_wave

LENGTHS = (37, 101, 64, 5, 2)
SIZE = (640, 360)
BITS = 12


def encode_barcodes(path: Path, fps: Fraction, first: int, count: int) -> None:
    """Frames that carry their number as black and white bars."""
    with ChunkEncoder(path, VideoProfile(width=SIZE[0], height=SIZE[1], fps=fps)) as encoder:
        for number in range(first, first + count):
            encoder.planes.y[:], encoder.planes.u[:], encoder.planes.v[:] = 60, 128, 128
            for bit in range(BITS):
                encoder.planes.y[100:200, bit * 50 : bit * 50 + 40] = 235 if number >> bit & 1 else 16
            encoder.write()


def read_barcode(frame: av.VideoFrame) -> int:
    luma = frame.to_ndarray()[: frame.height]
    return sum(int(luma[150, bit * 50 + 20] > 128) << bit for bit in range(BITS))


def clicks(samples: NDArray[np.float32]) -> list[int]:
    loud = np.flatnonzero(np.abs(samples) > 0.25)
    return [int(at) for i, at in enumerate(loud) if i == 0 or at - loud[i - 1] > 1000]


@pytest.fixture(params=[Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(60)], ids=str)
def fps(request: pytest.FixtureRequest) -> Fraction:
    return request.param


@pytest.fixture
def joined(tmp_path: Path, fps: Fraction) -> Path:
    """Five chunks of odd lengths, and a click on every thirtieth frame."""
    chunks, start = [], 0
    for count in LENGTHS:
        chunks.append(tmp_path / f"it's chunk {start}.mp4")
        encode_barcodes(chunks[-1], fps, start, count)
        start += count
    sound = np.zeros(sample_at(start, fps), np.int16)
    for frame in range(0, start, 30):
        sound[sample_at(frame, fps) : sample_at(frame, fps) + 48] = 20_000
    write_wave(tmp_path / "sound.wav", sound, SAMPLE_RATE)
    encode_part(tmp_path / "sound.wav", tmp_path / "sound.aac")
    join_sound([tmp_path / "sound.aac"], len(sound), tmp_path / "sound.m4a")
    join(chunks, tmp_path / "sound.m4a", tmp_path / "joined.mp4")
    return tmp_path / "joined.mp4"


def test_every_frame_is_there_once_in_order_and_evenly_spaced(joined: Path, fps: Fraction) -> None:
    with av.open(str(joined)) as container:
        frames = [
            (read_barcode(frame), (frame.pts or 0) * (frame.time_base or 0)) for frame in container.decode(video=0)
        ]
    assert [number for number, _ in frames] == list(range(sum(LENGTHS)))
    assert [time for _, time in frames] == [number / fps for number in range(sum(LENGTHS))]


def test_clicks_sound_with_their_frames(joined: Path, fps: Fraction) -> None:
    with av.open(str(joined)) as container:
        samples = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    found = clicks(samples)
    wanted = [sample_at(frame, fps) for frame in range(0, sum(LENGTHS), 30)]
    assert len(found) == len(wanted)
    assert all(abs(is_at - should) < SAMPLE_RATE // 1000 for is_at, should in zip(found, wanted, strict=True))


def test_the_file_is_what_players_expect(joined: Path, fps: Fraction) -> None:
    with av.open(str(joined)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        context = video.codec_context
        assert (context.name, context.profile, context.pix_fmt) == ("h264", "High", "yuv420p")
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
        assert (audio.codec_context.name, audio.codec_context.sample_rate, audio.codec_context.channels) == (
            "aac",
            48_000,
            2,
        )
        keys = [packet for packet in container.demux(video) if packet.is_keyframe]
    assert len(keys) == len(LENGTHS)
    head = joined.read_bytes()[:200_000]
    assert head.index(b"moov") < head.index(b"mdat")


def test_a_file_with_a_missing_frame_is_refused(joined: Path, fps: Fraction) -> None:
    verify(joined, frames=sum(LENGTHS), fps=fps, size=SIZE)
    with pytest.raises(NotPlayable, match=f"has {sum(LENGTHS)} frames"):
        verify(joined, frames=sum(LENGTHS) + 1, fps=fps, size=SIZE)
    with pytest.raises(NotPlayable, match="640x360"):
        verify(joined, frames=sum(LENGTHS), fps=fps, size=(1280, 720))


def test_two_encodes_of_the_same_frames_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.mp4", "two.mp4"):
        encode_barcodes(tmp_path / name, Fraction(25), 0, 40)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


@pytest.mark.parametrize("content", list(Content))
def test_a_chunk_lasts_exactly_as_long_as_its_frames(tmp_path: Path, fps: Fraction, content: Content) -> None:
    """To the tick, also where that is no whole millisecond: the chunk behind it begins where it ends."""
    for count in range(1, 13):
        path = tmp_path / f"{count}.mp4"
        profile = VideoProfile(width=SIZE[0], height=SIZE[1], fps=fps, content=content)
        with ChunkEncoder(path, profile) as encoder:
            encoder.planes.u[:], encoder.planes.v[:] = 128, 128
            for number in range(count):
                encoder.planes.y[:] = 20 + number * 7
                encoder.write()
        with av.open(str(path)) as media:
            stream = media.streams.video[0]
            assert (stream.duration or 0) * (stream.time_base or 0) == count / fps


@pytest.mark.parametrize("content", [Content.CLIP, Content.FOOTAGE])
def test_dark_footage_is_coded_more_finely_and_joins_with_the_rest(tmp_path: Path, content: Content) -> None:
    grain = np.random.default_rng(1).normal(0, 4, (10, SIZE[1], SIZE[0]))
    profile, chunks, lost = VideoProfile(width=SIZE[0], height=SIZE[1], fps=Fraction(25), content=content), [], []
    for level in (40, 75, 160):
        chunks.append(tmp_path / f"{level}.mp4")
        pictures = np.clip(level + grain, 16, 235).astype(np.uint8)
        with ChunkEncoder(chunks[-1], profile) as encoder:
            encoder.planes.u[:], encoder.planes.v[:] = 128, 128
            for picture in pictures:
                encoder.planes.y[:] = picture
                encoder.write()
        with av.open(str(chunks[-1])) as media:
            shown = [planes_of(frame).y.astype(int) for frame in media.decode(video=0)]
        lost.append(float(np.abs(np.stack(shown) - pictures).mean()))
    assert lost == sorted(lost)
    assert lost[0] < 0.9 * lost[2]
    join(chunks, None, tmp_path / "joined.mp4")
    verify(tmp_path / "joined.mp4", frames=30, fps=Fraction(25), size=SIZE, silent=True)


def test_of_footage_that_begins_black_nothing_is_known() -> None:
    profile = VideoProfile(width=SIZE[0], height=SIZE[1], fps=Fraction(25), content=Content.CLIP)
    finer = [profile.suited_to(np.full(SIZE[::-1], level, np.uint8)).finer for level in (16, 40, 75, 160)]
    assert finer == [0, 3, 2, 0]


def test_camera_pictures_whose_height_is_no_multiple_of_16_are_encoded_alike_each_time(tmp_path: Path) -> None:
    source, made = tmp_path / "source.mkv", set[bytes]()
    run_ffmpeg(
        ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=6", "-c:v", "mpeg4", "-q:v", "5", str(source)), timeout_s=60
    )
    profile = VideoProfile(width=160, height=90, fps=Fraction(25), content=Content.CAMERA)
    with av.open(str(source)) as media:
        pictures = list(media.decode(video=0))
    for number in range(12):
        path = tmp_path / f"{number}.mp4"
        with ChunkEncoder(path, profile) as encoder:
            for picture in pictures:
                encoder.write_picture(picture)
        made.add(path.read_bytes())
    assert len(made) == 1
