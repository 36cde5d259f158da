"""What a presentation says of its own slides: titles, speaker notes, and which ones are hidden, in the order shown."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException  # pyright: ignore[reportMissingTypeStubs]
from defusedxml.ElementTree import fromstring  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

from app.documents.archive import Archive
from app.documents.refusals import Corrupt
from app.documents.text import one_line, tidy

_LONGEST_NOTES = 20_000
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_SHOW = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slide:
    title: str | None
    notes: str | None
    hidden: bool


def pptx_slides(archive: Archive, name: str) -> tuple[Slide, ...]:
    """The slides of a PPTX. Raises ``Corrupt`` when a part is missing or damaged."""
    root = "ppt/presentation.xml"
    parts = {target.id: target.part for target in _targets(archive, root, name)}
    listed = _parsed(archive, root, name).iterfind(f"{_P}sldIdLst/{_P}sldId")
    return tuple(_pptx_slide(archive, parts.get(item.get(f"{_R}id", ""), "a slide"), name) for item in listed)


def odp_slides(archive: Archive, name: str) -> tuple[Slide, ...]:
    """The slides of an ODP. Raises ``Corrupt`` when its content is missing or damaged."""
    content = _parsed(archive, "content.xml", name)
    hiding = {
        style.get(f"{_STYLE}name")
        for style in content.iter(f"{_STYLE}style")
        for properties in style.iter(f"{_STYLE}drawing-page-properties")
        if properties.get(f"{_SHOW}visibility") == "hidden"
    }
    return tuple(
        Slide(
            title=one_line(" ".join(_odp_lines(page, "title"))),
            notes=_notes(_odp_lines(page, "notes")),
            hidden=page.get(f"{_DRAW}style-name") in hiding,
        )
        for page in content.iter(f"{_DRAW}page")
    )


@dataclass(frozen=True, slots=True)
class _Target:
    id: str
    type: str
    part: str


def _targets(archive: Archive, part: str, name: str) -> list[_Target]:
    """What a part refers to within the archive."""
    folder, _, file = part.rpartition("/")
    relations = f"{folder}/_rels/{file}.rels"
    if relations not in archive.entries:
        return []
    return [
        _Target(
            item.get("Id", ""),
            item.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/", folder, item.get("Target", ""))).lstrip("/"),
        )
        for item in _parsed(archive, relations, name)
        if item.get("TargetMode") != "External"
    ]


def _pptx_slide(archive: Archive, part: str, name: str) -> Slide:
    slide = _parsed(archive, part, name)
    notes = [target.part for target in _targets(archive, part, name) if target.type == "notesSlide"]
    spoken = _placeholder_lines(_parsed(archive, notes[0], name), ("body",)) if notes else []
    return Slide(
        title=one_line(" ".join(_placeholder_lines(slide, ("title", "ctrTitle")))),
        notes=_notes(spoken),
        hidden=slide.get("show") in ("0", "false"),
    )


def _placeholder_lines(slide: Element, kinds: tuple[str, ...]) -> list[str]:
    return [
        "".join(_runs(paragraph))
        for shape in slide.iter(f"{_P}sp")
        if any(holder.get("type") in kinds for holder in shape.iterfind(f"{_P}nvSpPr/{_P}nvPr/{_P}ph"))
        for paragraph in shape.iter(f"{_A}p")
    ]


def _runs(paragraph: Element) -> list[str]:
    return [
        "\n" if part.tag == f"{_A}br" else part.text or ""
        for part in paragraph.iter()
        if part.tag in (f"{_A}t", f"{_A}br")
    ]


def _odp_lines(page: Element, wanted: str) -> list[str]:
    frames = (frame for frame in page.iter(f"{_DRAW}frame") if frame.get(f"{_SHOW}class") == wanted)
    paragraphs = (part for frame in frames for part in frame.iter() if part.tag in (f"{_TEXT}p", f"{_TEXT}h"))
    return ["".join(paragraph.itertext()) for paragraph in paragraphs]


def _notes(lines: list[str]) -> str | None:
    return tidy("\n".join(lines))[:_LONGEST_NOTES] or None


def _parsed(archive: Archive, part: str, name: str) -> Element:
    try:
        return fromstring(archive.read(part))
    except DefusedXmlException as error:
        raise Corrupt(f"{part} of {name} declares entities, which no presentation program writes.") from error
    except (ParseError, ValueError, LookupError) as error:
        raise Corrupt(f"{part} of {name} is damaged: {error}. Save it again and upload it.") from error
