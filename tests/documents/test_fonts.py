"""A font tells its name, its scripts and what its licence bits allow, and is shown."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from fontTools.ttLib import TTCollection, TTFont
from PIL import Image

from tests.documents import files
from tests.documents.conftest import Desk


def studied(desk: Desk, content: bytes) -> dict[str, Any]:
    return desk.study(desk.write("font", content))


def test_a_font_is_named_and_weighed(desk: Desk) -> None:
    facts = studied(desk, files.font())["facts"]
    assert (facts["family"], facts["style"], facts["weight"], facts["variable"]) == ("Ten", "Bold", 700, False)
    assert (facts["scripts"], facts["embedding"]) == (["latin"], "installable")


def test_a_restricted_licence_is_noted(desk: Desk) -> None:
    assert studied(desk, files.font(restricted=True))["facts"]["embedding"] == "restricted"


def test_the_sample_shows_the_font(desk: Desk) -> None:
    """Each letter of the test font is a black box."""
    studied(desk, files.font())
    sample = np.asarray(Image.open(desk.folder / "sample.png").convert("L"))
    assert sample.min() == 0
    assert 0.1 < (sample < 128).mean() < 0.6


@pytest.mark.parametrize("flavor", ["woff", "woff2"])
def test_a_packed_font_is_unpacked_for_renderers(desk: Desk, flavor: str) -> None:
    out, font = io.BytesIO(), TTFont(io.BytesIO(files.font()))
    font.flavor = flavor
    font.save(out)
    result = studied(desk, out.getvalue())
    assert result["facts"]["format"] == flavor
    assert [(file["role"], file["name"]) for file in result["files"]] == [
        ("font", "font.ttf"),
        ("sample", "sample.png"),
    ]
    assert (desk.folder / "font.ttf").read_bytes()[:4] == b"\0\1\0\0"


def test_a_collection_tells_how_many_faces_it_has(desk: Desk) -> None:
    collection, out = TTCollection(), io.BytesIO()
    collection.fonts = [TTFont(io.BytesIO(files.font(style=style))) for style in ("Bold", "Regular")]
    collection.save(out)
    facts = studied(desk, out.getvalue())["facts"]
    assert (facts["format"], facts["faces"], facts["style"]) == ("ttc", 2, "Bold")
