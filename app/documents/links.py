"""Links out of a deck are cut before it is converted: a converter would fetch pictures from any address or file.

Text that links somewhere keeps its look: its address is replaced by one that leads nowhere (RFC 2606).
"""

from __future__ import annotations

import io
import re
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote
from xml.sax import SAXException
from xml.sax.saxutils import XMLFilterBase, XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from defusedxml import DefusedXmlException  # pyright: ignore[reportMissingTypeStubs]
from defusedxml.sax import make_parser  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

from app.documents.archive import Archive
from app.documents.refusals import Corrupt

_NOWHERE = "mailto:nobody@link.invalid"
#: The parts that can hold an address: relationships of a PPTX, all markup of an ODP, drawings in both.
RELATIONSHIPS = frozenset({".rels", ".svg", ".vml"})
MARKUP = RELATIONSHIPS | {".xml"}
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*:|//|\\)", re.IGNORECASE)


def copy_without_links(archive: Archive, name: str, target: Path, parts: frozenset[str]) -> int:
    """Write the deck anew, without links out of it in the parts with these extensions; how many there were.

    Raises ``Corrupt`` for markup that is damaged or declares entities.
    """
    removed = 0

    def cleaned(part: str, markup: bytes) -> bytes:
        nonlocal removed
        clean, cut = _without_links(part, markup, name)
        removed += cut
        return clean

    archive.copy(target, cleaned, lambda part: PurePosixPath(part).suffix.lower() in parts)
    return removed


def _without_links(part: str, markup: bytes, name: str) -> tuple[bytes, int]:
    out = io.BytesIO()
    cutter = _Cutter(make_parser(), XMLGenerator(out, "utf-8", short_empty_elements=True))
    try:
        cutter.parse(io.BytesIO(markup))
    except DefusedXmlException as error:
        raise Corrupt(f"{part} of {name} declares entities, which no presentation program writes.") from error
    except (SAXException, ValueError) as error:
        raise Corrupt(f"{part} of {name} is damaged: {error}. Save it again and upload it.") from error
    return out.getvalue(), cutter.removed


class _Cutter(XMLFilterBase):
    """Passes markup on, with names as they are written. ``removed``: pictures, sounds and the like from elsewhere."""

    def __init__(self, parser: Any, out: XMLGenerator) -> None:
        super().__init__(parser)
        self.setContentHandler(out)  # pyright: ignore[reportArgumentType] - only a name differs
        self.removed = 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        written = {key: str(attrs[key]) for key in attrs.getNames()}
        kind = name.rpartition(":")[2]
        kept = _relationship(written) if kind == "Relationship" else _element(kind, written)
        self.removed += kept != written and _NOWHERE not in kept.values()
        super().startElement(name, AttributesImpl(kept))


def _relationship(written: dict[str, str]) -> dict[str, str]:
    outside = written.get("TargetMode") == "External" or _SCHEME.match(unquote(written.get("Target", "")))
    if not outside:
        return written
    if written.get("Type", "").endswith("/hyperlink"):
        return written | {"Target": _NOWHERE}
    return written | {"Target": "cut", "TargetMode": "Internal"}


def _element(kind: str, written: dict[str, str]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for key, value in written.items():
        if key.rpartition(":")[2] not in ("href", "src") or _is_inside(value):
            kept[key] = value
        elif kind == "a":
            kept[key] = _NOWHERE
    return kept


def _is_inside(address: str) -> bool:
    address = unquote(address).strip()
    if address.startswith("#") or address.lower().startswith("data:"):
        return True
    return not (_SCHEME.match(address) or address.startswith("/") or ".." in address.split("/"))
