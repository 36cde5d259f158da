# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
"""Which font draws which character: one's own, then those that ship with us, then those of the system.

Ours (Inter and parts of Noto, under the SIL Open Font License, beside them) cover Latin, Greek, Cyrillic, Chinese,
Japanese, Korean, Arabic, Hebrew, Devanagari, Thai and emoji, and look the same on every machine. Other scripts come
from the fonts that are installed. Letters that no font has are an error that names them; symbols are left
out, and told.
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

from app.core.errors import TenexError
from app.media.lettering.wrapping import clusters
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
#: Emoji, and what Inter has not. All of these are bold: what is read in them most are captions.
_EMOJI = "NotoColorEmoji.ttf"
_OTHERS = (
    "NotoSansCJKsc-Bold.otf",
    "NotoSansArabic-Bold.ttf",
    "NotoSansHebrew-Bold.ttf",
    "NotoSansDevanagari-Bold.ttf",
    "NotoSansThai-Bold.ttf",
    _EMOJI,
)
#: What asks for a sign as an emoji, in colours, and what asks for it as text; the keycap asks for the first.
_AS_EMOJI, _AS_TEXT, _KEYCAP = "\ufe0f", "\ufe0e", "\u20e3"
#: From here on, what is an emoji at all is one without being asked.
_MOSTLY_EMOJI = 0x1F000


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What text is to look like. ``own``: a font that is tried first, in whatever weight it has.

    ``language`` by ISO 639, where characters are drawn in another way in each; "" for what the text itself tells.
    """

    weight: Weight = Weight.REGULAR
    own: Path | None = None
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Font:
    """A font file that can draw some characters."""

    path: Path
    characters: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fonts:
    """Enough of them for one text, the first choice first. ``missing`` are its characters that none of them has."""

    chain: tuple[Font, ...]
    missing: frozenset[str]
    emoji: Font | None = None

    def clusters(self, text: str) -> Iterator[tuple[str, Font | None]]:
        """All of the text in pieces that are not divided; ``None`` for what is ``missing``."""
        font = self.chain[0]
        for cluster in clusters(text):
            following = self._font_of(cluster, font)
            yield cluster, following
            font = following or font

    def _font_of(self, cluster: str, current: Font) -> Font | None:
        """What has no direction of its own stays with what it follows, so that this is shaped and turned as one."""
        first = cluster[0]
        if _follows(first):
            return current
        if self.emoji is not None and _is_emoji(cluster, self.emoji):
            return self.emoji
        if _is_neutral(first) and current is not self.emoji and ord(first) in current.characters:
            return current
        return next((font for font in self.chain if ord(first) in font.characters), None)


def fonts_for(text: str, face: Face) -> Fonts:
    """Raises ``Corrupt`` for a font of one's own that cannot be read, ``NoFont`` for letters that no font has."""
    chain = [*([read_font(face.own)] if face.own is not None else []), read_font(_shipped(_SHIPPED[face.weight]))]
    wanted = {character for character in text if not _follows(character)}
    missing = {character for character in wanted if not any(ord(character) in font.characters for font in chain)}
    for more in _more(missing, bold=face.weight is not Weight.REGULAR):
        chain.append(more)
        missing -= set(map(chr, more.characters))
    if letters := sorted(character for character in missing if unicodedata.category(character)[0] == "L"):
        raise _no_font(letters)
    asked = any(sign in text for sign in (_AS_EMOJI, _KEYCAP)) or any(map(_may_be_emoji, wanted))
    asked = asked or any(font.path == _shipped(_EMOJI) for font in chain)
    emoji = read_font(_shipped(_EMOJI)) if asked else None
    return Fonts(chain=tuple(chain), missing=frozenset(missing), emoji=emoji)


def _more(missing: set[str], *, bold: bool) -> Iterator[Font]:
    """Fonts that have some of what is missing; whoever takes one takes out of ``missing`` what it has."""
    for name in _OTHERS:
        if not missing:
            return
        font = read_font(_shipped(name))
        if any(ord(character) in font.characters for character in missing):
            yield font
    for _ in range(_MOST_USED):
        more = _of_system(frozenset(missing), bold=bold) if missing else None
        if more is None:
            return
        yield more


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
def _shipped(name: str) -> Path:
    with as_file(files("app.media.lettering") / "fonts" / name) as path:
        return path


def _follows(character: str) -> bool:
    """Marks, and joiners between letters."""
    return unicodedata.combining(character) != 0 or unicodedata.category(character) in ("Mn", "Me", "Cf")


def _may_be_emoji(character: str) -> bool:
    """Without being asked: what Unicode calls ``Emoji_Presentation``, and newer or rarer ones, as telephones do."""
    if ord(character) >= _MOSTLY_EMOJI:
        return not character.isalpha()
    return unicodedata.category(character) == "So" and unicodedata.east_asian_width(character) == "W"


def _is_emoji(cluster: str, emoji: Font) -> bool:
    if _AS_TEXT in cluster or ord(cluster[0]) not in emoji.characters:
        return False
    return _may_be_emoji(cluster[0]) or _AS_EMOJI in cluster or _KEYCAP in cluster


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
