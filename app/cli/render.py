"""``tenex render``: one video without a server, through the same services, workflow and workers."""

from __future__ import annotations

import contextlib
import hashlib
import sys
import time
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from app.cli.errors import Exit, RenderFailed, UsageWrong, WorkersFailing
from app.cli.facts import Facts
from app.cli.interruption import Interruption
from app.cli.matches import check_known, check_voice
from app.cli.opening import DataFolder, check_folder, settings_of
from app.cli.output import AsJson, Output, to_json
from app.cli.progress import Moment, metered
from app.cli.server import worker_programs
from app.supervisor import Died, Supervisor, last_lines

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.bootstrap import Services
    from app.cli.progress import Meter
    from app.core.settings import Settings
    from app.modules.videos.renders import Order

AspectChoice = Literal["16:9", "9:16", "1:1", "4:5"]
ResolutionChoice = Literal["720p", "1080p"]
RateChoice = Literal["23.976", "24", "25", "29.97", "30", "50", "59.94", "60"]

_WORKSPACE = "local"
_LOOK_EVERY_S = 0.25
_PATIENCE = 4
#: In the metadata of the video: what was asked for, to find it again.
_MARK = "order"
#: File name endings by role, beside the video.
_ENDINGS = {"video": ".mp4", "vtt": ".vtt", "srt": ".srt", "poster": ".jpg"}


