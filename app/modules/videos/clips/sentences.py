"""Words with their times → sentences; sound without words → passages between silences. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from app.media.captions import CaptionWord, running_text
from app.media.liveliness import RATE, Liveliness
from app.modules.videos.scenery import SaidWord, Value

_ENDS = tuple(".!?…。！？؟۔।॥")
_CLOSERS = "\"'’”»›)]}）」』】》〉"
_ABBREVIATION_LIST = "mr. mrs. ms. dr. prof. st. vs. etc. e.g. i.e. no. inc. ltd. co. jr. sr. z.b. d.h. u.a."
_ABBREVIATIONS = frozenset(_ABBREVIATION_LIST.split())
#: A silence that ends a sentence of whom nobody wrote down full stops; and how long one may go on without either.
_SILENCE_MS, _LONGEST_MS = 900, 15_000
#: Of passages without words, in decibels below the usual level, and in moments.
_QUIET_DB, _QUIET_MOMENTS = 18.0, round(0.4 * RATE)

_STOP_WORD_LIST = """
    a an the and or but nor so yet if then than that this these those there here it its he she they we you i me my
    your our their his her him them us is are was were be been being am do does did done has have had having will would
    can could shall should may might must not no yes of to in on at by for from with without into onto over under about
    as just really very much many more most some any all each every other another such only own same too also well
    like know think going get got make made say said see want way thing things something anything nothing people lot
    kind sort one two what which who whom whose when where why how because while until before after again even still
    der die das und oder aber ein eine einer eines dem den des ist sind war waren sein nicht mit von zu auf für als auch
    ich du er sie wir ihr es dass wie was wenn nur noch schon sich bei nach aus um über
"""
#: Words that say nothing of what is spoken about.
STOP_WORDS = frozenset(_STOP_WORD_LIST.split())


class Sentence(Value):
    """``whole``: it ends with a full stop or a silence. ``rate``: words a second."""

    start_ms: int
    end_ms: int
    text: str
    whole: bool = True
    rate: float = 0.0


def sentences_of(words: Sequence[SaidWord], longest_ms: int = _LONGEST_MS) -> list[Sentence]:
    made, own = list[Sentence](), list[SaidWord]()
    for word, following in zip(words, [*words[1:], None], strict=True):
        own.append(word)
        text = word.text.rstrip(_CLOSERS)
        stopped = text.endswith(_ENDS) and word.text.lower() not in _ABBREVIATIONS
        silence = following is None or following.start_ms - word.end_ms >= _SILENCE_MS
        if stopped or silence or (following and following.end_ms - own[0].start_ms > longest_ms):
            made.append(_sentence(own, whole=stopped or silence))
            own = []
    return made


def _sentence(words: Sequence[SaidWord], *, whole: bool) -> Sentence:
    start, end = words[0].start_ms, max(word.end_ms for word in words)
    text = running_text(CaptionWord(start_ms=w.start_ms, end_ms=w.end_ms, text=w.text) for w in words)
    rate = len(words) * 1000 / (end - start) if end - start >= 1000 else 0.0
    return Sentence(start_ms=start, end_ms=end, text=text, whole=whole, rate=rate)


def passages_of(sound: Liveliness, duration_ms: int, longest_ms: int = _LONGEST_MS) -> list[Sentence]:
    """Of a video of which nobody knows what is said: from silence to silence; of a silent one, equal parts."""
    level = sound.level
    if sound.silent:
        count = max(1, -(-duration_ms // min(5000, longest_ms)))
        edges = [duration_ms * place // count for place in range(count + 1)]
        return [Sentence(start_ms=a, end_ms=b, text="") for a, b in pairwise(edges)]
    usual = float(np.median(level[level > -50])) if (level > -50).any() else float(np.median(level))
    loud = level > usual - _QUIET_DB
    made, start, quiet = list[Sentence](), None, 0
    for moment, heard in enumerate([*loud.tolist(), *[False] * _QUIET_MOMENTS]):
        if heard:
            start, quiet = moment if start is None else start, 0
            too_long = (moment + 2 - start) * 1000 // RATE > longest_ms
        else:
            quiet, too_long = quiet + 1, False
        if start is not None and (quiet >= _QUIET_MOMENTS or too_long):
            stop = moment + 1 - quiet
            made.append(Sentence(start_ms=start * 1000 // RATE, end_ms=min(duration_ms, stop * 1000 // RATE), text=""))
            start, quiet = None, 0
    return [passage for passage in made if passage.end_ms > passage.start_ms]


def stem(word: str) -> str:
    """Without the commonest endings of English: enough to see that two words are one topic."""
    for ending in ("ing", "edly", "ed", "ies", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
