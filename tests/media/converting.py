"""A recording converted as an intake does it, and what is seen and heard in the result."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from app.media.conversion import Conversion, plan_conversion, segments_of
from app.media.examine import examine
from app.media.examined import Bounds
from app.media.mezzanine import convert_segment, convert_sound, rewrap
from app.media.package import join, verify
from app.media.time import SAMPLE_RATE, FrameRange
from tests.media.recordings import barcode, flashes

Rgb = NDArray[np.uint8]


def plan_of(source: Path) -> Conversion:
    plan = plan_conversion(examine(source, Bounds()))
    assert plan is not None
    return plan


def convert(source: Path, folder: Path, cuts: Sequence[int] | None = None) -> Path:
    """The copy that plays. ``cuts`` are the frames at which segments begin, if not the usual ones."""
    plan = plan_of(source)
    out = folder / f"{source.stem}.{plan.container}"
    if plan.picture == "copy":
        rewrap(source, plan, out)
        return out
    ranges = segments_of(plan)
    if cuts is not None:
        ranges = [FrameRange(*each) for each in pairwise([0, *cuts, plan.frames])]
    segments = [folder / f"{frames.start}-{frames.stop}.mp4" for frames in ranges]
    for frames, segment in zip(ranges, segments, strict=True):
        convert_segment(source, plan, frames, segment, lambda _share: None)
    sound = folder / "sound.m4a" if plan.sound != "none" else None
    if sound is not None:
        convert_sound(source, plan, sound)
    join(segments, sound, out)
    verify(out, frames=plan.frames, fps=plan.frame_rate, size=(plan.width, plan.height), silent=sound is None)
    return out


def shown(path: Path) -> list[tuple[Fraction, NDArray[np.uint8]]]:
    """The luma of every picture that is shown, with its time, in order."""
    with av.open(str(path)) as media:
        return [
            ((frame.pts or 0) * Fraction(frame.time_base or 1), frame.reformat(format="gray").to_ndarray())
            for frame in media.decode(video=0)
        ]


def numbers(path: Path) -> list[int]:
    return [barcode(luma) for _, luma in shown(path)]


def flash_times(path: Path) -> list[float]:
    return [float(time) for time, luma in shown(path) if flashes(luma)]


def click_times(path: Path) -> list[float]:
    resampler, parts, begin = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE), [], None
    with av.open(str(path)) as media:
        for frame in media.decode(audio=0):
            begin = (frame.pts or 0) * Fraction(frame.time_base or 1) if begin is None else begin
            parts += [part.to_ndarray().reshape(-1) for part in resampler.resample(frame)]
    loud = np.flatnonzero(np.abs(np.concatenate(parts)) > 0.2)
    first = [int(at) for number, at in enumerate(loud) if number == 0 or at - loud[number - 1] > SAMPLE_RATE // 10]
    return [float(begin or 0) + at / SAMPLE_RATE for at in first]


def rgb(path: Path, number: int = 0) -> Rgb:
    """One picture as it should look: by the colours that the file states, BT.601 where it states none."""
    with av.open(str(path)) as media:
        for at, frame in enumerate(media.decode(video=0)):
            if at == number:
                space = "ITU709" if frame.colorspace == 1 else "ITU601"
                options = {"src_colorspace": space, "dst_color_range": "JPEG"}
                return np.asarray(frame.reformat(format="rgb24", **options).to_ndarray(), np.uint8)
    raise AssertionError(f"{path.name} has no picture {number}")


def patch(picture: Rgb, across: float, down: float) -> NDArray[np.float64]:
    """The mean colour around a place, given in shares of width and height."""
    y, x = int(picture.shape[0] * down), int(picture.shape[1] * across)
    return picture[y - 3 : y + 4, x - 3 : x + 4].reshape(49, -1).mean(axis=0)
