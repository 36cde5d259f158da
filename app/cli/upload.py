"""``tenex upload``: a recording or another file into the library, through the API of a server."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.errors import Exit, UploadFailed, UsageWrong
from app.cli.interruption import Interruption
from app.cli.output import AsJson, Output, megabytes
from app.cli.progress import Moment, metered
from app.cli.server import ApiBase, ApiKey, needed_key

Json = dict[str, Any]
#: How the bar is shared out: reading the file once, sending it, and what the server does then.
_READ, _SENT = 0.05, 0.85
_FILE_ENDINGS = frozenset(
    f".{ending}"
    for ending in (
        *("pdf", "pptx", "ppt", "odp", "png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff", "mp3", "m4a", "aac", "wav"),
        *("flac", "ogg", "opus", "srt", "vtt", "ass", "ttf", "otf", "ttc", "woff", "woff2"),
    )
)


def upload(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording, deck, image, sound, subtitles or font.")],
    title: Annotated[str | None, typer.Option(help="Without one, the file's name.")] = None,
    as_file: Annotated[
        bool | None,
        typer.Option("--file/--recording", help="What it is, where its ending does not tell: sound alone is a file."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it is ready.")] = True,
    patience: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long to try again while the network or the server is away.")
    ] = 120.0,
    api_base: ApiBase = "http://127.0.0.1:8010",
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Upload a file into the library. Run again after an interruption, it goes on where it was."""
    key = needed_key(api_key)
    check_file(file)
    with stopping() as stop, metered(as_json=as_json) as meter:
        trip = _Trip(
            file=file,
            title=title,
            as_file=as_file,
            wait=wait,
            patience_s=patience,
            show=meter.show,
            note=Output(as_json).note,
        )
        video = _sent(trip, api_base, key, stop)
    if video is None:
        Output(as_json).note("Stopped. What arrived is kept for a day: run the same command again to go on.")
        raise typer.Exit(Exit.INTERRUPTED)
    if video["status"] == "failed":
        reason: Json = video["error"] if "error" in video else video["render"]["error"]
        raise UploadFailed(f"{file.name} was not taken in: {reason['message']}", code=reason["code"])
    Output(as_json).result(video, *_lines(file, video))


def is_file(file: Path) -> bool:
    """Whether it is no recording, as far as its ending tells."""
    return file.suffix.lower() in _FILE_ENDINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trip:
    """A file, what is wanted of it, and who is told how far it is."""

    file: Path
    title: str | None
    as_file: bool | None
    wait: bool
    patience_s: float
    show: Callable[[Moment], None]
    note: Callable[[str], None]

    @property
    def is_file(self) -> bool:
        """Whether it is no recording: told from its ending, since the server tells the rest from its content."""
        return is_file(self.file) if self.as_file is None else self.as_file

    def tell(self, stage: str, before: float, share: float) -> Callable[[int], None]:
        """Tells bytes as a part of the whole way."""
        size = max(1, self.file.stat().st_size)
        return lambda done: self.show(Moment(stage=stage, share=before + share * min(1.0, done / size), eta_s=None))


def _sent(trip: _Trip, base: str, key: str, stopping: threading.Event) -> Json | None:
    """The video, or None if somebody asked to stop."""
    from app.cli.sending import FILES, RECORDINGS, Api, Interrupted, Sender, awaited, digest, slowly

    with (
        contextlib.suppress(Interrupted),
        Api(base=base, key=key, stopping=stopping, patience_s=trip.patience_s) as api,
    ):
        with slowly(trip.tell("reading", 0.0, _READ)) as tell:
            sha256 = digest(trip.file, tell)
        with slowly(trip.tell("sending", _READ, _SENT)) as tell:
            sender = Sender(api, trip.file, FILES if trip.is_file else RECORDINGS, tell)
            begun = sender.begin(sha256, {"title": trip.title} if trip.title else {})
            sender.send(begun["id"])
        if begun["status"] in ("received", "done"):
            trip.note(f"These bytes are there already, as {begun['filename']}; nothing was sent, its title stays.")
        path = f"{FILES}/{begun['id']}" if trip.is_file else f"/{begun['id']}"
        if not trip.wait:
            return api.ask("GET", path)
        return awaited(api, path, lambda found: trip.show(_moment(found)))
    return None


def _moment(video: Json) -> Moment:
    if "render" not in video:
        return Moment(stage="check", share=1.0 if video["status"] == "ready" else _READ + _SENT, eta_s=None)
    job: Json = video["render"]
    share = _READ + _SENT + (1.0 - _READ - _SENT) * float(job["progress"])
    return Moment(stage=job["stage"], share=share, eta_s=job["eta_seconds"])


def check_file(file: Path) -> None:
    """Raises UsageWrong: before anything is asked of the server."""
    try:
        with file.open("rb") as content:
            if not content.read(1):
                raise UsageWrong(f"{file} is empty: it has 0 bytes. Choose another file.")
    except OSError as error:
        raise UsageWrong(f"{file} cannot be read ({error.strerror}). Name a file that can.") from error


@contextlib.contextmanager
def stopping() -> Generator[threading.Event]:
    """Set by Ctrl-C or SIGTERM."""
    stop = threading.Event()
    with Interruption(stop):
        yield stop


def _lines(file: Path, video: Json) -> tuple[str, ...]:
    if video["status"] != "ready":
        return (f"✓ {file.name} is there; the server looks at it now", f"  id       {video['id']}")
    name = video.get("name", video["title"])
    if "render" not in video:
        pages = video["facts"].get("page_count")
        told = f"{video['kind']}, {pages} pages" if pages else video["kind"]
        return (f"✓ {name} is in the library", f"  file     {video['id']}", f"  kind     {told}")
    shape = f"{video['duration']:.1f} s, {video['width']}×{video['height']} at {video['fps']:g} fps"
    return (
        f"✓ {name} is in the library",
        f"  video    {video['id']}",
        f"  picture  {shape}, {megabytes(video['size'])}",
    )
