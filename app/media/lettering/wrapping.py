"""Text → lines. Pure: how wide a piece of text is, the caller says.

Lines break at spaces, and in what is written without them where a reader pauses. What is wider than a line is broken
anywhere between Chinese and Japanese characters but where their punctuation forbids it; a word, where it has to be.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence

from app.media.lettering.phrases import is_unspaced, pauses

Measure = Callable[[str], float]
#: Accents that are stacked higher are a joke, or an attack.
_MOST_MARKS = 3
_NOT_FIRST = set(
    "、。，．・：；？！”’）］｝〉》」』】〕〗〙〟｠｡､･｣»›ー々〻ゝゞヽヾ゛゜〜～…‥ぁぃぅぇぉっゃゅょゎゕゖ"
    "ァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ,.:;?!)]}%"
)
_NOT_LAST = set("“‘（［｛〈《「『【〔〖〘〝｟｢«‹([{$￥£€")
#: Joiners, which change how letters are shaped. All other invisible characters are left out, but those behind a black
#: flag that make it England's, Scotland's or Wales's.
_JOINERS, _BLACK_FLAG, _TAGS = "\u200c\u200d", "\U0001f3f4", range(0xE0020, 0xE0080)
#: Of people, after the emoji that they colour; and letters, two of which are the flag of a country.
_TONES, _FLAG_LETTERS = range(0x1F3FB, 0x1F400), range(0x1F1E6, 0x1F200)
#: The class of the sign that fuses letters of India with the next one.
_VIRAMA = 9
#: Where emoji are added every year, which Python knows years later.
_EMOJI = range(0x1F300, 0x1FB00)
_ROUNDS = 12


def plain(text: str) -> str:
    """What can be set of a text: composed, one space between words, line breaks kept, nothing invisible."""
    lines = unicodedata.normalize("NFC", text).splitlines()
    kept = (" ".join("".join(_visible(line)).split()) for line in lines)
    return "\n".join(line for line in kept if line)


def _visible(line: str) -> Iterator[str]:
    marks, flagged = 0, False
    for character in line:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        flagged = character == _BLACK_FLAG or (flagged and ord(character) in _TAGS)
        known = category[0] != "C" or ord(character) in _EMOJI
        if character == "\t":
            yield " "
        elif character in _JOINERS or flagged or (known and marks <= _MOST_MARKS and not _variant(character)):
            yield character


def _variant(character: str) -> bool:
    """But for those that ask for an emoji, or for no emoji."""
    return "\ufe00" <= character <= "\ufe0d"


def wrapped(text: str, width: float, measure: Measure) -> tuple[str, ...]:
    """Lines of a ``plain`` text, each as full as it can be."""
    return tuple(line for paragraph in text.split("\n") for line in _filled(_pieces(paragraph), width, measure))


def balanced(text: str, width: float, measure: Measure) -> tuple[str, ...]:
    """As many lines, of like length."""
    lines = wrapped(text, width, measure)
    # No narrower than the widest word: balance breaks none.
    narrow = min(width, max((measure(piece.rstrip()) for piece in _pieces(text.replace("\n", " "))), default=0.0))
    wide = width
    for _ in range(_ROUNDS):
        middle = (narrow + wide) / 2
        tried = wrapped(text, middle, measure)
        lines, narrow, wide = (tried, narrow, middle) if len(tried) == len(lines) else (lines, middle, wide)
    return lines


def is_right_to_left(text: str) -> bool:
    """By its first letter that has a direction."""
    directions = (unicodedata.bidirectional(character) for character in text)
    return next((each != "L" for each in directions if each in ("L", "R", "AL")), False)


def _filled(pieces: Sequence[str], width: float, measure: Measure, *, keep: bool = False) -> Iterator[str]:
    """``keep``: the space at the end of the last line, to which more may be added."""
    line = ""
    for piece in pieces:
        if line and measure((line + piece).rstrip()) > width:
            yield line.rstrip()
            line = ""
        *full, line = _broken(piece, width, measure) if not line else (line + piece,)
        yield from full
    if line:
        yield line if keep else line.rstrip()


def _broken(piece: str, width: float, measure: Measure) -> tuple[str, ...]:
    """A piece that begins a line: whole if it fits."""
    if measure(piece.rstrip()) <= width:
        return (piece,)
    smaller = _pieces(piece, pausing=False)
    if len(smaller) > 1:
        return tuple(_filled(smaller, width, measure, keep=True))
    parts = [""]
    for cluster in clusters(piece):
        if parts[-1] and measure((parts[-1] + cluster).rstrip()) > width:
            parts.append("")
        parts[-1] += cluster
    return tuple(parts)


def breakable(text: str) -> list[str]:
    """Pieces of a text between which a line could break if it had to."""
    return _pieces(text, pausing=False)


def _pieces(paragraph: str, *, pausing: bool = True) -> list[str]:
    """Between which a line may break; spaces are at the ends of pieces. ``pausing``: between phrases alone."""
    pieces, place, paused = [""], 0, pauses(paragraph)
    for cluster in clusters(paragraph):
        before, after = pieces[-1][-1:], cluster[0]
        if before and _may_break(before, after) and (not pausing or place in paused or _is_plain(before, after)):
            pieces.append("")
        elif before and place in paused and is_unspaced(before) and is_unspaced(after) and after not in _NOT_FIRST:
            pieces.append("")  # Thai, between whose letters nothing else tells
        pieces[-1] += cluster
        place += len(cluster)
    return [piece for piece in pieces if piece]


def _is_plain(before: str, after: str) -> bool:
    """Spaces and hyphens, Korean, emoji: a line may break there whatever the phrase."""
    return before in " -–—/" or not (_is_asian(before) or _is_asian(after))


def _is_asian(character: str) -> bool:
    return is_unspaced(character) or character in _NOT_FIRST or character in _NOT_LAST


def _may_break(before: str, after: str) -> bool:
    if after == " ":
        return False
    if before == " " or before in "-–—/":
        return before == " " or after.isalpha()
    if _is_hangul(before) and _is_hangul(after):
        return False  # Korean has spaces
    if _is_symbol(after) and not _is_symbol(before):
        return False  # an emoji belongs to what it follows
    return (_wide(before) or _wide(after)) and after not in _NOT_FIRST and before not in _NOT_LAST


def _is_hangul(character: str) -> bool:
    return "\uac00" <= character <= "\ud7a3"


def _is_symbol(character: str) -> bool:
    return unicodedata.category(character) == "So"


def _wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


def clusters(text: str) -> Iterator[str]:
    """Letters with the marks and joiners that belong to them; emoji with their tones, flags of two letters."""
    cluster = ""
    for character in text:
        if cluster and not _belongs(character, cluster):
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


def _belongs(character: str, cluster: str) -> bool:
    code = ord(character)
    if character in _JOINERS or code in _TONES or code in _TAGS or unicodedata.category(character)[0] == "M":
        return True
    if code in _FLAG_LETTERS:
        return ord(cluster[0]) in _FLAG_LETTERS and sum(ord(each) in _FLAG_LETTERS for each in cluster) == 1
    return cluster[-1] == "\u200d" or unicodedata.combining(cluster[-1]) == _VIRAMA
