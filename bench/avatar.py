"""A minute of a presenter at 1080p25 through the real pipeline, against a bare x264 encode of its finished frames.

``cpu_over_x264``: processor time of the whole job (all workers, drawing, speech, sound, packaging) over that of one
single-threaded ``veryfast crf 20`` encode of the same frames, decoding not counted. ``realtime``: seconds of video made
in a second.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import av

from app.media.time import decimal_seconds
from app.modules.videos.models import RenderTask
from app.modules.videos.renders import Order
from bench.measure import MemoryWatch, cpu_of, report
from tests.site import Site, site

SCRIPT = (Path(__file__).parent / "minute.txt").read_text()
WORKERS = 2


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tenex-bench-") as folder, site(Path(folder)) as place:
        roots = [place.start_worker().pid for _ in range(WORKERS)]
        warm_up(place)
        with MemoryWatch(roots) as memory:
            before, began = cpu_of(roots) + time.thread_time(), time.monotonic()
            order = place.order(Order(script=SCRIPT, avatar_id=avatar()))
            submitted = time.thread_time()  # what follows here only looks on
            job = place.wait(order.id, seconds=600)
            wall, cpu = time.monotonic() - began, cpu_of(roots) + submitted - before
        revision = place.revision(job)
        spent = spent_by_kind(place.tasks(job.id))
        seconds = decimal_seconds(Fraction(revision.frames, 25))
        reference = bare_x264(place.file(job))
    print(f"{seconds:.2f} s of video, {revision.frames} frames, {revision.size / 1e6:.2f} MB, by {WORKERS} workers")
    print(f"whole job {cpu:.2f} CPU-s, {wall:.2f} s; bare x264 {reference:.2f} CPU-s")
    spent["rest"] = cpu - sum(spent.values())
    print(", ".join(f"{kind} {value:.2f}" for kind, value in spent.items()))
    report(
        "avatar",
        cpu_over_x264=cpu / reference,
        realtime=seconds / wall,
        worker_peak_mb=memory.peak_mb,
        job_cpu_s=cpu,
        x264_cpu_s=reference,
        video_s=seconds,
    )


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


def bare_x264(video: Path) -> float:
    """Processor seconds that libx264 alone takes for these frames, on one thread."""
    spent = 0.0
    with av.open(str(video)) as source, av.open("/dev/null", "w", format="null") as sink:
        stream = sink.add_stream("libx264", rate=25, options={"preset": "veryfast", "crf": "20"})
        stream.codec_context.thread_count = 1
        stream.width, stream.height, stream.pix_fmt = (
            source.streams.video[0].width,
            source.streams.video[0].height,
            "yuv420p",
        )
        for frame in itertools.chain(source.decode(video=0), [None]):
            if frame is not None:
                frame.pict_type = av.video.frame.PictureType.NONE
            began = time.thread_time()
            stream.encode(frame)
            spent += time.thread_time() - began
    return spent


if __name__ == "__main__":
    main()
