"""Hosts without a background: they stand before the slide, and nothing of their rectangle is seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.core.ids import new_id
from app.media.demux import opened
from app.media.encode import planes_of
from app.modules.videos.composition import Composition, Picture, Resolution, Scene
from app.modules.videos.pipeline.staging import cutout_window, standing_box
from app.modules.videos.scenery import (
    Arrangement,
    Asset,
    AssetKind,
    Clip,
    Corner,
    Layout,
    Transition,
    TransitionKind,
)
from tests.media.cutouts import SIZE, YUV, coverage, write_cutout
from tests.site import Site, site

HELD = 40
GREY = 200
LEVEL = round(16 + GREY * 219 / 255)
CORNER = Layout(corner=Corner.TOP_LEFT, size=600)
WINDOWED = Layout(corner=Corner.TOP_LEFT, size=600, cutout=False)
LAYOUTS = (
    CORNER,
    Layout(arrangement=Arrangement.HOST),
    Layout(arrangement=Arrangement.SIDE_BY_SIDE),
    WINDOWED,
)
FADE = Transition(kind=TransitionKind.FADE, duration_ms=200)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("cutout")) as opened_site:
        opened_site.start_worker()
        yield opened_site


def stored(place: Site, path: Path, kind: AssetKind, **facts: object) -> Asset:
    blob = place.services.platform.blobs.put(f"test/{new_id()}{path.suffix}", path)
    return Asset.model_validate(
        {"kind": kind, "blob": blob.key, "sha256": blob.sha256, "origin": path.name, "alpha": False} | facts
    )


def pictures(path: Path) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]]:
    with opened(path, max_pixels=10**8) as media:
        frames = [planes_of(frame) for frame in media.decode(video=0)]
    return [(planes.y.copy(), planes.u.copy(), planes.v.copy()) for planes in frames]


def test_a_cutout_host_is_before_the_slide_in_every_layout(place: Site, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((720, 1280, 3), GREY, np.uint8))
    slide = stored(place, tmp_path / "grey.png", AssetKind.IMAGE, width=1280, height=720)
    host = stored(
        place, write_cutout(tmp_path / "vp9.webm", frames=4 * HELD), AssetKind.VIDEO, width=SIZE[0], height=SIZE[1],
        duration_ms=4 * HELD * 40, alpha=True,
    )  # fmt: skip
    scenes = [
        Scene(
            title="x",
            slide=slide,
            layout=layout,
            transition=FADE,
            recording=Clip(asset=host, start_ms=number * HELD * 40, stop_ms=(number + 1) * HELD * 40),
        )
        for number, layout in enumerate(LAYOUTS)
    ]
    job = place.render_composition(Composition(picture=Picture(resolution=Resolution.P720), scenes=tuple(scenes)))
    shown = pictures(place.file(job))
    assert len(shown) == 4 * HELD
    for number in (0, 20, 39):
        assert_composed(shown[number][0], number, CORNER, LEVEL)
    # Full and side by side: the ground is white, the slide is grey, and the disc is where it is.
    whole, beside, windowed = shown[60], shown[100], shown[140]
    assert abs(int(whole[0][10, 10]) - 235) <= 3
    assert [int(plane[share].mean()) for plane, share in zip(whole, centre(640, 300), strict=True)] == pytest.approx(
        YUV, abs=6
    )
    assert abs(int(beside[0][360, 300]) - LEVEL) <= 3
    assert abs(int(beside[0][700, 1270]) - 235) <= 3
    assert abs(int(beside[0][360, 1278]) - YUV[0]) <= 4
    assert abs(int(beside[0][360, 1100]) - YUV[0]) <= 4
    assert abs(int(windowed[0][100, 120]) - 217) <= 6


def centre(x: int, y: int) -> list[tuple[slice, slice]]:
    luma = (slice(y - 8, y + 8), slice(x - 8, x + 8))
    chroma = (slice(y // 2 - 4, y // 2 + 4), slice(x // 2 - 4, x // 2 + 4))
    return [luma, chroma, chroma]


def assert_composed(luma: NDArray[np.uint8], number: int, layout: Layout, level: int) -> None:
    """As composed by hand, but for what the encoder did: at the edge, within a seventh of the step."""
    box = standing_box(layout, (1280, 720), layout.corner, SIZE)
    share = cv2.resize(coverage(number), (box.width, box.height), interpolation=cv2.INTER_AREA)
    wanted = np.full((720, 1280), float(level))
    place = wanted[box.y : box.y + box.height, box.x : box.x + box.width]
    place[:] = share * YUV[0] + (1 - share) * place
    assert np.abs(luma - wanted).max() <= 16
    assert np.abs(luma - wanted).mean() < 1.5


def test_the_host_stands_on_the_lower_edge_and_fits_a_tall_frame() -> None:
    wide = (1920, 1080)
    window = cutout_window(Layout(size=400, margin=50), wide, Corner.TOP_RIGHT, (1920, 1080))
    assert window is not None
    assert (window.border, window.shadow, window.cutout) == (0, False, True)
    box = window.box
    assert (box.y + box.height, box.x + box.width) == (1080, 1920 - 54)
    assert (box.width, box.height) == (768, 432)
    tall = standing_box(Layout(size=900, margin=50), (1080, 1920), Corner.BOTTOM_LEFT, (1920, 1080))
    assert (tall.x, tall.width, tall.y + tall.height) == (0, 1080, 1920)
