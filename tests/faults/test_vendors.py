"""Vendors fail in every way their contracts and users tell of, and workers are killed: one paid take each."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from app.bootstrap import build_housekeeping
from app.media.ffmpeg import run_ffmpeg
from app.modules.videos.composition import Composition, Picture, Resolution, Scene
from app.modules.videos.models import JobStatus, ProviderAccount, RenderJob, TakeIntent
from app.modules.videos.providers.kinds import VENDORS, Kind
from app.modules.videos.providers.schemas import AddProvider, ChangeProvider, ChangeTerms
from app.modules.videos.scenery import Corner, Layout, Shape
from app.modules.videos.schemas import ChangeAvatar, CreateAvatar, RenderJobOut
from tests.faults import scene
from tests.faults.scene import LINE, wait_until
from tests.media.barcodes import lumas
from tests.site import ENDED, Site
from tests.vendors.calls import OUTSIDE, SECRET
from tests.vendors.heygen import HeyGenSimulator, HeyGenV2Simulator
from tests.vendors.others import DIdSimulator, EngineSimulator, SynthesiaSimulator, TavusSimulator
from tests.vendors.simulator import KEY, Simulator, serving
from tests.videos.installation import served
from tests.videos.library import slide

#: How many renders the campaign has: TENEX_CAMPAIGN=500 for a long one.
RUNS = int(os.environ.get("TENEX_CAMPAIGN", "8"))
_AT_ONCE = 20
SIMULATORS: dict[Kind, type[Simulator]] = {
    Kind.HEYGEN: HeyGenSimulator,
    Kind.D_ID: DIdSimulator,
    Kind.SYNTHESIA: SynthesiaSimulator,
    Kind.TAVUS: TavusSimulator,
    Kind.HTTP: EngineSimulator,
}
PROFILES: dict[Kind, dict[str, Any]] = {
    Kind.HEYGEN: {"provider_avatar_id": "look_1", "voice_id": "voice_1"},
    Kind.HEYGEN_V2: {"provider_avatar_id": "ann_public", "voice_id": "voice_1"},
    Kind.D_ID: {"provider_avatar_id": "clip:p_1", "voice_id": "en-US-JennyNeural"},
    Kind.SYNTHESIA: {"provider_avatar_id": "anna", "voice_id": "voice-uuid", "background": "green_screen"},
    Kind.TAVUS: {"provider_avatar_id": "r_1"},
    Kind.HTTP: {"provider_avatar_id": "face.png"},
}
USUAL = {
    "submit": ["busy", "edge", "lost", "drop", "mute", "running"],
    "poll": ["blip", "cut", "page", "stuck", "strange", "no_link"],
    "media": ["expired", "early", "short", "page", "empty", "private"],
    "call": ["missing", "twice", "late", "replayed", "forged", "disordered", "unsubscribed", "early"],
}
CORNER = Layout(corner=Corner.BOTTOM_RIGHT, shape=Shape.RECTANGLE, size=400, border=0, shadow=False, margin=20)
SEED = int(os.environ.get("TENEX_CAMPAIGN_SEED", "7"))


class Stage(scene.Scene):
    """A site whose workspace has an account with every vendor."""

    def __init__(self, data: Path, vendors: Mapping[Kind, Simulator], **others: str) -> None:
        quick = {"provider_poll_seconds": "0.1", "provider_patience_seconds": "4"}
        Site.__init__(self, data, private_sources="127.0.0.1", **(quick | others))
        self.vendors, self.avatars = vendors, dict[Kind, str]()
        for kind, vendor in vendors.items():
            vendor.wait_s = 1
            account = AddProvider(kind=kind, key=SecretStr(KEY), base_url=vendor.url)
            with self.database.session_scope() as session:
                self.services.accounts_elsewhere.add(session, self.workspace_id, account)
            wanted = CreateAvatar(name="Ann", provider=kind.value, **PROFILES[kind])
            with self.database.session_scope() as session:
                self.avatars[kind] = self.services.avatars.create(session, self.workspace_id, wanted).id

    def by(self, kind: Kind, script: str = LINE) -> RenderJob:
        return self.order(replace(self.drawn(script), avatar_id=self.avatars[kind]))

    def rotate(self, kind: Kind, key: str) -> None:
        with self.database.session_scope() as session:
            wanted = ChangeProvider(key=SecretStr(key))
            self.services.accounts_elsewhere.change(session, self.workspace_id, kind.value, wanted)

    def agree(self, kind: Kind, **terms: int) -> None:
        with self.database.session_scope() as session:
            account = session.get_one(ProviderAccount, (self.workspace_id, kind.value))
            for name, value in terms.items():
                setattr(account, name, value)

    def fall_back(self, kind: Kind, fallbacks: list[str]) -> None:
        with self.database.session_scope() as session:
            wanted = ChangeAvatar(fallbacks=fallbacks)
            self.services.avatars.change(session, self.workspace_id, self.avatars[kind], wanted)

    def register(self, kind: Kind) -> None:
        """As somebody does in the vendor's own pages: the address there, the secret of it here."""
        calls, elsewhere = self.vendors[kind].calls, self.services.accounts_elsewhere
        calls.secret, terms = SECRET, ChangeTerms(hook_secret=SecretStr(SECRET))
        with self.database.session_scope() as session:
            calls.registered = elsewhere.agree(session, self.workspace_id, kind.value, terms).hook_url

    def bring_late(self) -> int:
        _, work = build_housekeeping(self.services.platform).work["bring late takes"]
        return work(lambda: True)  # pyright: ignore[reportReturnType]

    def seen(self, job: RenderJob) -> RenderJobOut:
        with self.database.read_scope() as session:
            return self.services.jobs.get(session, self.workspace_id, job.id)

    def charged(self) -> list[str]:
        """The reference of every take that a vendor charged for."""
        return [
            vendor.ref(vendor.videos[video_id]["body"])
            for vendor in self.vendors.values()
            for video_id in vendor.ledger
        ]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    inputs = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=1", "-f", "lavfi", "-i", "sine=440:d=1")
    run_ffmpeg((*inputs, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(path)), timeout_s=60)
    return path.read_bytes()


