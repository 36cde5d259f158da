"""One contract for every vendor: what its adapter makes of every answer, and of none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from app.avatars.base import (
    AmbiguousSubmit,
    ApiRetired,
    ContentRejected,
    KeyRefused,
    OutOfCredits,
    PlanRequired,
    ProviderBusy,
    ProviderRefused,
    ResultUnavailable,
    TakeRequest,
    TakeState,
)
from app.avatars.vendors.did import DId
from app.avatars.vendors.heygen import HeyGen
from app.avatars.vendors.heygen_v2 import HeyGenV2
from app.avatars.vendors.http import HttpEngine
from app.avatars.vendors.remote import Remote
from app.avatars.vendors.synthesia import Synthesia
from app.avatars.vendors.tavus import Tavus
from app.core.errors import InvalidRequest
from app.core.outbound import AddressNotPublic, Outbound
from tests.vendors.heygen import HeyGenSimulator, HeyGenV2Simulator
from tests.vendors.others import DIdSimulator, EngineSimulator, SynthesiaSimulator, TavusSimulator
from tests.vendors.simulator import KEY, Simulator, serving

FILM = bytes(range(256)) * 400
REQUEST = TakeRequest(
    script="Hello.", avatar="look_1", voice="voice_1", background="", width=1920, height=1080, fps=Fraction(25)
)


@dataclass(frozen=True, slots=True)
class Pair:
    vendor: type[Remote]
    simulator: type[Simulator]
    request: TakeRequest = REQUEST
    balance: str | None = None
    #: Whether the vendor's own words say what a refusal is about.
    tells: bool = True


PAIRS = {
    "heygen": Pair(HeyGen, HeyGenSimulator, balance="12.5 usd"),
    "heygen image": Pair(
        HeyGen, HeyGenSimulator, replace(REQUEST, avatar="image:https://host.example/face.jpg"), "12.5 usd"
    ),
    "heygen studio": Pair(
        HeyGen,
        HeyGenSimulator,
        replace(REQUEST, avatar="studio:look_1", script="Hello. " * 2000, background="#1F2937"),
        balance="12.5 usd",
    ),
    "heygen v2": Pair(HeyGenV2, HeyGenV2Simulator, balance="60 credits"),
    "heygen v2 photo": Pair(HeyGenV2, HeyGenV2Simulator, replace(REQUEST, avatar="photo:p_1"), "60 credits"),
    "d-id talk": Pair(DId, DIdSimulator, replace(REQUEST, avatar="https://host.example/face.jpg"), "17 credits"),
    "d-id clip": Pair(DId, DIdSimulator, replace(REQUEST, avatar="clip:p_1", voice="elevenlabs:v_1"), "17 credits"),
    "d-id scene": Pair(DId, DIdSimulator, replace(REQUEST, avatar="scene:s_1", voice="elevenlabs:v_1"), "17 credits"),
    "d-id expressive": Pair(
        DId, DIdSimulator, replace(REQUEST, avatar="expressive:e_1", voice="elevenlabs:v_1"), "17 credits"
    ),
    "synthesia": Pair(Synthesia, SynthesiaSimulator, replace(REQUEST, background="green_screen"), tells=False),
    "http": Pair(HttpEngine, EngineSimulator, balance="2 GPUs"),
    "tavus": Pair(Tavus, TavusSimulator, replace(REQUEST, voice=""), tells=False),
}


#: Every state in which the vendors' contracts say that a video is not finished.
UNDER_WAY: dict[type[Remote], tuple[str, ...]] = {
    HeyGen: ("waiting", "pending", "processing"),
    HeyGenV2: ("waiting", "pending", "processing"),
    DId: ("created", "started"),
    Synthesia: ("in_progress", "approved"),
    HttpEngine: ("queued", "running"),
    Tavus: ("queued", "generating"),
}


@pytest.fixture(params=PAIRS)
def pair(request: pytest.FixtureRequest) -> Pair:
    return PAIRS[request.param]


@pytest.fixture
def vendor(pair: Pair) -> Iterator[Simulator]:
    with serving(pair.simulator(FILM)) as simulator:
        yield simulator


@pytest.fixture
def adapter(pair: Pair, vendor: Simulator) -> Remote:
    return connected(pair, vendor.url)


def connected(pair: Pair, url: str, key: str = KEY) -> Remote:
    outbound = Outbound(allowed=("127.0.0.1",))
    return pair.vendor(name="mine", key=key, base_url=url, outbound=outbound, first_poll_s=0.1)


def run(call: Any) -> Any:
    return asyncio.run(call)


def ask(adapter: Remote, pair: Pair, ref: str = "ref-1") -> str:
    return run(adapter.submit(pair.request, client_ref=ref))


def test_a_take_is_asked_for_made_and_brought_home(
    pair: Pair, vendor: Simulator, adapter: Remote, tmp_path: Path
) -> None:
    adapter.check(avatar=pair.request.avatar, voice=pair.request.voice, background=pair.request.background)
    take = ask(adapter, pair)
    assert run(adapter.poll(take)).state is TakeState.READY
    assert run(adapter.fetch(take, pair.request, tmp_path)).path.read_bytes() == FILM
    assert vendor.ref(vendor.videos["v_1"]["body"]) == "ref-1"
    media = [headers for _, path, headers in vendor.asked if path.startswith("/media/")]
    assert media
    assert not any(KEY in str(headers) for headers in media)  # the key goes to the vendor only
    assert run(adapter.standing()).balance == pair.balance


def test_what_was_asked_for_is_found_by_its_reference(pair: Pair, adapter: Remote) -> None:
    takes = [ask(adapter, pair, f"ref-{number}") for number in range(3)]
    if not adapter.capabilities.looks_up:
        with pytest.raises(AmbiguousSubmit, match="cannot be asked"):
            run(adapter.find("ref-1"))
        return
    assert [run(adapter.find(f"ref-{number}")) for number in range(3)] == takes
    assert run(adapter.find("ref-9")) is None


def test_it_is_found_however_many_were_asked_for_since(pair: Pair, vendor: Simulator, adapter: Remote) -> None:
    take = ask(adapter, pair)
    if not adapter.capabilities.looks_up:
        with pytest.raises(AmbiguousSubmit, match="cannot be asked"):
            run(adapter.find("ref-1"))
        return
    first = vendor.videos["v_1"]
    fields, _ = adapter._named("ref-other")  # pyright: ignore[reportPrivateUsage]
    vendor.videos |= {f"v_{number}": first | {"body": first["body"] | fields} for number in range(2, 452)}
    assert run(adapter.find("ref-1")) == take
    assert run(adapter.find("ref-9")) is None


def test_many_takes_are_looked_at_in_few_calls_where_the_vendor_lets_one(
    pair: Pair, vendor: Simulator, adapter: Remote
) -> None:
    takes = [ask(adapter, pair, f"ref-{number}") for number in range(5)]
    vendor.rendered = False
    vendor.asked.clear()
    states = run(adapter.poll_many(takes[: adapter.capabilities.looks_at]))
    assert {report.state for report in states.values()} == {TakeState.WAITING}
    assert len(vendor.asked) == 1
    vendor.rendered = True
    made = run(adapter.poll_many(takes[: adapter.capabilities.looks_at]))
    assert {report.state for report in made.values()} == {TakeState.READY}
    assert list(made) == takes[: adapter.capabilities.looks_at]


@pytest.mark.parametrize("fault", ["lost", "drop", "mute", "edge", "running"])
def test_what_may_have_arrived_is_in_doubt_and_can_be_told_apart(
    pair: Pair, vendor: Simulator, adapter: Remote, fault: str
) -> None:
    vendor.faults["submit"] = [fault]
    with pytest.raises(AmbiguousSubmit):
        ask(adapter, pair)
    arrived = fault in ("lost", "drop", "mute")
    if adapter.capabilities.looks_up:
        assert (run(adapter.find("ref-1")) is not None) is arrived
    else:
        with pytest.raises(AmbiguousSubmit, match="ref-1"):
            run(adapter.find("ref-1"))
    if adapter.capabilities.repeatable_s:
        ask(adapter, pair)
        assert len(vendor.ledger) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("busy", ProviderBusy, "mine: No."),
        ("money", OutOfCredits, "Add credits"),
        ("plan", PlanRequired, "Its plan there does not include this"),
        ("content", ContentRejected, "Change the script"),
        ("unknown", ProviderRefused, "mine: No."),
    ],
)
def test_a_refusal_is_told_with_what_to_do(
    pair: Pair, vendor: Simulator, adapter: Remote, fault: str, kind: type[Exception], words: str
) -> None:
    if fault == "content" and not pair.tells:
        kind, words = ProviderRefused, "mine: No."
    if fault == "plan" and vendor.error("plan")[0] in pair.vendor.key_refused:
        kind, words = KeyRefused, "Send a good key"  # the vendor does not tell one from the other
    vendor.faults["submit"] = [fault]
    with pytest.raises(kind) as refused:
        ask(adapter, pair)
    assert words in str(refused.value)
    assert vendor.ledger == []


def test_a_wrong_key_is_named_and_not_shown(pair: Pair, vendor: Simulator) -> None:
    stranger = connected(pair, vendor.url, "sk_wrong_key_of_somebody")
    for call in (stranger.standing(), stranger.submit(pair.request, client_ref="ref-1"), stranger.poll("talks/v_1")):
        with pytest.raises(KeyRefused, match=r"PUT /api/v1/videos/providers/mine") as refused:
            run(call)
        assert "sk_wrong" not in str(refused.value)


def test_a_key_that_is_revoked_while_it_renders_ends_nothing_at_the_vendor(
    pair: Pair, vendor: Simulator, adapter: Remote
) -> None:
    take = ask(adapter, pair)
    vendor.faults["poll"] = ["revoked"]
    with pytest.raises(KeyRefused):
        run(adapter.poll(take))
    assert run(adapter.poll(take)).state is TakeState.READY


def test_a_key_that_expires_while_it_renders_ends_nothing_at_the_vendor(
    pair: Pair, vendor: Simulator, adapter: Remote
) -> None:
    vendor.latency_s, vendor.key_until = 600, vendor.now() + 300
    take = ask(adapter, pair)
    assert run(adapter.poll(take)).state is TakeState.WAITING
    vendor.advance(600)
    with pytest.raises(KeyRefused, match="Send a good key"):
        run(adapter.poll(take))
    vendor.key_until = None
    assert run(adapter.poll(take)).state is TakeState.READY


def test_of_more_than_it_works_on_at_once_the_vendor_is_busy(pair: Pair, vendor: Simulator, adapter: Remote) -> None:
    vendor.latency_s, vendor.most = 600, 1
    first = ask(adapter, pair)
    with pytest.raises(ProviderBusy):
        ask(adapter, pair, "ref-2")
    assert len(vendor.ledger) == 1
    vendor.advance(600)
    assert run(adapter.poll(first)).state is TakeState.READY
    ask(adapter, pair, "ref-2")
    assert len(vendor.ledger) == 2


def test_an_account_that_runs_empty_refuses_the_next_and_makes_what_it_took(
    pair: Pair, vendor: Simulator, adapter: Remote
) -> None:
    vendor.balance = 1
    first = ask(adapter, pair)
    with pytest.raises(OutOfCredits):
        ask(adapter, pair, "ref-2")
    assert run(adapter.poll(first)).state is TakeState.READY
    assert len(vendor.ledger) == 1


def test_a_request_is_repeated_for_as_long_as_it_is_answered_as_before(
    pair: Pair, vendor: Simulator, adapter: Remote
) -> None:
    ask(adapter, pair)
    vendor.advance(adapter.capabilities.repeatable_s)
    ask(adapter, pair)
    assert len(vendor.ledger) == (1 if adapter.capabilities.repeatable_s else 2)


@pytest.mark.parametrize("who", ["look_1", "image:https://host.example/face.jpg"])
def test_a_long_script_is_one_video_of_scenes(who: str) -> None:
    script = "\n\n".join(" ".join([f"Paragraph {number}."] + ["It goes on."] * 150) for number in range(12))
    pair = replace(PAIRS["heygen"], request=replace(REQUEST, avatar=f"studio:{who}", script=script))
    with serving(HeyGenSimulator(FILM)) as vendor:
        adapter = connected(pair, vendor.url)
        assert len(script) <= adapter.capabilities.script_chars(pair.request.avatar)
        ask(adapter, pair)
        spoken = [scene["input"]["script"] for scene in vendor.videos["v_1"]["body"]["scenes"]]
    assert len(vendor.ledger) == 1
    assert " ".join(spoken).split() == script.split()
    assert all(part.startswith("Paragraph") for part in spoken)


@pytest.mark.parametrize("call", ["submit", "poll", "fetch"])
def test_an_api_that_was_retired_is_named_and_no_take_is_said_to_have_failed(
    pair: Pair, vendor: Simulator, adapter: Remote, tmp_path: Path, call: str
) -> None:
    take = "v_1" if call == "submit" else ask(adapter, pair)
    vendor.faults["submit" if call == "submit" else "poll"] = ["retired"]
    asked = {
        "submit": lambda: adapter.submit(pair.request, client_ref="ref-1"),
        "poll": lambda: adapter.poll(take),
        "fetch": lambda: adapter.fetch(take, pair.request, tmp_path),
    }
    with pytest.raises(ApiRetired, match=r"mine: .* has retired .* \(HTTP 410\).*may still be made") as retired:
        run(asked[call]())
    assert pair.vendor.vendor in str(retired.value)
    assert pair.vendor.successor in str(retired.value)
    assert not retired.value.retryable


def test_nobody_there_means_that_nothing_was_sent(pair: Pair) -> None:
    with pytest.raises(ProviderBusy, match="nothing was sent"):
        ask(connected(pair, "http://127.0.0.1:9"), pair)


@pytest.mark.parametrize("fault", ["blip", "cut", "page", "stuck", "strange", "no_link"])
def test_no_answer_and_strange_ones_change_nothing(pair: Pair, vendor: Simulator, adapter: Remote, fault: str) -> None:
    take = ask(adapter, pair)
    vendor.faults["poll"] = [fault]
    assert run(adapter.poll(take)).state is TakeState.WAITING
    assert run(adapter.poll(take)).state is TakeState.READY


def test_in_whatever_state_a_render_is_stuck_it_is_waited_for(pair: Pair, vendor: Simulator, adapter: Remote) -> None:
    take = ask(adapter, pair)
    for state in UNDER_WAY[pair.vendor]:
        vendor.stuck_in = state
        for _ in range(2):
            assert run(adapter.poll(take)).state is TakeState.WAITING
            assert run(adapter.poll_many([take]))[take].state is TakeState.WAITING
            vendor.advance(86_400)
    vendor.stuck_in = ""
    assert run(adapter.poll(take)).state is TakeState.READY


def test_a_render_that_failed_keeps_the_vendors_words(pair: Pair, vendor: Simulator, adapter: Remote) -> None:
    take = ask(adapter, pair)
    vendor.faults["poll"] = ["fail"]
    report = run(adapter.poll(take))
    assert report.state is TakeState.FAILED
    assert ("lost its face" if pair.simulator is not SynthesiaSimulator else "tells no reason") in report.reason


def test_a_render_that_is_gone_is_told_apart(pair: Pair, vendor: Simulator, adapter: Remote) -> None:
    take = ask(adapter, pair)
    vendor.faults["poll"] = ["gone"]
    report = run(adapter.poll(take))
    assert report.state is TakeState.FAILED
    assert "deleted" in report.reason


@pytest.mark.parametrize("fault", ["expired", "early", "private", "huge"])
def test_a_file_that_does_not_come_is_asked_for_again_at_no_cost(
    pair: Pair, vendor: Simulator, adapter: Remote, tmp_path: Path, fault: str
) -> None:
    take = ask(adapter, pair)
    vendor.faults["media"] = [fault]
    with pytest.raises(ResultUnavailable):
        run(adapter.fetch(take, pair.request, tmp_path))
    assert run(adapter.fetch(take, pair.request, tmp_path)).path.read_bytes() == FILM
    assert vendor.ledger == ["v_1"]


def test_what_an_avatar_cannot_have_is_refused_before_anything_is_asked_for() -> None:
    make = {name: connected(pair, "http://127.0.0.1:9") for name, pair in PAIRS.items()}
    for name, avatar, background, words in (
        ("heygen", "look_1", "studio", "a colour like"),
        ("heygen", "image:http://host.example/face.jpg", "", "is neither"),
        ("heygen", "image:https://user:pass@host.example/face.jpg", "", "is neither"),
        ("heygen", "photo:p_1", "", "is neither"),
        ("heygen", "studio:photo:p_1", "", "is neither"),
        ("heygen v2", "image:https://host.example/face.jpg", "", "is neither"),
        ("heygen v2", "look_1", "studio", "a colour like"),
        ("d-id talk", "look_1", "", "photograph"),
        ("d-id clip", "clip:p_1", "#000000", "no background"),
        ("synthesia", "anna", "", "needs a background"),
        ("tavus", "r_1", "#000000", "no background"),
    ):
        with pytest.raises(InvalidRequest, match=words):
            make[name].check(avatar=avatar, voice="voice_1", background=background)


def test_a_private_address_is_not_called(pair: Pair) -> None:
    guarded = pair.vendor(name="mine", key=KEY, base_url="http://10.0.0.1", outbound=Outbound(), first_poll_s=1)
    with pytest.raises(AddressNotPublic):
        run(guarded.standing())


@pytest.mark.parametrize("name", ["synthesia", "tavus"])
def test_a_take_that_was_deleted_there_may_have_been_paid_for(name: str) -> None:
    seen = connected(PAIRS[name], "http://127.0.0.1:9")._seen({"status": "deleted"})  # pyright: ignore[reportPrivateUsage]
    assert (seen.state, seen.gone) == (TakeState.FAILED, True)


@pytest.mark.parametrize("status", [[], {}, 7, None, True])
def test_a_status_of_another_kind_changes_nothing(pair: Pair, status: object) -> None:
    told = {"status": status, "data": {"status": status}}
    seen = connected(pair, "http://127.0.0.1:9")._seen(told)  # pyright: ignore[reportPrivateUsage]
    assert seen.state is TakeState.WAITING
