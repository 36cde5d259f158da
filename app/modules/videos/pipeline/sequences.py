"""Chunks → sequences, each drawn by one process. Pure.

Recordings that are open and what stands still stay so from chunk to chunk of a sequence. Each chunk is stored as soon
as it is made, so that a crash costs no more than one. What shares nothing is left to different workers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction

from app.media.encode import Content
from app.modules.videos.pipeline.layout import LONGEST_CHUNK_S, LONGEST_CLIP_CHUNK_S, Chunk
from app.modules.videos.pipeline.needs import recordings_of

#: To begin with so little in a process of its own costs more than can be won.
_SHORT_S = 2


def sequences_of(chunks: Sequence[Chunk], missing: Collection[str]) -> list[list[int]]:
    """The numbers, from 0, of the chunks that are missing, each once; the longest sequence first."""
    first = {chunk.fingerprint: number for number, chunk in reversed(list(enumerate(chunks)))}
    made = list[list[int]]()
    for number in sorted(first[name] for name in missing if name in first):
        if made and made[-1][-1] == number - 1 and _belongs(chunks[number], [chunks[each] for each in made[-1]]):
            made[-1].append(number)
        else:
            made.append([number])
    return sorted(made, key=lambda numbers: -sum(chunks[number].frames for number in numbers))


def _belongs(chunk: Chunk, before: Sequence[Chunk]) -> bool:
    fps, frames = Fraction(chunk.fps), sum(each.frames for each in before)
    longest = LONGEST_CLIP_CHUNK_S if chunk.content is Content.CLIP else LONGEST_CHUNK_S
    if frames + chunk.frames > longest * fps + 1:  # a scene of just that length may be rounded up
        return False
    return min(frames, chunk.frames) <= _SHORT_S * fps or not recordings_of([chunk]).isdisjoint(recordings_of(before))
