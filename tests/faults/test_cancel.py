"""Cancelling: what runs is stopped within two seconds, the credits come back, the video is what it was before."""

from __future__ import annotations

import time

import pytest

from app.modules.videos.errors import JobFinished
from app.modules.videos.models import JobStatus, RenderJob, VideoStatus
from app.modules.videos.renders import Change
from tests.faults.scene import LONG, Scene, renderers, wait_until
from tests.site import Worker

#: From the specification: the one bound on time that a test holds.
STOPPED_WITHIN_S = 2.0


def encoding(stage: Scene, job: RenderJob, crew: list[Worker]) -> bool:
    """Every worker draws a chunk of this job."""
    running = [task for task in stage.tasks(job.id) if task.kind == "chunk" and task.status == "running"]
    return len(running) >= len(crew) and all(renderers(worker) for worker in crew)


def cancel_and_see_it_stop(stage: Scene, job: RenderJob, crew: list[Worker]) -> None:
    began = time.monotonic()
    stage.cancel(job.id)
    wait_until(lambda: not any(renderers(worker) for worker in crew))
    assert time.monotonic() - began <= STOPPED_WITHIN_S
    assert stage.job(job.id).status == JobStatus.CANCELED


def test_cancelling_stops_every_encoder_and_gives_the_credits_back(stage: Scene) -> None:
    crew = [stage.start_worker(), stage.start_worker()]
    job = stage.order(stage.drawn(LONG))
    wait_until(lambda: encoding(stage, job, crew))
    cancel_and_see_it_stop(stage, job, crew)
    stage.cost_nothing()
    assert stage.video(job).status == VideoStatus.FAILED
    wait_until(lambda: not stage.scratch())
    assert stage.blobs("videos") == []
    begun = sum(task.attempts for task in stage.tasks(job.id))
    stage.render(stage.drawn("Something else."))
    assert sum(task.attempts for task in stage.tasks(job.id)) == begun


def test_after_a_cancellation_the_workers_go_on_with_other_work(stage: Scene) -> None:
    worker = stage.start_worker()
    job = stage.order(stage.drawn(LONG))
    wait_until(lambda: encoding(stage, job, [worker]))
    other = stage.order(stage.drawn("Something else."))
    stage.cancel(job.id)
    stage.succeeded(stage.wait(other.id))
    assert stage.job(job.id).status == JobStatus.CANCELED


def test_cancelling_another_render_of_a_video_leaves_the_one_that_is_shown(stage: Scene) -> None:
    worker = stage.start_worker()
    first = stage.render(stage.drawn())
    spent = (first.receipt or {})["credits"]["charged"]
    again = stage.order_again(first.video_id, Change(script=LONG))
    wait_until(lambda: encoding(stage, again, [worker]))
    cancel_and_see_it_stop(stage, again, [worker])
    video = stage.video(first)
    assert (video.status, video.revision) == (VideoStatus.READY, 1)
    assert stage.file(first).stat().st_size == stage.revision(first).size
    stage.cost(spent)


def test_a_job_that_is_canceled_while_it_waits_never_starts(stage: Scene) -> None:
    job = stage.order(stage.drawn())
    stage.cancel(job.id)
    stage.cost_nothing()
    stage.start_worker()
    stage.render(stage.drawn("Something else."))
    assert stage.job(job.id).status == JobStatus.CANCELED
    assert stage.job(job.id).started_at is None
    assert stage.tasks(job.id) == []


def test_cancelling_twice_says_that_it_is_over(stage: Scene) -> None:
    job = stage.order(stage.drawn())
    stage.cancel(job.id)
    with pytest.raises(JobFinished, match="canceled"):
        stage.cancel(job.id)
    stage.cost_nothing()


def test_a_crash_between_the_cancellation_and_the_call_to_the_engine_leaves_nothing_running(stage: Scene) -> None:
    worker = stage.start_worker()
    job = stage.order(stage.drawn(LONG))
    wait_until(lambda: encoding(stage, job, [worker]))
    with stage.database.session_scope() as session:
        stage.services.renders.cancel(session, stage.workspace_id, job.id)
    wait_until(lambda: not renderers(worker))
    stage.cost_nothing()
    stage.succeeded(stage.wait(stage.order(stage.drawn("Something else.")).id))
    assert "queued" in {task.status for task in stage.tasks(job.id)}
