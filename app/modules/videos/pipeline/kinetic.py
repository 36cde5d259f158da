"""Captions that keep time with every word: which words are seen in a run of frames, and which of them is said. Pure.

A few words at a time, as they are read on telephones: in the middle of the frame's safe area, at the height at which
they cover least of the faces, and there for the whole clip.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from app.media.lettering.version import LETTERING_VERSION
from app.media.time import FrameRange
from app.modules.videos.pipeline.framing import FramedShot
from app.modules.videos.pipeline.looks import Box
from app.modules.videos.pipeline.staging import Size, even
from app.modules.videos.scenery import Asset, CaptionStyle, SaidWord, Value, WordCaptions

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
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
#: Of a word of a language that is written without spaces.
_MOST_UNSPACED = 5


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
WORDING_VERSION = "1"


class Kinetic(Value):
    kind: Literal["kinetic"] = "kinetic"
    style: CaptionStyle
    text: str
    accent: str
    back: str
    room: Box
    size: int
    font: Asset | None
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
        phrases=tuple(phrases),
        states=tuple(states),
    )


def phrases_of(words: Sequence[SaidWord], columns: int, *, most: int) -> list[list[SaidWord]]:
    """As many words as are read at a glance; no phrase goes on over the end of a sentence, or a silence."""
    phrases = list[list[SaidWord]]()
    for word in (part for each in words for part in _parts(each)):
        last = phrases[-1] if phrases else []
        wide = sum(_width(each.text) + 1 for each in last) + _width(word.text)
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
    glued = word.text != word.text.lstrip("\u2060")
    return Word(text=text.lstrip("\u2060"), strong=bare in wanted.emphasis, glued=glued)


def _parts(word: SaidWord) -> Iterator[SaidWord]:
    """What comes without spaces comes in pieces, each in its share of the time; later ones begin with a joiner."""
    text = word.text.strip()
    if not text:
        return
    if not _UNSPACED.search(text) or len(text) <= _MOST_UNSPACED:
        yield word.model_copy(update={"text": text})
        return
    pieces = re.findall(rf".{{1,{_MOST_UNSPACED}}}[、。，！？]?", text)
    done, length = 0, word.end_ms - word.start_ms
    for number, piece in enumerate(pieces):
        start, done = done, done + len(piece)
        begin, end = (word.start_ms + length * place // len(text) for place in (start, done))
        yield SaidWord(start_ms=begin, end_ms=end, text=f"\u2060{piece}" if number else piece)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)
