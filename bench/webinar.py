"""A webinar through the real pipeline, against one well-written ffmpeg command and against the encoder alone.

The job: slides of 30 s at 1080p25, a host of 384 pixels in a circle at the bottom right (one recording of 720p), two
full-frame B-rolls of a sixtieth of the length each, cross-fades of half a second. ``make bench NAME=webinar``; 600 s
with ``LONG=1``.

``cpu_over_ffmpeg``, ``wall_speedup``: all processes of both workers against the command, which may use both cores.
``cpu_over_x264``: against ``veryfast crf 20`` alone, on one thread, given the job's frames as they were drawn. Job and
references take turns, and the medians of five rounds are compared (of ten minutes, one): a few seconds in which others
have the machine count for nothing.

``ssim``: of the two results, luma of every seventh frame. ``slide_ssim``, ``host_ssim``, ``broll_ssim``: ours against
the frames as they were drawn, in the upper half of those that show a slide, in the circle's square, and the whole of
those that B-roll fills; with ``_ffmpeg``, the command's against its own frames before its encoder.
``size_over_ffmpeg``: of the files. ``still_realtime``: a minute of a slide alone, seconds of video for each processor
second of drawing it.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import mean, median

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.ids import new_id
from app.media.encode import planes_of
from app.media.ffmpeg import ffmpeg_binary
from app.media.hearing import heard_from
from app.media.time import SAMPLE_RATE
from app.modules.videos.composition import Composition, Picture, Scene
from app.modules.videos.models import RenderJob
from app.modules.videos.scenery import (
    Asset,
    AssetKind,
    Broll,
    Clip,
    Corner,
    Layout,
    Transition,
    TransitionKind,
)
from bench.avatar import bare_x264, spent_by_kind
from bench.finished import finished_frames
from bench.material import HEIGHT, WIDTH, Material, material
from bench.measure import MemoryWatch, cpu_of, report
from tests.media.barcodes import lumas
from tests.site import Site, site

SLIDE_S, FPS = 30, 25
HOST = 384
MARGIN = 32
WORKERS = 2
ROUNDS = 5
Luma = NDArray[np.uint8]

#: Of so many frames one is compared: of five it would always be the same kind, since our encoder codes one of every
#: five better than the others.
SAMPLED = 7


def main(seconds: int) -> None:
    if seconds < SLIDE_S:
        raise SystemExit(f"The job is at least one slide long: {SLIDE_S} seconds.")
    with tempfile.TemporaryDirectory(prefix="tenex-bench-") as folder, site(Path(folder) / "data") as place:
        made = material(Path(folder), seconds, SLIDE_S)
        roots = [place.start_worker().pid for _ in range(WORKERS)]
        place.render_composition(composition(place, made, 2))  # what is imported or built once
        theirs, wanted = Path(folder) / "ffmpeg.mp4", composition(place, made, seconds)
        rounds = [one_round(place, made, wanted, seconds, roots, theirs) for _ in range(ROUNDS if seconds <= 60 else 1)]
        with MemoryWatch(roots) as memory:  # in a run of its own: to look takes time from those who are looked at
            job = measured(place, wanted, roots)[2]
        ours = place.file(job)
        still = place.render_composition(one_slide(place, made))
        still_cpu = spent_by_kind(place.tasks(still.id))["chunk"]
        compared, frames = likeness(lumas(ours), lumas(theirs), shown_between(seconds, made.broll_s))
        report(
            "webinar",
            cpu_over_ffmpeg=median(each.cpu for each in rounds) / median(each.ffmpeg_cpu for each in rounds),
            cpu_over_x264=median(each.cpu for each in rounds) / median(each.x264 for each in rounds),
            wall_speedup=median(each.ffmpeg_wall for each in rounds) / median(each.wall for each in rounds),
            worker_peak_mb=memory.peak_mb,
            ssim=compared.whole,
            **losses(place, made, wanted, job, seconds, theirs),
            frames=frames,
            audio_offset_ms=audio_offset_ms(ours, theirs),
            still_realtime=60 / still_cpu,
            size_over_ffmpeg=ours.stat().st_size / theirs.stat().st_size,
            video_s=seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One job, the command, and the bare encode of the job's frames: processor seconds, and seconds by the clock."""

    job: RenderJob
    cpu: float
    wall: float
    ffmpeg_cpu: float
    ffmpeg_wall: float
    x264: float


