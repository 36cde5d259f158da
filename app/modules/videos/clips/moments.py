"""Which parts of a long video are worth a clip, and why: a score that can be explained. Pure.

What is said is cut into sentences; runs of whole sentences are candidates. Each is scored by how it begins, what it
tells, how it sounds and how it ends. Of those that overlap, the best is kept; then, one after the other, the best of
those whose topic was not yet chosen. Without words, passages between silences take the place of sentences.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import log, sqrt
from statistics import fmean, median
from typing import NamedTuple

import numpy as np

from app.media.liveliness import RATE, Curve, Liveliness
from app.modules.videos.clips.sentences import STOP_WORDS, Sentence, passages_of, sentences_of, stem
from app.modules.videos.scenery import SaidWord, Value

_HOOK_LIST = (
    "here'?s (?:why|how|what|the)",
    "the (?:truth|secret|problem|reason|biggest|best|worst|key|trick|moment|one thing)",
    "(?:most|many) people|nobody|no one|everybody|everyone|never|always|mistakes?|wrong|stop|imagine|remember when",
    "what if|did you know|let me tell you|you (?:won'?t|need|have to|should|can)|i (?:realized|learned|was wrong)",
    "surpris\\w+|shock\\w+|incredibl\\w+|unbelievabl\\w+|amazing\\w*|crazy|insane|actually|turns out|believe it or not",
)
_HOOKS = re.compile(rf"\b(?:{'|'.join(_HOOK_LIST)})\b", re.IGNORECASE)
_QUESTION_WORDS = "why|how|what|when|who|where|which|did|do|does|is|are|can|could|would|have"
_ASKING = re.compile(rf"^(?:so |and |but |now )?(?:{_QUESTION_WORDS})\b", re.IGNORECASE)
#: What only makes sense after something else.
_DANGLING_WORDS = "and|but|so|because|which|that's|that|this|it|they|he|she|also|then|or|as i said"
_DANGLING = re.compile(rf"^(?:{_DANGLING_WORDS})\b", re.IGNORECASE)
_NUMBER_WORDS = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\\w{3,5}teen|\\w{3,5}ty(?:-\\w+)?|"
    "hundred|thousand|million|billion|percent|per cent|twice|double|half|dozen"
)
_NUMBER = re.compile(rf"\d+|\b(?:{_NUMBER_WORDS})\b", re.IGNORECASE)
_TURN_WORDS = "but|however|instead|yet|until|suddenly|then|because|therefore|that'?s (?:why|when|how)"
_TURN = re.compile(rf"\b(?:{_TURN_WORDS})\b", re.IGNORECASE)
#: Somebody tells of people, or speaks to them; and the style of reports.
_PERSONAL = re.compile(r"\b(?:I|I'\w+|we|we'\w+|me|us|my|our|you|you'\w+|your|he|she|him|her|his)\b")
_REPORTED = re.compile(r"\b(?:is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?\w+(?:ed|en|pt|nt|de|ut)\b", re.IGNORECASE)
_NAMED = re.compile(r"(?<=[a-z,;] )[A-Z][\w’'-]+")
#: Where clips overlap by more of the shorter one, they are the same moment; how much alike two topics may be.
_SAME, _ALIKE = 0.2, 0.6
#: Around the words, in milliseconds; never into a word beside them.
_BEFORE_MS, _AFTER_MS = 180, 400
#: So many moments for each that is wanted are compared by their topics.
_SPARE = 5
#: How long laughter is waited for.
_REACTION_MS = 4000
#: A window of so many sentences at most.
_MOST_SENTENCES = 60


class Reason(Value):
    """Why a moment scores as it does: so many points, and what they are for."""

    name: str
    points: float
    detail: str = ""


class Candidate(Value):
    """A range of the source in milliseconds; ``score`` from 0 to 100."""

    start_ms: int
    end_ms: int
    score: int
    reasons: tuple[Reason, ...]
    title: str
    caption: str
    text: str


class Wish(Value):
    """What clips are wanted. ``topics``: only moments in which one of them is spoken of."""

    count: int
    least_ms: int
    most_ms: int
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """All that is known of a video. ``cuts``: where its picture changes, in milliseconds."""

    words: Sequence[SaidWord]
    sound: Liveliness
    duration_ms: int
    cuts: Sequence[int] = ()


def moments_in(heard: Heard, wish: Wish) -> list[Candidate]:
    """The best first, no two of the same moment, and at most as many as are wanted."""
    spoken = bool(heard.words)
    sentences = sentences_of(heard.words) if spoken else passages_of(heard.sound, heard.duration_ms)
    runs = list(_windows(sentences, wish))
    if not runs:  # each is too long for a clip: parts of them have to do
        most = wish.most_ms
        sentences = sentences_of(heard.words, most) if spoken else passages_of(heard.sound, heard.duration_ms, most)
        runs = list(_windows(sentences, wish))
    judge = _Judge(sentences, heard, spoken=spoken)
    windows = [judge.scored(first, stop) for first, stop in runs]
    wanted = [window for window in windows if not wish.topics or judge.speaks_of(window, wish.topics)]
    return [judge.candidate(window) for window in judge.chosen(wanted, wish.count)]


class _Why(NamedTuple):
    """A reason as long as it is one of very many."""

    name: str
    points: float
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """Sentences ``first <= n < stop``."""

    first: int
    stop: int
    reasons: tuple[_Why, ...]

    @property
    def points(self) -> float:
        return sum(reason.points for reason in self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What counts of one sentence. ``loud``: decibels above what is usual. ``reaction``: seconds of noise after it."""

    numbers: int
    names: frozenset[str]
    turns: tuple[str, ...]
    hooks: tuple[str, ...]
    shouted: bool
    personal: bool
    reported: bool
    bag: Counter[str]
    loud: float
    quiet: int
    moments: int
    reaction: float


