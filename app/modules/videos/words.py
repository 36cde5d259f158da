"""What a search compares: words, told apart neither by case nor by accents, in the writing of every language. Pure.

Scripts that are written without spaces (Chinese, Japanese, Thai, and others) have no words that a program could see:
there each character counts, and each pair of neighbours. So do symbols, such as emoji.

Both databases look up whole *terms* only, which is what keeps a page of results as cheap for a common word as for a
rare one. So all beginnings of a word are terms of it, up to ``LONGEST`` letters, and what is searched for is the
beginning of a word. Every term starts with a key of its workspace: a search never walks past what others have.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby, pairwise

#: Words are told apart by so many letters.
LONGEST = 24
#: Postgres holds a megabyte of terms for a row. A speech of nine hours has less than half of that.
MOST_BYTES = 800_000
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x9FFF),  # Chinese, Japanese
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
#: Letters that are no letter with an accent to Unicode, and are to whoever has not got them on the keyboard.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
#: Before a mark: no word holds one.
_MARK = "§"


def tag_key(tag: str) -> str:
    """What makes two tags the same one: their letters, whatever their case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", tag).casefold())


def title_key(title: str, longest: int) -> str:
    """What titles are sorted by: without case and accents."""
    return _folded(title)[:longest]


def words_of(text: str) -> Iterator[str]:
    """The words of a text, and its characters without spaces between them, as they are compared."""
    for kind, run in groupby(_folded(text), _kind):
        if kind == "word":
            yield "".join(run)[:LONGEST]
        elif kind == "alone":
            characters = list(run)
            yield from characters
            yield from map("".join, pairwise(characters))


def terms_of(workspace_id: str, words: Iterable[str], marks: Iterable[str]) -> str:
    """Under what a video is found: terms with a space between them. ``words`` as ``words_of`` told them.

    ``marks`` are found whole only: what a video is, not what is said in it.
    """
    key = _workspace_key(workspace_id)
    marked = (f"{key}{_marked(mark)}" for mark in marks)
    spelled = (f"{key}{word[:letters]}" for word in words for letters in range(1, len(word) + 1))
    return " ".join(_bounded(dict.fromkeys((*marked, *spelled))))


def wanted_terms(workspace_id: str, search: str, marks: Iterable[str]) -> tuple[str, ...]:
    """What all have to be among the terms of a video for it to be found."""
    key = _workspace_key(workspace_id)
    return tuple(dict.fromkeys(f"{key}{part}" for part in (*_asked(search), *map(_marked, marks))))


def tag_mark(tag: str) -> str:
    return f"tag:{tag_key(tag)}"


def _asked(search: str) -> Iterator[str]:
    for kind, run in groupby(_folded(search), _kind):
        if kind == "word":
            yield "".join(run)[:LONGEST]
        elif kind == "alone":
            characters = list(run)
            yield from map("".join, pairwise(characters)) if len(characters) > 1 else characters


def _folded(text: str) -> str:
    # Twice: there are capitals that only appear when a sign is taken apart, and letters that casefold puts together.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    if apart.isascii():
        return apart
    return "".join(character for character in apart if not unicodedata.combining(character)).translate(_PLAIN)


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    category = unicodedata.category(character)
    if category == "So":
        return "alone"
    if not (character.isalnum() or category[0] == "M"):
        return ""
    return "alone" if any(first <= ord(character) <= last for first, last in _UNSPACED) else "word"


def _workspace_key(workspace_id: str) -> str:
    """Short, because every term carries it. Of two workspaces that have the same one, rows tell whose they are."""
    return hashlib.blake2s(workspace_id.encode(), digest_size=3).hexdigest()


def _marked(mark: str) -> str:
    return f"{_MARK}{hashlib.blake2s(mark.encode(), digest_size=8).hexdigest()}"


def _bounded(terms: Iterable[str]) -> Iterator[str]:
    room = MOST_BYTES
    for term in terms:
        room -= len(term.encode()) + 1
        if room < 0:
            return
        yield term
