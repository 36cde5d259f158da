"""What runs in child processes: drawing a chunk, mixing the sound, packaging the file. Plain JSON in and out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

from app.avatars.studio.prints import Prints
from app.media.bands import BandEncoder, band_around
from app.media.chapters import Chapter
from app.media.chapters import to_json as chapters_json
from app.media.chapters import to_vtt as chapters_vtt
from app.media.encode import KEY_FRAME_S, ChunkEncoder, VideoProfile
from app.media.examined import Colour
from app.media.ffmpeg import give_back_memory
from app.media.loudness import loudness_of
from app.media.made import made_of
from app.media.package import join, join_sound, verify
from app.media.pictures import Playable, draw_poster, draw_preview, draw_storyboard
from app.media.recording import measured_ms
from app.media.stillness import write_stills
from app.media.time import decimal_seconds, millisecond_at, sample_at
from app.media.trimming import Wanted, trim
from app.media.usage import Usage
from app.modules.videos.pipeline.captioning import write_captions
from app.modules.videos.pipeline.layers import Studio
from app.modules.videos.pipeline.layout import Chunk
from app.modules.videos.pipeline.looks import Filmed
from app.modules.videos.pipeline.needs import recordings_of
from app.modules.videos.pipeline.painting import LookPainter, Painter, painter_of
from app.modules.videos.pipeline.timeline import Timeline

Progress = Callable[[float], None]
Tell = Callable[[Any], None]
Task = dict[str, Any]


def measure_take(task: Task, _progress: Progress) -> dict[str, Any]:
    """``{"take"}`` → ``{"duration_ms"}`` of a recording that is whole. Raises ``NotPlayable``."""
    return {"duration_ms": measured_ms(Path(task["take"]))}


def draw_sequence(task: Task, tell: Tell) -> dict[str, Any]:
    """``{"chunks", "outs", "files", "prints"}`` → the encoded frames of each chunk in its file of ``outs``.

    ``files`` are paths of takes by fingerprint and of assets by digest; ``prints`` keeps drawings of presenters. Tells
    ``{"chunk", "done"}`` with the number of a chunk and its share that is done, and ``{"chunk", "usage"}`` once its
    file is whole, with what it took.
    """
    chunks = [Chunk.model_validate(chunk) for chunk in task["chunks"]]
    files = {name: Path(path) for name, path in task["files"].items()}
    first, prints = chunks[0], Prints(Path(task["prints"]))
    studio = Studio(width=first.width, height=first.height, fps=Fraction(first.fps), files=files, prints=prints)
    for number, (chunk, out) in enumerate(zip(chunks, task["outs"], strict=True)):
        before = Usage.now()
        _draw(chunk, studio, Path(out), lambda share, number=number: tell({"chunk": number, "done": share}))
        studio.kept.next_chunk({files[name] for name in recordings_of(chunks[number + 1 :])})
        tell({"chunk": number, "usage": asdict(Usage.now().since(before))})
    return {}


def _draw(chunk: Chunk, studio: Studio, out: Path, progress: Progress) -> None:
    if chunk.trimming is not None:
        _trim(chunk, studio, out)
        return
    profile: VideoProfile | None = VideoProfile(
        width=chunk.width, height=chunk.height, fps=studio.fps, content=chunk.content
    )
    while profile is not None:
        _encode(chunk, profile, studio, out, progress)
        profile = profile.held_back(out, chunk.frames)  # where there is nothing but noise


def _encode(chunk: Chunk, profile: VideoProfile, studio: Studio, out: Path, progress: Progress) -> None:
    painter = painter_of(chunk.look, chunk.fade, studio, chunk.subtitles)
    stills = painter.stills(chunk.frames) if isinstance(painter, LookPainter) else None
    if stills is not None:
        write_stills(stills, profile, out)
        return
    with encoder_for(painter, profile, out) as encoder:
        for index in range(chunk.frames):
            painter.paint(index, encoder.planes)
            encoder.write()
            if index % 10 == 0:
                progress(index / chunk.frames)


def _trim(chunk: Chunk, studio: Studio, out: Path) -> None:
    source = chunk.look.host.source if chunk.look.host is not None else None
    assert isinstance(source, Filmed)
    assert source.asset is not None
    size = (chunk.width, chunk.height)
    wanted = Wanted(at=Fraction(source.at), frames=chunk.frames, fps=studio.fps, size=size)
    trim(studio.files[source.asset.sha256], wanted, out)


def encoder_for(painter: Painter, profile: VideoProfile, out: Path) -> ChunkEncoder | BandEncoder:
    """For the whole picture, or for the band of it in which anything moves."""
    if isinstance(painter, LookPainter):
        moving = [(part.rect.y, part.rect.y + part.rect.height) for part in painter.moving]
        band = band_around(moving, profile.height)
        if band is not None:
            painter.within(band)
            return BandEncoder(out, profile, painter.standing.around(band, profile), band)
    return ChunkEncoder(out, profile)


def package(task: Task, progress: Progress) -> dict[str, Any]:
    """Timeline, chunks, sound and takes of the task → the files of a revision, in its folder, and facts about it."""
    timeline, fps = Timeline.model_validate(task["timeline"]), Fraction(task["fps"])
    folder, size = Path(task["folder"]), (task["width"], task["height"])
    video, chapters = folder / "video.mp4", _chapters(timeline, fps)
    sound = folder / "sound.m4a"
    edits, samples = not task["measured"], sample_at(timeline.frames, fps)
    join_sound([Path(part) for part in task["sounds"]], samples, sound, edits=edits)
    give_back_memory()  # of two hours, the index of each file is tens of megabytes
    join([Path(chunk) for chunk in task["chunks"]], sound, video, chapters, edits=edits)
    sound.unlink()
    give_back_memory()
    verify(video, frames=timeline.frames, fps=fps, size=size)
    progress(0.5)
    files, facts = {"video": video}, dict[str, Any]()
    if task["measured"]:
        heard = loudness_of(video)
        facts["loudness"] = {"lufs": heard.integrated_lufs, "true_peak_dbtp": max(-70.0, heard.true_peak_dbtp)}
        facts["made"] = asdict(made_of(video))
    playable = _playable(video, size, timeline.frames / fps)
    if chapters:
        files |= _write_chapters(chapters, folder)
        pictures, facts["storyboard"] = _draw_pictures(playable, folder)
        facts["scenes"] = [
            {
                "number": span.number + 1,
                "title": span.title,
                "start": decimal_seconds(span.start / fps),
                "duration": decimal_seconds(span.frames / fps),
            }
            for span in timeline.scenes
        ]
        files |= pictures
    else:
        files |= _draw_beginning(playable, folder)
    if task["captions"]:
        words = {name: Path(path) for name, path in task["files"].items()}
        files |= write_captions(timeline, fps, size, words, folder)
    return {"files": {role: str(path) for role, path in files.items()}, "facts": facts}


def _chapters(timeline: Timeline, fps: Fraction) -> list[Chapter]:
    """One for each scene; none for a video whose scenes have no titles."""
    if not any(span.title for span in timeline.scenes):
        return []
    return [
        Chapter(
            title=span.title or f"Scene {span.number + 1}",
            start_ms=millisecond_at(span.start, fps),
            end_ms=millisecond_at(span.start + span.frames, fps),
        )
        for span in timeline.scenes
    ]


def _write_chapters(chapters: list[Chapter], folder: Path) -> dict[str, Path]:
    files = {"chapters-vtt": folder / "chapters.vtt", "chapters-json": folder / "chapters.json"}
    files["chapters-vtt"].write_text(chapters_vtt(chapters), encoding="utf-8", newline="\n")
    files["chapters-json"].write_text(chapters_json(chapters), encoding="utf-8", newline="\n")
    return files


def _playable(video: Path, size: tuple[int, int], duration: Fraction) -> Playable:
    return Playable(
        path=video,
        picture_index=0,
        width=size[0],
        height=size[1],
        rotation=0,
        origin=Fraction(0),
        duration=duration,
        key_frame_every=Fraction(KEY_FRAME_S),
        colour=Colour(primaries="bt709", transfer="bt709", matrix="bt709"),
    )


def _draw_beginning(playable: Playable, folder: Path) -> dict[str, Path]:
    """Poster and preview: the first frame, in which a presenter looks at the camera, and what comes after it."""
    files = {"poster": folder / "poster.jpg", "preview": folder / "preview.mp4"}
    draw_poster(playable, Fraction(0), files["poster"])
    draw_preview(playable, files["preview"], beginning=True)
    return files


def _draw_pictures(playable: Playable, folder: Path) -> tuple[dict[str, Path], dict[str, Any]]:
    """Poster, preview and storyboard, as of a recording; and what the storyboard is like."""
    files = {"poster": folder / "poster.jpg", "preview": folder / "preview.mp4"}
    with ThreadPoolExecutor(1) as beside:  # at the end of a job, the processors of other workers have nothing to do
        preview = beside.submit(draw_preview, playable, files["preview"])
        board = draw_storyboard(playable, folder)
        draw_poster(playable, board.telling, files["poster"])
        preview.result()
    files |= {f"storyboard-{number}": sheet for number, sheet in enumerate(board.sheets)}
    return files, board.facts()
