"""The stream of one job, looked at step by step."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from app.core.clock import utc_now
from app.core.errors import NotFound, Unavailable
from app.modules.videos import events
from app.modules.videos.events import event_id, follow
from app.modules.videos.models import JobStatus, Stage
from app.modules.videos.schemas import JobCredits, RenderJobOut


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LOOK_EVERY_S", 0.001)


def _job(progress: float = 0.0, *, finished: bool = False) -> RenderJobOut:
    return RenderJobOut(
        id="job",
        status=JobStatus.SUCCEEDED if finished else JobStatus.RENDERING,
        stage=Stage.DONE if finished else Stage.CHUNKS,
        progress=progress,
        eta_seconds=None,
        error=None,
        video_id="video",
        revision=1,
        credits=JobCredits(held=1, charged=None),
        receipt=None,
        created_at=utc_now(),
        started_at=None,
        finished_at=utc_now() if finished else None,
    )


def _told(*states: RenderJobOut | Exception, known: str | None = None) -> list[str]:
    """What a client hears while the job goes through these states."""
    left = list(states)

    def read() -> RenderJobOut:
        state = left.pop(0)
        if isinstance(state, Exception):
            raise state
        return state

    return asyncio.run(_all(follow(read, known=known, stopping=lambda: not left)))


async def _all(stream: AsyncIterator[str]) -> list[str]:
    return [text async for text in stream]


def _shares(told: list[str]) -> list[str]:
    return [text.splitlines()[0].split(".", 2)[2] for text in told if text.startswith("id:")]


def test_only_changes_are_told() -> None:
    told = _told(_job(0.1), _job(0.1), _job(0.1), _job(0.2), _job(1.0, finished=True))
    assert _shares(told) == ["0.1000", "0.2000", "1.0000"]
    assert "event: done" in told[-1]


def test_progress_never_goes_backwards() -> None:
    told = _told(_job(0.5), _job(0.3), _job(0.6), _job(1.0, finished=True))
    assert _shares(told) == ["0.5000", "0.6000", "1.0000"]


def test_a_client_that_comes_back_hears_what_is_new() -> None:
    told = _told(_job(0.4), _job(0.5), _job(1.0, finished=True), known=event_id(_job(0.4)))
    assert _shares(told) == ["0.5000", "1.0000"]
    assert _shares(_told(_job(0.4), _job(1.0, finished=True), known="rubbish.x.nan")) == ["0.4000", "1.0000"]


def test_silence_is_filled_with_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_EVERY_S", 0.003)
    told = _told(*[_job(0.1)] * 8, _job(1.0, finished=True))
    assert sum(text.startswith(":") for text in told) == 2


@pytest.mark.parametrize(
    ("states", "shares"),
    [
        ([_job(0.1), NotFound("gone"), _job(0.2)], ["0.1000"]),
        ([_job(0.1), Unavailable("busy"), _job(0.2), _job(0.3)], ["0.1000", "0.2000", "0.3000"]),
    ],
    ids=["deleted", "database away for a moment"],
)
def test_trouble_with_the_database(states: list[Any], shares: list[str]) -> None:
    assert _shares(_told(*states)) == shares


def test_the_stream_ends_when_the_server_stops() -> None:
    stopping: Callable[[], bool] = lambda: True  # noqa: E731
    assert asyncio.run(_all(follow(lambda: _job(0.1), known=None, stopping=stopping))) == ["retry: 2000\n\n"]
