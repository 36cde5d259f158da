"""``tenex demo``: the first video, through the public HTTP API of a server that is started for it."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from app.cli.errors import Exit, PortInUse, RenderFailed, UsageWrong
from app.cli.facts import Facts
from app.cli.interruption import Interruption
from app.cli.opening import DataFolder, check_folder, opened, settings_of
from app.cli.output import AsJson, Output
from app.cli.progress import Moment, metered
from app.cli.server import listening, serving

if TYPE_CHECKING:
    import httpx2

    from app.core.settings import Settings

_WORKSPACE = "demo"
_CREDITS = 1000
_LOOK_EVERY_S = 0.4
_VIDEOS = "/api/v1/videos"


class Refused(RenderFailed):
    """The API said no; its own words are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The public API, as any client sees it."""

    client: httpx2.Client

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._checked(self.client.post(path, json=body))

    def get(self, path: str) -> dict[str, Any]:
        return self._checked(self.client.get(path))

    def download(self, url: str, target: Path) -> Path:
        """Fetch a signed link into a file. Links carry the server's public address; this asks the server itself."""
        parts = urlsplit(url)
        part = target.with_name(f".{target.name}.part")
        with self.client.stream("GET", f"{parts.path}?{parts.query}") as answer, part.open("wb") as file:
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                file.write(piece)
        return part.replace(target)

    @staticmethod
    def _checked(answer: httpx2.Response) -> dict[str, Any]:
        document: dict[str, Any] = answer.json()
        if answer.is_error:
            raise Refused(f"The API answered {answer.status_code}: {document['detail']}", code=str(document["code"]))
        return document


def demo(
    script: Annotated[Path, typer.Argument(help="What to say.")] = Path("examples/welcome.txt"),
    output: Annotated[Path, typer.Option("--output", "-o", help="The video to write.")] = Path("out/demo.mp4"),
    avatar: Annotated[str, typer.Option(help="Who speaks.")] = "maya",
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Start everything, make a presenter video through the HTTP API, and say what it took."""
    out = Output(as_json)
    words = _read(script)
    check_folder(output.parent, what="The folder of the video", remedy="Make it writable, or choose another with -o.")
    with Interruption() as interruption, _reachable(settings_of(data), out) as (settings, listener):
        key = _key(settings)
        log = settings.data / "logs" / "demo.log"
        out.note(f"Starting the API on {settings.base_url} and {settings.worker_count} workers …")
        with serving(settings, listener, tell=lambda died: out.note(str(died)), log=log) as server:
            interruption.on_second(server.supervisor.kill)
            facts = None
            if server.await_health(interruption):
                with _client(settings, key) as client:
                    facts = _make(Api(client=client), words, avatar, output, interruption, as_json=as_json)
    if facts is None:
        raise typer.Exit(Exit.INTERRUPTED)
    key_line = f"  api key  {key}   (workspace {_WORKSPACE}; try it on the docs page of `make serve`)"
    out.result(facts.document() | {"api_key": key}, *facts.lines(), key_line, "", _next_line(script))


def _make(
    api: Api, words: str, avatar: str, output: Path, interruption: Interruption, *, as_json: bool
) -> Facts | None:
    """Order the video, watch the job, and bring the files home; None if asked to stop before it was done."""
    began = time.monotonic()
    video = api.post(_VIDEOS, {"script": words, "avatar_id": avatar, "title": "Welcome"})
    job_path = f"{_VIDEOS}/renders/{video['render']['id']}"
    job = _watched(api, job_path, interruption, as_json=as_json)
    if job is None:
        api.post(f"{job_path}/cancel", {})
        return None
    elapsed_s = time.monotonic() - began
    if job["status"] != "succeeded":
        raise _failure(job)
    return _facts(job, api.get(f"{_VIDEOS}/{video['id']}"), api, output, elapsed_s)


def _watched(api: Api, job_path: str, interruption: Interruption, *, as_json: bool) -> dict[str, Any] | None:
    with metered(as_json=as_json) as meter:
        while True:
            job = api.get(job_path)
            meter.show(Moment(stage=job["stage"], share=job["progress"], eta_s=job["eta_seconds"]))
            if job["status"] in {"succeeded", "failed", "canceled"}:
                return job
            if interruption.wait(_LOOK_EVERY_S):
                return None


def _facts(job: Mapping[str, Any], video: Mapping[str, Any], api: Api, output: Path, elapsed_s: float) -> Facts:
    links = {
        "video": (video["download_url"], ".mp4"),
        "vtt": (video["captions"]["vtt_url"], ".vtt"),
        "srt": (video["captions"]["srt_url"], ".srt"),
        "poster": (video["preview"]["poster_url"], ".jpg"),
    }
    files = {role: api.download(url, output.with_suffix(suffix)) for role, (url, suffix) in links.items()}
    return Facts(
        files=files,
        video_id=video["id"],
        job_id=job["id"],
        duration_s=float(video["duration"]),
        elapsed_s=elapsed_s,
        width=video["width"],
        height=video["height"],
        fps=f"{video['fps']:g}",
        receipt=job["receipt"],
    )


def _failure(job: Mapping[str, Any]) -> RenderFailed:
    error = job["error"] or {"code": job["status"], "message": "It was cancelled."}
    return RenderFailed(f"The render ended as {job['status']}: {error['message']}", code=error["code"])


@contextlib.contextmanager
def _reachable(settings: Settings, out: Output) -> Generator[tuple[Settings, socket.socket]]:
    """The settings and their socket; with another port when that one is taken."""
    with contextlib.ExitStack() as stack:
        try:
            listener = stack.enter_context(listening(settings))
        except PortInUse:
            listener = stack.enter_context(socket.create_server((settings.host, 0)))
            settings = settings.model_copy(update={"port": listener.getsockname()[1]})
            out.note(f"The usual port is taken; using {settings.port}.")
        yield settings, listener


def _client(settings: Settings, key: str) -> httpx2.Client:
    import httpx2

    base = f"http://{settings.host}:{settings.port}"
    # trust_env: a proxy that is set for the internet must not get requests to this machine.
    return httpx2.Client(base_url=base, headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False)


def _key(settings: Settings) -> str:
    """A key of the demo's workspace, which has credits."""
    from app.cli.accounts import found_workspace

    with opened(settings) as office, office.database.session_scope() as session:
        known = next((one for one in office.accounts.list_workspaces(session) if one.name == _WORKSPACE), None)
        if known is None:
            return found_workspace(office, session, name=_WORKSPACE, credits_=_CREDITS)[1].plaintext
        new = office.accounts.create_key(session, workspace_id=known.id, name="demo")
        if office.credits.statement(session, known.id).available < _CREDITS // 10:
            office.credits.grant(session, workspace_id=known.id, amount=_CREDITS, key=new.key.id, note="demo")
        return new.plaintext


def _read(script: Path) -> str:
    try:
        return script.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageWrong(f"The script {script} cannot be read: {error}. It is a text file in UTF-8.") from error


def _next_line(script: Path) -> str:
    return f"Next: .venv/bin/tenex render {script} -o out/tall.mp4 --avatar omar --aspect-ratio 9:16"
