"""``tenex clips``: a long video becomes short clips, through the API of a server."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from app.cli.errors import Exit, RenderFailed, UsageWrong
from app.cli.output import AsJson, Output, megabytes
from app.cli.progress import Moment, metered, within
from app.cli.server import ApiBase, ApiKey, needed_key
from app.cli.upload import check_file, stopping

Json = dict[str, Any]
_PATIENCE_S = 120.0
#: How the bar is shared out: what is sent, and what is looked for.
_SENT, _FOUND = 0.15, 0.4
_UNFIT = re.compile(r"[^\w-]+")
AspectWanted = Literal["9:16", "1:1", "4:5", "16:9"]
_PLATFORMS = ("tiktok", "reels", "shorts", "linkedin", "x", "custom")
StyleWanted = Literal["karaoke", "boxed", "one_word", "plain", "none"]
ModeWanted = Literal["auto", "follow", "split", "presentation", "center", "fill"]


def clips(
    video: Annotated[str, typer.Argument(metavar="VIDEO", help="A recording to send, or the id of a video there.")],
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=50, help="How many moments to find.")] = 5,
    ranges: Annotated[
        list[str] | None, typer.Option("--range", metavar="START-END", help="Seconds, like 62.4-91; again for more.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The folder to write to.")] = Path(
        "clips"
    ),
    subtitles: Annotated[
        Path | None, typer.Option(metavar="FILE", help="SRT or VTT: what is said, if the server does not know it.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Of the subtitles: de, pt-BR ...")] = None,
    min_seconds: Annotated[float, typer.Option()] = 15,
    max_seconds: Annotated[float, typer.Option()] = 60,
    topics: Annotated[list[str] | None, typer.Option("--topic", help="Only moments that speak of it.")] = None,
    platforms: Annotated[
        list[str] | None, typer.Option("--platform", help=f"A clip for each: {', '.join(_PLATFORMS)}.")
    ] = None,
    clean: Annotated[bool, typer.Option("--clean", help="Take silences and filler words out.")] = False,
    aspect_ratio: Annotated[AspectWanted | None, typer.Option(help="Else the platform's.")] = None,
    style: Annotated[StyleWanted, typer.Option(help="Of the captions in the picture.")] = "karaoke",
    framing: Annotated[ModeWanted, typer.Option(help="How the picture fills another shape.")] = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list the moments; nothing is rendered.")] = False,
    api_base: ApiBase = "http://127.0.0.1:8010",
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Cut clips from a video: its best moments, or the ranges that you name."""
    key = needed_key(api_key)
    if min_seconds >= max_seconds:
        raise UsageWrong("--min-seconds has to be less than --max-seconds.")
    file = Path(video) if not _is_id(video) else None
    for given in (file, subtitles):
        if given is not None:
            check_file(given)
    body = _style(platforms or ["custom"], aspect_ratio, style, framing, clean=clean) | {"dry_run": dry_run}
    if ranges:
        body["ranges"] = [_range(each) for each in ranges]
    else:
        body |= {"count": count, "min_seconds": min_seconds, "max_seconds": max_seconds, "topics": topics or []}
    said = {"subtitles": _read(subtitles), "language": language} if subtitles is not None else None
    with stopping() as stop, metered(as_json=as_json) as meter:
        from app.cli.sending import RECORDINGS, Api, Interrupted, delivered

        answer: Json | None = None
        with (
            contextlib.suppress(Interrupted),
            Api(base=api_base, key=key, stopping=stop, patience_s=_PATIENCE_S) as api,
        ):
            sent = within(meter.show, 0.0, _SENT)
            video_id = delivered(api, file, RECORDINGS, sent) if file is not None else video
            if said is not None:
                api.ask("PUT", f"/{video_id}/transcript", json=said)
            answer = _ordered(api, video_id, body, meter.show)
            if not dry_run:
                answer["files"] = _fetched(api, answer["clips"], output, meter.show)
    if answer is None:
        Output(as_json).note("Stopped. What was sent is kept, and clips that were asked for are still made.")
        raise typer.Exit(Exit.INTERRUPTED)
    for note in answer["notes"]:
        Output(as_json).note(note)
    Output(as_json).result(answer, *(_candidate_lines(answer) if dry_run else _lines(answer)))