def one_round(place: Site, made: Material, wanted: Composition, seconds: int, roots: list[int], theirs: Path) -> Round:
    cpu, wall, job = measured(place, wanted, roots)
    ffmpeg_cpu, ffmpeg_wall = command(made, seconds, theirs)
    x264 = bare_x264(finished_frames(place, wanted, job))
    spent = spent_by_kind(place.tasks(job.id))
    print(f"job {cpu:.2f} CPU-s in {wall:.2f} s; " + ", ".join(f"{k} {v:.2f}" for k, v in spent.items()))
    print(f"ffmpeg {ffmpeg_cpu:.2f} CPU-s in {ffmpeg_wall:.2f} s; bare x264 {x264:.2f} CPU-s")
    return Round(job=job, cpu=cpu, wall=wall, ffmpeg_cpu=ffmpeg_cpu, ffmpeg_wall=ffmpeg_wall, x264=x264)


def measured(place: Site, wanted: Composition, roots: list[int]) -> tuple[float, float, RenderJob]:
    """Processor seconds, seconds by the clock, and the job."""
    place.workspace_id = place.new_workspace()
    before, began = cpu_of(roots), time.monotonic()
    job = place.render_composition(wanted, seconds=1200)
    return cpu_of(roots) - before, time.monotonic() - began, job


