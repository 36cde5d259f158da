"""Presentations become pages by LibreOffice, with their notes, and without anything from outside them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image
from pptx.opc.constants import RELATIONSHIP_TYPE as RELATION
from pptx.presentation import Presentation
from pptx.util import Inches

from app.documents.office import convert, find_office
from app.documents.refusals import ConverterMissing, TooDemanding
from tests.documents import files
from tests.documents.conftest import Desk
from tests.needs import need_programs

BLUE = (0, 0, 255)


@pytest.fixture(autouse=True)
def _office() -> None:
    need_programs("soffice", package="libreoffice-impress fonts-liberation fonts-dejavu-core")


def render(desk: Desk, count: int) -> list[dict[str, Any]]:
    return desk.run("render_range", desk.folder / "deck.pdf", first=0, stop=count)["pages"]


def test_a_presentation_becomes_pages_with_titles_and_notes(desk: Desk) -> None:
    facts = desk.study(desk.write("talk.pptx", files.saved(files.deck(["Opening", "Middle", "End"]))))["facts"]
    assert [slide["title"] for slide in facts["slides"]] == ["Opening", "Middle", "End"]
    assert facts["slides"][1]["notes"] == "Say hello on Middle.\nThen go on."
    pages = render(desk, 3)
    assert [page["title"] for page in pages] == ["Opening", "Middle", "End"]
    assert "Point 2 of End" in pages[2]["text"]
    assert (pages[0]["width"], pages[0]["height"]) == (1920, 1080)


def test_hidden_slides_are_no_pages_and_leave_the_notes_in_place(desk: Desk) -> None:
    deck = files.deck(["A", "B", "C", "D"], hidden=[1, 2])
    facts = desk.study(desk.write("talk.pptx", files.saved(deck)))["facts"]
    assert (facts["page_count"], facts["hidden"], facts["notes_dropped"]) == (2, 2, False)
    assert [page["text"].split("\n")[0] for page in render(desk, 2)] == ["A", "D"]
    assert [slide["notes"].split("\n")[0] for slide in facts["slides"]] == ["Say hello on A.", "Say hello on D."]


def test_slides_come_in_the_order_they_are_shown_in(desk: Desk) -> None:
    deck = files.deck(["First made", "Second made"])
    listed = deck.slides._sldIdLst
    listed.append(listed[0])
    facts = desk.study(desk.write("talk.pptx", files.saved(deck)))["facts"]
    assert [slide["title"] for slide in facts["slides"]] == ["Second made", "First made"]
    assert [page["title"] for page in render(desk, 2)] == ["Second made", "First made"]


def test_open_document_presentations_keep_their_notes_too(desk: Desk) -> None:
    content = files.odp(("Alpha", "Say alpha", False), ("Beta", "Say beta", True), ("Gamma", "Say gamma", False))
    facts = desk.study(desk.write("talk.odp", content))["facts"]
    assert (facts["page_count"], facts["hidden"]) == (2, 1)
    assert [(slide["title"], slide["notes"]) for slide in facts["slides"]] == [
        ("Alpha", "Say alpha"),
        ("Gamma", "Say gamma"),
    ]
    assert [page["text"] for page in render(desk, 2)] == ["Alpha", "Gamma"]


def test_old_presentations_keep_their_notes_and_hide_the_same_slides(desk: Desk, tmp_path: Path) -> None:
    modern = tmp_path / "old.pptx"
    modern.write_bytes(files.saved(files.deck(["A", "B", "C"], hidden=[0])))
    old = convert(modern, "old.pptx", "ppt", deadline_s=60)
    facts = desk.study(old)["facts"]
    assert (facts["format"], facts["page_count"], facts["hidden"]) == ("ppt", 2, 1)
    assert [slide["notes"] for slide in facts["slides"]] == [
        "Say hello on B.\nThen go on.",
        "Say hello on C.\nThen go on.",
    ]
    assert [page["title"] for page in render(desk, 2)] == ["B", "C"]


class Bait:
    """A server that hands out a blue picture, and a file that holds the same: what a deck must not get."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        self.file = folder / "secret.png"
        Image.new("RGB", (64, 64), BLUE).save(self.file)
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self._server.server_port}/secret.png"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        bait = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                bait.asked.append(self.path)
                content = bait.file.read_bytes()
                self.send_response(200)
                self.send_header("Content-Type", "image/png")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_HEAD = do_OPTIONS = do_PROPFIND = answer  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@pytest.fixture
def bait(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bait]:
    bait = Bait(tmp_path_factory.mktemp("bait"))
    yield bait
    bait.close()


def linking_pptx(bait: Bait, kind: str = RELATION.IMAGE) -> Presentation:
    """A deck with a picture from the server and one from the file, as PowerPoint links them."""
    deck, red = files.deck(["Links"], notes=False), bait.file.with_name("red.png")
    Image.new("RGB", (64, 64), (255, 0, 0)).save(red)
    slide = deck.slides[0]
    for index, target in enumerate((bait.address, bait.file.as_uri())):
        picture = slide.shapes.add_picture(str(red), Inches(1 + 5 * index), Inches(3), Inches(4), Inches(4))
        blip = picture._element.xpath(".//a:blip")[0]
        blip.attrib.clear()
        name = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}link"
        blip.set(name, slide.part.relate_to(target, kind, is_external=True))
    return deck


def shows_blue(desk: Desk) -> bool:
    render(desk, 1)
    page = np.asarray(Image.open(desk.folder / "page-0001.png")).astype(int)
    return bool(((page - BLUE) ** 2).sum(axis=2).min() < 100)