def _style(platforms: list[str], aspect_ratio: str | None, style: str, framing: str, *, clean: bool) -> Json:
    """How clips are to look, as the API takes it. Raises UsageWrong."""
    for platform in platforms:
        if platform not in _PLATFORMS:
            raise UsageWrong(f"--platform is one of {', '.join(_PLATFORMS)}; “{platform}” is none.")
    body: Json = {
        "platforms": platforms,
        "captions": None if style == "none" else {"style": style},
        "framing": {"mode": framing},
    }
    body |= {"aspect_ratio": aspect_ratio} if aspect_ratio else {}
    return body | ({"clean": {}} if clean else {})


def _ordered(api: Any, video_id: str, body: Json, show: Any) -> Json:
    """``{"clips", "candidates", "notes"}`` once moments are found. Raises RenderFailed."""
    asked: Json = api.ask("POST", f"/{video_id}/clips", json=body)
    search: Json = asked["search"] or {}
    if not search:
        return {"clips": asked["clips"], "candidates": asked["candidates"], "notes": []}
    while search["status"] not in ("succeeded", "failed"):
        share = _SENT + (_FOUND - _SENT) * float(search["progress"])
        show(Moment(stage="searching", share=share, eta_s=search["eta_seconds"]))
        api.wait(0.5)
        search = api.ask("GET", f"/clip-searches/{search['id']}")
    if search["status"] == "failed":
        reason: Json = search["error"]
        raise RenderFailed(f"No moments were found: {reason['message']}", code=reason["code"])
    made = [api.ask("GET", f"/clips/{clip_id}") for clip_id in search["clip_ids"]]
    return {"clips": made, "candidates": search["candidates"], "notes": search["notes"]}


def _fetched(api: Any, made: list[Json], folder: Path, show: Any) -> list[str]:
    """Each clip with its captions, once it is ready. Raises RenderFailed for the first that was not made."""
    from app.cli.sending import awaited

    folder.mkdir(parents=True, exist_ok=True)
    written = list[str]()
    for number, clip in enumerate(made):
        share = _FOUND + (1 - _FOUND) * number / len(made)

        def tell(found: Json, share: float = share) -> None:
            show(Moment(stage=found["render"]["stage"], share=share, eta_s=found["render"]["eta_seconds"]))

        video = awaited(api, f"/{clip['id']}", tell)
        if video["status"] == "failed":
            reason: Json = video["render"]["error"] or {"message": "it was canceled", "code": "canceled"}
            raise RenderFailed(f"Clip {number + 1} was not made: {reason['message']}", code=reason["code"])
        clip["video"] = video
        stem = folder / f"{number + 1:02}-{clip['platform']}-{_stem(video['title'])}"
        links = {".mp4": video["download_url"], ".jpg": video["preview"]["poster_url"]}
        if video["captions"] is not None:
            links |= {".vtt": video["captions"]["vtt_url"], ".srt": video["captions"]["srt_url"]}
        for ending, url in links.items():
            api.fetch(url, stem.with_name(stem.name + ending))
        written.append(str(stem.with_name(f"{stem.name}.mp4")))
    return written


def _range(text: str) -> Json:
    """Raises UsageWrong."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)", text.strip())
    if found is None:
        raise UsageWrong(f"--range is two times in seconds with a hyphen between them, like 62.4-91: “{text}” is none.")
    return {"start": float(found[1]), "end": float(found[2])}


def _read(subtitles: Path) -> str:
    try:
        return subtitles.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageWrong(f"The subtitles {subtitles} cannot be read: {error}. They are text in UTF-8.") from error


def _is_id(video: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", video) is not None


def _stem(title: str) -> str:
    return _UNFIT.sub("-", title.lower()).strip("-")[:40].rstrip("-") or "clip"


def _candidate_lines(answer: Json) -> list[str]:
    lines = list[str]()
    for each in answer["candidates"]:
        why = ", ".join(reason["name"] for reason in each["reasons"][:3] if reason["points"] > 0)
        score = "" if each["score"] is None else f"{each['score']:3}  "
        lines.append(f"{score}{each['start']:8.2f}-{each['end']:.2f} s  {each['title']}{f'  ({why})' if why else ''}")
    return lines or ["No moments were found."]


def _lines(answer: Json) -> list[str]:
    lines = list[str]()
    for clip, path in zip(answer["clips"], answer["files"], strict=True):
        video = clip["video"]
        score = "" if clip["score"] is None else f", score {clip['score']}"
        lines += [
            f"✓ {path}",
            f"  {clip['start']:.2f}-{clip['end']:.2f} s, {video['width']}×{video['height']}, "
            f"{megabytes(video['size'])}{score}",
        ]
    return lines or ["No clips were made."]
