"""A webinar with everything that a brand adds, through the whole pipeline, looked at frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.media.time import frames_for
from app.modules.videos.composition import Composition, Picture, Resolution, Scene
from app.modules.videos.scenery import (
    Arrangement,
    Asset,
    AssetKind,
    Brand,
    Broll,
    Card,
    Clip,
    Corner,
    Layout,
    LowerThird,
    Shape,
    Transition,
    TransitionKind,
)
from tests.media.barcodes import code_of
from tests.site import Site, site
from tests.videos.library import FPS, film, slide, stored

BRAND = Brand(card="#0B3954", text="#FFFFFF", accent="#FF6663", logo_size=100)
FADE = Transition(kind=TransitionKind.FADE, duration_ms=400)
MAYA = LowerThird(name="Maya Chen", role="Head of Product", at_ms=800, duration_ms=2000)
HOST = Layout(corner=Corner.BOTTOM_RIGHT, shape=Shape.RECTANGLE, size=300, border=0, shadow=False)
Rgb = NDArray[np.uint8]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("branded")) as opened:
        opened.start_worker()
        yield opened


def logo(place: Site, folder: Path) -> Asset:
    """A blue square, transparent around it."""
    image = np.zeros((200, 200, 4), np.uint8)
    image[50:150, 50:150] = (255, 0, 0, 255)
    path = folder / "logo.png"
    cv2.imwrite(str(path), image)
    return stored(place, path, AssetKind.IMAGE, width=200, height=200)


def colours(path: Path) -> Iterator[Rgb]:
    with av.open(str(path)) as media:
        for frame in media.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def of(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def test_cards_lower_third_and_logo_are_where_and_when_they_were_asked_for(place: Site, tmp_path: Path) -> None:
    grey, recording = slide(place, tmp_path, 100), film(place, tmp_path, FPS, 100)
    broll = Broll(asset=film(place, tmp_path, FPS, 30), at_ms=3000, duration_ms=600)
    host = Clip(asset=recording, start_ms=0, stop_ms=4000)
    composition = Composition(
        picture=Picture(resolution=Resolution.P720),
        brand=BRAND.model_copy(update={"logo": logo(place, tmp_path)}),
        scenes=(
            Scene(card=Card(title="The third quarter", subtitle="Results"), duration_ms=1000, title="Third quarter"),
            Scene(
                recording=host, slide=grey, layout=HOST, broll=(broll,), lower_third=MAYA, transition=FADE, title="One"
            ),
            Scene(recording=host, layout=Layout(arrangement=Arrangement.HOST), title="Two"),
        ),
    )  # fmt: skip
    video = place.file(place.render_composition(composition))
    frames = list(colours(video))
    assert len(frames) == 25 + 100 + 100

    # The card: its ground, its line, its words in the middle, the logo below them.
    for number in (0, 12, 24):
        card = frames[number]
        assert card[700, 640] == pytest.approx(of(BRAND.card), abs=3)  # of RGB; a level of luma is 1.2 of it
        assert near(card, BRAND.accent).sum() > 300
        rows, columns = np.nonzero(near(card, BRAND.text))
        assert 115 <= columns.min() < columns.max() < 1165
        assert 250 < rows.min() < rows.max() < 450
        assert near(card, "#0000FF")[600:].sum() > 500

    # The logo, in its corner, on every other frame: over the slide, over B-roll and over the host.
    for number in (40, 100, 105, 130, 224):
        assert frames[number][36 + 36, 1280 - 36 - 36] == pytest.approx((0, 0, 255), abs=8), number

    # The lower third, opposite the host, from 0.8 s to 2.8 s of its scene.
    begins, ends = 25 + frames_for(800, FPS), 25 + frames_for(2800, FPS)
    after_fade = 36
    plate = {number: int(near(frames[number][560:690, 30:500], BRAND.card).sum()) for number in range(after_fade, 125)}
    seen = {number for number, area in plate.items() if area > 5000}
    assert {*range(begins + 6, ends - 6)} <= seen <= {*range(begins, ends)}
    assert all(plate[number] == 0 for number in plate if not begins <= number < ends)
    assert near(frames[70][560:690, 30:500], BRAND.accent).sum() > 300
    standing = np.stack(frames[begins + 10 : ends - 10])[:, 560:690, 30:500].astype(int)
    assert np.abs(standing - standing[0]).mean(axis=(1, 2, 3)).max() < 0.05

    # The host goes on below all of it.
    for number, frame in enumerate(frames[125:]):
        luma = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)
        assert code_of(luma) == number

    with av.open(str(video)) as media:
        assert [chapter["metadata"]["title"] for chapter in media.chapters()] == ["Third quarter", "One", "Two"]


def near(frame: Rgb, colour: str) -> NDArray[np.bool_]:
    return (np.abs(frame.astype(int) - of(colour)) <= 12).all(axis=2)
