"""What stays of a clip when its silences and filler words are taken out. Pure.

Captions, crop and sound stay together because all of them follow the parts that stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from app.modules.videos.phrases import tokens_of
from app.modules.videos.scenery import SaidWord, Value

_FILLER_LIST = "um uh uhm umm uhh erm er ah hm hmm mm mhm äh ähm öhm euh eh em este eto ano"
_FILLERS = frozenset(_FILLER_LIST.split())
#: Around what is said, where there is room for it, and the shortest part that is worth a cut.
_BEFORE_MS, _AFTER_MS, _SHORTEST_MS = 80, 140, 200


class Cleaning(Value):
    """``longest_pause_ms``: longer silences are taken out; None: none are."""

    longest_pause_ms: int | None = 600
    fillers: bool = True


class Part(Value):
    """A run of the source that stays, and its words."""

    start_ms: int
    end_ms: int
    words: tuple[SaidWord, ...]


def is_filler(word: SaidWord) -> bool:
    return all(token in _FILLERS for token in tokens_of(word.text)) and any(map(str.isalnum, word.text))


def parts_of(words: Sequence[SaidWord], start_ms: int, end_ms: int, fps: Fraction, how: Cleaning) -> tuple[Part, ...]:
    """Of a range of the source, in order: each begins and ends with a frame of the whole range. ``words``: its own."""
    if not words:
        return (Part(start_ms=start_ms, end_ms=end_ms, words=()),)
    runs, pause = list[list[SaidWord]](), how.longest_pause_ms
    cut, before = True, start_ms
    for word in words:
        if how.fillers and is_filler(word):
            cut = True
            continue
        if not runs or cut or (pause is not None and word.start_ms - before > pause):
            runs.append([])
        runs[-1].append(word)
        cut, before = False, word.end_ms
    fillers = [word for word in words if how.fillers and is_filler(word)]
    grid = _Grid(start_ms, end_ms, fps)
    made = list[Part]()
    for number, run in enumerate(runs):
        first, last = run[0].start_ms - _BEFORE_MS, run[-1].end_ms + _AFTER_MS
        if number == 0 and pause is None and not any(each.start_ms < run[0].start_ms for each in fillers):
            first = start_ms
        if number == len(runs) - 1 and pause is None and not any(each.start_ms > run[-1].start_ms for each in fillers):
            last = end_ms
        for filler in fillers:
            first = max(first, filler.end_ms) if filler.end_ms <= run[0].start_ms else first
            last = min(last, filler.start_ms) if filler.start_ms >= run[-1].end_ms else last
        first = max(first, made[-1].end_ms) if made else max(first, start_ms)
        start, stop = grid.at(first), grid.at(min(last, end_ms))
        if stop - start >= _SHORTEST_MS:
            made.append(Part(start_ms=start, end_ms=stop, words=tuple(run)))
    return tuple(made)


class _Grid:
    """Moments at which frames of the range begin, to the millisecond."""

    def __init__(self, start_ms: int, end_ms: int, fps: Fraction) -> None:
        self._start_ms, self._end_ms, self._fps = start_ms, end_ms, fps

    def at(self, ms: int) -> int:
        frame = round(Fraction(ms - self._start_ms, 1000) * self._fps)
        return min(self._end_ms, self._start_ms + round(frame / self._fps * 1000))
