"""What the pipeline itself costs: a job of many trivial chunks.

``cpu_ms_per_chunk``: processor time of the workers for one chunk of about a second, less what drawing and encoding took
in the children. ``submit_to_work_s``: from the order to the moment a worker has begun, median of five.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from app.modules.videos.composition import AspectRatio, Resolution
from app.modules.videos.renders import Order
from bench.measure import cpu_of, report
from tests.site import Site, site

CHUNKS = 60
SCRIPT = "\n\n".join(f"This is number {number}." for number in range(CHUNKS))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tenex-bench-") as folder, site(Path(folder)) as place:
        roots = [place.start_worker().pid for _ in range(2)]
        place.render(order("Hello there."))
        delays = [submit_to_work(place, number) for number in range(5)]
        before = cpu_of(roots)
        job = place.render(order(SCRIPT), seconds=900)
        cpu = cpu_of(roots) - before
        tasks = place.tasks(job.id)
    chunks = sum(task.kind == "chunk" for task in tasks)
    inside = sum(task.cpu_ms for task in tasks) / 1000
    print(f"{chunks} chunks: {cpu:.2f} CPU-s in all, {inside:.2f} CPU-s of it in children; delays {delays}")
    report(
        "overhead",
        cpu_ms_per_chunk=(cpu - inside) / chunks * 1000,
        submit_to_work_s=statistics.median(delays),
        chunks=chunks,
    )


def order(script: str) -> Order:
    return Order(script=script, avatar_id="omar", aspect_ratio=AspectRatio.SQUARE, resolution=Resolution.P720)


def submit_to_work(place: Site, number: int) -> float:
    began = time.monotonic()
    job = place.order(order(f"Word {number}."))
    while not any(task.status != "queued" for task in place.tasks(job.id)):
        time.sleep(0.01)
    delay = time.monotonic() - began
    place.wait(job.id)
    return delay


if __name__ == "__main__":
    main()
