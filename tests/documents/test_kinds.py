"""A file is what its content says, whatever it is called."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from app.documents.kinds import Format, Kind, identify
from app.documents.refusals import Corrupt, EmptyFile, Encrypted, UnsupportedFile
from tests.documents import files


def picture(format_: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, format_)
    return out.getvalue()


def archive(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        for name, content in entries.items():
            zipped.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


CUE = "1\r\n00:00:01,000 --> 00:00:02,000\r\nHello\r\n"
KNOWN = {
    Format.PDF: files.pdf([files.written("Hello")]),
    Format.PPTX: files.saved(files.deck(["One"])),
    Format.PPT: files.compound_file("PowerPoint Document", b""),
    Format.ODP: files.odp(("One", "", False)),
    Format.PNG: picture("PNG"),
    Format.JPEG: picture("JPEG"),
    Format.WEBP: picture("WEBP"),
    Format.GIF: picture("GIF"),
    Format.BMP: picture("BMP"),
    Format.TIFF: picture("TIFF"),
    Format.MP3: b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\x64",
    Format.M4A: b"\0\0\0\x1cftypM4A \0\0\2\0",
    Format.AAC: b"\xff\xf1\x50\x80",
    Format.WAV: b"RIFF\x24\0\0\0WAVEfmt ",
    Format.FLAC: b"fLaC\0\0\0\x22",
    Format.OGG: b"OggS\0\2",
    Format.WEBM: b"\x1aE\xdf\xa3\x9f",
    Format.SRT: CUE.encode("utf-16"),
    Format.VTT: b"\xef\xbb\xbfWEBVTT\n\n00:01.000 --> 00:02.000\nHello\n",
    Format.ASS: b"[Script Info]\nScriptType: v4.00+\n",
    Format.TTF: files.font(),
    Format.OTF: b"OTTO\0\1",
    Format.TTC: b"ttcf\0\1\0\0",
    Format.WOFF: b"wOFF\0\1\0\0",
    Format.WOFF2: b"wOF2\0\1\0\0",
}


def test_every_format_is_tried_here() -> None:
    assert set(KNOWN) == set(Format)


@pytest.mark.parametrize("format_", list(Format))
def test_the_content_counts_and_not_the_name(format_: Format, tmp_path: Path) -> None:
    path = tmp_path / "holiday.exe"
    path.write_bytes(KNOWN[format_])
    assert identify(path, "holiday.exe").format is format_


def test_a_kind_comes_with_its_content_type(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(KNOWN[Format.TTF])
    found = identify(path, "a")
    assert (found.kind, found.content_type) == (Kind.FONT, "font/ttf")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x7fELF\2\1\1" + bytes(100), "not known here.*pdf, pptx, ppt, odp"),
        (b"Dear diary, today I did nothing.", "not known here"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC picture.*Export it as JPEG"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG drawing"),
        (b"<!DOCTYPE html><html>Sign in</html>", "web page"),
        (archive(word__document_xml=b"<w/>"), "Export it as PDF"),
        (archive(Index__Document=b"iwa"), "Keynote"),
        (archive(readme=b"hello"), "zip archive without a presentation"),
        (files.compound_file("WordDocument", b""), "without slides"),
    ],
)
def test_what_is_not_taken_is_named_and_what_is_taken_listed(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "talk.pptx"
    path.write_bytes(content)
    with pytest.raises(UnsupportedFile, match=words) as refused:
        identify(path, "talk.pptx")
    assert "talk.pptx" in str(refused.value)


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "deck.pdf"
    path.touch()
    with pytest.raises(EmptyFile, match=r"deck\.pdf is empty"):
        identify(path, "deck.pdf")


@pytest.mark.parametrize(
    "content",
    [
        files.compound_file("EncryptedPackage", b""),
        files.compound_file("Current User", b"\0" * 12 + b"\xdf\xc4\xd1\xf3"),
    ],
)
def test_office_files_behind_a_password_are_recognised(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "deck.pptx"
    path.write_bytes(content)
    with pytest.raises(Encrypted, match="Remove the password"):
        identify(path, "deck.pptx")


def test_half_a_presentation_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "deck.pptx"
    path.write_bytes(KNOWN[Format.PPTX][: len(KNOWN[Format.PPTX]) // 2])
    with pytest.raises(Corrupt, match="damaged"):
        identify(path, "deck.pptx")