def composition(place: Site, made: Material, seconds: int) -> Composition:
    host = stored(place, made.host, AssetKind.VIDEO, duration_ms=seconds * 1000)
    brolls = [stored(place, each, AssetKind.VIDEO, duration_ms=made.broll_s * 1000) for each in made.brolls]
    slides = [stored(place, slide, AssetKind.IMAGE) for slide in made.slides]
    layout = Layout(
        corner=Corner.BOTTOM_RIGHT,
        size=round(HOST / HEIGHT * 1000),
        margin=round(MARGIN / HEIGHT * 1000),
        border=0,
        shadow=False,
    )
    length = min(SLIDE_S, seconds) * 1000
    count = max(1, seconds // SLIDE_S)
    extra = [Broll(asset=each, at_ms=length // 2, duration_ms=made.broll_s * 1000) for each in brolls]
    shown = {0: extra[0], count - 1: extra[1]} if seconds >= SLIDE_S else {}
    scenes = tuple(
        Scene(
            title=f"Slide {number + 1}",
            slide=slides[number % len(slides)],
            recording=Clip(asset=host, start_ms=number * length, stop_ms=(number + 1) * length),
            layout=layout,
            broll=(shown[number],) if number in shown else (),
            transition=Transition(kind=TransitionKind.FADE if number else TransitionKind.CUT, duration_ms=500),
        )
        for number in range(count)
    )
    return Composition(picture=Picture(), scenes=scenes)


def one_slide(place: Site, made: Material) -> Composition:
    slide = stored(place, made.slides[0], AssetKind.IMAGE)
    return Composition(picture=Picture(), scenes=(Scene(title="One", slide=slide, duration_ms=60_000),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """SSIM of luma in the whole picture, in the upper half of those with a slide, in the square of the host's circle
    beside it, and in the whole of those with B-roll.
    """

    whole: float
    slide: float
    host: float
    broll: float


def losses(
    place: Site, made: Material, wanted: Composition, job: RenderJob, seconds: int, theirs: Path
) -> dict[str, float]:
    """How like its own finished frames each result is, in the first minute."""
    lossless = theirs.with_suffix(".mkv")
    command(made, seconds, lossless, encoder=("-c:v", "ffv1", "-pix_fmt", "yuv420p"), shown=min(seconds, 60))
    finished = (planes_of(frame).y for frame in finished_frames(place, wanted, job))
    brolls = shown_between(seconds, made.broll_s)
    ours = likeness(lumas(place.file(job)), itertools.islice(finished, 60 * FPS), brolls)[0]
    ffmpeg = likeness(lumas(theirs), lumas(lossless), brolls)[0]
    lossless.unlink()
    return {
        "slide_ssim": ours.slide,
        "slide_ssim_ffmpeg": ffmpeg.slide,
        "host_ssim": ours.host,
        "host_ssim_ffmpeg": ffmpeg.host,
        "broll_ssim": ours.broll,
        "broll_ssim_ffmpeg": ffmpeg.broll,
    }


def shown_between(seconds: int, broll_s: int) -> list[range]:
    """The frames that B-roll fills: in the middle of the first and of the last slide."""
    starts = {0, (seconds - 1) // SLIDE_S * SLIDE_S}
    return [range((start + SLIDE_S // 2) * FPS, (start + SLIDE_S // 2 + broll_s) * FPS) for start in starts]


def likeness(one: Iterable[Luma], other: Iterable[Luma], brolls: list[range]) -> tuple[Likeness, int]:
    """Of every seventh frame; and how many frames were seen."""
    top, side = slice(0, HEIGHT // 2), slice(WIDTH - MARGIN - HOST, WIDTH - MARGIN)
    low = slice(HEIGHT - MARGIN - HOST, HEIGHT - MARGIN)
    whole, slide, host, broll = (list[float]() for _ in range(4))
    frames = 0
    for number, (mine, theirs) in enumerate(zip(one, other, strict=False)):
        frames += 1
        if number % SAMPLED == 0:
            whole.append(ssim(mine, theirs))
            if any(number in shown for shown in brolls):
                broll.append(whole[-1])
                continue
            slide.append(ssim(mine[top], theirs[top]))
            host.append(ssim(mine[low, side], theirs[low, side]))
    found = Likeness(whole=mean(whole), slide=mean(slide), host=mean(host), broll=mean(broll))
    return found, frames


def audio_offset_ms(ours: Path, theirs: Path) -> float:
    """How much later ours sounds than the command's, by where the two fit best, in the middle of the video."""
    one, other = (envelope(path) for path in (ours, theirs))
    length = min(len(one), len(other))
    one, other = one[:length] - one[:length].mean(), other[:length] - other[:length].mean()
    reach = range(-200, 201)
    fits = [float(np.dot(one[200 + by : length - 200 + by], other[200 : length - 200])) for by in reach]
    return float(reach[int(np.argmax(fits))])


def envelope(path: Path) -> NDArray[np.float64]:
    """Loudness of each millisecond."""
    samples = np.concatenate(list(heard_from(path, Fraction(0), 60 * SAMPLE_RATE))).astype(np.float64)
    return np.abs(samples[: len(samples) // 48 * 48]).reshape(-1, 48).mean(axis=1)


def stored(place: Site, path: Path, kind: AssetKind, duration_ms: int = 0) -> Asset:
    blob = place.services.platform.blobs.put(f"bench/{new_id()}{path.suffix}", path)
    size = {"width": WIDTH, "height": HEIGHT} if kind is AssetKind.IMAGE else {}
    return Asset(
        kind=kind, blob=blob.key, sha256=blob.sha256, origin=path.name, duration_ms=duration_ms,
        has_sound=path.name == "host.mp4", **size,
    )  # fmt: skip


def command(
    made: Material, seconds: int, target: Path, *, encoder: tuple[str, ...] = (), shown: int = 0
) -> tuple[float, float]:
    """The same video by one ffmpeg command, as somebody who knows it well would write it: processor seconds, and
    seconds by the clock. ``shown``: only so many seconds of it.
    """
    count = max(1, seconds // SLIDE_S)
    arguments = [
        ffmpeg_binary(),
        "-v",
        "error",
        "-y",
        "-i",
        str(made.host),
        "-i",
        str(made.mask),
        "-i",
        str(made.brolls[0]),
        "-i",
        str(made.brolls[1]),
    ]
    for number in range(count):
        arguments += ["-i", str(made.slides[number % len(made.slides)])]
    still = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,loop=-1:1,fps=25"
    graph = [f"[{4 + number}:v]{still},trim=duration={SLIDE_S + 0.5}[s{number}]" for number in range(count)]
    last = "[s0]"
    for number in range(1, count):
        graph.append(f"{last}[s{number}]xfade=fade:duration=0.5:offset={number * SLIDE_S}[x{number}]")
        last = f"[x{number}]"
    graph += [
        f"[0:v]crop=ih:ih,scale={HOST}:{HOST},format=yuv420p[h]",
        "[1:v]format=gray,loop=-1:1,fps=25[m]",
        "[h][m]alphamerge[hm]",
        f"{last}[hm]overlay=W-w-{MARGIN}:H-h-{MARGIN}:shortest=1:format=yuv420[v0]",
    ]
    for place, number in enumerate((0, count - 1)):
        at = number * SLIDE_S + SLIDE_S / 2
        graph += [
            f"[{2 + place}:v]setpts=PTS-STARTPTS+{at}/TB[c{place}]",
            f"[v{place}][c{place}]overlay=enable='between(t,{at},{at + made.broll_s - 0.02})':eof_action=pass"
            f"[v{place + 1}]",
        ]
    video = encoder or ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p")
    arguments += ["-filter_complex", ";".join(graph), "-map", "[v2]", "-map", "0:a", *video]
    arguments += ["-c:a", "aac", "-b:a", "128k", "-t", str(shown or seconds), "-movflags", "+faststart", str(target)]
    before, began = os.times(), time.monotonic()
    subprocess.run(arguments, check=True)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return cpu, time.monotonic() - began


def ssim(one: Luma, other: Luma) -> float:
    """Structural similarity (Wang 2004) with a window of eight pixels, as ffmpeg and x264 measure it."""
    a, b = one.astype(np.float32), other.astype(np.float32)
    mean_a, mean_b = cv2.blur(a, (8, 8)), cv2.blur(b, (8, 8))
    var_a, var_b = cv2.blur(a * a, (8, 8)) - mean_a**2, cv2.blur(b * b, (8, 8)) - mean_b**2
    both = cv2.blur(a * b, (8, 8)) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    return float(np.mean(top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 600 if os.environ.get("LONG") else 60)
