"""Cards, lower thirds and logos as they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.avatars.studio.prints import Prints
from app.media.encode import Planes
from app.media.lettering.faces import Face, NoFont, fonts_for
from app.media.refusals import Corrupt
from app.media.stage import empty
from app.modules.videos.composition import AspectRatio, Picture, Resolution
from app.modules.videos.pipeline.branding import palette_of, plate_room
from app.modules.videos.pipeline.cards import draw_cover, plate_of
from app.modules.videos.pipeline.ground import colour_of
from app.modules.videos.pipeline.layers import Studio
from app.modules.videos.pipeline.looks import (
    CARD_MARGIN,
    Box,
    Cover,
    Fade,
    FadeKind,
    Look,
    Mark,
    Motion,
    Palette,
    Plate,
    Slide,
)
from app.modules.videos.pipeline.painting import LookPainter, MarkedPainter, painter_of
from app.modules.videos.scenery import Asset, AssetKind, Brand, Side
from tests.needs import lacking

BRAND = Brand()
PALETTE = palette_of(BRAND)
SIZES = [Picture(aspect_ratio=ratio, resolution=Resolution.P720).size for ratio in AspectRatio]
TEXTS = {
    "short": "The third quarter",
    "two hundred characters": ("How a small team made two hundred videos in one week " * 4)[:200],
    "one long word": "W" * 200,
    "from right to left": "نتائج الربع الثالث وما تعلمناه من العمل",
    "ideographs": "第三四半期の結果について、私たちが学んだこと",
    "emoji": "Launch day 🎉🚀 👩‍💻",
    "stacked": "Ẫ" + "\u0301" * 40 + " Åj",
}
Bgr = NDArray[np.uint8]


def card(size: tuple[int, int], title: str, subtitle: str = "", palette: Palette = PALETTE) -> Bgr:
    canvas: Bgr = np.zeros((size[1], size[0], 3), np.uint8)
    draw_cover(canvas, Cover(title=title, subtitle=subtitle, palette=palette), {})
    return canvas


@pytest.fixture(autouse=True, scope="module")
def _fonts() -> None:
    try:
        fonts_for("".join(TEXTS.values()), Face())
    except NoFont as error:
        lacking("fonts for Arabic, Chinese and Japanese", f"sudo apt-get install fonts-noto-cjk ({error.message})")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_all_ink_of_a_card_is_within_its_margins(size: tuple[int, int], text: str) -> None:
    width, height = size
    rows, columns = np.nonzero(card(size, text, text).astype(int).sum(axis=2) > 330)
    margin = CARD_MARGIN * width // 1000 - 1
    assert margin <= columns.min() <= columns.max() < width - margin
    assert 0.1 * height < rows.min() < rows.max() < 0.9 * height
    # The lines are all there, not a part of them: the block stands in the middle.
    assert abs(rows.min() + rows.max() - height) < 0.08 * height


def test_a_card_has_the_colours_of_its_brand() -> None:
    brand = Brand(card="#0B3954", text="#BFD7EA", accent="#FF6663")
    look = Look(cover=Cover(title="■■■", subtitle="", palette=palette_of(brand)))
    planes = painted(look, {}, (1280, 720))
    seen = {tuple(map(int, each)) for each in np.stack([planes.y[::2, ::2], planes.u, planes.v], -1).reshape(-1, 3)}
    for colour in (brand.card, brand.text, brand.accent):
        wanted = colour_of(colour)
        assert min(max(abs(a - b) for a, b in zip(wanted, each, strict=True)) for each in seen) <= 2


def test_text_from_right_to_left_begins_at_the_right() -> None:
    size = (1280, 720)
    for text, side in (("Hello", "left"), ("مرحبا", "right")):
        accent = np.flatnonzero((card(size, text) == (17, 163, 252)).all(axis=2).any(axis=0))
        assert (accent.min() == round(0.09 * 1280)) == (side == "left")
        assert (accent.max() == 1280 - round(0.09 * 1280) - 1) == (side == "right")


def plate(
    size: tuple[int, int], name: str, role: str, *, side: Side = Side.LEFT, motion: Motion | None = None
) -> Plate:
    host = Box(x=size[0] - 220 if side is Side.LEFT else 0, y=size[1] - 220, width=220, height=220)
    room, found = plate_room(size, host, None)
    assert found is side
    return Plate(name=name, role=role, palette=PALETTE, room=room, side=side, motion=motion)


@pytest.mark.parametrize("role", ["", *TEXTS.values()], ids=["none", *TEXTS])
@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_plate_is_in_its_room_however_much_is_written_on_it(size: tuple[int, int], side: Side, role: str) -> None:
    wanted = plate(size, role[:80] or "Maya Chen", role[:120], side=side)
    sticker, room = plate_of(wanted, {}, size), wanted.room
    height, width = sticker.seen.shape
    assert room.x <= sticker.x < sticker.x + width <= room.x + room.width
    assert room.y <= sticker.y < sticker.y + height == room.y + room.height
    assert (sticker.x == room.x) == (side is Side.LEFT) or width == room.width
    # Nothing is written up to its edges.
    text = np.abs(sticker.bgr.astype(int) - (61, 33, 20)).sum(axis=2)[:, 12:] > 20
    assert not text[:6].any()
    assert not text[-6:].any()
    assert not text[:, -12:].any()


def test_a_plate_comes_and_goes_smoothly_and_leaves_nothing_behind(tmp_path: Path) -> None:
    size, ground = (1280, 720), colour_of("#FFFFFF")[0]
    for coming in (True, False):
        look = Look(plate=plate(size, "Maya Chen", "Head", motion=Motion(coming=coming, at=0, frames=10)))
        painter, planes = painter_of(look, None, studio(size, {})), empty(*size)
        darkness = list[float]()
        for index in range(10):
            painter.paint(index, planes)
            darkness.append(float((ground - planes.y.astype(int)).sum()))
        steps = np.diff(darkness) if coming else -np.diff(darkness)
        assert (steps > 0).all()
        assert steps.max() < 0.35 * max(darkness)
        standing = painted(Look(plate=plate(size, "Maya Chen", "Head")), {}, size)
        whole = float((ground - standing.y.astype(int)).sum())
        assert max(darkness) == pytest.approx(whole, rel=0.01)
        assert min(darkness) < 0.2 * whole


def logo(tmp_path: Path) -> tuple[Asset, dict[str, Path]]:
    """A red square, transparent around it, whose invisible pixels are green."""
    image = np.zeros((300, 300, 4), np.uint8)
    image[:, :] = (0, 255, 0, 0)
    image[100:200, 100:200] = (0, 0, 255, 255)
    path = tmp_path / "logo.png"
    cv2.imwrite(str(path), image)
    return Asset(kind=AssetKind.IMAGE, blob="logo", sha256="logo", origin="logo", width=300, height=300), {"logo": path}


def test_a_transparent_logo_is_drawn_as_it_is_without_a_fringe(tmp_path: Path) -> None:
    picture, files = logo(tmp_path)
    planes = painted(Look(mark=Mark(picture=picture, box=Box(x=1100, y=40, width=60, height=60))), files, (1280, 720))
    red, white = colour_of("#FF0000"), colour_of("#FFFFFF")
    assert [int(plane) for plane in (planes.y[70, 1130], planes.u[35, 565], planes.v[35, 565])] == pytest.approx(
        red, abs=2
    )
    assert int(planes.y[44, 1104]) == white[0]
    # Green would pull V below that of white.
    assert int(planes.v.min()) >= white[2] - 2


def test_a_logo_stays_in_place_while_one_slide_pushes_the_other_out(tmp_path: Path) -> None:
    picture, files = logo(tmp_path)
    mark = Mark(picture=picture, box=Box(x=1100, y=40, width=60, height=60))
    for name, grey in (("dark", 30), ("light", 220)):
        files[name] = tmp_path / f"{name}.png"
        cv2.imwrite(str(files[name]), np.full((72, 128, 3), grey, np.uint8))
    whole = Box(x=0, y=0, width=1280, height=720)
    slides = (Slide(picture=picture.model_copy(update={"sha256": name}), box=whole) for name in ("dark", "light"))
    dark, light = (Look(mark=mark, slide=slide) for slide in slides)
    painter = painter_of(light, Fade(kind=FadeKind.SLIDE, before=dark, at=0, frames=10), studio((1280, 720), files))
    assert isinstance(painter, MarkedPainter)
    planes = empty(1280, 720)
    for index in range(10):
        painter.paint(index, planes)
        assert int(planes.v[35, 565]) == pytest.approx(colour_of("#FF0000")[2], abs=2)
        assert (planes.v[:15].max(), planes.v[60:].max()) <= (128, 128)


def test_what_stands_still_is_part_of_the_ground(tmp_path: Path) -> None:
    picture, files = logo(tmp_path)
    mark = Mark(picture=picture, box=Box(x=1100, y=40, width=60, height=60))
    look = Look(mark=mark, plate=plate((1280, 720), "Maya", "Host"))
    assert LookPainter(look, studio((1280, 720), files)).moving == []


def test_a_brand_font_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "brand.ttf"
    path.write_bytes(b"no font")
    font = Asset(kind=AssetKind.FONT, blob="f", sha256="f", origin="f")
    cover = Cover(title="Hello", subtitle="", palette=PALETTE.model_copy(update={"font": font}))
    with pytest.raises(Corrupt, match=r"brand\.ttf cannot be read"):
        draw_cover(np.zeros((720, 1280, 3), np.uint8), cover, {"f": path})


def painted(look: Look, files: Mapping[str, Path], size: tuple[int, int]) -> Planes:
    planes = empty(*size)
    painter_of(look, None, studio(size, files)).paint(0, planes)
    return planes


def studio(size: tuple[int, int], files: Mapping[str, Path]) -> Studio:
    return Studio(width=size[0], height=size[1], fps=Fraction(25), files=files, prints=Prints(Path("unused")))
