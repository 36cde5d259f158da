"""A phrase of a script: found as people type it, whatever its case, punctuation and spaces. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
#: Words; where none are written apart, characters.
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


def tokens_of(text: str) -> list[str]:
    """What of a text counts, in order."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def places_of(phrase: str, text: str) -> list[int]:
    """The number of the phrase's first word wherever it occurs in the text."""
    return places_among(tokens_of(phrase), tokens_of(text))


def time_of(phrase: str, words: Iterable[tuple[int, str]]) -> int | None:
    """When the phrase begins among words and their times; a word may be several tokens. None when it does not occur."""
    timed = [(time, token) for time, word in words for token in tokens_of(word)]
    places = places_among(tokens_of(phrase), [token for _, token in timed])
    return timed[places[0]][0] if places else None


def places_among(wanted: Sequence[str], tokens: Sequence[str]) -> list[int]:
    """Where the wanted tokens begin. Knuth, Morris and Pratt: in the time that both take to be read."""
    if not wanted:
        return []
    borders, matched = [0], 0
    for token in wanted[1:]:
        while matched and token != wanted[matched]:
            matched = borders[matched - 1]
        matched += token == wanted[matched]
        borders.append(matched)
    found, matched = list[int](), 0
    for place, token in enumerate(tokens):
        while matched and token != wanted[matched]:
            matched = borders[matched - 1]
        matched += token == wanted[matched]
        if matched == len(wanted):
            found.append(place - matched + 1)
            matched = borders[matched - 1]
    return found
