"""How a written word is read aloud, where engines read it badly: money, years, ranges, abbreviations. Pure.

Only what is surely meant: a form that could be read in two ways is left to the engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_CURRENCIES = {"$": ("dollar", "dollars"), "€": ("euro", "euros"), "£": ("pound", "pounds"), "¥": ("yen", "yen")}
_SCALES = {
    **dict.fromkeys(("k", "K"), "thousand"),
    **dict.fromkeys(("m", "M", "mn", "mm", "MM"), "million"),
    **dict.fromkeys(("b", "B", "bn", "Bn"), "billion"),
    **dict.fromkeys(("t", "T", "tn", "trn"), "trillion"),
}
_MONEY = re.compile(r"([$€£¥])(\d[\d,]*(?:\.\d+)?)(k|K|mn|mm|MM|m|M|bn|Bn|b|B|trn|tn|t|T)?\+?(?![\w.]*\d)")
_SCALE_WORD = re.compile(r"(hundred|thousand|million|billion|trillion)\b")
_YEAR = re.compile(r"(?<![\w.,$€£¥#:/-])(1[1-9]|20)(\d\d)(?![\w%°€$£¥:/]|[.,-]\d)")

# fmt: off
_ABBREVIATIONS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "dr.": "Dr", "mr.": "Mr", "mrs.": "Mrs", "ms.": "Ms", "st.": "St", "prof.": "professor", "vs.":
        "versus", "vs": "versus", "approx.": "approximately", "dept.": "department", "jan.": "January",
        "feb.": "February", "aug.": "August", "sept.": "September", "oct.": "October", "nov.": "November",
        "dec.": "December",
    },
    "de": {
        "dr.": "Doktor", "prof.": "Professor", "nr.": "Nummer", "z.b.": "zum Beispiel", "bzw.":
        "beziehungsweise", "mio.": "Millionen", "mrd.": "Milliarden", "ca.": "circa", "d.h.": "das heißt",
        "u.a.": "unter anderem",
    },
    "fr": {
        "m.": "monsieur", "mme": "madame", "mlle": "mademoiselle", "dr": "docteur",
    },
    "es": {
        "sr.": "señor", "sra.": "señora", "srta.": "señorita", "dr.": "doctor", "dra.": "doctora",
    },
    "it": {
        "sig.": "signor", "sig.ra": "signora", "dott.": "dottor", "dott.ssa": "dottoressa",
    },
    "pt": {
        "sr.": "senhor", "sra.": "senhora", "dr.": "doutor", "dra.": "doutora",
    },
    "nl": {
        "dhr.": "de heer", "mevr.": "mevrouw", "bijv.": "bijvoorbeeld", "dr.": "doctor",
    },
}
# fmt: on


def reading(word: str, *, language: str, before: str, following: str) -> str:
    """What to say for ``word``, between the words ``before`` and ``following`` (empty at the ends of a line)."""
    primary = language.lower().split("-")[0]
    word = re.sub(r"\bhttps?://(?=\w)", "", word)
    bare = word.lstrip("(\"'“‘")
    known = _ABBREVIATIONS.get(primary, {}).get(bare.lower())
    if known is not None and following:
        return known
    return _english(word, before, following) if primary == "en" else word


def _english(word: str, before: str, following: str) -> str:
    paid = _MONEY.search(before)
    if paid and not paid[3] and _SCALE_WORD.match(word):
        return _SCALE_WORD.sub(lambda scale: f"{scale[0]} {_CURRENCIES[paid[1]][1]}", word, count=1)
    if word.lower() == "no." and following[:1].isdigit():
        return "number"
    scaled = bool(_SCALE_WORD.match(following))
    word = _MONEY.sub(lambda money: money[2] if scaled and not money[3] else _money(money), word)
    for pattern, replacement in _ENGLISH:
        word = pattern.sub(replacement, word)
    return word


def _money(money: re.Match[str]) -> str:
    one, many = _CURRENCIES[money[1]]
    amount, scale = money[2].replace(",", ""), money[3]
    if scale:
        return f"{amount} {_SCALES[scale]} {many}"
    whole, _, part = amount.partition(".")
    name = one if whole == "1" else many
    if len(part) == 2 and money[1] != "¥":
        return f"{whole} {name} {int(part)}" if int(part) else f"{whole} {name}"
    return f"{amount} {name if not part else many}"


def _year(year: re.Match[str]) -> str:
    """1998 is nineteen ninety-eight; 2005, two thousand and five."""
    century, rest = year[1], year[2]
    if rest == "00":
        return year[0] if century == "20" else f"{century} hundred"
    if rest[0] != "0":
        return f"{century} {rest}"
    return year[0] if century == "20" else f"{century} oh {rest[1]}"


def _joined_words(word: re.Match[str]) -> str:
    return word[0].replace("/", " ") if "." not in word[0] else word[0]


_ENGLISH: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(?<=\d)k\b"), " thousand"),
    (re.compile(r"(?<=\d)[–—](?=[$€£]?\d)"), " to "),
    (re.compile(r"(?<![\w-])(?:(\d{1,3})-(?=\d{1,3}(?![\w-]))|(\d{4})-(?=\d{4}(?![\w-])))"), r"\1\2 to "),
    (_YEAR, _year),
    (re.compile(r"#(?=\d)"), "number "),
    (re.compile(r"(?<!\w)#(?=[^\W\d_])"), "hashtag "),
    (re.compile(r"(?<=\b[CFcf])#"), " sharp"),
    (re.compile(r"\b24/7\b"), "24 7"),
    (re.compile(r"^[^\W\d_]+(?:/[^\W\d_]+)+\W*$"), _joined_words),
)
