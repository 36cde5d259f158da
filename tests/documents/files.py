"""Files of every kind, made while the tests run: good ones, and those that nobody should send."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fpdf import FPDF
from pptx import Presentation
from pptx.util import Inches, Pt


def pdf(
    pages: Sequence[bytes], *, size: tuple[float, float] = (960, 540), catalog: bytes = b"", missing: Sequence[int] = ()
) -> bytes:
    """A PDF by hand: a content stream for each page, Helvetica as /F1. Pages in ``missing`` are only pointed at."""
    first = 4
    kids = b" ".join(b"%d 0 R" % (first + 2 * index) for index in range(len(pages)))
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
        2: b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pages), kids),
        3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    }
    for index, content in enumerate(pages):
        number = first + 2 * index
        if index not in missing:
            box = b"/MediaBox[0 0 %g %g]/Resources<</Font<</F1 3 0 R>>>>" % size
            objects[number] = b"<</Type/Page/Parent 2 0 R%s/Contents %d 0 R>>" % (box, number + 1)
        objects[number + 1] = b"<</Length %d>>stream\n%s\nendstream" % (len(content), content)
    return _assembled(objects)


def _assembled(objects: Mapping[int, bytes]) -> bytes:
    out, places = io.BytesIO(), dict[int, int]()
    out.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    for number, body in objects.items():
        places[number] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start, count = out.tell(), max(objects) + 1
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % count)
    for number in range(1, count):
        out.write(b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n")
    out.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, start))
    return out.getvalue()


def written(*lines: str, size: float = 12, x: float = 60, y: float = 460) -> bytes:
    """A content stream with lines of text, black on white."""
    shown = b" ".join(b"(%s) Tj 0 %g Td" % (line.encode(), -1.4 * size) for line in lines)
    return b"BT /F1 %g Tf %g %g Td %s ET" % (size, x, y, shown)


def locked_pdf() -> bytes:
    deck = FPDF()
    deck.set_encryption(owner_password="owner", user_password="secret")
    deck.add_page()
    return bytes(deck.output())


def deck(titles: Sequence[str], *, hidden: Sequence[int] = (), notes: bool = True) -> Presentation:
    """A presentation with a title, three lines and speaker notes on each slide."""
    presentation = Presentation()
    presentation.slide_width, presentation.slide_height = Inches(13.333), Inches(7.5)
    for index, title in enumerate(titles):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = "\n".join(f"Point {point} of {title}" for point in range(3))
        slide.placeholders[1].text_frame.paragraphs[0].runs[0].font.size = Pt(24)
        if notes:
            slide.notes_slide.notes_text_frame.text = f"Say hello on {title}.\nThen go on."
        if index in hidden:
            slide._element.set("show", "0")
    return presentation


def saved(presentation: Presentation) -> bytes:
    out = io.BytesIO()
    presentation.save(out)
    return out.getvalue()


def rezipped(content: bytes, changes: Mapping[str, bytes]) -> bytes:
    """The archive with some entries added or replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, old.read(name)))
        for name in changes.keys() - set(old.namelist()):
            new.writestr(name, changes[name])
    return out.getvalue()


