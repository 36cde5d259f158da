# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
"""Which font draws which character: one's own, then those that ship with us, then those of the system.

Ours (Inter, under the SIL Open Font License, beside them) cover Latin, Greek and Cyrillic, and look the same on every
machine. Other scripts come from the fonts that are installed. Letters that no font has are an error that names them;
symbols are left out, and told.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import ImageFont

from app.core.errors import TenexError
from app.media.refusals import Corrupt

_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:/Windows/Fonts",
)
_SUFFIXES = (".ttf", ".otf", ".ttc")
#: Fonts of the system that are looked into, and that one text is set in.
_MOST_SEARCHED, _MOST_USED = 400, 4
#: What tells of a font that it is not for plain text; "sans" is looked for apart.
_UNLIKELY = ("italic", "oblique", "mono", "condensed", "narrow", "light", "thin", "black", "symbol", "math")
_OUTLINES = ("glyf", "CFF ", "CFF2")


class NoFont(TenexError):
    """Text would be shown with letters missing."""

    status = 422
    code = "no_font"


class Weight(StrEnum):
    """``title`` is cut for large sizes."""

    REGULAR = "regular"
    SEMIBOLD = "semibold"
    TITLE = "title"


_SHIPPED = {
    Weight.REGULAR: "Inter-Regular.ttf",
    Weight.SEMIBOLD: "Inter-SemiBold.ttf",
    Weight.TITLE: "InterDisplay-Bold.ttf",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What text is to look like. ``own``: a font that is tried first, in whatever weight it has."""

    weight: Weight = Weight.REGULAR
    own: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Font:
    """A font file that can draw some characters."""

    path: Path
    characters: frozenset[int]

    def at(self, size: float) -> ImageFont.FreeTypeFont:
        """Loaded for this size, in pixels. Raises ``Corrupt``."""
        try:
            return ImageFont.truetype(self.path, size)
        except OSError as error:
            raise _unreadable(self.path, error) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Characters that follow each other and are drawn with one font."""

    text: str
    font: Font


@dataclass(frozen=True, slots=True, kw_only=True)
class Fonts:
    """Enough of them for one text, the first choice first. ``missing`` are its characters that none of them has."""

    chain: tuple[Font, ...]
    missing: frozenset[str]

    def runs(self, text: str) -> Iterator[Run]:
        """In the order of reading. What is ``missing`` is left out."""
        begun, font = "", self.chain[0]
        for character in text:
            following = self._font_of(character, font)
            if following is None:
                continue
            if following is not font and begun:
                yield Run(text=begun, font=font)
                begun = ""
            begun, font = begun + character, following
        if begun:
            yield Run(text=begun, font=font)

    def _font_of(self, character: str, current: Font) -> Font | None:
        """What has no direction of its own stays with what it follows, so that this is shaped and turned as one."""
        if _follows(character) or (_is_neutral(character) and ord(character) in current.characters):
            return current
        return next((font for font in self.chain if ord(character) in font.characters), None)


def fonts_for(text: str, face: Face) -> Fonts:
    """Raises ``Corrupt`` for a font of one's own that cannot be read, ``NoFont`` for letters that no font has."""
    chain = [*([read_font(face.own)] if face.own is not None else []), read_font(_shipped(face.weight))]
    wanted = {character for character in text if not _follows(character)}
    missing = {character for character in wanted if not any(ord(character) in font.characters for font in chain)}
    for _ in range(_MOST_USED):
        more = _of_system(frozenset(missing), bold=face.weight is not Weight.REGULAR) if missing else None
        if more is None:
            break
        chain.append(more)
        missing -= set(map(chr, more.characters))
    if letters := sorted(character for character in missing if unicodedata.category(character)[0] == "L"):
        raise _no_font(letters)
    return Fonts(chain=tuple(chain), missing=frozenset(missing))


@cache
def read_font(path: Path) -> Font:
    """Raises ``Corrupt``."""
    try:
        with TTFont(path, lazy=True, fontNumber=0) as font:
            drawn = any(table in font for table in _OUTLINES)
            return Font(path=path, characters=frozenset(font.getBestCmap() or {}) if drawn else frozenset())
    except MemoryError:
        raise
    except Exception as error:  # the readers of fontTools raise whatever a damaged table makes them meet
        raise _unreadable(path, error) from error


def _no_font(letters: list[str]) -> NoFont:
    script = unicodedata.name(letters[0], "letter").split("-")[0].split()[0].capitalize()
    return NoFont(
        f"No font has the letters {''.join(letters[:12])} ({script}). Upload one that does and name it as the brand's "
        "font, or install it where videos are made (for most scripts, Debian's fonts-noto-core and fonts-noto-cjk)."
    )


def _unreadable(path: Path, error: Exception) -> Corrupt:
    return Corrupt(
        f"The font {path.name} cannot be read: it is damaged ({type(error).__name__}: {error}). Choose another font."
    )


@cache
def _shipped(weight: Weight) -> Path:
    with as_file(files("app.media.lettering") / "fonts" / _SHIPPED[weight]) as path:
        return path


def _follows(character: str) -> bool:
    """Marks, and joiners between letters."""
    return unicodedata.combining(character) != 0 or unicodedata.category(character) in ("Mn", "Me", "Cf")


def _is_neutral(character: str) -> bool:
    """Spaces, punctuation, digits."""
    return unicodedata.bidirectional(character) not in ("L", "R", "AL")


def _of_system(missing: frozenset[str], *, bold: bool) -> Font | None:
    """The installed font that has most of these characters; of equals, the likeliest for plain text."""
    wanted, best, most = frozenset(map(ord, missing)), None, 0
    for path in sorted(_installed(), key=lambda path: _likeliness(path, bold=bold))[:_MOST_SEARCHED]:
        try:
            font = read_font(path)
        except Corrupt:
            continue  # somebody else's file: the next may do
        has = len(wanted & font.characters)
        if has > most:
            best, most = font, has
        if most == len(wanted):
            break
    return best


@cache
def _installed() -> tuple[Path, ...]:
    found = [
        Path(folder, name)
        for root in _FOLDERS
        for folder, _, names in os.walk(Path(root).expanduser())
        for name in names
        if name.lower().endswith(_SUFFIXES)
    ]
    return tuple(sorted(found))


def _likeliness(path: Path, *, bold: bool) -> tuple[bool, bool, bool, str]:
    """The likeliest sorts first."""
    name = path.stem.lower()
    return any(word in name for word in _UNLIKELY), "sans" not in name, ("bold" in name) is not bold, str(path)
