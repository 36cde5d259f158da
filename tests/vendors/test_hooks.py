"""Calls of vendors: their signatures, as their documentation has them, and what takes they are about."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.avatars.vendors.did import DId
from app.avatars.vendors.heygen import HeyGen
from app.avatars.vendors.hooks import CallNotSigned
from app.avatars.vendors.http import HttpEngine
from app.avatars.vendors.remote import Remote
from app.avatars.vendors.synthesia import Synthesia
from app.avatars.vendors.tavus import Tavus

NOW = datetime.fromtimestamp(1_760_000_000, UTC)
HEYGEN = (
    b'{"event_type":"avatar_video.success","event_data":'
    b'{"video_id":"v_1","url":"http://127.0.0.1:9/v_1.mp4","callback_id":"job_1"}}'
)
SYNTHESIA = b'{"type":"video.completed","data":{"id":"v_1","status":"complete"}}'
#: Vendor, its secret, a body, and its signature of that moment.
VECTORS = {
    "heygen": (HeyGen, "whsec_simulator", HEYGEN, "94ea64b9f49396e547a84c279338fb4d4d2be2324c7864cd1b4bb26ab3b63504"),
    "synthesia": (
        Synthesia,
        "syn_simulator",
        SYNTHESIA,
        "781eebb50fbd82678f5f60cb6117e6de13b4d30b88b913ec0db966553e5b2150",
    ),
}


def check(name: str, *, moment: str = "1760000000", body: bytes | None = None, signature: str | None = None) -> None:
    vendor, secret, right, signed = VECTORS[name]
    assert vendor.signature is not None
    headers = {f"{name}-timestamp": moment, f"{name}-signature": signed if signature is None else signature}
    vendor.signature.check(headers, right if body is None else body, secret, NOW)


@pytest.mark.parametrize("name", VECTORS)
def test_a_call_that_its_vendor_signed_is_let_in(name: str) -> None:
    check(name)
    check(name, signature=VECTORS[name][3].upper())


@pytest.mark.parametrize("name", VECTORS)
def test_a_forged_call_is_not(name: str) -> None:
    for faults in ({"body": b"{}"}, {"signature": "0" * 64}, {"signature": ""}, {"signature": "é"}):
        with pytest.raises(CallNotSigned, match="does not fit"):
            check(name, **faults)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("moment", ["1759999000", "1760001000", "", "soon", "9" * 40, "-1"])
def test_a_call_that_is_repeated_later_is_not(moment: str) -> None:
    with pytest.raises(CallNotSigned, match="within 300 s"):
        check("heygen", moment=moment)


def test_a_call_within_five_minutes_is_let_in() -> None:
    late = str(int((NOW - timedelta(seconds=290)).timestamp()))
    check("heygen", moment=late)


@pytest.mark.parametrize(
    ("vendor", "told", "names"),
    [
        (HeyGen, json.loads(HEYGEN), {"v_1", "job_1"}),
        (Synthesia, {"data": {"id": "v_1", "callbackId": "job_1"}}, {"v_1", "job_1"}),
        (DId, {"id": "tlk_1", "user_data": "job_1"}, {"talks/tlk_1", "job_1"}),
        (Tavus, {"video_id": "t_1", "video_name": "10ex job_1"}, {"t_1", "job_1"}),
        (Tavus, {"video_id": "t_1", "video_name": "Somebody else's"}, {"t_1"}),
        (HttpEngine, {"id": "e_1", "ref": "job_1"}, {"e_1", "job_1"}),
    ],
)
def test_a_call_names_its_take_by_our_id_and_our_reference(
    vendor: type[Remote], told: dict[str, object], names: set[str]
) -> None:
    assert names <= {name for name in vendor.called_about(told) if name}


@pytest.mark.parametrize("vendor", [HeyGen, Synthesia, DId, Tavus, HttpEngine])
@pytest.mark.parametrize("told", [{}, [], None, 7, {"event_data": "?", "data": [], "id": None}])
def test_a_call_about_nothing_is_about_no_take(vendor: type[Remote], told: object) -> None:
    named = vendor.called_about(told)  # pyright: ignore[reportArgumentType]
    assert not [name for name in named if name and "None" not in name]
