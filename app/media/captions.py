"""Words and their times → captions, as WebVTT and SubRip. Pure.

Where cues and lines end is chosen for the reader, by the usual rules of broadcasters: a sentence's end closes a cue;
a break falls after punctuation if it can, otherwise before a word that opens a phrase ("of", "and") and not after
one; no word is stranded; two lines are of like length. All cues of a video are chosen together, as the cuts of least
total cost. A cue starts with the sound of its first word and may stay a little after its last.
"""

from __future__ import annotations

import html
import re
import sys
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from app.media.lettering.phrases import language_of, pauses
from app.media.lettering.wrapping import breakable

#: A cue shorter than this cannot be read; one longer is stale.
SHORTEST_CUE_MS, LONGEST_CUE_MS = 1_000, 6_000
#: How long a cue stays after its last word, and the gap to the next cue that it fills rather than flicker.
LINGER_MS, FILLED_GAP_MS = 400, 600
#: Reading speed above which a cue is rather cut: columns a second.
FASTEST_READING = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionWord:
    """A word as it is to be shown, and when it sounds on the video's timeline, in milliseconds."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """Lines that are shown from ``start_ms`` until ``end_ms``."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def line_length(width: int, height: int) -> int:
    """Columns of a caption line for a picture of this shape: 42 for a wide one, 24 for a tall one."""
    return 42 if 4 * width >= 5 * height else 32 if width >= height else 24


def cues(
    words: Iterable[CaptionWord], *, max_chars_per_line: int, max_lines: int = 2, until_ms: int | None = None
) -> tuple[Cue, ...]:
    """Cues in order that show every word once, never overlap, and start when their first word sounds.

    ``words`` come in order of time. A character of Chinese, Japanese or Korean counts two columns; a word longer than
    a line is broken. No cue ends after ``until_ms``, the end of the video.
    """
    atoms = [atom for word in words for atom in _atoms(word, max_chars_per_line)]
    if not atoms:
        return ()
    plan = _Plan(atoms, max_chars_per_line, max_lines)
    groups = plan.best()
    return tuple(_timed(plan, groups, until_ms))


def running_text(words: Iterable[CaptionWord]) -> str:
    """The words as they are written: with a space between them, where their script has one."""
    atoms = [atom for word in words for atom in _atoms(word, sys.maxsize)]
    return _Plan(atoms, sys.maxsize, 1).text(0, len(atoms)) if atoms else ""


