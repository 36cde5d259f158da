"""What runs in child processes on a stranger's file. Plain JSON in and out; the refusals of ``app.media``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from app.media.conversion import Conversion, plan_conversion, segments_of
from app.media.examine import examine
from app.media.examined import Bounds, Colour, Examined
from app.media.mezzanine import MEZZANINE_VERSION, convert_segment, convert_sound, rewrap
from app.media.package import join, verify
from app.media.pictures import Playable, draw_poster, draw_preview, draw_storyboard
from app.media.time import FrameRange
from app.media.tracks import extract, spoken, text_tracks
from app.modules.videos.intake.found import Converted
from app.modules.videos.pipeline.fingerprint import fingerprint
from app.storage.base import OCTETS

#: By how a file ends, and of an original by its container.
_TYPES = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".jpg": "image/jpeg",
    ".vtt": "text/vtt",
    ".srt": "application/x-subrip",
}
_ORIGINALS = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "matroska": "video/x-matroska",
    "mpegts": "video/mp2t",
    "avi": "video/x-msvideo",
    "flv": "video/x-flv",
    "gif": "image/gif",
}
_MOST_SPOKEN = 500_000
Progress = Callable[[float], None]
Task = dict[str, Any]


def check(task: Task, _progress: Progress) -> dict[str, Any]:
    """``{"path", "bounds"}`` → what is in the file, and what has to be made of it: a ``Found`` without its blob."""
    path = Path(task["path"])
    examined = examine(path, Bounds.model_validate(task["bounds"]))
    conversion = plan_conversion(examined)
    digest = _sha256(path)
    return {
        "size": examined.bytes,
        "sha256": digest,
        "examined": examined.model_dump(mode="json"),
        "conversion": conversion.model_dump(mode="json") if conversion else None,
        "segments": [part.model_dump(mode="json") for part in _segments(digest, conversion)],
        "sound": _sound(digest, conversion),
    }


def _segments(digest: str, conversion: Conversion | None) -> list[Converted]:
    if conversion is None or conversion.picture == "copy":
        return []
    return [
        Converted(
            fingerprint=_name("segment", digest, conversion, first=frames.start, stop=frames.stop),
            first=frames.start,
            stop=frames.stop,
        )
        for frames in segments_of(conversion)
    ]


def _sound(digest: str, conversion: Conversion | None) -> dict[str, Any] | None:
    """The sound of a picture that is encoded again. A picture that is not keeps its sound in the same rewrapping."""
    if conversion is None or conversion.picture == "copy" or conversion.sound == "none":
        return None
    return Converted(fingerprint=_name("sound", digest, conversion)).model_dump(mode="json")


def _name(kind: str, digest: str, conversion: Conversion, **inputs: int) -> str:
    return fingerprint(
        kind, source=digest, conversion=conversion.model_dump(mode="json"), version=MEZZANINE_VERSION, **inputs
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def segment(task: Task, progress: Progress) -> dict[str, Any]:
    """``{"source", "conversion", "part", "out"}`` → the frames of the part in ``out``."""
    part = Converted.model_validate(task["part"])
    frames = FrameRange(part.first, part.stop)
    convert_segment(Path(task["source"]), _conversion(task), frames, Path(task["out"]), progress)
    return {"frames": len(frames)}


def sound(task: Task, _progress: Progress) -> dict[str, Any]:
    """``{"source", "conversion", "out"}`` → the whole sound in ``out``."""
    convert_sound(Path(task["source"]), _conversion(task), Path(task["out"]))
    return {}


def prepare(task: Task, progress: Progress) -> dict[str, Any]:
    """``{"source", "examined", "conversion", "segments", "sound", "folder"}`` → the files of a revision, their types,
    and what the revision keeps of them.
    """
    source, folder = Path(task["source"]), Path(task["folder"])
    examined = Examined.model_validate(task["examined"])
    conversion = _conversion(task) if task["conversion"] else None
    made = {"video": _playable(source, conversion, task, folder)} if conversion else {}
    progress(0.5)
    playable = _as_played(made.get("video", source), examined, conversion)
    board = draw_storyboard(playable, folder)
    made |= {"poster": folder / "poster.jpg", "preview": folder / "preview.mp4"}
    draw_poster(playable, board.telling, made["poster"])
    draw_preview(playable, made["preview"])
    made |= {f"storyboard-{number}": sheet for number, sheet in enumerate(board.sheets)}
    tracks = text_tracks(examined.subtitles)
    cues = extract(source, tracks, folder)
    for number in range(len(tracks)):
        made |= {f"{kind}-{number}": folder / f"subtitles-{number}.{kind}" for kind in ("vtt", "srt")}
    return {
        "files": {role: str(path) for role, path in made.items()},
        "types": {role: _TYPES[path.suffix] for role, path in made.items()},
        "original_type": _ORIGINALS.get(examined.container, OCTETS),
        "facts": {
            "shown": _shown(examined, conversion),
            "storyboard": board.facts(),
            "subtitles": [{"language": track.language, "title": track.title} for track in tracks],
            "spoken": "\n".join(spoken(track) for track in cues)[:_MOST_SPOKEN],
        },
    }


def _as_played(path: Path, examined: Examined, conversion: Conversion | None) -> Playable:
    """A copy whose picture was encoded again is upright, begins at zero, and has its picture first."""
    picture = examined.picture
    own = Playable(
        path=path,
        picture_index=picture.index,
        width=picture.width,
        height=picture.height,
        rotation=picture.rotation,
        origin=examined.origin,
        duration=examined.duration,
        key_frame_every=picture.key_frame_every,
        colour=picture.colour,
    )
    if conversion is None:
        return own
    if conversion.picture == "copy":
        return replace(own, picture_index=0, origin=Fraction(0))
    return replace(
        own,
        picture_index=0,
        width=conversion.width,
        height=conversion.height,
        rotation=0,
        origin=Fraction(0),
        duration=conversion.frames / conversion.frame_rate,
        key_frame_every=Fraction(2),
        colour=Colour(primaries="bt709", transfer="bt709", matrix="bt709"),
    )


def _shown(examined: Examined, conversion: Conversion | None) -> dict[str, Any]:
    """Frames, rate and size of what plays."""
    if conversion is not None and conversion.picture == "encode":
        frames, rate, size = conversion.frames, conversion.frame_rate, (conversion.width, conversion.height)
    else:
        picture = examined.picture
        frames, rate, size = picture.frames, picture.frame_rate, (picture.width, picture.height)
    return {"frames": frames, "fps": str(rate), "width": size[0], "height": size[1]}


def _playable(source: Path, conversion: Conversion, task: Task, folder: Path) -> Path:
    out = folder / f"video.{conversion.container}"
    if conversion.picture == "copy":
        rewrap(source, conversion, out)
        return out
    sound_track = Path(task["sound"]) if task["sound"] else None
    join([Path(part) for part in task["segments"]], sound_track, out)
    size = (conversion.width, conversion.height)
    verify(out, frames=conversion.frames, fps=conversion.frame_rate, size=size, silent=sound_track is None)
    return out


def _conversion(task: Task) -> Conversion:
    return Conversion.model_validate(task["conversion"])
