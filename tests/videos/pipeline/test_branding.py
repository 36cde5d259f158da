"""Where logo and lower third are, when, and what they leave as it was."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.media.time import FrameRange
from app.modules.videos.composition import AspectRatio, Composition, Picture, Resolution, Scene
from app.modules.videos.pipeline.branding import mark_of, overlap, plate_room, plated
from app.modules.videos.pipeline.layout import Chunk, lay_out
from app.modules.videos.pipeline.needs import needs_of_chunks
from app.modules.videos.pipeline.staging import CORNERS, host_window
from app.modules.videos.pipeline.surveying import survey, survey_plan
from app.modules.videos.scenery import (
    Arrangement,
    Asset,
    AssetKind,
    Brand,
    Card,
    Clip,
    Corner,
    Layout,
    LowerThird,
    Transition,
    TransitionKind,
)

FPS = Fraction(25)


def asset(name: str, kind: AssetKind = AssetKind.IMAGE) -> Asset:
    return Asset(kind=kind, blob=name, sha256=name, origin=name, width=400, height=100, duration_ms=60_000)


BRAND = Brand(logo=asset("logo"), font=asset("font", AssetKind.FONT))
MAYA = LowerThird(name="Maya Chen", role="Head of Product", at_ms=1000, duration_ms=3000)
LAYOUTS = [
    *(Layout(corner=corner, size=size) for corner in CORNERS for size in (150, 300, 900)),
    *(Layout(arrangement=Arrangement.SIDE_BY_SIDE, split=split) for split in (150, 330, 700)),
]


def hosted(ms: int = 6000, **more: object) -> Scene:
    recording = Clip(asset=asset("host", AssetKind.VIDEO), start_ms=0, stop_ms=ms)
    layout = Layout(corner=Corner.BOTTOM_RIGHT)
    return Scene.model_validate(
        {"recording": recording, "slide": asset("slide"), "layout": layout, "title": "x"} | more
    )


def chunks(*scenes: Scene, brand: Brand = BRAND) -> tuple[Chunk, ...]:
    return lay_out(Composition(picture=Picture(resolution=Resolution.P720), scenes=scenes, brand=brand), (), {}).chunks


@pytest.mark.parametrize("ratio", AspectRatio)
def test_neither_logo_nor_lower_third_is_ever_on_the_host_the_other_or_the_edge(ratio: AspectRatio) -> None:
    width, height = frame = Picture(aspect_ratio=ratio, resolution=Resolution.P720).size
    for layout, corner in product(LAYOUTS, CORNERS):
        window = host_window(layout, frame, layout.corner)
        assert window is not None
        mark = mark_of(BRAND.model_copy(update={"logo_corner": corner}), frame, window.box)
        assert mark is not None
        room, _ = plate_room(frame, window.box, mark.box)
        assert not overlap(room, mark.box), (layout, corner)
        for box in (room, mark.box):
            assert min(box.x, box.y, width - box.x - box.width, height - box.y - box.height) >= 30
        assert room.width >= 0.38 * width or room.width >= 0.9 * min(frame)
        if 2 * window.box.width * window.box.height < width * height:
            assert not overlap(room, window.box), (layout, corner)
            assert not overlap(mark.box, window.box), (layout, corner)


def test_the_logo_goes_along_its_edge_when_the_host_is_in_its_corner() -> None:
    frame = (1280, 720)
    window = host_window(Layout(corner=Corner.TOP_RIGHT), frame, Corner.TOP_RIGHT)
    assert window is not None
    alone, moved = mark_of(BRAND, frame, None), mark_of(BRAND, frame, window.box)
    assert alone is not None
    assert moved is not None
    assert (alone.box.x > 640, alone.box.y < 360) == (True, True)
    assert (moved.box.x < 640, moved.box.y) == (True, alone.box.y)


@pytest.mark.parametrize(
    ("free", "at", "lasts", "expected"),
    [
        (FrameRange(0, 500), 1000, 3000, (25, 100)),
        (FrameRange(30, 500), 0, 3000, (30, 105)),  # not in a transition
        (FrameRange(0, 60), 1000, 9000, (25, 60)),  # ends with its scene
        (FrameRange(0, 40), 5000, 3000, (10, 40)),  # what was to come later comes in time to be read
        (FrameRange(0, 29), 0, 3000, None),
    ],
)
def test_when_a_lower_third_is_seen(free: FrameRange, at: int, lasts: int, expected: tuple[int, int] | None) -> None:
    made = plated(LowerThird(name="A", at_ms=at, duration_ms=lasts), free, FPS)
    assert (None if made is None else (made.first, made.stop)) == expected


def test_a_lower_third_moves_for_ten_frames_at_either_end_and_stands_still_between() -> None:
    made = chunks(hosted(lower_third=MAYA))
    assert [chunk.frames for chunk in made] == [25, 10, 55, 10, 50]
    plates = [chunk.look.plate for chunk in made]
    assert [plate is not None for plate in plates] == [False, True, True, True, False]
    assert [plate.motion.coming if plate.motion else None for plate in plates if plate] == [True, None, False]


def test_what_has_no_lower_third_stays_as_it_was() -> None:
    before = {chunk.fingerprint for chunk in chunks(hosted(), hosted(4000))}
    after = {chunk.fingerprint for chunk in chunks(hosted(lower_third=MAYA), hosted(4000))}
    assert len(before & after) == 1
    renamed = MAYA.model_copy(update={"name": "Ada"})
    again = {chunk.fingerprint for chunk in chunks(hosted(lower_third=renamed), hosted(4000))}
    assert len(after & again) == 3  # before it, after it, and the other scene


def test_a_scene_that_ends_while_it_is_seen_fades_without_it() -> None:
    fade = Transition(kind=TransitionKind.FADE, duration_ms=400)
    made = chunks(hosted(3000, lower_third=MAYA), hosted(2000, transition=fade))
    taken_over = next(chunk.fade for chunk in made if chunk.fade is not None)
    assert taken_over.before.plate is None
    assert taken_over.before.mark is not None


def test_a_card_stands_alone_and_needs_its_font_and_logo() -> None:
    (made,) = chunks(Scene(card=Card(title="Hello"), duration_ms=2000, title="Hello"))
    assert (made.look.slide, made.look.host, made.look.mark) == (None, None, None)
    assert {asset.sha256 for asset in needs_of_chunks([made]).assets} == {"font", "logo"}
    with_plate = chunks(hosted(lower_third=MAYA))[2]
    assert {asset.sha256 for asset in needs_of_chunks([with_plate]).assets} == {"font", "logo", "slide", "host"}


def test_without_a_brand_nothing_is_added() -> None:
    for chunk in chunks(hosted(), brand=Brand()):
        assert (chunk.look.mark, chunk.look.plate, chunk.look.cover, chunk.look.ground) == (None, None, None, "#FFFFFF")


def test_a_host_who_may_choose_leaves_the_corner_to_the_logo(tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    cv2.imwrite(str(path), np.full((720, 1280, 3), 255, np.uint8))
    scene = hosted(layout=Layout())
    chosen = list[str]()
    for corner in (Corner.TOP_LEFT, Corner.BOTTOM_RIGHT):
        brand = BRAND.model_copy(update={"logo_corner": corner})
        plan = survey_plan(Composition(picture=Picture(), scenes=(scene,), brand=brand), ())
        task = {"plan": plan.model_dump(mode="json"), "files": {"slide": str(path)}}
        chosen += survey(task, None)["corners"].values()
    assert chosen == ["bottom_right", "bottom_left"]