def test_the_bait_is_taken_by_a_plain_libreoffice(bait: Bait, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the tests below would prove nothing."""
    monkeypatch.setattr(
        "app.documents.office._SETTINGS", '<oor:items xmlns:oor="http://openoffice.org/2001/registry"/>'
    )
    monkeypatch.setattr("app.documents.office._confine", lambda: None)
    deck = desk.folder / "deck.pptx"
    deck.write_bytes(files.saved(linking_pptx(bait)))
    convert(deck, "deck.pptx", "pdf", deadline_s=60)
    assert bait.asked
    assert shows_blue(desk)


@pytest.mark.parametrize("kind", [RELATION.IMAGE, RELATION.HYPERLINK, RELATION.MEDIA])
def test_a_pptx_gets_nothing_from_an_address_or_a_file(bait: Bait, desk: Desk, kind: str) -> None:
    facts = desk.study(desk.write("talk.pptx", files.saved(linking_pptx(bait, kind))))["facts"]
    assert facts["links_removed"] == (0 if kind == RELATION.HYPERLINK else 2)
    assert not shows_blue(desk)
    assert bait.asked == []


def test_an_odp_gets_nothing_from_an_address_or_a_file(bait: Bait, desk: Desk) -> None:
    links = (bait.address, bait.file.as_uri(), f"../../../../../..{bait.file}", f"%2e%2e/%2e%2e/%2e%2e{bait.file}")
    facts = desk.study(desk.write("talk.odp", files.odp(("Links", "", False), pictures=links)))["facts"]
    assert facts["links_removed"] == 4
    assert not shows_blue(desk)
    assert bait.asked == []


def test_a_ppt_gets_nothing_from_an_address_or_a_file(bait: Bait, desk: Desk, tmp_path: Path) -> None:
    """Its links cannot be cut: LibreOffice's settings and the missing network keep it from them."""
    modern = tmp_path / "old.pptx"
    modern.write_bytes(files.saved(linking_pptx(bait)))
    old = convert(modern, "old.pptx", "ppt", deadline_s=60)
    desk.study(old)
    assert not shows_blue(desk)
    assert bait.asked == []


def test_a_drawing_within_a_pptx_gets_nothing_either(bait: Bait, desk: Desk) -> None:
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" width="64" height="64">'
        f'<image x:href="{bait.address}" width="32" height="64"/><image x:href="{bait.file.as_uri()}" x="32" '
        'width="32" height="64"/></svg>'
    )
    deck, red = files.deck(["Drawing"]), bait.file.with_name("red.png")
    Image.new("RGB", (64, 64), (255, 0, 0)).save(red)
    deck.slides[0].shapes.add_picture(str(red), Inches(1), Inches(3), Inches(4), Inches(4))
    content = files.saved(deck)
    changes = {
        "ppt/media/image1.svg": drawing.encode(),
        "ppt/slides/_rels/slide1.xml.rels": files.entry(content, "ppt/slides/_rels/slide1.xml.rels").replace(
            b"image1.png", b"image1.svg"
        ),
        "[Content_Types].xml": files.entry(content, "[Content_Types].xml").replace(
            b"<Default ", b'<Default Extension="svg" ContentType="image/svg+xml"/><Default ', 1
        ),
    }
    facts = desk.study(desk.write("talk.pptx", files.rezipped(content, changes)))["facts"]
    assert facts["links_removed"] == 2
    assert not shows_blue(desk)
    assert bait.asked == []


def test_linked_text_keeps_its_look(desk: Desk) -> None:
    deck = files.deck(["Read on"])
    run = deck.slides[0].placeholders[1].text_frame.paragraphs[0].runs[0]
    plain = desk.write("plain.pptx", files.saved(deck))
    desk.study(plain)
    render(desk, 1)
    before = np.asarray(Image.open(desk.folder / "page-0001.png")).astype(int)
    run.hyperlink.address = "https://example.com/"
    desk.study(desk.write("linked.pptx", files.saved(deck)), folder=str(new_folder(desk)))
    desk.run("render_range", desk.folder / "new" / "deck.pdf", first=0, stop=1, folder=str(desk.folder / "new"))
    after = np.asarray(Image.open(desk.folder / "new" / "page-0001.png")).astype(int)
    assert (np.abs(after - before).max(axis=2) > 100).sum() > 200  # another colour, and a line below


def new_folder(desk: Desk) -> Path:
    folder = desk.folder / "new"
    folder.mkdir()
    return folder


def test_without_libreoffice_the_message_says_how_to_get_it() -> None:
    with pytest.raises(ConverterMissing, match=r"Export the deck as PDF.*apt-get install libreoffice-impress"):
        find_office({"PATH": "/nonexistent"})


def test_a_deck_that_takes_too_long_is_refused_and_leaves_no_process(tmp_path: Path) -> None:
    deck = tmp_path / "deck.pptx"
    deck.write_bytes(files.saved(files.deck(["A"])))
    with pytest.raises(TooDemanding, match=r"did not finish converting deck\.pptx within 0\.2 s"):
        convert(deck, "deck.pptx", "pdf", deadline_s=0.2)
    assert not [child for child in psutil.Process().children(recursive=True) if "soffice" in child.name()]


def test_what_libreoffice_cannot_read_is_corrupt(desk: Desk) -> None:
    refusal = desk.refusal(desk.write("old.ppt", files.compound_file("PowerPoint Document", b"\1" * 5_000)))
    assert refusal.code == "corrupt"
    assert "LibreOffice cannot read old.ppt" in str(refusal)


def test_nothing_of_libreoffice_is_left_in_the_folder(desk: Desk) -> None:
    desk.study(desk.write("talk.pptx", files.saved(files.deck(["A"]))))
    assert sorted(path.name for path in desk.folder.iterdir()) == ["deck.pdf"]