def to_vtt(captions: Iterable[Cue]) -> str:
    blocks = [
        f"{stamp(cue.start_ms, '.')} --> {stamp(cue.end_ms, '.')}\n{html.escape(_directed(cue.lines), quote=False)}\n"
        for cue in captions
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def to_srt(captions: Iterable[Cue]) -> str:
    """SubRip knows no escapes: an invisible joiner keeps players from taking text for a tag."""
    blocks = [
        f"{number}\n{stamp(cue.start_ms, ',')} --> {stamp(cue.end_ms, ',')}\n{_untagged(_directed(cue.lines))}\n"
        for number, cue in enumerate(captions, 1)
    ]
    return "\n".join(blocks)


def stamp(ms: int, point: str) -> str:
    seconds, thousandths = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{thousandths:03}"


def _untagged(text: str) -> str:
    return re.sub(r"<(?=[A-Za-z/])|\{(?=\\)|--(?=>)", "\\g<0>\u2060", text)


def _directed(lines: Sequence[str]) -> str:
    """A line of a right-to-left cue that starts with another script is marked, so that it still runs from the right."""
    directions = [[unicodedata.bidirectional(character) for character in line] for line in lines]
    right = sum(kind in ("R", "AL") for line in directions for kind in line)
    if not right or right < sum(kind == "L" for line in directions for kind in line):
        return "\n".join(lines)
    first = (next((kind for kind in line if kind in ("L", "R", "AL")), "R") for line in directions)
    return "\n".join(f"\u200f{line}" if kind == "L" else line for kind, line in zip(first, lines, strict=True))


@dataclass(frozen=True, slots=True)
class _Atom:
    """What is never broken. ``glued``: no space before it. ``torn``: it goes on a word that was too long."""

    text: str
    start_ms: int
    end_ms: int
    columns: int
    glued: bool
    torn: bool


_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CHARACTERS = re.compile(rf"[「『（《“‘]*[{_UNSPACED}][^\w「『（《“‘\s]*|[^{_UNSPACED}「『（《“‘\s]+|\S")
_UNSPACED_CHARACTER = re.compile(f"[{_UNSPACED}]")
_MEETS_UNSPACED = re.compile(rf"[{_UNSPACED}\u3000-\u303f\uff00-\uff60…—]$")


def _atoms(word: CaptionWord, limit: int) -> Iterator[_Atom]:
    parts = list(_word_parts(word.text, limit))
    total, done = max(1, sum(len(text) for text, _, _ in parts)), 0
    for text, glued, torn in parts:
        start = word.start_ms + (word.end_ms - word.start_ms) * done // total
        done += len(text)
        end = word.start_ms + (word.end_ms - word.start_ms) * done // total
        yield _Atom(text, start, end, _columns(text), glued, torn)


def _word_parts(word: str, limit: int) -> Iterator[tuple[str, bool, bool]]:
    """Parts of what came as one word, with ``glued`` and ``torn``."""
    for text in word.split():
        pieces = _CHARACTERS.findall(text) if _UNSPACED_CHARACTER.search(text) else [text]
        if language_of(text) == "th":
            pieces = breakable(text)
        for place, piece in enumerate(pieces):
            for index, part in enumerate(_torn(piece, limit)):
                yield part, place > 0 or index > 0, index > 0


def _torn(text: str, limit: int) -> Iterator[str]:
    part, width = "", 0
    for character in text:
        columns = _columns(character)
        if part and width + columns > limit:
            yield part
            part, width = "", 0
        part, width = part + character, width + columns
    if part:
        yield part


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 1
        for c in text
    )


_SENTENCE_STOPS = ".!?…。！？؟۔।॥"
_CLAUSE_STOPS = ",;:，、；：،؛—–"
_CLOSERS = "\"'’”»›)]}）」』】》〉"
#: Articles, prepositions, conjunctions and auxiliaries of the languages that are most spoken to cameras.
_OPENER_LIST = """
    a an the of to in on at by for from with without into onto over under about after before between through
    during against as than like and or but nor so yet because although though while when where which who whom
    whose that if unless until since whether is are was were be been am will would can could should shall may
    might must do does did has have had not no my your his her its our their this these those some any each
    every very more most der die das den dem des ein eine einen einem einer und oder aber weil dass wenn mit von
    zu im auf für bei nach vor über unter aus um le la les un une du de et ou mais que qui dans sur pour par
    avec sans el los las uno una y o pero del al en con por para sin sobre il lo gli i e ed ma che di da nel
    della dello uma os em na com het een van met op voor te w z się że jest ve bir için
"""
_OPENERS = frozenset(_OPENER_LIST.split())
_ABBREVIATION_LIST = "mr mrs ms dr prof st vs etc e.g i.e no inc ltd co jr sr z.b d.h u.a bzw dipl ing"
_ABBREVIATIONS = frozenset(_ABBREVIATION_LIST.split())


