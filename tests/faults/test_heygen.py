"""HeyGen fails in every way its contract and its users tell of, and workers are killed: one paid take each."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from app.media.ffmpeg import run_ffmpeg
from app.modules.videos.models import JobStatus, RenderJob, TakeIntent
from app.modules.videos.providers.kinds import Kind
from app.modules.videos.providers.schemas import AddProvider, ChangeProvider
from app.modules.videos.schemas import CreateAvatar
from tests.faults.scene import LINE, Scene, wait_until
from tests.site import Site
from tests.vendors.heygen import KEY, HeyGenSimulator, heygen

#: How many renders the campaign has: TENEX_CAMPAIGN=500 for a long one.
RUNS = int(os.environ.get("TENEX_CAMPAIGN", "8"))
KILLS = max(2, RUNS // 10)
SEED = int(os.environ.get("TENEX_CAMPAIGN_SEED", "7"))


class Stage(Scene):
    """A site whose workspace has an account at HeyGen."""

    def __init__(self, data: Path, vendor: HeyGenSimulator) -> None:
        Site.__init__(self, data, private_sources="127.0.0.1", provider_poll_seconds="0.1")
        self.heygen = vendor
        accounts = self.services.accounts_elsewhere
        wanted = CreateAvatar(name="Ann", provider="heygen", provider_avatar_id="look_1", voice_id="voice_1")
        with self.database.session_scope() as session:
            accounts.add(
                session, self.workspace_id, AddProvider(kind=Kind.HEYGEN, key=SecretStr(KEY), base_url=vendor.url)
            )
        with self.database.session_scope() as session:
            self.avatar_id = self.services.avatars.create(session, self.workspace_id, wanted).id

    def rotate(self, key: str) -> None:
        with self.database.session_scope() as session:
            wanted = ChangeProvider(key=SecretStr(key))
            self.services.accounts_elsewhere.change(session, self.workspace_id, "heygen", wanted)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    inputs = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=1", "-f", "lavfi", "-i", "sine=440:d=1")
    run_ffmpeg((*inputs, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(path)), timeout_s=60)
    return path.read_bytes()


@pytest.fixture
def stage(tmp_path: Path, film: bytes) -> Iterator[Stage]:
    with heygen(film) as vendor:
        opened = Stage(tmp_path / "data", vendor)
        try:
            yield opened
        finally:
            opened.close()


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param({}, id="nothing goes wrong"),
        pytest.param({"submit": ["drop"]}, id="the answer to the request is lost"),
        pytest.param({"submit": ["lost", "running"]}, id="a gateway fails after the request was taken"),
        pytest.param({"poll": ["blip", "page", "cut", "strange", "no_link"]}, id="it answers with no status"),
        pytest.param({"media": ["early", "expired"]}, id="the file is not there yet, and the link has expired"),
        pytest.param({"media": ["short", "page", "empty"]}, id="the file is cut short, a web page, and empty"),
        pytest.param({"media": ["private"]}, id="the file is said to be in a private network"),
    ],
)
def test_what_passes_by_is_overcome_with_one_paid_take(stage: Stage, faults: dict[str, list[str]]) -> None:
    stage.heygen.faults.update(faults)
    stage.start_worker()
    stage.succeeded(stage.wait(stage.order(stage.from_vendor()).id))
    assert len(stage.heygen.ledger) == 1
    assert not any(stage.heygen.faults.values())


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        ("insufficient_credit", "provider_out_of_credits", "Add credits"),
        ("content_policy_violation", "content_rejected", "Change the script"),
        ("avatar_not_found", "provider_refused", "avatar_not_found"),
    ],
)
def test_a_refusal_ends_the_job_with_what_to_do(stage: Stage, fault: str, code: str, words: str) -> None:
    stage.heygen.faults["submit"] = [fault]
    stage.start_worker()
    job = stage.wait(stage.order(stage.from_vendor()).id)
    stage.failed(job, code, words)
    assert stage.heygen.ledger == []
    assert stage.again(job).status == JobStatus.SUCCEEDED


def test_a_key_that_is_revoked_while_it_renders_costs_no_second_take(stage: Stage) -> None:
    stage.heygen.rendered = False
    stage.start_worker()
    order = stage.order(stage.from_vendor())
    wait_until(lambda: stage.heygen.ledger)
    stage.heygen.key = "sk_the_new_key_9999"
    job = stage.wait(order.id)
    stage.failed(job, "provider_key_refused", "PUT /api/v1/videos/providers/heygen")
    assert KEY not in (job.error_message or "")
    stage.rotate("sk_the_new_key_9999")
    stage.heygen.rendered = True
    assert stage.again(job).status == JobStatus.SUCCEEDED
    assert len(stage.heygen.ledger) == 1


def test_a_worker_killed_while_it_asks_repeats_the_request_under_its_reference(stage: Stage) -> None:
    stage.heygen.faults["submit"] = ["slow"]
    killed = stage.start_worker()
    job = stage.order(stage.from_vendor())
    wait_until(lambda: stage.heygen.ledger)
    killed.kill()
    killed.wait()
    stage.start_worker()
    stage.succeeded(stage.wait(job.id))
    assert len(stage.heygen.ledger) == 1


def test_a_campaign_of_faults_and_kills_loses_nothing_and_pays_once(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    """Afterwards, without faults, what had failed is rendered again: every script was paid for once in all."""
    chance = random.Random(SEED)
    stage.heygen.chance, stage.heygen.often, stage.heygen.latency_s = chance, 0.25, 0.5
    stage.heygen.usual = {
        "submit": ["busy", "edge", "lost", "drop", "mute", "running"],
        "poll": ["blip", "cut", "page", "stuck", "strange", "no_link"],
        "media": ["expired", "early", "short", "page", "empty", "private"],
    }
    orders = [stage.order(stage.from_vendor(f"{LINE} Number {number}.")) for number in range(RUNS)]
    for number in range(KILLS):
        worker = stage.start_worker()
        charged = len(stage.heygen.ledger)
        wait_until(lambda charged=charged, enough=number % 3 + 1: len(stage.heygen.ledger) >= charged + enough)
        time.sleep(chance.uniform(0.0, 2.0))  # somewhere in the middle of what follows
        worker.kill()
        worker.wait()
        if len(stage.heygen.ledger) > RUNS - 5:
            break
    stage.start_worker()
    wait_until(lambda: all(_ended(stage.job(order.id)) for order in orders), 120 + 5 * RUNS)
    _nothing_was_paid_twice_or_unknown(stage)
    stage.heygen.chance = None
    for order in orders:
        if stage.job(order.id).status != JobStatus.SUCCEEDED:
            assert stage.job(order.id).error_code in ("result_unavailable", "submit_unknown", "provider_busy")
            assert stage.again(order).status == JobStatus.SUCCEEDED
    _nothing_was_paid_twice_or_unknown(stage)
    assert len(stage.heygen.ledger) == RUNS
    with stage.database.read_scope() as session:
        assert not stage.services.credits.audit(session)
    told = capfd.readouterr()
    assert KEY not in told.out + told.err


def _ended(job: RenderJob) -> bool:
    return job.status in (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELED)


def _nothing_was_paid_twice_or_unknown(stage: Stage) -> None:
    """At most one charge for each reference, and for every charge an intent that knows of it, or of its doubt."""
    refs = [stage.heygen.videos[video_id]["body"]["callback_id"] for video_id in stage.heygen.ledger]
    assert len(set(refs)) == len(refs)
    with stage.database.read_scope() as session:
        known = {intent.id: intent for intent in session.scalars(sa.select(TakeIntent))}
    for ref in refs:
        assert known[ref].provider_id is not None or known[ref].status in ("submitting", "unknown", "planned")
