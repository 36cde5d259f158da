"""Five vertical clips with captions from ten minutes, against well-written ffmpeg commands one after the other.

Source: ten minutes of a presenter at 1080p25 before a camera that drifts, with grain (a minute, ten times). Clips of
30 s at arbitrary times, 1080x1920, with captions that light up word by word. Ours look for the face and follow it; the
commands crop the middle. ``make bench NAME=clips``.

``cpu_over_ffmpeg``, ``wall_speedup``: all processes of both workers against the commands, each of which may use both
cores. ``ssim``, ``ssim_ffmpeg``: each result against its own frames before its encoder, luma of every seventh frame of
the first clip. ``size_over_ffmpeg``: of the files. ``frames_off``: how many frames the clips have too many or too few.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import av

from app.media.encode import planes_of
from app.media.ffmpeg import ffmpeg_binary
from app.modules.videos.clips.schemas import CreateClips
from app.modules.videos.composition import Composition
from app.modules.videos.models import RenderJob
from app.modules.videos.pipeline.layout import lay_out
from app.modules.videos.pipeline.scenes import Survey
from app.modules.videos.pipeline.surveying import survey, survey_plan
from app.modules.videos.pipeline.timeline import time_line
from app.modules.videos.scenery import SaidWord
from bench.avatar import spent_by_kind
from bench.finished import drawn, path_of
from bench.material import camera, repeated
from bench.measure import MemoryWatch, cpu_of, report
from bench.webinar import SAMPLED, ssim
from tests.media.barcodes import lumas
from tests.site import Site, site
from tests.videos.library import uploaded

FPS, CLIP_S, SOURCE_S, WORKERS = 25, 30, 600, 2
STARTS = (17.36, 133.08, 258.92, 391.2, 520.44)
_FONTS = Path(__file__).parents[1] / "app" / "media" / "lettering" / "fonts"
_WORD_MS = 370


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tenex-bench-") as name, site(Path(name) / "data") as place:
        folder = Path(name)
        footage = repeated(camera(folder, 60), SOURCE_S // 60)
        video = uploaded(place, footage, "Ten minutes", SOURCE_S)
        spoken = words()
        with place.database.session_scope() as session:
            place.services.transcripts.put(session, place.workspace_id, video, spoken, None)
        roots = [place.start_worker().pid for _ in range(WORKERS)]
        clips(place, video, (1.0,), 2.0)  # what is imported or built once
        before, began = cpu_of(roots), time.monotonic()
        jobs = clips(place, video, STARTS, CLIP_S)
        cpu, wall = cpu_of(roots) - before, time.monotonic() - began
        with MemoryWatch(roots) as memory:  # of others: to look takes time from those who are looked at
            clips(place, video, tuple(start + 7 for start in STARTS), CLIP_S)
        commands = [command(footage, folder, start, number) for number, start in enumerate(STARTS)]
        theirs_cpu, theirs_wall = sum(each.cpu for each in commands), sum(each.wall for each in commands)
        spent = spent_by_kind(place.tasks(jobs[0].id))
        print(f"ours {cpu:.1f} CPU-s in {wall:.1f} s; " + ", ".join(f"{k} {v:.2f}" for k, v in spent.items()))
        print(f"ffmpeg {theirs_cpu:.1f} CPU-s in {theirs_wall:.1f} s")
        files = [place.file(job) for job in jobs]
        report(
            "clips",
            cpu_over_ffmpeg=cpu / theirs_cpu,
            wall_speedup=theirs_wall / wall,
            worker_peak_mb=memory.peak_mb,
            ssim=likeness(files[0], finished(place, jobs[0])),
            ssim_ffmpeg=likeness(commands[0].path, unencoded(footage, folder)),
            size_over_ffmpeg=sum(f.stat().st_size for f in files) / sum(c.path.stat().st_size for c in commands),
            frames_off=sum(abs(frames_of(file) - CLIP_S * FPS) for file in files),
            video_s=CLIP_S * len(STARTS),
        )


def words(seconds: int = SOURCE_S) -> list[SaidWord]:
    text = (Path(__file__).parent / "minute.txt").read_text().split()
    count = seconds * 1000 // _WORD_MS
    return [
        SaidWord(start_ms=n * _WORD_MS, end_ms=n * _WORD_MS + _WORD_MS - 40, text=text[n % len(text)])
        for n in range(count)
    ]


def clips(place: Site, video: str, starts: tuple[float, ...], seconds: float) -> list[RenderJob]:
    wanted = CreateClips.model_validate({"ranges": [{"start": at, "end": at + seconds} for at in starts]})
    with place.database.session_scope() as session:
        ordered = place.services.clips.ask(session, place.workspace_id, video, wanted)
        ids = [clip.video.render.id for clip in ordered.clips if clip.video.render is not None]
    return [place.wait(job_id, 900) for job_id in ids]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    path: Path
    cpu: float
    wall: float


def command(footage: Path, folder: Path, start: float, number: int) -> Made:
    """As somebody would write it who knows ffmpeg well."""
    target = folder / f"theirs-{number}.mp4"
    before, began = os.times(), time.monotonic()
    picture = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p")
    sound = ("-c:a", "aac", "-b:a", "128k", "-af", "loudnorm=I=-14:TP=-1.5", "-ar", "48000")
    arguments = [
        ffmpeg_binary(),
        "-v",
        "error",
        "-y",
        *_filtered(footage, folder, start),
        *picture,
        *sound,
        str(target),
    ]
    subprocess.run(arguments, check=True)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Made(path=target, cpu=cpu, wall=time.monotonic() - began)


def _filtered(footage: Path, folder: Path, start: float) -> tuple[str, ...]:
    captions = folder / "captions.ass"
    captions.write_text(_ass(start))
    chain = f"crop=608:1080,scale=1080:1920,ass={captions}:fontsdir={_FONTS}"
    return ("-ss", str(start), "-t", str(CLIP_S), "-i", str(footage), "-vf", chain)


def _ass(start: float) -> str:
    """Four words at a time, each lighting up when it is said."""
    own = [word for word in words() if start * 1000 <= word.start_ms < (start + CLIP_S) * 1000]
    lines = list[str]()
    for first in range(0, len(own), 4):
        phrase = own[first : first + 4]
        text = " ".join(f"{{\\k{_WORD_MS // 10}}}{word.text}" for word in phrase)
        times = [(ms - round(start * 1000)) / 1000 for ms in (phrase[0].start_ms, phrase[-1].end_ms)]
        begin, end = (f"0:00:{max(0.0, at):05.2f}" for at in times)
        lines.append(f"Dialogue: 0,{begin},{end},One,,0,0,0,,{text}")
    style = "Style: One,Inter Display,80,&H0011A3FC,&H00FFFFFF,&H00000000,&H00000000,1,0,0,0,100,100,0,0,1,6,0,2,90,90,400,1"  # fmt: skip # noqa: E501
    return "\n".join(
        [
            "[Script Info]",
            "PlayResX: 1080",
            "PlayResY: 1920",
            "[V4+ Styles]",
            "Format: Name,Fontname,Fontsize,PrimaryColour,SecondaryColour,OutlineColour,BackColour,Bold,Italic,"
            "Underline,StrikeOut,ScaleX,ScaleY,Spacing,Angle,BorderStyle,Outline,Shadow,Alignment,MarginL,MarginR,MarginV,Encoding",
            style,
            "[Events]",
            "Format: Layer,Start,End,Style,Name,MarginL,MarginR,MarginV,Effect,Text",
            *lines,
        ]
    )


def unencoded(footage: Path, folder: Path) -> Iterator[av.VideoFrame]:
    lossless = folder / "lossless.mkv"
    coded = ("-c:v", "ffv1", "-pix_fmt", "yuv420p", "-an", str(lossless))
    subprocess.run([ffmpeg_binary(), "-v", "error", "-y", *_filtered(footage, folder, STARTS[0]), *coded], check=True)
    with av.open(str(lossless)) as media:
        yield from media.decode(video=0)


def finished(place: Site, job: RenderJob) -> Iterator[av.VideoFrame]:
    """The clip's frames as they were drawn."""
    composition = Composition.model_validate(job.composition)
    plan, timeline = survey_plan(composition, ()), time_line(composition, (), {})
    files = {asset.sha256: str(path_of(place, asset)) for scene in composition.scenes for asset in scene.assets}
    task = {"plan": plan.model_dump(mode="json"), "files": files, "timeline": timeline.model_dump(mode="json")}
    yield from drawn(place, lay_out(composition, (), {}, Survey.model_validate(survey(task, None))))


def likeness(result: Path, frames: Iterator[av.VideoFrame]) -> float:
    found = list[float]()
    for number, (mine, frame) in enumerate(zip(lumas(result), frames, strict=False)):
        if number % SAMPLED == 0:
            found.append(ssim(mine, planes_of(frame).y))
    return mean(found)


def frames_of(video: Path) -> int:
    with av.open(str(video)) as media:
        return sum(1 for packet in media.demux(video=0) if packet.size)


if __name__ == "__main__":
    main()
