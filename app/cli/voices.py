"""``tenex voices`` and ``tenex avatars``: who can speak, and how."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.errors import EnvironmentUnusable, NothingFound, UsageWrong
from app.cli.opening import DataFolder, settings_of
from app.cli.output import AsJson, Output, columns

if TYPE_CHECKING:
    from app.speech.voices import Voice, VoiceCatalogue

_DOWNLOAD_S = 900


class PiperMissing(EnvironmentUnusable):
    code = "piper_missing"


class DownloadFailed(EnvironmentUnusable):
    code = "download_failed"


def list_voices(
    language: Annotated[str | None, typer.Option(help="Only these, such as en or en-GB.")] = None,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """List the voices that can speak on this machine."""
    voices = [voice for voice in _catalogue(data).all() if _speaks(voice, language)]
    rows = [(voice.id, voice.name, voice.language, voice.gender, voice.quality) for voice in voices]
    found = [_voice(voice) for voice in voices]
    Output(as_json).result(found, *columns(("ID", "NAME", "LANGUAGE", "GENDER", "QUALITY"), rows))


def add_voice(
    voice: Annotated[str, typer.Argument(metavar="PATH_OR_NAME", help="An .onnx file, or a Piper voice by name.")],
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Add a Piper voice: from a file, or by name through Piper's own downloader."""
    out, catalogue = Output(as_json), _catalogue(data)
    if voice.endswith(".onnx") or Path(voice).exists():
        added = catalogue.add_piper(Path(voice))
    else:
        _check_downloader(voice)
        out.note(f"Downloading {voice} with Piper's downloader …")
        with tempfile.TemporaryDirectory(prefix="tenex-voice-") as folder:
            added = catalogue.add_piper(_download(voice, Path(folder)))
    out.result(_voice(added), f"Added      {added.id}  ({added.name}, {added.language}, quality {added.quality})")


def list_avatars(data: DataFolder = None, as_json: AsJson = False) -> None:
    """List the presenters that are built in."""
    from app.avatars.studio.cast import CAST

    settings_of(data)
    found: list[dict[str, str]] = [
        {"id": one.id, "name": one.name, "gender": one.gender, "background": one.default_backdrop}
        for one in CAST.values()
    ]
    rows = [tuple(one.values()) for one in found]
    Output(as_json).result(found, *columns(("ID", "NAME", "GENDER", "BACKGROUND"), rows))


def _catalogue(data: Path | None) -> VoiceCatalogue:
    from app.speech.voices import VoiceCatalogue

    return VoiceCatalogue(settings_of(data).voice_folder)


def _speaks(voice: Voice, language: str | None) -> bool:
    return language is None or voice.language.lower().startswith(language.lower())


def _check_downloader(name: str) -> None:
    """Raises PiperMissing, UsageWrong."""
    if name.startswith("-"):
        raise UsageWrong(f"{name!r} is not the name of a voice. Names look like en_US-lessac-medium.")
    if find_spec("piper") is None:
        raise PiperMissing(
            f"There is no file {name}, and fetching a voice by name needs Piper, which is not installed: "
            "pip install 'tenex-videos[piper]'. Or download the .onnx and .onnx.json files of the voice elsewhere, "
            "and add the file: tenex voices add PATH.onnx"
        )


def _download(name: str, folder: Path) -> Path:
    """Fetch a voice into ``folder``. Raises DownloadFailed, NothingFound."""
    command = (sys.executable, "-P", "-m", "piper.download_voices", "--download-dir", str(folder), name)
    try:
        done = subprocess.run(command, capture_output=True, timeout=_DOWNLOAD_S, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as error:
        raise DownloadFailed(f"The download of {name} took more than {_DOWNLOAD_S} s and was stopped.") from error
    models = list(folder.rglob("*.onnx"))
    if done.returncode == 0 and models:
        return models[0]
    raise _refused(name, done.stderr.decode("utf-8", "replace"))


def _refused(name: str, said: str) -> DownloadFailed | NothingFound:
    last = said.strip().splitlines()[-1] if said.strip() else "it said nothing"
    if "did not match pattern" in said or "404" in last:
        return NothingFound(f"Piper has no voice {name!r} ({last}). Names look like en_US-lessac-medium.")
    return DownloadFailed(
        f"Piper's downloader could not fetch {name} ({last}). Where the network does not allow it, download the .onnx "
        "and .onnx.json files elsewhere and add the file: tenex voices add PATH.onnx"
    )


def _voice(voice: Voice) -> dict[str, Any]:
    names = ("id", "name", "engine", "language", "gender", "quality")
    return {name: getattr(voice, name) for name in names}
