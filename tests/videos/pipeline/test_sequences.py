"""Neighbouring chunks are drawn by one process, which changes nothing of what they are."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import cv2
import numpy as np
import pytest

from app.media.encode import Content
from app.modules.videos.composition import AspectRatio, Brand, Composition, LowerThird, Picture, Resolution, Scene
from app.modules.videos.pipeline.children import draw_sequence
from app.modules.videos.pipeline.layout import Chunk, lay_out
from app.modules.videos.pipeline.sequences import sequences_of
from app.modules.videos.scenery import Asset, AssetKind, Broll, Clip, Transition, TransitionKind
from tests.media.barcodes import record

FPS = Fraction(25)


def chunks(*frames: int, host: bool = False) -> list[Chunk]:
    """Of these lengths, one for each letter; with the same ``host`` in all of them, or nothing that moves."""
    asset = Asset(kind=AssetKind.VIDEO, blob="", sha256="host", origin="", width=640, height=360, duration_ms=9000)
    hosted = Scene(title="A", recording=Clip(asset=asset, start_ms=0, stop_ms=1000))
    scene = hosted if host else Scene(title="A", duration_ms=1000)
    (one,) = lay_out(Composition(picture=Picture(), scenes=(scene,)), [], {}).chunks
    return [
        one.model_copy(update={"fingerprint": ascii_lowercase[number], "frames": count})
        for number, count in enumerate(frames)
    ]


def spelled(made: list[Chunk], missing: str = ascii_lowercase) -> list[str]:
    return ["".join(made[number].fingerprint for number in numbers) for numbers in sequences_of(made, missing)]


def test_a_recording_that_goes_on_is_read_by_one_process_for_half_a_minute() -> None:
    assert spelled(chunks(362, 25, 363, 12, 363, 25, 350, host=True)) == ["abc", "defg"]
    assert spelled(chunks(300, 300, 300, host=True)) == ["ab", "c"]


def test_the_parts_of_a_clip_are_left_to_different_workers_but_for_short_ones() -> None:
    parts = [
        chunk.model_copy(update={"content": Content.CLIP})
        for chunk in chunks(188, 187, 188, 187, 90, 60, 50, 40, host=True)
    ]
    assert spelled(parts) == ["efg", "a", "c", "b", "d", "h"]


def test_what_shares_nothing_is_left_to_different_workers() -> None:
    assert spelled(chunks(300, 310, 320)) == ["c", "b", "a"]


def test_what_is_short_goes_with_its_neighbour() -> None:
    assert spelled(chunks(12, 300, 25, 310)) == ["abc", "d"]
    assert spelled(chunks(750, 12, 12, 12, 800)) == ["e", "a", "bcd"]


def test_what_is_there_is_not_made_and_parts_its_neighbours() -> None:
    assert spelled(chunks(10, 20, 10, 10, 10, 10), "abdf") == ["ab", "d", "f"]
    assert spelled(chunks(10, 10), "") == []


def test_what_is_seen_twice_is_made_once() -> None:
    one, other = chunks(10, 10)
    assert spelled([one, other, one]) == ["ab"]


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two slides, a host who goes on from one to the other, and B-roll."""
    folder = tmp_path_factory.mktemp("material")
    made = {
        "host": record(folder / "host.mp4", FPS, 260, size=(640, 360), key_every=100),
        "broll": record(folder / "broll.mp4", FPS, 60, size=(640, 360)),
    }
    for number in range(2):
        path = folder / f"{number}.png"
        cv2.imwrite(str(path), np.full((360, 640, 3), 60 + 120 * number, np.uint8))
        made[f"slide-{number}"] = path
    return made


def webinar(material: dict[str, Path]) -> list[Chunk]:
    assets = {
        name: Asset(
            kind=AssetKind.IMAGE if path.suffix == ".png" else AssetKind.VIDEO,
            blob=name,
            sha256=name,
            origin=name,
            width=640,
            height=360,
            duration_ms=10_000,
        )
        for name, path in material.items()
    }
    broll = Broll(asset=assets["broll"], at_ms=1600, duration_ms=800)
    scenes = [
        Scene(
            title=str(number),
            slide=assets[f"slide-{number}"],
            recording=Clip(asset=assets["host"], start_ms=4000 * number, stop_ms=4000 * (number + 1)),
            broll=(broll,),
            transition=Transition(kind=TransitionKind.FADE if number else TransitionKind.CUT, duration_ms=400),
            lower_third=LowerThird(name="Maya", role="Host") if number else None,
        )
        for number in range(2)
    ]
    picture = Picture(aspect_ratio=AspectRatio.WIDE, resolution=Resolution.P720)
    return list(lay_out(Composition(picture=picture, scenes=tuple(scenes), brand=Brand()), [], {}).chunks)


def test_a_chunk_is_the_same_alone_and_in_a_sequence(material: dict[str, Path], tmp_path: Path) -> None:
    made = webinar(material)
    assert len(made) > 8
    together = drawn(made, material, tmp_path / "together")
    alone = [drawn([chunk], material, tmp_path / str(number))[0] for number, chunk in enumerate(made)]
    assert together == alone


def test_it_is_told_when_each_chunk_is_whole(material: dict[str, Path], tmp_path: Path) -> None:
    made, heard = webinar(material)[:3], list[tuple[int, bool]]()

    def tell(told: dict[str, Any]) -> None:
        heard.append((told["chunk"], "usage" in told))

    drawn(made, material, tmp_path / "told", tell)
    assert [number for number, whole in heard if whole] == [0, 1, 2]
    assert heard == sorted(heard)


def drawn(made: list[Chunk], material: dict[str, Path], folder: Path, tell: Any = lambda told: None) -> list[str]:
    """Digests of the files of the chunks, drawn one after the other by one process."""
    folder.mkdir()
    outs = [folder / f"{number}.mp4" for number in range(len(made))]
    task = {
        "chunks": [chunk.model_dump(mode="json") for chunk in made],
        "files": {name: str(path) for name, path in material.items()},
        "outs": [str(out) for out in outs],
        "prints": str(folder / "prints"),
    }
    draw_sequence(task, tell)
    return [hashlib.sha256(out.read_bytes()).hexdigest() for out in outs]