def render(
    script: Annotated[
        str | None, typer.Argument(metavar="SCRIPT", help="A text file, or - for standard input.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="What to say, instead of a file.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The video to write.")] = Path(
        "video.mp4"
    ),
    avatar: Annotated[str, typer.Option(help="Who speaks; see tenex avatars list.")] = "maya",
    voice: Annotated[str | None, typer.Option(help="Its voice; see tenex voices list.")] = None,
    aspect_ratio: Annotated[AspectChoice, typer.Option()] = "16:9",
    resolution: Annotated[ResolutionChoice, typer.Option()] = "1080p",
    fps: Annotated[RateChoice, typer.Option(help="Frames in a second.")] = "25",
    background: Annotated[str | None, typer.Option(help="A background by name, or a colour such as #20304A.")] = None,
    captions: Annotated[bool, typer.Option("--captions/--no-captions", help="Write .vtt and .srt files.")] = True,
    burn_captions: Annotated[bool, typer.Option("--burn-captions", help="Captions in the picture, too.")] = False,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Make a presenter video from a script, without a server. Run again after a crash, it goes on where it was."""
    from app.modules.videos.composition import AspectRatio, Captions, FrameRate, Resolution
    from app.modules.videos.renders import Order

    words = _words(script, text)
    check_target(output)
    order = Order(
        script=words,
        avatar_id=avatar,
        voice_id=voice,
        aspect_ratio=AspectRatio(aspect_ratio),
        resolution=Resolution(resolution),
        fps=FrameRate(fps),
        background=background,
        captions=Captions.BURNED if burn_captions else Captions.SIDECAR if captions else Captions.NONE,
    )
    settings = settings_of(data)
    _check_speaker(settings, avatar, voice)
    with Interruption() as interruption, _studio(settings) as studio:
        facts = studio.make(order, output, interruption, as_json=as_json)
    if facts is None:
        raise typer.Exit(Exit.INTERRUPTED)
    Output(as_json).result(facts.document(), *facts.lines())


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """The services of one data folder, for one order at a time."""

    services: Services
    workspace_id: str

    def make(self, order: Order, output: Path, interruption: Interruption, *, as_json: bool) -> Facts | None:
        """Order, let workers make it, and copy the files; None if asked to stop before it was done."""
        settings = self.services.platform.settings
        log = settings.data / "logs" / "render.log"
        began = time.monotonic()
        job_id = self._ordered(order)
        with Supervisor(worker_programs(settings, log), tell=lambda _died: None, patience=_PATIENCE) as workers:
            interruption.on_second(workers.kill)
            with metered(as_json=as_json) as meter:
                done = self._watched(job_id, meter, interruption, workers)
            if not done:
                self._cancel(job_id)
                return None
        return self._delivered(job_id, output, time.monotonic() - began)

    def _ordered(self, order: Order) -> str:
        """The id of a job for this order: one that a crash left unfinished, else a new one, paid for by a grant."""
        from app.core.ids import new_id
        from app.modules.videos.pricing import quote_for_script
        from app.speech.script import clean_script

        mark = _fingerprint(order)
        with self.services.database.session_scope() as session:
            unfinished = self._unfinished(session, mark)
            if unfinished is not None:
                return unfinished
            amount = quote_for_script(clean_script(order.script))
            self.services.credits.grant(session, workspace_id=self.workspace_id, amount=amount, key=new_id())
            marked = replace(order, metadata={_MARK: mark})
            return self.services.renders.create(session, self.workspace_id, marked).job.id

    def _unfinished(self, session: Session, mark: str) -> str | None:
        from app.core.pagination import PageRequest
        from app.modules.videos.pipeline.settle import ACTIVE
        from app.modules.videos.renders import video_of
        from app.modules.videos.repository import JobFilter

        for status in ACTIVE:
            wanted = JobFilter(status=status)
            for job in self.services.jobs.list(session, self.workspace_id, wanted, PageRequest()).rows:
                if video_of(session, self.workspace_id, job.video_id).details.get(_MARK) == mark:
                    return job.id
        return None

    def _watched(self, job_id: str, meter: Meter, interruption: Interruption, workers: Supervisor) -> bool:
        """Show the job until it has ended; False if asked to stop before. Raises WorkersFailing."""
        from app.modules.videos.pipeline.settle import ACTIVE

        while True:
            with self.services.database.read_scope() as session:
                job = self.services.jobs.get(session, self.workspace_id, job_id)
            meter.show(Moment(stage=job.stage, share=job.progress, eta_s=job.eta_seconds))
            if job.status not in ACTIVE:
                return True
            if workers.lost is not None:
                self._cancel(job_id)
                raise _failing(workers.lost)
            if interruption.wait(_LOOK_EVERY_S):
                return False

    def _cancel(self, job_id: str) -> None:
        """Give the credits back and stop the work; a job that ended in the meantime stays as it ended."""
        from app.modules.videos.errors import JobFinished

        with contextlib.suppress(JobFinished), self.services.database.session_scope() as session:
            self.services.renders.cancel(session, self.workspace_id, job_id)
        self.services.renders.stop(job_id)

    def _delivered(self, job_id: str, output: Path, elapsed_s: float) -> Facts:
        """Copy what the job made to where it was asked for. Raises RenderFailed with the job's own reason."""
        from app.modules.videos.models import JobStatus, Revision
        from app.modules.videos.renders import job_of

        with self.services.database.read_scope() as session:
            job = job_of(session, self.workspace_id, job_id)
            if job.status != JobStatus.SUCCEEDED:
                reason = job.error_message or "It was cancelled."
                raise RenderFailed(f"The render ended as {job.status}: {reason}", code=job.error_code or job.status)
            revision = session.get_one(Revision, (job.video_id, job.revision))
        return Facts(
            files=self._copied(revision.files, output),
            video_id=job.video_id,
            job_id=job.id,
            duration_s=float(revision.frames / Fraction(revision.fps)),
            elapsed_s=elapsed_s,
            width=revision.width,
            height=revision.height,
            fps=job.composition["picture"]["fps"],
            receipt=job.receipt or {},
        )

    def _copied(self, files: Mapping[str, Any], output: Path) -> dict[str, Path]:
        copies: dict[str, Path] = {}
        for role, ending in _ENDINGS.items():
            if role in files:
                copies[role] = output.with_suffix(ending)
                self.services.platform.blobs.get(files[role]["blob"], copies[role])
        return copies


@contextlib.contextmanager
def _studio(settings: Settings) -> Generator[Studio]:
    """The services on a data folder that is up to date, with the workspace of one-shot renders."""
    from app.bootstrap import build_services, prepare

    check_folder(settings.data)
    prepare(settings)
    services = build_services(settings)
    try:
        with services.database.session_scope() as session:
            known = services.accounts.list_workspaces(session)
            local = next((one for one in known if one.name == _WORKSPACE), None)
            workspace = local or services.accounts.create_workspace(session, name=_WORKSPACE)
        yield Studio(services=services, workspace_id=workspace.id)
    finally:
        services.close()


def _check_speaker(settings: Settings, avatar: str, voice: str | None) -> None:
    """Raises NothingFound with near matches, before anything is started."""
    from app.avatars.studio.cast import CAST
    from app.speech.voices import VoiceCatalogue

    check_known("avatar", avatar, {one.id: one.name for one in CAST.values()}, where="`tenex avatars list`")
    if voice is not None:
        check_voice(VoiceCatalogue(settings.voice_folder), voice)


def _words(script: str | None, text: str | None) -> str:
    """What is to be said. Raises UsageWrong."""
    if (script is None) == (text is None):
        raise UsageWrong("Give either SCRIPT, a file or - for standard input, or --text.")
    if text is not None:
        return text
    try:
        return sys.stdin.read() if script == "-" else Path(str(script)).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageWrong(f"The script cannot be read: {error}. It is a text file in UTF-8.") from error


def check_target(output: Path) -> None:
    """Raises UsageWrong, FolderUnusable: before the work, not after it."""
    if output.suffix.lower() != ".mp4":
        raise UsageWrong(f"The video is an MP4 file: name it {output.with_suffix('.mp4')}, not {output}.")
    if output.is_dir():
        raise UsageWrong(f"{output} is a folder. Name the file to write.")
    check_folder(output.parent, what="The folder of the video", remedy="Make it writable, or choose another with -o.")


def _fingerprint(order: Order) -> str:
    return hashlib.sha256(to_json(asdict(order)).encode()).hexdigest()


def _failing(lost: Died) -> WorkersFailing:
    said = last_lines(lost.program.log) if lost.program.log else ""
    return WorkersFailing(f"The workers keep dying: {lost}. They said:\n{said}\n`tenex doctor` may know more.")
