"""What is written → what an engine is given to read, with the way back. Pure.

Captions show the script as it is written; engines stumble over much of it (emoji, brackets, "$3.5m"). So each token
is read in a spoken form of its own, and what was heard is put back to the token it came from.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

from app.speech.readings import reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One word as written, and where its spoken form starts in the text for the engine.

    Words are what white space separates; in Chinese and Japanese, which write no spaces, each character. ``glued``:
    no space before it. ``spoken``: it has a sound of its own (an emoji or a dash has none).
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


def spoken_form(script: str, *, language: str) -> Spoken:
    """Every token of ``script`` in order. ``language`` is a BCP-47 tag: it decides how money, years and abbreviations
    are read.
    """
    lines = [words for words in (line.split() for line in script.split("\n")) if words]
    text, tokens = "", list[Token]()
    for words in lines:
        text = _stopped(text)
        for index, word in enumerate(words):
            following = words[index + 1] if index + 1 < len(words) else ""
            before = words[index - 1] if index else ""
            for place, part in enumerate(_parts(word)):
                read = reading(_without_pictures(part), language=language, before=before, following=following)
                spoken = any(character.isalnum() for character in read)
                tokens.append(Token(text=part, start=len(text), spoken=spoken, glued=place > 0))
                text += read
            text += " "
    return Spoken(text=text.rstrip(), tokens=tuple(tokens))


def _parts(word: str) -> list[str]:
    return _CHARACTERS.findall(word) if _UNSPACED_CHARACTER.search(word) else [word]


def _stopped(text: str) -> str:
    """A line that stands for itself is read with a stop after it."""
    line = text.rstrip()
    return f"{line}. " if line and line[-1].isalnum() else text


def _without_pictures(word: str) -> str:
    """Plain, but for the joiners that are spelling."""
    pieces, kept = _SPELLING_JOINERS.split(word), _SPELLING_JOINERS.findall(word)
    return "".join(
        piece + joiner for piece, joiner in zip((_plain(piece) for piece in pieces), [*kept, ""], strict=True)
    )


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