@contextmanager
def opened(data: Path, film: bytes, **others: str) -> Iterator[Stage]:
    with ExitStack() as stack:
        vendors = {kind: stack.enter_context(serving(simulator(film))) for kind, simulator in SIMULATORS.items()}
        stage = Stage(data, vendors, **others)
        stack.callback(stage.close)
        yield stage


@contextmanager
def called(data: Path, film: bytes, **others: str) -> Iterator[Stage]:
    """One whose vendors call: it can be reached. Two of them sign."""
    with (
        opened(data, film, public_url=OUTSIDE, **others) as stage,
        served(data, private_sources="127.0.0.1", public_url=OUTSIDE) as place,
    ):
        for kind, vendor in stage.vendors.items():
            vendor.calls.reach = {OUTSIDE: str(place.client.base_url).rstrip("/")}
            if VENDORS[kind].signature is not None:
                stage.register(kind)
        yield stage


@pytest.fixture
def stage(tmp_path: Path, film: bytes) -> Iterator[Stage]:
    with opened(tmp_path / "data", film) as stage:
        yield stage


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
    stage.vendors[Kind.HEYGEN].faults.update(faults)
    stage.start_worker()
    stage.succeeded(stage.wait(stage.by(Kind.HEYGEN).id))
    assert len(stage.charged()) == 1
    assert not any(stage.vendors[Kind.HEYGEN].faults.values())


