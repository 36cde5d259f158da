"""What is said, written down: captions and a transcript, as files. Runs in child processes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from app.media.captions import Cue, cues, line_length, running_text, to_srt, to_vtt
from app.media.time import millisecond_at
from app.modules.videos.pipeline.said import Said, said_in
from app.modules.videos.pipeline.timeline import SceneSpan, Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spoken:
    span: SceneSpan
    start_ms: int
    end_ms: int
    said: Said


def write_captions(
    timeline: Timeline, fps: Fraction, size: tuple[int, int], files: Mapping[str, Path], folder: Path
) -> dict[str, Path]:
    """Those of a video of this size, by the roles of their files; none when nobody knows what is said."""
    spoken = [
        _Spoken(
            span=span,
            start_ms=millisecond_at(span.start, fps),
            end_ms=millisecond_at(span.start + span.frames, fps),
            said=said,
        )
        for span in timeline.scenes
        if (said := said_in(timeline, span, files, fps)) is not None
    ]
    if not spoken:
        return {}
    captions = [cue for scene in spoken for cue in _captions(scene, size)]
    texts = {
        "vtt": ("captions.vtt", to_vtt(captions)),
        "srt": ("captions.srt", to_srt(captions)),
        "transcript-json": ("transcript.json", _transcript(spoken)),
        "transcript-txt": ("transcript.txt", _reading(spoken)),
    }
    for name, text in texts.values():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return {role: folder / name for role, (name, _) in texts.items()}


def captions_of(said: Said, duration_ms: int, size: tuple[int, int]) -> tuple[Cue, ...]:
    """Those of one scene, from its start: they depend on nothing but what is said in it, and end with it."""
    return cues(said.words, max_chars_per_line=line_length(*size), until_ms=duration_ms)


def _captions(scene: _Spoken, size: tuple[int, int]) -> list[Cue]:
    own = captions_of(scene.said, scene.end_ms - scene.start_ms, size)
    return [
        Cue(start_ms=scene.start_ms + cue.start_ms, end_ms=scene.start_ms + cue.end_ms, lines=cue.lines) for cue in own
    ]


def _transcript(spoken: Sequence[_Spoken]) -> str:
    return json.dumps({"scenes": [_scene(scene) for scene in spoken]}, ensure_ascii=False, indent=1) + "\n"


def _scene(scene: _Spoken) -> dict[str, Any]:
    """Times are seconds on the video's timeline."""
    return {
        "number": scene.span.number + 1,
        "title": scene.span.title,
        "start": scene.start_ms / 1000,
        "end": scene.end_ms / 1000,
        "timing": scene.said.timing,
        "text": running_text(scene.said.words),
        "words": [
            {
                "start": (scene.start_ms + word.start_ms) / 1000,
                "end": (scene.start_ms + word.end_ms) / 1000,
                "text": word.text,
            }
            for word in scene.said.words
        ],
    }


def _reading(spoken: Sequence[_Spoken]) -> str:
    """To be read: a paragraph for each scene, below its title."""
    parts = [
        f"{scene.span.title}\n\n{running_text(scene.said.words)}"
        if scene.span.title
        else running_text(scene.said.words)
        for scene in spoken
    ]
    return "\n\n\n".join(parts) + "\n"
