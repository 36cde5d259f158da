"""How far a render job is, and how much longer it will take. Pure.

Progress weighs takes with 5 %, chunks by their frames with 90 %, the mix with 2 %; the rest is the package.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.modules.videos.models import JobStatus, Stage

_SHARES = {"take": 0.05, "chunk": 0.90, "mix": 0.02}
_MOST_UNFINISHED = 0.99
_TAIL = 0.05  # of the whole time: joining and storing the file
_FIRST_MEASURE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The tasks of one kind in one job. ``made`` and ``to_make`` count frames and leave out what was reused."""

    tasks: int
    done: int
    frames: int
    frames_done: int
    to_make: int
    made: int

    @property
    def share(self) -> float:
        if self.frames:
            return self.frames_done / self.frames
        return self.done / self.tasks if self.tasks else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What is known of a job. ``drawing_since``: when its takes were there. ``ahead_s``: seconds of video before it.

    ``waits``: for takes of providers, of which ``takes_left_s`` is how much longer they should take, if that is known.
    """

    status: JobStatus
    stage: Stage
    expected_s: int
    started_at: datetime | None
    drawing_since: datetime | None = None
    ahead_s: int = 0
    waits: bool = False
    takes_left_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    progress: float
    eta_seconds: int | None


SUCCEEDED = Outlook(progress=1.0, eta_seconds=0)


def outlook(job: Running, tallies: Mapping[str, Tally], *, pace: float | None, now: datetime) -> Outlook:
    """``pace``: seconds that recent jobs took for a second of video; None when there were none."""
    if job.status is JobStatus.SUCCEEDED:
        return SUCCEEDED
    if job.status in (JobStatus.FAILED, JobStatus.CANCELED):
        return Outlook(progress=_progress(tallies), eta_seconds=None)
    remaining = _remaining_s(job, tallies, pace, now)
    eta = None if remaining is None else max(1, math.ceil(remaining))
    return Outlook(progress=_progress(tallies), eta_seconds=eta)


def _progress(tallies: Mapping[str, Tally]) -> float:
    weighed = sum(share * tallies[kind].share for kind, share in _SHARES.items() if kind in tallies)
    return round(min(weighed, _MOST_UNFINISHED), 4)


def _remaining_s(job: Running, tallies: Mapping[str, Tally], pace: float | None, now: datetime) -> float | None:
    running_s = (now - job.started_at).total_seconds() if job.started_at else 0.0
    if job.stage in (Stage.PACKAGE, Stage.PUBLISH):
        return running_s * _TAIL
    measured = _by_own_rate(job, tallies.get("chunk"), now)
    if measured is not None:
        return measured + (running_s + measured) * _TAIL
    if pace is None or (job.waits and job.takes_left_s is None):
        return None
    if job.waits and job.takes_left_s is not None:
        return job.takes_left_s + job.expected_s * pace
    return (job.expected_s + job.ahead_s) * pace - running_s


def _by_own_rate(job: Running, chunks: Tally | None, now: datetime) -> float | None:
    if chunks is None or chunks.made == 0 or job.drawing_since is None:
        return None
    drawing_s = (now - job.drawing_since).total_seconds()
    if drawing_s < _FIRST_MEASURE_S:
        return None
    return (chunks.to_make - chunks.made) * drawing_s / chunks.made
