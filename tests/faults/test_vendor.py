"""A vendor fails in every way it can. A take is never paid for twice, and no credits are lost."""

from __future__ import annotations

import pytest

from app.modules.videos.models import JobStatus
from tests.faults.scene import LINE, Scene, wait_until


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param({}, id="nothing goes wrong"),
        pytest.param({"submit": ["busy"]}, id="busy at first"),
        pytest.param({"submit": ["drop"]}, id="the answer to the request is lost"),
        pytest.param({"poll": ["ok", "blip"]}, id="it does not answer for a moment"),
        pytest.param({"fetch": ["truncated"]}, id="the download breaks off"),
        pytest.param({"fetch": ["cut"]}, id="half of the file comes"),
        pytest.param({"fetch": ["page"]}, id="a web page comes"),
    ],
)
def test_what_passes_by_is_overcome_with_one_paid_take(stage: Scene, faults: dict[str, list[str]]) -> None:
    stage.plays(**faults)
    stage.start_worker()
    job = stage.wait(stage.order(stage.from_vendor()).id)
    stage.succeeded(job)
    assert len(stage.vendor.accepted()) == 1
    assert stage.vendor.unused() == []


def test_a_vendor_that_refuses_is_quoted(stage: Scene) -> None:
    stage.plays(submit=["refuse"])
    stage.start_worker()
    job = stage.wait(stage.order(stage.from_vendor()).id)
    stage.failed(job, "provider_refused", "refused by the content policy")
    assert stage.vendor.accepted() == []
    assert stage.again(job).status == JobStatus.SUCCEEDED


def test_a_render_that_fails_at_the_vendor_is_quoted_and_can_be_asked_for_again(stage: Scene) -> None:
    stage.plays(poll=["ok", "fail"])
    stage.start_worker()
    job = stage.wait(stage.order(stage.from_vendor()).id)
    stage.failed(job, "provider_refused", "GPU on fire")
    assert len(stage.vendor.accepted()) == 1
    assert stage.again(job).status == JobStatus.SUCCEEDED
    assert len(stage.vendor.accepted()) == 2


def test_a_vendor_that_stays_busy_ends_the_job_and_was_asked_for_nothing(stage: Scene) -> None:
    stage.plays(submit=["busy"] * 9)
    stage.start_worker()
    job = stage.wait(stage.order(stage.from_vendor()).id)
    stage.failed(job, "provider_busy", "All slots of this account are taken")
    assert stage.vendor.accepted() == []
    stage.plays()
    assert stage.again(job).status == JobStatus.SUCCEEDED


def test_a_take_that_cannot_be_brought_home_is_there_for_the_next_render(stage: Scene) -> None:
    stage.plays(fetch=["truncated"] * 40)
    stage.start_worker()
    job = stage.wait(stage.order(stage.from_vendor()).id)
    stage.failed(job, "result_unavailable", "17 bytes")
    assert stage.blobs() == []
    stage.plays()
    assert stage.again(job).status == JobStatus.SUCCEEDED
    assert len(stage.vendor.accepted()) == 1


def test_a_take_that_never_comes_is_given_up_at_its_deadline_and_found_by_the_next_render(stage: Scene) -> None:
    stage.plays(latency_s=3600, deadline_s=1)
    stage.start_worker()
    job = stage.wait(stage.order(stage.from_vendor()).id)
    stage.failed(job, "take_overdue", "within 1 s", "not paid for again")
    stage.plays(latency_s=0)
    assert stage.again(job).status == JobStatus.SUCCEEDED
    assert len(stage.vendor.accepted()) == 1


def test_a_request_that_was_lost_is_not_sent_again_until_somebody_asks(stage: Scene) -> None:
    stage.plays(submit=["lose"])
    stage.start_worker()
    job = stage.wait(stage.order(stage.from_vendor()).id)
    stage.failed(job, "submit_unknown", "not sent again")
    assert stage.vendor.accepted() == []
    assert stage.again(job).status == JobStatus.SUCCEEDED
    assert len(stage.vendor.accepted()) == 1


@pytest.mark.parametrize("slow", ["arrive_s", "answer_s"])
def test_two_jobs_that_want_the_same_take_at_once_pay_for_one(stage: Scene, slow: str) -> None:
    stage.plays(latency_s=0, **{slow: 3.0})
    crew = [stage.start_worker(), stage.start_worker()]
    jobs = [stage.order(stage.from_vendor()) for _ in crew]
    ended = [stage.wait(job.id) for job in jobs]
    assert [(job.status, job.error_message) for job in ended] == [(JobStatus.SUCCEEDED, None)] * 2
    assert len(stage.vendor.accepted()) == 1
    stage.cost(sum((job.receipt or {})["credits"]["charged"] for job in ended))


def test_a_worker_killed_while_it_asks_leaves_a_request_that_the_next_one_finds(stage: Scene) -> None:
    stage.plays(answer_s=3600)
    killed = stage.start_worker()
    job = stage.order(stage.from_vendor())
    wait_until(stage.vendor.accepted)
    killed.kill()
    killed.wait()
    stage.start_worker()
    stage.succeeded(stage.wait(job.id))
    assert len(stage.vendor.accepted()) == 1


def test_a_job_canceled_while_the_vendor_works_leaves_a_take_for_the_next_render(stage: Scene) -> None:
    stage.plays(latency_s=3600)
    stage.start_worker()
    job = stage.order(stage.from_vendor(LINE))
    wait_until(stage.vendor.accepted)
    stage.cancel(job.id)
    stage.cost_nothing()
    stage.plays(latency_s=0)
    assert stage.again(job).status == JobStatus.SUCCEEDED
    assert len(stage.vendor.accepted()) == 1
