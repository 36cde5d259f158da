"""What runs in limited child processes: plain JSON in and out, and files into the folder of the task.

First ``identify_file``; then, by kind, one of the others. A deck takes two: ``prepare_deck``, then ``render_range``
for as many ranges of pages as there are tasks. Each raises a ``FileRefused`` for what is wrong with the file, and
needs a folder of its own, in which the file itself is not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.documents import deck, fonts, pdf, pictures, sound, subtitles
from app.documents.kinds import Format, identify
from app.media.children import Limits

Progress = Callable[[float], None]
Task = dict[str, Any]

#: What one child may use, and until when. Twice and more what the largest file that is taken was seen to need.
IDENTIFYING, IDENTIFYING_S = Limits(memory_mb=1536, cpu_s=20), 30.0
STUDYING, STUDYING_S = Limits(memory_mb=3072, cpu_s=600), 900.0
PREPARING, PREPARING_S = Limits(memory_mb=4096, cpu_s=400), 600.0
RENDERING, RENDERING_S = Limits(memory_mb=2048, cpu_s=200), 300.0
#: LibreOffice is stopped before the child that waits for it, so that the message can say so.
CONVERTING_S = 240.0


def identify_file(task: Task, _progress: Progress) -> dict[str, Any]:
    """``{"path", "name"}`` → ``{"kind", "format", "content_type"}``."""
    return asdict(identify(Path(task["path"]), task["name"]))


def prepare_deck(task: Task, _progress: Progress) -> dict[str, Any]:
    """``{"path", "name", "format", "folder"}``, with ``most_pages`` if wanted → ``Studied``: facts, and a PDF
    to render the pages from unless the file is one.
    """
    studied = deck.prepare(
        *_given(task),
        most_pages=task.get("most_pages", pdf.MOST_PAGES),
        deadline_s=task.get("deadline_s", CONVERTING_S),
    )
    return studied.model_dump(mode="json")


def render_range(task: Task, progress: Progress) -> dict[str, Any]:
    """``{"path", "name", "first", "stop", "folder"}`` of a PDF → ``RenderedPages`` of a half-open range from 0."""
    path, folder = Path(task["path"]), Path(task["folder"])
    return pdf.render_pages(path, task["name"], task["first"], task["stop"], folder, progress).model_dump(mode="json")


def study_image(task: Task, _progress: Progress) -> dict[str, Any]:
    """``{"path", "name", "format", "folder"}`` → ``Studied``: facts, the image normalised, a thumbnail."""
    return pictures.study(*_given(task)).model_dump(mode="json")


def study_audio(task: Task, progress: Progress) -> dict[str, Any]:
    """``{"path", "name", "format", "folder"}`` → ``Studied``: facts and peaks."""
    return sound.study(*_given(task), progress).model_dump(mode="json")


def study_subtitles(task: Task, _progress: Progress) -> dict[str, Any]:
    """``{"path", "name", "format", "folder"}`` → ``Studied``: facts, WebVTT and SubRip."""
    return subtitles.study(*_given(task)).model_dump(mode="json")


def study_font(task: Task, _progress: Progress) -> dict[str, Any]:
    """``{"path", "name", "format", "folder"}`` → ``Studied``: facts, a sample, and a packed font unpacked."""
    return fonts.study(*_given(task)).model_dump(mode="json")


def _given(task: Task) -> tuple[Path, str, Format, Path]:
    return Path(task["path"]), task["name"], Format(task["format"]), Path(task["folder"])
