"""What it took to code a picture, read from the head of its packet."""

from __future__ import annotations

from math import inf, log2
from pathlib import Path

import av
import pytest

from app.media.effort import Sizer, Usual
from app.media.ffmpeg import run_ffmpeg

CODED = {
    "as most are": "bframes=3",
    "with many references": "ref=6:b-pyramid=strict",
    "without arithmetic coding": "cabac=0:weightp=1",
    "with weights and no picture between two": "bframes=0:weightp=2",
    "in slices": "slices=4",
    "in open groups": "open-gop=1:keyint=20",
    "with tables for its scaling": "cqm=jvt:chroma-qp-offset=3:constrained-intra=1",
}


def coded(path: Path, options: str, *more: str) -> Path:
    source = "testsrc2=s=320x180:r=25,fade=in:0:40"
    settings = f"aq-mode=0:mbtree=0:{options}"
    run_ffmpeg(
        (
            "-f",
            "lavfi",
            "-t",
            "2",
            "-i",
            source,
            *more,
            "-c:v",
            "libx264",
            "-qp",
            "30",
            "-x264-params",
            settings,
            str(path),
        ),
        timeout_s=60,
    )
    return path


def described(path: Path) -> bytes:
    with av.open(str(path)) as media:
        return media.streams.video[0].codec_context.extradata or b""


@pytest.mark.parametrize("options", CODED.values(), ids=CODED.keys())
def test_it_is_told_however_h264_is_coded(tmp_path: Path, options: str) -> None:
    path = coded(tmp_path / "coded.mp4", options, "-pix_fmt", "yuv420p")
    sizer = Sizer.of(described(path))
    assert sizer is not None
    with av.open(str(path)) as media:
        packets = [(packet.is_keyframe, bytes(packet)) for packet in media.demux(video=0) if packet.size]
    told = [(key, round(6 * log2(effort / len(data)))) for key, data in packets if (effort := sizer.effort(data))]
    assert {quantiser for key, quantiser in told if not key} <= {27, 30}
    assert sum(quantiser == 30 for _, quantiser in told) >= 10


@pytest.mark.parametrize(("options", "pixels"), [("interlaced=1", "yuv420p"), ("ref=2", "yuv444p")])
def test_what_is_coded_in_another_way_is_not_read(tmp_path: Path, options: str, pixels: str) -> None:
    path = coded(tmp_path / "coded.mp4", options, "-pix_fmt", pixels)
    assert Sizer.of(described(path)) is None


def test_what_cannot_be_read_is_no_evidence(tmp_path: Path) -> None:
    sizer = Sizer.of(described(coded(tmp_path / "coded.mp4", "bframes=0", "-pix_fmt", "yuv420p")))
    assert sizer is not None
    assert sizer.effort(b"\0\0\0\4\x65\0\0\0") == inf
    assert Usual.of([1.0, inf]) is None
    assert Usual.of([]) is None


def test_some_take_as_much_as_usual_if_no_second_of_them_takes_more() -> None:
    usual = Usual.of([100.0, 110.0] * 10)
    moved, still, cut = ([100.0] * 10 + [each] * 10 + [100.0] * 10 for each in (112.0, 80.0, 100.0))
    cut[15] = 200.0
    assert usual is not None
    assert usual.holds(Usual.of([105.0] * 20) or usual)
    assert [usual.holds(Usual.of(efforts) or usual) for efforts in (moved, still, cut)] == [False, False, False]
