"""Transparent recordings: only what is covered is seen, and its edges are neither dark nor light."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.media.cutout import CutoutFilm, lay_cutout
from app.media.encode import Planes
from app.media.examine import examine
from app.media.examined import Bounds
from app.media.ffmpeg import run_ffmpeg
from app.media.film import Run
from app.media.stage import empty, fill
from tests.media.cutouts import FORMATS, SIZE, YUV, coverage, write_cutout

UNDER = (180, 90, 150)


def laid(path: Path, number: int, size: tuple[int, int], *, fps: Fraction = Fraction(25), at: int = 0) -> Planes:
    under = empty(*size)
    fill(under, UNDER)
    with CutoutFilm(path, Run(at=Fraction(at, 25)), fps=fps, size=size) as film:
        lay_cutout(film.picture(number), under)
    return under


def off_by(found: Planes, cover: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> int:
    """The farthest that any pixel is from the composite as it should be."""
    planes = [(found.y, *levels) for levels in zip(YUV[:1], UNDER[:1], strict=True)]
    planes += [(plane, YUV[place], UNDER[place]) for place, plane in ((1, found.u), (2, found.v))]
    return max(_off_by(plane, cover, colour, under) for plane, colour, under in planes)


def _off_by(
    plane: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
    cover: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    colour: int,
    under: int,
) -> int:
    share = np.asarray(cv2.resize(cover, plane.shape[::-1], interpolation=cv2.INTER_AREA))
    return int(np.abs(plane - (share * colour + (1 - share) * under)).max().round())


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_composed_as_it_should_be_to_its_edges(name: str, tmp_path: Path) -> None:
    path = write_cutout(tmp_path / name, frames=6)
    # VP8 is the coarsest by far.
    allowed = 12 if name == "vp8.webm" else 3
    assert off_by(laid(path, 4, SIZE), coverage(4)) <= allowed
    assert off_by(laid(path, 4, (SIZE[0] // 2, SIZE[1] // 2)), coverage(4)) <= allowed


@pytest.mark.parametrize("name", FORMATS)
def test_it_is_known_to_be_transparent_when_it_is_taken_in(name: str, tmp_path: Path) -> None:
    assert examine(write_cutout(tmp_path / name, frames=3), Bounds()).picture.alpha


def test_a_file_that_ffmpeg_copied_stays_transparent(tmp_path: Path) -> None:
    path, copied = write_cutout(tmp_path / "vp9.webm", frames=6), tmp_path / "copied.webm"
    run_ffmpeg(("-i", str(path), "-c", "copy", str(copied)), timeout_s=60)
    assert examine(copied, Bounds()).picture.alpha
    assert off_by(laid(copied, 4, SIZE), coverage(4)) <= 3


def test_a_recording_without_coverage_is_not_and_covers_all(tmp_path: Path) -> None:
    path = tmp_path / "plain.webm"
    picture = ("-f", "lavfi", "-i", "color=white:s=64x64:d=0.2", "-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p")
    run_ffmpeg((*picture, str(path)), timeout_s=60)
    assert not examine(path, Bounds()).picture.alpha
    assert laid(path, 0, (64, 64)).y.min() > 230


def test_it_is_entered_anywhere_and_shown_at_other_rates(tmp_path: Path) -> None:
    path = write_cutout(tmp_path / "vp9.webm", frames=20)
    assert off_by(laid(path, 3, SIZE, at=13), coverage(16)) <= 3
    assert off_by(laid(path, 16, SIZE, fps=Fraction(50)), coverage(8)) <= 3
