"""``tenex doctor``: what is here, what is missing, how to get it, and what it is for."""

from __future__ import annotations

import importlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.cli.errors import Exit
from app.cli.opening import DataFolder, settings_of
from app.cli.output import AsJson, Output
from app.core.errors import TenexError

if TYPE_CHECKING:
    from app.core.database import Database
    from app.core.settings import Settings

_ENCODERS = ("libx264", "aac")
_ROOM_GB = 1.0
#: A letter of each script that is looked for: those that ship, and the most read of the others.
_SCRIPTS = {
    "Arabic": "ن",
    "Hebrew": "א",
    "Hindi": "क",
    "Thai": "ก",
    "Chinese": "的",
    "Japanese": "の",
    "Korean": "한",
    "Bengali": "ক",
    "Tamil": "க",
    "Telugu": "క",
    "Georgian": "ა",
    "Armenian": "Ա",
    "Amharic": "አ",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report. ``remedy`` says how to get what is missing; ``purpose`` what it is for."""

    name: str
    found: bool
    detail: str
    purpose: str
    required: bool = True
    remedy: str = ""


def doctor(data: DataFolder = None, as_json: AsJson = False) -> None:
    """Check what this machine has: exit code 0 when all that is required is there, 5 otherwise."""
    settings = settings_of(data)
    findings = [finding for check in CHECKS for finding in check(settings)]
    healthy = all(finding.found for finding in findings if finding.required)
    lines = [line for finding in findings for line in _lines(finding)]
    verdict = "All that is required is here." if healthy else "Something that is required is missing: see ✗ above."
    document = {"ok": healthy, "findings": [asdict(finding) for finding in findings]}
    Output(as_json).result(document, *lines, "", verdict)
    if not healthy:
        raise typer.Exit(Exit.ENVIRONMENT)


def _lines(finding: Finding) -> Iterator[str]:
    sign = "✓" if finding.found else "✗" if finding.required else "–"
    yield f"{sign} {finding.name:<12} {finding.detail}"
    if not finding.found:
        yield f"  {'':<12} for: {finding.purpose}"
        if finding.remedy:
            yield f"  {'':<12} get it: {finding.remedy}"


def _python(_settings: Settings) -> Iterator[Finding]:
    version = ".".join(str(number) for number in sys.version_info[:3])
    yield Finding(
        name="Python",
        found=sys.version_info >= (3, 11),
        detail=f"{version}, {sys.executable}",
        purpose="everything",
        remedy="install Python 3.11 or newer",
    )


def _cores(settings: Settings) -> Iterator[Finding]:
    count = os.cpu_count() or 1
    detail = f"{count}; {settings.worker_count} workers would be started"
    yield Finding(name="Cores", found=True, detail=detail, purpose="rendering")


def _libraries(_settings: Settings) -> Iterator[Finding]:
    for module, name, purpose in (
        ("thorvg_python", "ThorVG", "drawing the presenter"),
        ("cv2", "OpenCV", "drawing the presenter"),
        ("av", "PyAV", "encoding and probing video"),
        ("espeakng_loader", "espeak-ng", "the built-in voices"),
    ):
        trouble = _import_trouble(module)
        yield Finding(
            name=name,
            found=trouble is None,
            detail=trouble or "loads",
            purpose=purpose,
            remedy="pip install --force-reinstall tenex-videos",
        )
    trouble = _import_trouble("pocketsphinx")
    yield Finding(
        name="PocketSphinx",
        found=trouble is None,
        required=False,
        detail=trouble or "loads",
        purpose="finding the words of a script in a recording; without it their times are estimated",
        remedy="pip install pocketsphinx, on Python 3.11 to 3.13",
    )


def _import_trouble(module: str) -> str | None:
    try:
        importlib.import_module(module)
    except (ImportError, OSError) as error:
        return f"cannot be loaded: {error}"
    return None


def _ffmpeg(_settings: Settings) -> Iterator[Finding]:
    from app.media.ffmpeg import ffmpeg_binary

    purpose, remedy = "sound, previews and joining", "pip install imageio-ffmpeg, or name one with FFMPEG_BINARY"
    try:
        binary = ffmpeg_binary()
        known = _output_of(binary, "-hide_banner", "-encoders")
        version = _output_of(binary, "-version").split("\n", 1)[0].removeprefix("ffmpeg version ").split(" ")[0]
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        yield Finding(name="ffmpeg", found=False, detail=f"cannot be run: {error}", purpose=purpose, remedy=remedy)
        return
    lacking = [name for name in _ENCODERS if f" {name} " not in known]
    detail = f"{version}, {binary}" + (f", without the encoders {', '.join(lacking)}" if lacking else "")
    yield Finding(name="ffmpeg", found=not lacking, detail=detail, purpose=purpose, remedy=remedy)


def _output_of(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, check=True, timeout=20, stdin=subprocess.DEVNULL)
    return done.stdout.decode("utf-8", "replace")


def _voices(settings: Settings) -> Iterator[Finding]:
    models = sorted(path.stem for path in settings.voice_folder.glob("*.onnx"))
    installed = find_spec("piper") is not None
    yield Finding(
        name="Piper",
        found=installed and bool(models),
        required=False,
        detail=("installed" if installed else "not installed") + f"; voices: {', '.join(models) or 'none'}",
        purpose="voices close to a person",
        remedy="pip install 'tenex-videos[piper]', then tenex voices add en_US-lessac-medium",
    )
    for program, package in (("festival", "festival festvox-us-slt-hts"), ("flite", "flite")):
        yield _program(program, program, "more English voices", f"sudo apt-get install {package}")


def _documents(_settings: Settings) -> Iterator[Finding]:
    remedy = "sudo apt-get install libreoffice-impress fonts-crosextra-carlito fonts-liberation"
    yield _program("LibreOffice", "soffice", "pages of PPTX, PPT and ODP decks", remedy)
    yield _fonts()


def _fonts() -> Finding:
    from app.media.lettering.faces import Face, NoFont, fonts_for

    lacking = list[str]()
    for script, letter in _SCRIPTS.items():
        try:
            fonts_for(letter, Face())
        except NoFont:
            lacking.append(script)
    return Finding(
        name="Fonts",
        found=not lacking,
        required=False,
        detail=f"none for {', '.join(lacking)}" if lacking else "for every script that was tried",
        purpose="text in videos in these languages; those of the most read scripts, and emoji, ship with the package",
        remedy="sudo apt-get install fonts-noto-core",
    )


def _program(name: str, program: str, purpose: str, remedy: str) -> Finding:
    path = shutil.which(program)
    return Finding(
        name=name,
        found=path is not None,
        required=False,
        detail=path or "not installed",
        purpose=purpose,
        remedy=remedy,
    )


def _engines(settings: Settings) -> Iterator[Finding]:
    """Those of a host that only answers requests need their portraits there, and not their programs."""
    from app.avatars.engines.listed import read_engines

    purpose, remedy = "takes by programs of this server's own", "install it, or correct TENEX_ENGINES"
    try:
        engines = read_engines(settings.engines)
    except TenexError as error:
        yield Finding(name="Engines", found=False, detail=str(error), purpose=purpose, remedy="see above")
        return
    for name, engine in engines.items():
        lacking, portraits = engine.lacking(), len(engine.names())
        detail = f"{engine.command[0]}; {portraits} portraits in {engine.portraits}"
        yield Finding(
            name=name,
            found=not lacking,
            required=False,
            detail=f"{detail}; not there: {', '.join(lacking)}" if lacking else detail,
            purpose=purpose,
            remedy=remedy,
        )


def _storage(settings: Settings) -> Iterator[Finding]:
    yield _folder("Data folder", settings.data.absolute())
    yield _folder("Storage", settings.blobs.absolute()) if settings.bucket is None else _bucket(settings)


def _bucket(settings: Settings) -> Finding:
    from app.storage.opening import open_storage

    state = open_storage(settings, b"").blobs.state()
    return Finding(
        name="Storage",
        found=state.problem is None,
        detail=f"{settings.storage}, {state.problem or 'answers'}",
        purpose="everything that is kept",
        remedy="correct TENEX_STORAGE and the TENEX_S3_ settings, or create the bucket",
    )


def _folder(name: str, folder: Path) -> Finding:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
        free_gb = shutil.disk_usage(existing).free / 1e9
    except OSError as error:
        detail, found = f"{folder} cannot be written to: {error.strerror}", False
    else:
        detail, found = f"{folder}, {free_gb:.1f} GB free", free_gb >= _ROOM_GB
    return Finding(
        name=name,
        found=found,
        detail=detail,
        purpose="everything that is kept",
        remedy=f"make it writable, free {_ROOM_GB:g} GB, or name another folder with --data or TENEX_DATA",
    )


def _database(settings: Settings) -> Iterator[Finding]:
    from app.core.database import Database, database_url

    url = database_url(settings.database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        found, detail = True, f"{url.database} is not there yet; the first start makes it"
    else:
        database = Database(settings.database)
        try:
            found, detail = _database_state(database)
        except TenexError as error:
            found, detail = False, str(error)
        finally:
            database.close()
    yield Finding(
        name="Database", found=found, detail=detail, purpose="everything", remedy="see above; tenex up migrates it"
    )


def _database_state(database: Database) -> tuple[bool, str]:
    from sqlalchemy import text

    from app.core.migrations import HEAD, current_revision

    with database.read_scope() as session:
        if database.is_sqlite:
            verdict = str(session.execute(text("PRAGMA quick_check(1)")).scalar_one())
            if verdict != "ok":
                return False, f"{database.place} is damaged: {verdict}. Restore your last backup in its place"
        revision = current_revision(session.connection())
    if revision == HEAD:
        return True, f"{database.place}, intact, at revision {HEAD}"
    return True, f"{database.place}, intact, at revision {revision or 'none'}; the next start brings it to {HEAD}"


def _port(settings: Settings) -> Iterator[Finding]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.create_server((settings.host, settings.port), family=family):
            detail, free = f"{settings.host} port {settings.port} is free", True
    except OSError as error:
        detail, free = f"{settings.host} port {settings.port} cannot be listened on: {error.strerror}", False
    yield Finding(
        name="Port",
        found=free,
        required=False,
        detail=detail,
        purpose="the API (it may be running already)",
        remedy="tenex up --port with another number",
    )


CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _python,
    _cores,
    _libraries,
    _ffmpeg,
    _storage,
    _database,
    _port,
    _voices,
    _documents,
    _engines,
)
