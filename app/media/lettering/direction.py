"""Which way each character is read: levels by the Unicode Bidirectional Algorithm (UAX #9), even ones to the right.

Without what ``plain`` takes out: embeddings, overrides and isolates.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import TypeVar

_BRACKETS = {")": "(", "]": "[", "}": "{", "）": "（", "］": "［", "」": "「", "』": "『", "»": "«", "›": "‹"}
_OPENING = frozenset(_BRACKETS.values())
_NEUTRAL = ("B", "S", "WS", "ON")
Item = TypeVar("Item")


def levels(text: str, *, backwards: bool) -> list[int]:
    """Of a line, each character's. ``backwards``: the text it belongs to is read from the right."""
    base = int(backwards)
    own = "R" if backwards else "L"
    kinds = _weak([unicodedata.bidirectional(each) or "L" for each in text], own)
    kinds = _neutral(_paired(text, kinds, own), own)
    raised = [_level(kind, base) for kind in kinds]
    for place in reversed(range(len(text))):
        if not text[place].isspace():
            break
        raised[place] = base
    return raised


def in_order(items: Sequence[Item], raised: Sequence[int]) -> list[Item]:
    """As they are seen from left to right (rule L2). Within an item of odd level the caller reverses."""
    seen = list(range(len(items)))
    for level in range(max(raised, default=0), 0, -1):
        begun: int | None = None
        for place in range(len(seen) + 1):
            high = place < len(seen) and raised[seen[place]] >= level
            if high and begun is None:
                begun = place
            elif not high and begun is not None:
                seen[begun:place] = reversed(seen[begun:place])
                begun = None
    return [items[number] for number in seen]


def _level(kind: str, base: int) -> int:
    if kind == "R":
        return base | 1
    if kind in ("AN", "EN"):
        return base + 2 - base % 2
    return base + base % 2


def _weak(kinds: list[str], own: str) -> list[str]:
    """Rules W1 to W7: what numbers, and signs at numbers, are part of."""
    before, strong = own, own
    for place, kind in enumerate(kinds):
        kind = before if kind in ("NSM", "BN") else kind
        strong = kind if kind in ("L", "R", "AL") else strong
        before = kinds[place] = "AN" if kind == "EN" and strong == "AL" else kind
    kinds = ["R" if kind == "AL" else kind for kind in kinds]
    for place in range(1, len(kinds) - 1):
        left, kind, right = kinds[place - 1 : place + 2]
        if left == right and ((left == "EN" and kind in ("ES", "CS")) or (left == "AN" and kind == "CS")):
            kinds[place] = left
    for begin, end in _runs(kinds, ("ET",)):
        beside = (kinds[begin - 1 : begin] or [""])[0], (kinds[end : end + 1] or [""])[0]
        kinds[begin:end] = ["EN" if "EN" in beside else "ON"] * (end - begin)
    kinds = ["ON" if kind in ("ES", "ET", "CS") else kind for kind in kinds]
    strong = own
    for place, kind in enumerate(kinds):
        strong = kind if kind in ("L", "R") else strong
        kinds[place] = "L" if kind == "EN" and strong == "L" else kind
    return kinds


def _paired(text: str, kinds: list[str], own: str) -> list[str]:
    """Rule N0: brackets are read as what they hold, so that both of a pair are turned alike."""
    opened, pairs = list[int](), list[tuple[int, int]]()
    for place, character in enumerate(text):
        if character in _OPENING and kinds[place] == "ON":
            opened.append(place)
        elif character in _BRACKETS and kinds[place] == "ON":
            partner = next((each for each in reversed(opened) if text[each] == _BRACKETS[character]), None)
            if partner is not None:
                del opened[opened.index(partner) :]
                pairs.append((partner, place))
    for begin, end in sorted(pairs):
        inside = {_strong(kind) for kind in kinds[begin + 1 : end]} - {""}
        if own in inside:
            kinds[begin] = kinds[end] = own
        elif inside:
            outside = next((_strong(kind) for kind in reversed(kinds[:begin]) if _strong(kind)), own)
            kinds[begin] = kinds[end] = outside if outside in inside else own
    return kinds


def _neutral(kinds: list[str], own: str) -> list[str]:
    """Rules N1 and N2: what lies between two of one direction is of it, all else of the text's."""
    for begin, end in _runs(kinds, _NEUTRAL):
        left = _strong(kinds[begin - 1]) if begin else own
        right = _strong(kinds[end]) if end < len(kinds) else own
        kinds[begin:end] = [left if left == right else own] * (end - begin)
    return kinds


def _strong(kind: str) -> str:
    return "R" if kind in ("R", "AN", "EN") else "L" if kind == "L" else ""


def _runs(kinds: Sequence[str], wanted: Sequence[str]) -> Iterator[tuple[int, int]]:
    begun: int | None = None
    for place in range(len(kinds) + 1):
        inside = place < len(kinds) and kinds[place] in wanted
        if inside and begun is None:
            begun = place
        elif not inside and begun is not None:
            yield begun, place
            begun = None
