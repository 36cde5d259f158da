"""``tenex webinar``: a deck and a script become one MP4, through the API of a server."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from app.cli.errors import Exit, RenderFailed, UsageWrong
from app.cli.output import AsJson, Output, megabytes
from app.cli.progress import Moment, metered, within
from app.cli.render import AspectChoice, RateChoice, ResolutionChoice, check_target
from app.cli.server import ApiBase, ApiKey, needed_key
from app.cli.upload import check_file, is_file, stopping

Json = dict[str, Any]
#: How the bar is shared out: what is sent first, and what the server does then.
_SENT = 0.2
_PATIENCE_S = 120.0
_IMAGES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
Arranged = Literal["overlay", "side_by_side", "host", "slide"]
Placed = Literal["auto", "bottom_right", "bottom_left", "top_right", "top_left"]


def webinar(
    deck: Annotated[Path, typer.Argument(metavar="DECK", help="The slides: PDF, or PPTX where LibreOffice is.")],
    script: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Markdown with a heading per slide: what is said, also by --host; else the speaker notes.",
        ),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The video to write.")] = Path(
        "webinar.mp4"
    ),
    avatar: Annotated[str, typer.Option(help="Who presents; see tenex avatars list.")] = "maya",
    voice: Annotated[str | None, typer.Option(help="Its voice; see tenex voices list.")] = None,
    host: Annotated[
        Path | None, typer.Option(metavar="RECORDING", help="A recording of the host, instead of an avatar.")
    ] = None,
    slide_times: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="When each slide appears in it: 0,12.5,40")
    ] = None,
    layout: Annotated[Arranged, typer.Option(help="Where the host is.")] = "overlay",
    corner: Annotated[Placed, typer.Option(help="Of the host on the slide; auto: where it covers least.")] = "auto",
    music: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Played behind everything, softer while somebody speaks.")
    ] = None,
    burn_captions: Annotated[bool, typer.Option("--burn-captions", help="Captions in the picture, too.")] = False,
    aspect_ratio: Annotated[AspectChoice, typer.Option()] = "16:9",
    resolution: Annotated[ResolutionChoice, typer.Option()] = "1080p",
    fps: Annotated[RateChoice, typer.Option(help="Frames in a second.")] = "25",
    title: Annotated[str | None, typer.Option(help="Without one, the deck's.")] = None,
    api_base: ApiBase = "http://127.0.0.1:8010",
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Make a webinar from slides and a script. Files that the script names for B-roll are sent along."""
    key = needed_key(api_key)
    check_target(output)
    check_file(deck)
    times = _times(host, slide_times)
    for file in (host, music):
        if file is not None:
            check_file(file)
    text = _read(script) if script is not None else None
    named = _named_files(text, script) if text is not None and script is not None else {}
    wanted: Json = {
        "layout": {"arrangement": layout, "corner": corner},
        "aspect_ratio": aspect_ratio,
        "resolution": resolution,
        "fps": fps,
    }
    wanted |= {"title": title} if title else {}
    wanted |= {"captions": "burned"} if burn_captions else {}
    wanted |= {"avatar_id": avatar, "voice_id": voice} if host is None else {}
    with stopping() as stop, metered(as_json=as_json) as meter:
        errand = _Errand(
            deck=deck, script=text, named=named, host=host, times=times, music=music, wanted=wanted, show=meter.show
        )
        from app.cli.sending import Api, Interrupted

        video, files = None, dict[str, str]()
        with (
            contextlib.suppress(Interrupted),
            Api(base=api_base, key=key, stopping=stop, patience_s=_PATIENCE_S) as api,
        ):
            video = errand.run(api)
            files = _fetched(api, video, output)
    if video is None:
        Output(as_json).note("Stopped. What was sent is kept, and a webinar that was asked for is still made.")
        raise typer.Exit(Exit.INTERRUPTED)
    Output(as_json).result({"video": video, "files": files}, *_lines(video, output, files))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Errand:
    """``named``: the files of the script by what it calls them."""

    deck: Path
    script: str | None
    named: Mapping[str, Path]
    host: Path | None
    times: list[float]
    music: Path | None
    wanted: Json
    show: Callable[[Moment], None]

    def run(self, api: Any) -> Json:
        """The finished webinar. Raises UploadFailed, RenderFailed and what the API answers."""
        from app.cli.sending import awaited

        files = [self.deck, *self.named.values(), *(file for file in (self.host, self.music) if file is not None)]
        each = _SENT / len(files)
        ids = {
            file: self._sent(api, file, within(self.show, place * each, (place + 1) * each))
            for place, file in enumerate(dict.fromkeys(files))
        }
        asked = api.ask("POST", "/webinars", json=request_of(self, ids))
        video = awaited(api, f"/{asked['id']}", lambda found: self.show(_moment(found)))
        if video["status"] == "failed":
            reason: Json = video["render"]["error"] or {"message": "it was canceled", "code": "canceled"}
            raise RenderFailed(f"The webinar was not made: {reason['message']}", code=reason["code"])
        return video

    def _sent(self, api: Any, file: Path, show: Callable[[Moment], None]) -> str:
        """The id of a file in the library, once it is ready."""
        from app.cli.sending import FILES, RECORDINGS, delivered

        return delivered(api, file, FILES if is_file(file) else RECORDINGS, show)