@pytest.mark.parametrize("kind", [Kind.D_ID, Kind.SYNTHESIA, Kind.TAVUS])
def test_an_answer_that_is_lost_is_found_by_the_reference(stage: Stage, kind: Kind) -> None:
    stage.vendors[kind].faults.update({"submit": ["lost"], "poll": ["strange"], "media": ["early"]})
    stage.start_worker()
    stage.succeeded(stage.wait(stage.by(kind).id))
    assert len(stage.charged()) == 1


@pytest.mark.parametrize("kind", [Kind.D_ID, Kind.SYNTHESIA, Kind.TAVUS])
def test_a_request_that_never_arrived_is_only_sent_again_when_somebody_asks(stage: Stage, kind: Kind) -> None:
    stage.vendors[kind].faults["submit"] = ["edge"]
    stage.start_worker()
    job = stage.wait(stage.by(kind).id)
    stage.failed(job, "submit_unknown", "not sent again", f"{kind}")
    assert stage.charged() == []
    assert stage.again(job).status == JobStatus.SUCCEEDED
    assert len(stage.charged()) == 1


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        ("money", "provider_out_of_credits", "Add credits"),
        ("content", "content_rejected", "Change the script"),
        ("unknown", "provider_refused", "avatar_not_found"),
    ],
)
def test_a_refusal_ends_the_job_with_what_to_do(stage: Stage, fault: str, code: str, words: str) -> None:
    stage.vendors[Kind.HEYGEN].faults["submit"] = [fault]
    stage.start_worker()
    job = stage.wait(stage.by(Kind.HEYGEN).id)
    stage.failed(job, code, words)
    assert stage.charged() == []
    assert stage.again(job).status == JobStatus.SUCCEEDED


def test_a_key_that_is_revoked_while_it_renders_costs_no_second_take(stage: Stage) -> None:
    vendor = stage.vendors[Kind.HEYGEN]
    vendor.rendered = False
    stage.start_worker()
    order = stage.by(Kind.HEYGEN)
    wait_until(stage.charged)
    vendor.key = "sk_the_new_key_9999"
    job = stage.wait(order.id)
    stage.failed(job, "provider_key_refused", "PUT /api/v1/videos/providers/heygen")
    assert KEY not in (job.error_message or "")
    stage.rotate(Kind.HEYGEN, "sk_the_new_key_9999")
    vendor.rendered = True
    assert stage.again(job).status == JobStatus.SUCCEEDED
    assert len(stage.charged()) == 1


def test_a_refusal_of_a_repeated_request_leaves_the_first_in_doubt(stage: Stage) -> None:
    """It was accepted, nobody heard of it, and the last credits were gone: the same take is taken up later."""
    vendor = stage.vendors[Kind.HEYGEN]
    vendor.faults["submit"] = ["lost", "money"]
    stage.start_worker()
    job = stage.wait(stage.by(Kind.HEYGEN).id)
    stage.failed(job, "provider_out_of_credits")
    assert len(stage.charged()) == 1
    assert stage.again(job).status == JobStatus.SUCCEEDED
    assert len(stage.charged()) == 1


def test_an_account_works_on_no_more_takes_than_it_may_whoever_asks(stage: Stage) -> None:
    """Two workers, six takes, and room for two of them: the vendor never has more in hand."""
    vendor = stage.vendors[Kind.HEYGEN]
    vendor.latency_s = 1.0
    stage.agree(Kind.HEYGEN, most_at_once=2)
    for _ in range(2):
        stage.start_worker()
    orders = [stage.by(Kind.HEYGEN, f"{LINE} Number {number}.") for number in range(6)]
    for order in orders:
        assert stage.wait(order.id, 240).status == JobStatus.SUCCEEDED
    assert len(stage.charged()) == 6
    assert vendor.most_at_once == 2


def test_a_vendor_that_is_busy_is_asked_again_for_a_while(stage: Stage) -> None:
    stage.vendors[Kind.HEYGEN].faults["submit"] = ["busy"] * 3
    stage.start_worker()
    stage.succeeded(stage.wait(stage.by(Kind.HEYGEN).id))
    assert len(stage.charged()) == 1


