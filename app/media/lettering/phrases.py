# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
"""Where a reader pauses in what is written without spaces: Chinese, Japanese, Thai. By BudouX, and pure."""

from __future__ import annotations

import re
from functools import cache
from itertools import accumulate
from typing import Protocol

#: Kana and Chinese characters; and Thai, of which nothing else tells where a line may break.
UNSPACED = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u0e00-\u0e7f"
_LETTER = re.compile(f"[{UNSPACED}]")
_RUN = re.compile(rf"[^\s]*[{UNSPACED}][^\s]*")
_KANA, _HANGUL, _HAN, _THAI = (
    re.compile(f"[{each}]")
    for each in ("\u3041-\u30fa\uff66-\uff9d", "\uac00-\ud7a3", "\u4e00-\u9fff", "\u0e01-\u0e3a")
)


class _Parser(Protocol):
    def parse(self, sentence: str) -> list[str]: ...


def language_of(text: str) -> str:
    """By what it is written in, where that decides how it is drawn or broken; "und" for all else."""
    for pattern, language in ((_KANA, "ja"), (_HANGUL, "ko"), (_HAN, "zh"), (_THAI, "th")):
        if pattern.search(text):
            return language
    return "und"


def is_unspaced(character: str) -> bool:
    return _LETTER.match(character) is not None


def pauses(text: str, language: str = "") -> frozenset[int]:
    """Places in a text at which a phrase begins, with no space before. ``language``: if the text alone may not tell."""
    language = language or language_of(text)
    name = ("zh-hant" if _is_traditional(text) else "zh-hans") if language == "zh" else language
    if name not in _LOADERS:
        return frozenset()
    places = set[int]()
    for run in _RUN.finditer(text):
        lengths = map(len, _parser(name).parse(run.group()))
        places |= {run.start() + done for done in accumulate(lengths)} - {run.end()}
    return frozenset(places)


_LOADERS = {
    "ja": "load_default_japanese_parser",
    "th": "load_default_thai_parser",
    "zh-hans": "load_default_simplified_chinese_parser",
    "zh-hant": "load_default_traditional_chinese_parser",
}


@cache
def _parser(name: str) -> _Parser:
    import budoux  # a tenth of a second, for those who need it

    return getattr(budoux, _LOADERS[name])()


def _is_traditional(text: str) -> bool:
    """It has more characters that only the old standard of Taiwan has than such that only China's has."""
    han = _HAN.findall(text)
    simple, old = (sum(not _has(each, standard) for each in han) for standard in ("big5", "gb2312"))
    return old > simple


def _has(character: str, encoding: str) -> bool:
    return bool(character.encode(encoding, "ignore"))
