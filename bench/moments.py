"""How well moments are found: against a labelled set, next to two baselines.

The set (``moments.json``, made for this: invented talks, dull passages with strong ones between them, some followed by
laughter or applause) says for each talk which ranges are worth a clip. ``make bench NAME=moments``.

``precision``: of the moments that are found, as many as are labelled, how many overlap a labelled one by half of the
shorter. ``boundary_error_s``: how far their edges are from those of the label, on average. ``precision_uniform``,
``precision_loudest``: as many windows of 20 s, evenly spaced, and where it is loudest. ``cut_words``: how many moments
begin or end within a word.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from app.media.liveliness import RATE, Liveliness
from app.modules.videos.clips.moments import Heard, Wish, moments_in
from app.modules.videos.scenery import SaidWord
from bench.measure import report

WINDOW_S = 20
_WORD_MS, _PAUSE_MS, _APPLAUSE_MS = 330, 450, 3000
Range = tuple[int, int]


def main() -> None:
    talks = [Talk(each) for each in json.loads((Path(__file__).parent / "moments.json").read_text("utf-8"))]
    found = [(talk, talk.found()) for talk in talks]
    report(
        "moments",
        precision=fmean(precision(ranges, talk.labels) for talk, ranges in found),
        precision_uniform=fmean(precision(talk.uniform(), talk.labels) for talk in talks),
        precision_loudest=fmean(precision(talk.loudest(), talk.labels) for talk in talks),
        boundary_error_s=fmean(error for talk, ranges in found for error in errors_s(ranges, talk.labels)),
        cut_words=sum(talk.cut_words(ranges) for talk, ranges in found),
        talks=len(talks),
        labels=sum(len(talk.labels) for talk in talks),
    )


class Talk:
    """Passages spoken one after the other; those that are labelled are told apart by nothing but what they are."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.words, self.labels, self._loud = list[SaidWord](), list[Range](), list[tuple[int, int, float]]()
        self._applause, time = list[Range](), 500
        for passage in document["passages"]:
            start = time
            for text in passage["text"].split():
                self.words.append(SaidWord(start_ms=time, end_ms=time + _WORD_MS - 30, text=text))
                time += _WORD_MS + (_PAUSE_MS if text.endswith((".", "?", "!")) else 0)
            self._loud.append((start, time, passage.get("level", 0.0)))
            if passage.get("label"):
                self.labels.append((start, self.words[-1].end_ms))
            if passage.get("applause"):
                self._applause.append((time, time + _APPLAUSE_MS))
                time += _APPLAUSE_MS
        self.duration_ms = time + 500

    @property
    def sound(self) -> Liveliness:
        """As loud as the passages are, softer between words, and noise where people clap."""
        count = self.duration_ms * RATE // 1000
        level, flat = np.full(count, -60, np.float32), np.full(count, 0.03, np.float32)
        for start, stop, louder in self._loud:
            for word in self.words:
                if start <= word.start_ms < stop:
                    level[word.start_ms * RATE // 1000 : word.end_ms * RATE // 1000 + 1] = -26 + louder
        for start, stop in self._applause:
            level[start * RATE // 1000 : stop * RATE // 1000] = -22
            flat[start * RATE // 1000 : stop * RATE // 1000] = 0.5
        return Liveliness(level, flat)

    def found(self) -> list[Range]:
        heard = Heard(words=self.words, sound=self.sound, duration_ms=self.duration_ms)
        wish = Wish(count=len(self.labels), least_ms=10_000, most_ms=40_000)
        return [(each.start_ms, each.end_ms) for each in moments_in(heard, wish)]

    def uniform(self) -> list[Range]:
        step = self.duration_ms / len(self.labels)
        middles = [step * (number + 0.5) for number in range(len(self.labels))]
        return [(round(m - WINDOW_S * 500), round(m + WINDOW_S * 500)) for m in middles]

    def loudest(self) -> list[Range]:
        level, window = 10 ** (self.sound.level / 10), WINDOW_S * RATE
        sums = np.convolve(level, np.ones(window), "valid")
        picked = list[Range]()
        for _ in self.labels:
            at = int(np.argmax(sums))
            picked.append((at * 1000 // RATE, (at + window) * 1000 // RATE))
            sums[max(0, at - window) : at + window] = -1
        return picked

    def cut_words(self, ranges: list[Range]) -> int:
        return sum(word.start_ms < edge < word.end_ms for each in ranges for edge in each for word in self.words)


def precision(ranges: list[Range], labels: list[Range]) -> float:
    return fmean(any(overlap(each, label) >= 0.5 for label in labels) for each in ranges) if ranges else 0.0


def errors_s(ranges: list[Range], labels: list[Range]) -> list[float]:
    errors = list[float]()
    for each in ranges:
        best = max(labels, key=lambda label: overlap(each, label))
        if overlap(each, best) >= 0.5:
            errors += [abs(a - b) / 1000 for a, b in zip(each, best, strict=True)]
    return errors


def overlap(one: Range, other: Range) -> float:
    """In shares of the shorter."""
    both = max(0, min(one[1], other[1]) - max(one[0], other[0]))
    return both / max(1, min(one[1] - one[0], other[1] - other[0]))


if __name__ == "__main__":
    main()