class _Plan:
    """The cost of every way to cut the atoms into cues, and the cheapest."""

    def __init__(self, atoms: Sequence[_Atom], limit: int, max_lines: int) -> None:
        self.atoms, self._limit, self._max_lines = atoms, limit, max_lines
        self._spaces = [0, *(0 if self._joins(index) else 1 for index in range(1, len(atoms)))]
        self._ends = [0, *accumulate(atom.columns + space for atom, space in zip(atoms, self._spaces, strict=True))]
        #: Before each atom, in milliseconds.
        self._silences = [0, *(after.start_ms - before.end_ms for before, after in pairwise(atoms))]
        self._unfinished = self._within_phrases()
        self._sentence = [self._ends_sentence(index) for index in range(len(atoms))]
        self._breaks = [self._break_cost(index) for index in range(len(atoms))]
        self._sentences = [0, *accumulate(int(ends) for ends in self._sentence)]

    def best(self) -> list[tuple[int, int]]:
        """Half-open ranges of atoms, one for each cue."""
        count, widest = len(self.atoms), self._limit * self._max_lines + self._max_lines - 1
        costs, cuts = [0.0] + [float("inf")] * count, [0] * (count + 1)
        for stop in range(1, count + 1):
            silence = 0
            for start in range(stop - 1, -1, -1):
                if self.width(start, stop) > widest:
                    break
                cost = costs[start] + self._cue_cost(start, stop, silence)
                if cost < costs[stop]:  # setting lines takes most of the time
                    cost += self._set_lines(start, stop, self._max_lines)[0]
                if cost < costs[stop]:
                    costs[stop], cuts[stop] = cost, start
                silence = max(silence, self._silences[start])
        groups: list[tuple[int, int]] = []
        stop = count
        while stop:
            groups.append((cuts[stop], stop))
            stop = cuts[stop]
        return groups[::-1]

    def width(self, start: int, stop: int) -> int:
        return self._ends[stop] - self._ends[start] - self._spaces[start]

    def lines(self, start: int, stop: int) -> tuple[str, ...]:
        """The text of the atoms, set in the best lines."""
        _, cuts = self._set_lines(start, stop, self._max_lines)
        return tuple(self.text(first, last) for first, last in pairwise((start, *cuts, stop)))

    def start_after(self, stop: int) -> int | None:
        """When the word after the cue sounds, if there is one."""
        return self.atoms[stop].start_ms if stop < len(self.atoms) else None

    def text(self, start: int, stop: int) -> str:
        """Of these atoms, in one line."""
        parts = [(" " if self._spaces[index] else "") + self.atoms[index].text for index in range(start, stop)]
        return "".join(parts).lstrip(" ")

    def _set_lines(self, start: int, stop: int, lines: int) -> tuple[float, tuple[int, ...]]:
        """The cheapest way to set the atoms in so many lines or fewer: its cost, and where later lines start."""
        if self.width(start, stop) <= self._limit:
            return 0.0, ()
        best: tuple[float, tuple[int, ...]] = (float("inf"), ())
        if lines == 1:
            return best
        room = self._limit * (lines - 1) + lines - 2
        first = bisect_left(self._ends, self._ends[stop] - room - 1, start + 1, stop)
        for cut in range(first, stop):
            if self.width(start, cut) > self._limit:
                break
            if self.width(cut, stop) <= room:
                below, more = self._set_lines(cut, stop, lines - 1)
                best = min(best, (below + self._line_cost(start, cut, stop, lines - 1), (cut, *more)))
        return best

    def _line_cost(self, start: int, cut: int, stop: int, below: int) -> float:
        """Of ending the first line at ``cut``. Lines should be of like length, and rather the lower one longer."""
        first, rest = self.width(start, cut) * below, self.width(cut, stop)
        uneven = abs(first - rest) / self._limit + (0.15 if first > rest else 0)
        stranded = 3.0 if self._spaces[cut] and (cut - start == 1 or stop - cut == 1) else 0.0
        return 0.7 * self._breaks[cut - 1] + 2 * uneven + stranded

    def _cue_cost(self, start: int, stop: int, silence: int) -> float:
        """Without the setting of its lines. Words after a silence should not be shown before it."""
        inside = self._sentences[stop - 1] - self._sentences[start]
        lonely = 2.5 if stop - start == 1 and not self._is_sentence(start) else 0.0
        wording = 2.0 + self._breaks[stop - 1] + 5.0 * inside + lonely
        return wording + 6.0 * max(0, silence - 400) / 1000 + self._time_cost(start, stop)

    def _time_cost(self, start: int, stop: int) -> float:
        """Too short to read, too fast, or too long."""
        begins, spoken = self.atoms[start].start_ms, self.atoms[stop - 1].end_ms - self.atoms[start].start_ms
        following = self.start_after(stop)
        longest = max(spoken, SHORTEST_CUE_MS)
        shown = longest if following is None else min(longest, following - begins)
        fast = self.width(start, stop) * 1000 / max(1, shown) - FASTEST_READING
        late = 12.0 * max(0, SHORTEST_CUE_MS - shown) + 4.0 * max(0, spoken - LONGEST_CUE_MS)
        return late / 1000 + 0.1 * max(0.0, fast)

    def _is_sentence(self, index: int) -> bool:
        return self._sentence[index] and (index == 0 or self._sentence[index - 1])

    def _joins(self, index: int) -> bool:
        """Whether no space is set before the atom."""
        if self.atoms[index].glued:
            return True
        before, here = self.atoms[index - 1].text, self.atoms[index].text
        return bool(_MEETS_UNSPACED.search(before) and _MEETS_UNSPACED.match((here.lstrip("「『（《“‘") or here)[:1]))

    def _ends_sentence(self, index: int) -> bool:
        text = self.atoms[index].text.rstrip(_CLOSERS)
        if index + 1 < len(self.atoms):
            following = self.atoms[index + 1].text.lstrip("\"'“‘«([¿¡")
            if following[:1].islower() or not any(character.isalnum() for character in following):
                return False
        if text[-1:] != ".":
            return bool(text) and text[-1] in _SENTENCE_STOPS
        word = text[:-1].lower().lstrip("\"'“‘«([")
        return word not in _ABBREVIATIONS and not re.fullmatch(r"(?:[^\W\d_]\.)*[^\W\d_]", word)

    def _within_phrases(self) -> set[int]:
        """Atoms with which no phrase ends, of what is written without spaces."""
        text = "".join(atom.text for atom in self.atoms)
        paused, ends = pauses(text), accumulate(len(atom.text) for atom in self.atoms)
        if not paused:
            return set()
        inside = (index for index, end in enumerate(ends) if end not in paused)
        return {index for index in inside if self._spaces[index + 1 : index + 2] == [0]}

    def _break_cost(self, index: int) -> float:
        """Of ending a line or a cue after this atom; 0 where it is most natural."""
        if index + 1 == len(self.atoms) or self._sentence[index]:
            return 0.0
        atom, following = self.atoms[index], self.atoms[index + 1]
        if following.torn or not any(character.isalnum() for character in following.text):
            return 9.0
        if index in self._unfinished:
            return 12.0
        last = atom.text.rstrip(_CLOSERS)[-1:]
        if last and last in _CLAUSE_STOPS + _SENTENCE_STOPS:
            return 1.0
        if atom.text.lower() in _OPENERS:
            return 6.0
        return 2.0 if following.text.lower() in _OPENERS else 3.5


def _timed(plan: _Plan, groups: Sequence[tuple[int, int]], until_ms: int | None) -> Iterator[Cue]:
    at = 0
    for start, stop in groups:
        begins = max(at, plan.atoms[start].start_ms)
        at = _end(begins, plan.atoms[stop - 1].end_ms, plan.start_after(stop), until_ms)
        yield Cue(start_ms=begins, end_ms=at, lines=plan.lines(start, stop))


def _end(start: int, spoken_until: int, following: int | None, until_ms: int | None) -> int:
    """Long enough to be read, not into the next cue nor past the video's end, and no short gap before the next cue."""
    end = max(spoken_until + LINGER_MS, start + SHORTEST_CUE_MS)
    if following is not None:
        end = following if following - end < FILLED_GAP_MS - LINGER_MS else end
    if until_ms is not None:
        end = min(end, until_ms)
    return max(end, start + 1)
