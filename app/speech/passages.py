"""A script → passages: what is spoken, drawn and stored as one. Pure.

Where the cuts fall is decided by what is around each possible cut, not by counting from the start: after an edit, the
cuts everywhere else are the same, so that only the edited passage has to be made again. A sentence of some length opens
a passage, and short ones stay with the one before them. A stretch that is then too long is cut at the place of the
highest rank, and each side alike (a treap over the cuts). Rank is first how natural the cut is (a sentence's end, a
clause, a comma, a space), then a hash of the longest words on both sides.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

PARAGRAPH_PAUSE_MS = 600
SENTENCE_PAUSE_MS = 250
CLAUSE_PAUSE_MS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Words that are spoken in one go, and the silence after them."""

    text: str
    pause_ms: int


class _Cut(IntEnum):
    """How natural it is to stop here."""

    HARD = 0
    SPACE = 1
    COMMA = 2
    CLAUSE = 3
    SENTENCE = 4


_PAUSES = {_Cut.HARD: 0, _Cut.SPACE: 0, _Cut.COMMA: 80, _Cut.CLAUSE: CLAUSE_PAUSE_MS, _Cut.SENTENCE: SENTENCE_PAUSE_MS}


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch that is not cut, and what kind of cut may follow it. ``glued``: no space before it. ``opens_line``:
    it starts a line.
    """

    text: str
    after: _Cut
    glued: bool
    weight: int
    opens_line: bool = False


def _piece(text: str, after: _Cut, *, glued: bool = False, opens_line: bool = False) -> _Piece:
    """Weighed by how long it takes to say: a Chinese, Japanese or Korean character takes as long as three letters."""
    weight = len(text) + 2 * len(_SYLLABLES.findall(text)) + (0 if glued else 1)
    return _Piece(text, after, glued, weight, opens_line)


@dataclass(frozen=True, slots=True)
class _Sizes:
    shortest: int
    longest: int


_SYLLABLES = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_CLOSERS = "\"'’”»›)]}）」』】》〉"
_STOPS = "!?…。！？｡؟۔।॥።፧‼⁇⁈⁉"
#: Where a sentence may end: its stops and closing marks, then a space; scripts without spaces need none.
_END = re.compile(
    rf"(?<![.{_STOPS}])(?:(?P<stops>[.{_STOPS}]++)[^\w\s]*+(?=\s|$)|[。！？｡።፧।॥]++[{re.escape(_CLOSERS)}]*+)"
)
_ABBREVIATION_LIST = """
    adj adv al approx apr apt assn aug ave bldg blvd bzw ca capt cf co col corp dec dept dipl dir dr ed eds e.g
    eg esp est etc exp feb fig figs fr ft gen gov hon hr i.e ie inc ing jan jr jul jun lt ltd mag maj mar max
    messrs min misc mlle mme mr mrs ms mt nat no nos nov nr oct op p par pp prof pt pvt ref rep rev sec sen sep
    sept sgt sr sra srta st str tel usw univ v vol vs z.b zb d.h u.a bspw