def request_of(errand: _Errand, ids: Mapping[Path, str]) -> Json:
    """What is asked of ``POST /webinars``."""
    from app.modules.videos.webinars.script import OF_FILE, with_sources

    body: Json = {"deck": ids[errand.deck], **errand.wanted}
    if errand.script is not None:
        names = {name: f"{OF_FILE}{ids[file]}" if _is_image(file) else ids[file] for name, file in errand.named.items()}
        body["script"] = with_sources(errand.script, names)
    if errand.host is not None:
        body["recording"] = {"video_id": ids[errand.host], "slide_times": errand.times}
    if errand.music is not None:
        body["music"] = {"file_id": ids[errand.music]}
    return body


def _times(host: Path | None, slide_times: str | None) -> list[float]:
    """Raises UsageWrong."""
    if (host is None) != (slide_times is None):
        raise UsageWrong("--host and --slide-times go together: the recording, and when each slide appears in it.")
    try:
        return [float(time) for time in (slide_times or "").split(",") if time.strip()]
    except ValueError as error:
        raise UsageWrong(f"--slide-times are seconds with commas between them, like 0,12.5,40: {error}.") from error


def _read(script: Path) -> str:
    try:
        return script.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageWrong(f"The script {script} cannot be read: {error}. It is a text file in UTF-8.") from error


def _named_files(text: str, script: Path) -> dict[str, Path]:
    """The files that markers name, beside the script. Raises UsageWrong with the line, before anything is sent."""
    from app.modules.videos.webinars.script import sources_in

    found = {name: script.parent / name for name in sources_in(text)}
    for name, line in sources_in(text).items():
        if not found[name].is_file():
            raise UsageWrong(f"Line {line} of {script} names {name}, and there is no file {found[name]}.")
        check_file(found[name])
    return found


def _is_image(file: Path) -> bool:
    return file.suffix.lower() in _IMAGES


def _moment(video: Json) -> Moment:
    job: Json = video["render"]
    share = _SENT + (1.0 - _SENT) * float(job["progress"])
    return Moment(stage=job["stage"], share=share, eta_s=job["eta_seconds"])


def _fetched(api: Any, video: Json, output: Path) -> dict[str, str]:
    """The files of the webinar, beside the one that was asked for."""
    links = {".mp4": video["download_url"], ".jpg": video["preview"]["poster_url"]}
    if video["captions"] is not None:
        links |= {".vtt": video["captions"]["vtt_url"], ".srt": video["captions"]["srt_url"]}
    if video["chapters"] is not None:
        links[".chapters.vtt"] = video["chapters"]["vtt_url"]
    if video["transcript"] is not None:
        links[".txt"] = video["transcript"]["text_url"]
    for ending, url in links.items():
        api.fetch(url, output.with_suffix(ending))
    return {ending.lstrip("."): str(output.with_suffix(ending)) for ending in links}


def _lines(video: Json, output: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    shape = f"{video['duration']:.1f} s, {video['width']}×{video['height']} at {video['fps']:g} fps"
    return (
        f"✓ {output}",
        f"  picture  {shape}, {megabytes(video['size'])}, {len(video['scenes'])} scenes",
        f"  beside   {', '.join(sorted(set(files) - {'mp4'}))}",
        f"  video    {video['id']}",
    )
