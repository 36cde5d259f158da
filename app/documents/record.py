"""What is stored about a file: its facts as JSON, and the files that were made of it, by role.

Pure values. A child process returns ``Studied``; whoever stores it keeps ``facts`` and one row for each ``Derived``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Role(StrEnum):
    """What a derived file is for."""

    PDF = "pdf"  # what the pages of a converted deck are rendered from
    PAGE = "page"  # one page, lossless, ready for a webinar
    IMAGE = "image"  # upright, sRGB, of bounded size
    THUMBNAIL = "thumbnail"  # of a page, an image or a font
    PEAKS = "peaks"
    VTT = "vtt"
    SRT = "srt"
    FONT = "font"  # of a packed one (WOFF): as renderers load it
    SAMPLE = "sample"  # some text in the font


class Derived(Value):
    """``name`` is within the folder of the task; ``page`` counts from 1."""

    role: Role
    name: str
    content_type: str
    page: int | None = None


class PageFacts(Value):
    """``number`` counts from 1, in the order in which pages are shown. Sizes are pixels of the page's image."""

    number: int
    width: int
    height: int
    title: str | None
    text: str
    text_is_cut: bool = False
    notes: str | None = None


class SlideFacts(Value):
    """What the presentation itself says of a page."""

    title: str | None
    notes: str | None


class DeckFacts(Value):
    """``hidden`` slides are not among the pages. ``notes_dropped``: pages and slides could not be matched."""

    kind: Literal["deck"] = "deck"
    format: str
    title: str | None
    page_count: int
    hidden: int = 0
    notes_dropped: bool = False
    links_removed: int = 0
    slides: tuple[SlideFacts, ...] = ()
    pages: tuple[PageFacts, ...] = ()

    def with_pages(self, pages: tuple[PageFacts, ...]) -> DeckFacts:
        """The whole record, once all ranges of pages are rendered; slides give their titles and notes to the pages.

        Raises ``ValueError`` when pages are missing.
        """
        if len(pages) != self.page_count:
            raise ValueError(f"{len(pages)} of {self.page_count} pages were rendered")
        told = self.slides or (SlideFacts(title=None, notes=None),) * len(pages)
        full = (
            page.model_copy(update={"title": slide.title or page.title, "notes": slide.notes})
            for page, slide in zip(sorted(pages, key=lambda page: page.number), told, strict=True)
        )
        shown = tuple(full)
        title = self.title or (shown[0].title if shown else None)
        return self.model_copy(update={"pages": shown, "slides": (), "title": title})


class ImageFacts(Value):
    """Sizes are those of the normalised image; ``original`` ones those of the file, before it was turned upright."""

    kind: Literal["image"] = "image"
    format: str
    width: int
    height: int
    original_width: int
    original_height: int
    alpha: bool
    turned: bool
    frames: int
    colours: str
    profile: str | None
    profile_converted: bool


class AudioFacts(Value):
    """``damaged_packets`` could not be decoded and are silent."""

    kind: Literal["audio"] = "audio"
    format: str
    duration_ms: int
    codec: str
    channels: int
    layout: str
    sample_rate: int
    bit_rate: int | None
    title: str | None
    damaged_packets: int


class SubtitleFacts(Value):
    """``dropped`` cues held no text or no time. ``duration_ms`` is the end of the last cue."""

    kind: Literal["subtitles"] = "subtitles"
    format: str
    encoding: str
    cue_count: int
    dropped: int
    first_ms: int
    duration_ms: int
    language: str | None = None


class FontFacts(Value):
    """``embedding``: what OS/2 fsType allows. ``axes``: of a variable font, as (tag, least, default, most)."""

    kind: Literal["font"] = "font"
    format: str
    family: str
    style: str
    weight: int
    italic: bool
    variable: bool
    axes: tuple[tuple[str, float, float, float], ...]
    faces: int
    glyphs: int
    scripts: tuple[str, ...]
    embedding: Literal["installable", "editable", "preview_and_print", "restricted"]


FileFacts = Annotated[DeckFacts | ImageFacts | AudioFacts | SubtitleFacts | FontFacts, Field(discriminator="kind")]


class Studied(Value):
    """What one task returns."""

    facts: FileFacts
    files: tuple[Derived, ...]


class RenderedPages(Value):
    """What one range of pages returns."""

    pages: tuple[PageFacts, ...]
    files: tuple[Derived, ...]


def read_facts(stored: str | bytes) -> FileFacts:
    """Facts as they were stored (JSON)."""
    return TypeAdapter[FileFacts](FileFacts).validate_json(stored)
