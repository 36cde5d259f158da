"""Moments and crop paths of an hour: what it costs to look and to listen.

Source: an hour of a presenter at 1080p25 before a camera that drifts, with grain, at about 7 Mbit/s (a minute, again
and again), its transcript given; and ten minutes of it. Moments as for a search for ten clips; crop paths for all of
it, as for clips of a minute each, one after the other. ``make bench NAME=analyse``.

``cpu_s``: of the hour, and ``cpu_moments_s`` of its moments; ``cpu_over_decode``: against ``ffmpeg`` that only decodes
its picture; ``ten_minutes_share``: six times the cost of ten minutes against that of the hour; ``worker_peak_mb``.
"""

from __future__ import annotations

import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from app.media.ffmpeg import ffmpeg_binary
from app.media.watching import watch
from app.modules.videos.clips.children import find_moments
from app.modules.videos.clips.moments import Wish
from app.modules.videos.pipeline.framing import framed
from app.modules.videos.scenery import Asset, AssetKind
from bench.clips import words
from bench.material import camera, repeated
from bench.measure import report

FPS, MINUTE_S, HOUR_MIN, SHORT_MIN, CLIPS = Fraction(25), 60, 60, 10, 10
_CRF = 20.5


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tenex-bench-") as name:
        minute = camera(Path(name), MINUTE_S, _CRF)
        print(f"{minute.stat().st_size * 8 / MINUTE_S / 1e6:.1f} Mbit/s")
        hour, short = repeated(minute, HOUR_MIN), repeated(minute, SHORT_MIN)
        moments, paths = analysed(hour, HOUR_MIN)
        shorter = sum(analysed(short, SHORT_MIN))
        decoded = spent_by([ffmpeg_binary(), "-v", "error", "-i", str(short), "-map", "0:v", "-f", "null", "-"])
        print(f"moments {moments:.1f} s, crop paths {paths:.1f} s; ten minutes {shorter:.1f} s, decoded {decoded:.1f}")
        report(
            "analyse",
            cpu_s=moments + paths,
            cpu_moments_s=moments,
            cpu_over_decode=(moments + paths) / (decoded * HOUR_MIN / SHORT_MIN),
            ten_minutes_share=shorter * HOUR_MIN / SHORT_MIN / (moments + paths),
            worker_peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
        )


def analysed(path: Path, minutes: int) -> tuple[float, float]:
    """Processor seconds of the moments, and of the crop paths."""
    return spent(lambda: moments_of(path, minutes)), spent(lambda: paths_of(path, minutes))


def moments_of(path: Path, minutes: int) -> None:
    length = minutes * MINUTE_S * 1000
    asset = Asset(kind=AssetKind.VIDEO, blob="", sha256="", origin="", duration_ms=length, has_sound=True)
    wish = Wish(count=CLIPS, least_ms=15_000, most_ms=60_000)
    said = [word.model_dump(mode="json") for word in words(length // 1000)]
    task = {
        "path": str(path),
        "asset": asset.model_dump(mode="json"),
        "words": said,
        "wish": wish.model_dump(mode="json"),
    }
    found = find_moments(task, lambda _: None)["candidates"]
    assert found


def paths_of(path: Path, minutes: int) -> None:
    for minute in range(minutes):
        shots = watch(path, Fraction(minute * MINUTE_S), int(MINUTE_S * FPS), FPS)
        assert all(shot.sights for shot in shots)
        framed(shots, (1920, 1080), (1080, 1920), float(FPS))


def spent(work: Callable[[], None]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def spent_by(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
