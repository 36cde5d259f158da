"""Chapters: in the file, where players list them, and beside it as WebVTT and JSON. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.media.captions import stamp

_SPECIAL = re.compile(r"([=;#\\\n])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """``start_ms <= t < end_ms``."""

    title: str
    start_ms: int
    end_ms: int


def to_metadata(chapters: Sequence[Chapter]) -> str:
    """As ffmpeg's metadata format has it."""
    blocks = (
        f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={each.start_ms}\nEND={each.end_ms}\ntitle={_escaped(each.title)}\n"
        for each in chapters
    )
    return ";FFMETADATA1\n" + "".join(blocks)


def to_vtt(chapters: Sequence[Chapter]) -> str:
    """As a ``<track kind="chapters">`` reads it."""
    blocks = (
        f"{stamp(each.start_ms, '.')} --> {stamp(each.end_ms, '.')}\n{_one_line(each.title)}\n" for each in chapters
    )
    return "\n".join(["WEBVTT\n", *blocks])


def to_json(chapters: Sequence[Chapter]) -> str:
    """As podcast players read it (``application/json+chapters``, version 1.2.0)."""
    entries = [
        {"startTime": each.start_ms / 1000, "endTime": each.end_ms / 1000, "title": _one_line(each.title)}
        for each in chapters
    ]
    return json.dumps({"version": "1.2.0", "chapters": entries}, ensure_ascii=False, indent=2) + "\n"


def _escaped(title: str) -> str:
    return _SPECIAL.sub(r"\\\1", _one_line(title))


def _one_line(title: str) -> str:
    return " ".join(title.replace("-->", "→").split())