def odp(*slides: tuple[str, str, bool], pictures: Sequence[str] = ()) -> bytes:
    """An OpenDocument presentation: title, notes and whether hidden, by slide; ``pictures`` on the first."""
    pages = "".join(_odp_page(*slide, pictures if index == 0 else ()) for index, slide in enumerate(slides))
    styles = "".join(
        f'<style:style style:name="{name}" style:family="drawing-page">'
        f'<style:drawing-page-properties presentation:visibility="{name}"/></style:style>'
        for name in ("visible", "hidden")
    )
    odf = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = "".join(f' xmlns:{short}="{odf}:{long}:1.0"' for short, long in _ODF.items())
    content = (
        f'<office:document-content{spaces} xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.2">'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:presentation>{pages}</office:presentation></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.presentation"
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{media}"/>'
        for path, media in (("/", kind), ("content.xml", "text/xml"))
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{entries}'
        "</manifest:manifest>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return out.getvalue()


_ODF = {
    "office": "office",
    "style": "style",
    "text": "text",
    "draw": "drawing",
    "presentation": "presentation",
    "svg": "svg-compatible",
}


def _odp_page(title: str, notes: str, hidden: bool, pictures: Sequence[str]) -> str:
    place = 'svg:width="8cm" svg:height="5cm" svg:x="{x}cm" svg:y="{y}cm"'
    linked = "".join(
        f'<draw:frame {place.format(x=2 + 10 * index, y=8)}><draw:image xlink:href="{address}" xlink:type="simple"/>'
        "</draw:frame>"
        for index, address in enumerate(pictures)
    )
    return (
        f'<draw:page draw:name="{title}" draw:style-name="{"hidden" if hidden else "visible"}">'
        f'<draw:frame presentation:class="title" {place.format(x=2, y=1)}>'
        f"<draw:text-box><text:p>{title}</text:p></draw:text-box></draw:frame>{linked}"
        f'<presentation:notes><draw:frame presentation:class="notes" {place.format(x=2, y=8)}>'
        f"<draw:text-box><text:p>{notes}</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>"
    )


def compound_file(stream: str, content: bytes) -> bytes:
    """An OLE container ([MS-CFB]) with one stream, which fills whole sectors."""
    sectors = -(-max(len(content), 4096) // 512)
    fat = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    fat += [0xFFFFFFFF] * (128 - len(fat))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        *(0x3E, 3, 0xFFFE, 9, 6),
        *(0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0),
    )
    header += struct.pack("<108I", *[0xFFFFFFFF] * 108)
    entries = _directory_entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + _directory_entry(
        stream, 2, 0xFFFFFFFF, 2, sectors * 512
    )
    return header + struct.pack("<128I", *fat) + entries.ljust(512, b"\0") + content.ljust(sectors * 512, b"\0")


def _directory_entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    spelled = name.encode("utf-16-le") + b"\0\0"
    none = 0xFFFFFFFF
    return struct.pack("<64sHBBIII16xI8x8xIQ", spelled, len(spelled), kind, 1, none, none, child, 0, start, size)


def font(*, family: str = "Ten", style: str = "Bold", weight: int = 700, restricted: bool = False) -> bytes:
    """A TrueType font in which each letter of the Latin alphabet is a box."""
    letters = [chr(code) for code in (*range(65, 91), *range(97, 123), *range(48, 58), 32)]
    names = [".notdef", *(f"u{ord(letter)}" for letter in letters)]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): f"u{ord(letter)}" for letter in letters})
    pen = TTGlyphPen(None)
    for step, point in enumerate(((100, 0), (100, 700), (500, 700), (500, 0))):
        pen.moveTo(point) if step == 0 else pen.lineTo(point)
    pen.closePath()
    box, empty = pen.glyph(), TTGlyphPen(None).glyph()
    builder.setupGlyf({name: empty if name == "u32" else box for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (600, 100)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": style})
    builder.setupOS2(sTypoAscender=800, usWeightClass=weight, fsType=2 if restricted else 0)
    builder.setupPost()
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()


def entry(content: bytes, name: str) -> bytes:
    """One entry of an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


def nested_pdf(*, depth: int, times: int) -> bytes:
    """A page that draws a form ``times`` times, which draws another as often, and so on."""
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 960 540]/Resources<</XObject<</X 5 0 R>>>>/Contents 4 0 R>>",
        4: b"<</Length 5>>stream\n/X Do\nendstream",
    }
    for level in range(depth):
        last = level == depth - 1
        content = b"0 0 9 9 re f\n" if last else b"/X Do\n" * times
        inner = b"" if last else b"/Resources<</XObject<</X %d 0 R>>>>" % (6 + level)
        head = b"<</Type/XObject/Subtype/Form/BBox[0 0 960 540]%s/Length %d>>" % (inner, len(content))
        objects[5 + level] = head + b"stream\n" + content + b"endstream"
    return _assembled(objects)
