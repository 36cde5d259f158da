"""What a file is, by its content: a name proves nothing, so a wrong extension is no error.

Runs in a limited child process: telling one Office file from another means opening it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.documents.archive import opened
from app.documents.compound import MAGIC, contents
from app.documents.refusals import EmptyFile, Encrypted, FileTooLarge, UnsupportedFile
from app.documents.text import decoded


class Kind(StrEnum):
    DECK = "deck"
    IMAGE = "image"
    AUDIO = "audio"
    SUBTITLES = "subtitles"
    FONT = "font"


class Format(StrEnum):
    """Named as its usual extension."""

    PDF = "pdf"
    PPTX = "pptx"
    PPT = "ppt"
    ODP = "odp"
    PNG = "png"
    JPEG = "jpg"
    WEBP = "webp"
    GIF = "gif"
    BMP = "bmp"
    TIFF = "tiff"
    MP3 = "mp3"
    M4A = "m4a"
    AAC = "aac"
    WAV = "wav"
    FLAC = "flac"
    OGG = "ogg"
    WEBM = "webm"
    SRT = "srt"
    VTT = "vtt"
    ASS = "ass"
    TTF = "ttf"
    OTF = "otf"
    TTC = "ttc"
    WOFF = "woff"
    WOFF2 = "woff2"


_OFFICE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument.presentation"
_CATALOGUE: dict[Kind, dict[Format, str]] = {
    Kind.DECK: {
        Format.PDF: "application/pdf",
        Format.PPTX: _OFFICE,
        Format.PPT: "application/vnd.ms-powerpoint",
        Format.ODP: _OPEN_DOCUMENT,
    },
    Kind.IMAGE: {
        Format.PNG: "image/png",
        Format.JPEG: "image/jpeg",
        Format.WEBP: "image/webp",
        Format.GIF: "image/gif",
        Format.BMP: "image/bmp",
        Format.TIFF: "image/tiff",
    },
    Kind.AUDIO: {
        Format.MP3: "audio/mpeg",
        Format.M4A: "audio/mp4",
        Format.AAC: "audio/aac",
        Format.WAV: "audio/wav",
        Format.FLAC: "audio/flac",
        Format.OGG: "audio/ogg",
        Format.WEBM: "audio/webm",
    },
    Kind.SUBTITLES: {
        Format.SRT: "application/x-subrip",
        Format.VTT: "text/vtt",
        Format.ASS: "text/x-ssa",
    },
    Kind.FONT: {
        Format.TTF: "font/ttf",
        Format.OTF: "font/otf",
        Format.TTC: "font/collection",
        Format.WOFF: "font/woff",
        Format.WOFF2: "font/woff2",
    },
}
#: The most bytes that a file of each kind may have, unless the caller says less.
LARGEST_BYTES = {
    Kind.DECK: 500_000_000,
    Kind.IMAGE: 100_000_000,
    Kind.AUDIO: 4_000_000_000,
    Kind.SUBTITLES: 10_000_000,
    Kind.FONT: 60_000_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    kind: Kind
    format: Format
    content_type: str


def identify(path: Path, name: str) -> FileKind:
    """What the file holds. ``name`` is what its user calls it, and only used in messages.

    Raises ``EmptyFile``, ``UnsupportedFile``, ``FileTooLarge``, ``Encrypted`` for an Office file behind a password, and
    ``Corrupt`` for an archive that cannot be opened.
    """
    size = path.stat().st_size
    if size == 0:
        raise EmptyFile(f"{name} is empty: it holds no bytes. Upload it again.")
    with path.open("rb") as file:
        start = file.read(65_536)
    found = _known(_format_of(path, start, name))
    if size > LARGEST_BYTES[found.kind]:
        raise FileTooLarge(
            f"{name} has {size:,} bytes; {found.format.upper()} files may have {LARGEST_BYTES[found.kind]:,}.",
            extra={"bytes": size, "most_bytes": LARGEST_BYTES[found.kind]},
        )
    return found


def _known(format_: Format) -> FileKind:
    for kind, formats in _CATALOGUE.items():
        if format_ in formats:
            return FileKind(kind=kind, format=format_, content_type=formats[format_])
    raise AssertionError(f"{format_} has no kind")


_SIGNATURES = (
    (rb"\x89PNG\r\n\x1a\n", Format.PNG),
    (rb"\xff\xd8\xff", Format.JPEG),
    (rb"RIFF....WEBP", Format.WEBP),
    (rb"GIF8[79]a", Format.GIF),
    (rb"BM.{8}.\0\0\0[\x0c-\x7c]\0\0\0", Format.BMP),
    (rb"II\*\0|MM\0\*|II\+\0|MM\0\+", Format.TIFF),
    (rb"(RIFF|RF64|RIFX)....WAVE", Format.WAV),
    (rb"fLaC", Format.FLAC),
    (rb"OggS", Format.OGG),
    (rb"\x1aE\xdf\xa3", Format.WEBM),
    (rb"....ftyp(?!heic|heix|hevc|mif1|msf1|avif|avis)", Format.M4A),
    (rb"ID3[\x02-\x04]|\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xef]", Format.MP3),
    (rb"\xff[\xf0\xf1\xf8\xf9]", Format.AAC),
    (rb"\0\x01\0\0\0|true\0", Format.TTF),
    (rb"OTTO", Format.OTF),
    (rb"ttcf", Format.TTC),
    (rb"wOFF", Format.WOFF),
    (rb"wOF2", Format.WOFF2),
)
_CUE = re.compile(r"^\s*\d+:\d{2}:\d{2}[,.]\d{1,3}\s*-->\s*\d+:\d{2}:\d{2}[,.]\d", re.MULTILINE)
_FOREIGN = (
    (rb"....ftyp(heic|heix|hevc|mif1|msf1)", "a HEIC picture, as phones take them. Export it as JPEG."),
    (rb"....ftyp(avif|avis)", "an AVIF picture. Export it as PNG or JPEG."),
    (
        rb"\s*(<\?xml.{0,500}|<!--.{0,500})?<(svg|!DOCTYPE svg)",
        "an SVG drawing. Export it as PNG.",
    ),
    (rb"\s*<(!DOCTYPE html|html)", "a web page. Was a link saved instead of the file behind it?"),
    (rb"\{\\rtf", "an RTF document. Export it as PDF."),
)


def _format_of(path: Path, start: bytes, name: str) -> Format:
    if b"%PDF-" in start[:1024]:
        return Format.PDF
    if start.startswith(b"PK\x03\x04"):
        return _archived(path, name)
    if start.startswith(MAGIC):
        return _compound(path, name)
    for signature, format_ in _SIGNATURES:
        if re.match(signature, start, re.DOTALL):
            return format_
    for signature, advice in _FOREIGN:
        if re.match(signature, start, re.DOTALL | re.IGNORECASE):
            raise _unsupported(name, advice)
    return _written(start, name)


def _written(start: bytes, name: str) -> Format:
    text, _ = decoded(start, cut=True)
    if text.startswith("WEBVTT"):
        return Format.VTT
    if re.match(r"\s*\[Script Info\]", text, re.IGNORECASE):
        return Format.ASS
    if _CUE.search(text):
        return Format.SRT
    raise _unsupported(name, "of a kind that is not known here.")


def _archived(path: Path, name: str) -> Format:
    """Office and OpenDocument files are zip archives."""
    with opened(path, name) as archive:
        entries = archive.entries
        declared = archive.read("mimetype")[:200] if "mimetype" in entries else b""
    if "ppt/presentation.xml" in entries:
        return Format.PPTX
    if declared.startswith(_OPEN_DOCUMENT.encode()):
        return Format.ODP
    if "word/document.xml" in entries or "xl/workbook.xml" in entries or declared.startswith(b"application/vnd.oasis"):
        raise _unsupported(name, "a document or a table of an Office program. Export it as PDF.")
    if any(entry.startswith("Index/") or entry == "Index.zip" for entry in entries):
        raise _unsupported(name, "a file of Keynote, Pages or Numbers. Export it as PowerPoint or PDF.")
    raise _unsupported(name, "a zip archive without a presentation in it.")


def _compound(path: Path, name: str) -> Format:
    """Old Office files, and new ones behind a password."""
    found = contents(path, name)
    if found.encrypted:
        raise Encrypted(f"{name} opens only with a password. Remove the password, or export it as PDF without one.")
    if found.has_slides:
        return Format.PPT
    raise _unsupported(name, "a file of an Office program without slides. Export it as PDF.")


def _unsupported(name: str, found: str) -> UnsupportedFile:
    taken = "; ".join(f"{kind} ({', '.join(formats)})" for kind, formats in _CATALOGUE.items())
    return UnsupportedFile(f"{name} is {found} These are taken, by their content: {taken}.")