def test_takes_of_vendors_that_call_are_brought_home_at_once(tmp_path: Path, film: bytes) -> None:
    """Otherwise each is looked at once in ten minutes."""
    with called(tmp_path / "data", film, provider_poll_seconds="600") as stage:
        for vendor in stage.vendors.values():
            vendor.rendered = False
        stage.start_worker()
        orders = [stage.by(kind, f"{LINE} With {kind}.") for kind in stage.vendors]
        wait_until(lambda: all(_was_looked_at(vendor) for vendor in stage.vendors.values()))
        for vendor in stage.vendors.values():
            vendor.rendered = True
        for order in orders:
            assert stage.wait(order.id).status == JobStatus.SUCCEEDED
        assert all(vendor.calls.answers == [("v_1", 204)] for vendor in stage.vendors.values())


def test_a_webinar_has_hosts_of_several_vendors_over_its_slides(stage: Stage, tmp_path: Path) -> None:
    grey, scenes = slide(stage, tmp_path, 100), list[Scene]()
    with stage.database.read_scope() as session:
        for kind in (Kind.HEYGEN, Kind.SYNTHESIA):
            host = stage.services.renders.speaker(session, stage.workspace_id, stage.avatars[kind], None, None)
            scenes.append(Scene(script=f"{LINE} With {kind}.", speaker=host, slide=grey, layout=CORNER))
    stage.start_worker()
    job = stage.render_composition(Composition(picture=Picture(resolution=Resolution.P720), scenes=tuple(scenes)))
    assert len(stage.charged()) == 2
    pictures = [luma.astype(int) for luma in lumas(stage.file(job))]
    assert 2 * 25 <= len(pictures) < 3 * 25
    for luma in (pictures[10], pictures[-10]):
        assert abs(luma[:300, :600].mean() - (16 + 100 * 219 / 255)) < 2, "the slide is seen"
        assert luma[-280:-30, -480:-30].std() > 20, "the host is seen"


def test_a_take_that_is_made_after_its_job_is_over_is_brought_home_and_used(stage: Stage) -> None:
    """Nobody waits for it any more; the next render finds it here, and asks the vendor nothing."""
    vendor = stage.vendors[Kind.HEYGEN]
    vendor.rendered = False
    stage.start_worker()
    order = stage.by(Kind.HEYGEN)
    wait_until(lambda: [take.provider_id for take in stage.seen(order).takes] == ["v_1"])
    with stage.database.session_scope() as session:
        stage.services.renders.cancel(session, stage.workspace_id, order.id)
    stage.services.renders.stop(order.id)
    assert stage.bring_late() == 0
    vendor.rendered = True
    assert stage.bring_late() == 1
    assert stage.bring_late() == 0
    vendor.asked.clear()
    assert stage.again(order).status == JobStatus.SUCCEEDED
    assert vendor.asked == []
    assert len(stage.charged()) == 1


def test_it_is_told_how_long_takes_usually_take_and_what_they_cost(stage: Stage) -> None:
    vendor = stage.vendors[Kind.HEYGEN]
    stage.start_worker()
    first = stage.wait(stage.by(Kind.HEYGEN).id)
    stage.succeeded(first)
    assert first.receipt is not None
    assert first.receipt["provider_usd"] == pytest.approx(4.0 / 60, abs=0.005)  # a second of it, at HeyGen's price
    vendor.rendered = False
    second = stage.by(Kind.HEYGEN, f"{LINE} Another.")
    wait_until(lambda: len(stage.charged()) == 2)
    wait_until(lambda: stage.seen(second).takes[0].said == "processing")
    shown = stage.seen(second)
    assert (shown.takes[0].provider, shown.takes[0].status) == ("heygen", "submitted")
    assert shown.takes[0].usual_seconds is not None
    assert shown.takes[0].elapsed_seconds is not None
    vendor.rendered = True
    assert stage.wait(second.id).status == JobStatus.SUCCEEDED