def _windows(sentences: Sequence[Sentence], wish: Wish) -> Iterator[tuple[int, int]]:
    """Runs of sentences that are as long as a clip may be."""
    for first in range(len(sentences)):
        for stop in range(first + 1, min(len(sentences), first + _MOST_SENTENCES) + 1):
            length = sentences[stop - 1].end_ms - sentences[first].start_ms
            if length > wish.most_ms:
                break
            if length + _BEFORE_MS + _AFTER_MS >= wish.least_ms:
                yield first, stop


class _Judge:
    def __init__(self, sentences: Sequence[Sentence], heard: Heard, *, spoken: bool) -> None:
        self._sentences, self._heard, self._spoken = sentences, heard, spoken
        level = heard.sound.level
        loud = level[level > -50] if len(level) else level
        self._usual = float(np.median(loud)) if len(loud) else -60.0
        rates = [sentence.rate for sentence in sentences if sentence.rate]
        self._usual_rate = median(rates) if rates else 0.0
        self._facts = [self._facts_of(number) for number in range(len(sentences))]
        self._rarity = _rarity([facts.bag for facts in self._facts])

    def _facts_of(self, number: int) -> _Facts:
        sentence, text = self._sentences[number], self._sentences[number].text
        level = self._part(sentence.start_ms, sentence.end_ms)
        following = min(self._following(number + 1), sentence.end_ms + _REACTION_MS)
        return _Facts(
            numbers=len(_NUMBER.findall(text)),
            names=frozenset(_NAMED.findall(text)),
            turns=tuple(_TURN.findall(text)),
            hooks=tuple(_HOOKS.findall(text)),
            shouted=text.rstrip().endswith("!"),
            personal=_PERSONAL.search(text) is not None,
            reported=_REPORTED.search(text) is not None,
            bag=Counter(_terms(text)),
            loud=float(np.percentile(level, 80)) - self._usual if len(level) else 0.0,
            quiet=int((level < self._usual - 22).sum()),
            moments=len(level),
            reaction=self._noisy(sentence.end_ms + 100, following) if following - sentence.end_ms > 500 else 0.0,
        )

    def scored(self, first: int, stop: int) -> _Window:
        reasons = [reason for reason in self._reasons(first, stop) if abs(reason.points) >= 0.5]
        return _Window(first=first, stop=stop, reasons=tuple(reasons))

    def _reasons(self, first: int, stop: int) -> Iterator[_Why]:
        own, facts = self._sentences[first:stop], self._facts[first:stop]
        if self._spoken:
            yield from _opening(own[0])
            yield from _telling(facts)
            yield from self._ending(own[-1], stop)
            yield self._substance(own, facts)
        yield from self._sounding(own, facts)

    def _substance(self, own: Sequence[Sentence], facts: Sequence[_Facts]) -> _Why:
        """Words that are rare in the rest of the video, for each second."""
        seconds = max(1.0, (own[-1].end_ms - own[0].start_ms) / 1000)
        weights = {term: self._rarity[term] for each in facts for term in each.bag}
        best = nlargest(3, weights, key=lambda term: weights[term])
        return _Why(
            name="substance", points=round(min(12.0, 5 * sum(weights.values()) / seconds), 1), detail=", ".join(best)
        )

    def _ending(self, last: Sentence, stop: int) -> Iterator[_Why]:
        after = self._sentences[stop] if stop < len(self._sentences) else None
        if not last.whole:
            yield _Why(name="unfinished", points=-12, detail=last.text[-40:])
        elif after is None or after.start_ms - last.end_ms >= 500 or not _DANGLING.match(after.text):
            yield _Why(name="ends on a thought", points=8)

    def _sounding(self, own: Sequence[Sentence], facts: Sequence[_Facts]) -> Iterator[_Why]:
        start, end = own[0].start_ms, own[-1].end_ms
        if not self._heard.sound.silent:
            louder = fmean(each.loud for each in facts)
            yield _Why(name="energy", points=round(max(-4.0, min(10.0, 1.5 * louder)), 1), detail=f"{louder:+.0f} dB")
            spoken = (sum(each.moments - each.quiet for each in facts)) * 1000 / RATE
            quiet = max(0.0, 1 - spoken / max(1, end - start))
            yield _Why(name="silences", points=round(-14 * max(0.0, quiet - 0.25), 1), detail=f"{quiet:.0%} of it")
        after, within = facts[-1].reaction, sum(each.reaction for each in facts[:-1])
        applause = f"{after + within:.1f} s of laughter or applause"
        yield _Why(name="reaction", points=round(min(14.0, 9 * after + 2 * within), 1), detail=applause)
        rates = [sentence.rate for sentence in own if sentence.rate]
        if rates and self._usual_rate:
            faster = max(rates) / self._usual_rate - 1
            yield _Why(name="pace", points=round(max(0.0, min(5.0, 9 * faster)), 1), detail=f"{faster:+.0%}")
        cuts = bisect_left(self._heard.cuts, end) - bisect_left(self._heard.cuts, start)
        yield _Why(name="changes of picture", points=float(min(4, cuts)), detail=str(cuts))

    def _noisy(self, start: int, end: int) -> float:
        """Seconds in which it is loud and like noise."""
        level, flat = self._part(start, end), self._part(start, end, flat=True)
        return float(((level > self._usual - 10) & (flat > 0.12)).sum()) / RATE

    def _part(self, start: int, end: int, *, flat: bool = False) -> Curve:
        curve = self._heard.sound.flatness if flat else self._heard.sound.level
        return curve[start * RATE // 1000 : max(start * RATE // 1000 + 1, end * RATE // 1000)]

    def _following(self, stop: int) -> int:
        """When the next sentence begins."""
        return self._sentences[stop].start_ms if stop < len(self._sentences) else self._heard.duration_ms

    # choosing --------------------------------------------------------------------------------------------------------

    def speaks_of(self, window: _Window, topics: Sequence[str]) -> bool:
        said = {term for facts in self._facts[window.first : window.stop] for term in facts.bag}
        return any(terms and terms <= said for terms in (set(_terms(topic)) for topic in topics))

    def chosen(self, windows: Sequence[_Window], count: int) -> Iterator[_Window]:
        """The best of each moment, then the best that differ in topic; if there are not enough, also others."""
        best = list[_Window]()
        for window in sorted(windows, key=lambda each: (-each.points, each.first, each.stop)):
            if not any(self._overlap(window, other) > _SAME for other in best):
                best.append(window)
            if len(best) >= _SPARE * count:
                break
        picked, again = list[tuple[_Window, Mapping[str, float]]](), list[_Window]()
        for window in best:
            topic = self._topic(window)
            if any(_cosine(topic, other) > _ALIKE for _, other in picked):
                again.append(window)
            else:
                picked.append((window, topic))
        yield from [*(window for window, _ in picked), *again][:count]

    def _overlap(self, one: _Window, other: _Window) -> float:
        """In shares of the shorter."""
        (a, b), (c, d) = (self._range(each) for each in (one, other))
        return max(0, min(b, d) - max(a, c)) / max(1, min(b - a, d - c))

    def _range(self, window: _Window) -> tuple[int, int]:
        return self._sentences[window.first].start_ms, self._sentences[window.stop - 1].end_ms

    def _topic(self, window: _Window) -> Mapping[str, float]:
        bag = Counter[str]()
        for each in self._facts[window.first : window.stop]:
            bag.update(each.bag)
        return {term: count * self._rarity[term] for term, count in bag.items()}

    def candidate(self, window: _Window) -> Candidate:
        own = self._sentences[window.first : window.stop]
        text = " ".join(sentence.text for sentence in own)
        topic = self._topic(window)
        tags = nlargest(3, topic, key=lambda term: topic[term])
        title = _title(own[0].text) if text else "Moment"
        start, end = self._edges(window)
        return Candidate(
            start_ms=start,
            end_ms=end,
            score=round(max(0.0, min(100.0, 30 + window.points))),
            reasons=tuple(
                Reason(name=why.name, points=why.points, detail=why.detail)
                for why in sorted(window.reasons, key=lambda why: -abs(why.points))
            ),
            title=title,
            caption=" ".join([title, *(f"#{tag}" for tag in tags)]) if text else "",
            text=text,
        )

    def _edges(self, window: _Window) -> tuple[int, int]:
        """A little before the first word and after the last: half the way to the words beside them at most."""
        start, end = self._range(window)
        if window.first:
            start = max(start - _BEFORE_MS, (self._sentences[window.first - 1].end_ms + start) // 2)
        else:
            start -= _BEFORE_MS
        if window.stop < len(self._sentences):
            end = min(end + _AFTER_MS, (self._following(window.stop) + end) // 2)
        else:
            end += _AFTER_MS
        return max(0, start), min(self._heard.duration_ms, max(end, start + 1))


# what is said --------------------------------------------------------------------------------------------------------


def _opening(first: Sentence) -> Iterator[_Why]:
    hook = _HOOKS.search(first.text)
    if first.text.rstrip().endswith(("?", "？")) or _ASKING.match(first.text):
        yield _Why(name="opens with a question", points=12, detail=_title(first.text))
    elif hook is not None:
        yield _Why(name="hook", points=10, detail=hook.group(0))
    if _DANGLING.match(first.text):
        yield _Why(name="begins in the middle", points=-9, detail=first.text.split()[0])
    if first.end_ms - first.start_ms <= 6000:
        yield _Why(name="short opening", points=3)


def _telling(facts: Sequence[_Facts]) -> Iterator[_Why]:
    numbers, turns = sum(each.numbers for each in facts), [turn for each in facts for turn in each.turns]
    names = {name for each in facts for name in each.names}
    yield _Why(name="numbers", points=float(min(6, 2 * numbers)), detail=str(numbers))
    yield _Why(name="names", points=float(min(5, len(names))), detail=", ".join(sorted(names)[:3]))
    yield _Why(name="turns", points=float(min(5, len(turns))), detail=", ".join(turns[:3]))
    hooks = [hook for each in facts[1:] for hook in each.hooks]
    yield _Why(name="strong words", points=float(min(5, len(hooks))), detail=", ".join(hooks[:3]))
    personal, reported = (fmean(map(float, shares)) for shares in _styles(facts))
    yield _Why(name="told by somebody", points=round(14 * personal, 1), detail=f"{personal:.0%} of the sentences")
    yield _Why(name="told like a report", points=round(-8 * reported, 1), detail=f"{reported:.0%} of the sentences")
    shouts = sum(each.shouted for each in facts)
    yield _Why(name="exclamations", points=float(min(3, shouts)), detail=str(shouts))


def _styles(facts: Sequence[_Facts]) -> tuple[list[bool], list[bool]]:
    return [each.personal for each in facts], [each.reported for each in facts]


def _terms(text: str) -> list[str]:
    words = re.findall(r"[^\W_]{3,}", text.casefold())
    return [stem(word) for word in words if word not in STOP_WORDS]


def _rarity(bags: Sequence[Counter[str]]) -> dict[str, float]:
    """Of every term, 0..1: in how few of the sentences it is."""
    seen = Counter(term for bag in bags for term in bag)
    most = log(1 + len(bags))
    return {term: log(1 + len(bags) / count) / max(most, 1e-9) if most else 0.0 for term, count in seen.items()}


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    shared = sum(weight * other.get(term, 0.0) for term, weight in one.items())
    sizes = [sqrt(sum(weight**2 for weight in each.values())) for each in (one, other)]
    return shared / (sizes[0] * sizes[1]) if all(sizes) else 0.0


def _title(text: str) -> str:
    """The first words of a sentence."""
    words, title = text.split(), ""
    for word in words:
        if title and len(title) + len(word) > 64:
            return f"{title.rstrip(',;:')}…"
        title = f"{title} {word}".strip()
    return title[:100]