"""
_ABBREVIATIONS = frozenset(_ABBREVIATION_LIST.split())
_INITIAL = re.compile(r"(?:^|[\s(\[\"'“‘])(?:[^\W\d_]\.)*[^\W\d_]$")
_COMMAS, _CLAUSES = ",、，،", ";:；：؛—–"


def split_passages(script: str, *, target_chars: int = 110, max_chars: int = 280) -> tuple[Passage, ...]:
    """The script cut into passages of about ``target_chars`` (five to eight seconds), none longer than ``max_chars``.

    Never across paragraphs; at sentence ends where possible, then at clauses, commas, spaces, and within a word only
    when one word is longer than ``max_chars``. Inside a passage white space becomes single spaces, but a line that
    stands for itself keeps its newline; nothing else is lost. Characters of Chinese, Japanese and Korean count three.

    Silence after a passage: a paragraph 600 ms, a sentence 250 ms, a clause 120 ms, a comma 80 ms, otherwise none.
    """
    sizes = _Sizes(shortest=target_chars // 2, longest=min(max_chars, target_chars * 8 // 5))
    passages: list[Passage] = []
    for paragraph in _PARAGRAPH.split(script.strip()):
        passages.extend(_passages_of(paragraph, sizes, max_chars))
    return tuple(passages)


def _passages_of(paragraph: str, sizes: _Sizes, max_chars: int) -> Iterator[Passage]:
    runs = (run for opened in _opened(_sentences(paragraph), sizes) for run in _grouped(opened, sizes))
    groups = [group for run in runs for group in _fitting(run, sizes, max_chars)]
    for index, group in enumerate(groups):
        pause = PARAGRAPH_PAUSE_MS if index == len(groups) - 1 else _PAUSES[group[-1].after]
        yield Passage(text=_joined(group), pause_ms=pause)


def _opened(sentences: Iterable[_Piece], sizes: _Sizes) -> Iterator[Sequence[_Piece]]:
    """Each sentence that is not short, with the short ones after it; those at the very start go with the first."""
    run: list[_Piece] = []
    for sentence in sentences:
        if sentence.weight >= sizes.shortest and any(piece.weight >= sizes.shortest for piece in run):
            yield run
            run = []
        run.append(sentence)
    if run:
        yield run


def _fitting(run: Sequence[_Piece], sizes: _Sizes, max_chars: int) -> Iterator[Sequence[_Piece]]:
    """The run itself, or what remains of a sentence that is too long on its own."""
    if _weight(run) <= max_chars:
        yield run
        return
    yield from _grouped([piece for sentence in run for piece in _words(sentence, max_chars)], sizes)


def _grouped(pieces: Sequence[_Piece], sizes: _Sizes) -> Iterator[Sequence[_Piece]]:
    """Cut at the highest rank until nothing is longer than ``sizes.longest``, leaving no side shorter than
    ``sizes.shortest``.
    """
    waiting = [pieces]
    while waiting:
        run = waiting.pop()
        cut = _best_cut(run, sizes) if len(run) > 1 and _weight(run) > sizes.longest else None
        if cut is None:
            if run:
                yield run
            continue
        waiting += [run[cut:], run[:cut]]


def _best_cut(run: Sequence[_Piece], sizes: _Sizes) -> int | None:
    total, before = _weight(run), 0
    best: tuple[int, int, int, int] | None = None
    place = None
    for index in range(1, len(run)):
        before += run[index - 1].weight
        if before < sizes.shortest or total - before < sizes.shortest:
            continue
        rank = (run[index - 1].after, _hash(run[index].text), _hash(run[index - 1].text), -abs(total - 2 * before))
        if best is None or rank > best:
            best, place = rank, index
    return place


def _hash(text: str) -> int:
    """Of the longest word only, so that most edits leave the cut where it is."""
    return zlib.crc32(max(text.split(), key=len).encode("utf-8", "surrogatepass"))


def _weight(run: Sequence[_Piece]) -> int:
    return sum(piece.weight for piece in run)


def _joined(run: Sequence[_Piece]) -> str:
    text = run[0].text
    for piece in run[1:]:
        text += ("\n" if piece.opens_line else "" if piece.glued else " ") + piece.text
    return text


def _sentences(paragraph: str) -> Iterator[_Piece]:
    """Sentences in order, white space made single. What holds no letter and no digit stays with its neighbour."""
    pending: _Piece | None = None
    for sentence in (sentence for line in _lines(paragraph) for sentence in _line_sentences(line)):
        if pending is None:
            pending = sentence
        elif _is_speakable(pending.text) and _is_speakable(sentence.text):
            yield pending
            pending = sentence
        else:
            pending = _piece(
                _joined((pending, sentence)), _Cut.SENTENCE, glued=pending.glued, opens_line=pending.opens_line
            )
    if pending is not None:
        yield pending


def _is_speakable(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _lines(paragraph: str) -> Iterator[str]:
    """Lines that stand for themselves. A long line that goes on in the next was only wrapped."""
    pending = ""
    for line in (" ".join(line.split()) for line in paragraph.split("\n")):
        if not line:
            continue
        wrapped = (
            pending
            and (len(pending.rpartition("\n")[2]) >= 50 or line[0].islower())
            and pending[-1] not in _STOPS + ".:"
        )
        if pending and not wrapped:
            yield pending.replace("\n", " ")
            pending = ""
        pending = f"{pending}\n{line}" if pending else line
    if pending:
        yield pending.replace("\n", " ")


def _line_sentences(line: str) -> Iterator[_Piece]:
    start = 0
    ends = [match.end() for match in _END.finditer(line) if match.end() == len(line) or _ends_sentence(line, match)]
    for end in (*ends, len(line)):
        text = line[start:end].strip()
        if text:
            yield _piece(text, _Cut.SENTENCE, glued=start > 0 and not line[start].isspace(), opens_line=start == 0)
        start = end


def _ends_sentence(line: str, match: re.Match[str]) -> bool:
    stops = match["stops"]
    if stops is None or not set(stops) <= {".", "…"}:
        return True
    following = line[match.end() :].lstrip().lstrip("\"'“‘«([¿¡")
    if following[:1].islower():
        return False
    if len(stops) > 1 or stops == "…":
        return True
    before = line[max(0, match.start() - 20) : match.start()]
    word = before.split()[-1].lower().lstrip("(['\"“‘«") if before.split() else ""
    return word not in _ABBREVIATIONS and not _INITIAL.search(before)


def _words(sentence: _Piece, max_chars: int) -> Iterator[_Piece]:
    """The words of a sentence with what may follow each; a word longer than ``max_chars`` comes in equal parts."""
    words = sentence.text.split()
    for index, word in enumerate(words):
        after = sentence.after if index == len(words) - 1 else _cut_after(word)
        yield from _parts(word, after, max_chars, glued=sentence.glued and index == 0)


def _cut_after(word: str) -> _Cut:
    last = word.rstrip(_CLOSERS)[-1:]
    if last and last in _CLAUSES:
        return _Cut.CLAUSE
    return _Cut.COMMA if last and last in _COMMAS else _Cut.SPACE


def _parts(word: str, after: _Cut, max_chars: int, *, glued: bool) -> Iterator[_Piece]:
    """One word, or its parts after commas of scripts that write no spaces, or equal parts of it."""
    if len(word) <= max_chars // 8:
        yield _piece(word, after, glued=glued)
        return
    step = max(1, max_chars // 8)
    parts = [part for stretch in re.split(r"(?<=[、，；：،؛,;])", word) for part in _chopped(stretch, step) if part]
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        natural = _cut_after(part) if part[-1] in _COMMAS + _CLAUSES else _Cut.HARD
        yield _piece(part, after if last else natural, glued=glued or index > 0)


def _chopped(stretch: str, step: int) -> list[str]:
    return [stretch[at : at + step] for at in range(0, len(stretch), step)]
