"""Real speech, synthesised once, and shots of it."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.avatars.studio.picture import empty_planes
from app.avatars.studio.presenter import Presenter, Shot
from app.media.encode import Planes
from app.speech.base import Clause, Phone, Track, Word

FPS = Fraction(25)
SILENCE = Track(duration_ms=2000, phones=(), words=(), clauses=())


def speech() -> Track:
    """Eleven seconds: "Welcome back! Today we will look at growth, ..." with a question in the middle."""
    stored = json.loads((Path(__file__).parent / "speech.json").read_text(encoding="utf-8"))
    return Track(
        duration_ms=stored["duration_ms"],
        phones=tuple(Phone(**phone) for phone in stored["phones"]),
        words=tuple(Word(**word) for word in stored["words"]),
        clauses=tuple(Clause(**clause) for clause in stored["clauses"]),
    )


def shot(
    character: str = "maya",
    *,
    backdrop: str = "dusk",
    size: tuple[int, int] = (480, 270),
    frames: int = 272,
    seed: int = 7,
    track: Track | None = None,
) -> Shot:
    return Shot(
        character=character,
        backdrop=backdrop,
        width=size[0],
        height=size[1],
        fps=FPS,
        frames=frames,
        seed=seed,
        track=speech() if track is None else track,
    )


def planes_for(wanted: Shot) -> Planes:
    """Planes full of rubbish, as memory is."""
    planes = empty_planes(wanted.width, wanted.height)
    for plane in (planes.y, planes.u, planes.v):
        plane[:] = 77
    return planes


def painted(presenter: Presenter, index: int, planes: Planes) -> bytes:
    presenter.paint(index, planes)
    return planes.y.tobytes() + planes.u.tobytes() + planes.v.tobytes()


def luma(presenter: Presenter, index: int, planes: Planes) -> NDArray[np.int16]:
    presenter.paint(index, planes)
    return planes.y.astype(np.int16)
