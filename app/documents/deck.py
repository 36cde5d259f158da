"""A deck becomes a PDF, and what its slides say of themselves, before its pages are rendered."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from app.documents.archive import Archive, opened
from app.documents.kinds import Format
from app.documents.links import MARKUP, RELATIONSHIPS, copy_without_links
from app.documents.office import convert
from app.documents.pdf import MOST_PAGES, Pages
from app.documents.record import DeckFacts, Derived, Role, SlideFacts, Studied
from app.documents.refusals import Encrypted, TooManyPages
from app.documents.slides import Slide, odp_slides, pptx_slides

PDF_NAME = "deck.pdf"


def prepare(
    path: Path, name: str, format_: Format, folder: Path, *, most_pages: int = MOST_PAGES, deadline_s: float = 240
) -> Studied:
    """Tell what is known before pages are rendered, and put ``deck.pdf`` into the folder unless the deck is a PDF.

    Raises a ``FileRefused`` or ``ConverterMissing``.
    """
    if format_ is Format.PDF:
        target, told, files = path, _Told(slides=(), links_removed=0), ()
    else:
        target, told = folder / PDF_NAME, _converted(path, name, format_, folder, most_pages, deadline_s)
        files = (Derived(role=Role.PDF, name=PDF_NAME, content_type="application/pdf"),)
    with Pages(target, name, most_pages) as pages:
        count, title = pages.count, pages.title
    shown = tuple(slide for slide in told.slides if not slide.hidden)
    matched = len(shown) == count
    facts = DeckFacts(
        format=format_,
        title=title,
        page_count=count,
        hidden=len(told.slides) - len(shown),
        notes_dropped=bool(told.slides) and not matched,
        links_removed=told.links_removed,
        slides=tuple(SlideFacts(title=slide.title, notes=slide.notes) for slide in shown) if matched else (),
    )
    return Studied(facts=facts, files=files)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    slides: tuple[Slide, ...]
    links_removed: int


def _converted(path: Path, name: str, format_: Format, folder: Path, most: int, deadline_s: float) -> _Told:
    if format_ is Format.PPT:
        return _converted_ppt(path, name, folder, most, deadline_s)
    deck, parts = folder / f"deck.{format_}", RELATIONSHIPS if format_ is Format.PPTX else MARKUP
    with opened(path, name) as archive:
        slides = _slides(archive, name, format_, most)
        removed = copy_without_links(archive, name, deck, parts)
    convert(deck, name, "pdf", deadline_s=deadline_s)
    deck.unlink()
    return _Told(slides=slides, links_removed=removed)


def _slides(archive: Archive, name: str, format_: Format, most: int) -> tuple[Slide, ...]:
    if format_ is Format.ODP and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise Encrypted(f"{name} opens only with a password. Remove the password, or export it as PDF without one.")
    slides = pptx_slides(archive, name) if format_ is Format.PPTX else odp_slides(archive, name)
    if len(slides) > most:
        raise TooManyPages(
            f"{name} has {len(slides):,} slides; {most:,} are taken. Upload it in parts.",
            extra={"pages": len(slides), "most_pages": most},
        )
    return slides


def _converted_ppt(path: Path, name: str, folder: Path, most: int, deadline_s: float) -> _Told:
    """Pages come from the file itself, as a second conversion could change them; notes come by way of PPTX."""
    deck = folder / "deck.ppt"
    shutil.copyfile(path, deck)
    by_way = convert(deck, name, "pptx", deadline_s=deadline_s)
    with opened(by_way, name) as archive:
        slides = _slides(archive, name, Format.PPTX, most)
    convert(deck, name, "pdf", deadline_s=deadline_s)
    deck.unlink()
    by_way.unlink()
    return _Told(slides=slides, links_removed=0)
