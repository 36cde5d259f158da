"""The file that names the engines of a server: ``TENEX_ENGINES``. It is the operator's, since it says what is run.

::

    [musetalk]
    command = ["python", "infer.py", "--image", "{portrait}", "--audio", "{audio}", "--out", "{out}"]
    portraits = "/opt/portraits"
    folder = "/opt/musetalk"
"""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from app.core.errors import SettingsInvalid

#: What a command may name: paths of files, and the shape that is wanted.
PLACES = ("script", "audio", "portrait", "out", "width", "height", "fps")
#: Names that are taken.
_OURS = ("studio", "fake")
_PLACE = re.compile(r"\{([a-z_]+)\}")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
Text = Annotated[str, Field(max_length=4096, pattern=r"^[^\x00]*$")]


class Engine(BaseModel):
    """A program that makes a take of a script or its sound, and a portrait.

    ``portraits`` holds the avatars, each a file; ``folder`` is where the program starts; ``version`` is to be changed
    when the same command makes other pictures. ``memory_mb`` and ``disk_mb`` are for it and all that it starts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: tuple[Text, ...] = Field(min_length=1)
    portraits: Path
    folder: Path | None = None
    environment: dict[Annotated[str, Field(pattern=_VARIABLE)], Text] = Field(default_factory=dict[str, str])
    version: str = "1"
    timeout_seconds: float = Field(default=1800.0, gt=0, le=86_400)
    memory_mb: int = Field(default=16_384, ge=16)
    disk_mb: int = Field(default=8192, ge=1)
    concurrency: int = Field(default=1, ge=1, le=64)

    @field_validator("command")
    @classmethod
    def _names_what_there_is(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        named = {place for part in command for place in _PLACE.findall(part)}
        if unknown := sorted(named - set(PLACES)):
            raise ValueError(f"there is no {{{unknown[0]}}}; there are {', '.join(f'{{{place}}}' for place in PLACES)}")
        if "out" not in named or not named & {"script", "audio"}:
            raise ValueError("it names {out}, where the MP4 is to be, and {audio}, or {script} if it speaks itself")
        return command

    @property
    def places(self) -> frozenset[str]:
        """What the command asks for."""
        return frozenset(place for part in self.command for place in _PLACE.findall(part))

    def spelled(self, values: Mapping[str, str]) -> list[str]:
        """The arguments, with what stands for each place. No shell reads them."""
        return [_PLACE.sub(lambda found: values[found[1]], part) for part in self.command]

    def names(self) -> list[str]:
        """The portraits there are, by name; none if the folder cannot be read."""
        try:
            found = [each.name for each in self.portraits.iterdir() if not each.name.startswith(".") and each.is_file()]
        except OSError:
            return []
        return sorted(found)

    def lacking(self) -> list[str]:
        """What is not on this machine: the program, a folder, a file that the command names, any portrait."""
        start = self.folder or Path("/")
        program = self.command[0] if "/" not in self.command[0] else str(start / self.command[0])
        missing = [] if shutil.which(program) else [self.command[0]]
        files = (part for part in self.command[1:] if part.startswith("/") and not _PLACE.search(part))
        missing += [part for part in files if not Path(part).exists()]
        if not start.is_dir():
            missing.append(str(start))
        if not self.names():
            missing.append(f"any portrait in {self.portraits}")
        return missing


def read_engines(file: Path | None) -> dict[str, Engine]:
    """By name. Relative folders start where the file is. Raises SettingsInvalid, which says what to correct."""
    if file is None:
        return {}
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unusable(f"{file} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise _unusable(f"{file} is not TOML ({error})") from error
    return {name: _engine(file, name, settings) for name, settings in document.items()}


def _engine(file: Path, name: str, settings: Any) -> Engine:
    if not _NAME.fullmatch(name) or name in _OURS:
        raise _unusable(
            f"{file} names an engine “{name}”; a name is small letters, digits and hyphens, 32 at most, and none of "
            f"{', '.join(_OURS)}"
        )
    try:
        engine = Engine.model_validate(settings)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'it'}: {each['msg']}" for each in error.errors())
        raise _unusable(f"[{name}] in {file} is wrong: {faults.replace('Value error, ', '')}") from error
    home = file.absolute().parent
    folder = None if engine.folder is None else home / engine.folder
    return engine.model_copy(update={"portraits": home / engine.portraits, "folder": folder})


def _unusable(reason: str) -> SettingsInvalid:
    return SettingsInvalid(f"TENEX_ENGINES cannot be used: {reason}. Correct it, or unset it for no engines.")
