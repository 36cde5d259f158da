"""Captions that keep time with every word: which words are seen in a run of frames, and which of them is said. Pure.

A few words at a time, as they are read on telephones: in the middle of the frame's safe area, at the height at which
they cover least of the faces, and there for the whole clip.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Literal

from app.media.lettering.phrases import UNSPACED, is_unspaced, language_of, pauses
from app.media.lettering.version import LETTERING_VERSION
from app.media.lettering.wrapping import breakable, is_right_to_left
from app.media.time import FrameRange
from app.modules.videos.pipeline.framing import FramedShot
from app.modules.videos.pipeline.looks import Box
from app.modules.videos.pipeline.staging import Size, even
from app.modules.videos.scenery import Asset, CaptionStyle, SaidWord, Value, WordCaptions

_SIGNS = "\u2014\u2018-\u201d\u2026\u3001-\u301f\uff01-\uff65"
#: Columns of a phrase, and how many words of one at most, in tall frames and in others.
_COLUMNS, _COLUMNS_WIDE, _WORDS = 24, 40, 6
#: A silence after which a new phrase begins, and how long the last word stays.
_SILENCE_MS, _LINGER_MS = 450, 350
#: Letters, and the room for two lines of them: thousandths of the frame's shorter side.
_SIZE, _SIZE_ONE, _HIGH = 74, 110, 250
#: Free of what apps lay over a tall frame: thousandths of its width and height (900x1400 of 1080x1920).
_SAFE_ASIDE, _SAFE_TOP, _SAFE_BOTTOM = 83, 135, 865
#: Where the room may begin within what is safe, from what is liked best; thousandths of the frame's height.
_PLACES_TALL, _PLACES = (660, 735, 560, 470, 140), (800, 700, 60)
_ENDS = tuple(".!?…。！？؟۔।॥")
_PAUSES = (*_ENDS, *",;:，、；：،؛")
#: What a word of a language that is written without spaces begins and ends with.
_BEGINS, _ENDS_UNSPACED = re.compile(f"[{UNSPACED}{_SIGNS}]"), re.compile(f"[{UNSPACED}{_SIGNS}]$")
#: Characters of such a word, at most.
_MOST_UNSPACED = 8


class Word(Value):
    """``strong``: it stands out. ``glued``: no space before it."""

    text: str
    strong: bool = False
    glued: bool = False


class State(Value):
    """In frames ``first <= n < stop`` of the run a phrase is seen, and word ``said`` of it is said."""

    first: int
    stop: int
    phrase: int
    said: int


#: To be raised when a pixel of such captions can change (``wording.py``).
WORDING_VERSION = "2"


class Kinetic(Value):
    """``backwards``: lines are read from the right."""

    kind: Literal["kinetic"] = "kinetic"
    style: CaptionStyle
    text: str
    accent: str
    back: str
    room: Box
    size: int
    font: Asset | None
    backwards: bool = False
    phrases: tuple[tuple[Word, ...], ...]
    states: tuple[State, ...]
    lettering: str = LETTERING_VERSION
    wording: str = WORDING_VERSION


def kinetic_in(
    words: Sequence[SaidWord],
    part: FrameRange,
    frame: Size,
    fps: Fraction,
    wanted: WordCaptions,
    font: Asset | None,
    shots: Sequence[FramedShot] = (),
) -> Kinetic | None:
    """Those of a part of a scene, whose frames count from the scene's first one; ``words`` from its start."""
    alone = wanted.style is CaptionStyle.ONE_WORD
    phrases, states = list[tuple[Word, ...]](), list[State]()
    for phrase, following in _with_next(
        phrases_of(words, 1 if alone else _columns(frame), most=1 if alone else _WORDS)
    ):
        own = list(_states(phrase, following, part, fps, len(phrases)))
        if own:
            states += own
            phrases.append(tuple(_word(each, wanted) for each in phrase))
    if not states:
        return None
    return Kinetic(
        style=wanted.style,
        text=wanted.text,
        accent=wanted.accent,
        back=wanted.back,
        room=room_for(frame, shots),
        size=round((_SIZE_ONE if alone else _SIZE) * min(frame) / 1000),
        font=font,
        backwards=_is_backwards(words),
        phrases=tuple(phrases),
        states=tuple(states),
    )


