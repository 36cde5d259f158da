"""Makes the fonts in ``app/media/lettering/fonts`` that are parts of larger ones; their README says from what.

``python -m tools.fonts NOTO_CJK NOTO_CORE EMOJI``: folders where the packages named there are unpacked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import uharfbuzz as hb
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables import otTables

FONTS = Path(__file__).parents[1] / "app" / "media" / "lettering" / "fonts"
#: Where the collection has the face that draws simplified Chinese.
_SIMPLIFIED = 2
_HANGUL = range(0xAC00, 0xD7A4)
#: Kana, Bopomofo, Hangul letters, punctuation, and the wide and narrow forms of all of them.
_EAST_ASIAN = (range(0x3000, 0x3190), range(0x31A0, 0x3200), range(0xFE30, 0xFE50), range(0xFF01, 0xFFEF))
#: In names, and in written Cantonese: none of the old national standards has them.
_MORE_HAN = "喆堃珺祎玥淏翀焜赟嫚頔晞燊犇甯昉旸垚嘅咁喺唔哋啲嘢冇佢嚟瞓攞揾俾咗咩乜嗰噉冚唥𠮶𨋢𠺢啱瞓鍾"
_OTHERS = {
    "Arabic": (range(0x600, 0x700), range(0x750, 0x780), range(0xFB50, 0xFBC2), range(0xFDF2, 0xFDFD)),
    "Hebrew": (range(0x590, 0x600), range(0xFB1D, 0xFB50)),
    "Devanagari": (range(0x900, 0x980), range(0xA8E0, 0xA900)),
    "Thai": (range(0xE00, 0xE80),),
}
#: Joiners, directions, and the circle that carries a mark without a letter.
_FOR_ALL = (0x200C, 0x200D, 0x200E, 0x200F, 0x25CC)
#: Coats of arms are drawn down to hairs. A flag is left so many bytes of outlines: of its parts the largest.
_FLAG, _LAYERS, _FEW = 10_000, 250, 10


def main(cjk: Path, core: Path, emoji: Path) -> None:
    _make_cjk(_only(cjk, "NotoSansCJK-Bold.ttc"))
    for script, ranges in _OTHERS.items():
        wanted = {*_FOR_ALL, *(code for each in ranges for code in each)}
        source = _only(core, f"NotoSans{script}-Bold.ttf").read_bytes()
        _write(f"NotoSans{script}-Bold.ttf", _subset(hb.Face(source), wanted))
    _make_emoji(_only(emoji, "noto-color-emoji-emoji-400-normal.woff2"))


def _only(folder: Path, name: str) -> Path:
    (path,) = folder.rglob(name)
    return path


def _write(name: str, content: bytes) -> None:
    (FONTS / name).write_bytes(content)
    print(f"{name}: {len(content)} bytes")


def _subset(face: hb.Face, wanted: Iterable[int], features: Iterable[str] | None = None) -> bytes:
    """``features``: all that are usual if not given."""
    ask = hb.SubsetInput()
    ask.flags = hb.SubsetFlags.NO_HINTING
    ask.sets(hb.SubsetInputSets.UNICODE).set(set(wanted))
    if features is not None:
        kept = ask.sets(hb.SubsetInputSets.LAYOUT_FEATURE_TAG)
        kept.clear()
        for feature in features:
            kept.add(int.from_bytes(feature.encode()))
    return bytes(hb.subset(face, ask).blob.data)


# Chinese, Japanese, Korean -------------------------------------------------------------------------------------------


def _make_cjk(collection: Path) -> None:
    """Chinese forms, and by the feature ``locl`` the Japanese ones of the first part of the Japanese standard."""
    japanese, usual = _codes("euc_jp"), _codes("euc_jp", last=0xCF)
    han = {code for code in _codes("gb2312") | japanese | _codes("big5", last=0xC6) if _is_han(code)}
    signs = {code for code in _codes("gb2312") | japanese | _codes("euc_kr") if code >= 0x2010 and not _is_han(code)}
    wanted = han | signs | {*_HANGUL, *map(ord, _MORE_HAN), *(code for each in _EAST_ASIAN for code in each)}
    opened = TTFont(collection, fontNumber=_SIMPLIFIED, lazy=True, recalcTimestamp=False)
    with opened as font, TemporaryDirectory() as folder:
        _leave_japanese(font, {font.getBestCmap().get(code) for code in usual})
        font.save(Path(folder, "whole.otf"))
        whole = hb.Face(Path(folder, "whole.otf").read_bytes())
    _write("NotoSansCJKsc-Bold.otf", _subset(whole, wanted, ["locl"]))


def _codes(encoding: str, last: int = 0xFE) -> set[int]:
    """What an encoding has in two bytes, the first of which is no larger than ``last``."""
    found = set[int]()
    for pair in (bytes((first, second)) for first in range(0xA1, last + 1) for second in range(0x40, 0xFF)):
        text = pair.decode(encoding, "ignore")
        found |= {ord(text)} if len(text) == 1 else set()
    return found


def _is_han(code: int) -> bool:
    return 0x3400 <= code < 0xA000 or 0xF900 <= code < 0xFB00 or code >= 0x20000


def _leave_japanese(font: TTFont, glyphs: set[str | None]) -> None:
    """Of what depends on the language."""
    table = font["GSUB"].table
    for record in table.ScriptList.ScriptRecord:
        kept = [each for each in record.Script.LangSysRecord if each.LangSysTag == "JAN "]
        record.Script.LangSysRecord, record.Script.LangSysCount = kept, len(kept)
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == "locl":
            for number in record.Feature.LookupListIndex:
                for subtable in table.LookupList.Lookup[number].SubTable:
                    one = getattr(subtable, "ExtSubTable", subtable)
                    one.mapping = {own: other for own, other in one.mapping.items() if own in glyphs}


# emoji ---------------------------------------------------------------------------------------------------------------


def _make_emoji(packed: Path) -> None:
    """Without the drawings in SVG, which nothing here reads, and what only lines from top to bottom need."""
    with TTFont(packed, recalcTimestamp=False) as font, TemporaryDirectory() as folder:
        for table in ("SVG ", "vhea", "vmtx"):
            del font[table]
        paints = {each.BaseGlyph: each.Paint for each in font["COLR"].table.BaseGlyphList.BaseGlyphPaintRecord}
        for flag in _flags(font):
            _simplify(font, paints[flag])
        font.flavor = None
        font.save(Path(folder, "whole.ttf"))
        wanted = set(font.getBestCmap())
        whole = hb.Face(Path(folder, "whole.ttf").read_bytes())
    _write("NotoColorEmoji.ttf", _subset(whole, wanted))


def _flags(font: TTFont) -> Iterator[str]:
    letters = {name: code for code, name in font.getBestCmap().items() if 0x1F1E6 <= code <= 0x1F1FF or code == 0x1F3F4}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for subtable in lookup.SubTable:
            one = getattr(subtable, "ExtSubTable", subtable)
            for first, ligatures in (getattr(one, "ligatures", None) or {}).items():
                if first in letters:
                    yield from (each.LigGlyph for each in ligatures)


def _simplify(font: TTFont, paint: otTables.Paint) -> None:
    """Most flags are drawn twice: as they are, and as what shines and shadows are seen in."""
    for below in ("SourcePaint", "BackdropPaint"):
        if hasattr(paint, below):
            _simplify(font, getattr(paint, below))
    if paint.Format != otTables.PaintFormat.PaintColrLayers:
        return
    table, outlines = font["COLR"].table, font["glyf"]
    paints = list(_layers(table, paint))
    if len(paints) < _FEW:
        return
    left, kept = _FLAG, set[int]()
    for number in sorted(range(len(paints)), key=lambda number: -_area(outlines, paints[number])):
        takes = sum(len(outlines[name].compile(outlines)) for name in _outlines_of(paints[number]))
        if takes <= left and len(kept) < _LAYERS:
            left -= takes
            kept.add(number)
    if len(kept) < len(paints):
        paint.FirstLayerIndex, paint.NumLayers = len(table.LayerList.Paint), len(kept)
        table.LayerList.Paint += [each for number, each in enumerate(paints) if number in kept]
        table.LayerList.LayerCount = len(table.LayerList.Paint)


def _layers(table: otTables.COLR, paint: otTables.Paint) -> Iterator[otTables.Paint]:
    if paint.Format != otTables.PaintFormat.PaintColrLayers:
        yield paint
        return
    for each in table.LayerList.Paint[paint.FirstLayerIndex : paint.FirstLayerIndex + paint.NumLayers]:
        yield from _layers(table, each)


def _outlines_of(paint: otTables.Paint) -> Iterator[str]:
    if paint.Format == otTables.PaintFormat.PaintGlyph:
        yield paint.Glyph
    for below in ("Paint", "SourcePaint", "BackdropPaint"):
        if hasattr(paint, below):
            yield from _outlines_of(getattr(paint, below))


def _area(outlines: dict[str, object], paint: otTables.Paint) -> float:
    boxes = [outlines[name] for name in _outlines_of(paint)]
    return max(((box.xMax - box.xMin) * (box.yMax - box.yMin) for box in boxes if hasattr(box, "xMax")), default=0)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
