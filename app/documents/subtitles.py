"""Subtitles of any common make, as the two that every player reads: WebVTT and SubRip, in UTF-8, text only."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pysubs2

from app.documents.kinds import Format
from app.documents.record import Derived, Role, Studied, SubtitleFacts
from app.documents.refusals import Corrupt, TooDemanding
from app.documents.text import decoded, tidy
from app.media.captions import Cue, to_srt, to_vtt

MOST_CUES = 50_000
#: Of one cue. More is not a caption, and no player could show it.
_LONGEST_CUE, _MOST_LINES = 2_000, 20
_LONGEST_MS = 100 * 3_600_000
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|<\d\d:\d\d[^<>]{0,20}>")
_FORMATS = {Format.SRT: "srt", Format.VTT: "vtt", Format.ASS: "ass"}


def study(path: Path, name: str, format_: Format, folder: Path, *, most_cues: int = MOST_CUES) -> Studied:
    """Write ``subtitles.vtt`` and ``subtitles.srt``. Raises ``Corrupt`` when no cue can be read."""
    text, encoding = decoded(path.read_bytes())
    try:
        events = pysubs2.SSAFile.from_string(text, _FORMATS[format_]).events
    except (pysubs2.exceptions.Pysubs2Error, ValueError, LookupError, ArithmeticError) as error:
        raise Corrupt(f"{name} cannot be read as {format_.upper()} subtitles: {error}. Export them again.") from error
    if len(events) > most_cues:
        raise TooDemanding(
            f"{name} holds {len(events):,} cues; {most_cues:,} are taken. Upload it in parts.",
            extra={"cues": len(events), "most_cues": most_cues},
        )
    found = (_cue(event, escaped=format_ is Format.VTT) for event in events)
    cues = sorted((cue for cue in found if cue), key=lambda cue: (cue.start_ms, cue.end_ms))
    if not cues:
        raise Corrupt(f"{name} holds no cue with a time and a text. Export it again.")
    files = (
        Derived(role=Role.VTT, name="subtitles.vtt", content_type="text/vtt"),
        Derived(role=Role.SRT, name="subtitles.srt", content_type="application/x-subrip"),
    )
    for file, written in zip(files, (to_vtt(cues), to_srt(cues)), strict=True):
        (folder / file.name).write_text(written, encoding="utf-8", newline="\n")
    facts = SubtitleFacts(
        format=format_,
        encoding=encoding,
        cue_count=len(cues),
        dropped=len(events) - len(cues),
        first_ms=cues[0].start_ms,
        duration_ms=max(cue.end_ms for cue in cues),
    )
    return Studied(facts=facts, files=files)


def _cue(event: pysubs2.SSAEvent, *, escaped: bool) -> Cue | None:
    """None for comments, drawings, and cues without a text or a time. ``escaped``: of the formats, WebVTT only."""
    if event.is_comment or event.is_drawing or not 0 <= event.start < event.end <= _LONGEST_MS:
        return None
    plain = _MARKUP.sub("", event.plaintext[:_LONGEST_CUE])
    lines = (tidy(line) for line in (html.unescape(plain) if escaped else plain).splitlines())
    kept = tuple(line for line in lines if line)[:_MOST_LINES]
    return Cue(start_ms=event.start, end_ms=event.end, lines=kept) if kept else None
