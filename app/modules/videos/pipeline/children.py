"""What runs in child processes: drawing a chunk, mixing the sound, packaging the file. Plain JSON in and out."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.avatars.base import Delivery
from app.avatars.performance import delayed, read_performance, read_track
from app.avatars.studio.presenter import Presenter, Shot
from app.avatars.studio.prints import Prints
from app.media.captions import CaptionWord, cues, line_length, to_srt, to_vtt
from app.media.encode import ChunkEncoder, Planes, VideoProfile
from app.media.loudness import master
from app.media.package import encode_sound, join, pictures_of, verify
from app.media.recording import Recording, measured_ms, read_sound
from app.media.time import SAMPLE_RATE, millisecond_at, sample_at
from app.media.wave import write_wave
from app.modules.videos.pipeline.layout import Chunk, Segment, Timeline

Progress = Callable[[float], None]
Task = dict[str, Any]


def measure_take(task: Task, _progress: Progress) -> dict[str, Any]:
    """``{"take"}`` → ``{"duration_ms"}`` of a recording that is whole. Raises ``NotPlayable``."""
    return {"duration_ms": measured_ms(Path(task["take"]))}


class FrameSource(Protocol):
    def paint(self, index: int, planes: Planes) -> None:
        """Show frame ``index`` of the segment. The planes hold what the previous call left in them."""
        ...


def draw_chunk(task: Task, progress: Progress) -> dict[str, Any]:
    """``{"chunk", "take", "out", "prints"}`` → the chunk's encoded frames in ``out``; ``prints`` keeps drawings."""
    chunk = Chunk.model_validate(task["chunk"])
    source = _source(chunk, Path(task["take"]), Prints(Path(task["prints"])))
    profile = VideoProfile(width=chunk.width, height=chunk.height, fps=Fraction(chunk.fps))
    with ChunkEncoder(Path(task["out"]), profile) as encoder:
        for index in range(chunk.first, chunk.stop):
            source.paint(index, encoder.planes)
            encoder.write()
            if index % 10 == 0:
                progress((index - chunk.first) / (chunk.stop - chunk.first))
    return {"frames": chunk.stop - chunk.first}


def _source(chunk: Chunk, take: Path, prints: Prints) -> FrameSource:
    fps = Fraction(chunk.fps)
    if chunk.take.delivery is Delivery.RECORDING:
        return Recording(take, width=chunk.width, height=chunk.height, fps=fps)
    track = delayed(read_track(take), chunk.lead_ms, millisecond_at(chunk.frames, fps))
    return Presenter(
        Shot(
            character=chunk.take.avatar,
            backdrop=chunk.take.background,
            width=chunk.width,
            height=chunk.height,
            fps=fps,
            frames=chunk.frames,
            seed=chunk.seed,
            track=track,
        ),
        prints,
    )


def mix(task: Task, progress: Progress) -> dict[str, Any]:
    """``{"timeline", "fps", "takes": {fingerprint: path}, "out"}`` → one mastered track in ``out`` (M4A)."""
    timeline, fps = Timeline.model_validate(task["timeline"]), Fraction(task["fps"])
    out = Path(task["out"])
    raw, mastered = out.with_suffix(".raw.wav"), out.with_suffix(".wav")
    takes = {name: Path(path) for name, path in task["takes"].items()}
    rate, samples = _lay_sound(timeline, fps, takes)
    write_wave(raw, samples, rate)
    progress(0.2)
    loudness = master(raw, mastered)
    progress(0.7)
    encode_sound(mastered, out)
    return {"lufs": loudness.integrated_lufs, "true_peak_dbtp": loudness.true_peak_dbtp, "level": loudness.level}


def _lay_sound(timeline: Timeline, fps: Fraction, takes: dict[str, Path]) -> tuple[int, NDArray[np.int16]]:
    """All takes at their places. Voices of one rate keep it, so that they are resampled once, by the master."""
    sounds = {segment.take.fingerprint: _sound(segment, takes) for segment in timeline.segments}
    rates = {rate for rate, _ in sounds.values()}
    rate = rates.pop() if len(rates) == 1 else SAMPLE_RATE
    track = np.zeros(sample_at(timeline.frames, fps, rate), np.int16)
    for segment in timeline.segments:
        own, samples = sounds[segment.take.fingerprint]
        placed = samples if own == rate else _resampled(samples, own, rate)
        start = sample_at(segment.start, fps, rate) + rate * segment.lead_ms // 1000
        room = min(len(placed), sample_at(segment.start + segment.frames, fps, rate) - start)
        track[start : start + room] = placed[:room]
    return rate, track


def _sound(segment: Segment, takes: dict[str, Path]) -> tuple[int, NDArray[np.int16]]:
    path = takes[segment.take.fingerprint]
    if segment.take.delivery is Delivery.RECORDING:
        return SAMPLE_RATE, read_sound(path)
    speech = read_performance(path)
    return speech.sample_rate, speech.samples


def _resampled(samples: NDArray[np.int16], own: int, rate: int) -> NDArray[np.int16]:
    places = np.arange(len(samples) * rate // own) * (own / rate)
    return np.interp(places, np.arange(len(samples)), samples).astype(np.int16)


def package(task: Task, progress: Progress) -> dict[str, Any]:
    """Timeline, chunks, sound and takes of the task → the files of a revision, in its folder."""
    timeline, fps = Timeline.model_validate(task["timeline"]), Fraction(task["fps"])
    folder = Path(task["folder"])
    video = folder / "video.mp4"
    join([Path(chunk) for chunk in task["chunks"]], Path(task["sound"]), video)
    verify(video, frames=timeline.frames, fps=fps, size=(task["width"], task["height"]))
    progress(0.5)
    files = {"video": video, "poster": folder / "poster.jpg", "preview": folder / "preview.mp4"}
    pictures_of(video, files["poster"], files["preview"])
    if task["captions"]:
        files |= _write_captions(timeline, fps, task, folder)
    return {"files": {role: str(path) for role, path in files.items()}}


def _write_captions(timeline: Timeline, fps: Fraction, task: Task, folder: Path) -> dict[str, Path]:
    words = [
        CaptionWord(start_ms=offset + word.start_ms, end_ms=offset + word.end_ms, text=word.text)
        for segment in timeline.segments
        if segment.take.delivery is Delivery.PERFORMANCE
        for offset in (millisecond_at(segment.start, fps) + segment.lead_ms,)
        for word in read_track(Path(task["takes"][segment.take.fingerprint])).words
    ]
    if not words:
        return {}
    length = line_length(task["width"], task["height"])
    lines = cues(words, max_chars_per_line=length, until_ms=millisecond_at(timeline.frames, fps))
    files = {"vtt": folder / "captions.vtt", "srt": folder / "captions.srt"}
    files["vtt"].write_text(to_vtt(lines), encoding="utf-8", newline="\n")
    files["srt"].write_text(to_srt(lines), encoding="utf-8", newline="\n")
    return files
