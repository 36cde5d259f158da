"""How far a render is: a live bar at a terminal, a few plain lines elsewhere, JSON lines for machines.

All of it goes to standard error; standard output holds results only.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import typer

#: What people read for each stage of a job.
STAGES = {
    "reading": "reading the file",
    "sending": "sending",
    "queued": "waiting for a worker",
    "plan": "planning",
    "searching": "looking for moments",
    "takes": "speaking",
    "receive": "putting together",
    "check": "looking into the file",
    "chunks": "drawing",
    "package": "putting together",
    "publish": "storing",
    "done": "done",
}
_LINE_EVERY = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where a job is: ``share`` of the work in 0..1, and the seconds left where they are known."""

    stage: str
    share: float
    eta_s: float | None

    @property
    def words(self) -> str:
        return STAGES.get(self.stage, self.stage)


class Meter(Protocol):
    def show(self, moment: Moment) -> None: ...


def within(show: Callable[[Moment], None], start: float, stop: float) -> Callable[[Moment], None]:
    """For a part of the work, which shows its own share of itself."""
    return lambda moment: show(replace(moment, share=start + (stop - start) * moment.share))


@contextlib.contextmanager
def metered(*, as_json: bool) -> Generator[Meter]:
    """The meter that suits who is reading."""
    if as_json:
        yield _JsonLines()
    elif sys.stderr.isatty():
        with _bar() as bar:
            yield bar
    else:
        yield _Lines()


class _JsonLines:
    def __init__(self) -> None:
        self._last: Moment | None = None

    def show(self, moment: Moment) -> None:
        if moment != self._last:
            typer.echo(json.dumps({"progress": asdict(moment)}), err=True)
        self._last = moment


class _Lines:
    """One line for each stage, and one for every fifth of the work."""

    def __init__(self) -> None:
        self._stage, self._share = "", 0.0

    def show(self, moment: Moment) -> None:
        if moment.stage == self._stage and moment.share < self._share + _LINE_EVERY:
            return
        self._stage, self._share = moment.stage, moment.share
        typer.echo(f"{moment.share:4.0%}  {moment.words}{_eta(moment)}", err=True)


class _Bar:
    def __init__(self, progress: Any) -> None:
        self._progress = progress
        self._task = progress.add_task("starting", total=1.0, eta="")

    def show(self, moment: Moment) -> None:
        self._progress.update(self._task, completed=moment.share, description=moment.words, eta=_eta(moment))


@contextlib.contextmanager
def _bar() -> Generator[Meter]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<20}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[eta]}"),
        console=Console(stderr=True),
    ) as progress:
        yield _Bar(progress)


def _eta(moment: Moment) -> str:
    if moment.eta_s is None or moment.share >= 1:
        return ""
    return f"  {clock(moment.eta_s)} left"


def clock(seconds: float) -> str:
    """Minutes and seconds, as a player shows them."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02}"
