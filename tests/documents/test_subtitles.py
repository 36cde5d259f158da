"""Subtitles in, whatever their make and encoding; the same cues out as WebVTT and SubRip."""

from __future__ import annotations

from typing import Any

import pytest

from tests.documents.conftest import Desk

SRT = """1
00:00:01,000 --> 00:00:02,500
<i>Grüße</i> an <font color="#ff0000">alle</font> {\\an8}

2
00:00:03,000 --> 00:00:04,000
Zwei
Zeilen
"""
VTT = """WEBVTT

STYLE
::cue { color: red }

NOTE not shown

1
00:01.000 --> 00:02.500 line:0
<v Anna>Salt &amp; <c.loud>pepper</c>

00:00:03.000 --> 00:00:04.000
a &lt;b&gt; c
"""
ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,not shown
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\b1}Later{\\b0}\\Nline
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Earlier
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}
"""


def studied(desk: Desk, content: bytes) -> tuple[dict[str, Any], str, str]:
    facts = desk.study(desk.write("cues", content))["facts"]
    vtt, srt = (desk.folder / f"subtitles.{kind}" for kind in ("vtt", "srt"))
    return facts, vtt.read_text("utf-8"), srt.read_text("utf-8")


def test_markup_is_dropped_and_text_kept(desk: Desk) -> None:
    facts, vtt, srt = studied(desk, SRT.encode())
    assert vtt == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nGrüße an alle\n\n00:00:03.000 --> 00:00:04.000\nZwei\nZeilen\n"
    )
    assert srt.startswith("1\n00:00:01,000 --> 00:00:02,500\nGrüße an alle\n\n2\n")
    assert (facts["cue_count"], facts["first_ms"], facts["duration_ms"], facts["dropped"]) == (2, 1_000, 4_000, 0)


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("latin-1", "windows-1252"),
    ],
)
def test_the_encoding_is_found(desk: Desk, encoding: str, told: str) -> None:
    facts, vtt, _ = studied(desk, SRT.encode(encoding))
    assert "Grüße an alle" in vtt
    assert facts["encoding"] == told


def test_webvtt_is_read_with_its_escapes(desk: Desk) -> None:
    facts, vtt, srt = studied(desk, VTT.encode())
    assert "Salt &amp; pepper\n" in vtt
    assert "Salt & pepper\n" in srt
    assert "a &lt;b&gt; c" in vtt
    assert "not shown" not in vtt
    assert (facts["format"], facts["cue_count"]) == ("vtt", 2)


def test_of_ass_the_dialogue_is_kept_in_order(desk: Desk) -> None:
    facts, vtt, _ = studied(desk, ASS.encode())
    assert vtt.index("Earlier") < vtt.index("Later\nline")
    assert "not shown" not in vtt
    assert (facts["cue_count"], facts["dropped"]) == (2, 2)


def test_cues_without_a_time_or_a_text_are_counted_out(desk: Desk) -> None:
    backwards = "\n3\n00:00:09,000 --> 00:00:08,000\nBack\n\n4\n00:00:10,000 --> 00:00:11,000\n\n"
    facts, vtt, _ = studied(desk, (SRT + backwards).encode())
    assert (facts["cue_count"], facts["dropped"]) == (2, 2)
    assert "Back" not in vtt


def test_a_file_without_a_cue_is_refused(desk: Desk) -> None:
    refusal = desk.refusal(desk.write("cues.vtt", b"WEBVTT\n\nNOTE nothing here\n"))
    assert refusal.code == "corrupt"
    assert "holds no cue" in str(refusal)


def test_more_cues_than_a_film_has_are_refused(desk: Desk) -> None:
    many = "".join(f"{n}\n00:00:01,000 --> 00:00:02,000\nx\n\n" for n in range(50_001))
    assert desk.refusal(desk.write("cues.srt", many.encode())).code == "too_demanding"
