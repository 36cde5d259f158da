"""Who may send a request for a take, when several jobs want it, some are over, and some were killed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.avatars.base import BuiltIn, Delivery, TakeRequest
from app.avatars.vendors.synthesia import Synthesia
from app.modules.videos.composition import Composition, Picture, Scene, Speaker
from app.modules.videos.models import RenderJob, TakeIntent, TakeStatus
from app.modules.videos.pipeline.artifacts import Artifacts
from app.modules.videos.pipeline.intents import Intents, Turn, intent_for, never_made
from app.modules.videos.pipeline.plan import PlannedTake
from app.modules.videos.pipeline.steps import Steps
from app.modules.videos.pipeline.workshop import JobEnded, Making, Workshop
from app.modules.videos.renders import Order
from tests.site import Site, site

TAKE = PlannedTake(
    scene=0,
    fingerprint="f" * 64,
    provider="mine",
    delivery=Delivery.RECORDING,
    script="Hello.",
    avatar="anna",
    voice="v",
    background="",
    pause_ms=400,
)
KNOWN = replace(Synthesia.known, most_at_once=1, most_a_minute=0)


class Desk:
    """Jobs without workers, and the intents they share."""

    def __init__(self, place: Site) -> None:
        self.place, self.intents = place, Intents(place.database)

    def job(self) -> str:
        return self.place.order(Order(script="Hello.", avatar_id="maya")).id

    def over(self, job_id: str) -> None:
        with self.place.database.session_scope() as session:
            self.place.services.renders.cancel(session, self.place.workspace_id, job_id)

    def intent(self, job_id: str, fingerprint: str = TAKE.fingerprint) -> str:
        take = TAKE.model_copy(update={"fingerprint": fingerprint})
        with self.place.database.session_scope() as session:
            return intent_for(session, self.place.workspace_id, job_id, take).id

    def turn(self, intent_id: str, job_id: str) -> Turn:
        return self.intents.take_turn(intent_id, job_id, KNOWN)

    def later(self, intent_id: str, **by: float) -> None:
        """So long has passed since the request."""
        with self.place.database.session_scope() as session:
            intent = session.get_one(TakeIntent, intent_id)
            assert intent.sent_at is not None
            intent.sent_at = intent.updated_at = intent.sent_at - timedelta(**by)

    def state(self, intent_id: str) -> tuple[str, str | None]:
        intent = self.intents.get(intent_id)
        return intent.status, intent.provider_id


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with site(tmp_path / "data") as place:
        yield Desk(place)


def test_of_two_jobs_one_sends_and_the_other_waits(desk: Desk) -> None:
    one, other = desk.job(), desk.job()
    intent = desk.intent(one)
    assert desk.intent(other) == intent
    assert desk.turn(intent, one) is Turn.OURS
    assert desk.turn(intent, other) is Turn.THEIRS
    desk.intents.accepted(intent, "v_1")
    assert desk.turn(intent, other) is Turn.SENT


def test_a_request_that_may_still_be_open_is_waited_for_also_when_its_job_is_over(desk: Desk) -> None:
    one, other = desk.job(), desk.job()
    intent = desk.intent(one)
    assert desk.turn(intent, one) is Turn.OURS
    desk.over(one)
    assert desk.turn(intent, other) is Turn.THEIRS
    assert desk.intents.ask_again(intent, other) is Turn.THEIRS
    desk.later(intent, minutes=10)
    assert desk.turn(intent, other) is Turn.UNSURE


def test_of_two_jobs_that_found_nothing_one_sends_again(desk: Desk) -> None:
    first = desk.job()
    intent = desk.intent(first)
    desk.turn(intent, first)
    desk.intents.answered(intent, first, TakeStatus.UNKNOWN)
    assert desk.intents.ask_again(intent, first) is Turn.UNSURE, "who was in doubt does not send again"
    one, other = desk.job(), desk.job()
    assert desk.turn(intent, one) is desk.turn(intent, other) is Turn.UNSURE
    assert desk.intents.ask_again(intent, one) is Turn.OURS
    assert desk.intents.ask_again(intent, other) is Turn.THEIRS
    assert desk.state(intent) == (TakeStatus.SUBMITTING, None)


def test_a_late_answer_changes_nothing_that_was_decided_since(desk: Desk) -> None:
    one, other = desk.job(), desk.job()
    intent = desk.intent(one)
    desk.turn(intent, one)
    desk.over(one)
    desk.later(intent, minutes=10)
    assert desk.intents.ask_again(intent, other) is Turn.OURS
    desk.intents.answered(intent, one, TakeStatus.FAILED, "refused, late")
    assert desk.state(intent) == (TakeStatus.SUBMITTING, None)
    desk.intents.accepted(intent, "v_2")
    desk.intents.answered(intent, one, TakeStatus.UNKNOWN)
    desk.intents.accepted(intent, "v_1")
    assert desk.state(intent) == (TakeStatus.SUBMITTED, "v_2")


def test_nothing_is_sent_for_a_job_that_is_over(desk: Desk) -> None:
    one = desk.job()
    intent = desk.intent(one)
    desk.over(one)
    with pytest.raises(JobEnded):
        desk.turn(intent, one)
    with pytest.raises(JobEnded):
        desk.intents.ask_again(intent, one)
    assert desk.state(intent) == (TakeStatus.PLANNED, None)


def test_an_account_has_room_again_when_a_take_is_made_failed_or_lost(desk: Desk) -> None:
    job = desk.job()
    for number, ends in enumerate(("failed", "overdue", "refused")):
        busy, waiting = desk.intent(job, f"{number}a"), desk.intent(job, f"{number}b")
        assert desk.turn(busy, job) is Turn.OURS
        assert desk.turn(waiting, job) is Turn.FULL
        if ends == "refused":
            desk.intents.answered(busy, job, TakeStatus.FAILED, "No.")
        else:
            desk.intents.accepted(busy, f"v_{number}")
            assert desk.turn(waiting, job) is Turn.FULL
            if ends == "failed":
                desk.intents.failed(busy, "It failed.")
            else:
                desk.later(busy, seconds=KNOWN.deadline_s + 1)
        assert desk.turn(waiting, job) is Turn.OURS
        desk.intents.answered(waiting, job, TakeStatus.FAILED, "No.")


def test_it_is_certain_that_nothing_was_made_only_before_it_was_accepted_or_after_it_failed(desk: Desk) -> None:
    job = desk.job()
    intent = desk.intent(job)

    def certain() -> bool:
        with desk.place.database.read_scope() as session:
            return never_made(session, desk.place.workspace_id, TAKE.fingerprint)

    assert certain()
    desk.turn(intent, job)
    assert not certain()
    desk.intents.answered(intent, job, TakeStatus.UNKNOWN)
    assert not certain()
    desk.intents.accepted(intent, "v_1")
    assert not certain()
    desk.intents.failed(intent, "GPU on fire")
    assert certain()


def test_falling_back_done_again_after_a_crash_finds_nothing_left_to_give(desk: Desk, tmp_path: Path) -> None:
    """Ben takes Ann's place once, and Maya is not asked because the step that gave it to Ben was done twice."""
    place, platform = desk.place, desk.place.services.platform
    workshop = Workshop(
        database=place.database,
        blobs=platform.blobs,
        artifacts=Artifacts(database=place.database, blobs=platform.blobs),
        providers=BuiltIn({"studio": _Deaf(), "vendor": _Deaf()}),  # pyright: ignore[reportArgumentType]
        nursery=platform.nursery,
        settlement=platform.settlement,
        scratch=tmp_path / "scratch",
        prints=tmp_path / "prints",
    )
    steps = Steps(workshop, Making(workshop))
    ann, ben, maya = (
        Speaker(avatar_id=name, provider="vendor", provider_avatar_id=name, voice_id="v", background="")
        for name in ("ann", "ben", "maya")
    )
    scene = Scene(script="Hello.", speaker=ann.model_copy(update={"fallbacks": (ben, maya)}))
    job = desk.job()
    with place.database.session_scope() as session:
        wanted = Composition(picture=Picture(), scenes=(scene,))
        session.get_one(RenderJob, job).composition = wanted.model_dump(mode="json")
    (take,) = steps.begin(job)["takes"]
    failures = {take["fingerprint"]: ["provider_refused", "No."]}
    once = steps.fall_back(job, failures)
    assert [each["avatar"] for each in once["takes"]] == ["ben"]
    assert steps.fall_back(job, failures) == once
    with place.database.read_scope() as session:
        assert session.get_one(RenderJob, job).adjustments == ["spoken by ben instead of ann (provider_refused): No."]


class _Deaf:
    """A provider as far as plans ask."""

    name = "vendor"
    capabilities = KNOWN

    def ingredients(self, request: TakeRequest) -> Mapping[str, Any]:
        return {"script": request.script, "avatar": request.avatar}
