"""What is written → what an engine is given to read, with the way back. Pure.

Captions show the script as it is written; engines stumble over much of it (emoji, brackets, "$3.5m"). So each token is read in
a spoken form of its own, and what was heard is put back to the token it came from.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One word as written, and where its spoken form starts in the text for the engine.

    Words are what white space separates; in Chinese and Japanese, which write no spaces, each character. ``glued``: no space
    before it. ``spoken``: it has a sound of its own (an emoji or a dash has none).
    """

    text: str
    start: int
    spoken: bool
    glued: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """The text for the engine: one line, without anything that an engine takes for a command."""

    text: str
    tokens: tuple[Token, ...]

    def token_at(self, position: int) -> int:
        """Index of the token that holds the character at ``position`` (from 0)."""
        return max(0, bisect_right(self.tokens, position, key=lambda token: token.start) - 1)

    def asks_at(self, position: int) -> bool:
        """Whether the punctuation around ``position`` holds a question mark."""
        start = stop = min(max(position, 0), len(self.text))
        while start > 0 and not self.text[start - 1].isalnum():
            start -= 1
        while stop < len(self.text) and not self.text[stop].isalnum():
            stop += 1
        return any(mark in _QUESTIONS for mark in self.text[start:stop])


_QUESTIONS = "?？؟՞\u037e፧⸮"
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CHARACTERS = re.compile(rf"[「『（《“‘]*[{_UNSPACED}][^\w「『（《“‘]*|[^{_UNSPACED}「『（《“‘]+|.")
_UNSPACED_CHARACTER = re.compile(f"[{_UNSPACED}]")
#: Symbols that belong to what is said, though Unicode files them with pictures.
_SPEAKABLE_SYMBOLS = "°℃℉№℅ℓ"
#: Signs that engines spell out or obey (``[[`` opens phonemes in espeak and Piper).
_SILENT_SIGNS = str.maketrans(dict.fromkeys('*_~^|\\{}[]"`\ufffd', " "))
_JOINERS = re.compile("[\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\u20e3\U000e0000-\U000e007f]")
#: Joiners that are spelling, not glue.
_SPELLING_JOINERS = re.compile("(?<=[\u0600-\u0dff\u0e00-\u109f])[\u200c\u200d]")
_LINE_STOPS = ".!?…:;,。！？،؟।"

_CURRENCIES = {"$": ("dollar", "dollars"), "€": ("euro", "euros"), "£": ("pound", "pounds"), "¥": ("yen", "yen")}
_SCALES = {
    **dict.fromkeys(("k", "K"), "thousand"),
    **dict.fromkeys(("m", "M", "mn", "mm", "MM", "mio"), "million"),
    **dict.fromkeys(("b", "B", "bn", "Bn"), "billion"),
    **dict.fromkeys(("t", "T", "tn", "trn"), "trillion"),
}
_MONEY = re.compile(r"([$€£¥])(\d[\d,]*(?:\.\d+)?)(k|K|mn|mm|MM|mio|m|M|bn|Bn|b|B|trn|tn|t|T)?\+?(?![\w.]*\d)")
_SCALE_WORD = re.compile(r"(hundred|thousand|million|billion|trillion)\b")


def spoken_form(script: str, *, language: str) -> Spoken:
    """Every token of ``script`` in order. ``language`` is a BCP-47 tag: English numbers and money are written out."""
    english = language.lower().startswith("en")
    lines = [line.split() for line in script.split("\n")]
    text, tokens = "", list[Token]()
    for words in lines:
        for index, word in enumerate(words):
            following = words[index + 1] if index + 1 < len(words) else ""
            before = words[index - 1] if index else ""
            for place, part in enumerate(_parts(word)):
                read = _readable(part, english=english, before=before, following=following)
                spoken = any(character.isalnum() for character in read)
                tokens.append(Token(text=part, start=len(text), spoken=spoken, glued=place > 0))
                text += read
            text += " "
        text = _stopped(text)
    return Spoken(text=text.rstrip(), tokens=tuple(tokens))


def _parts(word: str) -> list[str]:
    return _CHARACTERS.findall(word) if _UNSPACED_CHARACTER.search(word) else [word]


def _stopped(text: str) -> str:
    """A line that stands for itself is read with a stop after it."""
    line = text.rstrip()
    return f"{line}. " if line and line[-1].isalnum() else text


def _readable(word: str, *, english: bool, before: str, following: str) -> str:
    pieces = _SPELLING_JOINERS.split(word)
    kept = _SPELLING_JOINERS.findall(word)
    read = "".join(a + b for a, b in zip((_plain(piece) for piece in pieces), [*kept, ""], strict=True))
    return _english(read, before=before, following=following) if english else read


def _plain(word: str) -> str:
    """Without pictures and signs, so that none is read aloud by its name."""
    word = _JOINERS.sub("", word).translate(_SILENT_SIGNS)
    kept = [" " if _is_picture(character) else character for character in word]
    return re.sub(" +", " ", "".join(kept)).strip()


def _is_picture(character: str) -> bool:
    category = unicodedata.category(character)
    if category in ("Cc", "Cs", "Co", "Cn"):
        return True
    return category in ("So", "Sk") and character not in _SPEAKABLE_SYMBOLS


def _english(word: str, *, before: str, following: str) -> str:
    if _MONEY.search(before) and _SCALE_WORD.match(word):
        return _SCALE_WORD.sub(lambda scale: f"{scale[0]} {_CURRENCIES[_MONEY.search(before)[1]][1]}", word, count=1)  # type: ignore[index]
    scaled = bool(_SCALE_WORD.match(following))
    word = _MONEY.sub(lambda money: money[2] if scaled and not money[3] else _money(money), word)
    word = re.sub(r"(?<=\d)k\b", " thousand", word)
    word = re.sub(r"(?<=\d)[–—](?=[$€£]?\d)", " to ", word)
    word = re.sub(r"#(?=\d)", "number ", word)
    word = re.sub(r"(?<=[^\W\d_])/(?=[^\W\d_])", " ", word) if "://" not in word and "." not in word else word
    return re.sub(r"\b24/7\b", "24 7", word)


def _money(money: re.Match[str]) -> str:
    one, many = _CURRENCIES[money[1]]
    amount, scale = money[2].replace(",", ""), money[3]
    if scale:
        return f"{amount} {_SCALES[scale]} {many}"
    whole, _, part = amount.partition(".")
    if len(part) == 2 and money[1] != "¥":
        coins = f" {int(part)}" if int(part) else ""
        return f"{whole} {one if whole == '1' else many}{coins}"
    return f"{amount} {one if amount == '1' else many}"
