"""Two hours of webinar through the real pipeline, by two workers: is every frame where it belongs at the end, too?

One recording of the host, whose every frame says which one it is and which clicks at every second, is cut into a slide
a minute; the host is a picture on it, and at every tenth minute, in the middle and at the end fills the frame, where
the frames are read. ``make bench NAME=long``; ``MINUTES=10`` for less. All at 720p.

``frames_off``: of those that were read, how many are not the one they should be; ``frames_missing``: of the whole
video. ``audio_offset_ms``: the farthest click from its second, in the first, the middle and the last 30 s.
``worker_peak_mb``: of the two workers with all their children, whichever took more; ``short_peak_mb``: the most for two
minutes with the same kinds of scenes and fades, made before by the same workers, again and again.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from app.core.ids import new_id
from app.media.encode import planes_of
from app.media.ffmpeg import run_ffmpeg
from app.media.hearing import heard_from
from app.media.time import SAMPLE_RATE
from app.modules.videos.composition import Composition, Picture, Resolution, Scene
from app.modules.videos.models import RenderJob
from app.modules.videos.scenery import Arrangement, Asset, AssetKind, Clip, Layout, Transition, TransitionKind
from bench.material import slides
from bench.measure import MemoryWatch, cpu_of, report
from tests.media.barcodes import Luma, code_of, record
from tests.site import Site, site

FPS, MINUTE = 25, 60 * 25
WORKERS = 2
#: Where scenes begin and end, in seconds: those of two minutes.
SHORT = (0, 40, 80, 120)
#: Of them, so many are made for their peak: in two hours sound and the costliest pictures meet in a worker, in two
#: minutes only sometimes.
SHORT_RENDERS = 8
#: Seconds at a place that are looked at, and those of a cross-fade.
LOOKED_AT_S, FADE_MS = 30, 400


def main(minutes: int) -> None:
    with tempfile.TemporaryDirectory(prefix="tenex-bench-") as folder, site(Path(folder) / "data") as place:
        recording = host(Path(folder), minutes)
        pages = [image(place, path) for path in slides(Path(folder), 12)]
        roots = [place.start_worker().pid for _ in range(WORKERS)]
        brief = composition(place, recording, pages, SHORT, {0, 2})
        place.render_composition(brief, seconds=600)  # what is imported or built once
        with MemoryWatch(roots) as short:
            jobs = [anew(place, brief) for _ in range(SHORT_RENDERS)]
        before, began = cpu_of(roots), time.monotonic()
        with MemoryWatch(roots) as long:
            cuts = range(0, minutes * 60 + 1, 60)
            wanted = composition(place, recording, pages, cuts, read_minutes(minutes))
            job = place.render_composition(wanted, seconds=4 * 3600)
        cpu, wall = cpu_of(roots) - before, time.monotonic() - began
        print(f"largest child, MB: {peaks_by_kind(place, jobs[0])} at first, {peaks_by_kind(place, job)} for all")
        video = place.file(job)
        report(
            "long",
            frames_off=frames_off(video, minutes),
            frames_missing=minutes * MINUTE - frames_of(video),
            audio_offset_ms=max(audio_offset_ms(video, at) for at in places(minutes)),
            worker_peak_mb=long.peak_mb,
            short_peak_mb=short.peak_mb,
            cpu_s=cpu,
            wall_s=wall,
            video_s=minutes * 60,
        )


def anew(place: Site, wanted: Composition) -> RenderJob:
    """Rendered where nothing was made yet."""
    place.workspace_id = place.new_workspace()
    return place.render_composition(wanted, seconds=600)


def host(folder: Path, minutes: int) -> Path:
    """A minute of frames again and again, and clicks all along."""
    minute, whole = folder / "minute.mp4", folder / "host.mp4"
    record(minute, Fraction(FPS), MINUTE, size=(1280, 720), key_every=50, bframes=0)
    click = "aevalsrc='if(lt(mod(t,1),0.01),0.8*sin(2*PI*2000*t),0)':s=48000"
    picture = ("-stream_loop", str(minutes - 1), "-i", str(minute))
    sound = ("-f", "lavfi", "-i", click, "-c:v", "copy", "-c:a", "aac", "-b:a", "64k", "-t", str(minutes * 60))
    run_ffmpeg((*picture, *sound, "-map", "0:v", "-map", "1:a", str(whole)), timeout_s=1200)
    return whole


def composition(place: Site, recording: Path, pages: list[Asset], cuts: Sequence[int], filled: set[int]) -> Composition:
    """The host fills the frame in the scenes ``filled``, and is a picture on the slide in the others."""
    facts = {"width": 1280, "height": 720, "duration_ms": cuts[-1] * 1000, "has_sound": True}
    asset = stored(place, recording, AssetKind.VIDEO, **facts)
    fade = Transition(kind=TransitionKind.FADE, duration_ms=FADE_MS)
    whole, overlay = Layout(arrangement=Arrangement.HOST), Layout()
    scenes = tuple(
        Scene(
            title=f"Scene {number}",
            slide=pages[number % len(pages)],
            recording=Clip(asset=asset, start_ms=start * 1000, stop_ms=stop * 1000),
            layout=whole if number in filled else overlay,
            transition=fade,
        )
        for number, (start, stop) in enumerate(pairwise(cuts))
    )
    return Composition(picture=Picture(resolution=Resolution.P720), scenes=scenes)


def peaks_by_kind(place: Site, job: RenderJob) -> dict[str, int]:
    """The most memory that a child took for an artifact of each kind."""
    tasks = place.tasks(job.id)
    return {kind: max(task.peak_mb for task in tasks if task.kind == kind) for kind in sorted({t.kind for t in tasks})}


def read_minutes(minutes: int) -> set[int]:
    """Those in which the host fills the frame."""
    return {*range(0, minutes, 10), minutes // 2, minutes - 1}


def frames_off(video: Path, minutes: int) -> int:
    """Of all frames of the minutes that are read, but those of fades: how many are not there, or are others."""
    fading = FADE_MS * FPS // 1000
    right = sum(
        code_of(luma) == number % MINUTE
        for minute in sorted(read_minutes(minutes))
        for number, luma in frames_from(video, minute * MINUTE + fading, (minute + 1) * MINUTE)
    )
    return (MINUTE - fading) * len(read_minutes(minutes)) - right


def frames_from(video: Path, first: int, stop: int) -> Iterator[tuple[int, Luma]]:
    """Numbers by the clock of the file, and what is seen."""
    with av.open(str(video)) as media:
        stream = media.streams.video[0]
        tick = stream.time_base or Fraction(1)
        media.seek(int(Fraction(first, FPS) / tick), stream=stream)
        expected = first
        for frame in media.decode(stream):
            number = (frame.pts or 0) * tick * FPS
            if first <= number < stop:
                yield expected, planes_of(frame).y
                expected += 1
            if number >= stop - 1:
                return


def frames_of(video: Path) -> int:
    with av.open(str(video)) as media:
        return sum(packet.size > 0 for packet in media.demux(video=0))


def places(minutes: int) -> list[int]:
    """Seconds at which sound is listened to."""
    return [0, minutes * 30, minutes * 60 - LOOKED_AT_S]


def audio_offset_ms(video: Path, at: int) -> float:
    """The farthest that a click is from its second; a second when one is missing."""
    samples = np.concatenate(list(heard_from(video, at - Fraction(1, 2) if at else Fraction(0), 30 * SAMPLE_RATE)))
    loud = np.flatnonzero(np.abs(samples.astype(int)) > 4000)
    starts = loud[np.diff(loud, prepend=-SAMPLE_RATE) > SAMPLE_RATE // 10]
    wanted = (np.arange(30) + (0.5 if at else 0)) * SAMPLE_RATE
    return 1000.0 if len(starts) != len(wanted) else float(np.abs(starts - wanted).max() / SAMPLE_RATE * 1000)


def image(place: Site, path: Path) -> Asset:
    return stored(place, path, AssetKind.IMAGE, width=1920, height=1080)


def stored(place: Site, path: Path, kind: AssetKind, **facts: int) -> Asset:
    blob = place.services.platform.blobs.put(f"bench/{new_id()}{path.suffix}", path)
    return Asset.model_validate({"kind": kind, "blob": blob.key, "sha256": blob.sha256, "origin": path.name} | facts)


if __name__ == "__main__":
    main(int(os.environ.get("MINUTES", "120")))
