"""What HeyGen's adapter makes of every answer, and of none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import pytest

from app.avatars.base import (
    AmbiguousSubmit,
    ContentRejected,
    KeyRefused,
    OutOfCredits,
    ProviderBusy,
    ProviderRefused,
    ResultUnavailable,
    TakeRequest,
    TakeState,
)
from app.avatars.vendors.heygen import HeyGen
from app.core.errors import InvalidRequest
from app.core.outbound import AddressNotPublic, Outbound
from tests.vendors.heygen import KEY, HeyGenSimulator, heygen

T = TypeVar("T")
FILM = bytes(range(256)) * 400
REQUEST = TakeRequest(
    script="Hello.", avatar="look_1", voice="voice_1", background="", width=1920, height=1080, fps=Fraction(25)
)


@pytest.fixture
def vendor() -> Iterator[HeyGenSimulator]:
    with heygen(FILM) as simulator:
        yield simulator


@pytest.fixture
def adapter(vendor: HeyGenSimulator) -> HeyGen:
    return connected(vendor.url)


def connected(url: str, key: str = KEY) -> HeyGen:
    outbound = Outbound(allowed=("127.0.0.1",))
    return HeyGen(name="heygen", key=key, base_url=url, outbound=outbound, first_poll_s=0.1)


def run(call: Any) -> Any:
    return asyncio.run(call)


def test_a_take_is_asked_for_made_and_brought_home(vendor: HeyGenSimulator, adapter: HeyGen, tmp_path: Path) -> None:
    video_id = run(adapter.submit(REQUEST, client_ref="ref-1"))
    assert run(adapter.poll(video_id)).state is TakeState.READY
    assert run(adapter.fetch(video_id, REQUEST, tmp_path)).path.read_bytes() == FILM
    asked = vendor.videos[video_id]["body"]
    assert (asked["avatar_id"], asked["voice_id"], asked["aspect_ratio"]) == ("look_1", "voice_1", "16:9")
    assert (asked["title"], asked["callback_id"]) == ("10ex ref-1", "ref-1")
    media = [headers for _, path, headers in vendor.asked if path.startswith("/media/")]
    assert media
    assert not any(KEY in str(headers) for headers in media)  # the key goes to the vendor only


def test_a_request_that_is_sent_again_is_answered_as_the_first(vendor: HeyGenSimulator, adapter: HeyGen) -> None:
    first, again = (run(adapter.submit(REQUEST, client_ref="ref-1")) for _ in range(2))
    assert first == again
    assert vendor.ledger == [first]
    assert run(adapter.find("ref-1")) == first
    assert run(adapter.find("ref-2")) is None


@pytest.mark.parametrize("fault", ["lost", "drop", "mute", "edge", "running"])
def test_what_may_have_arrived_is_in_doubt_and_never_paid_twice(
    vendor: HeyGenSimulator, adapter: HeyGen, fault: str
) -> None:
    vendor.faults["submit"] = [fault]
    with pytest.raises(AmbiguousSubmit):
        run(adapter.submit(REQUEST, client_ref="ref-1"))
    run(adapter.submit(REQUEST, client_ref="ref-1"))
    assert len(vendor.ledger) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("busy", ProviderBusy, "rate_limit_exceeded"),
        ("insufficient_credit", OutOfCredits, "Add credits"),
        ("plan_upgrade_required", OutOfCredits, "another plan"),
        ("quota_exceeded", OutOfCredits, "quota_exceeded"),
        ("content_policy_violation", ContentRejected, "Change the script"),
        ("avatar_not_found", ProviderRefused, "avatar_not_found"),
        ("forbidden", ProviderRefused, "forbidden"),
    ],
)
def test_a_refusal_is_told_with_what_to_do(
    vendor: HeyGenSimulator, adapter: HeyGen, fault: str, kind: type[Exception], words: str
) -> None:
    vendor.faults["submit"] = [fault]
    with pytest.raises(kind, match=words):
        run(adapter.submit(REQUEST, client_ref="ref-1"))
    assert vendor.ledger == []


def test_a_wrong_key_is_named_and_not_shown(vendor: HeyGenSimulator) -> None:
    stranger = connected(vendor.url, "sk_wrong_key_of_somebody")
    for call in (stranger.standing(), stranger.submit(REQUEST, client_ref="ref-1"), stranger.poll("v_1")):
        with pytest.raises(KeyRefused, match=r"PUT /api/v1/videos/providers/heygen") as refused:
            run(call)
        assert "sk_wrong" not in str(refused.value)


def test_nobody_there_means_that_nothing_was_sent() -> None:
    with pytest.raises(ProviderBusy, match="nothing was sent"):
        run(connected("http://127.0.0.1:9").submit(REQUEST, client_ref="ref-1"))


@pytest.mark.parametrize("fault", ["blip", "cut", "page", "stuck", "strange", "no_link"])
def test_no_answer_and_strange_ones_change_nothing(vendor: HeyGenSimulator, adapter: HeyGen, fault: str) -> None:
    video_id = run(adapter.submit(REQUEST, client_ref="ref-1"))
    vendor.faults["poll"] = [fault]
    assert run(adapter.poll(video_id)).state is TakeState.WAITING
    assert run(adapter.poll(video_id)).state is TakeState.READY


@pytest.mark.parametrize(("fault", "words"), [("fail", "render_failed: The avatar lost its face"), ("gone", "deleted")])
def test_a_render_that_failed_keeps_the_vendors_words(
    vendor: HeyGenSimulator, adapter: HeyGen, fault: str, words: str
) -> None:
    video_id = run(adapter.submit(REQUEST, client_ref="ref-1"))
    vendor.faults["poll"] = [fault]
    report = run(adapter.poll(video_id))
    assert report.state is TakeState.FAILED
    assert words in report.reason


@pytest.mark.parametrize("fault", ["expired", "early", "private"])
def test_a_file_that_does_not_come_is_asked_for_again_at_no_cost(
    vendor: HeyGenSimulator, adapter: HeyGen, tmp_path: Path, fault: str
) -> None:
    video_id = run(adapter.submit(REQUEST, client_ref="ref-1"))
    vendor.faults["media"] = [fault]
    with pytest.raises(ResultUnavailable):
        run(adapter.fetch(video_id, REQUEST, tmp_path))
    assert run(adapter.fetch(video_id, REQUEST, tmp_path)).path.read_bytes() == FILM
    assert vendor.ledger == [video_id]


def test_a_download_that_breaks_off_is_taken_up_again(vendor: HeyGenSimulator, adapter: HeyGen, tmp_path: Path) -> None:
    video_id = run(adapter.submit(REQUEST, client_ref="ref-1"))
    vendor.faults["media"] = ["short"]
    assert run(adapter.fetch(video_id, REQUEST, tmp_path)).path.read_bytes() == FILM


def test_backgrounds_are_colours(adapter: HeyGen) -> None:
    adapter.check(avatar="look_1", voice="voice_1", background="#1F2937")
    with pytest.raises(InvalidRequest, match="a colour like"):
        adapter.check(avatar="look_1", voice="voice_1", background="studio")
    body = adapter.ingredients(REQUEST)
    assert "background" not in body


def test_a_private_address_is_not_called() -> None:
    guarded = HeyGen(name="heygen", key=KEY, base_url="http://10.0.0.1", outbound=Outbound(), first_poll_s=1)
    with pytest.raises(AddressNotPublic):
        run(guarded.standing())
