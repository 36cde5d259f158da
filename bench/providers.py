"""Five hundred renders that wait for an avatar provider at once, in one worker process.

HeyGen's API on this machine (a simulator) takes ten minutes for each, so that all of them wait; then all are made in
the same moment. ``make bench NAME=providers``; ``RENDERS=50`` for fewer.

``waiting_cpu_share``: of one processor, by the worker and its children, while all wait; ``submitting_s``: until all had
been asked for; ``waiting_mb``: the most memory until then, and ``worker_peak_mb`` until all are stored, while videos
are drawn already; ``stored``: takes that were brought home; ``storing_s``: after they were made.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
from pydantic import SecretStr

from app.media.ffmpeg import run_ffmpeg
from app.modules.videos.composition import AspectRatio, Resolution
from app.modules.videos.models import TakeIntent
from app.modules.videos.providers.kinds import Kind
from app.modules.videos.providers.schemas import AddProvider, ChangeTerms
from app.modules.videos.renders import Order
from app.modules.videos.schemas import CreateAvatar
from bench.measure import MemoryWatch, cpu_of, report
from tests.site import Site
from tests.vendors.heygen import HeyGenSimulator
from tests.vendors.simulator import KEY, serving

RENDERS, WAIT_S = int(os.environ.get("RENDERS", "500")), 120.0
_PATIENCE_S = 1200.0


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="tenex-bench-") as name,
        serving(HeyGenSimulator(film(Path(name)))) as vendor,
    ):
        vendor.rendered = False
        place = Site(Path(name) / "data", private_sources="127.0.0.1")
        try:
            measured(place, vendor)
        finally:
            place.close()


def measured(place: Site, vendor: HeyGenSimulator) -> None:
    avatar = account(place, vendor.url)
    worker = place.start_worker().pid
    for number in range(RENDERS):
        place.order(order(avatar, number))
    with MemoryWatch([worker], every_s=1.0) as memory:
        submitting = until(lambda: len(vendor.ledger) == RENDERS)
        time.sleep(30)  # the last have gone to sleep
        before, began = cpu_of([worker]), time.monotonic()
        time.sleep(WAIT_S)
        share = (cpu_of([worker]) - before) / (time.monotonic() - began)
        waiting = memory.peak_mb
        print(f"waiting: {share:.3f} of a processor, {waiting:.0f} MB")
        vendor.rendered = True
        storing = until(lambda: stored(place) == RENDERS)
    report(
        "providers",
        worker_peak_mb=memory.peak_mb,
        waiting_mb=waiting,
        waiting_cpu_share=share,
        stored=stored(place),
        submitting_s=submitting,
        storing_s=storing,
        renders=RENDERS,
    )


def account(place: Site, url: str) -> str:
    """The id of an avatar profile at the vendor."""
    wanted = CreateAvatar(name="Ann", provider="heygen", provider_avatar_id="look_1", voice_id="voice_1")
    with place.database.session_scope() as session:
        added = AddProvider(kind=Kind.HEYGEN, key=SecretStr(KEY), base_url=url)
        name = place.services.accounts_elsewhere.add(session, place.workspace_id, added)
        place.services.accounts_elsewhere.agree(session, place.workspace_id, name, ChangeTerms(most_at_once=0))
    with place.database.session_scope() as session:
        return place.services.avatars.create(session, place.workspace_id, wanted).id


def order(avatar: str, number: int) -> Order:
    script = f"This is number {number}."
    return Order(script=script, avatar_id=avatar, aspect_ratio=AspectRatio.SQUARE, resolution=Resolution.P720)


def stored(place: Site) -> int:
    query = sa.select(sa.func.count()).select_from(TakeIntent).where(TakeIntent.status == "ready")
    with place.database.read_scope() as session:
        return session.scalar(query) or 0


def until(condition: object) -> float:
    """Seconds until it is so."""
    assert callable(condition)
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > _PATIENCE_S:
            print("gave up waiting")
            break
        time.sleep(0.5)
    return time.monotonic() - began


def film(folder: Path) -> bytes:
    path = folder / "film.mp4"
    inputs = ("-f", "lavfi", "-i", "testsrc2=s=720x720:r=25:d=2", "-f", "lavfi", "-i", "sine=440:d=2")
    run_ffmpeg((*inputs, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(path)), timeout_s=60)
    return path.read_bytes()


if __name__ == "__main__":
    main()
