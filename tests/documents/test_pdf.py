"""Pages of a PDF become pictures that a webinar can show, and text that can be searched."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.documents.pdf import render_pages
from app.documents.refusals import Corrupt
from tests.documents import files
from tests.documents.conftest import Desk


def rendered(desk: Desk, content: bytes, first: int = 0, stop: int = 1) -> list[dict[str, Any]]:
    path = desk.write("deck.pdf", content)
    return desk.run("render_range", path, first=first, stop=stop)["pages"]


def picture(desk: Desk, number: int = 1) -> np.ndarray:
    return np.asarray(Image.open(desk.folder / f"page-{number:04}.png"))


def test_a_deck_is_prepared_and_rendered_in_ranges(desk: Desk) -> None:
    content = files.pdf([files.written(f"Heading {n}", size=40) + files.written("Body", y=300) for n in range(5)])
    path = desk.write("talk.pdf", content)
    facts = desk.study(path)["facts"]
    assert (facts["format"], facts["page_count"], facts["pages"]) == ("pdf", 5, [])
    result = desk.run("render_range", path, first=2, stop=4)
    assert [(page["number"], page["title"], page["text"]) for page in result["pages"]] == [
        (3, "Heading 2", "Heading 2\nBody"),
        (4, "Heading 3", "Heading 3\nBody"),
    ]
    assert [(file["role"], file["page"]) for file in result["files"]] == [
        ("page", 3),
        ("thumbnail", 3),
        ("page", 4),
        ("thumbnail", 4),
    ]
    assert all((desk.folder / file["name"]).stat().st_size for file in result["files"])


@pytest.mark.parametrize(
    ("size", "pixels"),
    [
        ((960, 540), (1920, 1080)),
        ((959.98, 540), (1920, 1080)),
        ((595, 842), (1357, 1920)),
        ((720, 540), (1920, 1440)),
        ((200_000, 112_500), (1920, 1080)),
        ((3, 3), (1920, 1920)),
        ((14_400, 1), (1920, 1)),
    ],
)
def test_the_longest_side_has_1920_pixels_whatever_a_page_measures(
    desk: Desk, size: tuple[float, float], pixels: tuple[int, int]
) -> None:
    page = rendered(desk, files.pdf([b"1 0 0 rg 0 0 50 50 re f"], size=size))[0]
    assert (page["width"], page["height"]) == pixels
    assert Image.open(desk.folder / "page-0001.png").size == pixels
    assert max(Image.open(desk.folder / "page-0001.webp").size) == 320


def test_a_page_of_200_000_points_costs_no_more_than_another(desk: Desk) -> None:
    def cost(size: tuple[float, float]) -> float:
        path = desk.write("deck.pdf", files.pdf([files.written("Hello", size=size[1] / 10, x=0, y=0)], size=size))
        started = time.process_time()
        render_pages(path, "deck.pdf", 0, 1, desk.folder, lambda _: None)
        return time.process_time() - started

    cost((960, 540))
    assert min(cost((200_000, 112_500)) for _ in range(3)) < 3 * min(cost((960, 540)) for _ in range(3))


def test_colours_are_those_of_the_page(desk: Desk) -> None:
    rendered(desk, files.pdf([b"1 0 0 rg 0 0 480 540 re f 0 0.5 1 rg 480 0 480 540 re f"]))
    page = picture(desk)
    assert (tuple(page[500, 400]), tuple(page[500, 1400])) == ((255, 0, 0), (0, 128, 255))


def test_text_of_twelve_points_is_sharp(desk: Desk) -> None:
    """Stems of letters are as dark as they are drawn, and the paper between them is white."""
    rendered(desk, files.pdf([files.written("Illinois mill till fill", size=12, y=260)]))
    line = picture(desk)[520:580, :600].min(axis=2)
    assert line.min() < 40
    assert (line > 250).mean() > 0.8


def test_the_page_title_is_what_is_set_largest(desk: Desk) -> None:
    content = files.written("Chapter 4", size=10, y=500) + files.written("Growth in", "numbers", size=44, y=400)
    pages = rendered(desk, files.pdf([content + files.written("Some", "more", "text", size=14, y=200)]))
    assert pages[0]["title"] == "Growth in numbers"


def test_a_page_without_text_has_no_title(desk: Desk) -> None:
    assert (rendered(desk, files.pdf([b""]))[0]["title"], rendered(desk, files.pdf([b""]))[0]["text"]) == (None, "")


def test_a_turned_page_is_rendered_as_readers_show_it(desk: Desk) -> None:
    turned = files.pdf([files.written("Hello")]).replace(b"/Type/Page/Parent", b"/Type/Page/Rotate 90/Parent")
    page = rendered(desk, turned)[0]
    assert (page["width"], page["height"]) == (1080, 1920)


def test_scripts_and_launch_actions_do_nothing(desk: Desk) -> None:
    mark = desk.folder / "launched"
    action = b"/OpenAction<</S/JavaScript/JS(app.launchURL\\('file:///bin/sh'\\); while\\(true\\){})>>"
    launch = b"/AA<</WC<</S/Launch/F(/usr/bin/touch)/Win<</P(%s)>>>>>>" % str(mark).encode()
    path = desk.write("deck.pdf", files.pdf([files.written("Quiet")], catalog=action + launch))
    facts = desk.study(path)["facts"]
    assert facts["page_count"] == 1
    assert desk.run("render_range", path, first=0, stop=1)["pages"][0]["text"] == "Quiet"
    assert not mark.exists()


def test_too_many_pages_are_refused_by_their_count(desk: Desk) -> None:
    refusal = desk.refusal(desk.write("book.pdf", files.pdf([b""] * 5_000)))
    assert refusal.code == "too_many_pages"
    assert "book.pdf has 5,000 pages; 500 are taken" in str(refusal)
    assert not list(desk.folder.glob("page-*"))


def test_the_caller_sets_how_many_pages_are_taken(desk: Desk) -> None:
    deck = desk.write("deck.pdf", files.pdf([b""] * 3))
    assert desk.refusal(deck, most_pages=2).code == "too_many_pages"
    assert desk.study(deck, most_pages=3)["facts"]["page_count"] == 3


def test_a_password_is_asked_for_by_name(desk: Desk) -> None:
    refusal = desk.refusal(desk.write("secret.pdf", files.locked_pdf()))
    assert (refusal.code, refusal.retryable) == ("encrypted", False)
    assert "secret.pdf opens only with a password" in str(refusal)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.99])
def test_a_pdf_that_breaks_off_is_corrupt(desk: Desk, share: float) -> None:
    content = files.pdf([files.written(f"Page {n}") for n in range(40)])
    assert desk.refusal(desk.write("deck.pdf", content[: int(len(content) * share)])).code == "corrupt"


def test_a_damaged_page_is_named(tmp_path: Path) -> None:
    path = tmp_path / "deck.pdf"
    path.write_bytes(files.pdf([files.written("One"), files.written("Two"), files.written("Three")], missing=[1]))
    with pytest.raises(Corrupt, match=r"Page 2 of deck\.pdf cannot be drawn") as refused:
        render_pages(path, "deck.pdf", 0, 3, tmp_path, lambda _: None)
    assert refused.value.extra == {"page": 2}
