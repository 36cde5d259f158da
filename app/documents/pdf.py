# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportMissingTypeStubs=false
"""Pages of a PDF as pictures and text, by PDFium (which is built without JavaScript: scripts and actions never run).

Each page is rendered once, so that its longest side has 1920 pixels whatever its size in points is.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image

from app.documents.pictures import WEBP, write_png, write_thumbnail
from app.documents.record import Derived, PageFacts, RenderedPages, Role
from app.documents.refusals import Corrupt, Encrypted, TooManyPages
from app.documents.text import one_line, tidy

LONGEST_SIDE = 1920
MOST_PAGES = 500
#: Characters of a page that are kept for searching; a dense A4 page has about 5,000.
_LONGEST_TEXT = 10_000
#: Pieces of text among which the title is looked for.
_MOST_BOXES = 400
#: Bytes at the end in which the end mark must be: the specification says 1,024, programs append some more.
_TAIL = 4_096


class Pages:
    """An open PDF. Use as a context manager.

    Raises ``Encrypted`` when a password is needed, ``Corrupt`` when it cannot be read or breaks off, ``TooManyPages``
    beyond ``most``.
    """

    def __init__(self, path: Path, name: str, most: int = MOST_PAGES) -> None:
        self._name = name
        self._pdf = _opened(path, name)
        self.count = len(self._pdf)
        if self.count == 0:
            raise Corrupt(f"{name} has no pages. Export it again.")
        if self.count > most:
            raise TooManyPages(
                f"{name} has {self.count:,} pages; {most:,} are taken. Upload it in parts.",
                extra={"pages": self.count, "most_pages": most},
            )
        if self._pdf.get_formtype() != pdfium_c.FORMTYPE_NONE:
            self._pdf.init_forms()  # or what was typed into a form is not drawn

    def __enter__(self) -> Pages:
        return self

    def __exit__(self, *_: object) -> None:
        self._pdf.close()

    @property
    def title(self) -> str | None:
        return one_line(self._pdf.get_metadata_value("Title"))

    def render(self, index: int, folder: Path) -> tuple[PageFacts, tuple[Derived, ...]]:
        """Write the image and the thumbnail of a page. Raises ``Corrupt`` naming the page."""
        number = index + 1
        image, thumbnail = f"page-{number:04}.png", f"page-{number:04}.webp"
        try:
            page = self._pdf[index]
            picture = _drawn(page)
            text, title = _read(page)
            page.close()
        except (pdfium.PdfiumError, ZeroDivisionError) as error:
            raise Corrupt(
                f"Page {number} of {self._name} cannot be drawn: it is damaged. Export the file again.",
                extra={"page": number},
            ) from error
        write_png(picture, folder / image)
        write_thumbnail(picture, folder / thumbnail)
        facts = PageFacts(
            number=number,
            width=picture.width,
            height=picture.height,
            title=title,
            text=text[:_LONGEST_TEXT],
            text_is_cut=len(text) > _LONGEST_TEXT,
        )
        return facts, (
            Derived(role=Role.PAGE, page=number, name=image, content_type="image/png"),
            Derived(role=Role.THUMBNAIL, page=number, name=thumbnail, content_type=WEBP),
        )


def render_pages(
    path: Path, name: str, first: int, stop: int, folder: Path, progress: Callable[[float], None]
) -> RenderedPages:
    """Render pages ``first`` to before ``stop``, counted from 0, into ``folder``."""
    with Pages(path, name, most=max(MOST_PAGES, stop)) as pages:
        done: list[tuple[PageFacts, tuple[Derived, ...]]] = []
        for index in range(first, min(stop, pages.count)):
            done.append(pages.render(index, folder))
            progress((index + 1 - first) / (stop - first))
    return RenderedPages(pages=tuple(facts for facts, _ in done), files=tuple(file for _, two in done for file in two))


def _opened(path: Path, name: str) -> pdfium.PdfDocument:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        whole = b"%%EOF" in file.read()
    try:
        pdf = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if error.err_code == pdfium_c.FPDF_ERR_PASSWORD:
            raise Encrypted(f"{name} opens only with a password. Export it without one.") from error
        raise Corrupt(f"{name} cannot be read as a PDF: it is damaged. Export it again.") from error
    if not whole:
        pdf.close()
        raise Corrupt(f"{name} breaks off: the end of the PDF is missing. Upload it again.")
    return pdf


def _drawn(page: pdfium.PdfPage) -> Image.Image:
    # Half a pixel less, as PDFium rounds up: 959.98 x 540 points are 1920 x 1080 pixels, not 1081.
    scale = (LONGEST_SIDE - 0.5) / max(page.get_size())
    bitmap = page.render(scale=scale, rev_byteorder=True, prefer_bgrx=True)
    return cast("Image.Image", bitmap.to_pil()).convert("RGB")


def _read(page: pdfium.PdfPage) -> tuple[str, str | None]:
    """The text of a page, and its title: what is set largest, else the first line."""
    textpage = page.get_textpage()
    text = tidy("\n".join(line.strip() for line in textpage.get_text_range().splitlines() if line.strip()))
    first_line = one_line(text.partition("\n")[0])
    boxes = [textpage.get_rect(index) for index in range(min(textpage.count_rects(), _MOST_BOXES))]
    heights = [top - bottom for _, bottom, _, top in boxes]
    if not heights or max(heights) < 1.2 * statistics.median(heights):
        return text, first_line
    large = (box for box, height in zip(boxes, heights, strict=True) if height > 0.8 * max(heights))
    return text, one_line(" ".join(textpage.get_text_bounded(*box) for box in large)) or first_line
