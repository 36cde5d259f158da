"""A script that is too long for one take → parts that are not. Pure.

As with passages, where it is cut depends on what is around each possible cut, not on counting from the start: after an
edit in one part the others are the same, and are not paid for again.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

from app.speech.passages import PARAGRAPH_PAUSE_MS, Passage, split_passages

#: No part is smaller than this share of the most there may be, where that can be helped.
_SMALLEST = 4
_LONGEST_PASSAGE = 280


def split_parts(script: str, most_chars: int) -> tuple[str, ...]:
    """The script itself if it is short enough; else parts of at most ``most_chars``, cut at the ends of paragraphs
    before those of sentences, and elsewhere only within a sentence that is longer than a part.
    """
    if len(script) <= most_chars:
        return (script,)
    longest = min(_LONGEST_PASSAGE, most_chars)
    passages = split_passages(script, target_chars=longest * 2 // 5, max_chars=longest)
    return tuple(_parts(passages, most_chars))


def _parts(passages: Sequence[Passage], most_chars: int) -> Iterator[str]:
    waiting = [passages]
    while waiting:
        run = waiting.pop()
        text = _joined(run)
        if len(text) <= most_chars or len(run) == 1:
            yield text
            continue
        cut = _best_cut(run, most_chars // _SMALLEST)
        waiting += [run[cut:], run[:cut]]


def _best_cut(run: Sequence[Passage], smallest: int) -> int:
    """The place between two passages where silence is longest; of equal ones whichever their words choose."""
    total, before = sum(len(passage.text) for passage in run), 0
    best, place = (False, -1, -1), 1
    for at in range(1, len(run)):
        before += len(run[at - 1].text)
        fair = min(before, total - before) >= smallest
        rank = (fair, run[at - 1].pause_ms, zlib.crc32(run[at].text.encode("utf-8", "surrogatepass")))
        if rank > best:
            best, place = rank, at
    return place


def _joined(run: Sequence[Passage]) -> str:
    text = run[0].text
    for before, passage in pairwise(run):
        text += ("\n\n" if before.pause_ms == PARAGRAPH_PAUSE_MS else " ") + passage.text
    return text
