"""Sounds with the token each belongs to → the track of a passage. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.speech.base import Clause, Phone, Track, Word
from app.speech.spoken import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPhone:
    """A sound and the index of the token it belongs to. An empty ``ipa`` is a pause."""

    start_ms: int
    end_ms: int
    ipa: str
    stressed: bool
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseEnd:
    """The clause ends with this token."""

    token: int
    question: bool


def sounding(phones: Iterable[TokenPhone]) -> tuple[int, int] | None:
    """From the first sound to the end of the last, in milliseconds; nothing when all is silent."""
    heard = [phone for phone in phones if phone.ipa]
    return (heard[0].start_ms, heard[-1].end_ms) if heard else None


def shifted(phones: Iterable[TokenPhone], by_ms: int, duration_ms: int) -> list[TokenPhone]:
    """The same sounds ``by_ms`` later, within ``0..duration_ms``; what falls outside is gone."""
    moved = (
        replace(phone, start_ms=max(0, phone.start_ms + by_ms), end_ms=min(duration_ms, phone.end_ms + by_ms))
        for phone in phones
    )
    return [phone for phone in moved if phone.end_ms > phone.start_ms]


def lay_track(
    tokens: Sequence[Token], phones: Sequence[TokenPhone], clause_ends: Sequence[ClauseEnd], duration_ms: int
) -> Track:
    """Every token is in exactly one word, in order; a token without a sound of its own joins the word before it."""
    spans = _spans(tokens, phones)
    return Track(
        duration_ms=duration_ms,
        phones=tuple(_phones(phones, duration_ms)),
        words=tuple(_words(tokens, spans, duration_ms)),
        clauses=tuple(_clauses(clause_ends, spans, duration_ms)),
    )


def _phones(phones: Sequence[TokenPhone], duration_ms: int) -> Iterator[Phone]:
    """Without gaps: silence at both ends and between sounds is one pause each."""
    at = 0
    for phone in phones:
        if not phone.ipa:
            continue
        if phone.start_ms > at:
            yield Phone(start_ms=at, end_ms=phone.start_ms, ipa="")
        yield Phone(start_ms=max(at, phone.start_ms), end_ms=phone.end_ms, ipa=phone.ipa, stressed=phone.stressed)
        at = phone.end_ms
    if at < duration_ms:
        yield Phone(start_ms=at, end_ms=duration_ms, ipa="")


def _spans(tokens: Sequence[Token], phones: Sequence[TokenPhone]) -> dict[int, tuple[int, int]]:
    """When each spoken token sounds. Tokens said in one breath ("of the") share the time by their length."""
    heard: dict[int, tuple[int, int]] = {}
    latest = 0
    for phone in phones:
        if not phone.ipa:
            continue
        latest = max(latest, phone.token)
        start, end = heard.get(latest, (phone.start_ms, phone.end_ms))
        heard[latest] = (min(start, phone.start_ms), max(end, phone.end_ms))
    return dict(_shared(tokens, heard))


def _shared(tokens: Sequence[Token], heard: dict[int, tuple[int, int]]) -> Iterator[tuple[int, tuple[int, int]]]:
    owners = sorted(heard)
    for place, owner in enumerate(owners):
        first = 0 if place == 0 else owner
        stop = owners[place + 1] if place + 1 < len(owners) else len(tokens)
        sharing = [index for index in range(first, stop) if tokens[index].spoken or index == owner]
        start, end = heard[owner]
        total, done = sum(len(tokens[index].text) for index in sharing), 0
        for index in sharing:
            begins = start + (end - start) * done // total
            done += len(tokens[index].text)
            yield index, (begins, start + (end - start) * done // total)


def _words(tokens: Sequence[Token], spans: dict[int, tuple[int, int]], duration_ms: int) -> Iterator[Word]:
    """Words in order; neither they nor their ends ever go back in time."""
    text, span, at = "", None, 0
    for index, token in enumerate(tokens):
        own = spans.get(index)
        if own is not None and span is not None:
            word = _word(text, span, at)
            yield word
            at, text, span = word.end_ms, token.text, own
            continue
        text = token.text if not text else f"{text}{'' if token.glued else ' '}{token.text}"
        span = own or span
    if text:
        yield _word(text, span or (0, duration_ms), at)


def _word(text: str, span: tuple[int, int], at: int) -> Word:
    start = max(at, span[0])
    return Word(start_ms=start, end_ms=max(start, span[1]), text=text)


def _clauses(ends: Sequence[ClauseEnd], spans: dict[int, tuple[int, int]], duration_ms: int) -> Iterator[Clause]:
    """Clauses that hold a sound, each ending with its last."""
    at = 0
    for end in ends:
        heard = [span[1] for index, span in spans.items() if index <= end.token]
        end_ms = min(max(heard, default=0), duration_ms)
        if end_ms > at:
            yield Clause(end_ms=end_ms, question=end.question)
            at = end_ms
