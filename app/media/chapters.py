"""Chapters: in the file, where players list them, and beside it as WebVTT and JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from app.media.captions import stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """``start_ms <= t < end_ms``."""

    title: str
    start_ms: int
    end_ms: int


def to_vtt(chapters: Sequence[Chapter]) -> str:
    """As a ``<track kind="chapters">`` reads it."""
    blocks = (
        f"{stamp(each.start_ms, '.')} --> {stamp(each.end_ms, '.')}\n{one_line(each.title)}\n" for each in chapters
    )
    return "\n".join(["WEBVTT\n", *blocks])


def to_json(chapters: Sequence[Chapter]) -> str:
    """As podcast players read it (``application/json+chapters``, version 1.2.0)."""
    entries = [
        {"startTime": each.start_ms / 1000, "endTime": each.end_ms / 1000, "title": one_line(each.title)}
        for each in chapters
    ]
    return json.dumps({"version": "1.2.0", "chapters": entries}, ensure_ascii=False, indent=2) + "\n"


def one_line(title: str) -> str:
    """As lists of chapters can show it."""
    return " ".join(title.replace("-->", "→").split())
