"""What is kept from one presenter to the next changes no pixel, and no damage to it matters."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.avatars.studio.presenter import Presenter
from app.avatars.studio.prints import Prints
from tests.studio.shots import painted, planes_for, shot

WANTED = shot("omar", size=(640, 360))


def frame(prints: Prints | None) -> bytes:
    return painted(Presenter(WANTED, prints), 40, planes_for(WANTED))


def test_a_presenter_from_prints_paints_the_same_frame(tmp_path: Path) -> None:
    prints = Prints(tmp_path / "prints")
    drawn = frame(None)
    assert frame(prints) == drawn
    assert len(list((tmp_path / "prints").iterdir())) == 3
    assert frame(prints) == drawn


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not an archive", None])
def test_a_damaged_print_is_drawn_again(tmp_path: Path, damage: bytes | None) -> None:
    drawn = frame(Prints(tmp_path))
    for path in tmp_path.iterdir():
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2) if damage is None else damage)
    assert frame(Prints(tmp_path)) == drawn


def test_another_character_has_other_prints(tmp_path: Path) -> None:
    prints = Prints(tmp_path)
    frame(prints)
    other = shot("maya", size=(640, 360))
    assert painted(Presenter(other, prints), 40, planes_for(other)) == painted(Presenter(other), 40, planes_for(other))


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert frame(Prints(tmp_path / "file" / "prints")) == frame(None)


def test_the_folder_does_not_grow_for_ever(tmp_path: Path) -> None:
    for character in ("omar", "maya", "helen", "mei"):
        Presenter(shot(character, size=(640, 360)), Prints(tmp_path, most_bytes=2_000_000))
    largest = max(path.stat().st_size for path in tmp_path.iterdir())
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2_000_000 + largest
