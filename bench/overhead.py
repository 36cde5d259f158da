"""What the pipeline itself costs: a job of many trivial chunks.

``cpu_ms_per_chunk``: processor time of the workers for one chunk of about a second: queue, steps, records, storing, and
looking for work all the while; not their child processes, which draw, encode and join. Measured on a job that has its
takes already (the same script in another aspect ratio). ``cpu_ms_per_take``: what a take adds, from the job before,
which had to make both. ``cpu_ms_of_children``: for comparison, what the children took for each of these small chunks.
``submit_to_work_s``: from the order to the moment a worker has begun, median of five.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from app.modules.videos.composition import AspectRatio, Resolution
from app.modules.videos.models import RenderJob, TaskStatus
from app.modules.videos.renders import Change, Order
from bench.measure import children_of, cpu_of, report
from tests.site import Site, site

CHUNKS = 60
SCRIPT = "\n\n".join(f"This is number {number}." for number in range(CHUNKS))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tenex-bench-") as folder, site(Path(folder)) as place:
        roots = [place.start_worker().pid for _ in range(2)]
        place.render(order("Hello there."))
        delays = [submit_to_work(place, number) for number in range(5)]
        first = overhead_of(place, roots, place.order(order(SCRIPT)))
        again = place.order_again(first.video_id, Change(aspect_ratio=AspectRatio.PORTRAIT))
        second = overhead_of(place, roots, again)
    print(f"takes and chunks {first.cpu_s:.2f} CPU-s, chunks alone {second.cpu_s:.2f} CPU-s; delays {delays}")
    report(
        "overhead",
        cpu_ms_per_chunk=second.cpu_s / second.chunks * 1000,
        submit_to_work_s=statistics.median(delays),
        cpu_ms_per_take=(first.cpu_s - second.cpu_s) / first.takes * 1000,
        cpu_ms_of_children=second.children_s / second.chunks * 1000,
        chunks=second.chunks,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """What a job cost outside and inside of the child processes, and what it made."""

    video_id: str
    cpu_s: float
    children_s: float
    takes: int
    chunks: int


def overhead_of(place: Site, roots: list[int], ordered: RenderJob) -> Overhead:
    before, children_before = cpu_of(roots), children_of(roots)
    job = place.wait(ordered.id, seconds=900)
    children = children_of(roots) - children_before
    cpu = cpu_of(roots) - before - children
    made = [task for task in place.tasks(job.id) if task.status == TaskStatus.MADE]
    return Overhead(
        video_id=job.video_id,
        cpu_s=cpu,
        children_s=children,
        takes=sum(task.kind == "take" for task in made),
        chunks=sum(task.kind == "chunk" for task in made),
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
