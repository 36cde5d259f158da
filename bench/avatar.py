"""A minute of a presenter at 1080p25 through the real pipeline, against a bare x264 encode of its finished frames.

``cpu_over_x264``: processor time of the whole job (all workers, drawing, speech, sound, packaging) over that of one
single-threaded ``veryfast crf 20`` encode of the same frames, decoding not counted. ``realtime``: seconds of video made
in a second. Job and reference take turns, and the sums of three rounds are compared: one round alone is 5 % off.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import PictureType

from app.media.time import decimal_seconds
from app.modules.videos.models import RenderTask, Revision
from app.modules.videos.renders import Order
from bench.measure import MemoryWatch, cpu_of, report
from tests.site import Site, site

SCRIPT = (Path(__file__).parent / "minute.txt").read_text()
WORKERS = 2
ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One job and the bare encode of its frames, in processor seconds; ``wall`` is the job's."""

    job: float
    x264: float
    wall: float
    revision: Revision


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tenex-bench-") as folder, site(Path(folder)) as place:
        roots = [place.start_worker().pid for _ in range(WORKERS)]
        warm_up(place)
        with MemoryWatch(roots) as memory:
            rounds = [one_round(place, roots) for _ in range(ROUNDS)]
    revision = rounds[0].revision
    seconds = decimal_seconds(Fraction(revision.frames, 25))
    print(f"{seconds:.2f} s of video, {revision.frames} frames, {revision.size / 1e6:.2f} MB, by {WORKERS} workers")
    report(
        "avatar",
        cpu_over_x264=sum(each.job for each in rounds) / sum(each.x264 for each in rounds),
        realtime=seconds * ROUNDS / sum(each.wall for each in rounds),
        worker_peak_mb=memory.peak_mb,
        job_cpu_s=sum(each.job for each in rounds) / ROUNDS,
        x264_cpu_s=sum(each.x264 for each in rounds) / ROUNDS,
        video_s=seconds,
    )


def one_round(place: Site, roots: list[int]) -> Round:
    place.workspace_id = place.new_workspace()  # nothing to reuse
    before, began = cpu_of(roots) + time.thread_time(), time.monotonic()
    order = place.order(Order(script=SCRIPT, avatar_id=avatar()))
    submitted = time.thread_time()  # what follows here only looks on
    job = place.wait(order.id, seconds=600)
    wall, cpu = time.monotonic() - began, cpu_of(roots) + submitted - before
    reference = bare_x264(decoded(place.file(job)))
    spent = spent_by_kind(place.tasks(job.id))
    spent["rest"] = cpu - sum(spent.values())
    print(f"job {cpu:.2f} CPU-s in {wall:.2f} s; bare x264 {reference:.2f} CPU-s; ratio {cpu / reference:.3f}")
    print("  of the job " + ", ".join(f"{kind} {value:.2f}" for kind, value in spent.items()))
    return Round(job=cpu, x264=reference, wall=wall, revision=place.revision(job))


def avatar() -> str:
    return sys.argv[1] if len(sys.argv) > 1 else "maya"


def spent_by_kind(tasks: list[RenderTask]) -> dict[str, float]:
    """Processor seconds that the child processes took for takes, chunks, sound and packaging."""
    spent: dict[str, float] = defaultdict(float)
    for task in tasks:
        spent[task.kind] += task.cpu_ms / 1000
    return spent


def warm_up(place: Site) -> None:
    """Workers that have started and imported: what a server that runs has."""
    place.render(Order(script="Hello there.", avatar_id="omar"))


def bare_x264(frames: Iterable[av.VideoFrame]) -> float:
    """Processor seconds that libx264 alone takes for these frames (all of one size, 25 a second), on one thread."""
    spent, stream = 0.0, None
    with av.open("/dev/null", "w", format="null") as sink:
        for number, frame in enumerate(frames):
            if stream is None:
                stream = sink.add_stream("libx264", rate=25, options={"preset": "veryfast", "crf": "20"})
                stream.codec_context.thread_count = 1
                stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
            frame.pict_type, frame.pts, frame.time_base = PictureType.NONE, number, Fraction(1, 25)
            began = time.thread_time()
            stream.encode(frame)
            spent += time.thread_time() - began
        if stream is not None:
            began = time.thread_time()
            stream.encode(None)
            spent += time.thread_time() - began
    return spent


def decoded(video: Path) -> Iterator[av.VideoFrame]:
    with av.open(str(video)) as source:
        yield from source.decode(video=0)


if __name__ == "__main__":
    main()
