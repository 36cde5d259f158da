"""From sounds to mouth shapes."""

from __future__ import annotations

from app.avatars.studio.model import Mouth

VISEMES: dict[str, Mouth] = {
    "rest": Mouth(),
    "PP": Mouth(press=1.0, jaw=0.04),
    "FF": Mouth(open=0.15, wide=0.12, jaw=0.10, bite=1.0, upper_teeth=0.75),
    "TH": Mouth(open=0.26, wide=0.08, jaw=0.22, tongue=0.95, upper_teeth=0.45),
    "DD": Mouth(open=0.22, wide=0.15, jaw=0.18, tongue=0.70, upper_teeth=0.50, lower_teeth=0.35),
    "LL": Mouth(open=0.34, wide=0.10, jaw=0.28, tongue=0.90, upper_teeth=0.40),
    "KK": Mouth(open=0.28, wide=0.05, jaw=0.28, tongue=0.15, upper_teeth=0.40),
    "CH": Mouth(open=0.24, wide=-0.35, jaw=0.12, round=0.65, upper_teeth=0.80, lower_teeth=0.70),
    "SS": Mouth(open=0.17, wide=0.45, jaw=0.05, upper_teeth=0.85, lower_teeth=0.80),
    "RR": Mouth(open=0.24, wide=-0.30, jaw=0.20, round=0.55, upper_teeth=0.25),
    "UW": Mouth(open=0.18, wide=-0.75, jaw=0.16, round=1.0),
    "OO": Mouth(open=0.40, wide=-0.50, jaw=0.42, round=0.85),
    "AO": Mouth(open=0.62, wide=-0.25, jaw=0.70, round=0.50, upper_teeth=0.15),
    "AA": Mouth(open=0.86, wide=0.08, jaw=0.95, upper_teeth=0.40),
    "AH": Mouth(open=0.44, wide=0.05, jaw=0.45, upper_teeth=0.35),
    "EH": Mouth(open=0.54, wide=0.42, jaw=0.50, upper_teeth=0.55),
    "IY": Mouth(open=0.28, wide=0.78, jaw=0.18, upper_teeth=0.75, lower_teeth=0.35),
}
VOWELS = frozenset(("UW", "OO", "AO", "AA", "AH", "EH", "IY"))

#: Symbols by class. A sound that no language we know of has still falls into one of them, or is left out.
_CLASSES: dict[str, str] = {
    "PP": "pbmɓʘʙ",
    "FF": "fvʋɱɸβⱱ",
    "TH": "θð",
    "DD": "tdnɾʔɗʈɖɳɲɟɽǀǃ",
    "LL": "lɫɭʎɬɮʟɺǁ",
    "KK": "kɡgŋhxçɣχʁqɢɴħʕɦɰʀɠʛʜʢʡ",
    "CH": "ʃʒʂʐɕʑ",
    "SS": "sz",
    "RR": "ɹrɝɚɜɻɞ",
    "UW": "wuyʉɥʏʍɯʷ",
    "OO": "ʊoøɵɤ",
    "AO": "ɔɒœɶ",
    "AA": "ɑaɐ",
    "AH": "əʌɘ",
    "EH": "ɛæeɜ",
    "IY": "iɪᵻjɨ",
}
_SINGLE = {symbol: name for name, symbols in reversed(_CLASSES.items()) for symbol in symbols}
#: What is more than its symbols; the longest match wins.
_GROUPS: dict[str, tuple[str, ...]] = {
    "tʃ": ("CH",), "dʒ": ("CH",), "tɕ": ("CH",), "dʑ": ("CH",), "ts": ("SS",), "dz": ("SS",), "pf": ("PP", "FF"),
    "ɜː": ("RR",), "eɪ": ("EH", "IY"), "aɪ": ("AA", "IY"), "ɔɪ": ("AO", "IY"), "aʊ": ("AA", "UW"),
    "oʊ": ("OO", "UW"), "əʊ": ("AH", "UW"),
}  # fmt: skip


def split_ipa(ipa: str) -> list[str]:
    """The visemes of one sound, which may be written with several symbols. Marks and unknown signs count for nothing."""
    names: list[str] = []
    at = 0
    while at < len(ipa):
        group = _GROUPS.get(ipa[at : at + 2])
        if group:
            names.extend(group)
            at += 2
            continue
        name = _SINGLE.get(ipa[at])
        if name:
            names.append(name)
        at += 1
    return names
