"""A minute cut exactly out of a recording, against encoding it again.

Source: 150 s of a presenter at 1080p25 before a camera that drifts, with grain, key frames up to ten seconds apart, as
x264 sets them. Three cuts at arbitrary frames through the whole pipeline, each with its sound at −14 LUFS; against
``ffmpeg -ss … -t 60`` with ``veryfast crf 20`` and AAC. ``make bench NAME=trim``.

``cpu_over_reencode``: all processes of a worker against the commands. ``frame_error``: how many frames there are too
many or too few, and how many of every tenth look more like the frame before or after the one that belongs there.
``encoded_share``: of the frames, those at the ends that could not be copied.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from app.media.ffmpeg import ffmpeg_binary
from app.modules.videos.clips.schemas import CreateClips
from app.modules.videos.models import RenderJob
from bench.avatar import spent_by_kind
from bench.material import camera
from bench.measure import MemoryWatch, cpu_of, report
from tests.site import Site, site
from tests.videos.library import uploaded

FPS, CUT_S, SOURCE_S = 25, 60, 150
FRAMES = FPS * CUT_S
STARTS = (17.36, 44.6, 81.12)
_EVERY = 10


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tenex-bench-") as name, site(Path(name) / "data") as place:
        folder = Path(name)
        footage = camera(folder, SOURCE_S)
        video = uploaded(place, footage, "A recording", SOURCE_S)
        root = place.start_worker().pid
        cut(place, video, 0.0, 4.0)  # what is imported or built once
        with MemoryWatch([root]) as memory:
            before = cpu_of([root])
            jobs = [cut(place, video, start, CUT_S) for start in STARTS]
            cpu = cpu_of([root]) - before
        print(", ".join(f"{kind} {spent:.2f}" for kind, spent in spent_by_kind(place.tasks(jobs[0].id)).items()))
        theirs = sum(reencoded(footage, folder / "theirs.mp4", start) for start in STARTS)
        print(f"ours {cpu:.1f} CPU-s, ffmpeg {theirs:.1f} CPU-s")
        pairs = [(place.file(job), start) for job, start in zip(jobs, STARTS, strict=True)]
        report(
            "trim",
            cpu_over_reencode=cpu / theirs,
            frame_error=sum(errors(path, footage, round(start * FPS)) for path, start in pairs),
            encoded_share=sum(encoded(path, footage) for path, _ in pairs) / len(pairs) / FRAMES,
            worker_peak_mb=memory.peak_mb,
        )


def cut(place: Site, video: str, start: float, seconds: float) -> RenderJob:
    part = {"ranges": [{"start": start, "end": start + seconds}], "aspect_ratio": "16:9", "captions": None}
    with place.database.session_scope() as session:
        ordered = place.services.clips.ask(session, place.workspace_id, video, CreateClips.model_validate(part))
        ids = [clip.video.render.id for clip in ordered.clips if clip.video.render is not None]
    return place.wait(ids[0], 600)


def reencoded(footage: Path, target: Path, start: float) -> float:
    """Processor seconds."""
    coded = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-c:a", "aac", "-b:a", "128k")
    before = os.times()
    command = [ffmpeg_binary(), "-v", "error", "-y", "-ss", str(start), "-i", str(footage), "-t", str(CUT_S), *coded]
    subprocess.run([*command, str(target)], check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def errors(path: Path, footage: Path, first: int) -> int:
    found = pictures(path, 0, FRAMES + FPS)
    wanted = pictures(footage, first - 1, FRAMES + 2)  # and one before and behind
    wrong = 0
    for number in range(0, min(len(found), FRAMES), _EVERY):
        away = [float(np.abs(found[number] - wanted[number + place]).mean()) for place in range(3)]
        wrong += away[1] > min(away)
    return abs(len(found) - FRAMES) + wrong


def pictures(path: Path, first: int, count: int) -> list[NDArray[np.int16]]:
    with av.open(str(path)) as media:
        stream = media.streams.video[0]
        media.seek(int(Fraction(max(0, first), FPS) / (stream.time_base or 1)), stream=stream)
        made = list[NDArray[np.int16]]()
        for frame in media.decode(stream):
            if (frame.pts or 0) * (stream.time_base or 1) >= Fraction(first, FPS):
                made.append(frame.to_ndarray(format="gray")[::4, ::4].astype(np.int16))
            if len(made) == count:
                break
        return made


def encoded(path: Path, footage: Path) -> int:
    """How many frames are not coded as they were."""
    return len(packets(path) - packets(footage))


def packets(path: Path) -> set[bytes]:
    with av.open(str(path)) as media:
        return {bytes(packet) for packet in media.demux(video=0) if packet.size}


if __name__ == "__main__":
    main()