def test_a_script_that_is_too_long_for_one_take_is_made_in_parts_and_joined(stage: Stage) -> None:
    script = " ".join(f"Sentence {number} is about the harbour and its paper boats." for number in range(150))
    stage.start_worker()
    job = stage.by(Kind.HEYGEN, script)
    assert re.search("made in [23] parts", " ".join(job.adjustments))
    stage.succeeded(stage.wait(job.id))
    said = [video["body"]["script"] for video in stage.vendors[Kind.HEYGEN].videos.values()]
    assert sorted(" ".join(said).split()) == sorted(script.split())
    assert 2 <= len(stage.charged()) == len(said) <= 3


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param({"submit": ["money"]}, id="no credits there"),
        pytest.param({"submit": ["busy"] * 99}, id="it stays busy"),
        pytest.param({"poll": ["fail"]}, id="the render fails there"),
    ],
)
def test_another_profile_takes_its_place_if_one_wants_that(stage: Stage, faults: dict[str, list[str]]) -> None:
    vendor = stage.vendors[Kind.HEYGEN]
    vendor.faults.update(faults)
    stage.fall_back(Kind.HEYGEN, [stage.avatars[Kind.TAVUS], "maya"])
    stage.vendors[Kind.TAVUS].faults["submit"] = ["unknown"]
    stage.start_worker()
    job = stage.wait(stage.by(Kind.HEYGEN).id, 240)
    stage.succeeded(job)
    assert stage.charged() == []
    assert [told.split(" (")[0] for told in job.adjustments if "instead" in told] == [
        f"spoken by {stage.avatars[Kind.TAVUS]} instead of {stage.avatars[Kind.HEYGEN]}",
        f"spoken by maya instead of {stage.avatars[Kind.TAVUS]}",
    ]
    vendor.faults.clear()
    assert stage.again(job).status == JobStatus.SUCCEEDED
    assert len(stage.charged()) == 1, "rendered again, it is spoken by whom it was asked for"


@pytest.mark.parametrize("faults", [{"submit": ["edge"]}, {"poll": ["gone"]}, {"poll": ["revoked"]}])
def test_nobody_takes_its_place_where_it_may_have_been_paid_for(stage: Stage, faults: dict[str, list[str]]) -> None:
    stage.vendors[Kind.TAVUS].faults.update(faults)
    stage.fall_back(Kind.TAVUS, ["maya"])
    stage.start_worker()
    job = stage.wait(stage.by(Kind.TAVUS).id)
    assert job.status == JobStatus.FAILED
    assert job.error_code in ("submit_unknown", "take_gone", "provider_key_refused")


@pytest.mark.parametrize("call", ["submit", "poll"])
def test_an_api_that_is_retired_ends_the_job_at_once_and_what_was_asked_for_is_kept(stage: Stage, call: str) -> None:
    stage.vendors[Kind.HEYGEN].faults[call] = ["retired"]
    stage.start_worker()
    job = stage.wait(stage.by(Kind.HEYGEN).id)
    stage.failed(job, "provider_api_retired", "HeyGen has retired", "may still be made")
    assert stage.again(job).status == JobStatus.SUCCEEDED
    assert len(stage.charged()) == 1


@pytest.mark.parametrize(("fault", "charged"), [("lost", 1), ("edge", 0)])
def test_a_vendor_that_cannot_be_asked_never_gets_a_second_request(
    tmp_path: Path, film: bytes, fault: str, charged: int
) -> None:
    with serving(HeyGenV2Simulator(film)) as vendor:
        stage = Stage(tmp_path / "data", {Kind.HEYGEN_V2: vendor}, heygen_v2="true")
        try:
            vendor.faults["submit"] = [fault]
            stage.start_worker()
            job = stage.wait(stage.by(Kind.HEYGEN_V2).id)
            stage.failed(job, "submit_unknown", "never sent again", "change the script")
            again = stage.again(job)
            assert (again.status, again.error_code) == (JobStatus.FAILED, "submit_unknown")
            assert len(vendor.videos) == len(stage.charged()) == charged
            stage.succeeded(stage.wait(stage.by(Kind.HEYGEN_V2, f"{LINE} Again.").id))
        finally:
            stage.close()


