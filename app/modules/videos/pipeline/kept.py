"""What one chunk of a sequence leaves for the next: recordings that are open, and what stands still."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar, cast

from app.media.bands import Rows, rows_around
from app.media.encode import Planes, VideoProfile
from app.media.film import Projector, Run
from app.media.reduction import Size
from app.media.stillness import StillRows

#: As many as two scenes need that take over from each other.
_GROUNDS = 2

_Key = tuple[type, Path, Size]
ProjectorT = TypeVar("ProjectorT", bound=Projector[Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What stands still. Its planes are not to be drawn on."""

    planes: Planes
    _around: dict[tuple[Rows, VideoProfile], list[StillRows]] = field(
        default_factory=dict[tuple[Rows, VideoProfile], list[StillRows]]
    )

    def around(self, band: Rows, profile: VideoProfile) -> list[StillRows]:
        """Encoded, but for the band."""
        wanted = (band, profile)
        if wanted not in self._around:
            self._around[wanted] = rows_around(self.planes, band, profile)
        return self._around[wanted]


class Kept:
    def __init__(self) -> None:
        self._grounds = dict[str, Ground]()
        self._at_rest = dict[_Key, Projector[Any]]()
        self._in_use = list[tuple[_Key, Projector[Any]]]()

    def film(self, kind: type[ProjectorT], path: Path, run: Run, *, fps: Fraction, size: Size) -> ProjectorT:
        """A projector, for this chunk and nobody else in it."""
        key = (kind, path, size)
        film = self._at_rest.pop(key, None) or kind(path, run, fps=fps, size=size)
        film.show(run)
        self._in_use.append((key, film))
        return cast("ProjectorT", film)

    def ground(self, name: str, draw: Callable[[], Planes]) -> Ground:
        """One of this name, or a new one."""
        ground = self._grounds.pop(name, None) or Ground(planes=draw())
        self._grounds[name] = ground
        while len(self._grounds) > _GROUNDS:
            del self._grounds[next(iter(self._grounds))]
        return ground

    def next_chunk(self, wanted: Collection[Path]) -> None:
        """What was in use can be used again; recordings that are not ``wanted`` any more are closed."""
        for key, film in self._in_use:
            if key in self._at_rest:
                self._at_rest.pop(key).close()
            self._at_rest[key] = film
        self._in_use.clear()
        for key in [key for key in self._at_rest if key[1] not in wanted]:
            self._at_rest.pop(key).close()
