"""What stays of a clip when its silences and filler words are taken out. Pure.

Captions, crop and sound stay together because all of them follow the parts that stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    fillers = [word for word in words if how.fillers and is_filler(word)]
    grid, made = _Grid(start_ms, end_ms, fps), list[Part]()
    for run in _runs(words, fillers, how):
        left = max([start_ms, *(each.end_ms for each in fillers if each.end_ms <= run[0].start_ms)])
        right = min([end_ms, *(each.start_ms for each in fillers if each.start_ms >= run[-1].end_ms)])
        if how.longest_pause_ms is not None:
            left, right = max(left, run[0].start_ms - _BEFORE_MS), min(right, run[-1].end_ms + _AFTER_MS)
        start, stop = grid.at(max(left, made[-1].end_ms if made else start_ms)), grid.at(right)
        if stop - start >= _SHORTEST_MS:
            made.append(Part(start_ms=start, end_ms=stop, words=tuple(run)))
    return tuple(made)


def _runs(words: Sequence[SaidWord], fillers: Sequence[SaidWord], how: Cleaning) -> Iterator[list[SaidWord]]:
    """Words between which nothing is taken out."""
    run, pause = list[SaidWord](), how.longest_pause_ms
    for word in words:
        long = bool(run) and pause is not None and word.start_ms - run[-1].end_ms > pause
        if run and (long or word in fillers):
            yield run
            run = []
        if word not in fillers:
            run.append(word)
    if run:
        yield run


class _Grid:
    """Moments at which frames of the range begin, to the millisecond."""

    def __init__(self, start_ms: int, end_ms: int, fps: Fraction) -> None:
        self._start_ms, self._end_ms, self._fps = start_ms, end_ms, fps

    def at(self, ms: int) -> int:
        frame = round(Fraction(ms - self._start_ms, 1000) * self._fps)
        return min(self._end_ms, self._start_ms + round(frame / self._fps * 1000))