def phrases_of(words: Sequence[SaidWord], columns: int, *, most: int) -> list[list[SaidWord]]:
    """As many words as are read at a glance; no phrase goes on over the end of a sentence, or a silence."""
    phrases = list[list[SaidWord]]()
    for word in _respaced(words):
        last = phrases[-1] if phrases else []
        wide = sum(_width(each.text) + (not _is_glued(each)) for each in [*last, word]) - 1
        if (
            not last
            or len(last) >= most
            or wide > columns
            or last[-1].text.endswith(_ENDS)
            or word.start_ms - last[-1].end_ms > _SILENCE_MS
            or (last[-1].text.endswith(_PAUSES) and wide > columns * 2 // 3)
        ):
            phrases.append([word])
        else:
            last.append(word)
    return phrases


def room_for(frame: Size, shots: Sequence[FramedShot]) -> Box:
    """For two lines: where they cover least of the faces, for as long as those are seen."""
    (width, height), tall = frame, frame[1] > frame[0]
    high = even(_HIGH * min(frame) / 1000)
    aside = even(_SAFE_ASIDE * width / 1000)
    rooms = [
        Box(x=aside, y=min(even(place * height / 1000), height - high), width=width - 2 * aside, height=high)
        for place in (_PLACES_TALL if tall else _PLACES)
    ]
    if tall:
        rooms = [
            room
            for room in rooms
            if _SAFE_TOP * height <= 1000 * room.y and 1000 * (room.y + high) <= _SAFE_BOTTOM * height
        ]
    return min(rooms, key=lambda room: _covered(room, shots))


def _covered(room: Box, shots: Sequence[FramedShot]) -> int:
    """Rows of faces that are hidden, times frames; a little counts for nothing, so that the best place is kept."""
    hidden = 0
    for shot in shots:
        for face in shot.faces:
            rows = min(room.y + room.height, face.y + face.height) - max(room.y, face.y)
            hidden += (shot.stop - shot.start) * max(0, rows - room.height // 10)
    return hidden


def _columns(frame: Size) -> int:
    return _COLUMNS if frame[0] <= frame[1] else _COLUMNS_WIDE


def _states(
    phrase: Sequence[SaidWord], following: Sequence[SaidWord] | None, part: FrameRange, fps: Fraction, number: int
) -> Iterator[State]:
    """A word is said until the next one is."""
    gone = phrase[-1].end_ms + _LINGER_MS
    if following is not None:
        gone = min(gone, max(following[0].start_ms, phrase[-1].start_ms))
        gone = following[0].start_ms if following[0].start_ms - gone < _LINGER_MS else gone
    edges = [*(word.start_ms for word in phrase), gone]
    frames = [round(Fraction(edge, 1000) * fps) - part.start for edge in edges]
    for said, (first, stop) in enumerate(pairwise(frames)):
        first, stop = max(0, first), min(len(part), stop)
        if first < stop:
            yield State(first=first, stop=stop, phrase=number, said=said)


def _with_next(phrases: list[list[SaidWord]]) -> Iterator[tuple[list[SaidWord], list[SaidWord] | None]]:
    yield from zip(phrases, [*phrases[1:], None], strict=True)


def _word(word: SaidWord, wanted: WordCaptions) -> Word:
    bare = "".join(each for each in word.text.lower() if each.isalnum())
    text = word.text.upper() if wanted.capitals else word.text
    within = any(term in bare for term in wanted.emphasis if any(map(is_unspaced, term)))
    return Word(text=text.lstrip("\u2060"), strong=within or bare in wanted.emphasis, glued=_is_glued(word))


def _is_glued(word: SaidWord) -> bool:
    return word.text.startswith("\u2060")


def _is_backwards(words: Sequence[SaidWord]) -> bool:
    """Whether most of it is read from the right: then phrases are that begin with a word in Latin letters, too."""
    directed = [word.text for word in words if any(map(str.isalpha, word.text))]
    return 2 * sum(map(is_right_to_left, directed)) > len(directed)


def _respaced(words: Sequence[SaidWord]) -> Iterator[SaidWord]:
    """What is written without spaces, as words of its language, however it was divided: as one, or by characters.

    Later ones of what belongs together begin with a joiner.
    """
    language, run = language_of("".join(word.text for word in words)), list[SaidWord]()
    for word in (each.model_copy(update={"text": each.text.strip()}) for each in words):
        if run and not (_joins(run[-1].text, word.text) and word.start_ms - run[-1].end_ms <= _SILENCE_MS):
            yield from _divided(run, language)
            run = []
        run += [word] if word.text else []
    yield from _divided(run, language)


def _joins(before: str, after: str) -> bool:
    return _ENDS_UNSPACED.search(before) is not None and _BEGINS.match(after) is not None


def _divided(run: Sequence[SaidWord], language: str) -> Iterator[SaidWord]:
    """Characters are said in like shares of the time of the word they came in."""
    text = "".join(word.text for word in run)
    if not any(map(is_unspaced, text)):
        yield from run
        return
    times = [
        (word.start_ms + length * place // len(word.text), word.start_ms + length * (place + 1) // len(word.text))
        for word, length in ((word, word.end_ms - word.start_ms) for word in run)
        for place in range(len(word.text))
    ]
    edges = [0, *_edges(text, _paused(run, text, language)), len(text)]
    for begin, end in pairwise(edges):
        joiner = "\u2060" if begin else ""
        yield SaidWord(start_ms=times[begin][0], end_ms=times[end - 1][1], text=joiner + text[begin:end])


def _paused(run: Sequence[SaidWord], text: str, language: str) -> frozenset[int]:
    """Where a reader pauses, but not within what came as a word; and, in Chinese, at both ends of that."""
    ends = list(accumulate(len(word.text) for word in run))
    words = [(end - len(word.text), end) for word, end in zip(run, ends, strict=True) if len(word.text) > 1]
    short = [(begin, end) for begin, end in words if end - begin <= _MOST_UNSPACED]
    within = {place for begin, end in short for place in range(begin + 1, end)}
    beside = {place for word in short for place in word} if language == "zh" else set[int]()
    return (pauses(text, language) - within) | beside


def _edges(text: str, paused: frozenset[int]) -> Iterator[int]:
    """Where a reader pauses, and else where a line could break."""
    begun = 0
    for place in accumulate(map(len, breakable(text)[:-1])):
        following = min((each for each in (*paused, len(text)) if each > place), default=len(text))
        if place in paused or (place - begun >= _MOST_UNSPACED // 2 and following - begun > _MOST_UNSPACED):
            yield place
            begun = place


def _width(text: str) -> int:
    """In columns: those of letters, and none of what stands on them or is not seen."""
    seen = (each for each in text if unicodedata.category(each) not in ("Mn", "Me", "Cf"))
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in seen)