def test_a_worker_killed_while_it_asks_repeats_the_request_under_its_reference(stage: Stage) -> None:
    stage.vendors[Kind.HEYGEN].faults["submit"] = ["slow"]
    killed = stage.start_worker()
    job = stage.by(Kind.HEYGEN)
    wait_until(stage.charged)
    killed.kill()
    killed.wait()
    stage.start_worker()
    stage.succeeded(stage.wait(job.id))
    assert len(stage.charged()) == 1


@pytest.mark.timeout(300 + 4 * RUNS)
def test_a_campaign_of_faults_and_kills_loses_nothing_and_pays_once(
    tmp_path: Path, film: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with called(tmp_path / "data", film) as stage:
        _campaign(stage)
    told = capfd.readouterr()
    assert KEY not in told.out + told.err
    assert SECRET not in told.out + told.err


def _campaign(stage: Stage) -> None:
    """Afterwards, without faults, what had failed is rendered again: every script was paid for once in all."""
    chance, kinds = random.Random(SEED), list(stage.vendors)
    for vendor in stage.vendors.values():
        vendor.chance, vendor.often, vendor.latency_s, vendor.usual = chance, 0.25, 0.5, USUAL
    orders = list[RenderJob]()
    while len(orders) < RUNS:
        numbers = range(len(orders), min(RUNS, len(orders) + _AT_ONCE))
        fresh = [stage.by(kinds[number % len(kinds)], f"{LINE} Number {number}.") for number in numbers]
        for enough in (1, 3):
            worker = stage.start_worker()
            charged = len(stage.charged()) + enough
            wait_until(lambda charged=charged, fresh=fresh: len(stage.charged()) >= charged or _all_ended(stage, fresh))
            time.sleep(chance.uniform(0.0, 2.0))  # somewhere in the middle of what follows
            worker.kill()
            worker.wait()
        worker = stage.start_worker()
        wait_until(lambda fresh=fresh: _all_ended(stage, fresh), 240)
        worker.kill()
        worker.wait()
        orders += fresh
    stage.start_worker()
    _nothing_was_paid_twice_or_unknown(stage)
    for vendor in stage.vendors.values():
        vendor.chance = None
    for order in orders:
        if stage.job(order.id).status != JobStatus.SUCCEEDED:
            assert stage.job(order.id).error_code in ("result_unavailable", "submit_unknown", "provider_busy")
            assert stage.again(order).status == JobStatus.SUCCEEDED
    _nothing_was_paid_twice_or_unknown(stage)
    assert len(stage.charged()) == RUNS
    with stage.database.read_scope() as session:
        assert not stage.services.credits.audit(session)


def _was_looked_at(vendor: Simulator) -> bool:
    """At its first video, whose id D-ID has after the product."""
    return any(method == "GET" and "v_1" in path for method, path, _ in vendor.asked)


def _all_ended(stage: Stage, orders: list[RenderJob]) -> bool:
    return all(stage.job(order.id).status in ENDED for order in orders)


def _nothing_was_paid_twice_or_unknown(stage: Stage) -> None:
    """At most one charge for each reference, and for every charge an intent that knows of it, or of its doubt."""
    refs = stage.charged()
    assert len(set(refs)) == len(refs)
    with stage.database.read_scope() as session:
        known = {intent.id: intent for intent in session.scalars(sa.select(TakeIntent))}
    for ref in refs:
        assert known[ref].provider_id is not None or known[ref].status in ("submitting", "unknown", "planned")
