# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
"""Fonts: what they are called, which scripts they cover, what their licence bits allow, and how they look."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from app.documents.kinds import Format
from app.documents.pictures import write_png
from app.documents.record import Derived, FontFacts, Role, Studied
from app.documents.refusals import Corrupt
from app.documents.text import one_line

Embedding = Literal["installable", "editable", "preview_and_print", "restricted"]


def _between(first: str, last: str, *, but: str = "") -> frozenset[int]:
    return frozenset(range(ord(first), ord(last) + 1)) - {ord(character) for character in but}


#: A script is covered when every one of these can be drawn: its alphabet, or what is most used of it.
_SCRIPTS = {
    "latin": _between("A", "Z") | _between("a", "z"),
    "cyrillic": _between("А", "я"),
    "greek": _between("Α", "ω", but="\u03a2"),
    "arabic": _between("\u0627", "\u063a") | _between("\u0641", "\u064a"),
    "hebrew": _between("\u05d0", "\u05ea"),
    "devanagari": _between("\u0915", "\u0928") | _between("\u092a", "\u0930"),
    "cjk": frozenset(map(ord, "的一是不了人我在有他这中大来上个国到说们为子和你地出道也时年")),
    "kana": _between("あ", "ん") | _between("ア", "ン"),
    "hangul": frozenset(map(ord, "가나다라마바사아자차카타파하이그는을의")),
    "emoji": frozenset(map(ord, "😀😂👍🎉🔥")),
}
_SAMPLES = {
    "latin": "Quick wafting zephyrs 0123",
    "cyrillic": "Съешь же ещё этих булок",
    "greek": "Ξεσκεπάζω την ψυχοφθόρα",
    "arabic": "نص حكيم له سر قاطع",
    "hebrew": "דג סקרן שט בים",
    "devanagari": "नमस्ते दुनिया",
    "cjk": "的一是不了人我在有",
    "kana": "いろはにほへと アイウ",
    "hangul": "가나다라마바사",
    "emoji": "😀😂👍🎉🔥",
}
_SIZE, _MARGIN, _MOST_LINES, _WIDEST = 64, 40, 3, 2_000
#: The one size at which fonts of coloured bitmaps can be loaded.
_BITMAP_SIZE = 109


def study(path: Path, name: str, format_: Format, folder: Path) -> Studied:
    """Write a sample of the font and, where it is packed (WOFF), the font as renderers load it. Raises ``Corrupt``."""
    try:
        facts, unpacked = _read(path, format_, folder)
        sample = _draw(folder / unpacked.name if unpacked else path, facts.scripts, folder)
    except MemoryError:
        raise
    except OSError as error:
        if error.errno is not None:
            raise  # of the disk; the errors of the readers have no number
        raise _damaged(name, error) from error
    except Exception as error:  # the readers of fontTools raise whatever a damaged table makes them meet
        raise _damaged(name, error) from error
    return Studied(facts=facts, files=(unpacked, sample) if unpacked else (sample,))


def _damaged(name: str, error: Exception) -> Corrupt:
    return Corrupt(f"{name} cannot be read as a font: it is damaged ({type(error).__name__}: {error}). Get it again.")


def _read(path: Path, format_: Format, folder: Path) -> tuple[FontFacts, Derived | None]:
    with TTFont(path, lazy=True, fontNumber=0) as font:
        facts = _facts(font, format_, _faces(path) if format_ is Format.TTC else 1)
        if format_ not in (Format.WOFF, Format.WOFF2):
            return facts, None
        kind = "otf" if font.sfntVersion == "OTTO" else "ttf"
        font.flavor = None
        font.save(folder / f"font.{kind}")
    return facts, Derived(role=Role.FONT, name=f"font.{kind}", content_type=f"font/{kind}")


def _facts(font: TTFont, format_: Format, faces: int) -> FontFacts:
    covered, names = frozenset(font.getBestCmap() or {}), font["name"]
    head: Any = font["head"]
    os2: Any = font.get("OS/2")
    axes = font["fvar"].axes if "fvar" in font else ()
    return FontFacts(
        format=format_,
        family=one_line(names.getBestFamilyName() or "") or "unnamed",
        style=one_line(names.getBestSubFamilyName() or "") or "Regular",
        weight=os2.usWeightClass if os2 else 400,
        italic=bool(head.macStyle & 0b10),
        variable=bool(axes),
        axes=tuple((axis.axisTag, axis.minValue, axis.defaultValue, axis.maxValue) for axis in axes),
        faces=faces,
        glyphs=font["maxp"].numGlyphs,
        scripts=tuple(script for script, characters in _SCRIPTS.items() if characters <= covered),
        embedding=_embedding(os2.fsType if os2 else 0),
    )


def _embedding(bits: int) -> Embedding:
    """OpenType, OS/2 fsType: of several bits the least restrictive one counts."""
    if bits & 0x8 or not bits & 0x6:
        return "editable" if bits & 0x8 else "installable"
    return "preview_and_print" if bits & 0x4 else "restricted"


def _faces(path: Path) -> int:
    with path.open("rb") as file:
        return int.from_bytes(file.read(12)[8:], "big")


def _draw(font: Path, scripts: tuple[str, ...], folder: Path) -> Derived:
    """A line in each of the first scripts, black on white; ``Aa`` in a font that covers none."""
    face = _face(font)
    lines = [_SAMPLES[script] for script in scripts[:_MOST_LINES]] or ["Aa"]
    measure = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    width = min(_WIDEST, max(round(measure.textlength(line, font=face)) for line in lines) + 2 * _MARGIN)
    step = round(1.5 * face.size)
    picture = Image.new("RGB", (max(1, width), step * len(lines) + _MARGIN), "white")
    for row, line in enumerate(lines):
        at = (_MARGIN, _MARGIN // 2 + row * step + step // 2)
        ImageDraw.Draw(picture).text(at, line, "black", face, anchor="lm", embedded_color=True)
    write_png(picture, folder / "sample.png")
    return Derived(role=Role.SAMPLE, name="sample.png", content_type="image/png")


def _face(font: Path) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(font, _SIZE)
    except OSError as error:
        if "invalid pixel size" not in str(error):
            raise
        return ImageFont.truetype(font, _BITMAP_SIZE)
